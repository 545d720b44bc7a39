"""What leaves for the voice is words, in breaths a voice can take, with one question at a time."""

from datetime import date

import pytest
from claim_world import (
    TUESDAY_AT_TWO,
    booked,
    cancelled,
    corpus_after,
    free,
    known,
    listed,
    moved,
    results_named,
    working_days,
)
from pipecat.frames.frames import (
    AggregatedTextFrame,
    Frame,
    InterruptionFrame,
    LLMFullResponseEndFrame,
    LLMFullResponseStartFrame,
    TTSSpeakFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import LLMContextAggregatorPair
from pipecat.tests.utils import SleepFrame, run_test
from pipecat.utils.text.base_text_aggregator import TextType
from test_claim_gate import HARMLESS, LIES, Voice

from processors.speakable import Speakable
from shop.spoken import spoken
from shop.truth import find_lie

pytestmark = pytest.mark.unit

TODAY = date(2026, 11, 22)


def in_words(text: str) -> str:
    """Say a text as of the corpora's Sunday."""
    return spoken(text, TODAY)


def sentences(*texts: str) -> list[Frame]:
    """Return one response of the gate's, sentence by sentence."""
    said: list[Frame] = [AggregatedTextFrame(t, TextType.SENTENCE, raw_text=t) for t in texts]
    return [LLMFullResponseStartFrame(), *said, LLMFullResponseEndFrame()]


async def heard(frames: list[Frame], longest_chars: int = 180) -> list[str]:
    """Return the sentences that come out for these frames."""
    down, _ = await run_test(
        Speakable(in_words, longest_chars=longest_chars), frames_to_send=frames
    )
    found = [frame for frame in down if isinstance(frame, AggregatedTextFrame)]
    assert all(frame.raw_text == frame.text for frame in found)
    return [frame.text for frame in found]


async def test_figures_and_marks_leave_as_words() -> None:
    """The frame holds the words that are spoken, also as its raw text, on which hearing counts."""
    assert await heard(
        sentences("**You're booked** for 2:00 PM [here](http://x.y).", "\U0001f44d")
    ) == ["You're booked for two in the afternoon here."]


async def test_only_the_first_question_of_a_response_is_asked() -> None:
    """Statements after it are heard, further questions are not."""
    assert await heard(
        sentences("Which car is it?", "And what day?", "We open at nine.", "What time?")
    ) == ["Which car is it?", "We open at nine."]


async def test_a_choice_stays_one_question() -> None:
    """The second half of a choice belongs to its first."""
    assert await heard(sentences("Is it the Honda?", "Or the Toyota?", "Or both?", "When?")) == [
        "Is it the Honda?", "Or the Toyota?", "Or both?",
    ]  # fmt: skip


async def test_questions_within_one_piece_are_counted_too() -> None:
    """The gate's replacements come as one frame of several sentences."""
    assert await heard(sentences("Which car?", "I haven't booked that yet. Shall I?")) == [
        "Which car?", "I haven't booked that yet.",
    ]  # fmt: skip


async def test_each_response_may_ask_again() -> None:
    """A new response, and one after an interruption, begins to count anew."""
    again = [*sentences("Which car?"), *sentences("What day?")]
    assert await heard(again) == ["Which car?", "What day?"]
    broken = [*sentences("Which car?")[:-1], SleepFrame(), InterruptionFrame(), SleepFrame()]
    assert await heard([*broken, *sentences("What day?")[1:]]) == ["Which car?", "What day?"]


async def test_long_sentences_are_cut_at_a_pause() -> None:
    """Parts are short enough, none is lost, and no number is torn apart for want of a comma."""
    long = (
        "I have Tuesday at nine in the morning for the oil change and the tire rotation, and on "
        "Wednesday there would be ten in the morning or two in the afternoon; Thursday is full."
    )
    parts = await heard(sentences(long), longest_chars=90)
    assert len(parts) > 1 and all(len(part) <= 90 for part in parts)
    assert " ".join(parts) == long
    assert await heard(sentences("a" * 300)) == ["a" * 300]


async def test_our_own_sentences_are_not_touched() -> None:
    """A TTSSpeakFrame is ours and passes as it is, and counts for no question."""
    ours = TTSSpeakFrame("Are you still there? Hello?")
    down, _ = await run_test(
        Speakable(in_words, longest_chars=20), frames_to_send=[ours, *sentences("Which car?")]
    )
    assert down[0] is ours
    assert [f.text for f in down if isinstance(f, AggregatedTextFrame)] == ["Which car?"]


async def test_a_dropped_question_leaves_no_trace_in_the_context() -> None:
    """The context takes what is spoken, in the words that are spoken."""
    context = LLMContext()
    _, agent = LLMContextAggregatorPair(context)
    chain = Pipeline([Speakable(in_words, longest_chars=180), Voice(), agent])
    frames = sentences("At 2 PM then.", "Which car?", "And your name?")
    await run_test(chain, frames_to_send=[*frames, SleepFrame()])
    assert [m for m in context.messages if isinstance(m, dict)] == [
        {"role": "assistant", "content": "At two in the afternoon then. Which car?"}
    ]


async def test_the_tools_own_messages_pass_unchanged() -> None:
    """They are spoken form already, whatever the day, the time, the service and the car."""
    said = 0
    for day in working_days():
        at = day.replace(hour=13, minute=30)
        for name, answer in (
            await booked(at), await cancelled(at), await listed(at), await free(day),
            await moved(TUESDAY_AT_TWO, at), *await results_named("refused"),
        ):  # fmt: skip
            assert in_words(answer["message"]) == answer["message"], name
            said += 1
    assert said >= 60


async def test_what_is_true_stays_true_in_words() -> None:
    """The gate judges a sentence the same before and after it is put into words."""
    for name, corpus in (("lies", LIES), ("harmless", HARMLESS)):
        for line in corpus:
            assert bool(find_lie(line, known())) is bool(find_lie(in_words(line), known())), name
    for name, line in (*corpus_after("lies_after"), *corpus_after("true_after")):
        facts = known(*await results_named(name))
        assert bool(find_lie(line, facts)) is bool(find_lie(in_words(line), facts)), (name, line)
