"""Where digits stand in a text, written or said: "4111", "forty one eleven", "double four"."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from shop.spelling import MISHEARD_NUMBERS, NUMBERS

_REPEATS = {"double": 2, "triple": 3, "treble": 3, "quadruple": 4}
_PAUSES = frozenset(
    """
    dash hyphen minus space dot point period comma slash pause uh um er ah uhm erm hmm and then
    okay ok so yes
    """.split()  # noqa: SIM905 - a table, not code
)
"""What people and recognisers put between the digits of one number."""

_MOST_PAUSES = 3
_JOINED = re.compile(r"[\s\-\u2010-\u2015\u2212_.,/?!…]*")
"""What may stand between two groups of one number; a colon, a sign or a bracket ends it."""

_NO_DICTATION = (
    r"\$\s?\d[\d,]*(?:\.\d+)?",  # a price
    r"\d+(?:[.,]\d+)?\s?%",
    r"\d{1,2}:\d\d(?::\d\d)?",  # a time of day
    r"(?<!\d)\d{4}-\d\d-\d\d(?![\d-])",  # a date, ISO 8601
    r"(?<![\d,])\d{1,3}(?:,\d{3})+(?![\d,])",  # thousands: a mileage
    r"(?<![\d.])\d+\.\d\d(?![\d.])",  # dollars and cents
)
_TOKEN = re.compile(
    rf"(?P<other>{'|'.join(_NO_DICTATION)})|(?P<number>\d+)|(?P<word>[^\W\d_]+(?:['’][^\W\d_]+)*)"
)


@dataclass(frozen=True, slots=True)
class Group:
    """Digits said in one go and where they stand; `guess`: a word that may be none ("to")."""

    digits: str
    start: int
    end: int
    guess: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """Groups of digits with nothing but pauses between them, as in one dictated number."""

    groups: tuple[Group, ...]
    after_plus: bool

    @property
    def digits(self) -> str:
        """All its digits."""
        return "".join(group.digits for group in self.groups)

    @property
    def start(self) -> int:
        """Where it begins in the text."""
        return self.groups[0].start

    @property
    def end(self) -> int:
        """Where it ends in the text."""
        return self.groups[-1].end

    def ends(self, text: str) -> bool:
        """Say whether nothing but pauses follows: more digits may be on their way."""
        return all(word in _PAUSES for word in re.findall(r"\w+", text[self.end :].lower()))


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    kind: str
    start: int
    end: int


def runs(text: str, *, guesses: bool = False) -> list[Run]:
    """Return the runs of digits in `text`, in order.

    Prices, times, dates, mileages and digits among letters are no dictation and end a run. With
    `guesses`, words that recognisers write for digits ("to", "for") count inside a run.
    """
    found: list[Run] = []
    groups: list[Group] = []
    plus = False
    last_end = pauses = 0
    tokens = list(_tokens(text))
    position = 0
    while position < len(tokens):
        token = tokens[position]
        group, position = _group(tokens, position, guesses=guesses and bool(groups))
        joined = _JOINED.fullmatch(text, last_end, token.start) is not None
        if groups and (not joined or (group is None and not _is_pause(token, pauses))):
            found += _run(groups, after_plus=plus)
            groups = []
        if group is not None:
            plus = plus if groups else _after_plus(text, token.start)
            groups.append(group)
            pauses = 0
        else:
            pauses += 1
        last_end = group.end if group else token.end
    return [*found, *_run(groups, after_plus=plus)]


def _run(groups: list[Group], *, after_plus: bool) -> list[Run]:
    while groups and groups[-1].guess:
        groups = groups[:-1]
    return [Run(tuple(groups), after_plus)] if groups else []


def _is_pause(token: _Token, pauses: int) -> bool:
    return token.kind == "word" and token.text.lower() in _PAUSES and pauses < _MOST_PAUSES


def _after_plus(text: str, start: int) -> bool:
    before = text[:start].rstrip(" (")
    return before.endswith("+") or before.lower().endswith("plus")


def _tokens(text: str) -> Iterator[_Token]:
    """Yield words and numbers; what mixes letters and digits ("21st", a VIN) is neither."""
    raw = [
        _Token(match.group(), match.lastgroup or "other", match.start(), match.end())
        for match in _TOKEN.finditer(text)
    ]
    for index, token in enumerate(raw):
        touches = (index > 0 and raw[index - 1].end == token.start) or (
            index + 1 < len(raw) and raw[index + 1].start == token.end
        )
        yield _Token(token.text, "other", token.start, token.end) if touches else token


def _group(tokens: Sequence[_Token], at: int, *, guesses: bool) -> tuple[Group | None, int]:
    """Return the digits that begin at token `at`, if any, and the token after what was read."""
    token = tokens[at]
    following = tokens[at + 1] if at + 1 < len(tokens) else None
    word = token.text.lower()
    digits = _digits(token)
    if token.kind == "word" and word in _REPEATS and following:
        repeated = _digits(following)
        if repeated is not None and len(repeated) == 1:
            return Group(repeated * _REPEATS[word], token.start, following.end), at + 2
    if digits is None:
        misheard = MISHEARD_NUMBERS.get(word) if guesses and token.kind == "word" else None
        return (Group(misheard, token.start, token.end, guess=True) if misheard else None), at + 1
    if token.kind == "word" and len(digits) == 2 and digits[1] == "0" and following:
        unit = _digits(following) if following.kind == "word" else None
        if digits[0] >= "2" and unit is not None and len(unit) == 1 and unit != "0":
            return Group(digits[0] + unit, token.start, following.end), at + 2
    return Group(digits, token.start, token.end), at + 1


def _digits(token: _Token) -> str | None:
    if token.kind == "number":
        return "".join(str(unicodedata.decimal(c)) for c in token.text)
    if token.kind == "word":
        word = token.text.lower()
        return "0" if word == "o" else NUMBERS.get(word)
    return None
