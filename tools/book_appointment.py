"""Put a visit on the books, once, also for somebody who is new to the shop."""

from dataclasses import dataclass
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from shop.clock import iso_local
from shop.phone import BadPhone, parse_phone
from shop.plate import BadPlate, parse_plate
from shop.shopfile import Service
from shop.speech import speak_list, speak_vehicle
from shop.types import Appointment, Customer, Vehicle
from shop.vin import BadVin, check_vin
from store.appointments import NewAppointment
from store.customers import NewCustomer
from store.errors import SlotTaken, VehicleBusy, VinUnavailable
from store.vehicles import NewVehicle
from tools import schedule
from tools.call import Call
from tools.errors import AskCaller, Refused
from tools.get_upcoming_appointments import spoken_visit
from tools.tool import MAX_TEXT, Arguments, tool


class _Part(BaseModel):
    model_config = ConfigDict(
        frozen=True, str_strip_whitespace=True, str_max_length=MAX_TEXT, extra="ignore"
    )


class CustomerArguments(_Part):
    """A caller who is not on file yet."""

    first_name: str = Field(min_length=1)
    last_name: str = Field(min_length=1)
    phone: str | None = None
    email: str | None = None


class VehicleArguments(_Part):
    """A car that is not on file yet: by VIN, or by year, make and model."""

    vin: str | None = None
    year: int | None = Field(default=None, ge=1900, le=2100)
    make: str | None = None
    model: str | None = None
    license_plate: str | None = None


class BookArguments(Arguments):
    """What, when, for whom and for which car."""

    scheduled_at: str = Field(description="Start, YYYY-MM-DDTHH:MM:SS in the shop's time zone")
    service_type: str = Field(description="Code or name of the service")
    customer_id: int | None = None
    vehicle_id: int | None = None
    notes: str | None = None
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
    new_customer = await _new_customer(call, arguments.customer)
    vehicle = _known_vehicle(call, arguments)
    new_vehicle = None if vehicle else await _new_vehicle(call, arguments.vehicle)
    draft = NewAppointment(
        customer_id=call.customer.id if call.customer else None,
        vehicle_id=vehicle.id if vehicle else None,
        service_type=service.code,
        start=start,
        duration_minutes=service.duration_minutes,
        notes=arguments.notes,
        booking_key=_booking_key(call, start, vehicle, new_vehicle),
        new_customer=new_customer,
        new_vehicle=new_vehicle,
    )
    visit = await _place(call, service, draft)
    await _refresh(call, visit)
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


def _booking_key(
    call: Call, start: datetime, vehicle: Vehicle | None, new_vehicle: NewVehicle | None
) -> str:
    """Name this wish, so that asking for it again in this call finds the visit it made."""
    customer = call.customer.id if call.customer else call.caller_phone
    car = vehicle.id if vehicle else new_vehicle and (new_vehicle.vin or new_vehicle.model)
    return f"{call.call_sid}:{customer}:{car}:{start.isoformat()}"


async def _place(call: Call, service: Service, draft: NewAppointment) -> Appointment:
    """Write the visit on the first free bay; the database decides when two want the last one."""
    done = await call.store.appointments.by_booking_key(draft.booking_key)
    if done is not None:
        return done
    await schedule.check(call, service, draft.start)
    try:
        return await call.store.appointments.book(draft)
    except SlotTaken as exc:
        raise await schedule.refusal(call, service, draft.start, "taken") from exc
    except VehicleBusy as exc:
        raise Refused(
            "vehicle_busy", "That car already has a visit then. Shall I move that one instead?"
        ) from exc


async def _refresh(call: Call, visit: Appointment) -> None:
    """Let the rest of the call know a customer or car that this booking put on file."""
    if call.customer is None or call.vehicle(visit.vehicle_id) is None:
        call.customer = await call.store.customers.by_id(visit.customer_id)


async def _new_customer(call: Call, given: CustomerArguments | None) -> NewCustomer | None:
    """Return who to put on file, None for a caller who already is."""
    if call.customer is not None:
        return None
    if given is None:
        raise AskCaller("customer_needed", "May I have your first and last name for the booking?")
    phone = _phone(call, given.phone)
    on_file = await call.store.customers.by_phone(phone)
    if on_file is None:
        return NewCustomer(given.first_name, given.last_name, phone, given.email)
    call.count_try()
    if not call.weigh({"phone": True, "name": _same_name(given, on_file)}, on_file):
        raise Refused(
            "verification_needed",
            "I can't book under that number on this call. "
            "Is there another number, or shall someone call you back?",
        )
    return None


def _same_name(given: CustomerArguments, on_file: Customer) -> bool:
    return (given.first_name.casefold(), given.last_name.casefold()) == (
        on_file.first_name.casefold(),
        on_file.last_name.casefold(),
    )


def _phone(call: Call, given: str | None) -> str:
    if given is not None:
        try:
            return parse_phone(given)
        except BadPhone as exc:
            raise AskCaller(
                "invalid_phone", "I didn't get that phone number. Could you say it digit by digit?"
            ) from exc
    if call.caller_phone is None:
        raise AskCaller("phone_needed", "What's the best phone number to reach you?")
    return call.caller_phone


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


async def _new_vehicle(call: Call, given: VehicleArguments | None) -> NewVehicle | None:
    if given is None:
        return None
    plate = _plate(given.license_plate)
    if given.vin is not None:
        return await _by_vin(call, given, plate)
    if not (given.year and given.make and given.model):
        raise AskCaller("vehicle_needed", "What's the year, make and model of your car?")
    return NewVehicle(given.year, given.make, given.model, None, plate)


async def _by_vin(call: Call, given: VehicleArguments, plate: str | None) -> NewVehicle:
    try:
        vin = check_vin(given.vin or "")
    except BadVin as exc:
        raise AskCaller(
            "invalid_vin",
            "That VIN doesn't add up. Could you read it again, or tell me year, make and model?",
        ) from exc
    if given.year and given.make and given.model:
        return NewVehicle(given.year, given.make, given.model, vin, plate)
    try:
        decoded = await call.store.vin.decode(vin)
    except VinUnavailable:
        decoded = None
    if decoded is None:
        raise AskCaller(
            "vehicle_needed", "I can't look that VIN up. What's the year, make and model?"
        )
    return NewVehicle(decoded.year, decoded.make, decoded.model, vin, plate)


def _plate(text: str | None) -> str | None:
    if text is None:
        return None
    try:
        return parse_plate(text).number
    except BadPlate as exc:
        raise AskCaller(
            "invalid_plate", "I didn't get that plate. Could you spell it for me?"
        ) from exc
