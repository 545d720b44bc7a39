"""Which times a shop can offer: its opening hours, less what is taken, by its own rules."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from shop.clock import opening_instant, to_shop
from shop.shopfile import Service, Shop
from shop.types import Busy, Interval, Slot

Refusal = Literal[
    "in_past", "too_soon", "beyond_horizon", "closed", "lunch", "outside_hours", "taken"
]

_LATER_DAY_COSTS_MINUTES = 120


class SlotRefused(Exception):
    """The shop cannot take a visit at this time; `reason` says why, in one word."""

    def __init__(self, reason: Refusal) -> None:
        super().__init__(reason)
        self.reason: Refusal = reason


def open_intervals(shop: Shop, day: date) -> list[Interval]:
    """Return when the shop works on `day`, lunch taken out, in order, in aware UTC."""
    hours = shop.hours_on(day)
    if hours is None:
        return []
    opens, closes = (opening_instant(day, edge, shop.zone) for edge in hours)
    stretches = [Interval(opens, closes)]
    if shop.lunch is not None:
        pause, resume = (opening_instant(day, edge, shop.zone) for edge in shop.lunch)
        stretches = [
            Interval(opens, min(pause, closes)),
            Interval(max(resume, opens), closes),
        ]
    return [stretch for stretch in stretches if stretch.start < stretch.end]


def occupied(service: Service, start: datetime) -> Interval:
    """Return how long a visit keeps its bay: the work and the buffer after it."""
    return Interval(
        start, start + timedelta(minutes=service.duration_minutes + service.buffer_minutes)
    )


def free_slots(
    shop: Shop, service: Service, day: date, busy: Sequence[Busy], now: datetime
) -> list[Slot]:
    """Return the starts at which `service` fits on `day`, in order, each on its lowest free bay.

    The grid of `slot_step_minutes` begins anew whenever the shop opens, after lunch too. Work and
    buffer lie inside one open stretch; lead time and horizon are kept. `busy` must contain the
    buffers of the visits it stands for (see `occupied`).
    """
    if not to_shop(now, shop.zone).date() <= day <= last_day(shop, now):
        return []
    step = timedelta(minutes=shop.slot_step_minutes)
    earliest = now + timedelta(minutes=shop.lead_time_minutes)
    slots = []
    for stretch in open_intervals(shop, day):
        nearby = [taken for taken in busy if taken.interval.overlaps(stretch)]
        start = stretch.start
        while (needed := occupied(service, start)).end <= stretch.end:
            bay = _free_bay(shop.bays, needed, nearby) if start >= earliest else None
            if bay is not None:
                slots.append(_slot(service, start, bay))
            start += step
    return slots


def check_slot(
    shop: Shop, service: Service, start: datetime, busy: Iterable[Busy], now: datetime
) -> Slot:
    """Return the slot for `service` at `start` (aware), which need not lie on the grid.

    Raises SlotRefused with the first of its reasons that holds, in the order of `Refusal`.
    """
    local = to_shop(start, shop.zone)
    if start < now:
        raise SlotRefused("in_past")
    if start < now + timedelta(minutes=shop.lead_time_minutes):
        raise SlotRefused("too_soon")
    if local.date() > last_day(shop, now):
        raise SlotRefused("beyond_horizon")
    needed = occupied(service, start)
    stretches = open_intervals(shop, local.date())
    if not stretches:
        raise SlotRefused("closed")
    if not any(s.start <= start and needed.end <= s.end for s in stretches):
        inside = stretches[0].start <= start and needed.end <= stretches[-1].end
        raise SlotRefused("lunch" if inside or _at_lunch(stretches, start) else "outside_hours")
    bay = _free_bay(shop.bays, needed, busy)
    if bay is None:
        raise SlotRefused("taken")
    return _slot(service, start, bay)


def last_day(shop: Shop, now: datetime) -> date:
    """Return the last day (in the shop's zone) for which visits are taken."""
    return to_shop(now, shop.zone).date() + timedelta(days=shop.horizon_days)


def best_slots(
    slots: Sequence[Slot],
    count: int,
    near: time | None = None,
    zone: ZoneInfo | None = None,
) -> list[Slot]:
    """Choose at most `count` slots to say aloud: the best first, the others in order of time.

    Without `near` (a wall time in `zone`, or an aware time) they are spread evenly from the
    earliest, which is the best, to the latest. With it, the best is the one closest to that time
    of day, a day later weighing as much as two hours; ties go to the earlier.
    """
    ordered = sorted(slots, key=lambda slot: slot.start)
    if count <= 0 or not ordered:
        return []
    if near is None:
        return _spread(ordered, count)
    where = zone if zone is not None else near.tzinfo
    if not isinstance(where, ZoneInfo):
        raise TypeError("a wanted time of day needs the shop's zone")
    first_day = to_shop(ordered[0].start, where).date()
    ranked = sorted(ordered, key=lambda slot: _distance(slot, near, where, first_day))[:count]
    return [ranked[0], *sorted(ranked[1:], key=lambda slot: slot.start)]


def _spread(ordered: list[Slot], count: int) -> list[Slot]:
    last = len(ordered) - 1
    if count > last:
        return ordered
    if count == 1:
        return ordered[:1]
    return [ordered[round(index * last / (count - 1))] for index in range(count)]


def _distance(slot: Slot, near: time, zone: ZoneInfo, first_day: date) -> int:
    local = to_shop(slot.start, zone)
    apart = abs((local.hour - near.hour) * 60 + local.minute - near.minute)
    return apart + _LATER_DAY_COSTS_MINUTES * (local.date() - first_day).days


def _at_lunch(stretches: list[Interval], start: datetime) -> bool:
    return stretches[0].end <= start < stretches[-1].start


def _free_bay(bays: int, needed: Interval, busy: Iterable[Busy]) -> int | None:
    taken = {other.bay for other in busy if other.interval.overlaps(needed)}
    if None in taken:
        return None
    return next((bay for bay in range(1, bays + 1) if bay not in taken), None)


def _slot(service: Service, start: datetime, bay: int) -> Slot:
    return Slot(start, start + timedelta(minutes=service.duration_minutes), bay)
