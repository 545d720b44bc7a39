"""A frame on its way to the caller, and where its sound is in what is being said."""

from dataclasses import dataclass

from pipecat.frames.frames import Frame, OutputAudioRawFrame

from pipeline.playout import Piece

_BYTES_PER_MS = 16
"""16-bit samples at the telephone's 8 kHz."""


@dataclass(slots=True)
class Queued:
    """A frame on its way to the caller: sound with its place in its utterance, or what rides on it.

    `piece` is set once the sound is at the carrier.
    """

    frame: Frame
    context_id: str | None = None
    starts_ms: int = 0
    piece: Piece | None = None

    @property
    def is_audio(self) -> bool:
        """Whether it is sound."""
        return isinstance(self.frame, OutputAudioRawFrame)

    @property
    def ends_ms(self) -> int:
        """Where in its utterance its sound ends."""
        return self.starts_ms + length_ms(self.frame)

    def part(self, first_ms: int, last_ms: int) -> "Queued":
        """Return the sound between two places in the utterance, which must lie in this item."""
        whole = self.frame
        if not isinstance(whole, OutputAudioRawFrame):
            raise TypeError("only sound can be parted")
        low, high = (
            max(0, at_ms - self.starts_ms) * _BYTES_PER_MS for at_ms in (first_ms, last_ms)
        )
        frame = type(whole)(whole.audio[low:high], whole.sample_rate, 1)
        frame.transport_destination = whole.transport_destination
        frame.interruptible = whole.interruptible
        return Queued(frame, self.context_id, max(first_ms, self.starts_ms))


def length_ms(frame: Frame) -> int:
    """Return how long a frame sounds; 0 for one without sound."""
    return len(frame.audio) // _BYTES_PER_MS if isinstance(frame, OutputAudioRawFrame) else 0
