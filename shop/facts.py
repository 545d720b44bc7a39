"""What the committed tool results of a call amount to: what was done, what stands, what is free."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from shop.claim_phrases import Kind
from shop.moments import moments
from shop.plainwords import plain
from shop.shopfile import Service, Shop
from shop.types import Vehicle

_ACTS: dict[str, Kind] = {
    "book_appointment": "booked",
    "reschedule_appointment": "moved",
    "cancel_appointment": "cancelled",
}
_HORIZON_DAYS = 400


@dataclass(frozen=True, slots=True)
class Visit:
    """A visit as a tool told of it; `at` is shop wall time, `said` a sentence of the tool's."""

    id: int
    at: datetime | None
    service: str | None
    car: str | None
    said: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What the committed tool results of a call amount to.

    `done` are the acts in order with the visit each was about; `standing` the visits on the books
    as far as the call knows; `sent` by what way something went to the caller ("email", "text");
    `starts` every wall time a tool named; `refusal` the sentence of the last change that failed,
    None when it was made; `refused` the plain words of all of those.
    """

    shop: Shop
    today: date
    cars: tuple[str, ...] = ()
    done: tuple[tuple[Kind, Visit | None], ...] = ()
    standing: tuple[Visit, ...] = ()
    sent: frozenset[str] = frozenset()
    starts: frozenset[datetime] = frozenset()
    refusal: str | None = None
    refused: frozenset[str] = frozenset()


@dataclass(slots=True)
class _Gathering:
    standing: dict[int, Visit] = field(default_factory=dict)
    done: list[tuple[Kind, Visit | None]] = field(default_factory=list)
    sent: set[str] = field(default_factory=set)
    starts: set[datetime] = field(default_factory=set)
    refusal: str | None = None
    refused: set[str] = field(default_factory=set)


def gather(
    results: Sequence[tuple[str, Mapping[str, Any]]],
    shop: Shop,
    today: date,
    vehicles: Sequence[Vehicle] = (),
    *,
    invited: bool = False,
) -> Facts:
    """Return what `results` (tool name and JSON answer, in order) amount to.

    `today` is the shop's; `vehicles` are the caller's; `invited` says that a change of a visit
    queues an invitation by email.
    """
    cars = {vehicle.id: plain(f"{vehicle.make} {vehicle.model}") for vehicle in vehicles}
    g = _Gathering()
    for name, result in results:
        act = "transferred" if name.startswith("transfer") else _ACTS.get(name)
        if not result.get("success"):
            g.starts.update(_starts(result))
            told = str(result.get("message", ""))
            g.refused.update((told, *re.split(r"(?<=[.!?])\s", told)))
            g.refusal = told if act else g.refusal
            continue
        g.starts.update(_starts(result))
        g.sent.update(str(way) for way in result.get("sent") or ())
        if act == "transferred":
            g.done.append(("transferred", None))
        elif act is not None:
            visit = _visit(result, shop, today, cars, g.standing.get(_id(result)))
            g.done.append((act, visit))
            g.sent.update({"email"} if invited else ())
            g.standing.pop(visit.id, None)
            if act != "cancelled":
                g.standing[visit.id] = visit
        elif name == "get_upcoming_appointments":
            for listed in result.get("appointments") or ():
                visit = _visit(listed, shop, today, cars, None)
                g.standing[visit.id] = visit
        g.refusal = None if act else g.refusal
    return Facts(
        shop=shop,
        today=today,
        cars=tuple(cars.values()),
        done=tuple(g.done),
        standing=tuple(g.standing.values()),
        sent=frozenset(g.sent),
        starts=frozenset(g.starts),
        refusal=g.refusal,
        refused=frozenset(plain(part) for part in g.refused),
    )


def services_named(words: str, shop: Shop) -> list[Service]:
    """Return the services that plain words name."""
    return [s for s in shop.services if re.search(rf"\b{re.escape(plain(s.name))}\b", words)]


def _visit(
    told: Mapping[str, Any], shop: Shop, today: date, cars: Mapping[int, str], before: Visit | None
) -> Visit:
    said = str(told.get("message") or f"You have {told.get('spoken')}.")
    words = plain(said)
    at = _wall_time(told.get("scheduled_at")) or (before and before.at) or _date_of(words, today)
    named = services_named(words, shop)
    service: str | None = told.get("service_type")
    service = service or (before.service if before else None) or (named[0].code if named else None)
    vehicle_id = told.get("vehicle_id")
    car = cars.get(vehicle_id) if isinstance(vehicle_id, int) else None
    if car is None:
        car = (before and before.car) or next((c for c in cars.values() if c in words), None)
    return Visit(_id(told), at, service, car, said)


def _date_of(words: str, today: date) -> datetime | None:
    """Return the next wall time that a sentence of a tool's names."""
    named = next((m for m in moments(words) if m.day and m.time), None)
    if named is None or named.day is None or named.time is None:
        return None
    hour = named.time.hour % 12 + (12 if named.time.half == "pm" else 0)
    for ahead in range(_HORIZON_DAYS):
        day = today + timedelta(days=ahead)
        if named.day.fits(day, today):
            return datetime(day.year, day.month, day.day, hour, named.time.minute)
    return None


def _starts(result: Any) -> Iterator[datetime]:
    if isinstance(result, Mapping):
        for key, value in result.items():
            at = _wall_time(value) if key in ("start", "scheduled_at") else None
            if at is not None:
                yield at
            yield from _starts(value)
    elif isinstance(result, list | tuple):
        for part in result:
            yield from _starts(part)


def _wall_time(value: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(value).replace(tzinfo=None) if value else None
    except (TypeError, ValueError):
        return None


def _id(told: Mapping[str, Any]) -> int:
    return int(told.get("appointment_id") or 0)
