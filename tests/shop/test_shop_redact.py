"""Card and social-security numbers are found however they are said; nothing else is."""

from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from shop.card_numbers import MARKS, dangling, is_card_number
from shop.numerals import digits as say
from shop.phone import parse_phone
from shop.redact import redact, redact_json, redact_turns
from shop.speech import speak_phone

pytestmark = pytest.mark.unit

_CORPUS = Path(__file__).parent / "redaction"


def _lines(name: str) -> list[str]:
    lines = (_CORPUS / name).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


HIDDEN = _lines("hidden.txt")
KEPT = _lines("kept.txt")


def test_the_corpora_are_large_enough() -> None:
    """Forty things to hide and sixty to leave alone are the least that says something."""
    assert len(HIDDEN) >= 40 and len(KEPT) >= 60


@pytest.mark.parametrize("text", HIDDEN)
def test_a_secret_is_hidden(text: str) -> None:
    """Every line of the corpus of secrets loses its secret."""
    redacted = redact(text)
    assert redacted.found
    assert any(mark in redacted.text for mark in MARKS.values())
    assert not _digits_left(redacted.text)


def _digits_left(text: str) -> bool:
    """Say whether six digits in a row are left; a phone number beside a card is one, though."""
    plain = text.replace("503 555 0142", "")
    return sum(c.isdigit() for c in plain) >= 6


@pytest.mark.parametrize("text", KEPT)
def test_everyday_talk_is_left_alone(text: str) -> None:
    """No line of the corpus of everyday talk is changed."""
    assert redact(text).text == text
    assert not redact(text).found


@st.composite
def card_numbers(draw: st.DrawFn) -> str:
    """Numbers of 13 to 19 digits that pass the Luhn check."""
    length = draw(st.integers(13, 19))
    body = draw(st.text("0123456789", min_size=length - 1, max_size=length - 1))
    assume(body.strip("0"))
    return next(body + c for c in "0123456789" if is_card_number(body + c))


@given(card_numbers())
def test_every_luhn_number_is_hidden(number: str) -> None:
    """A number of 13 to 19 digits that passes the check is hidden as it is and said in words."""
    assert redact(f"so it's {number}, thanks").text == f"so it's {MARKS['card']}, thanks"
    assert redact(f"it's {say(number, zero='oh')}").text == f"it's {MARKS['card']}"


@given(card_numbers(), st.sampled_from([" ", "-", " dash ", ", ", " uh ", ". "]))
def test_groups_of_four_do_not_help(number: str, between: str) -> None:
    """However the groups are set apart, the number is found."""
    groups = [number[start : start + 4] for start in range(0, len(number), 4)]
    redacted = redact(between.join(groups))
    assert redacted.found and not any(c.isdigit() for c in redacted.text)


@given(st.from_regex(r"[2-9][0-9]{2}[2-9][0-9]{6}", fullmatch=True))
def test_phone_numbers_are_never_touched(number: str) -> None:
    """A telephone number stays, in digits, in groups and in words."""
    grouped = f"{number[:3]}-{number[3:6]}-{number[6:]}"
    for text in (number, grouped, f"+1{number}", f"1 {grouped}", speak_phone(f"+1{number}")):
        assert redact(f"call me at {text} please").text == f"call me at {text} please"
        assert not dangling(text)
    assert parse_phone(redact(grouped).text) == f"+1{number}"


@given(
    st.from_regex(r"[A-HJ-NPR-Z0-9]{3}[A-HJ-NPR-Z]{2}[A-HJ-NPR-Z0-9]{8}[0-9]{4}", fullmatch=True)
)
def test_vins_are_never_touched(vin: str) -> None:
    """A VIN stays, written and spelled."""
    assert redact(vin).text == vin
    spelled = " ".join(vin)
    assert redact(spelled).text == spelled


@settings(max_examples=300)
@given(st.text(max_size=80))
def test_any_text_passes_and_twice_is_once(text: str) -> None:
    """No text breaks it, and what is redacted has nothing left to hide."""
    once = redact(text)
    assert redact(once.text).text == once.text
    assert once.found or once.text == text


@pytest.mark.parametrize("text", HIDDEN)
def test_the_marks_are_no_secrets(text: str) -> None:
    """A second pass, as at the next edge, changes nothing."""
    once = redact(text).text
    assert redact(once).text == once


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("4111 1111", True),
        ("it's 4111 1111 uh", True),
        ("my card number is 4111", True),
        ("5555 5555 5555", True),
        ("four one one one one one one one", True),
        ("503 555", False),
        ("503-555-0142", False),
        ("my number is 555 0142", False),
        ("4111", False),
        ("a 2019 Honda", False),
        ("4111 1111 is what they said", False),
        ("45,000", False),
        ("at 4:30", False),
    ],
)
def test_a_number_that_breaks_off_is_noticed(text: str, holds: bool) -> None:
    """What may be the first half of a card number is told from a phone number or a year."""
    assert dangling(text) is holds


def test_json_is_redacted_throughout() -> None:
    """Texts and numbers within objects and lists are searched; keys and shapes stay."""
    value = {"query": "4111 1111 1111 1111", "of": [{"n": 4111111111111111}, 12, None, True]}
    assert redact_json(value) == {
        "query": MARKS["card"], "of": [{"n": MARKS["card"]}, 12, None, True],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("turns", "kept"),
    [
        (["5555", "5555,", "5555.", "4444"], ["[card number]", *["[end of card number]"] * 3]),
        (["it's 5555", "5555", "5555", "[end of card number]"], None),
        (["it's 4111 1111", "uh, 1111 1111"], None),
        (["a 2019", "503 555 0142"], ["a 2019", "503 555 0142"]),
        (["five oh three", "five five five", "oh one four two"], "same"),
        (["4111 1111 [end of card number]"], ["[card number] [end of card number]"]),
        (["at 10", "2 cars", "97205"], "same"),
    ],
)
def test_turns_are_read_together(turns: list[str], kept: list[str] | str | None) -> None:
    """A number in pieces is found whole; what other turns end and begin with is not joined."""
    redacted = redact_turns(turns)
    expected = turns if kept == "same" else kept
    assert redacted == expected if expected else not any(c.isdigit() for c in "".join(redacted))
    assert redact_turns(redacted) == redacted
