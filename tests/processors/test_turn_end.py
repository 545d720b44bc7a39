"""A caller's turn ends at once when the answer is whole, and not while it is being given."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from pipecat.audio.turn.base_turn_analyzer import BaseTurnAnalyzer, BaseTurnParams, EndOfTurnState
from pipecat.frames.frames import (
    Frame,
    InterimTranscriptionFrame,
    TranscriptionFrame,
    UserStoppedSpeakingFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.metrics.metrics import MetricsData, TurnMetricsData
from pipecat.tests.utils import SleepFrame, run_test
from pipecat.turns.user_start import TranscriptionUserTurnStartStrategy, VADUserTurnStartStrategy
from pipecat.turns.user_turn_processor import UserTurnProcessor
from pipecat.turns.user_turn_strategies import UserTurnStrategies

from processors.turn_end import TurnEnd, TurnEnded
from processors.turn_waits import Waits

pytestmark = pytest.mark.unit

WAITS = Waits(
    likely=((0.9, 0.05), (0.5, 0.2)),
    unlikely_s=0.4,
    one_word_s=0.08,
    goodbye_s=0.07,
    given_s=0.3,
    short_s=0.2,
    dictating_s=0.6,
    dangling_s=0.5,
    words_s=0.1,
    no_words_s=0.25,
    onset_s=0.2,
)
WATCHDOG_S = 1.5
NAP_S = 0.03
"""Long enough for frames to be worked off, shorter than any wait above."""


class Opinion(BaseTurnAnalyzer):
    """Stands for smart-turn: gives `likelihood` after `takes_s`, and counts how often."""

    def __init__(self, likelihood: float = 0.95, takes_s: float = 0.0) -> None:
        super().__init__()
        self.asked = 0
        self.likelihood = likelihood
        self._takes_s = takes_s

    @property
    def speech_triggered(self) -> bool:
        return False

    @property
    def params(self) -> BaseTurnParams:
        return BaseTurnParams()

    def append_audio(self, buffer: bytes, is_speech: bool) -> EndOfTurnState:
        return EndOfTurnState.INCOMPLETE

    async def analyze_end_of_turn(self) -> tuple[EndOfTurnState, MetricsData | None]:
        self.asked += 1
        await asyncio.sleep(self._takes_s)
        finished = self.likelihood > 0.5
        metrics = TurnMetricsData(
            processor="test",
            is_complete=finished,
            probability=self.likelihood,
            e2e_processing_time_ms=0.0,
        )
        return EndOfTurnState.COMPLETE if finished else EndOfTurnState.INCOMPLETE, metrics

    def clear(self) -> None:
        """Nothing is kept."""


@dataclass(frozen=True, slots=True)
class Result:
    """Stands for the recogniser's own message."""

    speech_final: bool


def starts() -> Frame:
    """Return the beginning of speech."""
    return VADUserStartedSpeakingFrame(start_secs=0.0, timestamp=time.time())


class Stops(VADUserStoppedSpeakingFrame):
    """Speech that ends when the frame is looked at, not when the test was written."""

    def __init__(self) -> None:
        super().__init__(stop_secs=0.0, timestamp=0.0)

    def __getattribute__(self, name: str) -> object:
        return time.time() if name == "timestamp" else super().__getattribute__(name)


def words(text: str, *, finalized: bool = True) -> Frame:
    """Return final words, by default those that answer a Finalize."""
    frame = TranscriptionFrame(text, "", "")
    frame.finalized = finalized
    return frame


def guess(text: str) -> Frame:
    """Return an interim result."""
    return InterimTranscriptionFrame(text, "", "")


@dataclass(slots=True)
class Sounds:
    """Stands for the ear: a first syllable that is heard `syllable` times, and words of whom."""

    syllable: int = 0
    spoken_lately: bool = True

    @property
    def sounding(self) -> bool:
        self.syllable -= 1
        return self.syllable >= 0


