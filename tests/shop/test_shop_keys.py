"""What keys mean depends on what was asked."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.answers import Expect, expected
from shop.keys import (
    FIRST_OR_SECOND,
    JUST_SAY_IT,
    LONGEST,
    NO_CARDS,
    WHOLE_NUMBER,
    YES_OR_NO,
    Keyed,
    read,
)

pytestmark = pytest.mark.unit

KINDS: tuple[Expect, ...] = get_args(Expect)


@pytest.mark.parametrize(
    ("asked", "keys", "means"),
    [
        ("Shall I book it?", "1", Keyed("said", "Yes.")),
        ("Shall I book it?", "2", Keyed("said", "No.")),
        ("Shall I book it?", "3", Keyed("unclear", YES_OR_NO)),
        ("Shall I book it?", "*", Keyed("unclear", YES_OR_NO)),
        ("Nine or ten? Which would you like?", "2", Keyed("said", "The second one.")),
        ("Which car is it for, the Honda or the Ford?", "9", Keyed("unclear", FIRST_OR_SECOND)),
        ("How can I help you?", "1", Keyed("more")),
        ("How can I help you?", "0", Keyed("person")),
        ("What's your phone number?", "0", Keyed("person")),
        ("What's your phone number?", "503555014", Keyed("more")),
        ("What's your phone number?", "503555014#", Keyed("unclear", WHOLE_NUMBER)),
        ("What's your phone number?", "5035550142", Keyed("whole")),
        (
            "What's your phone number?",
            "5035550142#",
            Keyed("said", "My phone number is 503-555-0142."),
        ),
        ("Your name?", "15035550142#", Keyed("said", "My phone number is 503-555-0142.")),
        ("What's your phone number?", "0035550142#", Keyed("unclear", WHOLE_NUMBER)),
        ("What's your phone number?", "#", Keyed("unclear", WHOLE_NUMBER)),
    ],
)
def test_keys_are_read_by_the_question(asked: str, keys: str, means: Keyed) -> None:
    """Yes and no, first and second, numbers, zero; anything else gets the fitting hint."""
    assert read(keys, expected(asked)) == means


def test_a_pause_ends_what_is_not_whole() -> None:
    """Nine is kept for other calls, and nothing else is keyed after an open question."""
    assert read("9", "open", ended=True) == Keyed("unclear", JUST_SAY_IT)


@given(st.text("0123456789*#", max_size=24), st.sampled_from(KINDS), st.booleans())
def test_long_numbers_are_never_repeated(keys: str, expect: Expect, ended: bool) -> None:
    """Whatever is keyed, no more digits come out than a telephone number has, and no card's."""
    keyed = read(keys, expect, ended=ended)
    assert sum(c.isdigit() for c in keyed.text) in (0, 10)
    if len(keys.removesuffix("#")) > LONGEST:
        assert keyed.kind == "more" or keyed.text == NO_CARDS
