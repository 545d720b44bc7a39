"""Which words of a result were said by somebody near the telephone."""

import pytest

from processors.ear import SaidWord, Stretch, near_words

pytestmark = pytest.mark.unit

SAID = [SaidWord("they", 1.0, 1.4), SaidWord("won", 1.4, 1.8), SaidWord("stop", 2.1, 2.5)]
TEXT = "They won. Stop."


class Ear:
    """Hears a near voice at given times."""

    voiced = near_now = True
    crowded = False
    syllables = 1

    def __init__(self, *near: Stretch, deaf: bool = False) -> None:
        self._near = near
        self._deaf = deaf

    def near(self, stretch: Stretch | None = None) -> tuple[Stretch, ...]:
        """Answer as told."""
        return self._near

    def cannot_tell(self, stretch: Stretch | None = None) -> bool:
        """Answer as told."""
        return self._deaf

    def learn_caller(self, stretch: Stretch | None = None) -> None:
        """Learn nothing."""

    def disregard(self) -> None:
        """Disregard nothing."""

    def turn(self, of_caller: bool) -> None:
        """Take no note."""


def test_words_of_no_voice_are_believed_when_nothing_else_was_heard() -> None:
    """Final ones, with their times and without; a guess is not."""
    for said in (SAID, ()):
        assert near_words(TEXT, said, Ear(deaf=True), final=True) == TEXT
        assert near_words(TEXT, said, Ear(deaf=True), final=False) == ""


def test_words_of_the_near_voice_alone_are_kept() -> None:
    """A radio's words before the caller's are left out of final words."""
    assert near_words(TEXT, SAID, Ear((2.0, 2.5)), final=True) == "stop"
    assert near_words(TEXT, SAID, Ear(), final=True) == ""


def test_all_words_near_are_the_text_itself() -> None:
    """Times that are a little off lose no word."""
    assert near_words(TEXT, SAID, Ear((1.3, 2.2)), final=True) == TEXT


def test_the_only_word_of_a_long_result_is_the_near_one() -> None:
    """A recogniser that gives a word the time of what was heard before it loses nothing."""
    stop = [SaidWord("stop", 1.0, 2.5)]
    assert near_words("Stop.", stop, Ear((2.1, 2.4)), final=True) == "Stop."


def test_an_interim_result_that_mixes_voices_is_left_for_the_final() -> None:
    """The last word of an interim result is a guess."""
    assert near_words(TEXT, SAID, Ear((2.0, 2.5)), final=False) == ""
    assert near_words(TEXT, SAID, Ear((1.0, 2.5)), final=False) == TEXT


def test_without_times_all_words_count_or_none() -> None:
    """What was heard lately decides."""
    assert near_words(TEXT, [], Ear((2.0, 2.5)), final=True) == TEXT
    assert near_words(TEXT, [], Ear(), final=True) == ""