async def ends(
    asked: str, frames: Sequence[Frame], opinion: Opinion, voice: Sounds | None = None
) -> list[TurnEnded]:
    """Return how the turns ended that were over by the end of `frames`."""
    found: list[TurnEnded] = []
    strategies = UserTurnStrategies(
        start=[VADUserTurnStartStrategy(), TranscriptionUserTurnStartStrategy()],
        stop=[TurnEnd(opinion, WAITS, lambda: asked, found.append, voice)],
    )
    processor = UserTurnProcessor(
        user_turn_strategies=strategies, user_turn_stop_timeout=WATCHDOG_S
    )
    down, _ = await run_test(processor, frames_to_send=list(frames))
    assert sum(isinstance(frame, UserStoppedSpeakingFrame) for frame in down) == len(found)
    return found


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("Shall I book it?", "Yes, please."),
        ("What number can we reach you at?", "503 555 0142"),
        ("What's the VIN?", "1HGCM82633A004352"),
        ("What's your email address?", "dana at example dot com"),
        ("Anything else?", "No, that's all. Goodbye."),
    ],
)
async def test_a_whole_answer_ends_the_turn_at_once(asked: str, said: str) -> None:
    """Nothing is waited for, and smart-turn is not asked where words settle it."""
    opinion = Opinion(likelihood=0.0)
    found = await ends(asked, [starts(), Stops(), words(said), SleepFrame(NAP_S)], opinion)
    assert [how.reason for how in found] == ["answered"]
    assert found[0].waited_ms < 1000 * WAITS.words_s
    assert opinion.asked == 0 or asked == "Anything else?"


async def test_half_a_number_is_waited_for() -> None:
    """However finished it sounds, three digits are no phone number."""
    begun = [starts(), Stops(), words("It's five oh three"), SleepFrame(0.4)]
    asked = "What's the phone number?"
    assert await ends(asked, begun, Opinion(0.99)) == []
    found = await ends(asked, [*begun, SleepFrame(0.3)], Opinion(0.99))
    assert [how.reason for how in found] == ["silence"]
    assert found[0].waited_ms >= 1000 * WAITS.dictating_s


async def test_a_number_in_two_parts_ends_with_its_last_digit() -> None:
    """What was said before the pause counts."""
    frames = [
        *(starts(), Stops(), words("Five oh three, five five five"), SleepFrame(0.3)),
        *(starts(), SleepFrame(NAP_S), Stops(), words("oh one four two."), SleepFrame(NAP_S)),
    ]
    found = await ends("What's the phone number?", frames, Opinion(0.99))
    assert [how.reason for how in found] == ["answered"]


async def test_a_dangling_word_waits() -> None:
    """Nobody ends on "for", even when it sounds like an end."""
    frames = [starts(), Stops(), words("I need an oil change for"), SleepFrame(0.4)]
    assert await ends("How can I help you?", frames, Opinion(0.99)) == []


@pytest.mark.parametrize(
    ("likelihood", "reason", "least_s", "most_s"),
    [(0.95, "smart_turn", 0.0, 0.19), (0.6, "smart_turn", 0.2, 0.35), (0.1, "silence", 0.4, 0.5)],
)
async def test_open_speech_waits_as_long_as_it_sounds_unfinished(
    likelihood: float, reason: str, least_s: float, most_s: float
) -> None:
    """The surer smart-turn is, the less silence is needed."""
    frames = [starts(), Stops(), words("My front brakes squeak badly."), SleepFrame(0.55)]
    found = await ends("How can I help you?", frames, Opinion(likelihood))
    assert [how.reason for how in found] == [reason]
    assert 1000 * least_s <= found[0].waited_ms <= 1000 * most_s


async def test_a_name_is_given_in_pieces() -> None:
    """The spelling follows the name after a breath, though the name alone sounds finished."""
    found = await ends(
        "What's your last name? Could you spell it?",
        [starts(), Stops(), words("Miller."), SleepFrame(0.4)],
        Opinion(0.99),
    )
    assert [how.reason for how in found] == ["smart_turn"]
    assert found[0].waited_ms >= 1000 * WAITS.given_s


