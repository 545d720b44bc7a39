"""When somebody is at the shop, and by when a call back can be promised in good faith."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from shop.clock import to_shop
from shop.shopfile import Shop
from shop.slots import open_intervals
from shop.speech import speak_date, speak_datetime, speak_time
from shop.types import Interval

CALL_BACK_WITHIN = timedelta(hours=2)
"""Time with somebody at the shop that a message may wait for its call back. Half a morning: long
enough for people with their hands under a car, short enough for a caller to wait for."""

SPOKEN_STEP = timedelta(minutes=15)
"""Nobody says "by thirteen minutes past one"."""

_SEARCH_DAYS = 60
"""Longer than any shop's holidays; one that stays closed longer promises nothing by the clock."""

Closed = Literal["lunch", "closed"]


@dataclass(frozen=True, slots=True)
class Absence:
    """Nobody is at the shop: why, and from when somebody is again (None: not known)."""

    why: Closed
    until: datetime | None


def absence(shop: Shop, now: datetime) -> Absence | None:
    """Return why nobody can come to the phone at `now` (aware), None when somebody can."""
    upcoming = next(_open_from(shop, now), None)
    if upcoming is not None and upcoming.start <= now:
        return None
    today = open_intervals(shop, to_shop(now, shop.zone).date())
    at_lunch = any(s.end <= now for s in today) and any(s.start > now for s in today)
    return Absence("lunch" if at_lunch else "closed", upcoming.start if upcoming else None)


def call_back_by(shop: Shop, now: datetime) -> datetime | None:
    """Return the instant by which a message left at `now` is to be answered.

    `CALL_BACK_WITHIN` of time when somebody is there, rounded up to a quarter of an hour but not
    past closing. None when the shop does not open within two months.
    """
    left = CALL_BACK_WITHIN
    for stretch in _open_from(shop, now):
        start = max(stretch.start, now)
        if stretch.end - start >= left:
            return min(_rounded_up(start + left), stretch.end)
        left -= stretch.end - start
    return None


def speak_deadline(shop: Shop, due: datetime, now: datetime) -> str:
    """Say a deadline: "tomorrow by eleven in the morning", "on Monday the thirtieth, by ..."."""
    local, today = to_shop(due, shop.zone), to_shop(now, shop.zone).date()
    day, by = speak_date(local.date(), today), f"by {speak_time(local)}"
    return f"{day} {by}" if day in ("today", "tomorrow") else f"on {day}, {by}"


def speak_promise(shop: Shop, due: datetime | None, now: datetime) -> str:
    """Say what is promised to somebody who leaves a message."""
    if due is None:
        return "Someone will call you back when we're open again."
    return f"Someone will call you back {speak_deadline(shop, due, now)}."


def speak_absence(shop: Shop, absent: Absence, now: datetime) -> str:
    """Say why nobody can come to the phone, and until when."""
    if absent.until is None:
        return "The shop is closed right now."
    if absent.why == "lunch":
        return f"Everyone is at lunch until {speak_time(to_shop(absent.until, shop.zone))}."
    opens = speak_datetime(absent.until, shop.zone, now)
    on = "" if opens.startswith(("today", "tomorrow")) else "on "
    return f"The shop is closed right now and opens {on}{opens}."


def _open_from(shop: Shop, now: datetime) -> Iterator[Interval]:
    """Yield the stretches in which somebody is there, from the one that `now` lies in or before."""
    day = to_shop(now, shop.zone).date()
    for ahead in range(_SEARCH_DAYS):
        for stretch in open_intervals(shop, day + timedelta(days=ahead)):
            if stretch.end > now:
                yield stretch


def _rounded_up(instant: datetime) -> datetime:
    step = SPOKEN_STEP.total_seconds()
    past = instant.timestamp() % step
    return instant + timedelta(seconds=step - past) if past else instant
