"""Days as callers name them: weekdays, `tomorrow`, `the 24th`, `November 24th`, `Monday week`."""

import difflib
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september",
    "october", "november", "december",
)  # fmt: skip
_DAY = "|".join(WEEKDAYS)
_MONTH = "|".join((*MONTHS, *(m[:3] for m in MONTHS), "sept"))
_ABBREVIATIONS = {"mon": "monday", "tue": "tuesday", "tues": "tuesday", "wed": "wednesday",
                  "thu": "thursday", "thur": "thursday", "thurs": "thursday", "fri": "friday",
                  "sat": "saturday", "sun": "sunday"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class DayMention:
    """A day, or `days` days from it, and the span of the text that names it."""

    day: date
    days: int
    start: int
    end: int


def find_days(text: str, today: date) -> list[DayMention]:
    """Find the days named in a text of `numbers.digits`, in the order they are said."""
    text = _spelled_right(text)
    found: list[DayMention] = []
    for pattern, read in _PATTERNS:
        for match in re.finditer(pattern, text):
            if any(match.start() < m.end and m.start < match.end() for m in found):
                continue
            result = read(match, today)
            if result is not None:
                found.append(DayMention(*result, match.start(), match.end()))
    return sorted(found, key=lambda mention: mention.start)


def without_days(text: str, mentions: list[DayMention]) -> str:
    """Blank out what names a day, so that its numbers are not read again as a time."""
    text = _spelled_right(text)
    for mention in mentions:
        text = text[: mention.start] + "," * (mention.end - mention.start) + text[mention.end :]
    return text


def _spelled_right(text: str) -> str:
    return " ".join(_weekday_like(word) for word in text.split())


def _weekday_like(word: str) -> str:
    if word in WEEKDAYS or word in ("today", "day", "days", "birthday", "holiday", "someday"):
        return word
    if word in _ABBREVIATIONS and word not in ("sat", "sun", "mon", "wed"):
        return _ABBREVIATIONS[word]
    if word.endswith(("day", "days")) and len(word) >= 6:
        close = difflib.get_close_matches(word.removesuffix("s"), WEEKDAYS, 1, 0.7)
        return close[0] if close else word
    if len(word) >= 7 and word[0] == "t" and word not in ("tonight",):
        return "tomorrow" if difflib.SequenceMatcher(None, word, "tomorrow").ratio() > 0.8 else word
    return word


_Read = Callable[[re.Match[str], date], tuple[date, int] | None]


def _month_day(month: str, day: str, today: date) -> tuple[date, int] | None:
    number = next((i for i, name in enumerate(MONTHS, 1) if name.startswith(month[:3])), 0)
    for year in (today.year, today.year + 1):
        found = _date(year, number, int(day))
        if found is not None and found >= today:
            return found, 1
    return None


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _day_of_month(day: str, today: date) -> tuple[date, int] | None:
    for ahead in range(12):
        month = today.month - 1 + ahead
        found = _date(today.year + month // 12, month % 12 + 1, int(day))
        if found is not None and found >= today:
            return found, 1
    return None


def _plus(today: date, days: int) -> date:
    try:
        return today + timedelta(days=days)
    except OverflowError:
        return today


def _weekday(name: str, today: date, *, weeks: int = 0) -> tuple[date, int]:
    ahead = (WEEKDAYS.index(name) - today.weekday() - 1) % 7 + 1
    return _plus(today, ahead + 7 * weeks), 1


def _weekday_maybe_dated(match: re.Match[str], today: date) -> tuple[date, int] | None:
    name, day = match["name"], match["day"]
    if day:
        dated = _day_of_month(day, today)
        if dated is not None and dated[0].weekday() == WEEKDAYS.index(name):
            return dated
    return _weekday(name, today, weeks=1 if (match["which"] or "").startswith("following") else 0)


def _next_monday(today: date) -> date:
    return _plus(today, 7 - today.weekday())


def _spelled_count(word: str) -> int:
    return {"a": 1, "an": 1, "couple": 2}.get(word, 0) or int(word)


_PATTERNS: tuple[tuple[str, _Read], ...] = (
    (rf"(?:(?:on )?(?:{_DAY}) )?(?:the )?\b(\d{{1,2}})(?:th)? of ({_MONTH})\b",
     lambda m, t: _month_day(m[2], m[1], t)),
    (rf"(?:(?:on )?(?:{_DAY}) )?(?:the )?\b({_MONTH}) (?:the )?(\d{{1,2}})(?:th)?\b"
     r"(?! ?(?:am|pm|oclock|:))",
     lambda m, t: _month_day(m[1], m[2], t)),
    (r"\b(\d{1,2})/(\d{1,2})(?:/\d{2,4})?\b",
     lambda m, t: _month_day(MONTHS[int(m[1]) - 1], m[2], t) if 1 <= int(m[1]) <= 12 else None),
    (r"\b(?:the )?day after tomorrow\b", lambda m, t: (_plus(t, 2), 1)),
    (r"\btomorrow\b", lambda m, t: (_plus(t, 1), 1)),
    (r"\b(?:today|tonight|this (?:afternoon|morning|evening))\b", lambda m, t: (t, 1)),
    (rf"\b(?:(?:a|1) week (?:on|from)|week after next) ({_DAY})\b",
     lambda m, t: _weekday(m[1], t, weeks=1)),
    (rf"\b({_DAY}) (?:week|after next|in (?:a|1) week)\b",
     lambda m, t: _weekday(m[1], t, weeks=1)),
    (rf"\b(?P<which>this|next|coming|following|this coming)? ?(?P<name>{_DAY})s?\b"
     r"(?: (?:the )?(?P<day>\d{1,2})th\b)?",
     _weekday_maybe_dated),
    (r"\bthe (\d{1,2})th\b(?! (?:1|one|slot|option|time|car|vehicle))",
     lambda m, t: _day_of_month(m[1], t)),
    (r"\b((?:1[1-9]|[4-9]|2\d|3[01]))th\b(?! (?:1|one|slot|option|time|car|vehicle))",
     lambda m, t: _day_of_month(m[1], t)),
    (r"\bin (a|an|\d{1,2}) weeks?\b", lambda m, t: (_plus(t, 7 * _spelled_count(m[1])), 1)),
    (r"\bin (?:a )?(couple|\d{1,2})(?: of)? days?\b",
     lambda m, t: (_plus(t, _spelled_count(m[1])), 1)),
    (r"\b(?:next week|week after)\b", lambda m, t: (_next_monday(t), 6)),
    (r"\b(?:this week|later in the week)\b", lambda m, t: (t, max(1, 7 - t.weekday()))),
    (r"\b(?:as soon as possible|asap|(?:the )?earliest|soonest|(?:1th|next) available|right away|"
     r"any day|whenever|any ?time)\b",
     lambda m, t: (t, 7)),
)  # fmt: skip
