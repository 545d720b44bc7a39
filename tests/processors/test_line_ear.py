"""What stands out on a line: noises that go on, the room's voices, and the caller's."""

import numpy as np
import pytest

from processors.line_ear import LineEar, Margins
from processors.line_sound import level_db

pytestmark = pytest.mark.unit

WINDOW_S = 0.032
MARGINS = Margins(
    above_noise=4.0,
    above_noise_in_turn=1.0,
    above_room_in_turn=0.0,
    above_disregarded=3.0,
    above_room=2.0,
    below_caller=10.0,
    below_caller_in_turn=15.0,
)


class Line:
    """One line with its ear; sounds are noise at a level, said to be like voice or not."""

    def __init__(self) -> None:
        self.ear = LineEar(MARGINS, WINDOW_S)
        self.now_s = 0.0
        self._rng = np.random.default_rng(1)

    def sound(self, seconds: float, db: float, *, like_voice: bool = False) -> float:
        """Play a sound; returns the share of its windows that were loud enough."""
        loud = [
            self.ear.hear(self._window(db), like_voice=like_voice)
            for _ in range(round(seconds / WINDOW_S))
        ]
        self.now_s += len(loud) * WINDOW_S
        return sum(loud) / len(loud)

    def speech(self, seconds: float, db: float) -> tuple[float, float]:
        """Play syllables of 0.16 s with dips of 0.064 s; returns from when to when."""
        since_s = self.now_s
        while self.now_s < since_s + seconds:
            self.sound(0.16, db, like_voice=True)
            self.sound(0.064, db - 25)
        return since_s, self.now_s

    def _window(self, db: float) -> bytes:
        wave = self._rng.normal(0, 10 ** (db / 20), 256) * 32768
        return np.clip(wave, -32768, 32767).astype(np.int16).tobytes()


def test_a_quiet_voice_counts_on_a_quiet_line() -> None:
    """A voice far below what Pipecat's volume asks for is heard, and from its first window on."""
    line = Line()
    line.sound(3.0, -65)
    assert line.sound(0.2, -42, like_voice=True) == 1.0


@pytest.mark.parametrize("db", [-60, -45, -30])
def test_steady_noise_never_counts(db: float) -> None:
    """However loud, what does not change is no voice, even where it sounds like one."""
    line = Line()
    line.sound(4.0, db)
    assert line.sound(10.0, db, like_voice=True) < 0.01


def test_a_voice_over_steady_noise_counts() -> None:
    """Vowels that stand 8 dB out of the noise are heard."""
    line = Line()
    line.sound(4.0, -30)
    assert line.sound(0.3, -22, like_voice=True) > 0.9


def test_a_caller_who_does_not_pause_stays_heard() -> None:
    """Half a minute of talk without a pause does not become the noise."""
    line = Line()
    line.speech(30.0, -24)
    assert line.sound(0.16, -24, like_voice=True) == 1.0


def test_a_disregarded_sound_is_ignored_until_it_ends() -> None:
    """Noise that was taken for voice no longer counts, louder voice does; then all is as before."""
    line = Line()
    line.sound(3.0, -65)
    line.speech(2.0, -35)
    line.ear.disregard()
    assert line.sound(0.3, -35, like_voice=True) == 0.0
    assert line.sound(0.3, -24, like_voice=True) == 1.0
    line.speech(5.0, -35)
    assert not line.ear.voiced
    line.sound(2.1, -65)
    assert line.sound(0.3, -35, like_voice=True) == 1.0


def test_words_without_a_voice_are_not_near() -> None:
    """What a recogniser makes up for a noise has no voiced window behind it."""
    line = Line()
    line.sound(3.0, -65)
    line.sound(1.0, -30, like_voice=False)
    assert not line.ear.near()
    stretch = line.speech(0.4, -30)
    assert line.ear.near(stretch)
    assert line.ear.near()


