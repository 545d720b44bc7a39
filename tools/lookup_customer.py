"""Who is this number: the customer with the vehicles we keep for them."""

from dataclasses import dataclass
from typing import Any

from shop.phone import BadPhone, parse_phone
from shop.speech import speak_list, speak_vehicle
from shop.types import Customer
from tools.call import Call
from tools.errors import AskCaller, Refused, who_are_you
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
    phone = _phone(arguments.phone)
    if call.customer is not None and phone in (None, call.customer.phone):
        return _describe(call)
    if phone is None or phone == call.caller_phone:
        return await _own_number(call)
    return await _other_number(call, phone)


def _phone(spoken: str | None) -> str | None:
    if spoken is None:
        return None
    try:
        return parse_phone(spoken)
    except BadPhone as exc:
        raise AskCaller(
            "invalid_phone", "I didn't get that phone number. Could you say it digit by digit?"
        ) from exc


async def _own_number(call: Call) -> LookupResult:
    """Look up the number the call comes from; one that may be forged discloses nothing."""
    if call.trust == "none":
        raise who_are_you()
    await call.identify_by_number()
    if call.customer is None:
        raise Refused(
            "customer_not_found",
            "I don't have this number on file yet. May I have your first and last name?",
        )
    return _describe(call)


async def _other_number(call: Call, phone: str) -> LookupResult:
    """Weigh a number the caller names: on its own it proves nothing and discloses nothing."""
    await call.count_try()
    # Not by the cache: it would be quicker for people who are on file.
    candidate = await call.store.customers.on_file(phone)
    if candidate is not None and call.prove({"phone"}, candidate):
        return _describe(call)
    raise who_are_you()


def _describe(call: Call) -> LookupResult:
    customer = call.shown_customer
    assert customer is not None  # noqa: S101 - only asked once there is one
    cars = speak_list([f"a {speak_vehicle(vehicle)}" for vehicle in customer.vehicles])
    known = f" with {cars}" if cars else ""
    name = f"{customer.first_name} {customer.last_name}".strip()
    return LookupResult(customer=customer_json(customer), message=f"I have {name} on file{known}.")


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
