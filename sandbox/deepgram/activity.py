"""When somebody speaks: a voice-activity detector that follows the level of the line's noise."""

from collections import deque
from dataclasses import dataclass

import numpy as np

from sandbox.ears import FRAME_SAMPLES, Pcm

_QUIETEST_SPEECH = 150.0**2  # mean square of the quietest speech taken seriously, about -47 dBFS
_ABOVE_NOISE = 8.0  # 9 dB
_FLOOR_FRAMES = 25  # the noise is the quietest frame of the last 8 x 0.5 s ...
_FLOOR_BLOCKS = 8  # ... as speech dips that low between words
_FLOOR_BIAS = 2.0  # a quietest frame lies below the mean of the noise


@dataclass(frozen=True, slots=True)
class Frame:
    """One 20 ms frame and whether it carries voice."""

    pcm: Pcm
    voiced: bool
    level: float


class Activity:
    """Cuts PCM into 20 ms frames and judges each; costs a few microseconds a frame."""

    def __init__(self) -> None:
        self._rest: Pcm = np.zeros(0, np.int16)
        self._block_min = float("inf")
        self._block_frames = 0
        self._minima: deque[float] = deque(maxlen=_FLOOR_BLOCKS)
        self._run = 0

    def feed(self, pcm: Pcm) -> list[Frame]:
        """The frames that `pcm` completes, in order."""
        data = np.concatenate([self._rest, pcm]) if len(self._rest) else pcm
        count = len(data) // FRAME_SAMPLES
        self._rest = data[count * FRAME_SAMPLES :]
        if not count:
            return []
        frames = data[: count * FRAME_SAMPLES].reshape(count, FRAME_SAMPLES)
        levels = np.square(frames.astype(np.float32)).mean(axis=1).tolist()
        return [
            Frame(frame, self._judge(level), level)
            for frame, level in zip(frames, levels, strict=True)
        ]

    def _judge(self, level: float) -> bool:
        self._block_min = min(self._block_min, level)
        self._block_frames += 1
        if self._block_frames == _FLOOR_FRAMES:
            self._minima.append(self._block_min)
            self._block_min, self._block_frames = float("inf"), 0
        noise = _FLOOR_BIAS * min(self._minima, default=0.0)
        needed = max(_QUIETEST_SPEECH, noise * _ABOVE_NOISE)
        if self._run:
            needed *= 0.4  # word ends fade
        loud = level > needed
        self._run = self._run + 1 if loud else 0
        return loud
