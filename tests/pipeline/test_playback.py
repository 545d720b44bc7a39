"""The transport over a real WebSocket: the caller's ear decides what comes out behind it."""

import time
from itertools import pairwise

import pytest
from phone_line import Copies, Talk, talk, tone
from pipecat.frames.frames import (
    BotStartedSpeakingFrame,
    BotStoppedSpeakingFrame,
    EndFrame,
    Frame,
    InterruptionFrame,
    TTSAudioRawFrame,
    TTSStartedFrame,
    TTSStoppedFrame,
    TTSTextFrame,
)

from pipeline import turns
from processors.heard_words import CUT_OFF
from processors.playback_frames import (
    HeardWordFrame,
    HoldPlaybackFrame,
    ResumePlaybackFrame,
    WordTimesFrame,
)
from shop.wordtimes import WordTime

pytestmark = [pytest.mark.unit, pytest.mark.timeout(60)]

WORDS = [
    *("one", "two", "three", "four", "five", "six", "seven"),
    *("eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen"),
]
NEAR_S = 0.12
"""The carrier's frames, a piece of sound and a busy test machine."""


def speech(blocks: int = 14, context_id: str = "a") -> list[Frame]:
    """Return an utterance of a word each 100 ms, as the voice sends it."""
    times = tuple(WordTime(100 * at, 100 * at + 100) for at in range(blocks))
    text = " ".join(WORDS[:blocks])
    return [
        TTSStartedFrame(context_id=context_id),
        TTSTextFrame(text, text_type="sentence", context_id=context_id),
        WordTimesFrame(context_id, 0, times),
        *(TTSAudioRawFrame(tone(1, at), 8000, 1) for at in range(blocks)),
        TTSStoppedFrame(context_id=context_id),
    ]


def said(call: Talk) -> list[str]:
    """Return the words that passed for heard."""
    return [frame.text for frame in call.sink.of(HeardWordFrame) if isinstance(frame, TTSTextFrame)]


def assert_words_match_ear(call: Talk) -> None:
    """Check that the words that passed are those that the caller's ear got, to within one."""
    ear = len(call.phone.heard()) / 800
    words = [word for word in said(call) if word != CUT_OFF]
    assert words == WORDS[: len(words)]
    assert abs(len(words) - ear) <= 1.0, (words, ear)


async def test_speech_is_heard_whole_and_frames_follow_the_ear() -> None:
    """Sound arrives complete, words pass as heard, and the agent speaks while it is heard."""
    async with talk() as call:
        await call.send(*speech())
        await call.sink.wait_for(BotStoppedSpeakingFrame)
        phone, sink = call.phone, call.sink
        assert phone.levels() == list(range(14))
        assert said(call) == WORDS
        assert abs(sink.at(BotStartedSpeakingFrame)[0] - phone.at("audio_started")[0]) < NEAR_S
        assert abs(sink.at(BotStoppedSpeakingFrame)[0] - phone.at("audio_ended")[0]) < NEAR_S
        spread_s = sink.at(HeardWordFrame)[-2] - sink.at(HeardWordFrame)[0]
        assert spread_s == pytest.approx(1.2, abs=NEAR_S)
        assert not phone.at("underrun")
        assert phone.stream.most_queued_ms <= turns.LEAD_S * 1000


async def test_a_stalled_loop_makes_no_gap() -> None:
    """The lead at the carrier lasts for stalls of 300 ms."""
    async with talk() as call:
        await call.send(*speech(14))
        for seconds in (0.2, 0.7):
            await call.heard_for(seconds)
            time.sleep(0.3)  # noqa: ASYNC251 - the stall
        await call.sink.wait_for(BotStoppedSpeakingFrame)
        assert call.phone.levels() == list(range(14))
        assert not call.phone.at("underrun")
        assert said(call) == WORDS


@pytest.mark.parametrize("blocks", [2, 6, 11])
async def test_an_interruption_clears_at_once_and_counts_what_was_heard(blocks: int) -> None:
    """`clear` is at the carrier within moments, and the words are the ear's, to within one."""
    async with talk() as call:
        await call.send(*speech())
        await call.heard_for(blocks / 10)
        asked_at_s = time.monotonic()
        await call.send(InterruptionFrame())
        await call.sink.wait_for(InterruptionFrame)
        await call.sink.wait_for(BotStoppedSpeakingFrame)
        await call.send(*speech(3, "b"))
        await call.sink.wait_for(BotStoppedSpeakingFrame, 2)
        [cleared_at_s] = call.phone.at("clear")
        assert cleared_at_s - asked_at_s < 0.05
        words = said(call)
        cut = words.index(CUT_OFF)
        heard_blocks = call.phone.levels()
        assert heard_blocks[-3:] == [0, 1, 2]  # what came after was heard whole
        assert words[cut + 1 :] == WORDS[:3]
        ear = len(call.phone.heard()) / 800 - 3
        assert words[:cut] == WORDS[:cut]
        assert abs(cut - ear) <= 1.0


