"""The rendered prompt: short, the same part first for every caller, nothing left unfilled."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from itertools import takewhile
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

MOST_TOKENS = 1200
"""Every token is read in each turn; the vendor caches from about a thousand on, tools included."""

CHARS_PER_TOKEN = 4
NOW = FixedClock(datetime(2026, 11, 22, 21, 5, tzinfo=UTC))
SHOP = load_shop(EXAMPLE_SHOP_FILE)
DANA = Customer(
    731, "Dana", "Whitfield", "+15035550142", None,
    (Vehicle(9411, 731, 2019, "Honda", "CR-V", None, "7KLM204"),),
)  # fmt: skip
LEE = Customer(
    852, "Lee", "Park", "+15035550177", None, (Vehicle(9522, 852, 2015, "Kia", "Soul", None, None),)
)
CALLERS: list[tuple[str | None, Customer | None, Trust]] = [
    ("+15035550142", DANA, "full"),
    ("+15035550142", DANA, "weak"),
    ("+15035550177", LEE, "full"),
    ("+442079460000", None, "full"),
    ("+15035550142", None, "none"),
    (None, None, "full"),
]


def rendered(phone: str | None, customer: Customer | None, trust: Trust, clock: FixedClock) -> str:
    """Render the prompt of a call whose store is never asked."""
    return prompt.system_prompt(Call("CA1", phone, cast(Store, None), SHOP, clock, customer, trust))


def shared(*texts: str) -> str:
    """Return the beginning that all texts have in common."""
    same = takewhile(lambda chars: len(set(chars)) == 1, zip(*texts, strict=False))
    return "".join(chars[0] for chars in same)


ALL = [rendered(*caller, NOW) for caller in CALLERS]


def test_all_that_two_calls_share_stands_first() -> None:
    """Up to the line about the caller, the prompts of any two calls of a minute are the same."""
    same = shared(*ALL)
    assert same.endswith("(America/Los_Angeles).\nCaller: ")
    for text in ALL:
        assert text.index("\nCaller: ") <= len(same)


def test_only_the_last_lines_change_from_call_to_call() -> None:
    """At another time, all but the date and the caller is the same: what the vendor caches."""
    later = rendered(*CALLERS[2], FixedClock(datetime(2027, 2, 3, 18, 0, tzinfo=UTC)))
    same = shared(ALL[0], later)
    assert same.endswith("Today is ")
    assert len(ALL[0]) - len(same) < 400


@pytest.mark.parametrize("text", ALL)
def test_it_is_short(text: str) -> None:
    """It stays within its budget of tokens, by the rule of four characters each."""
    assert len(text) / CHARS_PER_TOKEN <= MOST_TOKENS


@pytest.mark.parametrize("text", ALL)
def test_nothing_is_left_unfilled(text: str) -> None:
    """No placeholder of the template survives, and no value is missing."""
    assert not re.search(r"\$\{?[a-z_]", text)
    assert "None" not in text and "{" not in text


def test_it_holds_the_callers_ids_and_nobody_elses() -> None:
    """Whose call it is, is told with ids; what belongs to others is nowhere."""
    for text, (phone, customer, _) in zip(ALL, CALLERS, strict=True):
        others = [c for c in (DANA, LEE) if c is not customer]
        for other in others:
            assert other.last_name not in text
            assert not re.search(rf"\b(?:{other.id}|{other.vehicles[0].id})\b", text)
            assert other.phone == phone or other.phone not in text
        if customer is not None:
            assert f"customer_id {customer.id}" in text and f"[{customer.vehicles[0].id}]" in text


def test_a_name_cannot_add_to_the_template() -> None:
    """What a customer is called is data: a dollar sign in it stays one."""
    text = rendered("+15035550142", replace(DANA, first_name="$caller"), "full", NOW)
    assert "Caller: $caller Whitfield" in text
