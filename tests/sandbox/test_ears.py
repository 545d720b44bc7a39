"""The ears: what is recognised, what is known by script, and what is nothing."""

import numpy as np
import pytest
from deepgram_standin import hibari, moonshine, quiet

from sandbox.ears import Pcm, ScriptedEars, Word

pytestmark = pytest.mark.unit

LINES = [
    "Hi, I need an oil change next Tuesday at two.",
    "The Honda, please.",
    "Could we move it to Thursday at ten thirty instead?",
    "My license plate is seven K L M two zero four.",
]


def said(words: list[Word]) -> str:
    """The words as a line."""
    return " ".join(word.text for word in words)


async def recordings() -> list[tuple[Pcm, str]]:
    """The lines, spoken."""
    return [(await hibari().synthesise(line), line) for line in LINES]


async def test_real_ears_recognise_speech_with_times() -> None:
    """A clear sentence comes back with word times that lie, in order, within its speech."""
    pcm = np.concatenate([quiet(0.3), await hibari().synthesise(LINES[0]), quiet(0.3)])
    words = await moonshine().transcribe(pcm)
    assert "oil change next Tuesday" in said(words)
    times = [t for w in words for t in (w.start_s, w.end_s)]
    assert times == sorted(times)
    assert times[0] >= 0.25 and times[-1] <= len(pcm) / 8000 - 0.2


@pytest.mark.parametrize("noise", [0, 30, 400])
async def test_real_ears_hear_nothing_in_noise(noise: int) -> None:
    """Silence and hiss give no words."""
    hiss = np.random.default_rng(1).normal(0, noise, 12_000).astype(np.int16)
    assert await moonshine().transcribe(hiss) == []


async def test_scripted_ears_tell_recordings_apart() -> None:
    """Each recording is recognised wherever it begins and however it is framed."""
    script = await recordings()
    ears = ScriptedEars(script)
    for lead in (0.0, 0.05, 0.333):
        for pcm, text in script:
            heard = await ears.transcribe(np.concatenate([quiet(lead), pcm, quiet(0.2)]))
            assert said(heard) == text


async def test_scripted_ears_know_a_part_by_its_sound() -> None:
    """A beginning gives the first words, an end the last ones: a pause may split an utterance."""
    script = await recordings()
    ears = ScriptedEars(script)
    pcm, text = script[0]
    half = len(pcm) // 2
    first, second = await ears.transcribe(pcm[:half]), await ears.transcribe(pcm[half:])
    assert said(first) + " " + said(second) == text
    assert 3 <= len(first) <= 7


async def test_scripted_ears_bear_line_noise() -> None:
    """Noise 25 dB below the speech changes nothing."""
    script = await recordings()
    ears = ScriptedEars(script)
    rng = np.random.default_rng(2)
    for pcm, text in script:
        noise = rng.normal(0, np.sqrt(np.square(pcm.astype(float)).mean()) / 18, len(pcm))
        assert said(await ears.transcribe((pcm + noise).astype(np.int16))) == text


async def test_scripted_ears_do_not_guess() -> None:
    """Speech that nobody registered gives no words, and neither does anything after forget."""
    script = await recordings()
    ears = ScriptedEars(script)
    assert await ears.transcribe(await hibari().synthesise("What do you charge for brakes?")) == []
    ears.forget()
    assert await ears.transcribe(script[0][0]) == []


def test_a_silent_recording_is_refused() -> None:
    """There is nothing in it to recognise it by."""
    with pytest.raises(ValueError, match="silent"):
        ScriptedEars().learn(quiet(1), "hello")
