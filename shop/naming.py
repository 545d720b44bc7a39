"""Which service is meant when a caller names one in their own words."""

import unicodedata
from collections.abc import Callable, Sequence
from difflib import SequenceMatcher
from itertools import groupby
from typing import Generic, NamedTuple, TypeVar

S = TypeVar("S")

_LONGEST_TEXT = 200
_NEAREST = 3
_SAME_WORDS_MISHEARD = 0.84
"""How alike two phrases are when one is the other misheard: "oil chains" (0.84), not "oil leak"."""

_FILLERS = frozenset(
    """
    a an the my our your his her its some any and or of on for to in at with i we it is are am be
    need needs want wants would like get getting have having do done doing please just me us car
    truck vehicle um uh
    """.split()  # noqa: SIM905 - a list of fifty quoted words reads worse
)


def spoken_key(text: str) -> tuple[str, ...]:
    """Reduce a name to the words that count: lower case, no fillers, no plural s.

    >>> spoken_key("An oil and filter change")
    ('oil', 'filter', 'change')
    """
    plain = unicodedata.normalize("NFKD", text[:_LONGEST_TEXT]).casefold().replace("'", "")
    words = "".join(c if c.isalnum() and c.isascii() else " " for c in plain).split()
    words = _initials_joined(words)
    kept = [word for word in words if word not in _FILLERS] or words
    return tuple(_singular(word) for word in kept)


class ServiceNames(Generic[S]):
    """All names of all services, ready to be searched."""

    def __init__(self, services: Sequence[S], said: Callable[[S], tuple[str, ...]]) -> None:
        self._services = services
        self._names: dict[tuple[str, ...], S] = {}
        for service in services:
            for name in said(service):
                key = spoken_key(name)
                if key:
                    self._names.setdefault(key, service)

    def find(self, text: str) -> tuple[S | None, tuple[S, ...]]:
        """Return the one service that `text` means, or None and up to three that come near.

        In this order: a name said exactly; the longest name all of whose words were said, if one
        service alone has it; a name misheard by a sound or two.
        """
        key = spoken_key(text) if len(text) <= _LONGEST_TEXT else ()
        exact = self._names.get(key)
        if exact is not None:
            return exact, ()
        contained = self._contained(frozenset(key))
        if len(contained) == 1:
            return contained[0], ()
        if contained:
            return None, tuple(contained[:_NEAREST])
        ranked = self._ranked(key)
        alike = [service for score, service in ranked if score.alike >= _SAME_WORDS_MISHEARD]
        if len(alike) == 1:
            return alike[0], ()
        return None, tuple(service for _, service in ranked[:_NEAREST])

    def _contained(self, words: frozenset[str]) -> list[S]:
        longest, found = 0, list[S]()
        for key, service in self._names.items():
            if not words.issuperset(key) or len(key) < longest:
                continue
            if len(key) > longest:
                longest, found = len(key), []
            if service not in found:
                found.append(service)
        return found

    def _ranked(self, key: tuple[str, ...]) -> list[tuple["_Score", S]]:
        """Order the services by likeness: those that share a word first, then by sound."""
        said = " ".join(key)[:60]
        best: list[tuple[_Score, S]] = []
        for service in self._services:
            names = [name for name, owner in self._names.items() if owner is service]
            scores = (_likeness(said, key, name) for name in names)
            best.append((max(scores, default=_Score(False, 0.0)), service))
        best.sort(key=lambda scored: scored[0], reverse=True)
        return best


class _Score(NamedTuple):
    shares_a_word: bool
    alike: float


def _likeness(said: str, key: tuple[str, ...], name: tuple[str, ...]) -> _Score:
    alike = SequenceMatcher(None, said, " ".join(name), autojunk=False).ratio()
    return _Score(not set(key).isdisjoint(name), alike)


def _initials_joined(words: list[str]) -> list[str]:
    """Write letters said one by one as one word, an article before them left out: "A C" is "ac"."""
    joined: list[str] = []
    for single, run in groupby(words, key=lambda word: len(word) == 1):
        letters = list(run)
        if not single or len(letters) == 1:
            joined += letters
            continue
        article = len(letters) > 2 and letters[0] in ("a", "i")
        joined.append("".join(letters[1:] if article else letters))
    return joined


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
