"""License plates and states."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.plate import STATES, BadPlate, Plate, check_plate, check_state, parse_plate
from shop.speech import nato, speak_plate

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("text", "plate"),
    [
        ("7KLM204", Plate("7KLM204")),
        ("7 klm-204", Plate("7KLM204")),
        ("seven K L M two oh four", Plate("7KLM204")),
        ("seven kilo lima mike two zero four", Plate("7KLM204")),
        ("seven K as in kite L M two zero for", Plate("7KLM204")),
        ("7KLM204 California", Plate("7KLM204", "CA")),
        ("California plate 7KLM204", Plate("7KLM204", "CA")),
        ("7KLM204, CA", Plate("7KLM204", "CA")),
        ("CA 7KLM204", Plate("7KLM204", "CA")),
        ("seven k l m two oh four from oregon", Plate("7KLM204", "OR")),
        ("New York ABC 1234", Plate("ABC1234", "NY")),
        ("1AB 234 West Virginia", Plate("1AB234", "WV")),
        ("AB 12 ME", Plate("AB12ME")),
        ("SEA 123", Plate("SEA123")),
        ("BAYLINE", Plate("BAYLINE")),
        ("Oregon", Plate("OREGON")),
    ],
)
def test_plates(text: str, plate: Plate) -> None:
    """A plate is read with the state before, after or not at all."""
    assert parse_plate(text) == plate


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no letters or digits"),
        ("A", "at least two"),
        ("ABCDE12345", "at most eight characters and this has 10"),
        ("x" * 10_000, "too long"),
        ("😀\u202e\x00", "no letters or digits"),
    ],
)
def test_bad_plates_say_why(text: str, reason: str) -> None:
    """What cannot be a plate is refused with a reason people understand."""
    with pytest.raises(BadPlate, match=re.escape(reason)):
        parse_plate(text)
    with pytest.raises(BadPlate, match=re.escape(reason)):
        check_plate(text)


@pytest.mark.parametrize("code", sorted(STATES))
def test_states(code: str) -> None:
    """Every state is known by its code, its name and its letters said one by one."""
    assert len(STATES) == 56
    assert check_state(code.lower()) == check_state(STATES[code]) == code
    assert check_state(f"{code[0]} {code[1]}") == check_state(f"state of {STATES[code]}") == code


@pytest.mark.parametrize("text", ["", "XX", "Bavaria", "😀", "California" * 1000])
def test_no_such_state(text: str) -> None:
    """What is no state is refused."""
    with pytest.raises(BadPlate):
        check_state(text)


@given(st.text(max_size=450))
def test_any_text_is_a_plate_or_bad(text: str) -> None:
    """No text raises anything but BadPlate, and a plate has two to eight capitals and digits."""
    try:
        plate = parse_plate(text)
    except BadPlate as exc:
        assert exc.reason
    else:
        assert re.fullmatch(r"[A-Z0-9]{2,8}", plate.number)
        assert plate.state is None or plate.state in STATES


@given(st.from_regex(r"[A-Z0-9]{2,7}[0-9]", fullmatch=True))
def test_spoken_plates_are_heard_again(number: str) -> None:
    """What is spoken for a plate, and its NATO spelling, are read back as that plate."""
    assert check_plate(nato(number)) == number
    assert check_plate(number) == number
    said = speak_plate(number)
    assert check_plate(said.lower() if said.isupper() else said) == number
