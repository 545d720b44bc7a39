"""Audio encodings of the wire: linear16, mu-law and A-law at any rate, to and from 8 kHz PCM."""

import functools
import struct
from typing import Literal

import numpy as np
import numpy.typing as npt
import soxr  # type: ignore[import-untyped]  # ships no types

from sandbox.ears import RATE_HZ, Pcm

Encoding = Literal["linear16", "mulaw", "alaw"]


@functools.cache
def _mulaw_values() -> Pcm:
    """PCM value of each of the 256 mu-law codes (ITU-T G.711)."""
    code = ~np.arange(256, dtype=np.int32) & 0xFF
    exponent, mantissa = (code >> 4) & 7, code & 15
    size = ((mantissa * 8 + 132) << exponent) - 132
    return np.asarray(np.where(code & 0x80, -size, size), np.int16)


@functools.cache
def _alaw_values() -> Pcm:
    """PCM value of each of the 256 A-law codes (ITU-T G.711)."""
    code = np.arange(256, dtype=np.int32) ^ 0x55
    exponent, mantissa = (code >> 4) & 7, code & 15
    size = np.where(
        exponent == 0, mantissa * 16 + 8, (mantissa * 16 + 264) << (exponent - 1).clip(0)
    )
    return np.asarray(np.where(code & 0x80, size, -size), np.int16)


@functools.cache
def _codes(law: Literal["mulaw", "alaw"]) -> npt.NDArray[np.uint8]:
    """The code nearest to each PCM value, indexed by the value as an unsigned 16-bit number."""
    values = _mulaw_values() if law == "mulaw" else _alaw_values()
    order = np.argsort(values, kind="stable")
    ranked = values[order].astype(np.int32)
    middles = (ranked[1:] + ranked[:-1]) / 2
    pcm = np.arange(65536, dtype=np.uint16).view(np.int16)
    return np.asarray(order[np.searchsorted(middles, pcm)], np.uint8)


def encode(pcm: Pcm, encoding: Encoding) -> bytes:
    """PCM as bytes of the wire, at the rate it has."""
    if encoding == "linear16":
        return pcm.astype("<i2").tobytes()
    return _codes(encoding)[pcm.view(np.uint16)].tobytes()


def resample(pcm8k: Pcm, rate_hz: int) -> Pcm:
    """8 kHz speech at another rate."""
    if rate_hz == RATE_HZ or not len(pcm8k):
        return pcm8k
    return np.asarray(soxr.resample(pcm8k, RATE_HZ, rate_hz), np.int16)


def wav_header(encoding: Encoding, rate_hz: int, size_bytes: int) -> bytes:
    """RIFF header for `size_bytes` of mono audio."""
    tag, width = {"linear16": (1, 2), "alaw": (6, 1), "mulaw": (7, 1)}[encoding]
    layout = struct.pack("<HHIIHH", tag, 1, rate_hz, rate_hz * width, width, width * 8)
    return (
        b"RIFF" + struct.pack("<I", 36 + size_bytes) + b"WAVE"
        b"fmt " + struct.pack("<I", 16) + layout + b"data" + struct.pack("<I", size_bytes)
    )


class Decoder:
    """Turns the messages of one stream into 8 kHz PCM; a sample may straddle two messages."""

    def __init__(self, encoding: Encoding, rate_hz: int) -> None:
        self._encoding = encoding
        self._rest = b""
        # Low quality holds back up to 60 ms; better ones hold back 100 ms and more.
        self._resampler = (
            None
            if rate_hz == RATE_HZ
            else soxr.ResampleStream(rate_hz, RATE_HZ, 1, dtype="int16", quality="LQ")
        )

    def decode(self, message: bytes) -> Pcm:
        """8 kHz PCM of one message."""
        pcm = self._decode(message)
        if self._resampler is None:
            return pcm
        return np.asarray(self._resampler.resample_chunk(pcm), np.int16)

    def _decode(self, message: bytes) -> Pcm:
        if self._encoding == "mulaw":
            return _mulaw_values()[np.frombuffer(message, np.uint8)]
        if self._encoding == "alaw":
            return _alaw_values()[np.frombuffer(message, np.uint8)]
        data = self._rest + message if self._rest else message
        even = len(data) & ~1
        self._rest = data[even:]
        return np.frombuffer(data[:even] if self._rest else data, "<i2")
