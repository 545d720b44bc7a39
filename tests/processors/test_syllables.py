"""How syllables are counted while a voice speaks."""

import numpy as np
import pytest

from processors.syllables import Syllables

pytestmark = pytest.mark.unit

RNG = np.random.default_rng(1)


def hear(syllables: Syllables, *levels_db: float) -> int:
    """Play 96 ms of voice at each level and return the count."""
    for db in levels_db:
        wave = RNG.normal(0, 10 ** (db / 20), 768) * 32768
        for window in np.clip(wave, -32768, 32767).astype(np.int16).reshape(3, 256):
            syllables.hear(window.tobytes(), -40.0)
    return syllables.count


def test_each_rise_of_the_loudness_is_a_syllable() -> None:
    """A syllable counts when it has begun, and a dip ends it."""
    syllables = Syllables()
    assert hear(syllables, -60, -20) == 1
    assert hear(syllables, -20, -20) == 1
    assert hear(syllables, -32, -22, -34, -24) == 3


def test_what_is_too_soft_is_no_syllable() -> None:
    """Rises below the level of a near voice do not count."""
    assert hear(Syllables(), -70, -50, -70, -45) == 0


def test_another_stretch_is_counted_from_its_beginning() -> None:
    """A new voice starts at nought."""
    syllables = Syllables()
    hear(syllables, -60, -20, -50, -20, -60)
    syllables.begin()
    assert syllables.count == 0
    assert hear(syllables, -60, -20) == 1
