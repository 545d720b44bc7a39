"""How the stand-in speaks: a natural offline voice, and a cheap synthetic one for load."""

import asyncio
import hashlib
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

import numpy as np
import soxr  # type: ignore[import-untyped]  # ships no types

from sandbox.ears import RATE_HZ, Pcm


class Voice(Protocol):
    """Turns text into 8 kHz speech."""

    async def synthesise(self, text: str) -> Pcm:
        """Speech for `text`, mono, 16 bit, 8 kHz; empty when there is nothing to say."""


class HibariVoice:
    """Hibari's American voice, made once in a process; the last texts are kept, as their price
    at the vendor is latency only, which the profile decides.
    """

    def __init__(self, *, keep: int = 256, seed: int = 7) -> None:
        from hibari import Hibari  # noqa: PLC0415 - loads onnxruntime and the model

        self._engine: Any = Hibari()
        self._seed = seed
        self._keep = keep
        self._spoken: OrderedDict[str, Pcm] = OrderedDict()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="voice")

    async def warm(self) -> None:
        """Say something to nobody: the first sentence otherwise takes a second (lexicon)."""
        await self.synthesise("Good morning, this is a test at 8:30.")

    async def synthesise(self, text: str) -> Pcm:
        """Speech for `text`, about 10 ms of work for each second of it."""
        if (known := self._spoken.get(text)) is not None:
            self._spoken.move_to_end(text)
            return known
        loop = asyncio.get_running_loop()
        pcm = await loop.run_in_executor(self._thread, self._say, text)
        self._spoken[text] = pcm
        while len(self._spoken) > self._keep:
            self._spoken.popitem(last=False)
        return pcm

    def close(self) -> None:
        """Wait for the sentence in progress and stop the thread."""
        self._thread.shutdown(wait=True, cancel_futures=True)

    def _say(self, text: str) -> Pcm:
        wave = self._engine(text, seed=self._seed)
        return to_pcm(soxr.resample(wave, self._engine.sample_rate, RATE_HZ))


class ToneVoice:
    """Bursts of a buzz, one a word, as long as the text would take: for load, not for ears.

    The same text always gives the same bursts, different texts different ones.
    """

    def __init__(self, *, chars_per_s: float = 15.0) -> None:
        self._chars_per_s = chars_per_s

    async def warm(self) -> None:
        """Nothing to warm."""

    async def synthesise(self, text: str) -> Pcm:
        """One burst for each word of `text`, with short gaps between them."""
        return np.concatenate([self._burst(word) for word in text.split()] or [_SILENCE])

    def _burst(self, word: str) -> Pcm:
        total = int((len(word) + 1) / self._chars_per_s * RATE_HZ)
        voiced = int(total * 0.8)
        digest = hashlib.blake2s(word.lower().encode(), digest_size=4).digest()
        time_s = np.arange(voiced, dtype=np.float32) / RATE_HZ
        wave = np.zeros(total, np.float32)
        for harmonic, weight in enumerate(digest, start=1):
            pitch_hz = 110 + digest[0] / 4
            wave[:voiced] += (
                (weight / 255)
                / harmonic
                * np.sin(2 * np.pi * pitch_hz * harmonic * (1 + digest[1] % 4) * time_s)
            )
        wave[:voiced] *= np.sin(np.pi * np.arange(voiced, dtype=np.float32) / max(voiced, 1))
        return to_pcm(0.3 * wave)


def to_pcm(wave: "np.ndarray[Any, np.dtype[np.float32]]") -> Pcm:
    """Samples between -1 and 1 as 16-bit integers, clipped."""
    return np.asarray(np.clip(wave, -1.0, 1.0) * 32767.0, np.int16)


_SILENCE = np.zeros(0, np.int16)
