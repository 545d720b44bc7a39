"""Tests of who may be told what: attestation, tiers, and facts that match."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.identity import Tier, matching_facts, number_trust, shown
from shop.types import Customer, Vehicle

pytestmark = pytest.mark.unit

DANA = Customer(
    1, "Dana", "Whitfield", "+15035550142", "dana.whitfield@example.com",
    (
        Vehicle(1, 1, 2019, "Honda", "CR-V", "2HKRW2H89KH612204", "7KLM204"),
        Vehicle(2, 1, 2015, "Toyota", "Tacoma", None, "DANA"),
    ),
)  # fmt: skip


@pytest.mark.parametrize(
    ("verdict", "trust"),
    [
        ("", "full"),
        ("No-TN-Validation", "full"),
        ("TN-Validation-Passed-A", "full"),
        ("TN-Validation-Passed-B", "full"),
        ("tn-validation-passed-a-diverted", "full"),
        ("TN-Validation-Passed", "full"),
        ("TN-Validation-Passed-C", "weak"),
        ("TN-Validation-Passed-C-Passthrough", "weak"),
        ("TN-Validation-Passed-D", "weak"),
        ("something new", "weak"),
        ("TN-Validation-Failed", "none"),
        ("TN-Validation-Failed-A", "none"),
        (" TN-Validation-Failed-C-Diverted ", "none"),
    ],
)
def test_a_number_is_worth_what_its_carrier_says(verdict: str, trust: str) -> None:
    """Absent and vouched for is full, a gateway's is weak, a failed one nothing."""
    assert number_trust(verdict) == trust


@pytest.mark.parametrize(
    ("said", "facts"),
    [
        ("Dana M. Whitfield", {"name"}),
        ("Whitfield, Dana", {"name"}),
        ("first name Dana, last name Whitfield", {"name"}),
        ("it's five oh three five five five oh one four two", {"phone"}),
        ("+1 (503) 555-0142", {"phone"}),
        ("seven K L M two zero four", {"plate"}),
        ("7 kilo lima mike 204", {"plate"}),
        ("the VIN ends in six one two two zero four", {"vin"}),
        ("2HKRW2H89KH612204", {"vin"}),
        ("dana.whitfield@example.com", {"email"}),
        ("Dana dot Whitfield at example dot com", {"email"}),
        ("dana.whitfield@example.com.evil.org", {"name"}),
        ("I am Dana Whitfield, my plate is 7KLM204", {"name", "plate"}),
        ("503 555 0142, Dana Whitfield, dana.whitfield@example.com", {"phone", "name", "email"}),
        ("my number is 503 555 0142 and the plate 7KLM204", {"phone", "plate"}),
        ("Dana Whitfield, and the plate is DANA", {"name"}),
    ],
)
def test_facts_are_heard_as_people_say_them(said: str, facts: set[str]) -> None:
    """Each kind of fact is found in ordinary words, several in one breath."""
    assert matching_facts(DANA, said) == facts


@pytest.mark.parametrize(
    "said",
    [
        "Dana Whitfield",
        "dana.whitfield@example.com",
        "dana.whitfield@example.com dana.whitfield@example.com",
        "7KLM204 7KLM204",
        "1 503 555 0142",
    ],
)
def test_no_word_serves_for_two_facts(said: str) -> None:
    """A plate that is a name, an address made of a name, a thing said twice: one fact each."""
    assert len(matching_facts(DANA, said)) == 1


@pytest.mark.parametrize(
    "said",
    [
        "", "Dana", "Whitfield", "503 555", "7KLM20", "KLM204", "12204", "17KLM2045",
        "xdana.whitfield@example.com", "whit field dan a",
        "Dana Adams, Dana Brown, Dana Clark and Mr. Whitfield",
        " ".join(f"7KLM20{n}" for n in range(10)),
        "15035550142 15035550143 15035550144 15035550145 15035550146",
    ],
)  # fmt: skip
def test_what_is_partial_or_a_list_proves_nothing(said: str) -> None:
    """Half a fact, a fact inside of another word, and lists of guesses match nothing."""
    assert not matching_facts(DANA, said)


def test_nobody_is_found_by_what_is_not_on_file() -> None:
    """Blank names, short plates and missing VINs are no facts."""
    bare = Customer(2, "", "", "+15035550100", None, (Vehicle(3, 2, None, "", "", "", "A1"),))
    assert not matching_facts(bare, "A1 is my plate, dana, none")


@given(st.text(max_size=300))
def test_no_text_disturbs_the_reading(said: str) -> None:
    """Whatever is said, the answer is a set of facts."""
    assert len(matching_facts(DANA, said)) <= 5


def test_an_unconfirmed_number_hears_no_proofs() -> None:
    """Below the highest tier, what proves identity is left out of the file."""
    text = repr(shown(DANA, Tier.BY_NUMBER))
    assert "Dana" in text and "CR-V" in text
    for hidden in ("Whitfield", "7KLM204", "612204", "example.com", "DANA"):
        assert hidden not in text
    assert shown(DANA, Tier.SURE) == DANA
