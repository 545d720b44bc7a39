"""Dates and times of day, written in figures, turned into the words people say for them."""

import re
from datetime import date, time, timedelta

from shop.numerals import cardinal, in_pairs, ordinal
from shop.shopfile import WEEKDAYS
from shop.speech import speak_date, speak_time

_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August", "September"),
    *("October", "November", "December"),
)
_FULL_DAY = "|".join(day.capitalize() for day in WEEKDAYS)
_SURE_DAY = "Mon|Tues?|Weds?|Thu(?:rs?)?|Fri"
_ANY_DAY = rf"(?:{_FULL_DAY}|{_SURE_DAY}|Sat|Sun)"
_DAY_AHEAD = rf"(?:\b(?P<weekday>{_ANY_DAY})\b\.?,?\s+(?:the\s+)?)?"
_MONTH = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|"
    r"Sept?(?:ember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)"
)
_HALF = r"[ap]\.?\s?m\b\.?"
_PART_OF_DAY = r"\s+(?:in the (?:morning|afternoon|evening)|at night|o'?clock|noon|midnight)\b"
_DASH = r"\s*[-\u2013\u2014]\s*"
_NO_UNIT = (
    r"(?!\s*(?:min|hour|hr|day|week|mile|mi\b|dollar|percent|%|year|month|psi|point|qt|quart))"
)

_ISO = re.compile(
    rf"(?P<on>\b[Oo]n\s+)?{_DAY_AHEAD}\b(?P<year>\d{{4}})-(?P<month>\d\d)-(?P<day>\d\d)"
    r"(?:(?:T|\s+(?:at\s+)?)(?P<hour>[01]\d|2[0-3]):(?P<minute>[0-5]\d)(?::\d\d(?:\.\d+)?)?"
    r"(?:Z|[+-]\d\d:?\d\d)?(?!\s*[ap]\.?m))?(?![\d-])"
)
_NUMERIC = re.compile(
    rf"(?P<on>\b[Oo]n\s+)?{_DAY_AHEAD}(?<![\d/.$-])(?P<month>0?[1-9]|1[0-2])(?P<sep>[/-])"
    r"(?P<day>0?[1-9]|[12]\d|3[01])(?:(?P=sep)(?P<year>\d{4}|\d\d))?(?![\d/-]|\.\d|\s?%)"
    r"(?!\s*(?:an?\b|of\b|hour|hr|inch|mile|quart|gallon|price|off\b|full|tank|way))"
)
_NAMED = re.compile(
    rf"{_DAY_AHEAD}\b(?P<month>{_MONTH})\.?\s+(?P<the>the\s+)?(?P<day>[12]?\d|3[01])"
    r"(?:st|nd|rd|th)?\b(?!:\d|\s*[ap]\.?m)(?:,?\s+(?P<year>(?:19|20)\d\d)\b)?"
)
_DAY_FIRST = re.compile(
    rf"(?P<the>\b[Tt]he\s+)?\b(?P<day>[12]?\d|3[01])(?:st|nd|rd|th)?\s+(?:of\s+)?(?P<month>{_MONTH})\b\.?(?=[\s,.?!;]|$)"
)
_DAY_RANGE = re.compile(
    rf"\b(?P<one>{_ANY_DAY})\b\.?(?:{_DASH}|\s+(?:thru|to|through)\s+)(?P<other>{_ANY_DAY})\b",
    re.IGNORECASE,
)
_SHORT_DAY = re.compile(
    rf"\b(?P<day>{_SURE_DAY})\b(?P<dot>\.(?=\s+[a-z0-9,]|,))?"
    r"|(?P<before>\b(?:on|next|this|until|till|and|or|by)\s+)(?P<weekend>Sat|Sun)\b"
    r"|\b(?P<ahead>Sat|Sun)\b\.?(?=,?\s+(?:\d|at\b|noon|closed|open|mornings?|afternoons?|"
    r"[A-Z][a-z]{2,8}\.? \d)|:)"
)
_SPAN = re.compile(
    rf"(?<![\w$:/.,-])(?P<h1>\d{{1,2}})(?::(?P<m1>[0-5]\d))?\s*(?P<x1>{_HALF})?(?P<to>{_DASH}|\s+to\s+)"
    rf"(?P<h2>\d{{1,2}})(?::(?P<m2>[0-5]\d))?(?:\s*(?P<x2>{_HALF}))?(?![\w:%/-]|\.\d){_NO_UNIT}",
    re.IGNORECASE,
)
_WITH_HALF = re.compile(
    rf"(?<![\w$:.,-])(?P<hour>1[0-2]|0?[1-9])(?:[:.](?P<minute>[0-5]\d)(?::00)?)?\s*(?P<half>{_HALF})"
    rf"(?P<part>{_PART_OF_DAY})?",
    re.IGNORECASE,
)
_CLOCK = re.compile(
    r"(?<![\w$:.,/])(?P<hour>[01]?\d|2[0-3]):(?P<minute>[0-5]\d)(?::[0-5]\d)?(?![\d:])"
    rf"(?P<part>{_PART_OF_DAY})?",
    re.IGNORECASE,
)
_HOURS_AHEAD = re.compile(
    rf"(?:\b(?:{_FULL_DAY})s?,?:?|\bopen|\bhours(?: are)?:?|\bfrom|\bclosed|\blunch(?: is)?:?)\s*$",
    re.IGNORECASE,
)


