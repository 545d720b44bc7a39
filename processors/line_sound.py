"""What a window of a telephone line sounds like: how loud, over which noise, from an open mouth."""

from bisect import bisect_left, insort
from collections import deque
from math import log10

import numpy as np

SILENT_DB = -60.0
"""What a line is taken for before anything was heard on it."""

FLOOR_S = 3.0
"""Stretch from which the noise is judged: longer than a sentence goes without a dip."""

FLOOR_PERCENTILE = 20
"""Speech dips to the noise between syllables for at least a fifth of the time."""

OPEN_HZ = 1000.0
"""A mouth that is open lets this and more out; a hum through the nose hardly does."""

OPEN_DB = -17.5
"""An open mouth makes at least so much of a window's sound above OPEN_HZ. The dullest words of both
voices ("excuse me", "wait", "hold on") have such windows, a hum stays below -19 throughout.
"""

UNSURE_DB = -7.0
"""Noise with so much above OPEN_HZ, beside a window's sound, hides whether the mouth is open."""

BRIGHT_PERCENTILE, BRIGHT_NOISE = 80, 1.2
"""The noise above OPEN_HZ lies below this percentile, times so much (in power), also where it comes
in blows, as in a workshop.
"""


class NoiseFloor:
    """The level that a percentile of the latest windows lie below."""

    def __init__(self, window_s: float, percentile: int = FLOOR_PERCENTILE) -> None:
        self._recent: deque[float] = deque([SILENT_DB] * round(FLOOR_S / window_s))
        self._sorted = list(self._recent)
        self._at = len(self._sorted) * percentile // 100

    @property
    def level_db(self) -> float:
        """The noise, in dBFS."""
        return self._sorted[self._at]

    def note(self, level: float) -> None:
        """Take the next window's level, in dBFS."""
        # Kept sorted: numpy's percentile would cost more than all the rest of a window.
        del self._sorted[bisect_left(self._sorted, self._recent.popleft())]
        self._recent.append(level)
        insort(self._sorted, level)


class Openness:
    """Says of windows, in order, whether an open mouth made them: it hums with a closed one."""

    def __init__(self, window_s: float) -> None:
        self._first = round(OPEN_HZ * window_s)
        self._noise = NoiseFloor(window_s, BRIGHT_PERCENTILE)

    def hear(self, window: bytes, level: float) -> bool:
        """Say whether enough of a window's sound is bright, without the noise's own brightness."""
        spectrum = np.abs(np.fft.rfft(np.frombuffer(window, np.int16))) ** 2
        share = float(spectrum[self._first :].sum()) / max(float(spectrum[1:].sum()), 1.0)
        bright = level + 10 * log10(max(share, 1e-6))
        self._noise.note(bright)
        noise = BRIGHT_NOISE * 10 ** (self._noise.level_db / 10)
        power = 10 ** (level / 10)
        if noise >= power * 10 ** (UNSURE_DB / 10):
            return True
        return 10 ** (bright / 10) - noise >= power * 10 ** (OPEN_DB / 10)


def level_db(window: bytes) -> float:
    """Return the loudness of 16-bit samples in dBFS; digital silence is -100."""
    samples = np.frombuffer(window, np.int16).astype(np.float32) / 32768.0
    power = float(np.mean(np.square(samples))) if len(samples) else 0.0
    return 10 * log10(max(power, 1e-10))
