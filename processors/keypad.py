"""Takes keys pressed on the telephone as answers to what was asked."""

import asyncio
from collections.abc import Awaitable, Callable

from pipecat.frames.frames import (
    BotStartedSpeakingFrame,
    CancelFrame,
    EndFrame,
    Frame,
    InputDTMFFrame,
    LLMMessagesAppendFrame,
    TTSSpeakFrame,
)
from pipecat.processors.aggregators.llm_context import LLMContextMessage
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor

from shop.answers import Expect, expected
from shop.keys import DONE_KEY, LONGEST, PERSON_KEY, Keyed, read


class Keypad(FrameProcessor):
    """Turns keys into the caller's turns; its place is before the user aggregator.

    Pipecat's DTMFAggregator gathers digits until a pause and passes all of them on, into the log
    and to the model. Here what they mean depends on the question, an answer of one key is taken at
    once, and a card number goes nowhere: the frames of keys end here.

    A key stops the agent as speech does. What is understood goes into the context as the caller's
    message. After an answer further keys are nothing new (fingers bounce) until the agent has
    spoken again; zero always counts.

    `asked` gives what the agent said last, or is saying. `pressed` hears of every key, `keyed` of
    every answer, `person` is called with the reason when a person is wanted. `pause_s` after the
    last key an unfinished entry counts as all; a whole number already after `whole_s`.
    """

    def __init__(
        self,
        *,
        pause_s: float,
        whole_s: float,
        asked: Callable[[], str],
        keyed: Callable[[str], Awaitable[None]],
        person: Callable[[str], Awaitable[None]],
        pressed: Callable[[], Awaitable[None]],
    ) -> None:
        super().__init__()
        self._pauses_s = {"more": pause_s, "whole": whole_s}
        self._asked = asked
        self._keyed = keyed
        self._person = person
        self._pressed = pressed
        self._keys = ""
        self._answered = False
        self._helped: tuple[str, Expect] | None = None
        self._pause: asyncio.Task[None] | None = None

    async def cleanup(self) -> None:
        """Leave no timer behind."""
        await super().cleanup()  # type: ignore[no-untyped-call]
        await self._stop()

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Take keys; pass all else on."""
        await super().process_frame(frame, direction)
        if isinstance(frame, InputDTMFFrame):
            await self._take(frame.button.value)
            return
        if isinstance(frame, BotStartedSpeakingFrame):
            self._answered = False
        elif isinstance(frame, EndFrame | CancelFrame):
            self._keys = ""
            await self._stop()
        await self.push_frame(frame, direction)

    async def _take(self, key: str) -> None:
        await self._pressed()
        await self._stop()
        if not self._keys:
            if self._answered and key != PERSON_KEY:
                return
            await self.broadcast_interruption()  # type: ignore[no-untyped-call]
        # One more than the longest tells that there were too many; what they were is nobody's.
        if len(self._keys) <= LONGEST or key == DONE_KEY:
            self._keys += key
        await self._read()

    async def _read(self, *, ended: bool = False) -> None:
        keyed = read(self._keys, self._expected(), ended=ended)
        pause_s = self._pauses_s.get(keyed.kind)
        if pause_s is not None:
            self._pause = self.create_task(self._end_after(pause_s))
            return
        self._keys = ""
        await self._act(keyed)

    def _expected(self) -> Expect:
        """Return what is being asked; our own hint about keys asks nothing new."""
        asked = self._asked()
        if self._helped is not None and asked == self._helped[0]:
            return self._helped[1]
        return expected(asked)

    async def _act(self, keyed: Keyed) -> None:
        if keyed.kind == "unclear":
            self._helped = (keyed.text, self._expected())
            await self.push_frame(TTSSpeakFrame(keyed.text))
            return
        self._answered = True
        if keyed.kind == "person":
            await self._person("key")
            return
        await self._keyed(keyed.text)
        message: LLMContextMessage = {"role": "user", "content": keyed.text}
        await self.push_frame(LLMMessagesAppendFrame([message], run_llm=True))

    async def _end_after(self, pause_s: float) -> None:
        await asyncio.sleep(pause_s)
        self._pause = None
        await self._read(ended=True)

    async def _stop(self) -> None:
        pause, self._pause = self._pause, None
        if pause is not None:
            await self.cancel_task(pause)