async def test_words_are_seen_while_a_verdict_is_awaited() -> None:
    """A slow verdict holds nothing up: words that need none end the turn."""
    opinion = Opinion(likelihood=0.0, takes_s=5.0)
    frames = [starts(), Stops(), words("No, that's all. Goodbye."), SleepFrame(NAP_S)]
    found = await ends("How can I help you?", frames, opinion)
    assert [how.reason for how in found] == ["answered"]
    assert opinion.asked == 1


async def test_a_slow_verdict_is_void_when_the_caller_goes_on() -> None:
    """A verdict on the words before a pause does not end the turn that goes on after it."""
    opinion = Opinion(likelihood=0.99, takes_s=0.1)
    frames = [
        *(starts(), Stops(), words("My brakes squeak."), SleepFrame(NAP_S)),
        *(starts(), SleepFrame(0.3)),
    ]
    assert await ends("How can I help you?", frames, opinion) == []


async def test_speech_after_a_pause_stops_the_clock() -> None:
    """What was nearly over is not over when the caller speaks again."""
    frames = [
        *(starts(), Stops(), words("My brakes squeak."), SleepFrame(0.1)),
        *(starts(), SleepFrame(0.5)),
    ]
    assert await ends("How can I help you?", frames, Opinion(0.6)) == []


async def test_words_under_way_are_waited_for() -> None:
    """A guess that is not final yet holds the turn, and its final words end it."""
    frames = [starts(), guess("Yes, I"), Stops(), SleepFrame(NAP_S)]
    assert await ends("Shall I book it?", frames, Opinion()) == []
    last = [words("Yes, I do."), SleepFrame(NAP_S)]
    found = await ends("Shall I book it?", [*frames, *last], Opinion())
    assert [how.reason for how in found] == ["answered"]


async def test_an_empty_answer_of_the_recogniser_costs_little() -> None:
    """Words that had all come before they were asked for end the turn a little later."""
    frames = [starts(), words("Yes.", finalized=False), Stops(), SleepFrame(0.15)]
    found = await ends("Shall I book it?", frames, Opinion())
    assert [how.reason for how in found] == ["answered"]
    assert found[0].waited_ms >= 1000 * WAITS.words_s


async def test_the_recognisers_own_end_is_taken() -> None:
    """Final words that came with its own end of speech, after the voice ended, are all there is."""
    last = TranscriptionFrame("Yes, I do.", "", "", result=Result(speech_final=True))
    frames = [starts(), Stops(), SleepFrame(NAP_S), last, SleepFrame(NAP_S)]
    found = await ends("Shall I book it?", frames, Opinion())
    assert [how.reason for how in found] == ["answered"]
    assert found[0].waited_ms < 1000 * WAITS.words_s


async def test_the_segment_before_a_pause_is_not_sent_alone() -> None:
    """Speech of which no words have come yet is waited for, longer than for its rest."""
    frames = [
        *(starts(), Stops(), words("I'd rather have"), SleepFrame(0.1)),
        *(starts(), SleepFrame(NAP_S), Stops(), SleepFrame(0.15)),
    ]
    late = [words("Wednesday at ten in the morning."), SleepFrame(NAP_S)]
    found = await ends("What day would you like?", [*frames, *late], Opinion(0.99))
    assert [how.reason for how in found] == ["answered"]


async def test_one_word_may_begin_a_sentence() -> None:
    """A lone "yes" is given a breath more than an answer of several words."""
    frames = [starts(), Stops(), words("Yes."), SleepFrame(0.2)]
    found = await ends("Shall I book it?", frames, Opinion())
    assert [how.reason for how in found] == ["answered"]
    assert found[0].waited_ms >= 1000 * WAITS.one_word_s


async def test_thanks_and_goodbye_may_follow_a_no() -> None:
    """Who wants nothing more is not answered into the goodbye; a no to a question is at once."""
    frames = [starts(), Stops(), words("No, that's all."), SleepFrame(0.2)]
    found = await ends("Anything else?", frames, Opinion())
    assert [how.reason for how in found] == ["answered"]
    assert found[0].waited_ms >= 1000 * WAITS.goodbye_s
    found = await ends("Shall I book it?", frames, Opinion())
    assert found[0].waited_ms < 1000 * WAITS.goodbye_s