@pytest.mark.parametrize(
    "copies",
    [lambda n: n % 2, lambda _: 2, lambda _: 0, lambda n: n < 6],
    ids=["every second lost", "all doubled", "never one", "only the first"],
)
async def test_marks_that_fail_are_survived(copies: Copies) -> None:
    """Without its marks the carrier is followed by the clock, and the words still fit."""
    async with talk(copies) as call:
        await call.send(*speech())
        await call.heard_for(0.9)
        await call.send(InterruptionFrame())
        await call.sink.wait_for(BotStoppedSpeakingFrame)
        assert_words_match_ear(call)
        await call.send(*speech(4, "b"))
        await call.sink.wait_for(BotStoppedSpeakingFrame, 2)
        assert said(call)[-4:] == WORDS[:4]


async def test_a_hold_keeps_what_was_not_heard_and_goes_on_at_a_word() -> None:
    """After a hold the last word begun is played again from its beginning, and then the rest."""
    async with talk() as call:
        await call.send(*speech())
        await call.heard_for(0.63)
        await call.send(HoldPlaybackFrame())
        await call.sink.wait_for(HoldPlaybackFrame)
        assert not call.sink.of(BotStoppedSpeakingFrame)
        cleared_at_s = await call.cleared()
        heard_before = call.phone.heard()
        await call.send(ResumePlaybackFrame())
        await call.sink.wait_for(BotStoppedSpeakingFrame)
        assert said(call) == WORDS
        levels = call.phone.levels()
        again = levels.index(13) - 13  # one block more than there are, if a word was played twice
        assert levels[: 13 + again] in (
            [*range(cut), *range(cut - again, 13)] for cut in range(5, 10)
        )
        assert len(call.phone.heard()) - len(tone(14)) // 2 < 800
        assert len(heard_before) < 0.8 * 8000
        assert call.sink.at(BotStoppedSpeakingFrame)[0] > cleared_at_s + 0.5


async def test_an_interruption_drops_what_was_held() -> None:
    """Held, then interrupted: nothing more is heard, and the context has what was heard."""
    async with talk() as call:
        await call.send(*speech())
        await call.heard_for(0.5)
        await call.send(HoldPlaybackFrame())
        await call.sink.wait_for(HoldPlaybackFrame)
        await call.send(InterruptionFrame())
        await call.sink.wait_for(BotStoppedSpeakingFrame)
        await call.send(ResumePlaybackFrame(), *speech(3, "b"))
        await call.sink.wait_for(BotStoppedSpeakingFrame, 2)
        assert len(call.phone.at("clear")) == 1
        assert call.phone.levels()[-3:] == [0, 1, 2]
        assert said(call)[-3:] == WORDS[:3]
        assert len(call.phone.heard()) < 1.1 * 8000


async def test_the_end_waits_until_all_was_heard() -> None:
    """A goodbye is not cut by the hang-up, not even one that was held."""
    async with talk() as call:
        await call.send(*speech(6))
        await call.heard_for(0.2)
        await call.send(HoldPlaybackFrame())
        await call.sink.wait_for(HoldPlaybackFrame)
        await call.send(EndFrame())
        await call.sink.wait_for(EndFrame)
        assert call.phone.levels()[-1] == 5
        assert said(call) == WORDS[:6]


async def test_two_utterances_in_a_row_are_one_speech() -> None:
    """While the second is on its way the agent has not stopped, and no sound is lost between."""
    async with talk() as call:
        await call.send(*speech(5, "a"), *speech(5, "b"))
        await call.sink.wait_for(BotStoppedSpeakingFrame)
        assert call.phone.levels() == [*range(5), *range(5)]
        assert len(call.sink.of(BotStoppedSpeakingFrame)) == 1
        assert said(call) == [*WORDS[:5], *WORDS[:5]]
        times = call.sink.at(HeardWordFrame)
        assert all(later >= earlier for earlier, later in pairwise(times))


async def test_uninterruptible_speech_is_heard_to_its_end() -> None:
    """What the carrier had of it when `clear` went out is sent again."""
    frames = speech(8)
    for frame in frames:
        frame.interruptible = False
    async with talk() as call:
        await call.send(*frames)
        await call.heard_for(0.3)
        await call.send(InterruptionFrame())
        await call.sink.wait_for(BotStoppedSpeakingFrame)
        assert call.phone.levels() == list(range(8))
        assert said(call) == WORDS[:8]
