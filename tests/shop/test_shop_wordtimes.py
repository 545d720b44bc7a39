"""Words are found in the sound of a sentence."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.wordtimes import WINDOW_MS, WordTime, expected_ms, word_times

pytestmark = pytest.mark.unit

SOUND, SILENCE = 3000.0, 2.0


def sound(*lengths_ms: int) -> list[float]:
    """Return loudness that begins with silence and changes after each of these lengths."""
    levels: list[float] = []
    for index, length_ms in enumerate(lengths_ms):
        levels += [SOUND if index % 2 else SILENCE] * (length_ms // WINDOW_MS)
    return levels


def test_words_lie_between_the_first_and_the_last_sound() -> None:
    """Silence before and behind a sentence belongs to no word."""
    times = word_times(["Good", "morning."], sound(300, 900, 400))
    assert times[0].start_ms == 300
    assert times[-1].end_ms == 1200


def test_a_pause_parts_words_at_the_comma() -> None:
    """A silence inside the sound is where the comma is, whatever the pace would say."""
    times = word_times(["Sorry,", "Tuesday", "is", "full."], sound(100, 700, 250, 900, 100))
    assert times[0].end_ms == 800
    assert times[1].start_ms == 1050


def test_long_words_take_longer() -> None:
    """In even sound words share the time by what there is to say in them."""
    times = word_times(["a", "transmission"], sound(0, 1000, 0))
    assert times[0].end_ms - times[0].start_ms < 300


def test_a_dash_takes_no_time() -> None:
    """A token with nothing to pronounce is heard with the word before it."""
    times = word_times(["Thursday", "—", "no."], sound(100, 900, 100))
    assert times[1].start_ms == times[1].end_ms == times[0].end_ms


def test_silence_holds_no_words() -> None:
    """Without any sound, or without words, nothing is claimed about times."""
    assert word_times(["Hello."], [0.0] * 50) == [WordTime(0, 0)]
    assert word_times(["Hello."], []) == [WordTime(0, 0)]
    assert word_times([], sound(0, 500)) == []


def test_a_word_counts_from_its_middle() -> None:
    """Most of it must have been heard."""
    assert WordTime(100, 300).heard_ms == 200
    assert WordTime(100, 300).later(1000) == WordTime(1100, 1300)


@pytest.mark.parametrize(
    ("shorter", "longer"),
    [
        ("two", "twenty"),
        ("the", "Thursday"),
        ("Ann", "Christopher"),
        ("late", "later"),
    ],
)
def test_expected_lengths_follow_syllables(shorter: str, longer: str) -> None:
    """A word with more in it is expected to take longer, and longest before a pause."""
    assert expected_ms(shorter) < expected_ms(longer) < expected_ms(longer, closing=True)


def test_accents_are_letters() -> None:
    """Spanish words take the time of what is written without accents."""
    assert expected_ms("sábado") == expected_ms("sabado")


WORDS = ["a", "two", "Tuesday,", "noon.", "—", "503-555", "¿Qué"]


@given(
    st.lists(st.sampled_from(WORDS), max_size=12),
    st.lists(st.floats(0, 9000), max_size=300),
)
def test_times_are_in_order_and_in_the_sound(words: list[str], levels: list[float]) -> None:
    """Any text over any sound gives a time for each word, in order, none outside."""
    times = word_times(words, levels)
    assert len(times) == len(words)
    assert all(0 <= t.start_ms <= t.end_ms <= len(levels) * WINDOW_MS for t in times)
    assert all(one.end_ms <= next_.start_ms for one, next_ in pairwise(times))
