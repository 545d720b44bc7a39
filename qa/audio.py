"""Sound as numbers: reading and writing WAV files, and where in a recording somebody speaks."""

import wave
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

Pcm = npt.NDArray[np.int16]

RATE_HZ = 8000
"""The telephone's sample rate; recordings at another one are refused here."""

WINDOW_MS = 10
"""Length of the windows whose loudness is judged; the error of a measured edge is below this."""

AUDIBLE_RMS = 300.0
"""About -41 dBFS: below it telephone speech is not understood, above it noise becomes annoying."""


class BadRecording(Exception):
    """A file that is not the telephone audio it should be; the message says what is wrong."""


@dataclass(frozen=True, slots=True)
class Speech:
    """A stretch in which somebody speaks, in seconds from the start of the recording."""

    start_s: float
    end_s: float


def read_wav(path: Path) -> Pcm:
    """Read a mono 16-bit WAV file at 8 kHz; raises BadRecording for anything else."""
    try:
        with wave.open(str(path), "rb") as file:
            shape = (file.getnchannels(), file.getsampwidth(), file.getframerate())
            if shape != (1, 2, RATE_HZ):
                raise BadRecording(f"{path} is not mono 16-bit at {RATE_HZ} Hz but {shape}")
            return np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").astype(np.int16)
    except (wave.Error, EOFError, OSError) as exc:
        raise BadRecording(f"{path} cannot be read as a WAV file: {exc}") from exc


def write_wav(path: Path, pcm: Pcm, rate_hz: int = RATE_HZ) -> None:
    """Write samples of shape (n,) or (n, channels) as a 16-bit WAV file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1 if pcm.ndim == 1 else pcm.shape[1])
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        file.writeframes(pcm.astype("<i2").tobytes())


def loudness(pcm: Pcm) -> float:
    """Return the root mean square of some samples."""
    return float(np.sqrt(np.mean(np.square(pcm.astype(np.float64))))) if len(pcm) else 0.0


def speech(pcm: Pcm, *, bridge_s: float = 0.7, audible_rms: float = AUDIBLE_RMS) -> list[Speech]:
    """Return where somebody speaks, to within WINDOW_MS; pauses up to `bridge_s` are bridged.

    A lone audible window (a click) is no speech.
    """
    size = RATE_HZ * WINDOW_MS // 1000
    windows = pcm[: len(pcm) // size * size].reshape(-1, size).astype(np.float64)
    audible = np.flatnonzero(np.sqrt(np.mean(np.square(windows), axis=1)) >= audible_rms)
    stretches: list[Speech] = []
    step = WINDOW_MS / 1000
    for index in audible.tolist():
        start, end = index * step, (index + 1) * step
        if stretches and start - stretches[-1].end_s <= bridge_s:
            stretches[-1] = Speech(stretches[-1].start_s, end)
        else:
            stretches.append(Speech(start, end))
    return [part for part in stretches if part.end_s - part.start_s >= 2 * step]


@dataclass(frozen=True, slots=True)
class Turn:
    """A caller's turn; `latency_s` is how long they waited for an answer, None when none came."""

    caller: Speech
    latency_s: float | None


def turns(recording: Pcm) -> list[Turn]:
    """Measure voice-to-voice latency from a stereo recording (left caller, right agent).

    The wait runs from the end of the caller's speech to the first audible sound of the agent that
    begins after it. A caller who pauses and goes on before an answer has not ended the turn; one
    who gets no answer at all has no latency.
    """
    caller, agent = speech(recording[:, 0]), speech(recording[:, 1], bridge_s=0.3)
    found: list[Turn] = []
    for index, said in enumerate(caller):
        until = caller[index + 1].start_s if index + 1 < len(caller) else float("inf")
        answers = [a.start_s for a in agent if said.end_s <= a.start_s < until]
        if not answers and until < float("inf"):
            continue  # a pause within the caller's turn: nobody has answered yet
        found.append(Turn(said, answers[0] - said.end_s if answers else None))
    return found
