"""Callers' audio from files: wav, flac, mp3, ogg of any rate as telephone audio, cut in turns."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import soundfile  # type: ignore[import-untyped]  # ships no types
import soxr  # type: ignore[import-untyped]  # ships no types

from qa.audio import AUDIBLE_RMS, RATE_HZ, WINDOW_MS, BadRecording, Pcm, Speech, speech

SUFFIXES = (".wav", ".flac", ".mp3", ".ogg", ".oga", ".opus")
"""What is taken from a folder. A file named by itself may have any name."""

LONGEST_S = 30 * 60.0
"""No caller talks for longer; a file of two hours is a meeting, and calls take real time."""

PAUSE_S = 1.0
"""Silence that ends a turn: people pause for up to a second within a sentence."""

EDGE_S = 0.2
"""Silence that is kept before and after a turn, so that soft first and last sounds stay whole."""

Side = Literal["left", "right"]

_Wave: TypeAlias = npt.NDArray[np.float32]

_SILENT_RMS = 30.0
"""About -61 dBFS: the noise of an open line. Below it nothing was recorded."""

_FULL_SCALE = 0.975
"""Within 0.2 dB of the largest sample, that of a mu-law file included."""

_CLIPPED_RUN = 3
"""So many samples in a row at full scale are a cut-off top; one or two may be a loud peak."""

_CLIPPED_SHARE = 0.001
"""One sample in a thousand is heard as crackling, and words begin to be misunderstood."""

_SHORTEST_TURN_S = 0.1
"""Shorter than any word: a knock on the microphone."""

_BLOCK_S = 10


@dataclass(frozen=True, slots=True)
class Recording:
    """A caller's audio, 8 kHz; `warnings` are sentences about what may spoil it."""

    path: Path
    pcm: Pcm
    warnings: tuple[str, ...] = ()

    @property
    def length_s(self) -> float:
        """Return how long it is."""
        return len(self.pcm) / RATE_HZ


def find(folder: Path) -> list[Path]:
    """Return the recordings in a folder by name, 2 before 10. Raises BadRecording for none."""
    files = [path for path in folder.iterdir() if path.is_file()]
    found = [path for path in files if path.suffix.lower() in SUFFIXES]
    if not found:
        raise BadRecording(
            f"{folder}: holds no recording; looked for files that end in {', '.join(SUFFIXES)}"
        )
    return sorted(found, key=lambda path: _natural(path.name))


def read(path: Path, *, side: Side = "left", longest_s: float = LONGEST_S) -> Recording:
    """Read a file of any rate, width and usual format; of a stereo file one side, the caller's.

    Raises BadRecording, saying what to do, for a file that is not there, empty, unreadable, silent
    or longer than `longest_s`. A clipped, quiet or cut-off one gets a warning.
    """
    _check_there(path)
    with _opened(path) as file:
        _check_length(path, file.frames / file.samplerate, longest_s)
        if file.channels > 2:
            raise BadRecording(
                f"{path}: has {file.channels} channels; the caller must be alone in a mono file or"
                " on one side of a stereo file"
            )
        column = 1 if side == "right" and file.channels == 2 else 0
        clipping = _Clipping()
        loudest = np.zeros(file.channels)
        parts: list[_Wave] = []
        read_frames = 0
        to_telephone = _Telephone(file.samplerate)
        for block in _blocks(path, file):
            read_frames += len(block)
            _check_length(path, read_frames / file.samplerate, longest_s)
            loudest = np.maximum(loudest, _loudest(block, file.samplerate))
            clipping.count(block[:, column])
            parts.append(to_telephone(block[:, column]))
        parts.append(to_telephone.rest())
        wave = np.concatenate(parts)
        promised_s, held_s = file.frames / file.samplerate, read_frames / file.samplerate
    if not len(wave):
        raise BadRecording(f"{path}: holds no audio, only the head of a file; record it again")
    _check_heard(path, loudest * 32768, column, side)
    warnings = clipping.warnings(path)
    if promised_s < longest_s * 1000 and promised_s - held_s > 0.5:
        warnings += (f"{path}: is cut off: {held_s:.1f} s of {promised_s:.1f} s are there",)
    if loudest[column] * 32768 < AUDIBLE_RMS:
        level = 20 * np.log10(loudest[column])
        warnings += (
            f"{path}: is quiet ({level:.0f} dBFS where it is loudest); the service may not hear it",
        )
    return Recording(path, np.asarray(np.clip(wave, -1.0, 1.0) * 32767.0, np.int16), warnings)


