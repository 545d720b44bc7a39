"""Only what was heard reaches the context."""

import pytest
from pipecat.frames.frames import (
    Frame,
    InterruptionFrame,
    LLMFullResponseEndFrame,
    TTSStartedFrame,
    TTSStoppedFrame,
    TTSTextFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import (
    LLMAssistantAggregator,
    LLMContextAggregatorPair,
)
from pipecat.tests.utils import SleepFrame, run_test

from processors.heard_words import CUT_OFF, HeardWords
from processors.playback_frames import HeardWordFrame, PlayedFrame, WordTimesFrame
from shop.wordtimes import WordTime

pytestmark = pytest.mark.unit

SENTENCE = "Tuesday at two is free for you."
TIMES = tuple(WordTime(start, start + 200) for start in range(100, 1500, 200))
"""Each word 200 ms, the first after 100 ms of silence: "at" is mostly heard at 400 ms."""


def text(words: str = SENTENCE, context_id: str = "a") -> TTSTextFrame:
    """Return a sentence as the voice sends it."""
    return TTSTextFrame(words, text_type="sentence", context_id=context_id)


def begun(context_id: str = "a") -> list[Frame]:
    """Return an utterance of which nothing has been heard."""
    return [TTSStartedFrame(context_id=context_id), text(context_id=context_id)]


async def words(*frames: Frame) -> str:
    """Return the words that came through, joined."""
    down, _ = await run_test(HeardWords(lead_in_ms=100), frames_to_send=frames)
    return " ".join(frame.text for frame in down if isinstance(frame, TTSTextFrame))


async def test_an_utterance_played_to_its_end_is_whole() -> None:
    """All words are let go by the time the voice has stopped, though the last rest on a guess."""
    heard = await words(
        *begun(), WordTimesFrame("a", 0, TIMES), PlayedFrame("a", 1300), TTSStoppedFrame("a")
    )
    assert heard == SENTENCE


async def test_no_word_passes_before_its_sound() -> None:
    """Text alone is held back, also when its times are known."""
    assert await words(*begun(), WordTimesFrame("a", 0, TIMES)) == ""


@pytest.mark.parametrize(
    ("played_ms", "heard"),
    [(199, ""), (200, "Tuesday"), (399, "Tuesday"), (400, "Tuesday at"), (790, "Tuesday at two")],
)
async def test_a_word_counts_when_most_of_it_was_heard(played_ms: int, heard: str) -> None:
    """A word that is cut before its middle was not heard; one cut after it was."""
    assert (
        await words(*begun(), WordTimesFrame("a", 0, TIMES), PlayedFrame("a", played_ms)) == heard
    )


async def test_an_interrupted_utterance_is_cut_and_shows_it() -> None:
    """What was not heard is gone for good; the cut's sign follows the last word heard."""
    heard = await words(
        *begun(),
        WordTimesFrame("a", 0, TIMES),
        PlayedFrame("a", 640),
        SleepFrame(),  # an interruption overtakes whatever is queued before the processor
        InterruptionFrame(),
        PlayedFrame("a", 5000),
        TTSStoppedFrame("a"),
    )
    assert heard == f"Tuesday at two {CUT_OFF}"


async def test_an_interruption_before_the_first_word_leaves_nothing() -> None:
    """Nothing was heard, so nothing was said, and there is no cut to show."""
    heard = await words(
        *begun(), PlayedFrame("a", 80), SleepFrame(), InterruptionFrame(), PlayedFrame("a", 5000)
    )
    assert heard == ""


async def test_an_interruption_after_the_last_word_cuts_nothing() -> None:
    """A caller who speaks into the silence behind a sentence has heard it whole."""
    heard = await words(
        *begun(),
        WordTimesFrame("a", 0, TIMES),
        PlayedFrame("a", 1490),
        SleepFrame(),
        InterruptionFrame(),
    )
    assert heard == SENTENCE


async def test_a_sentence_whose_sound_is_still_coming_in_is_guessed() -> None:
    """Without times a word counts when that much of its letters can have been said."""
    heard = await words(*begun(), PlayedFrame("a", 900))
    assert heard in ("Tuesday", "Tuesday at", "Tuesday at two")


async def test_a_guess_goes_on_from_what_is_known() -> None:
    """The second sentence's first word counts soon after the first sentence's end, not before."""
    frames = [*begun(), text("Shall I book it?"), WordTimesFrame("a", 0, TIMES)]
    assert await words(*frames, PlayedFrame("a", 1500)) == SENTENCE
    assert (await words(*frames, PlayedFrame("a", 1700))).startswith(f"{SENTENCE} Shall")


async def test_words_whose_sound_never_came_are_not_heard() -> None:
    """When the voice breaks off, what it had not said is not claimed at the end."""
    heard = await words(
        *begun(),
        text("Shall I book it?"),
        WordTimesFrame("a", 0, TIMES),
        PlayedFrame("a", 1500),
        TTSStoppedFrame("a"),
        LLMFullResponseEndFrame(),
    )
    assert heard == SENTENCE


async def test_playing_on_after_a_hold_says_no_word_twice() -> None:
    """The last word is played again after a hold, and counts once."""
    heard = await words(
        *begun(),
        WordTimesFrame("a", 0, TIMES),
        PlayedFrame("a", 640),
        PlayedFrame("a", 580),
        PlayedFrame("a", 1480),
    )
    assert heard == SENTENCE


async def test_what_is_not_for_the_context_stays_out_of_it() -> None:
    """Words spoken with append_to_context=False are passed on as such, without a cut's sign."""
    aside = text()
    aside.append_to_context = False
    down, _ = await run_test(
        HeardWords(lead_in_ms=100),
        frames_to_send=[
            TTSStartedFrame(context_id="a"),
            aside,
            WordTimesFrame("a", 0, TIMES),
            PlayedFrame("a", 640),
            SleepFrame(),
            InterruptionFrame(),
        ],
    )
    said = [frame for frame in down if isinstance(frame, HeardWordFrame)]
    assert [frame.text for frame in said] == ["Tuesday", "at", "two"]
    assert not any(frame.append_to_context for frame in said)


async def test_speech_that_must_not_be_interrupted_goes_on() -> None:
    """An interruption leaves an uninterruptible utterance, and drops the other."""
    law = text("This call is recorded.", "law")
    law.interruptible = False
    start = TTSStartedFrame(context_id="law")
    start.interruptible = False
    heard = await words(
        start,
        law,
        WordTimesFrame("law", 0, TIMES[:4]),
        SleepFrame(),
        InterruptionFrame(),
        PlayedFrame("law", 900),
    )
    assert heard == "This call is recorded."


async def test_the_last_words_are_not_overtaken_by_the_interruption() -> None:
    """Words heard a moment before the interruption are in the context, and none after it."""
    context = LLMContext()
    agent: LLMAssistantAggregator = LLMContextAggregatorPair(context).assistant()
    await run_test(
        Pipeline([HeardWords(lead_in_ms=100), agent]),
        frames_to_send=[
            *begun(),
            WordTimesFrame("a", 0, TIMES),
            SleepFrame(),
            PlayedFrame("a", 1050),
            InterruptionFrame(),
            SleepFrame(),
        ],
    )
    [line] = context.get_messages()
    assert line == {"role": "assistant", "content": f"Tuesday at two is free {CUT_OFF}"}
