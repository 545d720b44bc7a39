"""What the committed tool results of a call amount to: what was done, what stands, what is free."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from shop.claim_words import Kind
from shop.moments import moments
from shop.plainwords import plain
from shop.shopfile import Service, Shop
from shop.speech import speak_vehicle
from shop.types import Vehicle

_ACTS: dict[str, Kind] = {
    "book_appointment": "booked",
    "reschedule_appointment": "moved",
    "cancel_appointment": "cancelled",
}
_DONE_HERE = {"take_message": "message", "transfer": "transferred"}
_OVER = frozenset(("completed", "no_show", "cancelled"))
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

    `cars` are the caller's, in plain words; `models` are pairs of how a car is spoken ("honda c r
    v") and written ("honda cr v"). `done` are the acts in order with the visit each was about;
    `here` the kinds of what the service did itself, by no tool ("transferred", "message"), and
    `promised_by` the wall time by which somebody was promised to call back. `standing` are the
    visits on the books as far as the call knows, `past` those that are over, with their status;
    `told` the plain sentences of the lists a tool gave, which say how far the work is; `sent` by
    what way something went to the caller ("email", "text");
    `starts` every wall time a tool named; `refusal` the sentence of the last change that failed,
    None when it was made; `refused` the plain words of all of those.
    """

    shop: Shop
    today: date
    cars: tuple[str, ...] = ()
    models: tuple[tuple[str, str], ...] = ()
    done: tuple[tuple[Kind, Visit | None], ...] = ()
    standing: tuple[Visit, ...] = ()
    past: tuple[tuple[str, Visit], ...] = ()
    told: frozenset[str] = frozenset()
    sent: frozenset[str] = frozenset()
    starts: frozenset[datetime] = frozenset()
    refusal: str | None = None
    refused: frozenset[str] = frozenset()
    here: frozenset[str] = frozenset()
    promised_by: datetime | None = None
    language: str = "en"

    def words_of(self, sentence: str) -> str:
        """Return a sentence in plain words, the caller's cars in one spelling."""
        return _in_writing(plain(sentence), self.models)


@dataclass(frozen=True, slots=True)
class _World:
    """What a result is read against; `cars` are plain words by id, see `Facts.models`."""

    shop: Shop
    today: date
    cars: Mapping[int, str]
    models: Sequence[tuple[str, str]]


@dataclass(slots=True)
class _Gathering:
    standing: dict[int, Visit] = field(default_factory=dict)
    past: dict[int, tuple[str, Visit]] = field(default_factory=dict)
    told: set[str] = field(default_factory=set)
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
    done_here: Sequence[tuple[str, Mapping[str, Any]]] = (),
    language: str = "en",
) -> Facts:
    """Return what `results` (tool name and JSON answer, in order) amount to.

    `today` is the shop's; `vehicles` are the caller's; `invited` says that a change of a visit
    queues an invitation by email. `done_here` is what the service did beside the tools:
    `take_message` with `due_at`, the wall time of its promise, and `transfer`.
    """
    cars = {vehicle.id: plain(f"{vehicle.make} {vehicle.model}") for vehicle in vehicles}
    models = tuple((_as_spoken(vehicle), cars[vehicle.id]) for vehicle in vehicles)
    world = _World(shop, today, cars, models)
    g = _Gathering()
    for name, result in results:
        act = "transferred" if name.startswith("transfer") else _ACTS.get(name)
        if not result.get("success"):
            g.starts.update(_starts(result))
            told = str(result.get("message", ""))
            g.refused.update(_sentences(told))
            g.refusal = told if act else g.refusal
            continue
        g.starts.update(_starts(result))
        g.sent.update(str(way) for way in result.get("sent") or ())
        if act == "transferred":
            g.done.append(("transferred", None))
        elif act is not None:
            visit = _visit(result, world, g.standing.get(_id(result)))
            g.done.append((act, visit))
            g.sent.update({"email"} if invited else ())
            g.standing.pop(visit.id, None)
            if act != "cancelled":
                g.standing[visit.id] = visit
        elif name == "get_upcoming_appointments":
            g.told.update(_sentences(str(result.get("message", ""))))
            for listed in result.get("appointments") or ():
                visit = _visit(listed, world, None)
                status = str(listed.get("status"))
                g.standing.pop(visit.id, None)
                g.past.pop(visit.id, None)
                if status in _OVER:
                    g.past[visit.id] = status, visit
                else:
                    g.standing[visit.id] = visit
            # Visits that have begun come without an id: nothing can be changed about them.
            for at, begun in enumerate(result.get("recent") or (), start=1):
                g.told.update(_sentences(str(begun.get("spoken", ""))))
                g.past[-at] = str(begun.get("status")), _visit(begun, world, None)
        g.refusal = None if act else g.refusal
    return Facts(
        shop=shop,
        today=today,
        cars=tuple(cars.values()),
        models=models,
        done=tuple(g.done),
        standing=tuple(g.standing.values()),
        past=tuple(g.past.values()),
        told=frozenset(_in_writing(plain(part), models) for part in g.told),
        sent=frozenset(g.sent),
        starts=frozenset(g.starts),
        refusal=g.refusal,
        refused=frozenset(_in_writing(plain(part), models) for part in g.refused),
        here=frozenset(_DONE_HERE.get(name, name) for name, _ in done_here),
        promised_by=next(
            (_wall_time(what["due_at"]) for _, what in reversed(done_here) if what.get("due_at")),
            None,
        ),
        language=language,
    )


def _sentences(told: str) -> Sequence[str]:
    """Return a tool's message and each of its sentences."""
    return (told, *re.split(r"(?<=[.!?])\s", told))


def services_named(words: str, shop: Shop) -> list[Service]:
    """Return the services that plain words name."""
    return [s for s in shop.services if re.search(rf"\b{re.escape(plain(s.name))}\b", words)]


def _visit(told: Mapping[str, Any], world: _World, before: Visit | None) -> Visit:
    spoken = str(told.get("spoken"))
    said = str(told.get("message") or (spoken if spoken[-1] == "." else f"You have {spoken}."))
    words = _in_writing(plain(said), world.models)
    at = _wall_time(told.get("scheduled_at")) or (before and before.at)
    at = at or _date_of(words, world.today)
    named = services_named(words, world.shop)
    service: str | None = told.get("service_type")
    service = service or (before.service if before else None) or (named[0].code if named else None)
    cars, vehicle_id = world.cars, told.get("vehicle_id")
    car = cars.get(vehicle_id) if isinstance(vehicle_id, int) else None
    words = f"{words} {plain(str(told.get('vehicle') or ''))}"
    if car is None:
        car = (before and before.car) or next((c for c in cars.values() if c in words), None)
    return Visit(_id(told), at, service, car, said)


def _in_writing(words: str, models: Sequence[tuple[str, str]]) -> str:
    for spoken, written in models:
        words = words.replace(spoken, written).replace(
            spoken.partition(" ")[2] or spoken, written.partition(" ")[2] or written
        )
    return words


def _as_spoken(vehicle: Vehicle) -> str:
    """Return the plain words of a car as our own sentences name it."""
    return plain(speak_vehicle(replace(vehicle, year=None)))


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
