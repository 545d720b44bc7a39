"""What a caller's sentence says, whatever the recogniser made of it."""

import difflib
import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from sandbox.openai.dates import DayMention, find_days, without_days
from sandbox.openai.numbers import digits, plain
from sandbox.openai.phrases import ASIDES, GOALS, NATO, NO, NOT_A_NAME, SERVICES, YES
from sandbox.openai.times import TimeWish, find_time

_GOALS = tuple((name, re.compile(pattern)) for name, pattern in GOALS)
_ASIDES = tuple((name, re.compile(pattern)) for name, pattern in ASIDES)
_YES, _NO = re.compile(YES), re.compile(NO)
MAX_HEARD_CHARS = 600  # a long monologue is read from its end; nobody says more in one breath


@dataclass(frozen=True, slots=True)
class Heard:
    """One sentence of the caller, understood."""

    text: str
    plain: str
    digits: str
    goals: tuple[str, ...]
    asides: frozenset[str]
    yes: bool
    no: bool
    service: str | None
    days: tuple[DayMention, ...]
    time: TimeWish | None
    pick: int | None
    also: tuple[tuple[str, str], ...] = ()
    """Further services named after the first, each with the words around it."""
    own: str = ""
    """The words that are about the first service."""

    @property
    def empty(self) -> bool:
        """Say whether nothing at all was understood."""
        return not (
            self.goals
            or self.asides
            or self.yes
            or self.no
            or self.service
            or self.days
            or self.time
            or self.pick is not None
        )


Offered = tuple[tuple[str, str], ...]
"""Code and name of each service a shop offers."""


# The whole conversation is read again for each answer; only its last line is new.
@lru_cache(maxsize=4096)
def hear(text: str, *, today: date, offered: Offered, number_expected: bool) -> Heard:
    """Read one sentence; `number_expected` says that a bare number would be a time."""
    words = plain(text[-MAX_HEARD_CHARS:])
    numbers = digits(words)
    days = find_days(numbers, today)
    rest = without_days(numbers, days)
    if number_expected:
        rest = re.sub(r"^(no )?(to|too)( please)?$", "2", rest)
        rest = re.sub(r"^(no )?(for|four)( please)?$", "4", rest)
    # "the second one" names no hour.
    rest = re.sub(
        r"\b(\d+th|last|that|this|the|earlier|later|middle|other|new|old\w*) 1\b", r"\1", rest
    )
    clauses = _service_clauses(words, service_phrases(offered))
    asides = frozenset(name for name, pattern in _ASIDES if pattern.search(words))
    no = bool(_NO.search(words))
    return Heard(
        text=text,
        plain=words,
        digits=numbers,
        goals=tuple(name for name, pattern in _GOALS if pattern.search(words)),
        asides=asides,
        yes=bool(_YES.search(words)) and not no,
        no=no,
        service=clauses[0][0] if clauses else find_service(words, service_phrases(offered)),
        days=tuple(days),
        time=find_time(rest, expected=number_expected),
        pick=_pick(numbers),
        also=clauses[1:],
        own=clauses[0][1] if clauses else text,
    )


def _service_clauses(
    words: str, services: dict[str, tuple[str, ...]]
) -> tuple[tuple[str, str], ...]:
    """Cut a sentence that names several services; empty when it names one, or none."""
    found: list[tuple[str, str]] = []
    for clause in re.split(r"\b(?:and|plus|also|as well as|then)\b", words):
        service = find_service(clause, services)
        if service is not None and service not in (code for code, _ in found):
            found.append((service, clause))
        elif found:
            found[-1] = (found[-1][0], f"{found[-1][1]} {clause}")
    return tuple(found) if len(found) > 1 else ()


def _pick(numbers: str) -> int | None:
    order = (
        (r"\b(last|latest|later|third|3th)\b(?! (time|week))", -1),
        (r"\b(2th|middle|second)\b (one|1|slot|option|time)?", 1),
        (r"\b(1th|first|earlier|earliest|soonest)\b", 0),
    )
    for pattern, index in order:
        if re.search(pattern, numbers + " "):
            return index
    return None


def find_service(words: str, services: dict[str, tuple[str, ...]]) -> str | None:
    """Find the service meant: the longest phrase said, else the likest one."""
    bare = re.sub(r"\b(my|the|an?|some|our)\b ?", "", words)
    best: tuple[float, int, str] | None = None
    for code, phrases in services.items():
        for phrase in phrases:
            for said, form in ((words, phrase), (bare, re.sub(r"\b(my|the|an?) ", "", phrase))):
                if re.search(rf"\b{re.escape(form)}\b", said):
                    best = max(best or (0.0, 0, ""), (1.0, len(form), code))
    if best is not None:
        return best[2]
    return _likest_service(words.split(), services)


def _likest_service(tokens: list[str], services: dict[str, tuple[str, ...]]) -> str | None:
    best, found = 0.8, None
    for code, phrases in services.items():
        for phrase in phrases:
            size = phrase.count(" ") + 1
            if len(phrase) < 8:
                continue
            for i in range(len(tokens) - size + 1):
                gram = " ".join(tokens[i : i + size])
                if abs(len(gram) - len(phrase)) > 3:
                    continue
                ratio = difflib.SequenceMatcher(None, gram, phrase).ratio()
                if ratio > best:
                    best, found = ratio, code
    return found


@lru_cache(maxsize=64)
def service_phrases(offered: Offered) -> dict[str, tuple[str, ...]]:
    """Join what callers say with the codes and names of the services a shop offers."""
    table = dict(SERVICES)
    if not offered:
        return table
    phrases: dict[str, tuple[str, ...]] = {}
    for code, name in offered:
        known = table.get(code) or _by_stem(code, table)
        phrases[code] = (plain(name), code.replace("_", " "), *known)
    return phrases


def _by_stem(code: str, table: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    for known, phrases in table.items():
        if known in code or phrases[-1] in code.replace("_", " "):
            return phrases
    return ()


def read_name(text: str) -> tuple[str, ...]:
    """Read a person's name as up to three capitalised words; spelled letters are joined."""
    cleaned = re.sub(r"[^\w\s'\-]", " ", text.replace("’", "'"))
    cleaned = re.sub(r"\b(\w)(?:-(\w)\b)+", lambda m: m[0].replace("-", ""), cleaned)
    words: list[str] = []
    letters = ""
    for raw in cleaned.split():
        word = raw.strip("'-_")
        if len(word) == 1 and word.isalpha() and word.lower() != "i":
            letters += word
            continue
        if letters:
            words.append(letters)
            letters = ""
        lowered = word.lower()
        if not word or lowered in NOT_A_NAME or any(c.isdigit() for c in word):
            continue
        words.append(word)
    if letters:
        words.append(letters)
    names = [
        w[:1].upper() + (w[1:].lower() if w.isupper() or w.islower() else w[1:]) for w in words
    ]
    return _unspelled(names)[:3]


def _unspelled(names: list[str]) -> tuple[str, ...]:
    """Drop a word that was said and then spelled: `Whitfield Whitfield`."""
    kept: list[str] = []
    for name in names:
        if name.lower() in (k.lower() for k in kept) or (NATO.get(name.lower()) and len(names) > 4):
            continue
        kept.append(name)
    return tuple(kept)
