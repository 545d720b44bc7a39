"""What the model is told, and the sentences we say without asking it."""

from functools import cache
from pathlib import Path
from string import Template

from shop.clock import to_shop
from shop.identity import Tier
from shop.shopfile import WEEKDAYS, Service, Shop
from shop.types import Customer, Vehicle
from tools.call import Call

_PROMPTS = Path(__file__).parent / "prompts"

STILL_THERE = "Are you still there?"
SILENT_GOODBYE = "I can't hear you, so I'll hang up now. Please call again any time. Goodbye."
TIME_IS_UP = "I'm sorry, we've reached the longest a call can take. Please call again. Goodbye."
SAY_AGAIN = "I'm sorry, I lost you for a moment. Could you say that again?"
ALL_BUSY = "All our lines are busy right now. Please call again in a few minutes. Thank you."
NOT_OPEN_YET = "We can't take your call right now. Please call again in a minute. Thank you."

_ASK_ONE_FACT = (
    "The number is not confirmed: before moving or cancelling, ask for the caller's full name or "
    "license plate and pass it to search_customers."
)


def greeting(shop: Shop, customer: Customer | None) -> str:
    """Return the first sentence a caller hears, by name when we know it."""
    who = f"Hi {customer.first_name}, thanks" if customer else "Hi, thanks"
    return f"{who} for calling {shop.name}. How can I help you today?"


def system_prompt(call: Call) -> str:
    """Render the receptionist's instructions for `call`.

    What is the same in every call stands first and the caller last, so that the vendor's prompt
    cache serves the long first part.
    """
    shop = call.shop
    now = to_shop(call.clock.now(), shop.zone)
    return _template("receptionist.md").substitute(
        shop_name=shop.name,
        address=shop.address,
        hours=_hours(shop),
        services=", ".join(_service(service) for service in shop.services),
        today=f"{now:%A}, {now:%Y-%m-%d}, {now:%H:%M}",
        time_zone=shop.time_zone,
        caller=_caller(call),
    )


@cache
def _template(name: str) -> Template:
    return Template((_PROMPTS / name).read_text(encoding="utf-8"))


def _hours(shop: Shop) -> str:
    days = []
    for day in WEEKDAYS:
        span = shop.hours[day]
        days.append(f"{day} {span[0]:%H:%M}-{span[1]:%H:%M}" if span else f"{day} closed")
    lunch = f"; lunch {shop.lunch[0]:%H:%M}-{shop.lunch[1]:%H:%M}" if shop.lunch else ""
    closed = f"; closed on {', '.join(map(str, shop.holidays))}" if shop.holidays else ""
    return ", ".join(days) + lunch + closed


def _service(service: Service) -> str:
    low, high = service.price_low, service.price_high
    price = ""
    if low is not None:
        price = f", ${low} to ${high}" if high is not None else f", from ${low}"
    return f"{service.code} ({service.name}, {service.duration_minutes} min{price})"


def _caller(call: Call) -> str:
    number = f"calling from {call.caller_phone}" if call.caller_phone else "number withheld"
    customer = call.shown_customer
    if customer is None and call.trust == "none":
        return f"Caller: not verified, {number}, which may be forged."
    if customer is None:
        return f"Caller: not on file, {number}." if call.caller_phone else f"Caller: {number}."
    cars = "; ".join(_vehicle(vehicle) for vehicle in customer.vehicles) or "none on file"
    name = f"{customer.first_name} {customer.last_name}".strip()
    ask = "" if call.tier is Tier.SURE else f"\n{_ASK_ONE_FACT}"
    return f"Caller: {name} (customer_id {customer.id}), {number}.\nVehicles: {cars}{ask}"


def _vehicle(vehicle: Vehicle) -> str:
    plate = f", plate {vehicle.license_plate}" if vehicle.license_plate else ""
    return f"[{vehicle.id}] {vehicle.year or ''} {vehicle.make} {vehicle.model}{plate}".replace(
        "]  ", "] "
    )