async def test_words_that_the_detector_missed_start_the_silence_anew() -> None:
    """Single letters are too short for a detector of voices; they still are being given."""
    frames = [
        *(starts(), Stops(), words("five oh three"), SleepFrame(0.4)),
        *(words("five five five", finalized=False), SleepFrame(0.4)),
        guess("oh"),
        SleepFrame(0.4),
    ]
    assert await ends("What's the phone number?", frames, Opinion()) == []


async def test_words_without_a_voice_end_too() -> None:
    """A word too short for the detector of voices is a turn all the same."""
    found = await ends("Shall I book it?", [words("Yes, please."), SleepFrame(NAP_S)], Opinion())
    assert [how.reason for how in found] == ["answered"]


async def test_an_old_silence_is_not_counted() -> None:
    """What was said and passed over long before a turn does not use up its patience."""
    long_ago = time.time() - 5.0
    cough = VADUserStoppedSpeakingFrame(stop_secs=0.0, timestamp=long_ago)
    frames = [cough, words("five oh three"), SleepFrame(0.2)]
    assert await ends("What's the phone number?", frames, Opinion()) == []


async def test_a_voice_without_words_ends_with_the_watchdog() -> None:
    """Nothing that could be answered was heard: the turn's time runs out, and it says so."""
    found = await ends("Shall I book it?", [starts(), Stops(), SleepFrame(2.0)], Opinion())
    assert [how.reason for how in found] == ["time_out"]


async def test_the_next_turn_begins_with_nothing() -> None:
    """Digits of one turn do not count in the next."""
    frames = [
        *(starts(), Stops(), words("503 555 0142"), SleepFrame(NAP_S)),
        *(starts(), Stops(), words("one four"), SleepFrame(0.2)),
    ]
    found = await ends("What's the phone number?", frames, Opinion())
    assert [how.reason for how in found] == ["answered"]


async def test_no_turn_ends_on_the_first_syllable_of_more() -> None:
    """A sound that may be a voice holds the end until the detector has told which, not longer."""
    asked, said = "Shall I book it?", [starts(), Stops(), words("Yes, please.")]
    held = [*said, SleepFrame(0.1), starts(), SleepFrame(0.3)]
    assert await ends(asked, held, Opinion(), Sounds(syllable=1000)) == []
    for syllable in (3, 1000):
        found = await ends(asked, [*said, SleepFrame(0.4)], Opinion(), Sounds(syllable))
        assert [how.reason for how in found] == ["answered"]
        assert 50 < found[0].waited_ms < 1000 * WAITS.onset_s + 150


async def test_what_others_say_in_the_room_does_not_hold_the_turn() -> None:
    """Words of no voice that counts neither start the silence anew nor spoil the answer."""
    others = [guess("I told her"), SleepFrame(0.1), words("I told her so.", finalized=False)]
    said = [starts(), Stops(), words("five oh three"), SleepFrame(0.4)]
    frames = [*said, *others, SleepFrame(0.35)]
    asked = "What's the phone number?"
    assert await ends(asked, frames, Opinion()) == []
    room = Sounds(spoken_lately=False)
    assert len(await ends(asked, frames, Opinion(), room)) == 1


async def test_the_first_words_count_however_soft() -> None:
    """A caller whom the ear never noticed is answered all the same."""
    frames = [words("Yes, please."), SleepFrame(NAP_S)]
    found = await ends("Shall I book it?", frames, Opinion(), Sounds(spoken_lately=False))
    assert [how.reason for how in found] == ["answered"]


async def test_a_short_sentence_may_be_the_first_of_more() -> None:
    """Three words about what is wrong wait a breath, however finished they sound."""
    short = [starts(), Stops(), words("It squeaks now."), SleepFrame(0.12)]
    found = await ends("What seems to be wrong?", [*short, SleepFrame(0.2)], Opinion(0.99))
    assert [how.reason for how in found] == ["smart_turn"]
    assert found[0].waited_ms >= 1000 * WAITS.short_s
