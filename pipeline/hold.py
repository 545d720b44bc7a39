"""What is done about a caller's words without the model: hold on, mutterings, recordings."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from pipecat.frames.frames import TTSSpeakFrame

from pipeline import prompt
from pipeline.ending import Ending
from shop import machines
from shop.holding import asks_to_hold, is_aside
from shop.variety import Variety


@dataclass(slots=True)
class Hold:
    """Waits with a caller who has gone to fetch something, and hangs up on machines.

    While holding, what is not meant for us (the room, "where is it") is not answered; the first
    words that are end the hold, and the model answers them.
    """

    ending: Ending
    variety: Variety
    turns_heard: int = 0
    waiting: "asyncio.Task[None] | None" = None
    """Asks softly now and then, while there is a hold."""

    async def hear(self, text: str) -> Sequence[str] | None:
        """Answer a turn of the caller's that the model need not see; None for all others."""
        self.turns_heard += bool(text)
        if self.turns_heard <= machines.FIRST_TURNS and machines.is_machine(text):
            self.stop()
            await self.ending.hang_up_on_machine()
            return []
        if self.ending.holding and is_aside(text):
            self.ending.caller_said_nothing()
            return []
        if asks_to_hold(text):
            self.stop()
            await self.ending.hold()
            self.waiting = asyncio.create_task(self._wait())
            return [self.variety.pick(prompt.HOLDING)]
        if self.ending.holding:
            self.stop()
            await self.ending.unhold()
        return None

    def stop(self) -> None:
        """Wait no longer."""
        if self.waiting is not None:
            self.waiting.cancel()
            self.waiting = None

    async def _wait(self) -> None:
        """Ask softly now and then; after that silence counts as at any other time."""
        patience = self.ending.patience
        for _ in range(patience.hold_checks):
            await asyncio.sleep(patience.hold_s)
            # Not into the words of a caller who is just coming back: those end this.
            await self.ending.rest(patience.hold_s)
            check = self.variety.pick(prompt.HOLD_CHECKS)
            await self.ending.worker.queue_frame(TTSSpeakFrame(check))
        self.waiting = None
        await self.ending.unhold()
