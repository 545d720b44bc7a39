"""How single values are written in a shop's file: times of day, stretches, numbers, money."""

from datetime import time
from decimal import Decimal
from typing import Annotated, Literal, get_args
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
Span = tuple[time, time]

WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)
"""Monday first, so that `WEEKDAYS[day.weekday()]` names a date's weekday."""

_NOTHING = ("", "~", "null", "none")


def _time_of_day(text: str) -> time:
    hours, colon, minutes = text.strip().partition(":")
    if not (colon and len(hours) in (1, 2) and len(minutes) == 2):
        raise ValueError(f'"{text.strip()[:20]}" is not a time of day like 9:00 or 17:30')
    try:
        return time(int(hours), int(minutes))
    except ValueError:
        raise ValueError(f'"{text.strip()[:20]}" is not a time of day like 9:00') from None


def _span(value: object) -> object:
    if not isinstance(value, str):
        return value
    opens, dash, closes = value.partition("-")
    if not dash:
        raise ValueError(f'"{value.strip()[:20]}" is not a stretch of time like 9:00-17:00')
    span = _time_of_day(opens), _time_of_day(closes)
    if span[0] >= span[1]:
        raise ValueError(f'"{value.strip()[:20]}" ends before it begins')
    return span


def _nothing(value: object) -> object:
    return None if isinstance(value, str) and value.strip().lower() in _NOTHING else value


def _closed(value: object) -> object:
    return None if isinstance(value, str) and value.strip().lower() == "closed" else _span(value)


def _all(value: object) -> object:
    return None if isinstance(value, str) and value.strip().lower() == "all" else value


def _e164(value: str) -> str:
    digits = value.removeprefix("+")
    if value == digits or not (digits.isascii() and digits.isdigit() and 8 <= len(digits) <= 15):
        raise ValueError("must be a phone number in E.164, such as +15035550100")
    return value


def _time_zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ValueError, OSError, KeyError):  # ZoneInfoNotFoundError is a KeyError
        raise ValueError(f'"{value}" is no IANA time zone like America/Los_Angeles') from None
    return value


Text = Annotated[str, Field(min_length=1, max_length=200)]
Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,39}$")]
Codes = Annotated[tuple[Code, ...] | None, Field(max_length=200), BeforeValidator(_all)]
"""Codes of services; None, written `all`, means every one."""
TimeZone = Annotated[Text, AfterValidator(_time_zone)]
PhoneNumber = Annotated[
    Annotated[str, AfterValidator(_e164)] | None,
    BeforeValidator(_nothing),
]
CalendarId = Annotated[Text | None, BeforeValidator(_nothing)]
Price = Annotated[
    Annotated[Decimal, Field(ge=0, le=100_000, decimal_places=2)] | None,
    BeforeValidator(_nothing),
]
OpenOrClosed = Annotated[Span | None, BeforeValidator(_closed)]
Pause = Annotated[Span | None, BeforeValidator(lambda value: _span(_nothing(value)))]


class FromFile(BaseModel):
    """A part of the file: never changed after it was read, and without unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)