def test_a_voice_counts_at_the_time_of_its_words_only() -> None:
    """Words made up now are not credited with a voice that was heard two seconds ago."""
    line = Line()
    line.sound(3.0, -65)
    line.speech(0.5, -25)
    line.sound(1.0, -65)
    began_s = line.now_s
    line.sound(0.5, -40)
    assert not line.ear.near((began_s, line.now_s))


def test_a_radio_is_not_near_once_the_caller_is_known() -> None:
    """A voice much quieter than the caller's is somebody else's, a softer word of theirs is not."""
    line = Line()
    line.sound(3.0, -65)
    radio = line.speech(1.0, -38)
    assert line.ear.near(radio)
    line.ear.learn_caller(line.speech(1.0, -22))
    assert not line.ear.near(line.speech(1.0, -38))
    assert line.ear.near(line.speech(0.5, -28))


def test_a_caller_who_puts_the_phone_down_is_known_again_after_a_few_turns() -> None:
    """Turns at a lower level move what is taken for the caller's loudness."""
    line = Line()
    line.ear.turn(True)
    line.ear.learn_caller(line.speech(1.0, -20))
    quiet = line.speech(1.0, -34)
    assert not line.ear.near(quiet)
    for _ in range(3):
        line.ear.learn_caller(line.speech(1.0, -34))
    assert line.ear.near(line.speech(1.0, -34))


def test_voices_that_are_always_in_the_room_are_not_near() -> None:
    """Talk in the background is known by being there; a caller who is louder still counts."""
    line = Line()
    assert not line.ear.crowded
    line.speech(20.0, -34)
    assert line.ear.crowded
    assert not line.ear.near(line.speech(1.0, -34))
    assert line.ear.near(line.speech(1.0, -26))


def test_the_callers_own_turns_are_not_the_room() -> None:
    """A caller who has talked for a while may interrupt as loudly as before."""
    line = Line()
    line.sound(10.0, -65)
    for _ in range(5):
        line.ear.turn(True)
        line.speech(10.0, -24)
        line.ear.turn(False)
        line.sound(3.0, -65)
    assert line.ear.near(line.speech(0.5, -24))


def test_a_listeners_noises_do_not_become_the_room() -> None:
    """A caller who says "mm-hm" every few seconds can still interrupt."""
    line = Line()
    for _ in range(20):
        line.sound(2.0, -65)
        line.speech(0.5, -24)
    assert line.ear.near(line.speech(0.5, -24))


def test_the_near_voice_is_told_apart_in_time() -> None:
    """A radio, then the caller: only the caller's stretch is near, and a breath does not cut it."""
    line = Line()
    line.sound(3.0, -65)
    line.ear.learn_caller(line.speech(1.0, -22))
    line.sound(0.5, -65)
    began_s = line.now_s
    line.speech(1.0, -38)
    said_s, _ = line.speech(0.6, -24)
    [near] = line.ear.near((began_s, line.now_s))
    assert near == pytest.approx((said_s, line.now_s), abs=0.1)
    assert line.ear.syllables == 3


def test_a_hum_says_nothing() -> None:
    """A voice without anything above 1 kHz is no word, however near."""
    line = Line()
    line.sound(3.0, -65)
    at = np.arange(256) / 8000
    for _ in range(12):
        wave = 0.1 * np.sin(2 * np.pi * 187.5 * at) * 32768
        line.ear.hear(wave.astype(np.int16).tobytes(), like_voice=True)
    assert line.ear.near_now
    assert line.ear.near() == ()


def test_levels_are_dbfs() -> None:
    """A full-scale square wave is 0 dB, silence is as low as it gets."""
    assert level_db(np.full(256, 32767, np.int16).tobytes()) == pytest.approx(0, abs=0.01)
    assert level_db(bytes(512)) == level_db(b"") == -100.0


def test_soft_letters_count_in_the_callers_own_turn() -> None:
    """What is too soft to take a turn is heard within one, and is still no voice to stop for."""
    line = Line()
    line.sound(4.0, -50)
    assert line.sound(0.2, -47.5, like_voice=True) == 0.0
    line.ear.turn(True)
    assert line.sound(0.2, -47.5, like_voice=True) == 1.0
    assert not line.ear.voiced


