"""What keys pressed on the telephone mean, given what was just asked.

Nothing keyed is repeated but an answer of one key and a telephone number: whoever keys more digits
than that keys a card.
"""

from dataclasses import dataclass
from typing import Literal

from shop.answers import Expect
from shop.phone import BadPhone, parse_phone

PERSON_KEY = "0"
DONE_KEY = "#"
PHONE_DIGITS = 10
LONGEST = 11
"""A North American number with its country code; digits beyond it are dropped as they come."""

YES_OR_NO = "Please press one for yes or two for no, or just say it."
FIRST_OR_SECOND = "Please press one, two or three for the one you mean, or just say it."
WHOLE_NUMBER = "Please key the phone number with its area code, ten digits, or just say it."
NO_CARDS = "Please don't key card numbers, we don't need one. You can just tell me what you need."
JUST_SAY_IT = "You can just say it, or press zero for a person."

_PLACES = {"1": "The first one.", "2": "The second one.", "3": "The third one."}
_YES_NO = {"1": "Yes.", "2": "No."}


@dataclass(frozen=True, slots=True)
class Keyed:
    """What keys amount to.

    `more`: wait for further ones. `whole`: a number that a further key would make a card's, so
    wait a moment. `said`: `text` is what the caller has answered. `person`: they
    want one. `unclear`: `text` tells them which keys would do.
    """

    kind: Literal["more", "whole", "said", "person", "unclear"]
    text: str = ""


MORE = Keyed("more")
WHOLE = Keyed("whole")


def read(keys: str, expect: Expect, *, ended: bool = False) -> Keyed:
    """Return what `keys` mean after a question that wants `expect`.

    `ended` says that no more will come: a pause, or the key that ends a number (which may stand at
    the end of `keys` as well).
    """
    digits = keys.removesuffix(DONE_KEY)
    ended = ended or digits != keys
    if digits == PERSON_KEY:
        return Keyed("person")
    if len(digits) == 1 and expect in ("yes_no", "choice"):
        answers = _YES_NO if expect == "yes_no" else _PLACES
        return Keyed("said", answers[digits]) if digits in answers else _unclear(expect)
    if len(digits) > LONGEST:
        return Keyed("unclear", NO_CARDS) if ended else MORE
    if _whole_number(digits):
        return _phone(digits) if ended else WHOLE
    return _unclear(expect) if ended else MORE


def _whole_number(digits: str) -> bool:
    national = digits.removeprefix("1")
    return len(national) == PHONE_DIGITS and national.isdecimal()


def _phone(digits: str) -> Keyed:
    try:
        number = parse_phone(digits)
    except BadPhone:
        return Keyed("unclear", WHOLE_NUMBER)
    return Keyed("said", f"My phone number is {number[2:5]}-{number[5:8]}-{number[8:]}.")


def _unclear(expect: Expect) -> Keyed:
    helps: dict[Expect, str] = {
        "yes_no": YES_OR_NO,
        "choice": FIRST_OR_SECOND,
        "phone": WHOLE_NUMBER,
    }
    return Keyed("unclear", helps.get(expect, JUST_SAY_IT))
