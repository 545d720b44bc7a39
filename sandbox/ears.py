"""What is said in a piece of 8 kHz audio: an offline recogniser, and a scripted one for load."""

import asyncio
import re
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

Pcm: TypeAlias = npt.NDArray[np.int16]

RATE_HZ = 8000
FRAME_SAMPLES = 160  # 20 ms
_FRAME_S = FRAME_SAMPLES / RATE_HZ
_ROOM_FRAMES = 50
_LOUD = 4.3  # log10 of the mean square above which a frame is voice, about -47 dBFS


@dataclass(frozen=True, slots=True)
class Word:
    """A word with its punctuation and case, and when it was said, in seconds from the start."""

    text: str
    start_s: float
    end_s: float
    confidence: float


class Ears(Protocol):
    """Turns one stretch of speech into words."""

    @property
    def backlog(self) -> int:
        """How many stretches wait or are being worked on."""

    async def transcribe(self, pcm8k: Pcm) -> list[Word]:
        """Words in `pcm8k` (8 kHz, mono), times relative to its first sample."""


def spread(text: str, start_s: float, end_s: float, confidence: float = 0.98) -> list[Word]:
    """Give each word of `text` its share of a stretch, by its letters: no engine times words."""
    tokens = text.split()
    total = sum(len(token) + 1 for token in tokens)
    words = []
    at_s = start_s
    for token in tokens:
        until_s = at_s + (end_s - start_s) * (len(token) + 1) / total
        words.append(Word(token, round(at_s, 3), round(until_s, 3), confidence))
        at_s = until_s
    return words


