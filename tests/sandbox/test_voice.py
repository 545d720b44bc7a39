"""The voices: length, level, repeatability."""

import numpy as np
import pytest
from deepgram_standin import hibari

from sandbox.voice import ToneVoice

pytestmark = pytest.mark.unit


async def test_the_tone_is_as_long_as_the_text() -> None:
    """Twice the text takes twice as long, at about fifteen characters a second."""
    voice = ToneVoice()
    once, twice = [await voice.synthesise("good morning " * n) for n in (1, 2)]
    assert len(twice) == pytest.approx(2 * len(once), rel=0.01)
    assert len(once) / 8000 == pytest.approx(13 / 15, rel=0.05)


async def test_the_tone_differs_by_text_and_repeats() -> None:
    """The same text gives the same samples, another one others."""
    voice = ToneVoice()
    first, again, other = [await voice.synthesise(t) for t in ("Tuesday", "Tuesday", "Thursday")]
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other[: len(first)])


async def test_nothing_to_say_is_no_audio() -> None:
    """White space gives an empty array from both voices."""
    assert len(await ToneVoice().synthesise("  ")) == 0
    assert len(await hibari().synthesise(" ")) == 0


async def test_the_natural_voice_fits_the_phone_band() -> None:
    """A sentence has a plausible length, a telephone's level, does not clip, and is repeatable."""
    text = "Your oil change is on Tuesday at two."
    pcm = await hibari().synthesise(text)
    assert 1.5 < len(pcm) / 8000 < 4
    assert 500 < np.sqrt(np.square(pcm.astype(float)).mean()) < 8000
    assert np.abs(pcm.astype(int)).max() < 32767
    assert np.array_equal(pcm, await hibari().synthesise(text))