def test_the_rooms_talk_does_not_keep_the_callers_turn_open() -> None:
    """In the turn too, a voice is louder than the room usually is."""
    line = Line()
    line.speech(20.0, -40)
    line.ear.turn(True)
    assert line.sound(0.1, -43, like_voice=True) == 0.0
    assert line.sound(0.1, -35, like_voice=True) == 1.0


def test_what_is_far_below_the_caller_is_not_the_caller() -> None:
    """Once the caller is known, their softest letter is not thirty decibels below their voice."""
    line = Line()
    line.sound(4.0, -65)
    line.ear.turn(True)
    line.ear.learn_caller(line.speech(1.0, -18))
    assert line.sound(0.1, -30, like_voice=True) == 1.0
    assert line.sound(0.1, -40, like_voice=True) == 0.0


def test_a_first_syllable_and_words_lately_are_known() -> None:
    """The newest sound says that a voice may begin; a second of none that words are not of here."""
    line = Line()
    line.sound(4.0, -65)
    line.ear.turn(True)
    assert not line.ear.sounding
    line.sound(0.032, -30, like_voice=True)
    assert line.ear.sounding
    assert not line.ear.spoken_lately  # a click
    line.sound(0.2, -30, like_voice=True)
    line.sound(0.5, -65)
    assert not line.ear.sounding
    assert line.ear.spoken_lately
    line.sound(1.0, -65)
    assert not line.ear.spoken_lately


@pytest.mark.parametrize(
    ("db", "like_voice", "cannot"),
    [
        (-30, False, True),  # a buzz, a click: loud, and no voice
        (-80, False, True),  # nothing at all
        (-52, False, False),  # the noise of the line
        (-30, True, False),
        (-52, True, False),  # somebody far away
    ],
)
def test_it_cannot_tell_of_a_stretch_without_any_voice(
    db: float, like_voice: bool, cannot: bool
) -> None:
    """Loud sounds and none say nothing about words; noise and voices, near or far, do."""
    line = Line()
    line.sound(4.0, -55)
    line.sound(0.5, db, like_voice=like_voice)
    assert line.ear.cannot_tell((4.0 + 0.16, line.now_s - 0.16)) is cannot


def test_the_rooms_talk_does_not_keep_a_turn_open() -> None:
    """Softer sounds count while the caller speaks; when only the room is left, they do not."""
    line = Line()
    line.speech(20.0, -38)
    line.ear.turn(True)
    line.speech(2.0, -22)
    assert line.sound(0.16, -37, like_voice=True) == 1.0  # a soft letter of the caller's
    line.speech(3.0, -37)
    assert line.sound(0.16, -37, like_voice=True) == 0.0
    line.speech(0.7, -22)
    assert line.sound(0.16, -37, like_voice=True) == 1.0


@pytest.mark.parametrize(("noise_db", "heard"), [(-44, 0.0), (-65, 1.0)])
def test_a_murmur_that_was_not_known_before_does_not_keep_a_turn_open(
    noise_db: float, heard: float
) -> None:
    """A call's first turn may be in a room not known yet; on a quiet line it is a mumbling caller.

    Both are as soft.
    """
    line = Line()
    line.sound(3.0, noise_db)
    line.ear.turn(True)
    line.ear.learn_caller(line.speech(2.0, -20))
    for _ in range(14):
        line.sound(0.16, -33, like_voice=True)
        line.sound(0.064, noise_db)
    assert not line.ear.crowded
    assert line.sound(0.16, -33, like_voice=True) == heard


def test_until_the_caller_was_heard_a_soft_voice_is_anybodys() -> None:
    """It is voice, so that it can start a turn, but not near, so that it stops no greeting."""
    line = Line()
    line.sound(1.0, -70)
    said = line.speech(0.6, -46)
    assert line.sound(0.16, -46, like_voice=True) == 1.0
    assert not line.ear.near(said)
    assert line.ear.near(line.speech(0.6, -36))
