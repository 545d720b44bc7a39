"""Answers that are spelled out: names, phone numbers, plates, VINs and cars not on file."""

import re

from sandbox.openai.cars import find_plate, find_vin, pick_car, read_new_car
from sandbox.openai.numbers import phone_number
from sandbox.openai.state import State
from sandbox.openai.understand import Heard, read_name

SPELLED = frozenset({"name", "last_name", "identity", "phone", "new_car"})
"""Questions whose answers are read by other rules than a sentence is."""

_INTERRUPTS = frozenset({"hours", "address", "price", "services", "robot", "person", "repeat",
                         "hold", "bye", "wrong_number", "language", "abandon", "duration",
                         "callback", "hello"})  # fmt: skip
_FIRST_TIME = re.compile(r"\b(new|first time|don't have|never been)\b")


def spelled_answer(talk: State, heard: Heard) -> bool:
    """Take a name, number, plate or car; False when the words hold none, or something else."""
    if heard.asides & _INTERRUPTS or set(heard.goals) & {"cancel", "move", "upcoming"}:
        return False
    match talk.pending:
        case "phone":
            return _phone_answer(talk, heard)
        case "identity":
            return _identity_answer(talk, heard)
        case "new_car":
            return _new_car_answer(talk, heard.text)
        case _:
            return _name_answer(talk, heard)


def _phone_answer(talk: State, heard: Heard) -> bool:
    phone = phone_number(heard.text)
    if phone is not None:
        talk.phone = phone
        talk.flags.add("phone_given")
        return True
    if heard.no or "unsure" in heard.asides or _FIRST_TIME.search(heard.plain):
        talk.caller = "unknown"
        talk.no_phone = True
        return True
    return False


def _identity_answer(talk: State, heard: Heard) -> bool:
    plate = find_vin(heard.text) or find_plate(heard.text)
    names = () if plate else read_name(heard.text)
    if plate is None and heard.no and len(names) < 2:
        talk.caller = "unknown"
        return True
    if len(names) >= 2:
        talk.name = names
    known = " ".join(part for part in (plate or " ".join(names), talk.phone) if part)
    phone = phone_number(heard.text)
    if phone is not None:
        talk.phone = phone
        known = f"{' '.join(names or talk.name)} {phone}".strip()
    if not (plate or phone or names):
        return False
    talk.query = known
    return True


def _name_answer(talk: State, heard: Heard) -> bool:
    names = read_name(heard.text)
    if not names or (heard.no and len(names) < 2):
        return False
    if talk.pending == "last_name" and talk.name:
        talk.name = (talk.name[0], " ".join(n for n in names if n != talk.name[0]) or names[-1])
    else:
        talk.name = (names[0], " ".join(names[1:])) if len(names) > 1 else names
    settle(talk)
    return True


def _new_car_answer(talk: State, text: str) -> bool:
    wish = talk.wish
    known = pick_car(text, talk.cars, asked=False)
    if known is not None and not wish.other_car:
        wish.car_id = known.id
        settle(talk)
        return True
    read = read_new_car(text, talk.briefing.today, have_make=wish.new_car.make is not None)
    before = wish.new_car
    wish.new_car = before.filled(read)
    settle(talk)
    return wish.new_car != before


def settle(talk: State) -> None:
    """Take an answer to a question that followed "... is free" as agreeing to that time."""
    if talk.wish.slot is not None and talk.pending != "confirm_book":
        talk.wish.confirmed = True
