"""What time it is, and the only two conversions between instants and the shop's wall clock.

An *instant* is an aware datetime in UTC; a *wall time* is what the clock on the shop's wall shows.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from shop.types import Interval

_LONGEST_TEXT = 40
_YEARS = range(1970, 2200)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_WALL_TIME = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?(?:[Zz]|[+-]\d{2}:?\d{2})?",
    re.ASCII,
)


class BadTime(ValueError):
    """A text or wall time that names no moment; `reason` says why in plain words."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NoSuchLocalTime(BadTime):
    """The clock jumps over this wall time when summer time begins.

    `wall` is the time asked for, `resumes_at` the instant of the jump (aware UTC).
    """

    def __init__(self, wall: datetime, resumes_at: datetime) -> None:
        super().__init__(f"{wall:%Y-%m-%d %H:%M} does not exist: the clock is put forward then")
        self.wall = wall
        self.resumes_at = resumes_at


class Clock(Protocol):
    """Whatever knows the present instant; handed in, so that tests can pin it."""

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""
        ...


@dataclass(frozen=True, slots=True)
class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""
        return datetime.now(UTC)


class FixedClock:
    """A clock that stands still until it is set."""

    __slots__ = ("_at",)

    def __init__(self, at: datetime) -> None:
        self._at = _aware(at).astimezone(UTC)

    def now(self) -> datetime:
        """Return the instant it was last set to, aware, in UTC."""
        return self._at

    def set(self, at: datetime) -> None:
        """Put the clock to another (aware) instant."""
        self._at = _aware(at).astimezone(UTC)


def to_shop(instant: datetime, zone: ZoneInfo) -> datetime:
    """Turn an aware instant into the shop's local time (aware, in `zone`)."""
    try:
        return _aware(instant).astimezone(zone)
    except OverflowError as exc:
        raise BadTime("the date lies outside the calendar") from exc


def from_shop(wall: datetime, zone: ZoneInfo) -> datetime:
    """Turn a naive wall time of the shop into its instant (aware UTC).

    A wall time that occurs twice, when summer time ends, means the first of the two. One that
    never occurs raises NoSuchLocalTime.
    """
    if wall.tzinfo is not None:
        raise TypeError("a wall time carries no time zone of its own")
    try:
        earlier = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
        if earlier.astimezone(zone).replace(tzinfo=None, fold=0) == wall.replace(fold=0):
            return earlier
        later = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    except OverflowError as exc:
        raise BadTime("the date lies outside the calendar") from exc
    raise NoSuchLocalTime(wall, _jump_between(later, earlier, zone))


def parse_wall_time(text: str, zone: ZoneInfo) -> datetime:
    """Read an ISO 8601 date and time as an instant (aware UTC).

    Without an offset it is wall time in `zone`; an offset, or Z, is honoured. Raises BadTime on
    anything else, a date without a time included, and NoSuchLocalTime (a BadTime) in a gap.
    """
    stripped = _bounded(text)
    if _DATE.fullmatch(stripped):
        raise BadTime("the time of day is missing")
    if not _WALL_TIME.fullmatch(stripped):
        raise BadTime("not a date and time like 2025-01-21T14:00:00")
    try:
        moment = datetime.fromisoformat(stripped.upper())
    except ValueError as exc:
        raise BadTime("there is no such date or time of day") from exc
    if moment.year not in _YEARS:
        raise BadTime("the year is out of range")
    return from_shop(moment, zone) if moment.tzinfo is None else moment.astimezone(UTC)


def parse_date(text: str) -> date:
    """Read an ISO 8601 date (`YYYY-MM-DD`); raises BadTime on anything else."""
    stripped = _bounded(text)
    if not _DATE.fullmatch(stripped):
        raise BadTime("not a date like 2025-01-21")
    try:
        day = date.fromisoformat(stripped)
    except ValueError as exc:
        raise BadTime("there is no such date") from exc
    if day.year not in _YEARS:
        raise BadTime("the year is out of range")
    return day


def shop_day(day: date, zone: ZoneInfo) -> Interval:
    """Return the stretch that `day` is in the shop: 23, 24 or 25 hours, in UTC."""
    try:
        following = day + timedelta(days=1)
    except OverflowError as exc:
        raise BadTime("the date lies outside the calendar") from exc
    return Interval(opening_instant(day, time(), zone), opening_instant(following, time(), zone))


def opening_instant(day: date, wall: time, zone: ZoneInfo) -> datetime:
    """Return the first instant (aware UTC) at which the clock of `day` shows `wall` or later.

    Unlike `from_shop` it never refuses: a shop that opens at half past two opens when the clock
    has jumped. For opening hours, never for a time a caller asked for.
    """
    try:
        return from_shop(datetime.combine(day, wall), zone)
    except NoSuchLocalTime as gap:
        return gap.resumes_at


def iso_local(instant: datetime, zone: ZoneInfo) -> str:
    """Write an instant as shop wall time without offset, such as `2025-01-21T14:00:00`."""
    return to_shop(instant, zone).replace(tzinfo=None, microsecond=0).isoformat()


def _aware(instant: datetime) -> datetime:
    if instant.utcoffset() is None:
        raise TypeError("an instant must be aware")
    return instant


def _bounded(text: str) -> str:
    if len(text) > _LONGEST_TEXT:
        raise BadTime("too long for a date or time")
    return text.strip()


def _jump_between(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """Find the instant, to the second, at which the zone's offset changes."""
    low, high = int(before.timestamp()), int(after.timestamp())
    old_offset = before.astimezone(zone).utcoffset()
    while high - low > 1:
        middle = (low + high) // 2
        if datetime.fromtimestamp(middle, UTC).astimezone(zone).utcoffset() == old_offset:
            low = middle
        else:
            high = middle
    return datetime.fromtimestamp(high, UTC)
