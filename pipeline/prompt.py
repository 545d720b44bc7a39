"""What the model is told, and the sentences we say without asking it."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from string import Template

from pipeline.sentences import Language
from shop.clock import to_shop
from shop.identity import Tier
from shop.shopfile import WEEKDAYS, Service, Shop
from shop.types import Customer, Vehicle
from tools.call import Call

_PROMPTS = Path(__file__).parent / "prompts"

STILL_THERE = "Are you still there?"
STILL_LISTENING = "I can't hear you. If you're there, just say a word, or press any key."
SILENT_GOODBYE = "I can't hear you, so I'll hang up now. Please call again any time. Goodbye."
TIME_IS_UP = "I'm sorry, we've reached the longest a call can take. Please call again. Goodbye."
ONE_MINUTE_LEFT = "Just so you know, we have about a minute left on this call."
SAY_AGAIN = "I'm sorry, I lost you for a moment. Could you say that again?"
FAILED_AGAIN = (
    "I'm sorry, I'm having trouble on my side. Please say it again, or press zero for a person."
)
APOLOGIES = (SAY_AGAIN, FAILED_AGAIN)
"""For a reply that came to nothing: the model failed, or answered with nothing at all."""

HOLDING = ("Sure, take your time.", "Of course, no rush.", "Sure, I'll be here.")
HOLD_CHECKS = (
    "I'm still here. Just speak up when you're ready.",
    "No rush, I'm still on the line. Are you back?",
)
WANTS_PERSON = "I'd like to speak to a person."
"""What the model is told that a caller said who pressed zero."""

TO_A_MACHINE = "This is an automated line, so I can't take recordings. Goodbye."
ALL_BUSY = "All our lines are busy right now. Please call again in a few minutes. Thank you."
NOT_OPEN_YET = "We can't take your call right now. Please call again in a minute. Thank you."
NO_CARD_NUMBERS = "Please don't say card numbers here. I can't take them, and I haven't kept it."
"""Said once, after the turn in which the caller said one."""

OTHER_LANGUAGE: Mapping[Language, str] = {
    "en": "I'm sorry, I only speak English. Shall I get someone from the shop on the line?",
    "es": "I'm sorry, I only speak Spanish. Shall I get someone from the shop on the line?",
}
"""For a caller who speaks neither."""

_RECORDED = "This call may be recorded."
"""Said in the greeting when the call is recorded."""

_CUT_OFF = (
    "The caller's last call broke off just now. What was said in it stands before the greeting. "
    "What it had come to: {} Go on from there, without asking again for what they said; if they "
    "want something else, forget it."
)

CALLING_PERSON = "One moment, I'm calling someone at the shop."
STILL_CALLING = ("Still trying.", "I'm still trying to reach someone.", "One more moment, please.")
CALL_STOPPED = "All right, I've stopped calling. What can I do for you?"
CONNECTING = "I'm connecting you now."
NOBODY_CAME = "I'm sorry, nobody can come to the phone right now."
NO_ONE_TO_CALL = "I can't put you through from here."
OFFER_PERSON = "Shall I get someone from the shop on the line?"
OFFER_MESSAGE = "Shall I take a message, so that someone can call you back?"
ASK_MESSAGE = "I can take a message. What should I tell them?"
ASK_MESSAGE_AGAIN = "Go ahead, what should I tell them?"
ASK_NAME = "Thank you. Who should I say called?"
ASK_NUMBER = "And what number can they reach you at?"
ASK_NUMBER_AGAIN = "I didn't get that number. Could you say it once more, digit by digit?"
MESSAGE_TAKEN = "Thank you, I've written that down."
NO_NUMBER_NO_CALL = "Without a number nobody can call you back, so please try us again."
MESSAGE_LOST = (
    "I'm sorry, I can't write anything down right now, so that message would get lost. "
    "Please call us again later."
)
NO_MESSAGE = "All right."
ANYTHING_ELSE = "Is there anything else I can do for you?"

# What the person hears whom we call, and either of the two afterwards.
PRESS_A_KEY = "Press 1 to take the call, or 2 if you can't."
NOT_TAKEN = "All right, I'll take a message. Goodbye."
CALLER_GONE = "I'm sorry, the caller has just hung up. Goodbye."
NOT_CONNECTED = "I'm sorry, I couldn't connect the call. I'll take a message. Goodbye."
BACK_WITH_US = "I'm sorry, that didn't work. You're back with me."
AFTER_TALKING = "Thank you for calling. Goodbye."

# While a tool works. None of them says what will come of it, and all are short: an answer that
# comes meanwhile waits for their end.
FILLERS: Mapping[str, tuple[str, ...]] = {
    "lookup_customer": ("Let me find you.", "Let me look."),
    "search_customers": ("Let me look for that.", "Let me look."),
    "get_available_slots": ("Let me see what we have.", "Let me look."),
    "book_appointment": ("Bear with me a second.", "One moment, please."),
    "get_upcoming_appointments": ("Let me look.", "Just a moment."),
    "cancel_appointment": ("Bear with me a second.", "One moment, please."),
    "reschedule_appointment": ("Bear with me a second.", "One moment, please."),
}
THINKING = ("Just a moment.", "Let me think.", "One second.")
STILL_WORKING = (
    "It's taking a little longer, one more moment.",
    "Thanks for waiting, I'm still on it.",
    "Sorry about the wait, still working on it.",
)

_ASK_ONE_FACT = (
    "The number is not confirmed: before moving or cancelling, ask for the caller's full name or "
    "license plate and pass it to search_customers."
)


def greeting(
    shop: Shop, customer: Customer | None, *, recorded: bool = False, taken_up: str | None = None
) -> str:
    """Return the first sentences a caller hears, by name when we know it.

    `recorded` announces the recording; `taken_up` goes on with a call that broke off.
    """
    hi = f"Hi {customer.first_name}" if customer else "Hi"
    announced = f" {_RECORDED}" if recorded else ""
    if taken_up is not None:
        return f"{hi}, this is {shop.name}.{announced} {taken_up}"
    return f"{hi}, thanks for calling {shop.name}.{announced} How can I help you today?"


def fillers(tool: str | None, said: int) -> tuple[str, ...]:
    """Return what may be said while `tool` works, or the model (None), after `said` fillers."""
    return STILL_WORKING if said else FILLERS.get(tool or "", THINKING)


def system_prompt(call: Call, cut_off: str | None = None, language: Language = "en") -> str:
    """Render the receptionist's instructions for `call`; `cut_off` tells of one it takes up.

    They are in English also for a receptionist who speaks another `language`, which they demand.

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
        language=_text(f"language.{language}.md"),
        caller=_caller(call) + (f"\n{_CUT_OFF.format(cut_off)}" if cut_off else ""),
    )


@cache
def _template(name: str) -> Template:
    return Template(_text(name))


@cache
def _text(name: str) -> str:
    return (_PROMPTS / name).read_text(encoding="utf-8").rstrip()


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
