"""What a call was about when it broke off, and how the next one says so."""

from datetime import date
from typing import Any

import pytest

from shop.cut_off import Used, Wish, open_wish, said_goodbye, taken_up
from shop.shopfile import Shop

pytestmark = pytest.mark.unit

TODAY = date(2026, 11, 22)
TUESDAY = "2026-11-24"


def _slots(*times: str) -> Used:
    slots = [{"start": f"{TUESDAY}T{time}:00", "spoken": "..."} for time in times]
    result = {"success": True, "slots": slots, "service_type": "oil_change", "message": "I have..."}
    return Used("get_available_slots", {"date": TUESDAY}, result)


def _book(at: str, **result: Any) -> Used:
    given = {"scheduled_at": at, "service_type": "oil_change"}
    return Used("book_appointment", given, result)


OFFERED = _slots("09:00", "14:00", "15:30")


@pytest.mark.parametrize(
    ("used", "lines", "expected"),
    [
        ([], ["Hello?"], None),
        ([], ["I need an oil change on"], Wish("book", "oil_change")),
        ([OFFERED], ["Tuesday please"], Wish("book", "oil_change", TUESDAY)),
        (
            [OFFERED],
            ["an oil change Tuesday at two", "Tuesday at two is free. Which car?"],
            Wish("book", "oil_change", TUESDAY, f"{TUESDAY}T14:00:00"),
        ),
        (
            [OFFERED],
            ["Tuesday", "I have nine, two in the afternoon, or three thirty in the afternoon."],
            Wish("book", "oil_change", TUESDAY),
        ),
        (
            [OFFERED],
            ["Tuesday", "I have nine in the morning or two in the afternoon.", "two o'clock"],
            Wish("book", "oil_change", TUESDAY, f"{TUESDAY}T14:00:00"),
        ),
        (
            [OFFERED, _book(f"{TUESDAY}T14:00:00", success=False, error="vehicle_needed")],
            ["two"],
            Wish("book", "oil_change", TUESDAY, f"{TUESDAY}T14:00:00"),
        ),
        (
            [OFFERED, _book(f"{TUESDAY}T10:00:00", success=False, error="slot_taken")],
            ["at ten"],
            Wish("book", "oil_change", TUESDAY),
        ),
        (
            [
                OFFERED,
                _book(
                    f"{TUESDAY}T14:00:00",
                    success=True,
                    scheduled_at=f"{TUESDAY}T14:00:00",
                    service_type="oil_change",
                ),
            ],
            ["two"],
            Wish("booked", "oil_change", TUESDAY, f"{TUESDAY}T14:00:00"),
        ),
        (
            [Used("cancel_appointment", {"appointment_id": 1}, {"success": True})],
            ["cancel it"],
            Wish("cancelled"),
        ),
    ],
)
def test_the_wish_is_read_from_tools_and_words(
    shop: Shop, used: list[Used], lines: list[str], expected: Wish | None
) -> None:
    """The last thing asked for counts, with the time once it is one and no choice."""
    said = [("caller", text) for text in lines]
    assert open_wish(used, said, shop, TODAY) == expected


@pytest.mark.parametrize(
    ("ours", "at"),
    [
        ("I have Tuesday at nine in the", None),  # the first of three, and then the line broke
        ("I have Tuesday at nine in the morning, two", None),
        ("Tuesday at nine in the morning is free. Which", f"{TUESDAY}T09:00:00"),
    ],
)
def test_what_we_were_still_offering_was_not_wanted(shop: Shop, ours: str, at: str | None) -> None:
    """The next call must not say that they wanted a time that only we had named."""
    said = [("caller", "An oil change on Tuesday."), ("agent", ours)]
    assert open_wish([OFFERED], said, shop, TODAY) == Wish("book", "oil_change", TUESDAY, at)


def test_what_we_named_is_no_wish(shop: Shop) -> None:
    """A service that only the agent spoke of was not asked for."""
    assert open_wish([], [("agent", "We do oil changes: an oil change?")], shop, TODAY) is None


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        (
            Wish("book", "oil_change", TUESDAY, f"{TUESDAY}T14:00:00"),
            "We were cut off. You wanted an oil change for Tuesday the twenty-fourth at two in the "
            "afternoon. Shall we go on with that?",
        ),
        (
            Wish("book", "tire_rotation", TUESDAY),
            "We were cut off. You wanted a tire rotation for Tuesday the twenty-fourth. "
            "Shall we go on with that?",
        ),
        (
            Wish("book", "oil_change"),
            "We were cut off. You wanted an oil change. Shall we go on with that?",
        ),
        (
            Wish("move", None, TUESDAY, f"{TUESDAY}T14:00:00"),
            "We were cut off. You wanted to move your visit to Tuesday the twenty-fourth at two in "
            "the afternoon. Shall we go on with that?",
        ),
        (
            Wish("booked", "oil_change", TUESDAY, f"{TUESDAY}T14:00:00"),
            "Your oil change is booked for Tuesday the twenty-fourth at two in "
            "the afternoon. Is there anything else I can do for you?",
        ),
        (
            Wish("cancelled"),
            "Your visit is cancelled. Is there anything else I can do for you?",
        ),
    ],
)
def test_the_next_call_says_where_it_was(shop: Shop, wish: Wish, said: str) -> None:
    """An open wish ends in a question about it, a done one in an offer of more."""
    assert taken_up(wish, shop, TODAY) == said
    assert Wish.from_json(wish.as_json()) == wish


def test_what_is_no_wish_is_none() -> None:
    """A row that another version wrote is no reason to fail."""
    assert Wish.from_json({"kind": "book", "colour": "red"}) is None


@pytest.mark.parametrize(
    ("lines", "over"),
    [
        ([("agent", "Which car is it for?")], False),
        ([("caller", "Tuesday"), ("agent", "Thank you for calling. Goodbye.")], True),
        ([("agent", "Anything else?"), ("caller", "No, thank you."), ("agent", "Tha")], True),
        ([("agent", "Anything else?"), ("caller", "No, that's all.")], True),
        ([("agent", "Goodbye."), ("caller", "wait, one more thing"), ("agent", "Sure.")], False),
        ([("caller", "Bye.")], True),
        ([], False),
    ],
)
def test_a_goodbye_is_told_from_a_broken_line(lines: list[tuple[str, str]], over: bool) -> None:
    """Our goodbye counts when nothing follows it, theirs when it is their last word."""
    assert said_goodbye(lines) is over
