"""Reading days, times, prices and claims, and comparing them with what the tools said."""

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.claims import statements
from shop.facts import gather
from shop.moments import moments, prices
from shop.plainwords import plain
from shop.shopfile import load_shop
from shop.speech import speak_date, speak_price, speak_time
from shop.truth import Lie, find_lie, instead

pytestmark = pytest.mark.unit

TODAY = date(2026, 11, 22)
SHOP = load_shop(Path("shop/example.yaml"))


@given(
    st.datetimes(datetime(2026, 11, 22), datetime(2027, 10, 1)).map(
        lambda at: at.replace(second=0, microsecond=0, tzinfo=None)
    )
)
def test_a_spoken_moment_is_read_back(at: datetime) -> None:
    """Whatever `speech` says of a day and time is read as exactly that, and as no other hour."""
    [moment] = moments(plain(f"It's {speak_date(at.date(), TODAY)} at {speak_time(at)}."))
    assert moment.fits(at, TODAY)
    assert not moment.fits(at.replace(hour=(at.hour + 1) % 24), TODAY)
    assert not moment.fits(at.replace(minute=(at.minute + 1) % 60), TODAY)


@pytest.mark.parametrize(
    ("text", "hour", "minute"),
    [
        ("at 2 PM", 14, 0), ("at 2:30 p.m.", 14, 30), ("at half past two", 14, 30),
        ("at quarter to three", 14, 45), ("at 14:00", 14, 0), ("at two o'clock", 14, 0),
        ("at noon", 12, 0), ("at nine oh five in the morning", 9, 5), ("at 9am", 9, 0),
    ],
)  # fmt: skip
def test_times_are_read_in_many_ways(text: str, hour: int, minute: int) -> None:
    """Figures, words and halves of the day all lead to the same time."""
    [moment] = moments(plain(f"Come in on Tuesday {text}"))
    assert moment.fits(datetime(2026, 11, 24, hour, minute), TODAY)


@pytest.mark.parametrize(
    "text", ["It takes two hours.", "Two of those.", "for two cars", "about forty-five dollars",
             "We're open until five.", "one of them"],
)  # fmt: skip
def test_other_numbers_are_no_times(text: str) -> None:
    """Durations, amounts, counts and limits are not taken for a time of day."""
    assert moments(plain(text)) == []


@given(st.integers(1, 4000), st.integers(1, 4000))
def test_spoken_prices_are_read_back(low: int, high: int) -> None:
    """What `speech` says of a price is read as its two ends."""
    low, high = sorted((low, high))
    said = speak_price(Decimal(low), Decimal(high))
    assert set(prices(plain(f"It is {said}."))) == {low, high}


@pytest.mark.parametrize("service", SHOP.services, ids=lambda service: service.code)
def test_the_shops_own_prices_pass_and_others_do_not(service: object) -> None:
    """A price is that of the service it is said of, and of no other."""
    found = SHOP.service(getattr(service, "code", ""))
    facts = gather([], SHOP, TODAY)
    right = f"The {found.name} is {speak_price(found.price_low, found.price_high)}."
    assert find_lie(right, facts) is None
    assert find_lie(f"The {found.name} is ninety-nine dollars.", facts) == Lie(
        "price", "anything", service=found
    )
    assert find_lie(instead(Lie("price", "anything", service=found), facts), facts) is None


def test_a_second_claim_has_its_own_day() -> None:
    """Each claim is compared with the days and times beside it."""
    said = plain("I've cancelled Tuesday at two and I've booked you for Thursday at ten.")
    first, second = statements(said)
    assert [claim.kind for claim in first.claims] == ["cancelled"]
    assert [claim.kind for claim in second.claims] == ["booked"]
    assert "thursday" not in first.words


def test_a_condition_ends_with_its_sentence() -> None:
    """Two sentences that come in one piece are read apart ("me." looks like an abbreviation)."""
    said = "If you want it cancelled, tell me. I made the switch for you."
    assert find_lie(said, gather([], SHOP, TODAY)) == Lie("missing", "moved")


@given(st.text(max_size=200))
def test_any_text_is_read(text: str) -> None:
    """No text, however odd, is too much for the reader."""
    find_lie(text, gather([], SHOP, TODAY))


def test_what_was_cancelled_no_longer_stands() -> None:
    """After a cancellation the visit may be told as cancelled, and no more as booked."""
    listed = {"success": True, "message": "You have an oil change.", "appointments": [
        {"appointment_id": 3, "scheduled_at": "2026-11-24T14:00:00", "service_type": "oil_change",
         "spoken": "an oil change on Tuesday the twenty-fourth at two in the afternoon"},
    ]}  # fmt: skip
    gone = {"success": True, "appointment_id": 3, "status": "cancelled", "message": "Cancelled."}
    before = gather([("get_upcoming_appointments", listed)], SHOP, TODAY)
    after = gather(
        [("get_upcoming_appointments", listed), ("cancel_appointment", gone)], SHOP, TODAY
    )
    assert find_lie("You're booked for Tuesday at two.", before) is None
    assert find_lie("You're booked for Tuesday at two.", after) == Lie("missing", "booked")
    assert find_lie("Your visit on Tuesday at two is cancelled.", after) is None
    assert find_lie("Your visit on Friday is cancelled.", after) is not None
