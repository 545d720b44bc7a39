"""When each word of a spoken sentence is heard, from its text and the loudness of its sound.

A voice that tells no word times still gives the whole sound of a sentence. Between its first and
its last sound words take time by what there is to say in them, and where the sound dips or falls
silent two words part, most likely at a comma. The cheapest way to cut the sound into the words is
found by dynamic programming. The numbers were fitted on two voices; `python -m qa.heard` measures
them against the engines' own durations.
"""

import math
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

WINDOW_MS = 10
"""Length of the windows in which loudness is given."""

_QUIET = 10 ** (-44 / 20)
"""Share of the loud parts' level below which a window is silent: a voice has no background."""

_PAUSE_WINDOWS = 8
"""Silence this long parts two words; shorter ones are the closures of p, t and k."""

_BAND = 70
"""How far, in windows, a word may begin from where the pace alone would put it."""

_GRID = 6
"""Besides dips and pauses, words may part at every sixth window."""

_LENGTH_SPREAD = 0.12
"""Variance of the logarithm of a word's length against what its letters promise."""

_DIP = 0.48
_PAUSE_AT_COMMA = 3.0
_PAUSE_ELSEWHERE = 0.6
_PAUSE_INSIDE_WORD = 4.75
_COMMA_WITHOUT_PAUSE = 1.6
"""What a cut costs or (pauses) saves, on the scale of the squared error of a length."""

_UNSTRESSED = frozenset(
    ("a", "an", "the", "to", "in", "at", "on", "of", "for", "and", "or", "is", "it", "i", "we",
     "you", "your", "you're", "that", "as", "can", "do", "be", "with", "from", "if", "it's", "i'm",
     "that's")
)  # fmt: skip
_ABBREVIATIONS = frozenset(("mr.", "mrs.", "ms.", "dr.", "st."))
_VOWELS = re.compile(r"[aeiouy]+")
_CONSONANTS = re.compile(r"ch|sh|th|ph|ck|ng|ll|ss|tt|rr|nn|[bcdfghjklmnpqrstvwxz]")
_PAUSES_AFTER = re.compile(r"[,.;:!?…—-]['\")]*$")


@dataclass(frozen=True, slots=True)
class WordTime:
    """When a word begins and ends, in ms from the first sample of the sound."""

    start_ms: int
    end_ms: int

    @property
    def heard_ms(self) -> int:
        """When most of it has been heard: a word cut before that was not understood."""
        return (self.start_ms + self.end_ms) // 2

    def later(self, by_ms: int) -> "WordTime":
        """Return the same word in a sound that has `by_ms` more before it."""
        return WordTime(self.start_ms + by_ms, self.end_ms + by_ms)


@dataclass(frozen=True, slots=True)
class _Sound:
    """A sentence's sound without its silences.

    `windows` gives the place of each sounding window in the whole, with the end of the last one
    behind them; `levels` their loudness as logarithms; `pauses` the length of each silence, by the
    number of sounding windows before it.
    """

    windows: tuple[int, ...]
    levels: tuple[float, ...]
    pauses: dict[int, int]


def word_times(words: Sequence[str], loudness: Sequence[float]) -> list[WordTime]:
    """Return when each of `words` is said in a sound of which the loudness is known.

    `loudness` is the root mean square of each WINDOW_MS of the sound, in any unit. A token with
    nothing to pronounce (a dash) takes no time. Without any sound all words are at its start.
    """
    sound = _listen(loudness)
    said = [index for index, word in enumerate(words) if _is_spoken(word)]
    if not sound.levels or not said:
        end_ms = len(loudness) * WINDOW_MS if not said else 0
        return [WordTime(end_ms, end_ms)] * len(words)
    closing = [_closes(words, index) for index in said]
    expected = [
        expected_ms(words[index], closing=last) for index, last in zip(said, closing, strict=True)
    ]
    cuts = _cut(sound, expected, closing)
    times: list[WordTime] = []
    spans = iter(pairwise(cuts))
    for word in words:
        if _is_spoken(word):
            start, end = next(spans)
            begin_ms = sound.windows[min(start, len(sound.levels) - 1)] * WINDOW_MS
            begin_ms = max(begin_ms, times[-1].end_ms if times else 0)
            end_ms = (sound.windows[max(end - 1, 0)] + 1) * WINDOW_MS
            times.append(WordTime(begin_ms, max(begin_ms, end_ms)))
        else:
            at_ms = times[-1].end_ms if times else sound.windows[0] * WINDOW_MS
            times.append(WordTime(at_ms, at_ms))
    return times


def expected_ms(word: str, *, closing: bool = False) -> float:
    """Return about how long a word takes at an ordinary pace, by its syllables and consonants.

    The last word before a pause is drawn out.
    """
    syllables, consonants = 0.0, 0.0
    plain = unicodedata.normalize("NFKD", word.lower())  # "día" is "dia" and a mark
    bare = re.sub(r"[^a-z0-9']", "", plain)
    for part in re.findall(r"[a-z]+|\d", bare.replace("'", "")):
        if part.isdigit():
            syllables, consonants = syllables + 1.3, consonants + 2
        elif not _VOWELS.search(part) or (len(part) == 1 and part not in "ai"):
            syllables, consonants = syllables + len(part), consonants + len(part)
        else:
            silent_e = part.endswith("e") and not part.endswith("le") and len(part) > 2
            stem = part[:-1] if silent_e and _VOWELS.search(part[:-1]) else part
            syllables += len(_VOWELS.findall(stem))
            consonants += len(_CONSONANTS.findall(stem))
    length_ms = 90 + 100 * syllables + 33 * consonants
    if bare in _UNSTRESSED:
        length_ms *= 0.82
    return length_ms + 115 if closing else length_ms


