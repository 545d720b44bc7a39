"""A caller or car that is not on file yet: what they said, checked and made ready to be stored."""

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field

from shop.email import BadEmail, parse_email
from shop.identity import Fact, Tier
from shop.phone import BadPhone, parse_phone
from shop.plate import BadPlate, parse_plate
from shop.speech import speak_vin
from shop.spelling import NATO, words_of
from shop.vin import LENGTH, BadVin, check_vin, normalise_vin, repair_vin
from store.customers import NewCustomer
from store.errors import VinUnavailable
from store.vehicles import NewVehicle
from tools.arguments import clean_name
from tools.call import Call
from tools.errors import AskCaller, Refused
from tools.tool import ARGUMENTS_CONFIG

LONGEST_NAME = 60
MOST_CANDIDATES = 3
"""As many VINs as a caller's patience reaches: the likeliest is read back first."""

YEARS_AHEAD = 2
"""Next year's models are sold this year."""

Name = Annotated[str, Field(max_length=LONGEST_NAME), AfterValidator(clean_name)]
NeededName = Annotated[Name, Field(min_length=1)]


class CustomerArguments(BaseModel):
    """A caller who is not on file yet."""

    model_config = ARGUMENTS_CONFIG

    first_name: NeededName
    last_name: NeededName
    phone: str | None = None
    email: str | None = None


class VehicleArguments(BaseModel):
    """A car that is not on file yet: by VIN, or by year, make and model."""

    model_config = ARGUMENTS_CONFIG

    vin: str | None = None
    year: int | None = Field(default=None, ge=1900, le=2100)
    make: Name | None = None
    model: Name | None = None
    license_plate: str | None = Field(default=None, description="With its state where it was said")


def read_customer(call: Call, given: CustomerArguments | None) -> NewCustomer | None:
    """Return who is to be put on file, None for a caller who is verified; asks for what is missing.

    Whether somebody has that number already is a question for `settle_customer`.
    """
    if call.customer is not None:
        return None
    if given is None:
        raise AskCaller("customer_needed", "May I have your first and last name for the booking?")
    return NewCustomer(
        given.first_name, given.last_name, _phone(call, given.phone), _email(given.email)
    )


async def settle_customer(call: Call, new: NewCustomer | None) -> NewCustomer | None:
    """Return who is to be put on file, None once the caller turns out to be there.

    Raises the refusal for a number that is somebody else's. It is asked last, after all that could
    stop the booking: so that a number cannot be tried without making a visit.
    """
    if new is None:
        return None
    if new.phone != call.caller_phone or call.trust == "none":
        await call.count_number(new.phone)
    on_file = await call.store.customers.on_file(new.phone)
    if on_file is None:
        return new
    facts: set[Fact] = {"phone"}
    if _name(new.first_name, new.last_name) == _name(on_file.first_name, on_file.last_name):
        facts.add("name")
    if not call.prove(facts, on_file):
        raise number_is_taken()
    return None


def number_is_taken() -> Refused:
    """Refuse to book under a number that belongs to somebody the caller has not proved to be."""
    return Refused(
        "verification_needed",
        "I can't book under that number on this call. "
        "Is there another number, or shall someone call you back?",
    )


def _name(*parts: str) -> list[str]:
    return [word.lower() for part in parts for word in words_of(part)]


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


def _email(given: str | None) -> str | None:
    if given is None:
        return None
    try:
        return parse_email(given)
    except BadEmail as exc:
        raise AskCaller(
            "invalid_email", "I didn't get that email address. Could you spell it for me?"
        ) from exc


async def read_vehicle(call: Call, given: VehicleArguments | None) -> NewVehicle | None:
    """Return the car to be put on file, None when none was described; asks for what is missing."""
    if given is None:
        return None
    plate = _plate(given.license_plate)
    vin = _vin(given.vin)
    if given.year is not None and given.year > call.clock.now().year + YEARS_AHEAD:
        raise AskCaller("invalid_year", "That year is still to come. What year is your car?")
    if given.year and given.make and given.model:
        return NewVehicle(given.year, given.make, given.model, vin, plate)
    if vin is None:
        raise AskCaller("vehicle_needed", "What's the year, make and model of your car?")
    try:
        decoded = await call.store.vin.decode(vin)
    except VinUnavailable:
        decoded = None
    if decoded is None:
        raise AskCaller(
            "vehicle_needed", "I can't look that VIN up. What's the year, make and model?"
        )
    return NewVehicle(decoded.year, decoded.make, decoded.model, vin, plate)


def without_marks(call: Call, car: NewVehicle, notes: str | None) -> tuple[NewVehicle, str | None]:
    """Return the car and the visit's notes as a caller of this tier may have them stored.

    Plate and VIN are what a caller could prove themselves by. From one known by an unconfirmed
    number alone they go to the notes, for people to read, so that nobody proves next time what they
    have put on file themselves.
    """
    marks = [
        f"{name} {value}, unconfirmed"
        for name, value in (("VIN", car.vin), ("plate", car.license_plate))
        if value
    ]
    if call.tier is not Tier.BY_NUMBER or not marks:
        return car, notes
    return (
        NewVehicle(car.year, car.make, car.model),
        "; ".join([*([notes] if notes else []), *marks]),
    )


def _vin(text: str | None) -> str | None:
    if text is None:
        return None
    try:
        return check_vin(text)
    except BadVin as exc:
        candidates = repair_vin(text)
        if not candidates:
            raise AskCaller("invalid_vin", _bad_vin(text)) from exc
        best = candidates[0]
        raise AskCaller(
            "vin_unclear",
            f"Let me read that VIN back: {_in_nato(best)}. Is that right?",
            {
                "vin": best,
                "spoken": _in_nato(best),
                "candidates": list(candidates[:MOST_CANDIDATES]),
            },
        ) from exc


def _bad_vin(text: str) -> str:
    try:
        heard = len(normalise_vin(text))
    except BadVin:
        heard = LENGTH
    if heard != LENGTH:
        return (
            f"A VIN has seventeen characters, and I have {heard}. "
            "Could you read it again, or tell me year, make and model?"
        )
    return "That VIN doesn't add up. Could you read it again, or tell me year, make and model?"


def _in_nato(vin: str) -> str:
    """Say a VIN in six breaths, letters as NATO words: "one Hotel Golf, Charlie Mike ..."."""
    return re.sub(r"\b[A-Z]\b", lambda letter: NATO[letter[0]], speak_vin(vin))


def _plate(text: str | None) -> str | None:
    if text is None:
        return None
    try:
        return parse_plate(text).number
    except BadPlate as exc:
        raise AskCaller(
            "invalid_plate", "I didn't get that plate. Could you spell it for me?"
        ) from exc
