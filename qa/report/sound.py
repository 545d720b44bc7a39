"""A call's recording as a page carries it: compressed, and as the outline of its waveform."""

import base64
import io
import wave
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile  # type: ignore[import-untyped]  # ships no types

from qa.audio import BadRecording, Pcm

PEAK_S = 0.025
"""Length of what becomes one bar of the waveform."""

_QUALITY = 0.7
"""Vorbis at about 20 kbit/s for both sides, 9 MB an hour; Opus is smaller by a third and takes five
times the processor, which the calls of the same machine need."""


@dataclass(frozen=True, slots=True)
class Sound:
    """`audio` is a data URI; `peaks` are two strings of bytes in base64, 255 is the loudest."""

    audio: str
    peaks: tuple[str, str]


def embedded(path: Path) -> Sound:
    """Read a stereo recording for a page; raises BadRecording."""
    rate_hz, pcm = read_stereo(path)
    made = io.BytesIO()
    soundfile.write(made, pcm, rate_hz, format="OGG", subtype="VORBIS", compression_level=_QUALITY)
    coded = base64.b64encode(made.getvalue()).decode()
    sides = (_peaks(pcm[:, 0], rate_hz), _peaks(pcm[:, 1], rate_hz))
    return Sound(f"data:audio/ogg;base64,{coded}", sides)


def read_stereo(path: Path) -> tuple[int, Pcm]:
    """Read a 16-bit stereo WAV file as its rate and samples (n, 2); raises BadRecording."""
    try:
        with wave.open(str(path), "rb") as file:
            if (file.getnchannels(), file.getsampwidth()) != (2, 2):
                raise BadRecording(f"{path} is not a 16-bit stereo WAV file")
            frames = file.readframes(file.getnframes())
            return file.getframerate(), np.frombuffer(frames, "<i2").reshape(-1, 2)
    except (wave.Error, EOFError, OSError) as exc:
        raise BadRecording(f"{path} cannot be read as a WAV file: {exc}") from exc


def _peaks(side: Pcm, rate_hz: int) -> str:
    size = round(rate_hz * PEAK_S)
    bars = side[: len(side) // size * size].reshape(-1, size).astype(np.float64)
    loud = np.abs(bars).max(axis=1) if len(bars) else np.zeros(0)
    # The root lets quiet speech be seen beside loud.
    return base64.b64encode((np.sqrt(loud / 32768) * 255).astype(np.uint8).tobytes()).decode()
