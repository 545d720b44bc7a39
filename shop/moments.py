"""Reads days, times of day and prices out of plain words, to compare them with what is so."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from shop.numerals import cardinal, ordinal
from shop.shopfile import WEEKDAYS

MONTHS = (
    *("january", "february", "march", "april", "may", "june", "july", "august", "september"),
    *("october", "november", "december"),
)
_NUMBERS = {cardinal(n): n for n in (*range(20), *range(20, 100, 10))}
_ORDINALS = {ordinal(n).replace("-", " "): n for n in range(1, 32)}
_NOT_A_TIME = frozenset(
    """
    dollars dollar bucks cents minutes minute hours hour days day weeks week months month
    miles cars car visits visit appointments times options bays people percent of things
    questions services tires years year keys more other others to hundred thousand point
    """.split()  # noqa: SIM905 - a table, not code
)
_OLD = frozenset("from was originally old previous instead than not were".split())  # noqa: SIM905
_LIMIT = frozenset(
    "until till by before after opens open closes close closing between past".split()  # noqa: SIM905
)
_LEADS = frozenset("at around about for to from is now , on be are and or the".split())  # noqa: SIM905


@dataclass(frozen=True, slots=True)
class Day:
    """A day as it was named, by any of its marks."""

    weekday: int | None = None
    of_month: int | None = None
    month: int | None = None
    ahead: int | None = None

    def fits(self, day: date, today: date) -> bool:
        """Say whether `day` can be meant, seen from `today`."""
        return (
            self.weekday in (None, day.weekday())
            and self.of_month in (None, day.day)
            and self.month in (None, day.month)
            and (self.ahead is None or day == today + timedelta(days=self.ahead))
        )


@dataclass(frozen=True, slots=True)
class TimeOfDay:
    """A time as it was named; without `half` ("am", "pm") either half of the day is meant."""

    hour: int
    minute: int = 0
    half: str | None = None

    def fits(self, at: datetime) -> bool:
        """Say whether the wall time `at` can be meant."""
        if self.hour > 12 or self.hour == 0:
            return (self.hour, self.minute) == (at.hour, at.minute)
        half = self.half in (None, "am" if at.hour < 12 else "pm")
        return (self.hour % 12, self.minute) == (at.hour % 12, at.minute) and half


@dataclass(frozen=True, slots=True)
class Moment:
    """A day, a time or both, as named together; `old` when it is what is left behind."""

    day: Day | None = None
    time: TimeOfDay | None = None
    old: bool = False

    def fits(self, at: datetime, today: date) -> bool:
        """Say whether the wall time `at` agrees with everything that was named."""
        return (self.day is None or self.day.fits(at.date(), today)) and (
            self.time is None or self.time.fits(at)
        )


def moments(words: str) -> list[Moment]:
    """Return the moments named in plain words, in order; limits ("until five") are left out."""
    tokens = words.split()
    found: list[Moment] = []
    at, joined = 0, -9
    while at < len(tokens):
        day, after = _day(tokens, at)
        old = any(word in _OLD for word in tokens[max(0, at - 2) : at])
        if day is not None:
            if found and found[-1].day is None and at - joined <= 2:
                found[-1] = Moment(day, found[-1].time, found[-1].old)
            else:
                found.append(Moment(day, None, old))
            at = joined = after
            continue
        time, after = _time(tokens, at, near_day=at - joined <= 1)
        if time is not None:
            open_day = found and found[-1].day is not None and found[-1].time is None
            if open_day and at - joined <= 4:
                found[-1] = Moment(found[-1].day, time, found[-1].old)
            else:
                same = found[-1].day if found and at - joined <= 2 else None
                found.append(Moment(same, time, old))
            joined = after
        at = max(after, at + 1)
    return found


def prices(words: str) -> list[int]:
    """Return the amounts in dollars that plain words name, both ends of a range included."""
    tokens = words.split()
    found: list[int] = []
    pending: list[int] = []
    at = 0
    while at < len(tokens):
        number, after = number_at(tokens, at)
        if number is None:
            if tokens[at] not in ("to", "and", "or", "dollars"):
                pending = []
            at += 1
            continue
        pending.append(number)
        if after < len(tokens) and tokens[after] in ("dollars", "dollar", "bucks"):
            found += pending
            pending = []
        at = after
    return found


def bare_prices(words: str) -> list[int]:
    """Return amounts said without "dollars", "it is thirty-nine ninety-nine"; hours are none."""
    found: list[int] = []
    tokens = words.split()
    for at, token in enumerate(tokens[:-1]):
        if token not in ("is", "costs", "cost", "runs", "run", "to", "be", "just", "only", "about"):
            continue
        number, after = number_at(tokens, at + 1)
        if number is None or number <= 12:
            continue
        cents, end = number_at(tokens, after) if after < len(tokens) else (None, after)
        follows = tokens[end if cents is not None else after :][:1]
        if not follows or follows[0] in (",", ".", ";", "!", "plus", "for", "flat", "even"):
            found.append(number)
    return found


def number_at(tokens: Sequence[str], at: int) -> tuple[int | None, int]:
    """Read a whole number below a million that begins at `at`; return it and where it ends."""
    if tokens[at].isdecimal() and len(tokens[at]) < 7:
        return int(tokens[at]), at + 1
    thousands, value, begun, i = 0, 0, False, at
    while i < len(tokens):
        word = tokens[i]
        number = _NUMBERS.get(word)
        if number is not None and (not begun or _fits_behind(value, number)):
            value, begun = value + number, True
        elif word == "hundred" and begun and 0 < value < 100:
            value *= 100
        elif word == "thousand" and begun and not thousands:
            thousands, value = value * 1000, 0
        elif word == "a" and i == at and tokens[i + 1 : i + 2] == ["hundred"]:
            value, begun = 1, True
        else:
            break
        i += 1
    return (thousands + value, i) if begun else (None, at)


def _fits_behind(value: int, number: int) -> bool:
    """Say whether a number word goes on after `value`: "twenty" and "five", a hundred and "ten"."""
    if value % 100 == 0:
        return number > 0
    return value % 10 == 0 and value % 100 >= 20 and 0 < number < 10


def _day(tokens: Sequence[str], at: int) -> tuple[Day | None, int]:
    word = tokens[at]
    if word in ("today", "tonight"):
        return Day(ahead=0), at + 1
    if word == "tomorrow":
        return Day(ahead=1), at + 1
    iso = re.fullmatch(r"(\d{4})", word)
    if iso and len(tokens) > at + 2 and tokens[at + 1].isdecimal() and tokens[at + 2].isdecimal():
        return Day(month=int(tokens[at + 1]), of_month=int(tokens[at + 2])), at + 3
    weekday, after = None, at
    if word in WEEKDAYS:
        weekday, after = WEEKDAYS.index(word), at + 1
    following = _skip(tokens, after, (",", "the", "on")) if weekday is not None else after
    month, of_month, end = _date(tokens, following)
    if of_month is None and weekday is None:
        return None, at
    if of_month is None:
        return Day(weekday), after
    return Day(weekday, of_month, month), end


def _date(tokens: Sequence[str], at: int) -> tuple[int | None, int | None, int]:
    """Read "november twenty fourth", "the 24th of november" or a bare ordinal with "the"."""
    if at >= len(tokens):
        return None, None, at
    if tokens[at] in MONTHS:
        of_month, after = _ordinal(tokens, _skip(tokens, at + 1, ("the",)), bare=True)
        if of_month is None:
            return None, None, at
        return MONTHS.index(tokens[at]) + 1, of_month, _past_year(tokens, after)
    of_month, after = _ordinal(tokens, at, bare=False)
    if of_month is None or (at and tokens[at - 1] not in ("the", "on", ",", *WEEKDAYS)):
        return None, None, at
    then = _skip(tokens, after, ("of",))
    if then < len(tokens) and tokens[then] in MONTHS:
        return MONTHS.index(tokens[then]) + 1, of_month, then + 1
    # "the first one" is no date, "the first" at the end of a clause may be.
    if after < len(tokens) and tokens[after] in ("one", "time", "thing", "visit", "available"):
        return None, None, at
    return None, of_month, after


def _past_year(tokens: Sequence[str], at: int) -> int:
    """Return where a year ends that follows a date, `at` when there is none."""
    start = _skip(tokens, at, (",",))
    if start < len(tokens) and re.fullmatch(r"20\d\d", tokens[start]):
        return start + 1
    if tokens[start : start + 1] != ["twenty"] or start + 1 >= len(tokens):
        return at
    number, after = number_at(tokens, start + 1)
    return after if number is not None and 20 <= number < 100 else at


def _ordinal(tokens: Sequence[str], at: int, *, bare: bool) -> tuple[int | None, int]:
    for length in (2, 1):
        number = _ORDINALS.get(" ".join(tokens[at : at + length]))
        if number and len(tokens) >= at + length:
            return number, at + length
    match = re.fullmatch(r"(\d{1,2})(st|nd|rd|th)?", tokens[at]) if at < len(tokens) else None
    if match and (match[2] or bare) and 1 <= int(match[1]) <= 31:
        return int(match[1]), at + 1
    if bare and at < len(tokens):
        number, after = number_at(tokens, at)
        if number is not None and 1 <= number <= 31:
            return number, after
    return None, at


def _time(tokens: Sequence[str], at: int, *, near_day: bool) -> tuple[TimeOfDay | None, int]:
    before = tokens[at - 1] if at else ""
    if before in _LIMIT or (before == "at" and at > 1 and tokens[at - 2] in _LIMIT):
        return None, at
    if tokens[at] in ("noon", "midnight"):
        return TimeOfDay(12, 0, "pm" if tokens[at] == "noon" else "am"), at + 1
    if tokens[at] in ("half", "quarter") and tokens[at + 1 : at + 2] in (["past"], ["to"]):
        hour, after = number_at(tokens, at + 2) if at + 2 < len(tokens) else (None, at)
        if hour is not None and 1 <= hour <= 12:
            minute = 30 if tokens[at] == "half" else 15 if tokens[at + 1] == "past" else 45
            hour = hour if tokens[at + 1] == "past" else hour - 1 or 12
            half, after = _half(tokens, after)
            return TimeOfDay(hour, minute, half), after
    clock = re.fullmatch(r"(\d{1,2})h(\d\d)", tokens[at])
    if clock and int(clock[1]) < 24 and int(clock[2]) < 60:
        half, after = _half(tokens, at + 1)
        return TimeOfDay(int(clock[1]), int(clock[2]), half), after
    return _spoken_time(tokens, at, likely=near_day or before in _LEADS)


def _spoken_time(tokens: Sequence[str], at: int, *, likely: bool) -> tuple[TimeOfDay | None, int]:
    """Read "two", "two thirty pm", "nine oh five in the morning"."""
    hour = _NUMBERS.get(tokens[at], int(tokens[at]) if re.fullmatch(r"\d\d?", tokens[at]) else 0)
    if not 1 <= hour <= 12:
        return None, at
    minute, after = 0, at + 1
    if tokens[after : after + 1] == ["oh"] and after + 1 < len(tokens):
        minute, after = _NUMBERS.get(tokens[after + 1], 0), after + 2
    elif after < len(tokens):
        number, end = number_at(tokens, after)
        if number is not None and 10 <= number < 60:
            minute, after = number, end
    half, end = _half(tokens, after)
    if end > after:
        # "Twelve fifteen at night" is past midnight.
        half = "am" if hour == 12 and tokens[end - 1] == "night" else half
        return TimeOfDay(hour, minute, half), end
    follows = tokens[after] if after < len(tokens) else ""
    if not likely or follows in _NOT_A_TIME or _is_number(follows):
        return None, at
    return TimeOfDay(hour, minute), after


def _half(tokens: Sequence[str], at: int) -> tuple[str | None, int]:
    if tokens[at : at + 1] == ["oclock"]:
        half, after = _half(tokens, at + 1)
        return half, after
    if tokens[at : at + 1] in (["am"], ["pm"]):
        return tokens[at], at + 1
    said = " ".join(tokens[at : at + 3])
    for phrase, half in (("in the morning", "am"), ("in the afternoon", "pm"),
                         ("in the evening", "pm"), ("at night", "pm")):  # fmt: skip
        if said == phrase or said.startswith(phrase + " "):
            return half, at + len(phrase.split())
    return None, at


def _skip(tokens: Sequence[str], at: int, words: tuple[str, ...]) -> int:
    while at < len(tokens) and tokens[at] in words:
        at += 1
    return at


def _is_number(word: str) -> bool:
    return word in _NUMBERS or word.isdecimal()
