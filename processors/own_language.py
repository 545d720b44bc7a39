"""Says the service's own sentences in the language of its voice."""

from collections.abc import Callable

from pipecat.frames.frames import Frame, TTSSpeakFrame
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor


class OwnLanguage(FrameProcessor):
    """Puts `TTSSpeakFrame`s, which the code holds in English, into another language.

    Its place is right before the voice, behind everybody who says something. What the model says is
    in that language already. `translate` returns what it does not know as it is.
    """

    def __init__(self, translate: Callable[[str], str]) -> None:
        super().__init__()
        self._translate = translate

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Replace the text of our own sentences; pass all else on."""
        await super().process_frame(frame, direction)
        if isinstance(frame, TTSSpeakFrame):
            frame.text = self._translate(frame.text)
        await self.push_frame(frame, direction)
