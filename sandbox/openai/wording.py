"""Dates, times, money and lists as people say them."""

import re
from collections.abc import Sequence
from datetime import datetime

from sandbox.openai.dates import MONTHS, WEEKDAYS

_ONES = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_IRREGULAR = {"one": "first", "two": "second", "three": "third", "five": "fifth",
              "eight": "eighth", "nine": "ninth", "twelve": "twelfth"}  # fmt: skip


def number(n: int) -> str:
    """Say a whole number below ten thousand."""
    if n < 20:
        return _ONES[n]
    if n < 100:
        return _TENS[n // 10 - 2] + (f"-{_ONES[n % 10]}" if n % 10 else "")
    if n < 1000:
        return f"{_ONES[n // 100]} hundred" + (f" {number(n % 100)}" if n % 100 else "")
    if n < 10000:
        return f"{_ONES[n // 1000]} thousand" + (f" {number(n % 1000)}" if n % 1000 else "")
    return str(n)


def ordinal(n: int) -> str:
    """Say the day of a month: `twenty-fourth`."""
    head, dash, last = number(n).rpartition("-")
    if last in _IRREGULAR:
        last = _IRREGULAR[last]
    else:
        last = last[:-1] + "ieth" if last.endswith("y") else last + "th"
    return head + dash + last


def clock(at: datetime) -> str:
    """Say a time of day: `two thirty in the afternoon`."""
    if (at.hour, at.minute) == (12, 0):
        return "noon"
    hour = _ONES[(at.hour - 1) % 12 + 1]
    minute = ""
    if at.minute:
        minute = f" oh {_ONES[at.minute]}" if at.minute < 10 else f" {number(at.minute)}"
    part = "morning" if at.hour < 12 else "afternoon" if at.hour < 18 else "evening"
    return f"{hour}{minute} in the {part}"


def moment(at: datetime) -> str:
    """Say a day and time: `Tuesday, November twenty-fourth at two in the afternoon`."""
    day = f"{WEEKDAYS[at.weekday()].title()}, {MONTHS[at.month - 1].title()} {ordinal(at.day)}"
    return f"{day} at {clock(at)}"


def money(text: str) -> str:
    """Say a price or a range: `$49 to $79` -> `forty-nine to seventy-nine dollars`."""
    amounts = re.findall(r"\$?(\d{1,6})(?:\.\d\d)?", text)
    if not amounts:
        return text
    spoken = [number(int(a)) for a in amounts]
    lead = "from " if text.strip().lower().startswith("from") and len(spoken) == 1 else ""
    return f"{lead}{' to '.join(spoken[:2])} dollars"


def either(items: Sequence[str]) -> str:
    """Join with `or`: `a, b, or c`."""
    if len(items) <= 2:
        return " or ".join(items)
    return f"{', '.join(items[:-1])}, or {items[-1]}"


def with_article(noun: str) -> str:
    """Put `a` or `an` before a noun."""
    return f"{'an' if noun[:1].lower() in 'aeiou' else 'a'} {noun}"


def sentence(text: str) -> str:
    """Begin with a capital and end with a mark."""
    text = text.strip()
    if not text:
        return ""
    text = text[0].upper() + text[1:]
    return text if text[-1] in ".?!" else f"{text}."


def spoken_hours(text: str) -> str:
    """Say opening hours; days in a row with the same hours are said together."""
    stretches: list[tuple[str, str, str]] = []
    for found in _DAY_HOURS.finditer(text):
        day = next(d for d in WEEKDAYS if d.startswith(found["day"][:3].lower())).title()
        last = (found["to"] or "")[:3].lower()
        until = next((d.title() for d in WEEKDAYS if last and d.startswith(last)), day)
        hours = "closed"
        if found["open"]:
            hours = f"{_hour(found['open'])} to {_hour(found['close'])}"
        if stretches and stretches[-1][2] == hours:
            stretches[-1] = (stretches[-1][0], until, hours)
        else:
            stretches.append((day, until, hours))
    if not stretches:
        return text
    spoken = [f"{a} {h}" if a == b else f"{a} to {b} {h}" for a, b, h in stretches]
    return ", ".join(spoken)


_DAY_HOURS = re.compile(
    rf"\b(?P<day>(?:{'|'.join(d[:3] for d in WEEKDAYS)})[a-z]*)"
    r"(?:\s*(?:to|through|[-–—])\s*(?P<to>[A-Za-z]+))?:?\s*"
    r"(?:closed|(?:from )?(?P<open>\d{1,2}(?::\d\d)?)\s*(?:am)?\s*(?:to|[-–—])\s*"
    r"(?P<close>\d{1,2}(?::\d\d)?))",
    re.IGNORECASE,
)


def _hour(text: str) -> str:
    hour, _, minute = text.partition(":")
    if (int(hour), int(minute or 0)) == (12, 0):
        return "noon"
    words = _ONES[(int(hour) - 1) % 12 + 1]
    return f"{words} {number(int(minute))}" if int(minute or 0) else words
