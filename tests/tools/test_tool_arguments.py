"""Tests of making a model's arguments clean."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.arguments import NO_ID, NotAnArgument, clean_name, clean_text, cleaned

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        (12, 12), ("12", 12), (" 12 ", 12), (12.0, 12), (-5, -5), ("-5", -5), (0, 0),
        (2**63 - 1, 2**63 - 1), (2**63, NO_ID), (-(2**70), NO_ID), ("9" * 5000, NO_ID),
        (1e300, NO_ID),
    ],
)  # fmt: skip
def test_ids_are_numbers(given: object, meant: int) -> None:
    """Whole numbers in whatever writing; one that no row can have stands for none."""
    assert cleaned({"customer_id": given}) == {"customer_id": meant}


@pytest.mark.parametrize(
    "given", [True, False, 1.5, float("nan"), float("-inf"), "1e3", "one", [1], {"id": 1}, "1 2"]
)
def test_what_is_no_id_is_nothing(given: object) -> None:
    """A truth, a fraction, a word, a list: nothing an argument could be."""
    assert isinstance(cleaned({"vehicle_id": given})["vehicle_id"], NotAnArgument)


def test_what_says_nothing_is_left_out() -> None:
    """Blank, null and empty objects are arguments that were not given, also inside."""
    raw = {
        "a": "",
        "b": None,
        "c": {},
        "d": {"e": " \0 ", "f": None},
        "g": "x",
        "appointment_id": "",
    }
    assert cleaned(raw) == {"g": "x"}


def test_text_is_one_clean_line() -> None:
    """Controls, direction marks and lone surrogates go, letters of all scripts stay."""
    assert (
        clean_text("a\0b\r\n\tc\u202e\u200bd\ud800 \u05d0\u05d1 \u00e9")
        == "a b c d \u05d0\u05d1 \u00e9"
    )
    assert clean_name("Robert'); DROP TABLE x;--") == "Robert') DROP TABLE x"
    assert clean_name("\U0001f697 <>") == ""


NAMES = st.sampled_from(["a", "b", "query", "customer_id"])


@given(
    st.dictionaries(
        NAMES,
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
            lambda inner: st.lists(inner) | st.dictionaries(NAMES, inner),
        ),
    )
)
def test_what_is_clean_can_be_stored(raw: dict[str, Any]) -> None:
    """No NUL, no surrogate, no truth and no list is left, however deep."""
    text = json.dumps(cleaned(raw), default=lambda _: "x", ensure_ascii=False)
    text.encode()
    assert "\\u0000" not in text and ": true" not in text
