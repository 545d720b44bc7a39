"""A person's recorded voice for callers: digits, days and times, spliced word by word."""

import re
from functools import cache
from pathlib import Path

import numpy as np

from qa.audio import RATE_HZ, BadRecording, Pcm, read_wav, speech
from qa.voices import levelled
from shop.fields import WEEKDAYS
from shop.moments import MONTHS
from shop.numerals import cardinal, ordinal

RECORDINGS = Path(__file__).parent / "recordings" / "human"
"""Licence and origin: see the README there."""

BETWEEN_S = 0.02
"""Silence between two words of one breath: shorter than any pause that ends a turn."""

EDGE_S = 0.04
"""Silence kept around a word: its first and last sounds are softer than what counts as speech."""


@cache
def words() -> dict[str, tuple[str, ...]]:
    """Return what this voice can say, with the recordings that it takes."""
    known: dict[str, tuple[str, ...]] = {word: (word,) for word in ("oh", "at")}
    known["o'clock"] = ("oclock",)
    known |= {cardinal(number): (str(number),) for number in range(13)}
    # The recordings count weekdays from Sunday.
    known |= {day: (f"day-{(n + 1) % 7}",) for n, day in enumerate(WEEKDAYS)}
    known |= {month: (f"mon-{n}",) for n, month in enumerate(MONTHS)}
    known |= {ordinal(number): (f"h-{number}",) for number in (*range(1, 21), 30)}
    for tens in (20, 30):
        known |= {ordinal(tens + n): (str(tens), f"h-{n}") for n in range(1, 10) if tens + n < 32}
    return known


def speak(text: str) -> Pcm:
    """Return `text` in a person's voice, 8 kHz. Raises BadRecording for a word never recorded."""
    wanted = re.findall(r"[\w'-]+", text.lower())
    unknown = [word for word in wanted if word not in words()]
    if unknown:
        raise BadRecording(
            f"the recorded voice never said {', '.join(unknown)}; it knows digits, weekdays,"
            ' months, days of the month, and "at ten o\'clock"'
        )
    between = np.zeros(int(BETWEEN_S * RATE_HZ), np.int16)
    parts: list[Pcm] = []
    for word in wanted:
        # "Twenty-fourth" is one word: nothing lies between its halves, not even their own ends.
        *firsts, last = words()[word]
        parts += [_recorded(first, after_s=0.0) for first in firsts]
        parts += [_recorded(last), between]
    return levelled(np.concatenate(parts[:-1])) if parts else np.zeros(0, np.int16)


@cache
def _recorded(name: str, after_s: float = EDGE_S) -> Pcm:
    pcm = read_wav(RECORDINGS / f"{name}.wav")
    heard = speech(pcm)
    start = max(0, int((heard[0].start_s - EDGE_S) * RATE_HZ))
    return pcm[start : int((heard[-1].end_s + after_s) * RATE_HZ)]