def split(pcm: Pcm, *, pause_s: float = PAUSE_S, edge_s: float = EDGE_S) -> list[Speech]:
    """Return the turns in a recording: what lies between pauses of `pause_s` and longer.

    Each keeps up to `edge_s` of the silence around it, half the pause at most. What is silence is
    judged by the recording itself: a noisy line has louder pauses. Empty when nobody speaks.
    """
    spoken = [
        part
        for part in speech(pcm, bridge_s=pause_s, audible_rms=_threshold(pcm))
        if part.end_s - part.start_s >= _SHORTEST_TURN_S
    ]
    length_s = len(pcm) / RATE_HZ
    found: list[Speech] = []
    for index, part in enumerate(spoken):
        before = spoken[index - 1].end_s if index else None
        after = spoken[index + 1].start_s if index + 1 < len(spoken) else None
        first_s = 0.0 if before is None else (before + part.start_s) / 2
        last_s = length_s if after is None else (part.end_s + after) / 2
        found.append(Speech(max(first_s, part.start_s - edge_s), min(last_s, part.end_s + edge_s)))
    return found


def cut(pcm: Pcm, part: Speech) -> Pcm:
    """Return the samples of one part of a recording."""
    return pcm[round(part.start_s * RATE_HZ) : round(part.end_s * RATE_HZ)]


