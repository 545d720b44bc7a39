"""Telephone numbers: from digits, words or both to E.164, and masked for logs."""

import re
import unicodedata

import phonenumbers
from phonenumbers import NumberParseException, ValidationResult

from shop.spelling import MISHEARD_NUMBERS, digits_of, words_of

_LONGEST_TEXT = 200
_FILLERS = frozenset(
    """
    my the is it its number phone cell mobile home work area code and then dash hyphen dot space uh
    um er please yeah yes okay ok so well thats at call me on
    """.split()  # noqa: SIM905
)
_E164 = re.compile(r"\+[1-9]\d{6,14}", re.ASCII)
_NORTH_AMERICAN = re.compile(r"[2-9]\d\d[2-9]\d{6}", re.ASCII)


class BadPhone(ValueError):
    """No telephone number could be made of it; `reason` says why in plain words."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def parse_phone(text: str, default_region: str = "US") -> str:
    """Read a telephone number, written or spoken, and return it in E.164.

    Whether such a number can exist is checked, not whether it is in service, so that the numbers
    reserved for fiction (555-01xx) pass. Raises BadPhone.
    """
    if len(text) > _LONGEST_TEXT:
        raise BadPhone("that is too long for a phone number")
    digits = _dialled(text)
    try:
        number = phonenumbers.parse(digits, default_region)
    except NumberParseException as exc:
        raise BadPhone(_unreadable(digits)) from exc
    verdict = phonenumbers.is_possible_number_with_reason(number)
    national = phonenumbers.national_significant_number(number)
    if verdict == ValidationResult.IS_POSSIBLE_LOCAL_ONLY:
        raise BadPhone("the area code is missing")
    if verdict == ValidationResult.INVALID_COUNTRY_CODE:
        raise BadPhone("there is no such country code")
    if verdict != ValidationResult.IS_POSSIBLE:
        few = verdict == ValidationResult.TOO_SHORT
        expected = "; ten are needed" if number.country_code == 1 else ""
        raise BadPhone(f"{len(national)} digits are too {'few' if few else 'many'}{expected}")
    if number.country_code == 1 and not _NORTH_AMERICAN.fullmatch(national):
        raise BadPhone("there is no such area code or exchange")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def mask_phone(e164: str) -> str:
    """Hide the middle of a number for logs: `+1503***0142`; anything else becomes `***`."""
    if not _E164.fullmatch(e164):
        return "***"
    return f"{e164[:5]}***{e164[-4:]}" if len(e164) >= 12 else f"{e164[:3]}***{e164[-2:]}"


def _dialled(text: str) -> str:
    """Return what one would dial, with a leading plus where one was written or said."""
    plain = unicodedata.normalize("NFKC", text).strip().removeprefix("tel:")
    plain = "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in plain)
    words = words_of(plain)
    international = plain.lstrip("( ").startswith("+")
    if words and words[0].lower() == "plus":
        international, words = True, words[1:]
    said = [word for word in words if word.lower() not in _FILLERS]
    dialled = []
    for part in digits_of(["oh" if word.lower() == "o" else word for word in said]):
        number = MISHEARD_NUMBERS.get(part.lower(), part)
        if not number.isdigit():
            raise BadPhone("that is not made of digits")
        dialled.append(number)
    digits = "".join(dialled)
    if not digits:
        raise BadPhone("no digits were given")
    return f"+{digits}" if international else digits


def _unreadable(digits: str) -> str:
    if digits.startswith("+"):
        return "there is no such country code"
    return f"{len(digits.lstrip('+'))} digits are too {'few' if len(digits) < 7 else 'many'}"
