"""Lets the agent's words into the context only as fast as the caller hears them."""

from collections import deque
from dataclasses import dataclass

from pipecat.frames.frames import (
    Frame,
    InterruptionFrame,
    LLMAssistantPushAggregationFrame,
    LLMFullResponseEndFrame,
    TTSAudioRawFrame,
    TTSStoppedFrame,
    TTSTextFrame,
)
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor

TYPICAL_CHARS_PER_S = 15.0
"""How fast an English voice speaks, until this call has shown how fast this one does."""

_LONG_ENOUGH_S = 1.0
"""Shorter utterances say little about the pace of a voice."""


@dataclass(frozen=True, slots=True)
class _Word:
    frame: TTSTextFrame
    ends_at_char: int


class HeardWords(FrameProcessor):
    """Holds text back until its audio has been sent to the caller.

    Pipecat releases a sentence before the first of its sound, so that a caller who interrupts
    leaves the whole of it in the context and in the call log as if it had been said. Deepgram tells
    no word times; this one goes by the pace of the voice, measured on every utterance that was
    played to its end. Its place is behind the output transport, which passes audio on once it is
    sent.
    """

    def __init__(self) -> None:
        super().__init__()
        self._waiting: deque[_Word] = deque()
        self._chars = 0
        self._played_s = 0.0
        self._chars_per_s = TYPICAL_CHARS_PER_S

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Hold words, count audio, and let go of the words whose audio has been sent."""
        await super().process_frame(frame, direction)
        if isinstance(frame, TTSTextFrame):
            self._hold(frame)
            return
        if isinstance(frame, InterruptionFrame):
            self._forget()
        elif isinstance(frame, TTSAudioRawFrame):
            self._played_s += frame.num_frames / frame.sample_rate
            await self._release(self._played_s * self._chars_per_s)
        elif isinstance(
            frame, TTSStoppedFrame | LLMFullResponseEndFrame | LLMAssistantPushAggregationFrame
        ):
            await self._release(float("inf"))
            self._learn()
            self._forget()
        await self.push_frame(frame, direction)

    def _hold(self, frame: TTSTextFrame) -> None:
        for word in (frame.raw_text or frame.text).split():
            part = TTSTextFrame(word, text_type=frame.text_type, context_id=frame.context_id)
            part.append_to_context = frame.append_to_context
            part.pts = frame.pts
            self._chars += len(word) + 1
            self._waiting.append(_Word(part, self._chars))

    async def _release(self, until_char: float) -> None:
        while self._waiting and self._waiting[0].ends_at_char <= until_char:
            await self.push_frame(self._waiting.popleft().frame)

    def _learn(self) -> None:
        if self._played_s >= _LONG_ENOUGH_S and self._chars:
            self._chars_per_s = self._chars / self._played_s

    def _forget(self) -> None:
        self._waiting.clear()
        self._chars = 0
        self._played_s = 0.0
