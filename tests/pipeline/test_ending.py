"""When we hang up, and when we do not."""

import asyncio
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import cast

import pytest
from pipecat.frames.frames import EndFrame, Frame, TTSSpeakFrame, UserIdleTimeoutUpdateFrame
from pipecat.pipeline.worker import PipelineWorker

from pipeline import prompt, turns
from pipeline.ending import Ending
from pipeline.hold import Hold
from pipeline.record import CallRecord
from pipeline.turns import Patience
from settings import EXAMPLE_SHOP_FILE
from shop.clock import FixedClock
from shop.facts import gather
from shop.shopfile import Shop, load_shop
from shop.truth import find_lie
from shop.variety import Variety
from store import Store
from tools import TOOLS
from tools.call import Call

pytestmark = pytest.mark.unit


@dataclass
class Queue:
    """Takes the frames a worker would."""

    frames: list[Frame] = field(default_factory=list)

    async def queue_frame(self, frame: Frame) -> None:
        """Take one."""
        self.frames.append(frame)

    async def queue_frames(self, frames: list[Frame]) -> None:
        """Take them."""
        self.frames += frames


@pytest.fixture
def queue() -> Queue:
    """Return an empty queue."""
    return Queue()


@pytest.fixture
def ending(queue: Queue) -> Ending:
    """Return the ending of a call that has just begun."""
    clock = FixedClock(datetime(2026, 11, 22, tzinfo=UTC))
    call = Call("CA1", None, cast(Store, None), cast(Shop, None), clock)
    record = CallRecord(call, "inbound", "+15035550100", clock.now(), clock)
    return Ending(cast(PipelineWorker, queue), record)


def spoken(queue: Queue) -> list[str]:
    """Return the sentences that were queued."""
    return [frame.text for frame in queue.frames if isinstance(frame, TTSSpeakFrame)]


@pytest.mark.parametrize("line", ["Thank you, Dana. Goodbye.", "Bye!", "See you. Good bye"])
async def test_after_our_goodbye_a_short_silence_ends_the_call(
    ending: Ending, queue: Queue, line: str
) -> None:
    """A goodbye shortens the wait, and the silence after it hangs up."""
    await ending.agent_said(line, interrupted=False)
    [update] = queue.frames
    assert isinstance(update, UserIdleTimeoutUpdateFrame)
    assert update.timeout == turns.FAREWELL_S
    await ending.silence()
    assert isinstance(queue.frames[-1], EndFrame)
    assert ending.record.ended_by == "agent"


async def test_a_caller_who_goes_on_after_goodbye_is_not_cut_off(
    ending: Ending, queue: Queue
) -> None:
    """Words after our goodbye take it back."""
    await ending.agent_said("Goodbye.", interrupted=False)
    await ending.caller_spoke()
    await ending.silence()
    assert spoken(queue) == [prompt.STILL_THERE]
    assert not any(isinstance(frame, EndFrame) for frame in queue.frames)


@pytest.mark.parametrize(
    ("line", "interrupted"),
    [("Say goodbye to your old brakes. Anything else?", False), ("Goodbye.", True)],
)
async def test_what_is_no_goodbye_ends_nothing(
    ending: Ending, queue: Queue, line: str, interrupted: bool
) -> None:
    """The word within a sentence, or a goodbye that was interrupted, changes nothing."""
    await ending.agent_said(line, interrupted=interrupted)
    assert queue.frames == []


async def test_silence_is_asked_about_twice_then_ended(ending: Ending, queue: Queue) -> None:
    """A silent caller hears two questions in different words, then a goodbye, and it is over."""
    for _ in range(3):
        await ending.silence()
    first, second, goodbye = spoken(queue)
    assert first != second and goodbye == prompt.SILENT_GOODBYE
    await ending.agent_said(prompt.SILENT_GOODBYE, interrupted=False)
    await ending.silence()
    assert isinstance(queue.frames[-1], EndFrame)


async def test_a_word_between_begins_the_silence_anew(ending: Ending, queue: Queue) -> None:
    """Who answers the first question is asked it again the next time."""
    await ending.silence()
    await ending.caller_spoke()
    await ending.silence()
    assert spoken(queue) == [prompt.STILL_THERE] * 2


async def test_time_is_up(ending: Ending, queue: Queue) -> None:
    """The longest call ends with a sentence."""
    await ending.time_is_up()
    assert spoken(queue) == [prompt.TIME_IS_UP]
    assert isinstance(queue.frames[-1], EndFrame)
    assert ending.record.ended_by == "time_limit"


SHORT = Patience(max_call_s=0.1, warn_before_s=0.05, grace_s=0.05)


