"""Keeps back what the model says has been done, or is so, and is not."""

from collections.abc import Callable

from loguru import logger
from pipecat.frames.frames import (
    AggregatedTextFrame,
    EndFrame,
    Frame,
    FunctionCallsStartedFrame,
    InterruptionFrame,
    LLMFullResponseEndFrame,
    LLMFullResponseStartFrame,
    LLMTextFrame,
)
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.utils.text.base_text_aggregator import BaseTextAggregator, TextType
from pipecat.utils.text.simple_text_aggregator import SimpleTextAggregator

from shop.facts import Facts
from shop.truth import Lie, find_lie, instead

WORKING_ON_IT = {"en": "One moment, please.", "es": "Un momento, por favor."}
"""Said for a claim that runs ahead of its own tool call: the result follows in a moment."""


class ClaimGate(FrameProcessor):
    """Lets the model's sentences through one by one, as far as the call's facts bear them out.

    Its place is between the model and the voice. Sentences end where Pipecat's own aggregator ends
    them for the voice, so that text waits here and not there, no longer than before; they leave
    whole, as `AggregatedTextFrame`. After a lie nothing more of the response is heard, since it
    builds on it: the honest sentence comes in its stead, and so into the context, which takes what
    was spoken. It waits for the response's end, which tells whether the tool is being called.

    `facts` is asked at every sentence; `pieces` cuts the text, by default into sentences. Pieces of
    one sentence are judged together with what was let out of it before. `made_true` says of a
    sentence that the service acts on it before it is heard, as when the model announces that it
    puts the caller through: such a one is no lie. What is not the model's text passes untouched.
    """

    def __init__(
        self,
        facts: Callable[[], Facts],
        pieces: BaseTextAggregator | None = None,
        *,
        made_true: Callable[[str], bool] = lambda _sentence: False,
    ) -> None:
        super().__init__()
        self._facts = facts
        self._made_true = made_true
        self._pieces = pieces or SimpleTextAggregator()
        self._sentence_so_far = ""
        self._interrupted = False
        self._withheld: tuple[Lie, Facts] | None = None
        self._tool_called = False
        self._skip_tts: bool | None = None

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Hold the model's text until its sentence is whole and true; pass all else on."""
        await super().process_frame(frame, direction)
        if direction is not FrameDirection.DOWNSTREAM:
            await self.push_frame(frame, direction)
            return
        if isinstance(frame, LLMTextFrame):
            await self._hold(frame)
            return
        if isinstance(frame, InterruptionFrame):
            await self._forget()
            self._interrupted = True
        elif isinstance(frame, LLMFullResponseStartFrame):
            self._interrupted = False
        elif isinstance(frame, FunctionCallsStartedFrame):
            # A system frame: it arrives before the end of the response that made the calls.
            self._tool_called = True
        elif isinstance(frame, LLMFullResponseEndFrame | EndFrame):
            await self._finish()
        await self.push_frame(frame, direction)

    async def _hold(self, frame: LLMTextFrame) -> None:
        # What still comes in of an interrupted response belongs to nobody any more.
        if self._interrupted:
            return
        self._skip_tts = frame.skip_tts
        async for piece in self._pieces.aggregate(frame.text):
            await self._judge(piece.text)

    async def _judge(self, piece: str) -> None:
        """Let a piece out, or keep it and the rest of the response back."""
        if self._withheld is not None or not piece.strip():
            return
        facts = self._facts()
        whole = f"{self._sentence_so_far} {piece}".strip()
        lie = None if self._made_true(whole) else find_lie(whole, facts)
        if lie is None:
            self._sentence_so_far = "" if _ends(whole) else whole
            await self._say(piece)
            return
        logger.bind(why=lie.why, kind=lie.kind).warning("claim_withheld")
        self._withheld = lie, facts

    async def _finish(self) -> None:
        """Judge what is left at the end of a response, and say what replaces a lie."""
        rest = await self._pieces.flush()
        if rest is not None:
            await self._judge(rest.text)
        if self._withheld is not None:
            waiting = WORKING_ON_IT[self._withheld[1].language]
            await self._say(waiting if self._tool_called else instead(*self._withheld))
        await self._forget()

    async def _say(self, text: str) -> None:
        frame = AggregatedTextFrame(text, TextType.SENTENCE, raw_text=text)
        frame.skip_tts = self._skip_tts
        await self.push_frame(frame)

    async def _forget(self) -> None:
        await self._pieces.reset()
        self._sentence_so_far = ""
        self._withheld = None
        self._tool_called = False
        self._skip_tts = None


def _ends(text: str) -> bool:
    """Say whether a sentence ends here; dots trail off into what comes next."""
    return text.endswith((".", "!", "?")) and not text.endswith("..")
