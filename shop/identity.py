"""Who may be told and do what: how far the carrier's number is trusted, and facts that match."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from itertools import accumulate
from typing import Literal

from shop.spelling import digits_of, spelled, words_of
from shop.types import Customer

Trust = Literal["full", "weak", "none"]
"""What the carrier's number is worth: identity, identity for the lesser things, or nothing."""

Fact = Literal["name", "phone", "email", "plate", "vin"]

FACTS_NEEDED = 2
"""Facts on file that somebody has to give whose number does not settle who they are."""

LONGEST_SAID = 200
MOST_IDENTIFYING = 44
"""Characters of numbers and spellings in one breath: a phone number, a VIN and a plate come to 36.
Whoever says more is reading out a list."""

LEAST_PLATE = 4
"""Shorter plates exist, and are words or guessed too easily to prove anything."""

LEAST_VIN_TAIL = 6
MOST_BETWEEN_NAMES = 2
"""Words between the two: "Dana M. Whitfield", "first name Dana, last name Whitfield"."""


class Tier(IntEnum):
    """How sure we are of the caller, each tier with the rights of those before it."""

    NOBODY = 0
    """May ask for free times and book as somebody new; hears nothing about anybody."""
    BY_NUMBER = 1
    """May hear about their own next visit and book for their cars; hears no plate, VIN, email or
    last name, since those are what would prove more."""
    SURE = 2
    """May hear everything on their own file, move and cancel."""


def number_trust(stir_verstat: str) -> Trust:
    """Return what the caller's number is worth by Twilio's `StirVerstat`; empty means absent.

    Passed with attestation A or B: the carrier knows its customer. Passed with C: a gateway passed
    the call on and vouches for nothing. Failed: the signature is wrong, so somebody forged it. Most
    calls bring no attestation at all (absent, or `No-TN-Validation`): they are taken as they come,
    or hardly anyone could move a visit. A verdict not known here is weighed as C. A suffix such as
    `-Diverted` changes nothing. https://www.twilio.com/docs/voice/trusted-calling-with-shakenstir
    """
    verdict = stir_verstat.strip().lower()
    if not verdict or verdict.startswith("no-tn-validation"):
        return "full"
    if verdict.startswith("tn-validation-failed"):
        return "none"
    passed = re.fullmatch(r"tn-validation-passed(?:-([a-c]))?(?:-diverted|-passthrough)?", verdict)
    return "full" if passed and passed[1] in (None, "a", "b") else "weak"


def shown(customer: Customer, tier: Tier) -> Customer:
    """Return what a caller of this tier may hear of their own file."""
    if tier >= Tier.SURE:
        return customer
    vehicles = tuple(replace(car, vin=None, license_plate=None) for car in customer.vehicles)
    return replace(customer, last_name="", email=None, vehicles=vehicles)


def matching_facts(customer: Customer, said: str) -> frozenset[Fact]:
    """Return which facts on `customer`'s file stand in `said`, no word serving for two of them.

    A name counts when first and last name stand together, a phone number or plate when it is whole,
    a VIN by its last six characters or more; number words, NATO words and spelling with blanks are
    understood. A plate DANA proves nothing for Dana, and an email address made of a name is one
    fact. Text that lists more than one person's facts matches nothing.
    """
    text = said[:LONGEST_SAID]
    rest, has_email = _without_email(customer, text)
    tokens = [_Token(word.lower(), spelled(word)) for word in digits_of(words_of(rest))]
    if sum(len(token.symbols) for token in tokens if token.identifies) > MOST_IDENTIFYING:
        return frozenset()
    found = _found(customer, tokens)
    return found | {"email"} if has_email else found


_IN_ORDER: tuple[Fact, ...] = ("name", "phone", "vin", "plate")


@dataclass(frozen=True, slots=True)
class _Token:
    word: str
    symbols: str

    @property
    def identifies(self) -> bool:
        return len(self.symbols) == 1 or any(c.isdigit() for c in self.symbols)


def _found(customer: Customer, tokens: Sequence[_Token]) -> frozenset[Fact]:
    free: list[_Token | None] = list(tokens)
    found: set[Fact] = set()
    for fact in _IN_ORDER:
        places = _name(customer, free) if fact == "name" else _spelling(customer, fact, free)
        if places:
            found.add(fact)
            for place in places:
                free[place] = None
    return frozenset(found)


def _name(customer: Customer, free: Sequence[_Token | None]) -> list[int]:
    """Return where first and last name stand near each other, in either order."""
    first, last = (
        [word.lower() for word in words_of(name)]
        for name in (customer.first_name, customer.last_name)
    )
    if not first or not last:
        return []
    said = [token.word if token else None for token in free]
    for start in _places(first, said):
        for other in _places(last, said):
            gap = other - (start + len(first)) if other > start else start - (other + len(last))
            if 0 <= gap <= MOST_BETWEEN_NAMES:
                return [
                    *range(start, start + len(first)),
                    *range(other, other + len(last)),
                ]
    return []


def _places(wanted: list[str], said: Sequence[str | None]) -> Iterator[int]:
    for start in range(len(said) - len(wanted) + 1):
        if list(said[start : start + len(wanted)]) == wanted:
            yield start


def _spelling(customer: Customer, fact: Fact, free: Sequence[_Token | None]) -> list[int]:
    """Return where one of the customer's numbers, plates or VINs is said in full words."""
    wanted = _wanted(customer, fact)
    longest = max(map(len, wanted), default=0)
    for start, first in enumerate(free):
        if first is None or not first.symbols:
            continue
        end = next((n for n in range(start, len(free)) if free[n] is None), len(free))
        said = [token.symbols for token in free[start:end] if token is not None]
        for count, packed in enumerate(accumulate(said), start=1):
            if len(packed) > longest:
                break
            if packed in wanted:
                return list(range(start, start + count))
    return []


def _wanted(customer: Customer, fact: Fact) -> set[str]:
    if fact == "phone":
        digits = "".join(c for c in customer.phone if c.isdigit())
        return {digits, digits[1:]} if customer.phone.startswith("+1") else {digits}
    if fact == "plate":
        plates = {_packed(car.license_plate or "") for car in customer.vehicles}
        # A plate that repeats the owner's name would make one fact two, one after the other.
        names = _packed(f"{customer.first_name}{customer.last_name}")
        return {plate for plate in plates if len(plate) >= LEAST_PLATE and plate not in names}
    vins = {_packed(car.vin or "") for car in customer.vehicles}
    return {vin[-n:] for vin in vins for n in range(LEAST_VIN_TAIL, len(vin) + 1)}


def _packed(text: str) -> str:
    return "".join(c for c in text.upper() if c.isascii() and c.isalnum())


def _without_email(customer: Customer, text: str) -> tuple[str, bool]:
    """Return `text` without the customer's address, written or spoken, and whether it was there."""
    plain = unicodedata.normalize("NFKC", text).lower()
    if not customer.email or "@" not in customer.email:
        return text, False
    pattern = "".join(_SPOKEN.get(c, re.escape(c)) for c in customer.email.strip().lower())
    kept, count = re.subn(rf"(?<![\w.+-]){pattern}(?![\w-]|\.\w|\s+dot\s)", " ; ", plain)
    return (kept, True) if count else (text, False)


_SPOKEN = {
    "@": r"\s*(?:@|\bat\b)\s*",
    ".": r"\s*(?:\.|\bdot\b)\s*",
    "_": r"\s*(?:_|\bunderscore\b)\s*",
    "-": r"\s*(?:-|\b(?:dash|hyphen)\b)\s*",
}
