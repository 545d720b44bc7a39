"""Answers the caller's turns that the service itself deals with; the model sees the others."""

from collections.abc import Awaitable, Callable, Sequence

from loguru import logger
from pipecat.frames.frames import Frame, LLMContextFrame, TTSSpeakFrame
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor

Answer = Callable[[str], Awaitable[Sequence[str] | None]]
"""Takes a caller's turn; returns sentences to say instead of asking the model, perhaps none, and
None to leave it to the next one. A turn without words (a cough, the room) is the empty text."""


class Reception(FrameProcessor):
    """Stands between the caller's turns and the model, and asks `answers` about each, in order.

    A turn that is answered here stays in the context, and so do the answers, for the model to know.
    A speculative request passes: the turn it guesses at is not over, and answering may do things.
    """

    def __init__(self, *answers: Answer) -> None:
        super().__init__()
        self._answers = answers
        self._last_turn: object = None

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Answer a request to the model that follows a caller's turn, or pass it on."""
        await super().process_frame(frame, direction)
        said = self._turn(frame) if direction is FrameDirection.DOWNSTREAM else None
        sentences = await self._answered(said) if said is not None else None
        if sentences is None:
            await self.push_frame(frame, direction)
            return
        if sentences:
            # As one utterance: between two the voice makes a pause in which callers begin to speak.
            await self.push_frame(TTSSpeakFrame(" ".join(sentences), append_to_context=True))

    async def _answered(self, said: str) -> Sequence[str] | None:
        try:
            for answer in self._answers:
                sentences = await answer(said)
                if sentences is not None:
                    return sentences
        except Exception:
            logger.exception("reception_bug")
        return None  # the model answers: whatever it says is better than silence

    def _turn(self, frame: Frame) -> str | None:
        """Return what the caller just said, None when the model is asked for another reason."""
        if not isinstance(frame, LLMContextFrame) or frame.speculation:
            return None
        messages = frame.context.messages
        last = messages[-1] if messages else None
        if not isinstance(last, dict) or last is self._last_turn:
            return None
        self._last_turn = last
        if last.get("role") == "developer":
            return ""  # so Pipecat tells the model of a turn without words
        content = last.get("content") if last.get("role") == "user" else None
        return content if isinstance(content, str) and content.strip() else None
