"""When we hang up, and when we do not."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import cast

import pytest
from pipecat.frames.frames import EndFrame, Frame, TTSSpeakFrame, UserIdleTimeoutUpdateFrame
from pipecat.pipeline.worker import PipelineWorker

from pipeline import prompt, turns
from pipeline.ending import Ending
from pipeline.record import CallRecord
from shop.clock import FixedClock
from shop.shopfile import Shop
from store import Store
from tools.call import Call

pytestmark = pytest.mark.unit


@dataclass
class Queue:
    """Takes the frames a worker would."""

    frames: list[Frame] = field(default_factory=list)

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


async def test_silence_is_asked_about_once_then_ended(ending: Ending, queue: Queue) -> None:
    """A silent caller hears a question, then a goodbye, then the call is over."""
    await ending.silence()
    await ending.silence()
    assert spoken(queue) == [prompt.STILL_THERE, prompt.SILENT_GOODBYE]
    await ending.agent_said(prompt.SILENT_GOODBYE, interrupted=False)
    await ending.silence()
    assert isinstance(queue.frames[-1], EndFrame)


async def test_time_is_up(ending: Ending, queue: Queue) -> None:
    """The longest call ends with a sentence."""
    await ending.time_is_up()
    assert spoken(queue) == [prompt.TIME_IS_UP]
    assert isinstance(queue.frames[-1], EndFrame)
    assert ending.record.ended_by == "time_limit"
