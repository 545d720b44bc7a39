"""When somebody speaks: a voice-activity detector that follows the level of the line's noise.

It listens where vowels are strong and most noise is not: at 5 dB a recogniser still understands
short words, and so must what cuts the audio for it.
"""

from collections import deque
from dataclasses import dataclass

import numpy as np

from sandbox.ears import FRAME_SAMPLES, RATE_HZ, Pcm

_VOWELS_HZ = (200, 1000)
_QUIETEST_SPEECH = 150.0**2  # mean square of the quietest speech taken seriously, about -47 dBFS
_ABOVE_NOISE = 8.0  # 9 dB
_FLOOR_FRAMES = 25  # the noise is the quietest frame of the last 8 x 0.5 s ...
_FLOOR_BLOCKS = 8  # ... as speech dips that low between words
_FLOOR_BIAS = 3.0  # the quietest frame of noise lies some 5 dB below its mean

_BAND = slice(*(round(hz * FRAME_SAMPLES / RATE_HZ) for hz in _VOWELS_HZ))


@dataclass(frozen=True, slots=True)
class Frame:
    """One 20 ms frame and whether it carries voice."""

    pcm: Pcm
    voiced: bool
    level: float


class Activity:
    """Cuts PCM into 20 ms frames and judges each; costs some ten microseconds a frame."""

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
        samples = frames.astype(np.float32)
        levels = np.square(samples).mean(axis=1).tolist()
        vowels = np.square(np.abs(np.fft.rfft(samples)[:, _BAND])).sum(axis=1).tolist()
        return [
            Frame(frame, self._judge(level, vowel), level)
            for frame, level, vowel in zip(frames, levels, vowels, strict=True)
        ]

    def _judge(self, level: float, vowel: float) -> bool:
        self._block_min = min(self._block_min, vowel)
        self._block_frames += 1
        if self._block_frames == _FLOOR_FRAMES:
            self._minima.append(self._block_min)
            self._block_min, self._block_frames = float("inf"), 0
        noise = _FLOOR_BIAS * min(self._minima, default=0.0)
        fading = 0.4 if self._run else 1.0  # word ends fade
        loud = level > _QUIETEST_SPEECH * fading and vowel > noise * _ABOVE_NOISE * fading
        self._run = self._run + 1 if loud else 0
        return loud
