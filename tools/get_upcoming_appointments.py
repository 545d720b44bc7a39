"""What the caller has coming up."""

from dataclasses import dataclass
from typing import Any

from shop.clock import iso_local
from shop.identity import Tier
from shop.speech import speak_datetime, speak_list
from shop.types import Appointment
from tools.call import Call
from tools.tool import Arguments, tool


class UpcomingArguments(Arguments):
    """Whose visits; the verified caller's by default."""

    customer_id: int | None = None


@dataclass(frozen=True, slots=True)
class UpcomingResult:
    """The caller's live visits, soonest first; only the next to an unconfirmed number."""

    appointments: list[dict[str, Any]]
    message: str


@tool()
async def get_upcoming_appointments(call: Call, arguments: UpcomingArguments) -> UpcomingResult:
    """List the caller's upcoming visits, soonest first, with their ids for moving or cancelling."""
    customer = call.require_verified()
    visits = await call.store.appointments.upcoming(customer.id, call.clock.now())
    if not visits:
        return UpcomingResult([], "You have no upcoming visits with us.")
    if call.tier < Tier.SURE:
        visit = visits[0]
        return UpcomingResult(
            [visit_json(call, visit)], f"Your next visit is {spoken_visit(call, visit)}."
        )
    spoken = speak_list([spoken_visit(call, visit) for visit in visits])
    return UpcomingResult([visit_json(call, v) for v in visits], f"You have {spoken}.")


def spoken_visit(call: Call, visit: Appointment) -> str:
    """Return a visit as people say it: what, when and for which car."""
    when = speak_datetime(visit.scheduled_at, call.shop.zone, call.clock.now())
    vehicle = call.vehicle(visit.vehicle_id)
    car = f" for the {vehicle.make} {vehicle.model}" if vehicle else ""
    return f"{service_name(call, visit.service_type)} on {when}{car}"


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
