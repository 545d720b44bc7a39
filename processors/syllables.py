"""Counts the syllables of a voice while it speaks: the peaks of its loudness.

Its constants say what a syllable is; how many of them stop the agent is in `pipeline/turns.py`.
"""

from math import log10

import numpy as np

STEP = 64
"""Samples between two looks at the loudness: 8 ms of telephone audio, a tenth of a syllable."""

SMOOTHED = 4
"""Looks that are averaged: 32 ms, longer than a pitch period of the deepest voice."""

DIP_DB = 3.0
"""Between two syllables the loudness falls and rises by this; within one it wavers by less."""


class Syllables:
    """Follows the windows of one line; a syllable counts as soon as it has begun to rise."""

    def __init__(self) -> None:
        self.count = 0
        self._latest = np.zeros(SMOOTHED - 1, np.float32)
        self._rising = False
        self._turned_db = -100.0
        """The peak so far while the loudness rises, the trough so far while it falls."""

    def begin(self) -> None:
        """Count from here: another voice, or another stretch of the same."""
        self.count = 0
        self._rising = False
        self._turned_db = -100.0

    def hear(self, window: bytes, least_db: float) -> None:
        """Take the next window (16-bit samples); peaks below `least_db` (dBFS) are no syllables."""
        samples = np.frombuffer(window, np.int16).astype(np.float32) / 32768.0
        steps = np.square(samples[: len(samples) // STEP * STEP]).reshape(-1, STEP).mean(axis=1)
        powers = np.concatenate([self._latest, steps])
        self._latest = powers[-(SMOOTHED - 1) :]
        for power in np.convolve(powers, np.full(SMOOTHED, 1 / SMOOTHED), "valid").tolist():
            self._follow(10 * log10(max(power, 1e-10)), least_db)

    def _follow(self, level_db: float, least_db: float) -> None:
        if self._rising:
            self._turned_db = max(self._turned_db, level_db)
            if level_db < self._turned_db - DIP_DB:
                self._rising, self._turned_db = False, level_db
            return
        self._turned_db = min(self._turned_db, level_db)
        if level_db > self._turned_db + DIP_DB and level_db >= least_db:
            self._rising, self._turned_db = True, level_db
            self.count += 1
