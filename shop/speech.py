"""How dates, times, money, numbers and cars are said aloud, so that any English voice does well."""

import re
from collections.abc import Sequence
from datetime import date, datetime, time
from decimal import ROUND_HALF_UP, Decimal
from itertools import groupby
from zoneinfo import ZoneInfo

from shop.clock import to_shop
from shop.numerals import cardinal, digits, in_pairs, ordinal
from shop.shopfile import WEEKDAYS, Shop, Span
from shop.spelling import NATO
from shop.types import Vehicle

_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August", "September"),
    *("October", "November", "December"),
)
_NEARBY_DAYS = 7
_SAME_YEAR_DAYS = 180
_LONGEST_TEXT = 80

_SAID_LETTER_BY_LETTER = frozenset(
    "AMG ATS BMW CLA EOS EV6 GLA GLE GMC GTI ILX SLE SLT STI SUV XLE XTS".split()  # noqa: SIM905
)
_VIN_GROUPS = (3, 3, 2, 3, 3, 3)
"""Maker, description in two breaths, check digit to plant, serial in two breaths."""


def speak_date(day: date, today: date) -> str:
    """Say a day, seen from `today`.

    "today", "tomorrow"; up to a week ahead "Tuesday the twenty-fourth"; otherwise "Tuesday,
    November twenty-fourth", with the year when more than half a year away or past and not this
    year's.
    """
    ahead = (day - today).days
    if ahead in (0, 1):
        return ("today", "tomorrow")[ahead]
    weekday = WEEKDAYS[day.weekday()].capitalize()
    if 0 < ahead <= _NEARBY_DAYS:
        return f"{weekday} the {ordinal(day.day)}"
    said = f"{weekday}, {_MONTHS[day.month - 1]} {ordinal(day.day)}"
    obvious = day.year == today.year or 0 < ahead <= _SAME_YEAR_DAYS
    return said if obvious else f"{said}, {in_pairs(day.year)}"


def speak_time(wall: datetime | time) -> str:
    """Say a time of day by the shop's clock, to the minute.

    "noon" and "midnight"; else "two fifteen in the afternoon": morning until noon, afternoon until
    six, evening until nine, then night.
    """
    hour, minute = wall.hour, wall.minute
    if minute == 0 and hour in (0, 12):
        return "noon" if hour else "midnight"
    if 1 <= hour < 12:
        part = "in the morning"
    elif 12 <= hour < 18:
        part = "in the afternoon"
    else:
        part = "in the evening" if 18 <= hour < 21 else "at night"
    minutes = f" {'oh ' if minute < 10 else ''}{cardinal(minute)}" if minute else ""
    return f"{cardinal(hour % 12 or 12)}{minutes.replace('-', ' ')} {part}"


def speak_datetime(instant: datetime, zone: ZoneInfo, now: datetime) -> str:
    """Say an instant in the shop's zone: "Tuesday the twenty-fourth at two in the afternoon"."""
    local = to_shop(instant, zone)
    return f"{speak_date(local.date(), to_shop(now, zone).date())} at {speak_time(local)}"


def speak_price(low: Decimal | None, high: Decimal | None) -> str:
    """Say a price in dollars so that "an oil change is ..." goes before it.

    "about forty-five to sixty dollars"; "from" with no upper, "at most" with no lower end.
    """
    if low is None and high is None:
        return "priced after a look at the car"
    if low is None or high is None:
        known = high if low is None else low
        assert known is not None  # noqa: S101 - for the type checker: both None is handled above
        return f"{'at most' if low is None else 'from'} {speak_money(known)}"
    if low == high:
        return speak_money(low)
    whole = low == low.to_integral_value()
    return f"about {cardinal(int(low)) if whole else speak_money(low)} to {speak_money(high)}"


def speak_phone(e164: str) -> str:
    """Say a number in groups: "five oh three, five five five, oh one four two"."""
    number = "".join(c for c in e164[:_LONGEST_TEXT] if c.isascii() and c.isdigit())
    if e164.startswith("+1") and len(number) == 11:
        groups = [number[1:4], number[4:7], number[7:]]
        return ", ".join(digits(group, zero="oh") for group in groups)
    groups = [number[start : start + 3] for start in range(0, len(number), 3)]
    plus = "plus " if number and e164.startswith("+") else ""
    return plus + ", ".join(digits(group, zero="oh") for group in groups)


