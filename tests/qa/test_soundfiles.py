"""Callers' recordings: every usual format becomes telephone audio; what cannot, says why."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import soundfile  # type: ignore[import-untyped]  # ships no types

from qa import soundfiles
from qa.audio import RATE_HZ, BadRecording, Pcm, loudness, speech
from qa.soundfiles import find, read, split

pytestmark = pytest.mark.unit

Wave = npt.NDArray[np.float64]

FORMATS = [
    ("wav", "PCM_U8", 8000),
    ("wav", "PCM_16", 44100),
    ("wav", "PCM_24", 48000),
    ("wav", "PCM_32", 16000),
    ("wav", "FLOAT", 22050),
    ("wav", "ULAW", 8000),
    ("wav", "ALAW", 8000),
    ("flac", "PCM_16", 44100),
    ("flac", "PCM_24", 96000),
    ("mp3", "MPEG_LAYER_III", 44100),
    ("mp3", "MPEG_LAYER_III", 16000),
    ("ogg", "VORBIS", 44100),
    ("ogg", "OPUS", 48000),
    ("wav", "PCM_16", 6000),
]


def burst(seconds: float, rate_hz: int, peak: float = 0.3, pitch_hz: float = 440.0) -> Wave:
    """A tone, faded at both ends as a voice is."""
    at = np.arange(int(seconds * rate_hz)) / rate_hz
    fade = np.minimum(1.0, np.minimum(at, at[::-1]) / 0.01)
    return np.asarray(peak * fade * np.sin(2 * np.pi * pitch_hz * at))


def silence(seconds: float, rate_hz: int) -> Wave:
    """Nothing."""
    return np.zeros(int(seconds * rate_hz))


def said(rate_hz: int) -> Wave:
    """Half a second of silence, a second of sound, 0.7 s of silence."""
    return np.concatenate([silence(0.5, rate_hz), burst(1.0, rate_hz), silence(0.7, rate_hz)])


def write(path: Path, wave: Wave, rate_hz: int, **more: Any) -> Path:
    """Write a file of any format."""
    soundfile.write(path, wave, rate_hz, **more)
    return path


@pytest.mark.parametrize(("suffix", "subtype", "rate_hz"), FORMATS)
def test_every_format_becomes_the_same_telephone_audio(
    tmp_path: Path, suffix: str, subtype: str, rate_hz: int
) -> None:
    """Whatever the file's rate, width and coding: 8 kHz, the same length, level and pitch."""
    path = write(tmp_path / f"a.{suffix}", said(rate_hz), rate_hz, subtype=subtype)
    recording = read(path)
    assert recording.pcm.dtype == np.int16
    assert recording.length_s == pytest.approx(2.2, abs=0.08)  # codecs pad to their own frames
    (tone,) = speech(recording.pcm)
    assert (tone.start_s, tone.end_s) == pytest.approx((0.5, 1.5), abs=0.05)
    middle = recording.pcm[8000:10000]
    assert loudness(middle) == pytest.approx(0.3 * 32768 / np.sqrt(2), rel=0.1)
    spectrum = np.abs(np.fft.rfft(middle.astype(np.float64)))
    assert int(np.argmax(spectrum)) * RATE_HZ / len(middle) == pytest.approx(440, abs=8)
    assert recording.warnings == ()


def test_a_mobile_phones_own_format_is_read(tmp_path: Path) -> None:
    """GSM distorts a tone too much to compare it, and its files do not tell their length."""
    path = write(tmp_path / "a.wav", said(8000), 8000, subtype="GSM610")
    assert read(path).length_s == pytest.approx(2.2, abs=0.08)
    assert loudness(read(path).pcm[8000:10000]) > 3000


def test_a_long_file_is_resampled_without_seams(tmp_path: Path) -> None:
    """Read in pieces, it is what it would be in one: a steady tone stays one."""
    recording = read(write(tmp_path / "a.wav", burst(25.0, 44100), 44100))
    assert recording.length_s == pytest.approx(25.0, abs=0.01)
    steady = recording.pcm[1000:-1000].astype(np.float64)
    # Twice the same sample a period apart: 8000 / 440 is no whole number, 11 periods are 200.
    assert np.abs(steady[200:] - steady[:-200]).max() < 30


def test_of_a_stereo_file_the_left_side_is_the_caller(tmp_path: Path) -> None:
    """And the right one when asked for."""
    left, right = burst(1.0, 16000, pitch_hz=300), burst(1.0, 16000, pitch_hz=900)
    path = write(tmp_path / "a.wav", np.stack([left, right], axis=1), 16000)

    def pitch_hz(pcm: Pcm) -> int:
        return int(np.argmax(np.abs(np.fft.rfft(pcm[:8000].astype(np.float64)))))

    assert pitch_hz(read(path).pcm) == pytest.approx(300, abs=3)
    assert pitch_hz(read(path, side="right").pcm) == pytest.approx(900, abs=3)


