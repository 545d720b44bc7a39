"""Who is this number: the customer with the vehicles we keep for them."""

from dataclasses import dataclass
from typing import Any

from shop.phone import BadPhone, parse_phone
from shop.speech import speak_list, speak_vehicle
from shop.types import Customer
from tools.call import Call
from tools.errors import AskCaller, Refused
from tools.tool import Arguments, tool


class LookupArguments(Arguments):
    """Whose record."""

    phone: str | None = None


@dataclass(frozen=True, slots=True)
class LookupResult:
    """The customer, as the model sees them."""

    customer: dict[str, Any]
    message: str


@tool()
async def lookup_customer(call: Call, arguments: LookupArguments) -> LookupResult:
    """Find the customer by phone number, with their vehicles. Leave `phone` out for the number
    this call comes from; give it as the caller said it when they name another one.
    """
    phone = _phone(call, arguments.phone)
    if phone is not None and phone != call.caller_phone:
        return describe(await _other_number(call, phone))
    if call.customer is None and phone is not None:
        call.customer = await call.store.customers.by_phone(phone)
    if call.customer is None:
        raise Refused(
            "customer_not_found",
            "I don't have this number on file yet. May I have your first and last name?",
        )
    return describe(call.customer)


def _phone(call: Call, spoken: str | None) -> str | None:
    if spoken is None:
        return call.caller_phone
    try:
        return parse_phone(spoken)
    except BadPhone as exc:
        raise AskCaller(
            "invalid_phone", "I didn't get that phone number. Could you say it digit by digit?"
        ) from exc


async def _other_number(call: Call, phone: str) -> Customer:
    """Weigh a number the caller names: on its own it proves nothing and discloses nothing."""
    if call.customer is not None and call.customer.phone == phone:
        return call.customer
    call.count_try()
    candidate = await call.store.customers.by_phone(phone)
    if candidate is not None and call.weigh({"phone": True}, candidate):
        return candidate
    raise Refused(
        "verification_needed",
        "Thank you. To be sure who I'm speaking with, could you also tell me your full name "
        "or the license plate of your car?",
    )


def describe(customer: Customer) -> LookupResult:
    """Return a customer's record as the model sees it."""
    cars = speak_list([f"a {speak_vehicle(vehicle)}" for vehicle in customer.vehicles])
    known = f" with {cars}" if cars else ""
    return LookupResult(
        customer=customer_json(customer),
        message=f"I have {customer.first_name} {customer.last_name} on file{known}.",
    )


def customer_json(customer: Customer) -> dict[str, Any]:
    """Return a customer with vehicles as a JSON object."""
    return {
        "id": customer.id,
        "first_name": customer.first_name,
        "last_name": customer.last_name,
        "phone": customer.phone,
        "email": customer.email,
        "vehicles": [
            {
                "id": vehicle.id,
                "year": vehicle.year,
                "make": vehicle.make,
                "model": vehicle.model,
                "vin": vehicle.vin,
                "license_plate": vehicle.license_plate,
            }
            for vehicle in customer.vehicles
        ],
    }
