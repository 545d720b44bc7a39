"""A shop whose tools run for real over a store that answers from memory, and the corpora."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from shop.clock import FixedClock, from_shop, to_shop
from shop.facts import Facts, gather
from shop.shopfile import Shop, load_shop
from shop.types import Appointment, Customer, Slot, Vehicle
from store import Store
from tools import TOOLS
from tools.call import Call

NOW = datetime(2026, 11, 22, 21, 5, tzinfo=UTC)
"""A Sunday afternoon in Portland."""

SHOP: Shop = load_shop(Path("shop/example.yaml"))
HONDA = Vehicle(1, 7, 2019, "Honda", "CR-V", None, "7KLM204")
TACOMA = Vehicle(2, 7, 2015, "Toyota", "Tacoma", None, None)
DANA = Customer(7, "Dana", "Whitfield", "+15035550142", None, (HONDA, TACOMA))
TUESDAY_AT_TWO = datetime(2026, 11, 24, 14)
THURSDAY_AT_TEN = datetime(2026, 11, 26, 10)
CORPORA = Path(__file__).parent / "claims"

Result = tuple[str, dict[str, Any]]


def visit(
    at: datetime, service: str = "oil_change", car: Vehicle = HONDA, id: int = 11
) -> Appointment:
    """Return a visit at the shop's wall time `at`."""
    start = from_shop(at, SHOP.zone)
    return Appointment(
        id, 7, car.id, service, start, 60, "scheduled", 1, calendar_link="https://calendar.example/1"
    )  # fmt: skip


class Books:
    """The books of a shop with one visit, which is whatever the test says it is."""

    def __init__(self, now: Appointment, moved: Appointment | None = None) -> None:
        self.visit, self.moved = now, moved

    async def by_booking_key(self, _key: str) -> Appointment:
        return self.visit

    async def get(self, _id: int) -> Appointment:
        return self.visit

    async def upcoming(self, *_: object) -> list[Appointment]:
        return [self.visit]

    async def recent(self, *_: object) -> list[Appointment]:
        return []

    async def cancel(self, *_: object, **__: object) -> Appointment:
        return self.visit

    async def reschedule(self, *_: object, **__: object) -> Appointment:
        assert self.moved is not None
        return self.moved

    async def busy(self, *_: object, **__: object) -> list[Any]:
        return []

    async def hold(self, _sid: str, slots: list[Slot], _minutes: int) -> list[Slot]:
        return slots


async def use(name: str, books: Books, **arguments: Any) -> Result:
    """Run the real tool over `books` and return its name and answer."""
    store = SimpleNamespace(appointments=books, mirror=books, holds=books)
    call = Call("CA1", DANA.phone, cast(Store, store), SHOP, FixedClock(NOW), DANA)
    tool = next(tool for tool in TOOLS if tool.name == name)
    return name, await tool.run(call, arguments)


async def booked(at: datetime, service: str = "oil_change", car: Vehicle = HONDA) -> Result:
    """Book for real."""
    return await use(
        "book_appointment", Books(visit(at, service, car)),
        scheduled_at=at.isoformat(), service_type=service, vehicle_id=car.id,
    )  # fmt: skip


async def moved(at: datetime, to: datetime, service: str = "oil_change") -> Result:
    """Move for real."""
    return await use(
        "reschedule_appointment", Books(visit(at, service), visit(to, service)),
        appointment_id=11, new_scheduled_at=to.isoformat(),
    )  # fmt: skip


async def cancelled(at: datetime, service: str = "oil_change") -> Result:
    """Cancel for real."""
    return await use("cancel_appointment", Books(visit(at, service)), appointment_id=11)


async def listed(at: datetime, service: str = "oil_change", car: Vehicle = HONDA) -> Result:
    """List the visits for real."""
    return await use("get_upcoming_appointments", Books(visit(at, service, car)))


async def free(day: datetime, service: str = "oil_change") -> Result:
    """Look up what is free, for real."""
    return await use(
        "get_available_slots", Books(visit(day)), date=day.date().isoformat(), service_type=service
    )


async def results_named(name: str) -> list[Result]:
    """Return the results that a heading of the corpora stands for."""
    if name == "booked":
        return [await booked(TUESDAY_AT_TWO)]
    if name == "moved":
        return [await listed(TUESDAY_AT_TWO), await moved(TUESDAY_AT_TWO, THURSDAY_AT_TEN)]
    if name == "cancelled":
        return [await listed(TUESDAY_AT_TWO), await cancelled(TUESDAY_AT_TWO)]
    if name == "refused":
        say = "That time is already taken. I could offer Tuesday the twenty-fourth at three."
        near = {"start": "2026-11-24T15:00:00", "end": "2026-11-24T16:00:00"}
        return [("book_appointment", {
            "success": False, "error": "slot_taken", "message": say, "alternatives": [near],
        })]  # fmt: skip
    return [await listed(TUESDAY_AT_TWO)]


def known(*results: Result) -> Facts:
    """Return the facts of a call with these results."""
    return gather(results, SHOP, to_shop(NOW, SHOP.zone).date(), DANA.vehicles)


def corpus(name: str) -> list[str]:
    """Return the sentences of a corpus."""
    return [line for _, line in _lines(name)]


def corpus_after(name: str) -> list[tuple[str, str]]:
    """Return the headings and sentences of a corpus that speaks of results."""
    return list(_lines(name))


def working_days() -> list[datetime]:
    """Return days ahead on which the shop works, near and far."""
    days = (datetime(2026, 11, 23) + timedelta(days=n) for n in range(0, 60, 3))
    return [day for day in days if SHOP.hours_on(day.date())]


def _lines(name: str) -> Iterator[tuple[str, str]]:
    heading = ""
    for line in (CORPORA / f"{name}.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            heading = line.strip("[]")
        elif line and not line.startswith("#"):
            yield heading, line
