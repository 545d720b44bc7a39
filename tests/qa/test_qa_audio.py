"""Measuring is measured: gaps that are known come out to within 20 ms."""

from pathlib import Path

import numpy as np
import pytest

from qa import audio
from qa.audio import BadRecording, Pcm

pytestmark = pytest.mark.unit


def tone(seconds: float, level: int = 4000) -> Pcm:
    """Return a loud buzz."""
    at = np.arange(int(seconds * audio.RATE_HZ)) / audio.RATE_HZ
    return (level * np.sin(2 * np.pi * 220 * at)).astype(np.int16)


def silence(seconds: float) -> Pcm:
    """Return faint line noise."""
    noise = np.random.default_rng(1).integers(-20, 20, int(seconds * audio.RATE_HZ))
    return noise.astype(np.int16)


def stereo(*parts: tuple[float, float, float]) -> Pcm:
    """Return a recording: each part is seconds of caller, of pause, of agent."""
    left = [p for c, gap, a in parts for p in (tone(c), silence(gap), silence(a), silence(1.5))]
    right = [p for c, gap, a in parts for p in (silence(c), silence(gap), tone(a), silence(1.5))]
    return np.stack([np.concatenate(left), np.concatenate(right)], axis=1)


@pytest.mark.parametrize("gap_s", [0.05, 0.21, 0.5, 0.873, 1.6, 3.0])
def test_known_gaps_are_measured_to_within_20_ms(gap_s: float) -> None:
    """The latency is the gap that was put in."""
    [turn, other] = audio.turns(stereo((2.0, gap_s, 1.0), (1.0, 0.4, 2.0)))
    assert turn.latency_s == pytest.approx(gap_s, abs=0.02)
    assert other.latency_s == pytest.approx(0.4, abs=0.02)


def test_a_pause_within_a_turn_is_no_turn_of_its_own() -> None:
    """A caller who pauses for a second and goes on is measured from the real end."""
    recording = np.concatenate([stereo((1.0, 1.0, 0.0)), stereo((1.0, 0.6, 1.0))])
    [turn] = audio.turns(recording)
    assert turn.latency_s == pytest.approx(0.6, abs=0.02)


def test_no_answer_is_no_latency() -> None:
    """A caller whom nobody answers waited for ever."""
    assert [turn.latency_s for turn in audio.turns(stereo((1.0, 3.0, 0.0)))] == [None]


def test_clicks_and_noise_are_no_speech() -> None:
    """Line noise and a single click are not taken for a voice."""
    quiet = silence(3.0)
    quiet[8000:8040] = 20000
    assert audio.speech(quiet) == []
    assert audio.speech(np.zeros(0, np.int16)) == []


def test_wav_files_come_back_as_they_were(tmp_path: Path) -> None:
    """What is written is read again, sample for sample."""
    audio.write_wav(tmp_path / "a" / "tone.wav", tone(0.5))
    assert np.array_equal(audio.read_wav(tmp_path / "a" / "tone.wav"), tone(0.5))


@pytest.mark.parametrize("content", [b"", b"RIFFxxxxWAVE", b"not audio at all"])
def test_files_that_are_no_recordings_are_named(tmp_path: Path, content: bytes) -> None:
    """A broken file is refused with its name."""
    (tmp_path / "bad.wav").write_bytes(content)
    with pytest.raises(BadRecording, match=r"bad\.wav"):
        audio.read_wav(tmp_path / "bad.wav")


def test_other_rates_and_stereo_are_refused(tmp_path: Path) -> None:
    """Telephone audio only: another rate or two channels are said to be wrong."""
    audio.write_wav(tmp_path / "fast.wav", tone(0.1), 16000)
    with pytest.raises(BadRecording, match="16000"):
        audio.read_wav(tmp_path / "fast.wav")