def when_in_words(text: str, today: date) -> str:
    """Return `text` with its dates and times of day in words, as seen from `today`.

    What is written is kept: a time without "am" stays without a half of the day unless the figures
    decide it ("14:00", "09:00"), and a weekday stands even if the date beside it disagrees.
    """
    text = _ISO.sub(lambda m: _figures(m, today), text)
    text = _NUMERIC.sub(lambda m: _figures(m, today), text)
    text = _NAMED.sub(lambda m: _named(m, today), text)
    text = _DAY_FIRST.sub(
        lambda m: f"{m['the'] or 'the '}{ordinal(int(m['day']))} of {_month(m['month'])}", text
    )
    text = _DAY_RANGE.sub(_days, text)
    text = _SHORT_DAY.sub(_short_day, text)
    text = _SPAN.sub(_span, text)
    text = _WITH_HALF.sub(_with_half, text)
    return _CLOCK.sub(_clock, text)


def _figures(match: re.Match[str], today: date) -> str:
    day = _day(match, today)
    if day is None:
        return match[0]
    weekday = match["weekday"] and _weekday(match["weekday"])
    if weekday is None:
        said = speak_date(day, today)
    elif weekday.lower() == WEEKDAYS[day.weekday()] and 0 <= (day - today).days <= 7:
        said = f"{weekday} the {ordinal(day.day)}"
    else:
        said = f"{weekday}, {_MONTHS[day.month - 1]} {ordinal(day.day)}"
    on = match["on"] or ""
    said = said if said in ("today", "tomorrow") else f"{on}{said}"
    found = match.groupdict()
    if found.get("hour"):
        said += f" at {speak_time(time(int(found['hour']), int(found['minute'])))}"
    return said


def _day(match: re.Match[str], today: date) -> date | None:
    """Return the day that figures name; without a year, the one that is near or still to come."""
    try:
        year = match["year"]
        if year is not None:
            full = int(year) + (2000 if len(year) == 2 else 0)
            return date(full, int(match["month"]), int(match["day"]))
        if match.groupdict().get("sep") == "-":
            return None
        day = date(today.year, int(match["month"]), int(match["day"]))
        if day < today - timedelta(days=60):
            day = date(today.year + 1, day.month, day.day)
    except ValueError:
        return None
    return day


