"""Take a visit off the books."""

from dataclasses import dataclass

from tools.call import Call
from tools.errors import Refused
from tools.get_upcoming_appointments import spoken_visit
from tools.tool import Arguments, tool


class CancelArguments(Arguments):
    """Which visit, and why if the caller said."""

    appointment_id: int
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class CancelResult:
    """The visit that is no more."""

    appointment_id: int
    status: str
    message: str


@tool(writes=True)
async def cancel_appointment(call: Call, arguments: CancelArguments) -> CancelResult:
    """Cancel one of the caller's visits, after the caller has said yes to cancelling it."""
    visit = await call.require_appointment(arguments.appointment_id)
    if visit.status in ("completed", "no_show"):
        raise Refused("already_over", "That visit is already over, so there's nothing to cancel.")
    cancelled = await call.store.appointments.cancel(
        visit.id, arguments.reason, call_sid=call.call_sid
    )
    return CancelResult(
        appointment_id=cancelled.id,
        status=cancelled.status,
        message=f"I've cancelled your visit, {spoken_visit(call, cancelled)}.",
    )
