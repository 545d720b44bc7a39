"""The gate between the model and the voice: no lie is heard, no true sentence is lost or late."""

import asyncio
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import get_args

import pytest
from claim_world import (
    DANA,
    SHOP,
    TUESDAY_AT_TWO,
    Result,
    booked,
    corpus,
    corpus_after,
    known,
    results_named,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from pipecat.frames.frames import (
    AggregatedTextFrame,
    EagerEndOfTurnCancelFrame,
    Frame,
    FunctionCallFromLLM,
    FunctionCallsStartedFrame,
    InterruptionFrame,
    LLMFullResponseEndFrame,
    LLMFullResponseStartFrame,
    LLMTextFrame,
    TTSSpeakFrame,
    TTSTextFrame,
    UserStoppedSpeakingFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import LLMContextAggregatorPair
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.tests.utils import SleepFrame, run_test
from pipecat.utils.text.simple_text_aggregator import SimpleTextAggregator

from processors.claim_gate import WORKING_ON_IT as WAITING
from processors.claim_gate import ClaimGate
from shop.claim_words import Kind
from shop.facts import Facts, gather
from shop.truth import Lie, find_lie, instead

pytestmark = pytest.mark.unit

WORKING_ON_IT = WAITING["en"]
LIES = corpus("lies")
HARMLESS = corpus("harmless")


class Gate(ClaimGate):
    """A gate that is driven without a pipeline and notes what it lets out, frame by frame."""

    def __init__(
        self, facts: Callable[[], Facts], made_true: Callable[[str], bool] = lambda _: False
    ) -> None:
        super().__init__(facts, made_true=made_true)
        self.out: list[Frame] = []

    async def push_frame(
        self, frame: Frame, direction: FrameDirection = FrameDirection.DOWNSTREAM
    ) -> None:
        self.out.append(frame)

    async def _start_interruption(self) -> None:
        """Outside a pipeline there are no tasks to stop."""

    def text(self) -> str:
        """Return what was let out so far."""
        return " ".join(f.text for f in self.out if isinstance(f, AggregatedTextFrame))


def cut(text: str, at: Sequence[int]) -> list[Frame]:
    """Return a whole response whose text is cut at these places."""
    marks = sorted({0, len(text), *(place % (len(text) + 1) for place in at)})
    parts = [text[a:b] for a, b in pairwise(marks)]
    return response(*parts)


def response(*parts: str) -> list[Frame]:
    """Return the frames of one response of the model."""
    texts: list[Frame] = [LLMTextFrame(part) for part in parts]
    return [LLMFullResponseStartFrame(), *texts, LLMFullResponseEndFrame()]


def tokens(text: str) -> list[str]:
    """Cut text about as a model's tokens are: words with the blank before them, marks apart."""
    found: list[str] = []
    for char in text:
        if not found or not char.isalnum() or not found[-1][-1:].strip(" ").isalnum():
            if found and found[-1] == " " and char.isalnum():
                found[-1] += char
            else:
                found.append(char)
        else:
            found[-1] += char
    return found


async def through(frames: Sequence[Frame], *results: Result) -> Gate:
    """Return the gate of a call with these results after `frames`."""
    gate = Gate(lambda: known(*results))
    for frame in frames:
        await gate.process_frame(frame, FrameDirection.DOWNSTREAM)
    return gate


def test_there_are_enough_sentences() -> None:
    """The corpora are as large as they must be, and no sentence is in both."""
    assert len(LIES) >= 50
    assert len(HARMLESS) >= 200
    assert not set(LIES) & set(HARMLESS)


NOTHING_DONE = known()
KINDS: tuple[Kind, ...] = get_args(Kind)
REPLACEMENTS = (
    *(instead(Lie("missing", kind), NOTHING_DONE) for kind in KINDS),
    *(instead(Lie("price", "anything", service=s), NOTHING_DONE) for s in (None, *SHOP.services)),
    instead(Lie("free", "anything"), NOTHING_DONE),
    instead(Lie("language", "anything"), NOTHING_DONE),
)


def unheard(lie: str, heard: str) -> bool:
    """Say whether nothing untrue of `lie` is in what was heard, and something honest is."""
    end = next((r for r in REPLACEMENTS if heard.endswith(r)), None)
    return end is not None and lie not in heard and find_lie(heard, NOTHING_DONE) is None


async def test_no_lie_is_heard_when_nothing_was_done() -> None:
    """Every lie is replaced, whatever its wording, case and spelling."""
    for lie in LIES:
        gate = await through(response(*tokens(lie)))
        assert unheard(lie, gate.text()), (lie, gate.text())


async def test_nothing_harmless_is_blocked() -> None:
    """Questions, offers, conditions, denials, prices and hours come through unchanged."""
    for sentence in HARMLESS:
        gate = await through(response(*tokens(sentence)))
        assert gate.text().split() == sentence.split(), sentence


def test_every_replacement_is_honest_itself() -> None:
    """What is said instead would pass the gate."""
    for sentence in (*REPLACEMENTS, WORKING_ON_IT):
        assert find_lie(sentence, NOTHING_DONE) is None, sentence


@given(st.sampled_from(LIES), st.lists(st.integers(0, 200), max_size=12))
@settings(max_examples=300, deadline=None)
def test_no_chunking_lets_a_lie_through(lie: str, at: list[int]) -> None:
    """However the text is cut into tokens, none of the lie comes out."""
    gate = asyncio.run(through(cut(lie, at)))
    assert unheard(lie, gate.text())


@given(
    st.lists(st.sampled_from(HARMLESS), max_size=3),
    st.sampled_from(LIES),
    st.lists(st.sampled_from(HARMLESS + LIES), max_size=2),
    st.lists(st.integers(0, 600), max_size=20),
)
@settings(max_examples=200, deadline=None)
def test_a_lie_among_other_sentences_is_not_heard(
    before: list[str], lie: str, after: list[str], at: list[int]
) -> None:
    """What comes before a lie may be heard; the lie and what follows it are not."""
    gate = asyncio.run(through(cut(" ".join([*before, lie, *after]), at)))
    heard = gate.text()
    assert heard.endswith(REPLACEMENTS), heard
    assert lie not in heard
    others = [s for s in after if s not in before and not any(s in r for r in REPLACEMENTS)]
    assert not any(sentence in heard for sentence in others)


@given(st.sampled_from(HARMLESS), st.lists(st.integers(0, 200), max_size=12))
@settings(max_examples=200, deadline=None)
def test_no_chunking_changes_what_is_true(sentence: str, at: list[int]) -> None:
    """However the text is cut, a harmless sentence comes out whole."""
    gate = asyncio.run(through(cut(sentence, at)))
    assert gate.text().split() == sentence.split()


async def test_what_the_results_bear_out_is_heard() -> None:
    """After a committed result the same words that were a lie before are the truth."""
    for name, sentence in corpus_after("true_after"):
        gate = await through(response(*tokens(sentence)), *await results_named(name))
        assert gate.text().split() == sentence.split(), (name, sentence)


async def test_lies_beside_a_result_are_not_heard() -> None:
    """Another day, time, car, service, price or kind than the result's is a lie too."""
    for name, sentence in corpus_after("lies_after"):
        results = await results_named(name)
        gate = await through(response(*tokens(sentence)), *results)
        assert sentence not in gate.text(), (name, sentence)
        assert find_lie(gate.text(), known(*results)) is None, (name, gate.text())


async def test_the_wrong_day_is_put_right() -> None:
    """A visit told wrongly is told again in the words of the tool."""
    gate = await through(
        response("You're booked for Wednesday at three."), await booked(TUESDAY_AT_TWO)
    )
    assert gate.text() == (
        "Let me get that right. You're booked: an oil change on Tuesday the twenty-fourth "
        "at two in the afternoon for the Honda C R V."
    )


async def test_a_refused_booking_is_told_with_its_reason() -> None:
    """A claim after a refusal gives way to the refusal's own sentence."""
    gate = await through(response("You're booked."), *await results_named("refused"))
    assert gate.text().startswith("I haven't booked that yet. That time is already taken.")


async def test_a_claim_that_runs_ahead_of_its_tool_call_is_a_wait() -> None:
    """Said in the response that calls the tool, a claim becomes a moment's patience."""
    start, text, end = response("Great, you're booked for Tuesday at two.")
    call = FunctionCallFromLLM(
        context=LLMContext(), tool_call_id="1", function_name="book_appointment", arguments={}
    )
    gate = await through([start, text, FunctionCallsStartedFrame([call]), end])
    assert gate.text() == WORKING_ON_IT
    for frame in response("You're booked."):
        await gate.process_frame(frame, FrameDirection.DOWNSTREAM)
    assert gate.text() == f"{WORKING_ON_IT} {REPLACEMENTS[0]}"


async def test_an_email_that_is_queued_counts_as_sent() -> None:
    """With an address on file a booking queues an invitation; no text goes out, though."""
    result = await booked(TUESDAY_AT_TWO)
    facts = gather([result], SHOP, NOTHING_DONE.today, DANA.vehicles, invited=True)
    assert find_lie("I've sent you an invitation by email.", facts) is None
    assert find_lie("I've texted you the details.", facts) is not None
    assert find_lie("I've sent you an invitation by email.", known(result)) is not None


async def test_a_message_and_its_promise_are_told_only_once_taken() -> None:
    """A call back is promised by the service alone, and by no other time than it promised."""
    done = ("take_message", {"message_id": 3, "due_at": "2026-11-23T11:00:00"})
    facts = gather([], SHOP, NOTHING_DONE.today, done_here=[done])
    for sentence in (
        "I've taken your message.",
        "Someone will call you back by eleven.",
        "Someone will call you back tomorrow by eleven in the morning.",
        "The manager will be in touch tomorrow.",
    ):
        assert find_lie(sentence, facts) is None, sentence
        assert find_lie(sentence, NOTHING_DONE) is not None, sentence
    assert find_lie("Someone will call you back by nine.", facts) is not None
    assert find_lie("Someone will call you back tonight.", facts) is not None


async def test_being_with_a_person_is_told_once_it_is_so() -> None:
    """What the service did itself counts like a tool's result."""
    facts = gather([], SHOP, NOTHING_DONE.today, done_here=[("transfer", {})])
    for sentence in ("I'm putting you through now.", "You're being transferred."):
        assert find_lie(sentence, facts) is None, sentence
        assert find_lie(sentence, NOTHING_DONE) is not None, sentence


async def test_an_announcement_that_the_service_acts_on_is_no_lie() -> None:
    """Who acts on a sentence makes it true; it passes unjudged."""
    said = "Let me transfer you right now."
    gate = Gate(lambda: NOTHING_DONE, made_true=lambda sentence: sentence == said)
    for frame in response(said, " You're booked."):
        await gate.process_frame(frame, FrameDirection.DOWNSTREAM)
    assert gate.text() == f"{said} {REPLACEMENTS[0]}"


def with_status(status: str, at: str = "2026-11-22T10:00:00") -> Facts:
    """Return the facts after a list with one visit in this state."""
    listed = {
        "appointment_id": 11, "scheduled_at": at, "service_type": "oil_change", "status": status,
        "vehicle_id": 1, "spoken": "an oil change today at ten for the Honda C R V",
    }  # fmt: skip
    message = "Your Honda C R V came in today; it is on the lift and they need another hour."
    answer = {"success": True, "appointments": [listed], "message": message}
    return gather([("get_upcoming_appointments", answer)], SHOP, NOTHING_DONE.today, DANA.vehicles)


def test_how_far_the_work_is_agrees_with_the_status() -> None:
    """A car is ready when its visit is completed, and worked on while that is today's."""
    ready = ("Your car is ready.", "Good news, your Honda is ready to be picked up.", "It's done.",
             "Your oil change is done.")  # fmt: skip
    working = ("They're still working on your car.", "Your Honda is on the lift.")
    for sentence in (*ready, *working):
        assert find_lie(sentence, NOTHING_DONE) is not None, sentence
    for sentence in ready:
        assert find_lie(sentence, with_status("completed")) is None, sentence
        assert find_lie(sentence, with_status("scheduled")) is not None, sentence
    for sentence in working:
        assert find_lie(sentence, with_status("scheduled")) is None, sentence
        assert find_lie(sentence, with_status("completed")) is not None, sentence
    told = "Your Honda C R V came in today; it is on the lift and they need another hour."
    assert find_lie(told, with_status("completed")) is None
    assert find_lie("Your Tacoma is ready.", with_status("completed")) is not None
    assert find_lie("It isn't ready yet, I'm afraid.", with_status("scheduled")) is None
    assert find_lie("You're booked for today at ten.", with_status("completed")) is not None


@pytest.mark.parametrize(
    ("sentence", "true"),
    [
        ("An oil change is $45-75.", True),
        ("An oil change is $45 to $75.", True),
        ("An oil change is $50.", False),
        ("An oil change is 45 USD to 75 USD.", True),
        ("It's $45-60 for the oil change.", False),
        ("The oil change is thirty-nine ninety-nine.", False),
        ("The oil change is an hour.", True),
        ("The oil change takes 60 minutes.", True),
    ],
)
def test_prices_in_figures_are_compared_too(sentence: str, true: bool) -> None:
    """Whatever the way an amount is written, it must be the shop's."""
    assert (find_lie(sentence, NOTHING_DONE) is None) is true


@pytest.mark.parametrize(("status", "ready"), [("completed", True), ("scheduled", False)])
def test_visits_that_have_begun_are_read_too(status: str, ready: bool) -> None:
    """They come beside the upcoming ones, without ids, and say how far the work is."""
    spoken = "The oil change is done, so your Honda C R V is ready." if ready else (
        "The oil change for your Honda C R V isn't marked as finished yet."
    )  # fmt: skip
    begun = {
        "scheduled_at": "2026-11-22T10:00:00", "service_type": "oil_change", "status": status,
        "vehicle": "2019 Honda CR-V", "spoken": spoken,
    }  # fmt: skip
    message = f"{spoken} You have no upcoming visits with us."
    answer = {"success": True, "appointments": [], "recent": [begun], "message": message}
    facts = gather([("get_upcoming_appointments", answer)], SHOP, NOTHING_DONE.today, DANA.vehicles)
    assert find_lie(message, facts) is None and find_lie(spoken, facts) is None
    assert (find_lie("Your Honda is ready.", facts) is None) is ready
    assert (find_lie("They're still working on your Honda.", facts) is None) is not ready
    assert find_lie("Your Tacoma is ready.", facts) is not None
    assert find_lie("You're booked for today at ten.", facts) is not None


async def test_sentences_leave_as_soon_as_they_are_whole() -> None:
    """A first sentence is out before the second one is known, and our own words are not touched."""
    gate = await through(response("Sure. ", "I ")[:-1])
    assert gate.text() == "Sure."
    ours = TTSSpeakFrame("You're booked for Friday at nine.")
    await gate.process_frame(ours, FrameDirection.DOWNSTREAM)
    assert gate.out[-1] is ours


async def test_nothing_of_an_interrupted_response_is_left() -> None:
    """What was held and what still comes in is dropped; the next response is whole."""
    down, _ = await run_test(
        ClaimGate(lambda: NOTHING_DONE),
        frames_to_send=[
            LLMFullResponseStartFrame(),
            LLMTextFrame("Let me see. Would you like Tuesd"),
            SleepFrame(),  # an interruption overtakes whatever is queued
            InterruptionFrame(),
            SleepFrame(),
            LLMTextFrame("ay at two? "),
            LLMTextFrame("Or later?"),
            *response("Yes, ", "of course."),
        ],
        expected_down_frames=[
            LLMFullResponseStartFrame, AggregatedTextFrame, InterruptionFrame,
            LLMFullResponseStartFrame, AggregatedTextFrame, LLMFullResponseEndFrame,
        ],
    )  # fmt: skip
    assert [f.text for f in down if isinstance(f, AggregatedTextFrame)] == [
        "Let me see.", "Yes, of course.",
    ]  # fmt: skip


async def test_a_lie_that_was_interrupted_is_forgotten() -> None:
    """A withheld claim is neither heard nor put right once the caller has spoken."""
    start, text, end = response("You're booked. I")
    gate = await through([start, text, InterruptionFrame(), end, *response("Sure.")])
    assert gate.text() == "Sure."


@given(st.lists(st.sampled_from(["start", "text", "end", "speak", "cancel", "stop", "break"])))
@settings(max_examples=200, deadline=None)
def test_frames_keep_their_order(kinds: list[str]) -> None:
    """In any order of frames, all but the model's text pass once, as they were, in their order."""
    make: dict[str, Callable[[], Frame]] = {
        "start": LLMFullResponseStartFrame,
        "text": lambda: LLMTextFrame("You're booked for Tuesday. "),
        "end": LLMFullResponseEndFrame,
        "speak": lambda: TTSSpeakFrame("You're booked."),
        "cancel": EagerEndOfTurnCancelFrame,
        "stop": UserStoppedSpeakingFrame,
        "break": InterruptionFrame,
    }
    frames = [make[kind]() for kind in kinds]
    gate = asyncio.run(through(frames))
    others = [f for f in gate.out if not isinstance(f, AggregatedTextFrame)]
    assert others == [f for f in frames if not isinstance(f, LLMTextFrame)]
    assert all(f.text in REPLACEMENTS for f in gate.out if isinstance(f, AggregatedTextFrame))


class Voice(FrameProcessor):
    """Says every sentence at once, as far as the context can tell."""

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        if isinstance(frame, AggregatedTextFrame):
            frame = TTSTextFrame(frame.text, text_type=frame.text_type)
        await self.push_frame(frame, direction)


async def test_the_context_holds_what_was_really_said() -> None:
    """The model reads the replacement as its own words, and nothing of its lie."""
    context = LLMContext()
    _, agent = LLMContextAggregatorPair(context)
    chain = Pipeline([ClaimGate(lambda: NOTHING_DONE), Voice(), agent])
    said = response("Great. You're bo", "oked for Tuesday at two. See you then!")
    await run_test(chain, frames_to_send=[*said, SleepFrame()])
    assert [message for message in context.messages if isinstance(message, dict)] == [
        {"role": "assistant", "content": "Great. I haven't booked that yet. Shall I?"}
    ]


async def test_the_gate_adds_no_token_of_delay() -> None:
    """Each sentence leaves at the token at which the voice would have got it without a gate."""
    for sentence in HARMLESS:
        parts = tokens(f"{sentence} Is there anything else?")
        alone, gate = SimpleTextAggregator(), Gate(lambda: NOTHING_DONE)
        await gate.process_frame(LLMFullResponseStartFrame(), FrameDirection.DOWNSTREAM)
        for part in parts:
            plain = [piece.text async for piece in alone.aggregate(part)]
            before = len(gate.out)
            await gate.process_frame(LLMTextFrame(part), FrameDirection.DOWNSTREAM)
            assert len(gate.out) - before == len([text for text in plain if text.strip()])
