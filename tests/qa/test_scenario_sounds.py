"""What a scenario's caller is heard saying: recordings of any format, and a person's voice."""

from pathlib import Path

import numpy as np
import pytest
import soundfile  # type: ignore[import-untyped]  # ships no types

from qa import human
from qa.audio import BadRecording, Pcm
from qa.scenario.call import Filler, prepare
from qa.scenario.form import Turn

pytestmark = pytest.mark.unit


async def sound(**turn: object) -> Pcm:
    """Return the sound that is made for a turn."""
    (deed,) = await prepare([Turn.model_validate(turn)], "woman", Filler({"day": "may first"}))
    assert deed.pcm is not None
    return deed.pcm


async def test_a_recording_is_one_that_ships_or_any_file(tmp_path: Path) -> None:
    """By its name without .wav, or by its path, whatever its format and rate."""
    shipped = await sound(play="demo/2-car")
    assert len(shipped) > 8000
    path = tmp_path / "mine.mp3"
    soundfile.write(path, 0.3 * np.sin(np.arange(44100) / 10), 44100)
    assert len(await sound(play=str(path))) == pytest.approx(8000, rel=0.1)
    with pytest.raises(BadRecording, match="is not there"):
        await sound(play="demo/no-such-recording")


async def test_a_persons_voice_says_a_day_with_a_pause() -> None:
    """Placeholders and pauses work as for the other voices."""
    said = await sound(say="{day} [500 ms] at ten o'clock", voice="human")
    parts = [human.speak("may first"), human.speak("at ten o'clock")]
    assert len(said) == sum(map(len, parts)) + 4000
