"""Lets the service act on a sentence of the model's before the caller hears it."""

from collections.abc import Awaitable, Callable, Sequence

from loguru import logger
from pipecat.frames.frames import (
    AggregatedTextFrame,
    Frame,
    InterruptionFrame,
    LLMFullResponseEndFrame,
    LLMFullResponseStartFrame,
    TTSTextFrame,
)
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor

Announced = Callable[[str], Awaitable[Sequence[str] | None]]
"""Takes a sentence; returns what is said instead of it, None when it may be heard as it is."""


class OwnWords(FrameProcessor):
    """Shows every whole sentence of the model's to `announced`, which may act on it.

    Its place is behind the claim gate, where sentences come whole. After one that was acted on, the
    rest of the response is dropped: what comes next is said by whoever acted.
    """

    def __init__(self, announced: Announced) -> None:
        super().__init__()
        self._announced = announced
        self._acted = False

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Replace or drop sentences; pass all else on."""
        await super().process_frame(frame, direction)
        if direction is FrameDirection.DOWNSTREAM and _is_sentence(frame):
            await self._hear(frame)
            return
        if isinstance(
            frame, LLMFullResponseStartFrame | LLMFullResponseEndFrame | InterruptionFrame
        ):
            self._acted = False
        await self.push_frame(frame, direction)

    async def _hear(self, frame: Frame) -> None:
        if self._acted:
            return
        assert isinstance(frame, AggregatedTextFrame)  # noqa: S101 - see `_is_sentence`
        try:
            instead = await self._announced(frame.text)
        except Exception:
            logger.exception("own_words_bug")
            instead = None  # a sentence too many does less harm than silence
        if instead is None:
            await self.push_frame(frame)
            return
        self._acted = True
        for sentence in instead:
            said = AggregatedTextFrame(sentence, frame.text_type, raw_text=sentence)
            said.skip_tts = frame.skip_tts
            await self.push_frame(said)


def _is_sentence(frame: Frame) -> bool:
    return isinstance(frame, AggregatedTextFrame) and not isinstance(frame, TTSTextFrame)