async def test_the_end_is_announced(ending: Ending, queue: Queue) -> None:
    """Before the time is up the caller is warned."""
    ending.patience = SHORT
    await ending.agent_said("How can I help you?", interrupted=False)
    await ending.keep_time()
    assert spoken(queue) == [prompt.ONE_MINUTE_LEFT, prompt.TIME_IS_UP]


async def test_neither_warning_nor_end_cuts_into_an_answer(ending: Ending, queue: Queue) -> None:
    """While an answer is owed, such as a booking's, both wait for it."""
    ending.patience = replace(SHORT, warn_before_s=0.08, grace_s=5.0)
    owing = True
    ending.owing = lambda: owing
    await ending.caller_spoke()
    await ending.agent_said("Let me book that.", interrupted=False)
    clock = asyncio.create_task(ending.keep_time())
    await asyncio.sleep(0.15)  # the time has been up for long
    assert spoken(queue) == [prompt.ONE_MINUTE_LEFT]
    owing = False
    await ending.agent_said("You're booked.", interrupted=False)
    await asyncio.wait_for(clock, 1)
    assert spoken(queue)[-1] == prompt.TIME_IS_UP


async def test_an_answer_that_never_comes_is_not_waited_for_for_ever(
    ending: Ending, queue: Queue
) -> None:
    """After the grace the call is over, whatever is owed."""
    ending.patience = SHORT
    await ending.caller_spoke()
    await asyncio.wait_for(ending.keep_time(), 1)
    assert spoken(queue)[-1] == prompt.TIME_IS_UP


async def test_a_recording_hears_one_line(ending: Ending, queue: Queue) -> None:
    """It cannot interrupt it, and the call ends."""
    await ending.hang_up_on_machine()
    line, end = queue.frames
    assert isinstance(line, TTSSpeakFrame) and not line.interruptible
    assert isinstance(end, EndFrame) and ending.record.ended_by == "machine"


async def test_no_silence_while_the_caller_has_us_wait(ending: Ending, queue: Queue) -> None:
    """Holding turns the idle timer off; coming back turns it on."""
    hold = Hold(ending, Variety())
    said = await hold.hear("Hold on, let me get my card.")
    assert said and said[0] in prompt.HOLDING
    [off] = queue.frames
    assert isinstance(off, UserIdleTimeoutUpdateFrame) and off.timeout == 0
    assert await hold.hear("um, where is it") == []
    assert await hold.hear("") == []
    assert len(queue.frames) == 1
    assert await hold.hear("Okay, I'm back.") is None
    on = queue.frames[-1]
    assert isinstance(on, UserIdleTimeoutUpdateFrame) and on.timeout == turns.IDLE_S


async def test_a_long_hold_is_asked_about_softly(ending: Ending, queue: Queue) -> None:
    """Now and then, in other words each time; then silence counts as ever."""
    ending.patience = Patience(hold_s=0.02)
    hold = Hold(ending, Variety())
    await ending.agent_said("How can I help you?", interrupted=False)
    await hold.hear("One moment please.")
    assert hold.waiting
    await asyncio.wait_for(hold.waiting, 2)
    assert not ending.holding
    assert spoken(queue) == list(prompt.HOLD_CHECKS)


async def test_the_soft_question_is_not_put_into_a_returning_callers_words(
    ending: Ending, queue: Queue
) -> None:
    """While the caller speaks it waits; words for us end the hold, and it is never put."""
    ending.patience = Patience(hold_s=0.2)
    hold = Hold(ending, Variety())
    await hold.hear("One moment please.")
    await ending.caller_spoke()
    await asyncio.sleep(0.3)  # the first question has been due
    assert await hold.hear("Okay, I'm back.") is None
    assert spoken(queue) == []


async def test_a_machine_is_hung_up_on_only_at_the_beginning(ending: Ending, queue: Queue) -> None:
    """Later the same words are a person's story, for the model."""
    late = Hold(ending, Variety(), turns_heard=5)
    assert await late.hear("It said leave a message after the tone.") is None
    early = Hold(ending, Variety())
    assert await early.hear("Please leave a message after the tone.") == []
    assert spoken(queue) == [prompt.TO_A_MACHINE]


def test_no_filler_claims_anything() -> None:
    """What is said while a tool works would be true whatever comes of it."""
    nothing = gather((), load_shop(EXAMPLE_SHOP_FILE), date(2026, 11, 22))
    every = [ways for tool in (*prompt.FILLERS, None) for ways in prompt.fillers(tool, 0)]
    for text in (*every, *prompt.STILL_WORKING, *prompt.HOLDING, *prompt.HOLD_CHECKS):
        assert find_lie(text, nothing) is None, text
    assert all(len(text) <= 30 for ways in every for text in ways), "two seconds at most"
    assert set(prompt.FILLERS) == {tool.name for tool in TOOLS}
