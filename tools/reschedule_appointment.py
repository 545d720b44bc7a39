"""Move a visit to another time: the old place is given up only for the new one."""

from dataclasses import dataclass

from shop.clock import iso_local
from store.errors import NotFound, SlotTaken, VehicleBusy
from tools import schedule
from tools.call import Call
from tools.errors import Refused
from tools.get_upcoming_appointments import spoken_visit
from tools.tool import Arguments, tool


class RescheduleArguments(Arguments):
    """Which visit, and when instead."""

    appointment_id: int
    new_scheduled_at: str


@dataclass(frozen=True, slots=True)
class RescheduleResult:
    """The visit at its new time."""

    appointment_id: int
    scheduled_at: str
    calendar_link: str | None
    message: str


@tool(writes=True)
async def reschedule_appointment(call: Call, arguments: RescheduleArguments) -> RescheduleResult:
    """Move one of the caller's visits to a new time that is free. If it is not, nothing changes."""
    visit = await call.require_appointment(arguments.appointment_id)
    if visit.status not in ("scheduled", "confirmed"):
        raise _not_live()
    service = schedule.find_service(call, visit.service_type)
    start = schedule.read_start(call, arguments.new_scheduled_at)
    slot = await schedule.check(call, service, start, besides=visit.id)
    try:
        moved = await call.store.appointments.reschedule(
            visit.id, slot.start, to=slot, call_sid=call.call_sid
        )
    except NotFound as exc:
        raise _not_live() from exc
    except VehicleBusy as exc:
        raise Refused(
            "vehicle_busy", "That car already has another visit then. Which other time?"
        ) from exc
    except SlotTaken as exc:
        raise await schedule.refusal(call, service, start, "taken") from exc
    link = await schedule.calendar_link(call, moved)
    return RescheduleResult(
        appointment_id=moved.id,
        scheduled_at=iso_local(moved.scheduled_at, call.shop.zone),
        calendar_link=link,
        message=f"Done, you now have {spoken_visit(call, moved)}.",
    )


def _not_live() -> Refused:
    return Refused("not_live", "That visit isn't on the books any more. Shall I book a new one?")
