"""The encodings of the wire."""

from itertools import pairwise
from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.deepgram.codec import Decoder, Encoding, encode, resample
from sandbox.deepgram.results import bare

pytestmark = pytest.mark.unit

ALL = np.arange(-32768, 32768).astype(np.int16)


def test_mulaw_has_its_known_values() -> None:
    """Silence is 0xFF, the extremes are 0x00 and 0x80 (ITU-T G.711)."""
    decoded = Decoder("mulaw", 8000).decode(bytes([0xFF, 0x7F, 0x00, 0x80]))
    assert decoded.tolist() == [0, 0, -32124, 32124]
    assert encode(np.array([32767, -32768], np.int16), "mulaw") == b"\x80\x00"


def test_alaw_has_its_known_values() -> None:
    """The quietest codes are 0xD5 and 0x55 (ITU-T G.711)."""
    assert Decoder("alaw", 8000).decode(bytes([0xD5, 0x55])).tolist() == [8, -8]


@pytest.mark.parametrize("encoding", get_args(Encoding))
def test_every_sample_survives_nearly(encoding: Encoding) -> None:
    """Encoding and decoding err by at most a step, which is 4 % of the value."""
    decoded = Decoder(encoding, 8000).decode(encode(ALL, encoding)).astype(int)
    error = np.abs(decoded - ALL)
    assert (error <= np.maximum(np.abs(ALL.astype(int)) * 0.04, 16)).all()
    again = Decoder(encoding, 8000).decode(encode(decoded.astype(np.int16), encoding))
    assert np.array_equal(again, decoded)


@given(st.binary(max_size=200), st.lists(st.integers(0, 200), max_size=5))
def test_samples_may_straddle_messages(data: bytes, cuts: list[int]) -> None:
    """However the bytes are cut into messages, the same samples come out."""
    decoder = Decoder("linear16", 8000)
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    parts = [decoder.decode(data[a:b]) for a, b in pairwise(edges)]
    whole = np.frombuffer(data[: len(data) // 2 * 2], "<i2")
    assert np.array_equal(np.concatenate(parts), whole)


@pytest.mark.parametrize("rate_hz", [16_000, 24_000, 44_100, 48_000])
def test_other_rates_keep_the_length(rate_hz: int) -> None:
    """A second stays a second but for the resampler's delay, and the tone in it stays."""
    tone = (8000 * np.sin(2 * np.pi * 440 * np.arange(rate_hz) / rate_hz)).astype(np.int16)
    decoder = Decoder("linear16", rate_hz)
    step = rate_hz // 50
    parts = [decoder.decode(tone[i : i + step].tobytes()) for i in range(0, len(tone), step)]
    pcm = np.concatenate(parts)
    assert 0 <= 8000 - len(pcm) < 500
    assert np.abs(np.fft.rfft(pcm[:7500])).argmax() == pytest.approx(440 * 7500 / 8000, abs=2)
    assert abs(len(resample(pcm, rate_hz)) - len(pcm) * rate_hz / 8000) < 2


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("Hi,", "hi"),
        ("two.", "two"),
        ("10:30", "10:30"),
        ("$49.95.", "$49.95"),
        ("1,200", "1200"),
        ("I'm", "i'm"),
        ("oil-change?", "oil-change"),
        ("p.m.", "pm"),
        ("'Honda'", "honda"),
        ("503-555-0142.", "503-555-0142"),
        ("...", ""),
    ],
)
def test_bare_words(text: str, word: str) -> None:
    """Case and punctuation go, what belongs to a number or a word stays."""
    assert bare(text) == word
