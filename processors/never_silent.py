"""Says a few words when the answer is slow, and asks again when no answer comes at all."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from loguru import logger
from pipecat.frames.frames import (
    AggregatedTextFrame,
    BotStartedSpeakingFrame,
    BotStoppedSpeakingFrame,
    CancelFrame,
    EndFrame,
    Frame,
    FunctionCallCancelFrame,
    FunctionCallResultFrame,
    FunctionCallsStartedFrame,
    InterruptionFrame,
    LLMFullResponseEndFrame,
    LLMFullResponseStartFrame,
    LLMTextFrame,
    TTSSpeakFrame,
    UserStartedSpeakingFrame,
)
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor


@dataclass(frozen=True, slots=True)
class Waits:
    """How long nothing may be heard, in seconds, before a filler is said.

    `tool_s` counts from the start of a tool; `again_s` from the end of what was said last, while
    the same tool still runs; `model_s` from the moment the model was asked. `most` is how many
    fillers one answer may need: more of them would only annoy.
    """

    tool_s: float
    again_s: float
    model_s: float
    most: int


class NeverSilent(FrameProcessor):
    """Fills waits with short true words, and empty replies with a question.

    Its place is between what judges the model's words and the voice, so that it sees what will be
    heard. A wait begins when a tool starts or the model is asked, and ends with the first words;
    words the model says beside its tool call are a filler already. Nothing is said while either
    side speaks, after an interruption, or once the call ends. A filler stays out of the context:
    there it would stand between a tool's call and its answer.

    Pipecat passes a tool's result on behind the sound that is being played, so a result that comes
    during a filler waits for the end of it; therefore the first ones are short.

    `filler` is given the running tool's name (None: the model itself is slow) and how many were
    said in this wait; `apology` words a reply that came to nothing. `said` hears of each filler.
    """

    def __init__(
        self,
        waits: Waits,
        *,
        filler: Callable[[str | None, int], str],
        apology: Callable[[], str],
        said: Callable[[str], None] = lambda _: None,
    ) -> None:
        super().__init__()
        self._waits = waits
        self._filler = filler
        self._apology = apology
        self._said = said
        self._timer: asyncio.Task[None] | None = None
        self._tools: dict[str, str] = {}
        self._asked = False
        self._speaking = False
        self._fillers = 0
        self._spoke = False
        self._called = False
        self._apologised = False
        self._dropped = False
        self._owed = False
        self._words: list[str] = []

    @property
    def words(self) -> str:
        """What the agent has said last, or is saying; without what leaves its question open.

        That is fillers, and sentences of ours that ask nothing ("Sure, take your time.").
        """
        return " ".join(self._words)

    @property
    def owing(self) -> bool:
        """Whether an answer is on its way: the model is asked, or a tool works for it."""
        return self._owed

    async def model_failed(self) -> None:
        """Ask again, unless this reply's failure has been made up for already."""
        if not self._apologised:
            await self._apologise("model_error")

    async def cleanup(self) -> None:
        """Leave no timer behind."""
        await super().cleanup()  # type: ignore[no-untyped-call]
        await self._stop()

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Keep track of who owes what; everything passes untouched."""
        await super().process_frame(frame, direction)
        if isinstance(frame, InterruptionFrame | UserStartedSpeakingFrame | EndFrame | CancelFrame):
            await self._forget()
        elif isinstance(frame, BotStartedSpeakingFrame | BotStoppedSpeakingFrame):
            self._speaking = isinstance(frame, BotStartedSpeakingFrame)
            await self._wait()
        elif direction is FrameDirection.DOWNSTREAM:
            await self._follow(frame)
        await self.push_frame(frame, direction)
        if isinstance(frame, LLMFullResponseEndFrame):
            await self._check_reply()

    async def _follow(self, frame: Frame) -> None:
        """Take in what comes from the model and its tools."""
        if isinstance(frame, LLMFullResponseStartFrame):
            self._asked = self._owed = True
            # Not `_called`: a tool's start is a system frame and may have come first.
            self._spoke = self._apologised = self._dropped = False
        elif isinstance(frame, FunctionCallsStartedFrame):
            self._tools |= {call.tool_call_id: call.function_name for call in frame.function_calls}
            self._asked, self._called = False, True
            self._fillers = max(self._fillers, int(self._spoke))
        elif isinstance(frame, FunctionCallResultFrame | FunctionCallCancelFrame):
            self._tools.pop(frame.tool_call_id, None)
        elif isinstance(frame, LLMTextFrame | AggregatedTextFrame | TTSSpeakFrame):
            if not frame.text.strip():
                return
            ours = isinstance(frame, TTSSpeakFrame)
            if "?" in frame.text or not ours:
                self._words = [*self._words, frame.text] if self._spoke else [frame.text]
            self._spoken_now()
        else:
            return
        await self._wait()

    def _spoken_now(self) -> None:
        self._asked, self._spoke = False, True
        # With a tool running these words are its filler; without one the wait is over.
        self._fillers = max(self._fillers, 1) if self._tools else 0

    async def _wait(self) -> None:
        """Set the timer anew, as things stand."""
        await self._stop()
        if self._speaking or self._fillers >= self._waits.most:
            return
        if self._tools:
            wait_s = self._waits.again_s if self._fillers else self._waits.tool_s
        elif self._asked:
            wait_s = self._waits.again_s if self._fillers else self._waits.model_s
        else:
            return
        self._timer = self.create_task(self._fill_after(wait_s))

    async def _fill_after(self, wait_s: float) -> None:
        await asyncio.sleep(wait_s)
        self._timer = None
        text = self._filler(next(iter(self._tools.values()), None), self._fillers)
        self._fillers += 1
        logger.bind(wait_s=wait_s, tools=len(self._tools)).info("filler")
        self._said(text)
        await self.push_frame(TTSSpeakFrame(text, append_to_context=False))
        await self._wait()

    async def _check_reply(self) -> None:
        """Ask again after a reply that holds neither words nor a call of a tool."""
        spoke, called = self._spoke, self._called
        self._spoke = self._called = False
        self._asked, self._owed = False, called and not self._dropped
        await self._wait()
        if not (spoke or called or self._apologised or self._dropped):
            await self._apologise("empty_reply")

    async def _apologise(self, why: str) -> None:
        logger.bind(why=why).warning("asked_again")
        self._apologised = True
        text = self._apology()
        self._words = [text]
        self._spoken_now()
        await self.push_frame(TTSSpeakFrame(text))

    async def _forget(self) -> None:
        """End the wait: the caller speaks, or nobody is there any more."""
        self._tools.clear()
        self._asked = self._owed = self._called = False
        self._fillers, self._dropped = 0, True
        await self._stop()

    async def _stop(self) -> None:
        timer, self._timer = self._timer, None
        if timer is not None:
            await self.cancel_task(timer)