def speak_plate(number: str) -> str:
    """Say a plate: "seven, K L M, two zero four". Zero is "zero", since O is a letter there."""
    return ", ".join(_spelled(run) for run in _runs(number))


def speak_vin(vin: str) -> str:
    """Say a VIN in six breaths of two or three characters: "one H G, C M eight, two six, ..."."""
    characters = _characters(vin)
    groups, start = [], 0
    for size in _VIN_GROUPS:
        groups.append(characters[start : start + size])
        start += size
    groups.append(characters[start:])
    return ", ".join(_spelled(group) for group in groups if group)


def nato(text: str) -> str:
    """Spell a plate, VIN or name: "seven, Kilo, Lima, Mike"."""
    return ", ".join(NATO.get(c) or digits(c) for c in _characters(text))


def speak_vehicle(vehicle: Vehicle) -> str:
    """Say a car: "twenty nineteen Honda C R V", "twenty fifteen Ford F one fifty".

    Years and model numbers are read in pairs of digits. Capitals without a vowel, or too few to
    be a word, are letters; other capitals are a word ("TACOMA" is Tacoma, RAV4 is "Rav four"). A
    make that the model repeats ("Mazda Mazda3") is said once.
    """
    year = [in_pairs(vehicle.year)] if vehicle.year is not None else []
    make, model = vehicle.make[:_LONGEST_TEXT].strip(), vehicle.model[:_LONGEST_TEXT].strip()
    named = model if make and model.lower().startswith(make.lower()) else f"{make} {model}"
    words = re.split(r"[\s\-_/]+", named)
    return " ".join([*year, *(said for word in words if (said := speak_model(word)))])


def speak_list(items: Sequence[str], conjunction: str = "and") -> str:
    """Join phrases: "nine, ten, and eleven"; items with commas inside are joined by "; "."""
    if len(items) < 3:
        return f" {conjunction} ".join(items)
    comma = "; " if any("," in item for item in items) else ", "
    return f"{comma.join(items[:-1])}{comma}{conjunction} {items[-1]}"


def speak_hours(shop: Shop) -> str:
    """Say the week: "Monday to Friday from nine in the morning to five in the afternoon, ..."."""
    said = []
    for hours, run in groupby(WEEKDAYS, key=lambda day: shop.hours[day]):
        days = [day.capitalize() for day in run]
        named = days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"
        said.append(f"{named} {_span(hours)}")
    return speak_list(said)


def _span(hours: Span | None) -> str:
    if hours is None:
        return "closed"
    return f"from {speak_time(hours[0])} to {speak_time(hours[1])}"


def speak_money(amount: Decimal) -> str:
    """Say an amount in dollars and cents."""
    whole = int(amount)
    cents = int(((amount - whole) * 100).quantize(Decimal(1), ROUND_HALF_UP))
    if cents == 100:
        whole, cents = whole + 1, 0
    said = []
    if whole or not cents:
        said.append(f"{cardinal(whole)} dollar{'' if whole == 1 else 's'}")
    if cents:
        said.append(f"{cardinal(cents)} cent{'' if cents == 1 else 's'}")
    return " and ".join(said)


def _characters(text: str) -> str:
    return "".join(c for c in text[:_LONGEST_TEXT].upper() if c.isascii() and c.isalnum())


def _runs(text: str) -> list[str]:
    return ["".join(run) for _, run in groupby(_characters(text), key=str.isdigit)]


def _spelled(run: str) -> str:
    return " ".join(digits(c) if c.isdigit() else c for c in run)


def speak_model(word: str) -> str:
    """Say one word of a make or model; see `speak_vehicle`."""
    if word.upper() in _SAID_LETTER_BY_LETTER:
        return _spelled(word.upper())
    parts = ("".join(run) for _, run in groupby(word, key=lambda c: c.isascii() and c.isdigit()))
    said = [_model_part(part) for part in parts]
    return " ".join(part for part in said if part)


def _model_part(part: str) -> str:
    if part.isascii() and part.isdigit():
        return in_pairs(int(part)) if part[0] != "0" and len(part) < 5 else digits(part)
    letters = "".join(c for c in part if c.isalpha() or c in "'&.")
    if not letters.isupper():
        return letters
    if letters in _SAID_LETTER_BY_LETTER or len(letters) < 3 or not set(letters) & set("AEIOUY"):
        return " ".join(c for c in letters if c.isalpha())
    return letters.capitalize()
