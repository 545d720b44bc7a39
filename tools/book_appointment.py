"""Put a visit on the books, once, also for somebody who is new to the shop."""

from dataclasses import dataclass, replace
from datetime import datetime

from pydantic import Field

from shop.clock import iso_local
from shop.shopfile import Service
from shop.speech import speak_list, speak_vehicle
from shop.types import Appointment, Vehicle, VisitKind
from store.appointments import NewAppointment
from store.customers import NewCustomer
from store.errors import PhoneTaken, SlotTaken, StoreError, VehicleBusy
from store.vehicles import NewVehicle
from tools import schedule
from tools.call import Call
from tools.errors import AskCaller, Refused
from tools.get_upcoming_appointments import spoken_visit
from tools.new_customer import (
    CustomerArguments,
    VehicleArguments,
    number_is_taken,
    read_customer,
    read_vehicle,
    settle_customer,
    without_marks,
)
from tools.tool import Arguments, tool


class BookArguments(Arguments):
    """What, when, for whom and for which car."""

    scheduled_at: str = Field(description="Start, YYYY-MM-DDTHH:MM:SS in the shop's time zone")
    service_type: str = Field(description="Code or name of the service")
    customer_id: int | None = None
    vehicle_id: int | None = None
    notes: str | None = None
    visit: VisitKind | None = Field(
        default=None, description="Whether the caller waits in the shop or leaves the car"
    )
    customer: CustomerArguments | None = Field(
        default=None, description="Only for a caller who is not on file"
    )
    vehicle: VehicleArguments | None = Field(
        default=None, description="Only for a car that is not on file: vin, or year, make, model"
    )


@dataclass(frozen=True, slots=True)
class BookResult:
    """The visit as it stands in the database; the link is None while the calendar is silent."""

    appointment_id: int
    calendar_link: str | None
    scheduled_at: str
    service_type: str
    duration_minutes: int
    customer_id: int
    vehicle_id: int | None
    status: str
    message: str


@tool(writes=True)
async def book_appointment(call: Call, arguments: BookArguments) -> BookResult:
    """Book a visit at a time that get_available_slots showed as free. For a caller or a car not on
    file give `customer` and `vehicle` too; the visit exists only when this answers with success.
    """
    service = schedule.find_service(call, arguments.service_type)
    start = schedule.read_start(call, arguments.scheduled_at)
    person = read_customer(call, arguments.customer)
    vehicle = _known_vehicle(call, arguments)
    car = None if vehicle else await read_vehicle(call, arguments.vehicle)
    notes = arguments.notes
    if car is not None:
        car, notes = without_marks(call, car, notes)
    draft = NewAppointment(
        customer_id=call.customer.id if call.customer else None,
        vehicle_id=vehicle.id if vehicle else None,
        service_type=service.code,
        start=start,
        duration_minutes=service.duration_minutes,
        buffer_minutes=service.buffer_minutes,
        visit=_visit_kind(service, arguments.visit),
        call_sid=call.call_sid,
        notes=notes,
        booking_key=_booking_key(call, start, person, vehicle or car),
        new_customer=person,
        new_vehicle=car,
    )
    visit = await _place(call, service, draft)
    await _refresh(call, visit, draft)
    link = await schedule.calendar_link(call, visit)
    return BookResult(
        appointment_id=visit.id,
        calendar_link=link,
        scheduled_at=iso_local(visit.scheduled_at, call.shop.zone),
        service_type=visit.service_type,
        duration_minutes=visit.duration_minutes,
        customer_id=visit.customer_id,
        vehicle_id=visit.vehicle_id,
        status=visit.status,
        message=f"You're booked: {spoken_visit(call, visit)}.",
    )


def _visit_kind(service: Service, wanted: VisitKind | None) -> VisitKind:
    if wanted == "waiter" and not service.may_wait:
        raise AskCaller(
            "drop_off_only", "For that one you'd leave the car with us. Would that be all right?"
        )
    return wanted or "drop_off"


def _booking_key(
    call: Call, start: datetime, person: NewCustomer | None, car: Vehicle | NewVehicle | None
) -> str:
    """Name this wish, so that asking for it again in this call finds the visit it made.

    By phone number, not by id: the second time the caller is on file.
    """
    phone = person.phone if person else call.customer and call.customer.phone
    match car:
        case Vehicle():
            named = str(car.id)
        case NewVehicle():
            plain = f"{car.year} {car.make} {car.model} {car.license_plate}".casefold()
            named = car.vin or plain
        case None:
            named = ""
    return f"{call.call_sid}:{phone}:{named}:{start.isoformat()}"


async def _place(call: Call, service: Service, draft: NewAppointment) -> Appointment:
    """Write the visit on the first free bay; the database decides when two want the last one."""
    done = await call.store.appointments.by_booking_key(draft.booking_key)
    if done is not None:
        return done
    try:
        slot = await schedule.check(call, service, draft.start)
    except Refused:
        # Perhaps by this very wish, granted a moment ago to whoever asked for it beside us.
        done = await call.store.appointments.by_booking_key(draft.booking_key)
        if done is None:
            raise
        return done
    person = await settle_customer(call, draft.new_customer)
    customer_id = call.customer.id if call.customer else None
    draft = replace(draft, new_customer=person, customer_id=customer_id).at(slot)
    try:
        return await _book(call, draft)
    except PhoneTaken as exc:
        raise number_is_taken() from exc
    except SlotTaken as exc:
        raise await schedule.refusal(call, service, draft.start, "taken") from exc
    except VehicleBusy as exc:
        raise Refused(
            "vehicle_busy", "That car already has a visit then. Shall I move that one instead?"
        ) from exc


async def _book(call: Call, draft: NewAppointment) -> Appointment:
    try:
        return await call.store.appointments.book(draft)
    finally:
        # Also when the wait was given up: what was committed must not be hidden by the cache.
        customer = draft.new_customer or call.customer
        if customer is not None and (draft.new_customer or draft.new_vehicle):
            await call.store.customers.changed(customer.phone)


async def _refresh(call: Call, visit: Appointment, draft: NewAppointment) -> None:
    """Let the rest of the call know a customer or car that this booking put on file.

    The visit stands: a database that is away now must not make it look as if it did not.
    """
    if call.customer is not None and call.vehicle(visit.vehicle_id) is not None:
        return
    try:
        customer = await call.store.customers.by_id(visit.customer_id)
    except StoreError:
        return
    if customer is None:
        return
    if call.customer is None and draft.new_customer is not None:
        call.verify(customer)
    elif call.customer is not None and call.customer.id == customer.id:
        call.customer = customer


def _known_vehicle(call: Call, arguments: BookArguments) -> Vehicle | None:
    """Return the car on file that is meant: the one named, or the only one there is."""
    if arguments.vehicle_id is not None:
        return call.require_vehicle(arguments.vehicle_id)
    vehicles = call.customer.vehicles if call.customer else ()
    if arguments.vehicle is not None:
        return None
    if len(vehicles) == 1:
        return vehicles[0]
    if vehicles:
        names = speak_list([f"the {speak_vehicle(v)}" for v in vehicles], "or")
        raise AskCaller("vehicle_needed", f"Which car is it for, {names}?")
    raise AskCaller("vehicle_needed", "What's the year, make and model of your car?")
