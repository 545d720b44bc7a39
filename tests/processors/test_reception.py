"""Which of the caller's turns reach the model, and what is said instead for the others."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from pipecat.frames.frames import (
    AggregatedTextFrame,
    Frame,
    LLMContextFrame,
    LLMFullResponseEndFrame,
    LLMFullResponseStartFrame,
    TTSSpeakFrame,
    TTSTextFrame,
)
from pipecat.processors.aggregators.llm_context import LLMContext, LLMContextMessage
from pipecat.tests.utils import run_test
from pipecat.utils.text.base_text_aggregator import TextType

from processors.own_words import OwnWords
from processors.reception import Reception

pytestmark = pytest.mark.unit


@dataclass
class Desk:
    """Answers what it has an answer for, and remembers what it was asked."""

    answers: dict[str, Sequence[str]]
    asked: list[str] = field(default_factory=list)

    async def __call__(self, text: str) -> Sequence[str] | None:
        """Answer, or not."""
        self.asked.append(text)
        return self.answers.get(text)


def request(*messages: LLMContextMessage, speculation: bool = False) -> LLMContextFrame:
    """Return a request to the model."""
    return LLMContextFrame(LLMContext(messages=list(messages)), speculation=speculation)


def caller(text: str) -> LLMContextMessage:
    """Return a caller's turn."""
    return {"role": "user", "content": text}


async def through(processor: Reception | OwnWords, *frames: Frame) -> list[Frame]:
    """Return what comes out below."""
    down, _ = await run_test(processor, frames_to_send=list(frames))
    return list(down)


async def test_a_turn_with_an_answer_does_not_reach_the_model() -> None:
    """The sentences are spoken in its stead, into the context."""
    desk = Desk({"A person, please.": ["One moment.", "I'm calling."]})
    out = await through(Reception(desk), request(caller("A person, please.")))
    [spoken] = out
    assert isinstance(spoken, TTSSpeakFrame) and spoken.append_to_context
    assert spoken.text == "One moment. I'm calling."


async def test_an_answer_may_be_silence() -> None:
    """A turn that needs no words gets none, from the model neither."""
    assert await through(Reception(Desk({"Okay.": []})), request(caller("Okay."))) == []


async def test_other_turns_reach_the_model() -> None:
    """What the service has no answer to goes on as it came."""
    desk = Desk({})
    frame = request(caller("Hi"), {"role": "assistant", "content": "Hello"}, caller("Oil change."))
    assert await through(Reception(desk), frame) == [frame]
    assert desk.asked == ["Oil change."]


async def test_requests_that_follow_no_turn_are_not_answered_here() -> None:
    """Prompts of our own, guesses at a turn, and a second request for the same turn pass."""
    desk = Desk({"A person.": ["One moment."]})
    ours = request(caller("A person."), {"role": "assistant", "content": "One moment."})
    guess = request(caller("A person."), speculation=True)
    empty = request()
    assert await through(Reception(desk), ours, guess, empty) == [ours, guess, empty]
    assert desk.asked == []
    turn = caller("A person.")
    out = await through(Reception(desk), request(turn), request(turn))
    assert [type(frame) for frame in out] == [TTSSpeakFrame, LLMContextFrame]


async def test_the_first_who_has_an_answer_gives_it() -> None:
    """The others are asked in order, and only while nobody has answered; wordless turns too."""
    first, second = Desk({"Hold on.": ["Sure."]}), Desk({"A person.": ["One moment."], "": []})
    reception = Reception(first, second)
    wordless = request({"role": "developer", "content": "The caller's turn had no words."})
    out = await through(
        reception, request(caller("Hold on.")), request(caller("A person.")), wordless
    )
    assert [frame.text for frame in out if isinstance(frame, TTSSpeakFrame)] == [
        "Sure.",
        "One moment.",
    ]
    assert len(out) == 2
    assert second.asked == ["A person.", ""]


async def _broken(_text: str) -> Sequence[str] | None:
    raise ValueError("a bug")


async def test_a_bug_leaves_the_turn_to_the_model_and_the_sentence_to_the_caller() -> None:
    """Nothing falls silent because whoever was asked failed."""
    frame = request(caller("A person."))
    assert await through(Reception(_broken), frame) == [frame]
    said = sentence("I'll put you through.")
    assert await through(OwnWords(_broken), said) == [said]


def sentence(text: str) -> AggregatedTextFrame:
    """Return a whole sentence of the model's."""
    return AggregatedTextFrame(text, TextType.SENTENCE, raw_text=text)


async def test_a_sentence_that_is_acted_on_is_replaced_and_ends_the_response() -> None:
    """What was said before stays; the rest of the response is dropped; the next one is whole."""
    desk = Desk({"I'll put you through.": ["We're closed.", "A message?"]})
    out = await through(
        OwnWords(desk),
        LLMFullResponseStartFrame(),
        sentence("Sure."),
        sentence("I'll put you through."),
        sentence("Goodbye."),
        LLMFullResponseEndFrame(),
        LLMFullResponseStartFrame(),
        sentence("Anything else?"),
        LLMFullResponseEndFrame(),
    )
    heard = [frame.text for frame in out if isinstance(frame, AggregatedTextFrame)]
    assert heard == ["Sure.", "We're closed.", "A message?", "Anything else?"]
    ends = [frame for frame in out if isinstance(frame, LLMFullResponseEndFrame)]
    assert len(ends) == 2


async def test_words_that_were_spoken_already_are_not_judged() -> None:
    """Text that comes back from the voice passes untouched."""
    desk = Desk({"I'll put you through.": []})
    spoken = TTSTextFrame("I'll put you through.", TextType.SENTENCE)
    assert await through(OwnWords(desk), spoken) == [spoken]
    assert desk.asked == []
