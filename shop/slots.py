"""Which times a shop can offer: its opening hours, less what is taken, by its own rules."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from shop.clock import opening_instant, to_shop
from shop.shopfile import Service, Shop, Technician
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
    """Return the starts at which `service` fits on `day`, in order.

    Each lies on the first free bay that takes the service and, where the shop's file names
    technicians, with the first free one who has the skill. The grid of `slot_step_minutes` begins
    anew whenever the shop opens, after lunch too. Work and buffer lie inside one open stretch;
    lead time and horizon are kept. `busy` must contain the buffers of the visits it stands for
    (see `occupied`).
    """
    if not to_shop(now, shop.zone).date() <= day <= last_day(shop, now):
        return []
    step = timedelta(minutes=shop.slot_step_minutes)
    earliest = now + timedelta(minutes=shop.lead_time_minutes)
    slots = []
    for stretch in open_intervals(shop, day):
        nearby = [taken for taken in busy if taken.interval.overlaps(stretch)]
        start = stretch.start
        while occupied(service, start).end <= stretch.end:
            slot = _placed(shop, service, start, nearby) if start >= earliest else None
            if slot is not None:
                slots.append(slot)
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
    slot = _placed(shop, service, start, busy)
    if slot is None:
        raise SlotRefused("taken")
    return slot


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


def _placed(shop: Shop, service: Service, start: datetime, busy: Iterable[Busy]) -> Slot | None:
    """Return the slot at `start` with all bays and technicians that are free, None without one."""
    needed = occupied(service, start)
    met = [other for other in busy if other.interval.overlaps(needed)]
    if any(other.bay is None and other.technician is None for other in met):
        return None
    taken_bays = {other.bay for other in met}
    bays = tuple(
        number
        for number, bay in enumerate(shop.bay_list, 1)
        if number not in taken_bays and bay.takes(service.code)
    )
    people = _free_technicians(shop, service, needed, {other.technician for other in met})
    if not bays or (shop.technicians and not people):
        return None
    end = start + timedelta(minutes=service.duration_minutes)
    if not shop.technicians:
        return Slot(start, end, bays[0], bays=bays)
    return Slot(start, end, bays[0], people[0], bays, people)


def _free_technicians(
    shop: Shop, service: Service, needed: Interval, taken: set[str | None]
) -> tuple[str, ...]:
    return tuple(
        one.name
        for one in shop.technicians
        if one.name not in taken and one.can(service.code) and _at_work(shop, one, needed)
    )


def _at_work(shop: Shop, technician: Technician, needed: Interval) -> bool:
    if technician.hours is None:
        return True
    day = to_shop(needed.start, shop.zone).date()
    opening = shop.hours_on(day)
    hours = technician.hours_on(day, opening) if opening else None
    if hours is None:
        return False
    begins, ends = (opening_instant(day, edge, shop.zone) for edge in hours)
    return begins <= needed.start and needed.end <= ends
