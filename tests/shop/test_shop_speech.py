"""How dates, times, money, numbers and cars sound."""

from datetime import UTC, date, datetime, time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.numerals import cardinal, in_pairs, ordinal
from shop.shopfile import Shop
from shop.speech import (
    nato,
    speak_date,
    speak_datetime,
    speak_hours,
    speak_list,
    speak_phone,
    speak_plate,
    speak_price,
    speak_time,
    speak_vehicle,
    speak_vin,
)
from shop.types import Vehicle

pytestmark = pytest.mark.unit

TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("day", "said"),
    [
        (TODAY, "today"),
        (date(2026, 11, 23), "tomorrow"),
        (date(2026, 11, 24), "Tuesday the twenty-fourth"),
        (date(2026, 11, 29), "Sunday the twenty-ninth"),
        (date(2026, 11, 30), "Monday, November thirtieth"),
        (date(2026, 12, 1), "Tuesday, December first"),
        (date(2027, 1, 5), "Tuesday, January fifth"),
        (date(2027, 11, 22), "Monday, November twenty-second, twenty twenty-seven"),
        (date(2026, 11, 21), "Saturday, November twenty-first"),
        (date(2025, 1, 12), "Sunday, January twelfth, twenty twenty-five"),
    ],
)
def test_dates(day: date, said: str) -> None:
    """Near days are said shortly, others with the month, far ones with the year."""
    assert speak_date(day, TODAY) == said


@pytest.mark.parametrize(
    ("wall", "said"),
    [
        (time(14), "two in the afternoon"),
        (time(9, 30), "nine thirty in the morning"),
        (time(14, 15), "two fifteen in the afternoon"),
        (time(14, 5), "two oh five in the afternoon"),
        (time(12), "noon"),
        (time(0), "midnight"),
        (time(12, 30), "twelve thirty in the afternoon"),
        (time(17), "five in the afternoon"),
        (time(18, 45), "six forty five in the evening"),
        (time(23, 59), "eleven fifty nine at night"),
    ],
)
def test_times(wall: time, said: str) -> None:
    """Times are said as people say them."""
    assert speak_time(wall) == said


def test_instants_are_said_in_the_shops_zone(shop: Shop) -> None:
    """An instant is said as the shop's day and time, today being the shop's."""
    now = datetime(2026, 11, 23, 2, tzinfo=UTC)
    at_two = datetime(2026, 11, 24, 22, tzinfo=UTC)
    said = "Tuesday the twenty-fourth at two in the afternoon"
    assert speak_datetime(at_two, shop.zone, now) == said
    assert speak_datetime(now, shop.zone, now) == "today at six in the evening"


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        ("45", "60", "about forty-five to sixty dollars"),
        ("45", "45", "forty-five dollars"),
        ("1", "1", "one dollar"),
        ("120", None, "from one hundred twenty dollars"),
        (None, "59.95", "at most fifty-nine dollars and ninety-five cents"),
        (None, None, "priced after a look at the car"),
        ("19.999", None, "from twenty dollars"),
    ],
)
def test_prices(low: str | None, high: str | None, said: str) -> None:
    """Prices are ranges, ends or the promise of a look."""
    ends = [None if end is None else Decimal(end) for end in (low, high)]
    assert speak_price(*ends) == said


@pytest.mark.parametrize(
    ("year", "make", "model", "said"),
    [
        (2019, "Honda", "CR-V", "twenty nineteen Honda C R V"),
        (2015, "TOYOTA", "TACOMA", "twenty fifteen Toyota Tacoma"),
        (2008, "Ford", "F-150", "two thousand eight Ford F one fifty"),
        (None, "Toyota", "RAV4", "Toyota Rav four"),
        (2021, "GMC", "Sierra 1500", "twenty twenty-one G M C Sierra fifteen hundred"),
        (2016, "Mazda", "Mazda3", "twenty sixteen Mazda three"),
        (2018, "Volkswagen", "GTI", "twenty eighteen Volkswagen G T I"),
        (1999, "BMW", "X5", "nineteen ninety-nine B M W X five"),
        (2017, "", "", "twenty seventeen"),
    ],
)
def test_vehicles(year: int | None, make: str, model: str, said: str) -> None:
    """Cars are said with their year in pairs and their letters one by one."""
    assert speak_vehicle(Vehicle(1, 1, year, make, model, None, None)) == said


def test_spelled_things() -> None:
    """Numbers, plates and VINs are said in groups; zero is "oh" on a telephone only."""
    assert speak_phone("+15035550142") == "five oh three, five five five, oh one four two"
    assert speak_phone("+4420794609") == "plus four four two, oh seven nine, four six oh, nine"
    assert speak_plate("7KLM204") == "seven, K L M, two zero four"
    assert speak_vin("1HGCM82633A004352") == (
        "one H G, C M eight, two six, three three A, zero zero four, three five two"
    )
    assert nato("7klm") == "seven, Kilo, Lima, Mike"


def test_lists_and_hours(shop: Shop) -> None:
    """Lists are joined as in speech; the week is said in runs of equal days."""
    assert speak_list([]) == ""
    assert speak_list(["one"]) == "one"
    assert speak_list(["one", "two"], "or") == "one or two"
    assert speak_list(["one", "two", "three"]) == "one, two, and three"
    assert speak_hours(shop) == (
        "Monday to Friday from nine in the morning to five in the afternoon, "
        "Saturday from nine in the morning to three in the afternoon, and Sunday closed"
    )


@given(st.text(max_size=300))
def test_any_text_can_be_said(text: str) -> None:
    """No text makes speech fail, and what is spelled is bounded."""
    spoken = [speak_phone(text), speak_plate(text), speak_vin(text), nato(text)]
    spoken.append(speak_vehicle(Vehicle(1, 1, 2019, text, text, None, None)))
    assert all(len(said) < 1500 for said in spoken)


@given(st.dates(), st.dates(), st.times())
def test_any_moment_can_be_said(day: date, today: date, wall: time) -> None:
    """Every date and time has words without digits."""
    assert not any(c.isdigit() for c in speak_date(day, today) + speak_time(wall))


@given(st.decimals(0, 1_000_000, places=2))
def test_any_price_can_be_said(amount: Decimal) -> None:
    """Every price has words without digits."""
    said = speak_price(amount, amount + 5)
    assert said.startswith("about ")
    assert not any(c.isdigit() for c in said)


def test_numerals() -> None:
    """Cardinals, ordinals and pairs, at their corners."""
    assert cardinal(999_999).startswith("nine hundred ninety-nine thousand nine hundred")
    assert (cardinal(-1), cardinal(0), cardinal(40)) == ("minus one", "zero", "forty")
    firsts = ["first", "second", "third", "fifth", "ninth", "twelfth", "twentieth", "thirty-first"]
    assert [ordinal(n) for n in (1, 2, 3, 5, 9, 12, 20, 31)] == firsts
    assert [in_pairs(n) for n in (1905, 2000, 2009, 2010, 150, 1500, 7)] == [
        *("nineteen oh five", "two thousand", "two thousand nine", "twenty ten", "one fifty"),
        *("fifteen hundred", "seven"),
    ]