def _threshold(pcm: Pcm) -> float:
    """Return the loudness between this recording's pauses and its speech.

    Half-way between them in decibels, but no more than 20 dB below the speech (breath is softer)
    and no less than 6 dB (the soft syllables of a recording without pauses are none).
    """
    size = RATE_HZ * WINDOW_MS // 1000
    windows = pcm[: len(pcm) // size * size].reshape(-1, size).astype(np.float64)
    if not len(windows):
        return AUDIBLE_RMS
    loudness = np.sqrt(np.mean(np.square(windows), axis=1))
    # However rarely somebody speaks: what is within 12 dB of the loudest sounds.
    loud = float(np.median(loudness[loudness >= np.percentile(loudness, 99.9) / 4]))
    floor = float(np.clip(np.percentile(loudness, 20), loud / 100, loud / 4))
    return max(float(np.sqrt(floor * loud)), _SILENT_RMS)


def _check_there(path: Path) -> None:
    if path.is_dir():
        raise BadRecording(f"{path}: is a folder, not a recording")
    if not path.exists():
        names = [other.name for other in path.parent.iterdir()] if path.parent.is_dir() else []
        close = get_close_matches(path.name, names, 1, 0.6)
        meant = f'; did you mean "{path.parent / close[0]}"?' if close else "; check the name"
        raise BadRecording(f"{path}: is not there{meant}")
    if not path.stat().st_size:
        raise BadRecording(f"{path}: is empty (0 bytes); copy or record it again")


def _check_length(path: Path, length_s: float, longest_s: float) -> None:
    # A stream whose length its head does not tell claims to be endless: it is counted as it comes.
    if longest_s < length_s < 2**40:
        raise BadRecording(
            f"{path}: is longer ({_clock(length_s)}) than a call may be here"
            f" ({_clock(longest_s)}); cut out the part that matters:"
            f" ffmpeg -i {path.name} -ss 0 -t {longest_s:.0f} part.wav"
        )


def _check_heard(path: Path, loudest: npt.NDArray[np.float64], column: int, side: Side) -> None:
    if loudest[column] >= _SILENT_RMS:
        return
    if len(loudest) == 2 and loudest[1 - column] >= _SILENT_RMS:
        other = "left" if side == "right" else "right"
        raise BadRecording(
            f"{path}: its {side} side is silent, the sound is on the {other} one; if that is the"
            f" caller, say --side {other}"
        )
    raise BadRecording(f"{path}: is silent; check the microphone and record it again")


def _opened(path: Path) -> Any:
    try:
        return soundfile.SoundFile(str(path))
    except (soundfile.SoundFileError, TypeError, ValueError) as exc:  # TypeError: "raw" has no head
        raise _unreadable(path, exc) from exc


def _unreadable(path: Path, exc: Exception) -> BadRecording:
    reason = str(exc).removeprefix(f"Error opening '{path}': ").rstrip(".")
    return BadRecording(
        f"{path}: cannot be read as audio ({reason}). wav, flac, mp3 and ogg can; another format"
        f" is made into one with: ffmpeg -i {path.name} {path.stem or 'caller'}.wav"
    )


def _blocks(path: Path, file: Any) -> Iterator[_Wave]:
    """Yield the samples of a file, some seconds at a time: half an hour of a studio is big."""
    try:
        # Not file.blocks(), which wants to know the length: a GSM file cannot tell it.
        while len(block := file.read(file.samplerate * _BLOCK_S, "float32", always_2d=True)):
            # A damaged file of floating-point samples may hold what is no number.
            yield np.nan_to_num(block, nan=0.0, posinf=1.0, neginf=-1.0)
    except soundfile.SoundFileError as exc:
        raise _unreadable(path, exc) from exc


def _loudest(block: _Wave, rate_hz: int) -> npt.NDArray[np.float64]:
    """Return the loudness of the loudest 20 ms of each channel, 1 for full scale."""
    size = max(1, rate_hz // 50)
    whole = block[: max(size, len(block) // size * size)]
    windows = whole.reshape(-1, min(size, len(whole)), block.shape[1]).astype(np.float64)
    found: npt.NDArray[np.float64] = np.sqrt(np.mean(np.square(windows), axis=1)).max(axis=0)
    return found


class _Telephone:
    """Brings a file's samples to the telephone's rate, block by block."""

    def __init__(self, rate_hz: int) -> None:
        same = rate_hz == RATE_HZ
        self._stream = None if same else soxr.ResampleStream(rate_hz, RATE_HZ, 1, dtype="float32")

    def __call__(self, block: _Wave) -> _Wave:
        return self._resampled(np.ascontiguousarray(block), last=False)

    def rest(self) -> _Wave:
        """Return what the filter still holds."""
        return self._resampled(np.zeros(0, np.float32), last=True)

    def _resampled(self, block: _Wave, *, last: bool) -> _Wave:
        if self._stream is None:
            return block
        return np.asarray(self._stream.resample_chunk(block, last=last), np.float32)


class _Clipping:
    """Counts samples in cut-off tops."""

    def __init__(self) -> None:
        self._clipped = 0
        self._samples = 0

    def count(self, samples: _Wave) -> None:
        """Count those of one block."""
        full = np.concatenate([[False], np.abs(samples) >= _FULL_SCALE, [False]])
        edges = np.flatnonzero(full[1:] != full[:-1])
        runs = edges[1::2] - edges[::2]
        self._clipped += int(runs[runs >= _CLIPPED_RUN].sum())
        self._samples += len(samples)

    def warnings(self, path: Path) -> tuple[str, ...]:
        """Return a sentence with the share of clipped samples, when it can be heard."""
        share = self._clipped / max(1, self._samples)
        if share < _CLIPPED_SHARE:
            return ()
        return (
            f"{path}: is clipped: {share:.1%} of its samples are cut off at full scale, and words"
            " may be misunderstood; record it at a lower level",
        )


def _natural(name: str) -> list[tuple[int, str]]:
    return [(int(part or 0), text) for text, part in re.findall(r"(\D*)(\d*)", name.lower())]


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02} min"
