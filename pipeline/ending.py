"""How a call comes to its end: after our goodbye, after silence, or when its time is up."""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from pipecat.frames.frames import EndFrame, Frame, TTSSpeakFrame, UserIdleTimeoutUpdateFrame
from pipecat.pipeline.worker import PipelineWorker

from pipeline import prompt
from pipeline.record import CallRecord
from pipeline.turns import PATIENCE, Patience

_FAREWELL = re.compile(r"\b(good\s?bye|bye|adi[oó]s)\W*$", re.IGNORECASE)

_REPROMPTS = (prompt.STILL_THERE, prompt.STILL_LISTENING)


@dataclass(slots=True)
class Ending:
    """Decides from what was said, from silence and from the clock when to hang up.

    The timer of silence is Pipecat's idle controller; this only says how long it waits and what
    follows. While the caller has asked us to wait (`pipeline.hold`) that timer is off.
    """

    worker: PipelineWorker
    record: CallRecord
    patience: Patience = PATIENCE
    owing: Callable[[], bool] = lambda: False
    """Whether an answer is still on its way, such as the one to a tool's result."""

    saying_goodbye: bool = False
    prompts: int = 0
    holding: bool = False
    watching: bool = True
    """Whether silence is answered; not while the caller waits for a person to be reached."""

    _at_rest: asyncio.Event = field(default_factory=asyncio.Event)
    """Set while nothing is owed: the caller is not speaking and has been answered."""

    async def agent_said(self, text: str, *, interrupted: bool) -> None:
        """Note a line of ours; one that ends in goodbye shortens the wait for the caller."""
        if not self.owing():
            self._at_rest.set()
        if not interrupted and _FAREWELL.search(text):
            self.saying_goodbye = True
            await self._wait_for_caller(self.patience.farewell_s)

    async def caller_spoke(self) -> None:
        """Go on with a caller who says something, also after our goodbye."""
        self._at_rest.clear()
        self.prompts = 0
        if self.saying_goodbye:
            self.saying_goodbye = False
            await self._wait_for_caller(self.patience.idle_s)

    def caller_said_nothing(self) -> None:
        """Note that what began as a turn of the caller's held no words: nothing is owed."""
        self._at_rest.set()

    async def key_pressed(self) -> None:
        """Begin the wait anew: keying a number takes longer than silence may last."""
        await self.caller_spoke()
        await self._wait_for_caller(self.patience.idle_s)

    async def watch(self, silence: bool) -> None:
        """Answer the caller's silence from now on, or let them wait."""
        self.watching = silence
        await self._wait_for_caller(self.patience.idle_s)

    async def hold(self) -> None:
        """Stop the timer of silence: the caller has asked us to wait."""
        self.holding = True
        await self._wait_for_caller(self.patience.idle_s)

    async def unhold(self) -> None:
        """Let silence count again."""
        self.holding = False
        await self._wait_for_caller(self.patience.idle_s)

    async def silence(self) -> None:
        """Hang up after a goodbye; otherwise ask, ask in other words, then say goodbye."""
        if self.saying_goodbye:
            self.record.ended("silence" if self.prompts else "agent")
            await self._queue(EndFrame())
        elif self.prompts < self.patience.reprompts:
            text = _REPROMPTS[self.prompts % len(_REPROMPTS)]
            self.prompts += 1
            await self._queue(TTSSpeakFrame(text))
        else:
            await self._queue(TTSSpeakFrame(prompt.SILENT_GOODBYE))

    async def hang_up_on_machine(self) -> None:
        """Say one line to a recording and end the call, whatever it goes on to say."""
        self.record.ended_by = "machine"
        line = TTSSpeakFrame(prompt.TO_A_MACHINE)
        line.interruptible = False
        await self._queue(line, EndFrame())

    async def keep_time(self) -> None:
        """Warn before the longest call is over, and end it then; cancelled when it ends before.

        Neither happens in the middle of something: an answer that is owed, and so a booking that
        is being written, comes first, for as long as `grace_s`.
        """
        patience = self.patience
        await asyncio.sleep(patience.max_call_s - patience.warn_before_s)
        ends = asyncio.get_running_loop().time() + patience.warn_before_s
        await self.rest(patience.warn_before_s)
        if not self.saying_goodbye:
            await self._queue(TTSSpeakFrame(prompt.ONE_MINUTE_LEFT))
        await asyncio.sleep(max(0.0, ends - asyncio.get_running_loop().time()))
        await self.rest(patience.grace_s)
        await self.time_is_up()

    async def time_is_up(self) -> None:
        """Say so and hang up."""
        self.record.ended("time_limit")
        await self._queue(TTSSpeakFrame(prompt.TIME_IS_UP), EndFrame())

    async def rest(self, most_s: float) -> None:
        """Wait until nothing is owed, at most so long."""
        try:
            async with asyncio.timeout(most_s):
                await self._at_rest.wait()
        except TimeoutError:
            return

    async def _wait_for_caller(self, timeout_s: float) -> None:
        """Set the timer of silence, which is off (0) for whoever has reason to be silent."""
        off = self.holding or not self.watching
        await self._queue(UserIdleTimeoutUpdateFrame(timeout=0 if off else timeout_s))

    async def _queue(self, *frames: Frame) -> None:
        await self.worker.queue_frames(list(frames))