def test_a_stereo_file_with_the_sound_on_the_other_side_says_so(tmp_path: Path) -> None:
    """Recorders differ about which side is whose."""
    sides = np.stack([silence(1.0, 8000), burst(1.0, 8000)], axis=1)
    path = write(tmp_path / "a.wav", sides, 8000)
    with pytest.raises(BadRecording, match=r"its left side is silent.*--side right"):
        read(path)
    assert loudness(read(path, side="right").pcm) > 1000


def test_two_channels_at_most(tmp_path: Path) -> None:
    """Of more nobody can say which is the caller's."""
    path = write(tmp_path / "a.wav", np.stack([burst(1.0, 8000)] * 3, axis=1), 8000)
    with pytest.raises(BadRecording, match="3 channels"):
        read(path)


def test_a_file_that_is_not_there_is_named_with_the_nearest(tmp_path: Path) -> None:
    """A typo is answered with what was probably meant."""
    write(tmp_path / "caller.wav", burst(1.0, 8000), 8000)
    with pytest.raises(BadRecording, match=r'is not there; did you mean ".*caller\.wav"'):
        read(tmp_path / "calller.wav")
    with pytest.raises(BadRecording, match="is not there; check the name"):
        read(tmp_path / "nowhere" / "x.wav")


def test_bad_files_say_what_to_do(tmp_path: Path) -> None:
    """Empty, without audio, silent, no audio at all, a folder."""
    (tmp_path / "empty.wav").touch()
    (tmp_path / "text.wav").write_text("This is not a recording.")
    (tmp_path / "noise.raw").write_bytes(bytes(range(256)))
    (tmp_path / "page.mp3").write_bytes(b"<html>404</html>" * 100)
    write(tmp_path / "head.wav", np.zeros(0), 8000)
    write(tmp_path / "silent.wav", silence(3.0, 44100), 44100)
    write(tmp_path / "hiss.wav", np.random.default_rng(1).normal(0, 0.0005, 24000), 8000)
    for name, told in {
        "empty.wav": "is empty",
        "text.wav": "cannot be read as audio.*ffmpeg -i text.wav",
        "noise.raw": "cannot be read as audio",
        "page.mp3": "cannot be read as audio",
        "head.wav": "holds no audio",
        "silent.wav": "is silent; check the microphone",
        "hiss.wav": "is silent",
        ".": "is a folder",
    }.items():
        with pytest.raises(BadRecording, match=told):
            read(tmp_path / name)


def test_a_file_of_two_hours_is_refused_without_reading_it(tmp_path: Path) -> None:
    """The limit is told with a command that keeps it."""
    path = tmp_path / "meeting.flac"
    with soundfile.SoundFile(path, "w", 8000, 1) as file:
        for _ in range(12):
            file.write(np.zeros(600 * 8000, np.int16))
    with pytest.raises(BadRecording, match=r"longer \(120:00 min\).*\(30:00 min\).*ffmpeg"):
        read(path)


def test_a_clipped_file_is_taken_with_a_warning(tmp_path: Path) -> None:
    """With the share of its samples that are cut off; a loud one that is whole gets none."""
    loud = burst(2.0, 16000, peak=1.4)
    path = write(tmp_path / "clipped.wav", np.clip(loud, -1.0, 1.0), 16000)
    (warning,) = read(path).warnings
    share = float(np.mean(np.abs(loud) >= 0.975))
    assert f"{share:.0%}"[:2] in warning and "clipped" in warning and "lower level" in warning
    speechlike = burst(2.0, 16000) * np.abs(np.random.default_rng(2).normal(0.4, 0.2, 32000))
    whole = speechlike / np.abs(speechlike).max()
    assert read(write(tmp_path / "loud.wav", whole, 16000)).warnings == ()


def test_a_clipped_side_that_is_not_the_callers_does_not_matter(tmp_path: Path) -> None:
    """Only the caller's side is played."""
    sides = np.stack([burst(1.0, 8000), np.clip(burst(1.0, 8000, peak=3.0), -1, 1)], axis=1)
    assert read(write(tmp_path / "a.wav", sides, 8000)).warnings == ()


def test_a_quiet_file_is_taken_with_a_warning(tmp_path: Path) -> None:
    """The service will hardly hear it, and whoever reads the verdict should know."""
    (warning,) = read(write(tmp_path / "a.wav", burst(1.0, 8000, peak=0.008), 8000)).warnings
    assert "is quiet (-45 dBFS" in warning


