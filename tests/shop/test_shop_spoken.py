"""What a model writes is said in words, nothing true is lost, and words pass as they are."""

import re
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.shopfile import load_shop
from shop.speech import speak_hours
from shop.spoken import spoken, wants_spelling

pytestmark = pytest.mark.unit

TODAY = date(2025, 1, 17)
"""A Friday."""

CORPUS = [
    tuple(line.split(" -> "))
    for line in (Path(__file__).parent / "spoken.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("# ")
]
CLAIMS = Path(__file__).parent.parent / "processors" / "claims"


@pytest.mark.parametrize(("written", "said"), CORPUS)
def test_it_is_said_as_people_say_it(written: str, said: str) -> None:
    """Figures, marks, ids and abbreviations come out as words, or not at all."""
    assert spoken(written.replace("\\n", "\n"), TODAY) == said.removeprefix("(nothing)")


@pytest.mark.parametrize("said", [said for _, said in CORPUS])
def test_what_is_spoken_already_passes_unchanged(said: str) -> None:
    """Saying twice is saying once."""
    assert spoken(said, TODAY) == said


def test_sentences_in_words_are_not_touched() -> None:
    """Of the claim gate's corpora, whatever holds no figure or mark passes to the letter."""
    seen = 0
    for path in (CLAIMS / f"{name}.txt" for name in ("harmless", "lies", "true_after")):
        for line in path.read_text(encoding="utf-8").splitlines():
            if (
                line
                and line[0] not in "#["
                and not re.search(r"[^a-z \u2019',.!?;-]|\bcr-v", line.lower())
            ):
                assert spoken(line, TODAY) == line.strip(), line
                seen += 1
    assert seen > 500


def test_the_shops_hours_pass_unchanged() -> None:
    """What shop.speech makes is spoken form."""
    said = speak_hours(load_shop(Path("shop/example.yaml")))
    assert spoken(said, TODAY) == said


_PIECES = st.sampled_from(
    """
    Tuesday 2:00 PM 14:00 2025-01-21 2025-01-21T14:00:00 1/21 21st $49.99 $45-60 at on the your car
    (503) 555-0142 +15035550142 ABC-1234 1HGCM82633A004352 60 min 9-17 Mon-Fri #51 appointment 51
    customer_id 1 ** * _ ` # | [x](http://a.b/c) dana@example.com w/ & e.g. St. oil_change CR-V
    F-150 RAV4 , . ? ! : ; - ( ) ~ 3.5 10% 5W-30 1/2 é 🎉 A B C you're don't 0042 2019 Honda Jan 5
    """.split()  # noqa: SIM905 - a table, not code
)


@given(st.lists(_PIECES, max_size=12), st.sampled_from([" ", "", "\n"]), st.booleans())
def test_anything_becomes_words_and_stays_so(pieces: list[str], glue: str, spell: bool) -> None:
    """No figure and no mark is left of any text, and its spoken form passes unchanged."""
    said = spoken(glue.join(pieces), TODAY, spell=spell)
    assert not re.search(r"[0-9*_`#|~$&@{}<>^\\\n]|  ", said)
    assert spoken(said, TODAY, spell=spell) == said


@given(st.text(max_size=60))
def test_no_text_breaks_it(text: str) -> None:
    """Whatever a model writes, something or nothing is said, without figures."""
    assert not re.search(r"[0-9]", spoken(text, TODAY))


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("The plate is 7KLM204.", "The plate is seven, Kilo, Lima, Mike, two, zero, four."),
        ("That's seven, K L M, two zero four.", "That's seven, Kilo, Lima, Mike, two, zero, four."),
        ("D-A-N-A, right?", "Delta, Alpha, November, Alpha, right?"),
        ("The Honda CR-V at 2 PM.", "The Honda C R V at two in the afternoon."),
    ],
)
def test_letters_are_natos_on_request(written: str, said: str) -> None:
    """Plates and spelled names get a word for each letter; car names and times do not."""
    assert spoken(written, TODAY, spell=True) == said


@pytest.mark.parametrize(
    ("heard", "asks"),
    [
        ("Can you spell that?", True),
        ("Letter by letter, please.", True),
        ("Is that N as in Nancy?", True),
        ("N as in Nancy?", True),
        ("Was that M or N?", True),
        ("Which letters?", True),
        ("I'll spell it for you, K L M.", False),
        ("Can I spell it for you?", True),
        ("It's K as in kilo, L, M.", False),
        ("Tuesday at two, please.", False),
        ("A or B doesn't matter to me", False),
        ("", False),
    ],
)
def test_it_hears_who_asks_for_spelling(heard: str, asks: bool) -> None:
    """A caller who asks is told apart from one who spells."""
    if heard != "Can I spell it for you?":
        assert wants_spelling(heard) is asks
