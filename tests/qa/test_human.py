"""A person's recorded voice: what it can say, and that all of it is there."""

from datetime import date, timedelta

import numpy as np
import pytest

from qa import human
from qa.audio import BadRecording, loudness, speech
from qa.voices import SPEECH_RMS
from shop.numerals import digits
from shop.speech import speak_date

pytestmark = pytest.mark.unit


def test_every_recording_is_used_and_none_is_missing() -> None:
    """What ships is what the words need."""
    wanted = {name for parts in human.words().values() for name in parts}
    assert wanted == {path.stem for path in human.RECORDINGS.glob("*.wav")}
    assert "Attribution-ShareAlike 3.0" in (human.RECORDINGS / "README.md").read_text()


def test_it_says_every_day_of_a_year_and_every_phone_number() -> None:
    """As scenarios write them."""
    today = date(2026, 3, 1)
    for ahead in range(3 * 7, 3 * 7 + 150):
        said = human.speak(f"{speak_date(today + timedelta(days=ahead), today)} at ten o'clock")
        assert len(said) > 2 * 8000
    for zero in ("zero", "oh"):
        assert len(human.speak(digits("0123456789", zero=zero))) > 4 * 8000


def test_words_are_heard_one_after_another_without_a_pause() -> None:
    """At the loudness of every caller; no silence in it is long enough to end a segment."""
    said = human.speak("five oh three")
    assert loudness(said) == pytest.approx(SPEECH_RMS, rel=0.05)
    (breath,) = speech(said, bridge_s=0.2)
    assert breath.end_s - breath.start_s > 1.2
    both = human.speak("oh three")
    assert len(both) < len(human.speak("oh")) + len(human.speak("three")) + 0.03 * 8000


def test_a_word_that_was_never_recorded_is_named() -> None:
    """With what it knows; nothing said is nothing."""
    with pytest.raises(BadRecording, match=r"never said brakes, please; it knows digits"):
        human.speak("Brakes Tuesday, please")
    assert np.array_equal(human.speak(" "), np.zeros(0, np.int16))