def _named(match: re.Match[str], today: date) -> str:
    number = int(match["day"])
    if not number:
        return match[0]
    weekday = f"{_weekday(match['weekday'])}, " if match["weekday"] else ""
    year = f", {in_pairs(int(match['year']))}" if match["year"] else ""
    year = "" if match["year"] == str(today.year) else year
    return f"{weekday}{_month(match['month'])} {match['the'] or ''}{ordinal(number)}{year}"


def _month(written: str) -> str:
    return next(month for month in _MONTHS if month.startswith(written[:3]))


def _weekday(written: str) -> str:
    start = written[:3].lower()
    return next(day.capitalize() for day in WEEKDAYS if day.startswith(start))


def _days(match: re.Match[str]) -> str:
    one, other = _weekday(match["one"]), _weekday(match["other"])
    whole = (one.lower(), other.lower()) == (match["one"].lower(), match["other"].lower())
    in_words = whole and match[0][len(match["one"])] == " " and match[0].count(" ") == 2
    return match[0] if in_words and "-" not in match[0] else f"{one} to {other}"


def _short_day(match: re.Match[str]) -> str:
    return (match["before"] or "") + _weekday(match["day"] or match["weekend"] or match["ahead"])


def _span(match: re.Match[str]) -> str:
    """Say "9-17", "9:00-17:00", "2-3 PM"; figures that need be no times are left."""
    one, other = int(match["h1"]), int(match["h2"])
    first, last = match["x1"], match["x2"]
    ahead = match.string[: match.start()]
    written = match["m1"] or match["m2"] or first or last
    hours = match["to"].strip() != "to" and _HOURS_AHEAD.search(ahead) and one < other
    if one > 23 or other > 24 or not (written or hours):
        return match[0]
    if not written and other <= 12 and not re.search(r"day|open|hours", ahead[-12:]):
        return match[0]
    start, end = (int(match["m1"] or 0), int(match["m2"] or 0))
    if other > 12 and not (first or last):
        said = speak_time(time(one, start)), speak_time(time(other % 24, end))
    else:
        same = first and last and first[0].lower() == last[0].lower()
        said = (
            _twelve(one, start, None if same else first),
            _twelve(other, end, last),
        )
    joint = "and" if re.search(r"\bbetween\s+$", ahead) else "to"
    lead = "from " if re.search(rf"(?:{_FULL_DAY})s?,?\s+$", ahead) else ""
    return f"{lead}{said[0]} {joint} {said[1]}{_full_stop(match, last)}"


def _with_half(match: re.Match[str]) -> str:
    hour, minute = int(match["hour"]), int(match["minute"] or 0)
    if match["part"]:
        return f"{_twelve(hour, minute, None)}{match['part']}"
    return _twelve(hour, minute, match["half"]) + _full_stop(match, match["half"])


def _clock(match: re.Match[str]) -> str:
    hour, minute, part = int(match["hour"]), int(match["minute"]), match["part"]
    if hour > 12 or (match["hour"].startswith("0") and not part):
        said = speak_time(time(hour, minute))
        return said if not part or part.strip() in said else f"{said}{part}"
    if part or minute:
        return f"{_twelve(hour, minute, None)}{part or ''}"
    return f"{cardinal(hour)} o'clock"


def _twelve(hour: int, minute: int, half: str | None) -> str:
    """Say a time by the twelve-hour clock, its half of the day only if one was written."""
    if half:
        later = 12 if half[0].lower() == "p" else 0
        return speak_time(time(hour % 12 + later, minute))
    minutes = f" {'oh ' if minute < 10 else ''}{cardinal(minute)}" if minute else ""
    return f"{cardinal(hour)}{minutes.replace('-', ' ')}"


def _full_stop(match: re.Match[str], half: str | None) -> str:
    """Return the full stop that "p.m." shares with the end of its sentence."""
    if not half or not half.endswith("."):
        return ""
    rest = match.string[match.end() :]
    return "." if not rest.strip() or re.match(r"\s+[A-Z]", rest) else ""
