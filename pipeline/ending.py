"""How a call comes to its end: after our goodbye, after silence, or when its time is up."""

import re
from dataclasses import dataclass

from pipecat.frames.frames import EndFrame, Frame, TTSSpeakFrame, UserIdleTimeoutUpdateFrame
from pipecat.pipeline.worker import PipelineWorker

from pipeline import prompt, turns
from pipeline.record import CallRecord

_FAREWELL = re.compile(r"\b(good\s?bye|bye)\W*$", re.IGNORECASE)


@dataclass(slots=True)
class Ending:
    """Decides from what was said, and from silence, when to hang up.

    The timer is Pipecat's idle controller; this only says how long it waits and what follows.
    """

    worker: PipelineWorker
    record: CallRecord
    saying_goodbye: bool = False
    prompted: bool = False

    async def agent_said(self, text: str, *, interrupted: bool) -> None:
        """Note a line of ours; one that ends in goodbye shortens the wait for the caller."""
        if not interrupted and _FAREWELL.search(text):
            self.saying_goodbye = True
            await self._queue(UserIdleTimeoutUpdateFrame(timeout=turns.FAREWELL_S))

    async def caller_spoke(self) -> None:
        """Go on with a caller who says something, also after our goodbye."""
        self.prompted = False
        if self.saying_goodbye:
            self.saying_goodbye = False
            await self._queue(UserIdleTimeoutUpdateFrame(timeout=turns.IDLE_S))

    async def silence(self) -> None:
        """Hang up after a goodbye; otherwise ask once, then say goodbye."""
        if self.saying_goodbye:
            self.record.ended_by = "agent"
            await self._queue(EndFrame())
        elif not self.prompted:
            self.prompted = True
            await self._queue(TTSSpeakFrame(prompt.STILL_THERE))
        else:
            await self._queue(TTSSpeakFrame(prompt.SILENT_GOODBYE))

    async def time_is_up(self) -> None:
        """Say so and hang up."""
        self.record.ended_by = "time_limit"
        await self._queue(TTSSpeakFrame(prompt.TIME_IS_UP), EndFrame())

    async def _queue(self, *frames: Frame) -> None:
        await self.worker.queue_frames(list(frames))
