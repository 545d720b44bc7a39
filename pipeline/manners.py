"""How one call's agent behaves beside the conversation: waits, silence, hold, keys, the clock."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from pipecat.frames.frames import LLMMessagesAppendFrame
from pipecat.pipeline.worker import PipelineWorker
from pipecat.processors.aggregators.llm_context import LLMContextMessage

from pipeline import prompt
from pipeline.ending import Ending
from pipeline.hold import Hold
from pipeline.record import CallRecord
from pipeline.turns import PATIENCE, Patience
from processors.keypad import Keypad
from processors.never_silent import NeverSilent, Waits
from shop.variety import Variety

Ask = Callable[[str], Awaitable[None]]


class Manners:
    """The two processors for the chain, and what they share.

    `begin` is called when the worker is there, `end` when the call is over. `person` is called with
    the reason when a caller asks for a person by key; until something else is put there, the wish
    goes to the model in words.
    """

    def __init__(self, record: CallRecord, patience: Patience = PATIENCE) -> None:
        self._record = record
        self._patience = patience
        self._variety = Variety()
        self._ending: Ending | None = None
        self._hold: Hold | None = None
        self._clock: asyncio.Task[None] | None = None
        self._worker: PipelineWorker | None = None
        self.person: Ask | None = None
        self.silent = NeverSilent(
            Waits(
                tool_s=patience.filler_s,
                again_s=patience.filler_again_s,
                model_s=patience.slow_model_s,
                most=patience.fillers,
            ),
            filler=lambda tool, said: self._variety.pick(prompt.fillers(tool, said)),
            apology=lambda: self._variety.pick(prompt.APOLOGIES),
            said=lambda text: record.say("agent", text),
        )
        self.keypad = Keypad(
            pause_s=patience.key_pause_s,
            whole_s=patience.key_whole_s,
            asked=lambda: self.silent.words,
            keyed=self._keyed,
            person=self._person,
            pressed=self._pressed,
        )

    def begin(self, worker: PipelineWorker) -> Ending:
        """Start the clock of a call whose worker is ready; return what decides its end."""
        self._worker = worker
        ending = Ending(worker, self._record, self._patience, owing=lambda: self.silent.owing)
        self._ending = ending
        self._hold = Hold(ending, self._variety)
        self._clock = asyncio.create_task(ending.keep_time())
        return ending

    async def end(self) -> None:
        """Stop every timer."""
        if self._hold:
            self._hold.stop()
        if self._clock:
            self._clock.cancel()
            await asyncio.gather(self._clock, return_exceptions=True)

    async def hear(self, text: str) -> Sequence[str] | None:
        """Answer a turn of the caller's that the model need not see; None for all others."""
        return await self._hold.hear(text) if self._hold else None

    async def _keyed(self, text: str) -> None:
        self._record.say("caller", f"{text} (keyed)")

    async def _pressed(self) -> None:
        if self._ending:
            await self._ending.key_pressed()

    async def _person(self, reason: str) -> None:
        await self._keyed(prompt.WANTS_PERSON)
        message: LLMContextMessage = {"role": "user", "content": prompt.WANTS_PERSON}
        if self._worker:
            told = LLMMessagesAppendFrame([message], run_llm=self.person is None)
            await self._worker.queue_frame(told)
        if self.person:
            await self.person(reason)
