"""What tools have answered, read into values: slots, visits, customers."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sandbox.openai.cars import Car, NewCar
from sandbox.openai.times import TimeWish
from sandbox.openai.wording import moment


@dataclass(frozen=True, slots=True)
class Slot:
    """A free time, in the shop's wall time, and the words for it."""

    start: datetime
    spoken: str

    @property
    def tail(self) -> str:
        """Give the words for the time of day alone."""
        return self.spoken.rpartition(" at ")[2]

    @property
    def head(self) -> str:
        """Give the words for the day alone."""
        return self.spoken.rpartition(" at ")[0]


@dataclass(frozen=True, slots=True)
class Visit:
    """An appointment the caller has."""

    id: int
    at: datetime
    service: str
    car: str = ""
    car_id: int | None = None


@dataclass(slots=True)
class Wish:
    """What the caller wants at the moment, as far as it is known."""

    service: str | None = None
    day: date | None = None
    days: int = 1
    time: TimeWish | None = None
    slot: Slot | None = None
    confirmed: bool = False
    car_id: int | None = None
    new_car: NewCar = field(default_factory=NewCar)
    other_car: bool = False
    visit: Visit | None = None
    visit_service: str | None = None
    visit_day: date | None = None
    visit_car_id: int | None = None
    declined: bool = False


def read_time(value: object) -> datetime | None:
    """Read a tool's time as wall time; None when it is none."""
    try:
        return datetime.fromisoformat(str(value)).replace(tzinfo=None)
    except ValueError:
        return None


def read_slots(value: object) -> tuple[Slot, ...]:
    """Read a list of slots; odd entries are left out."""
    slots = []
    for item in value if isinstance(value, list) else []:
        start = read_time(item.get("start") if isinstance(item, dict) else item)
        if start is not None:
            spoken = item.get("spoken") if isinstance(item, dict) else None
            slots.append(Slot(start, str(spoken or moment(start))))
    return tuple(slots)


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def read_visit(item: object) -> Visit | None:
    """Read one appointment of a tool's result."""
    if not isinstance(item, dict):
        return None
    number, at = _whole(item.get("appointment_id")), read_time(item.get("scheduled_at"))
    if number is None or at is None:
        return None
    car = item.get("vehicle")
    if isinstance(car, dict):
        car_id = _whole(car.get("id"))
        car = " ".join(str(car.get(key) or "") for key in ("make", "model")).strip()
    else:
        car_id = None
        car = re.sub(r"^\d{4} ", "", car) if isinstance(car, str) else ""
    return Visit(
        number, at, str(item.get("service_type", "")), car, _whole(item.get("vehicle_id")) or car_id
    )


def read_visits(value: object) -> tuple[Visit, ...]:
    """Read a list of appointments, soonest first."""
    visits = [read_visit(item) for item in value] if isinstance(value, list) else []
    return tuple(sorted((v for v in visits if v is not None), key=lambda visit: visit.at))


def meant_visits(visits: Sequence[Visit], wish: Wish, car_name: str | None) -> list[Visit]:
    """Narrow the visits to those a caller's words fit; what fits none of them is not a filter."""
    meant = list(visits)
    if wish.visit_service is not None:
        meant = [v for v in meant if v.service == wish.visit_service] or meant
    if wish.visit_day is not None:
        meant = [v for v in meant if v.at.date() == wish.visit_day] or meant
    if wish.visit_car_id is not None:
        of_car = [v for v in meant if v.car_id == wish.visit_car_id or v.car == car_name]
        meant = of_car or meant
    return meant


def read_customer(value: object) -> tuple[int, str, tuple[Car, ...]] | None:
    """Read a customer with cars: id, first name, cars."""
    if not isinstance(value, Mapping):
        return None
    number = _whole(value.get("id"))
    if number is None:
        return None
    listed: Any = value.get("vehicles")
    cars = []
    for item in listed if isinstance(listed, list) else []:
        car_id = _whole(item.get("id")) if isinstance(item, dict) else None
        if car_id is not None:
            make, model = str(item.get("make") or ""), str(item.get("model") or "")
            cars.append(Car(car_id, _whole(item.get("year")), make, model))
    return number, str(value.get("first_name") or ""), tuple(cars)
