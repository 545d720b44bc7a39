"""G.711 mu-law at 8 kHz, coded and decoded by table (the standard library drops its coder)."""

import numpy as np
import numpy.typing as npt

Pcm = npt.NDArray[np.int16]

SAMPLE_RATE_HZ = 8000
FRAME_S = 0.02
FRAME_BYTES = 160
SILENCE_FRAME = b"\xff" * FRAME_BYTES

_BIAS = 132
_CLIP = 32635


def _encode_table() -> npt.NDArray[np.uint8]:
    """Codes of all 65536 samples, indexed by the sample seen as an unsigned number."""
    samples = np.arange(65536, dtype=np.uint16).view(np.int16).astype(np.int32)
    sign = np.where(samples < 0, 0x80, 0)
    biased = np.minimum(np.abs(samples), _CLIP) + _BIAS
    segment = np.floor(np.log2(biased)).astype(np.int32) - 7
    step = (biased >> (segment + 3)) & 0x0F
    codes: npt.NDArray[np.int32] = ~(sign | (segment << 4) | step) & 0xFF
    return codes.astype(np.uint8)


def _decode_table() -> Pcm:
    codes = ~np.arange(256, dtype=np.int32) & 0xFF
    magnitude = ((((codes & 0x0F) << 3) + _BIAS) << ((codes >> 4) & 0x07)) - _BIAS
    return np.where(codes & 0x80, -magnitude, magnitude).astype(np.int16)


_ENCODE = _encode_table()
_DECODE = _decode_table()


def encode(pcm: Pcm) -> bytes:
    """Code 16-bit samples, one byte a sample."""
    return _ENCODE[np.ascontiguousarray(pcm, dtype=np.int16).view(np.uint16)].tobytes()


def decode(codes: bytes | bytearray) -> Pcm:
    """Decode mu-law bytes to 16-bit samples."""
    return _DECODE[np.frombuffer(codes, dtype=np.uint8)]
