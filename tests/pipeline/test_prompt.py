"""The prompt holds what the model needs, the same part first."""

from datetime import UTC, datetime
from typing import cast

import pytest

from pipeline import prompt
from settings import EXAMPLE_SHOP_FILE
from shop.clock import FixedClock
from shop.identity import Trust
from shop.shopfile import load_shop
from shop.types import Customer, Vehicle
from store import Store
from tools.call import Call

pytestmark = pytest.mark.unit

NOW = FixedClock(datetime(2026, 11, 22, 21, 5, tzinfo=UTC))
DANA = Customer(
    1,
    "Dana",
    "Whitfield",
    "+15035550142",
    None,
    (
        Vehicle(11, 1, 2019, "Honda", "CR-V", None, "7KLM204"),
        Vehicle(12, 1, 2015, "Toyota", "Tacoma", None, None),
    ),
)


def call(phone: str | None, customer: Customer | None, trust: Trust = "full") -> Call:
    """Return a call whose store is never asked."""
    shop = load_shop(EXAMPLE_SHOP_FILE)
    return Call("CA1", phone, cast(Store, None), shop, NOW, customer, trust)


def test_a_known_caller_is_described_with_ids() -> None:
    """The model learns who calls and which cars they have."""
    text = prompt.system_prompt(call("+15035550142", DANA))
    assert "Today is Sunday, 2026-11-22, 13:05 (America/Los_Angeles)." in text
    assert "Caller: Dana Whitfield (customer_id 1), calling from +15035550142." in text
    assert "[11] 2019 Honda CR-V, plate 7KLM204; [12] 2015 Toyota Tacoma" in text
    assert "oil_change (oil change, 60 min, $45 to $75)" in text
    assert "$" + "shop" not in text


@pytest.mark.parametrize(
    ("phone", "line"),
    [
        ("+442079460000", "Caller: not on file, calling from +442079460000."),
        (None, "Caller: number withheld."),
    ],
)
def test_unknown_callers_are_described_as_such(phone: str | None, line: str) -> None:
    """A stranger's number stands there; a withheld one does not."""
    assert line in prompt.system_prompt(call(phone, None))


def test_an_unconfirmed_number_shows_the_model_no_proof() -> None:
    """Last name and plates, with which a caller could prove more, are not there to be read out."""
    text = prompt.system_prompt(call("+15035550142", DANA, "weak"))
    assert "Caller: Dana (customer_id 1), calling from +15035550142." in text
    assert "[11] 2019 Honda CR-V; [12] 2015 Toyota Tacoma" in text
    assert "before moving or cancelling, ask" in text
    assert "Whitfield" not in text and "7KLM204" not in text


def test_a_forged_number_is_not_called_unknown() -> None:
    """The model does not learn whether such a number is on file."""
    text = prompt.system_prompt(call("+15035550142", None, "none"))
    assert "Caller: not verified, calling from +15035550142, which may be forged." in text


def test_the_part_before_the_caller_is_the_same_in_every_call() -> None:
    """Two calls share everything up to the date, for the vendor's prompt cache."""
    one = prompt.system_prompt(call("+15035550142", DANA)).partition("This call")
    other = prompt.system_prompt(call(None, None)).partition("This call")
    assert one[0] == other[0]
    assert len(one[0]) > 1500


@pytest.mark.parametrize(
    "told",
    [
        "at most one question", "one thing at a time", "never again what they heard",
        "is my car ready",
        "get_upcoming_appointments", 'exactly "I\'ll put you through."', "take a message", "angry",
        "grown-up", "another language", "wrong number", "one is yes, two is no, zero is a person",
        "card number", "several wishes", "a correction", 'last word is "Goodbye."',
        "automated assistant",
    ],
)  # fmt: skip
def test_the_repertoire_is_covered(told: str) -> None:
    """Whoever may call, the model is told what to do."""
    text = " ".join(prompt.system_prompt(call(None, None)).split())
    assert told.lower() in text.lower()


def test_the_prompt_is_short() -> None:
    """Every word costs time before the first one is heard: about 1,100 tokens with the shop's."""
    text = prompt.system_prompt(call("+15035550142", DANA))
    assert len(text) < 4500
    assert all(len(line) <= 110 for line in text.splitlines() if "Services:" not in line
               and "Hours:" not in line)  # fmt: skip


def test_the_caller_stands_last() -> None:
    """After the caller's cars nothing follows, and nothing of the caller stands before them."""
    text = prompt.system_prompt(call("+15035550142", DANA)).strip()
    assert text.splitlines()[-1].startswith("Vehicles:")
    assert "Dana" not in text.partition("This call")[0]


def test_the_greeting_names_a_known_caller() -> None:
    """Who is on file is greeted by first name, anyone else politely."""
    shop = load_shop(EXAMPLE_SHOP_FILE)
    assert prompt.greeting(shop, DANA).startswith("Hi Dana, thanks for calling Bayline Auto Care.")
    assert prompt.greeting(shop, None).startswith("Hi, thanks for calling")