class MoonshineEars:
    """Moonshine tiny English, on this machine's processor; stretches are recognised one by one.

    Loading takes about half a second; a 4 s stretch about 0.1 s on two cores.
    """

    def __init__(self) -> None:
        from moonshine_voice import ModelArch, get_model_path  # noqa: PLC0415 - loads a library
        from moonshine_voice.transcriber import Transcriber  # noqa: PLC0415

        # Whoever calls has found the speech already: a second detector inside would cut short
        # stretches in two and hear "You" in the silence before them. Without the other option
        # the transcript would bring the audio back as a list of floats.
        self._engine: Any = Transcriber(
            str(get_model_path("tiny-en")),
            ModelArch.TINY,
            options={"vad_threshold": "0.0", "return_audio_data": "false"},
        )
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="ears")
        self._backlog = 0

    @property
    def backlog(self) -> int:
        """How many stretches wait or are being worked on."""
        return self._backlog

    async def warm(self) -> None:
        """Recognise half a second of silence, so that the first caller does not pay for it."""
        await self.transcribe(np.zeros(RATE_HZ // 2, np.int16))

    async def transcribe(self, pcm8k: Pcm) -> list[Word]:
        """Words in `pcm8k`; empty for silence and noise."""
        self._backlog += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._thread, self._recognise, pcm8k)
        finally:
            self._backlog -= 1

    def close(self) -> None:
        """Wait for the stretch in progress and free the model."""
        self._thread.shutdown(wait=True, cancel_futures=True)
        self._engine.close()

    def _recognise(self, pcm8k: Pcm) -> list[Word]:
        if not len(pcm8k):
            return []
        samples = (pcm8k.astype(np.float32) / 32768.0).tolist()
        transcript = self._engine.transcribe_without_streaming(samples, RATE_HZ)
        words: list[Word] = []
        start_s, end_s = _voiced_span(_features(pcm8k)) or (0.0, len(pcm8k) / RATE_HZ)
        for line in transcript.lines:
            line_end_s = min(line.start_time + line.duration, end_s)
            line_start_s = min(max(line.start_time, start_s), line_end_s)
            words += spread(_without_babble(line.text), line_start_s, line_end_s)
        return words


_DOUBLED = re.compile(r"([.,!?])\1+")


def _without_babble(text: str) -> str:
    """Drop what this model makes up: "You" for noise, commas twice, a word over and over."""
    if text.strip(" .,!?").lower() == "you":
        return ""
    kept: list[str] = []
    text = _DOUBLED.sub(r"\1", text)
    for token, run in groupby(text.split(), key=lambda t: t.strip(".,!?").lower()):
        same = list(run)
        kept += same[:1] if len(same) > 3 and not token.isdigit() else same
    return " ".join(kept)


def _features(pcm8k: Pcm) -> npt.NDArray[np.float32]:
    """Loudness and brightness (log energy of the signal and of its slope) of each 20 ms."""
    frames = len(pcm8k) // FRAME_SAMPLES
    if not frames:
        return np.zeros((0, 2), np.float32)
    signal = pcm8k[: frames * FRAME_SAMPLES].astype(np.float32)
    slope = np.diff(signal, prepend=signal[:1])
    both = np.stack([signal, slope], axis=1).reshape(frames, FRAME_SAMPLES, 2)
    power = np.square(both).mean(axis=1)
    return np.asarray(np.log10(power + 1000.0), np.float32)


def _voiced_span(features: npt.NDArray[np.float32]) -> tuple[float, float] | None:
    """From the first to the last loud frame, in seconds."""
    loud = np.flatnonzero(features[:, 0] > _LOUD)
    if not len(loud):
        return None
    return float(loud[0]) * _FRAME_S, float(loud[-1] + 1) * _FRAME_S


@dataclass(frozen=True, slots=True)
class _Utterance:
    features: npt.NDArray[np.float32]
    words: list[Word]
    loud_frames: int


class ScriptedEars:
    """Knows beforehand what will be said, and finds out from the audio only which of it, and when.

    A load generator registers each of its recordings with its words (`learn`, or
    `POST /sandbox/script`). The audio of a call is then compared with the recordings by loudness
    and brightness of each 20 ms, sliding along: that survives another framing, cut-off ends, a
    pause in the middle and line noise, tells apart any number of calls that say the same, and
    costs well under a millisecond, while nothing but audio has to reach this side.
    """

    def __init__(self, script: Iterable[tuple[Pcm, str]] = (), *, tolerance: float = 0.5) -> None:
        self._utterances: list[_Utterance] = []
        self._tolerance = tolerance  # mean distance in decades of power; unrelated speech is > 0.8
        for pcm8k, text in script:
            self.learn(pcm8k, text)

    @property
    def backlog(self) -> int:
        """Always none: an answer takes no time."""
        return 0

    def learn(self, pcm8k: Pcm, text: str) -> None:
        """Register a recording (8 kHz) and the words in it; ValueError when it is silent."""
        if _voiced_span(_features(pcm8k)) is None:
            raise ValueError("the recording is silent")
        # Frames of the call fall anywhere between those of the recording: half a frame later
        # counts as a recording of its own, which doubles the margin between right and wrong.
        for skipped in (0, FRAME_SAMPLES // 2):
            self._learn(pcm8k[skipped:], text)

    def _learn(self, pcm8k: Pcm, text: str) -> None:
        features = _features(pcm8k)
        start_s, end_s = _voiced_span(features) or (0.0, _FRAME_S)
        # Room on both sides, so that a stretch which begins or ends in silence fits.
        room_s = _ROOM_FRAMES * _FRAME_S
        padded = np.pad(features, ((_ROOM_FRAMES, _ROOM_FRAMES), (0, 0)), constant_values=3.0)
        words = spread(text, start_s + room_s, end_s + room_s)
        loud_frames = max(1, int((features[:, 0] > _LOUD).sum()))
        self._utterances.append(_Utterance(padded, words, loud_frames))

    def forget(self) -> None:
        """Drop all recordings."""
        self._utterances.clear()

    async def transcribe(self, pcm8k: Pcm) -> list[Word]:
        """The words of the recording that `pcm8k` is a stretch of; empty when it is of none."""
        heard = _features(pcm8k)
        best: tuple[float, int, _Utterance] | None = None
        for utterance in self._utterances:
            distance, offset = _slide(heard, utterance)
            if best is None or distance < best[0]:
                best = (distance, offset, utterance)
        if best is None or best[0] > self._tolerance:
            return []
        _, offset, utterance = best
        shift_s, until_s = offset * _FRAME_S, (offset + len(heard)) * _FRAME_S
        return [
            Word(w.text, round(w.start_s - shift_s, 3), round(w.end_s - shift_s, 3), w.confidence)
            for w in utterance.words
            if shift_s <= (w.start_s + w.end_s) / 2 < until_s
        ]


def _slide(heard: npt.NDArray[np.float32], utterance: _Utterance) -> tuple[float, int]:
    """Smallest distance of `heard` laid over the recording (decades of power), and at which frame.

    Only frames in which something is heard count, as silence fits silence everywhere. The part of
    the recording that is left out costs a little: a whole "No." is likelier than a bit of a line.
    """
    known = utterance.features
    loud = (heard[:, 0] > _LOUD).astype(np.float32)
    if not loud.any() or len(heard) > len(known):
        return float("inf"), 0
    squares = np.zeros(len(known) - len(heard) + 1, np.float32)
    for feature in range(known.shape[1]):
        there, here = known[:, feature], heard[:, feature]
        squares += np.correlate(there * there, loud, "valid")
        squares -= 2 * np.correlate(there, loud * here, "valid")
        squares += float((loud * here * here).sum())
    distances = np.sqrt(np.maximum(squares, 0.0) / loud.sum() / known.shape[1])
    offset = int(distances.argmin())
    missed = max(0.0, 1.0 - float(loud.sum()) / utterance.loud_frames)
    return float(distances[offset]) + 0.1 * missed, offset