def test_a_file_that_breaks_off_is_taken_with_a_warning(tmp_path: Path) -> None:
    """What is there of it is played."""
    path = write(tmp_path / "a.flac", burst(30.0, 16000), 16000)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    try:
        recording = read(path)
    except BadRecording as exc:
        assert "cannot be read as audio" in str(exc)  # as libsndfile of another version has it
    else:
        assert any("is cut off" in warning for warning in recording.warnings)


def test_what_is_no_number_is_silence(tmp_path: Path) -> None:
    """A damaged file of floating-point samples spoils itself, not what comes after it."""
    wave = burst(2.0, 44100)
    wave[1000:1010] = np.nan
    recording = read(write(tmp_path / "a.wav", wave, 44100, subtype="FLOAT"))
    assert loudness(recording.pcm[8000:12000]) > 5000


def turns_of(wave: Wave, **how: float) -> list[tuple[float, float]]:
    """Split 8 kHz sound; return the turns in seconds."""
    pcm = np.asarray(np.clip(wave, -1, 1) * 32767, np.int16)
    return [(round(part.start_s, 2), round(part.end_s, 2)) for part in split(pcm, **how)]


def three_turns() -> Wave:
    """Sound at 1-2, at 2.6-3.6 after a short pause, at 5.6-6.6, at 8-8.5, and a second more."""
    return np.concatenate(
        [
            *(silence(1.0, 8000), burst(1.0, 8000), silence(0.6, 8000), burst(1.0, 8000)),
            *(silence(2.0, 8000), burst(1.0, 8000), silence(1.4, 8000), burst(0.5, 8000)),
            silence(1.0, 8000),
        ]
    )


def test_a_long_recording_is_split_at_its_pauses_with_short_silence_around() -> None:
    """Pauses of a second and more end a turn; a fifth of a second of them is kept."""
    assert turns_of(three_turns()) == [(0.8, 3.8), (5.4, 6.8), (7.8, 8.7)]


def test_the_pause_that_ends_a_turn_can_be_chosen() -> None:
    """Down to half a second, up to more than any pause in it."""
    short = turns_of(three_turns(), pause_s=0.5)
    assert short == [(0.8, 2.2), (2.4, 3.8), (5.4, 6.8), (7.8, 8.7)]
    assert turns_of(three_turns(), pause_s=3.0) == [(0.8, 8.7)]
    close = turns_of(three_turns(), pause_s=0.5, edge_s=0.5)
    assert close[0][1] == close[1][0] == 2.3  # half the pause each, nothing twice


@pytest.mark.parametrize("noise_db", [-60, -45, -30])
@pytest.mark.parametrize("level_db", [0, -15])
def test_noise_and_level_do_not_change_where_it_is_split(noise_db: int, level_db: int) -> None:
    """Pauses are told from speech by the recording's own loudness."""
    wave = three_turns() * 10 ** (level_db / 20)
    rms = 10 ** ((noise_db + level_db) / 20)
    noisy = wave + np.random.default_rng(3).normal(0, rms, len(wave))
    found = turns_of(noisy)
    assert np.array(found) == pytest.approx(np.array(turns_of(wave)), abs=0.05)


def test_a_caller_who_seldom_speaks_is_found() -> None:
    """One word in a minute of an open line."""
    line = np.random.default_rng(4).normal(0, 0.001, 60 * 8000)
    line[30 * 8000 : 30 * 8000 + 4800] += burst(0.6, 8000)
    assert turns_of(line) == [(29.8, 30.8)]


def test_knocks_are_no_turns_and_silence_has_none() -> None:
    """A turn is longer than a tenth of a second."""
    knock = np.concatenate([silence(1, 8000), burst(0.05, 8000), silence(2, 8000)])
    assert turns_of(np.concatenate([knock, burst(1.0, 8000)])) == [(2.85, 4.05)]
    assert turns_of(silence(5.0, 8000)) == []
    assert turns_of(np.zeros(0)) == []


def test_a_folder_gives_its_recordings_by_name(tmp_path: Path) -> None:
    """2 comes before 10, and what is no recording is left alone."""
    for name in ("10-bye.mp3", "2-car.WAV", "1-asks.flac", "notes.txt"):
        (tmp_path / name).touch()
    (tmp_path / "more.wav").mkdir()
    assert [path.name for path in find(tmp_path)] == ["1-asks.flac", "2-car.WAV", "10-bye.mp3"]
    with pytest.raises(BadRecording, match="holds no recording"):
        find(tmp_path / "more.wav")


def test_the_limit_holds_for_files_whose_head_lies(tmp_path: Path) -> None:
    """It is counted as they are read, too."""
    path = write(tmp_path / "a.wav", burst(3.0, 8000), 8000)
    with pytest.raises(BadRecording, match="longer"):
        read(path, longest_s=2.0)
    assert read(path, longest_s=4.0).length_s == pytest.approx(3.0)
    assert soundfiles.LONGEST_S == 1800
