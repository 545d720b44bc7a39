"""What the caller has coming up, and whether the car that was brought in is ready."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from shop.clock import iso_local, shop_day, to_shop
from shop.identity import Tier
from shop.speech import speak_date, speak_datetime, speak_list, speak_vehicle
from shop.types import Appointment, Vehicle
from tools.call import Call
from tools.tool import Arguments, tool


class UpcomingArguments(Arguments):
    """Whose visits; the verified caller's by default."""

    customer_id: int | None = None


RECENT_DAYS = 7
"""How far back a finished visit is told of: a car that is ready is fetched within the week."""


@dataclass(frozen=True, slots=True)
class UpcomingResult:
    """The caller's live visits, soonest first; only the next to an unconfirmed number.

    `recent` are those that began within the last days, the latest first: finished, or not marked
    as finished yet. An unconfirmed number hears nothing of them.
    """

    appointments: list[dict[str, Any]]
    message: str
    recent: list[dict[str, Any]] = field(default_factory=list)


@tool()
async def get_upcoming_appointments(call: Call, arguments: UpcomingArguments) -> UpcomingResult:
    """List the caller's upcoming visits, soonest first, with their ids for moving or cancelling;
    and recent ones with their status: whether the car is ready."""
    customer = call.require_verified()
    now = call.clock.now()
    visits = await call.store.appointments.upcoming(customer.id, now)
    if call.tier < Tier.SURE:
        if not visits:
            return UpcomingResult([], "You have no upcoming visits with us.")
        visit = visits[0]
        return UpcomingResult(
            [visit_json(call, visit)], f"Your next visit is {spoken_visit(call, visit)}."
        )
    recent = await _recent(call, customer.id)
    begun = {visit.id for visit in recent}
    coming = [spoken_visit(call, visit) for visit in visits if visit.id not in begun]
    told = f"You have {speak_list(coming)}." if coming else "You have no upcoming visits with us."
    if recent:
        told = f"{spoken_progress(call, recent[0])} {told}"
    return UpcomingResult(
        [visit_json(call, visit) for visit in visits],
        told,
        [recent_json(call, visit) for visit in recent],
    )


async def _recent(call: Call, customer_id: int) -> list[Appointment]:
    """Return what was finished within the last days, and what was due to begin today."""
    now, zone = call.clock.now(), call.shop.zone
    today = shop_day(to_shop(now, zone).date(), zone).start
    since = today - timedelta(days=RECENT_DAYS)
    visits = await call.store.appointments.recent(customer_id, since, now)
    return [one for one in visits if one.status == "completed" or one.scheduled_at >= today]


def spoken_progress(call: Call, visit: Appointment) -> str:
    """Say how far a visit that has begun has come, as far as the shop has marked it."""
    now, zone = call.clock.now(), call.shop.zone
    vehicle = call.vehicle(visit.vehicle_id)
    car = f"your {_car(vehicle)}" if vehicle else "your car"
    service = service_name(call, visit.service_type).partition(" ")[2]
    today = to_shop(now, zone).date()
    day = to_shop(visit.scheduled_at, zone).date()
    if visit.status != "completed":
        return f"The {service} for {car} isn't marked as finished yet."
    since = "" if day == today else f" from {speak_date(day, today)}"
    return f"The {service}{since} is done, so {car} is ready."


def recent_json(call: Call, visit: Appointment) -> dict[str, Any]:
    """Return a visit that has begun as the model sees it: without an id, nothing can be changed."""
    shown = visit_json(call, visit)
    return {
        **{key: shown[key] for key in ("scheduled_at", "service_type", "status", "vehicle")},
        "spoken": spoken_progress(call, visit),
    }


def spoken_visit(call: Call, visit: Appointment) -> str:
    """Return a visit as people say it: what, when and for which car."""
    when = speak_datetime(visit.scheduled_at, call.shop.zone, call.clock.now())
    vehicle = call.vehicle(visit.vehicle_id)
    car = f" for the {_car(vehicle)}" if vehicle else ""
    return f"{service_name(call, visit.service_type)} on {when}{car}"


def _car(vehicle: Vehicle) -> str:
    return speak_vehicle(replace(vehicle, year=None))


def service_name(call: Call, code: str) -> str:
    """Return a service's name with its article, also of one the shop no longer offers."""
    known = {service.code: service.name.lower() for service in call.shop.services}
    name = known.get(code, code.replace("_", " "))
    return f"an {name}" if name[0] in "aeiou" else f"a {name}"


def visit_json(call: Call, visit: Appointment) -> dict[str, Any]:
    """Return a visit as the model sees it."""
    vehicle = call.vehicle(visit.vehicle_id)
    return {
        "appointment_id": visit.id,
        "scheduled_at": iso_local(visit.scheduled_at, call.shop.zone),
        "service_type": visit.service_type,
        "duration_minutes": visit.duration_minutes,
        "status": visit.status,
        "vehicle_id": visit.vehicle_id,
        "vehicle": f"{vehicle.year or ''} {vehicle.make} {vehicle.model}".strip()
        if vehicle
        else None,
        "spoken": spoken_visit(call, visit),
    }
