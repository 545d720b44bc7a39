"""Telephone numbers from writing and speech."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.phone import BadPhone, mask_phone, parse_phone
from shop.speech import speak_phone

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    "text",
    [
        *("503 555 0142", "(503) 555-0142", "+1 503-555-0142", "+15035550142", "1.503.555.0142"),
        *("tel:+15035550142", "５０３ ５５５ ０１４２", "٥٠٣٥٥٥٠١٤٢"),
        "five oh three five five five zero one four two",
        "Five O three, triple five, oh one four two.",
        "five oh three double five five oh one forty two",
        "503 five five five 0142",
        "it's five zero three, uh, five five five, o one for to",
        "plus one five oh three five five five oh one four two",
        "my number is 503 555 oh one four two please",
    ],
)
def test_one_number_said_in_many_ways(text: str) -> None:
    """However it is written or said, it is the same number; fictional numbers pass."""
    assert parse_phone(text) == "+15035550142"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("eight hundred five five five oh one nine nine", "+18005550199"),
        ("+44 20 7946 0958", "+442079460958"),
        ("011 44 20 7946 0958", "+442079460958"),
        ("plus four four two oh seven nine four six oh nine five eight", "+442079460958"),
    ],
)
def test_other_numbers(text: str, number: str) -> None:
    """Hundreds and foreign numbers are understood."""
    assert parse_phone(text) == number


def test_another_region() -> None:
    """A national number is read in the region given."""
    assert parse_phone("020 7946 0958", default_region="GB") == "+442079460958"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no digits"),
        ("anonymous", "not made of digits"),
        ("555 0142", "area code is missing"),
        ("five oh three five five five oh one four", "9 digits are too few; ten are needed"),
        ("503 555 01422", "11 digits are too many; ten are needed"),
        ("103 555 0142", "area code or exchange"),
        ("503 055 0142", "area code or exchange"),
        ("+999 123 456", "country code"),
        ("12", "too few"),
        ("9" * 60, "too many"),
        ("9" * 10_000, "too long"),
        ("\x00\u202e😀", "no digits"),
    ],
)
def test_bad_numbers_say_why(text: str, reason: str) -> None:
    """What cannot be a number is refused with a reason people understand."""
    with pytest.raises(BadPhone, match=re.escape(reason)):
        parse_phone(text)


@given(st.text(max_size=250) | st.text("0123456789 +-()", max_size=40))
def test_any_text_is_a_number_or_bad(text: str) -> None:
    """No text raises anything but BadPhone, and what comes out is E.164."""
    try:
        number = parse_phone(text)
    except BadPhone as exc:
        assert exc.reason
    else:
        assert re.fullmatch(r"\+[1-9][0-9]{6,16}", number)


@given(st.from_regex(r"[2-9][0-9]{2}[2-9][0-9]{6}", fullmatch=True))
def test_spoken_numbers_are_heard_again(national: str) -> None:
    """What is spoken for an American number is read back as that number."""
    assert parse_phone(speak_phone(f"+1{national}")) == f"+1{national}"


def test_hostile_text_is_quick() -> None:
    """Megabytes are refused at once."""
    started = time.perf_counter()
    with pytest.raises(BadPhone):
        parse_phone("five " * 1_000_000)
    assert time.perf_counter() - started < 0.5


def test_masked() -> None:
    """A log shows the area and the last four digits, or nothing."""
    assert mask_phone("+15035550142") == "+1503***0142"
    assert mask_phone("+4420794609") == "+44***09"
    assert mask_phone("anonymous") == mask_phone("") == "***"