def _is_spoken(word: str) -> bool:
    return any(c.isalnum() for c in word)


def _closes(words: Sequence[str], index: int) -> bool:
    """Whether a pause is likely behind a word."""
    word = words[index]
    if word.lower() in _ABBREVIATIONS:
        return False
    dash_follows = index + 1 < len(words) and not _is_spoken(words[index + 1])
    return dash_follows or bool(_PAUSES_AFTER.search(word))


def _listen(loudness: Sequence[float]) -> _Sound:
    """Take the silences out of a sound."""
    loud = sorted(loudness)[int(len(loudness) * 0.95)] if loudness else 0.0
    sounding = [level >= max(loud * _QUIET, 1.0) for level in loudness]
    if True not in sounding:
        return _Sound((), (), {})
    at, end = sounding.index(True), len(sounding) - sounding[::-1].index(True)
    windows: list[int] = []
    pauses: dict[int, int] = {}
    while at < end:
        silent = 0
        while not sounding[at + silent]:
            silent += 1
        if silent >= _PAUSE_WINDOWS:
            pauses[len(windows)] = silent
            at += silent
        windows.append(at)
        at += 1
    levels = tuple(math.log(max(loudness[index], 1.0)) for index in windows)
    return _Sound((*windows, end), levels, pauses)


def _cut(sound: _Sound, expected: Sequence[float], closing: Sequence[bool]) -> list[int]:
    """Return where each word begins, in sounding windows, and where the last one ends."""
    total = len(sound.levels)
    scale = total / sum(expected)
    dips = _dips(sound.levels)
    logs = [0.0, *(math.log(length) for length in range(1, total + 1))]
    up_to = _cost_of_pauses(sound)
    best: list[dict[int, tuple[float, int]]] = [{0: (0.0, 0)}]
    place = 0.0
    for number, length in enumerate(expected):
        place += length * scale
        last = number == len(expected) - 1
        ends = [total] if last else _candidates(place, total, dips, sound.pauses)
        usual = math.log(max(length * scale, 3.0))
        found: dict[int, tuple[float, int]] = {}
        for end in ends:
            here = 0.0 if last else _cost_of_cut(end, sound.pauses, dips, closing[number])
            before = up_to[end] - (sound.pauses.get(end, 0) and _pause_inside(sound.pauses[end]))
            choices = (
                (cost + (logs[end - start] - usual) ** 2 / _LENGTH_SPREAD + before - up_to[start],
                 start)
                for start, (cost, _) in best[-1].items()
                if end - start >= 2
            )  # fmt: skip
            cheapest = min(choices, default=None)
            if cheapest is not None:
                found[end] = (cheapest[0] + here, cheapest[1])
        latest = max(best[-1])
        best.append(found or {max(latest, min(total, round(place))): (0.0, latest)})
    cuts = [min(best[-1], key=lambda end: best[-1][end][0])]
    for step in reversed(best[1:]):
        cuts.append(step[cuts[-1]][1])
    return cuts[::-1]


def _candidates(
    place: float, total: int, dips: Sequence[float], pauses: dict[int, int]
) -> list[int]:
    """Return where a word may end that the pace alone would let end at `place`."""
    low, high = max(1, int(place - _BAND)), min(total - 1, int(place + _BAND))
    return [
        at
        for at in range(low, high + 1)
        if at % _GRID == 0 or at in pauses or dips[at] < min(dips[at - 1], dips[at + 1], -0.05)
    ]


def _dips(levels: Sequence[float]) -> list[float]:
    """Return how far each window's neighbourhood lies above or below its wider surroundings."""
    sums = [0.0, *accumulate(levels)]

    def mean(at: int, reach: int) -> float:
        low, high = max(0, at - reach), min(len(levels), at + reach + 1)
        return (sums[high] - sums[low]) / (high - low)

    return [mean(at, 2) - mean(at, 15) for at in range(len(levels))] + [0.0]


def _pause_inside(windows: int) -> float:
    return _PAUSE_INSIDE_WORD * min(1.0, windows / 15)


def _cost_of_pauses(sound: _Sound) -> list[float]:
    """Return, for each place, what all pauses up to it would cost inside words."""
    costs = (
        _pause_inside(sound.pauses[at]) if at in sound.pauses else 0.0
        for at in range(len(sound.levels) + 1)
    )
    return list(accumulate(costs))


def _cost_of_cut(at: int, pauses: dict[int, int], dips: Sequence[float], closing: bool) -> float:
    if at in pauses:
        saved = _PAUSE_AT_COMMA if closing else _PAUSE_ELSEWHERE
        return -saved * min(1.5, pauses[at] / 15)
    return _DIP * dips[at] + (_COMMA_WITHOUT_PAUSE if closing else 0.0)
