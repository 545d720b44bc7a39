"""How loud one telephone line is: its noise, its caller, and what of it stands out as a voice.

The margins that weigh a missed caller against a false stop are handed in (`pipeline/turns.py`). The
constants here describe sound: how speech, rooms and recognisers are, whatever a call's manners.
"""

from collections import deque
from dataclasses import dataclass
from heapq import nlargest
from itertools import pairwise
from typing import NamedTuple

from processors.ear import LEEWAY_S, Stretch
from processors.line_sound import SILENT_DB, NoiseFloor, Openness, level_db
from processors.syllables import Syllables

QUIETEST_DB = -50.0
"""Nobody understands telephone speech below this (dBFS); handsets deliver it at -35 to -15."""

LATEST_S = 3.0
"""Without its times, an utterance is judged by what was heard in so long before its words came."""

KEPT_S = 10.0
"""How far back a stretch of the line can be judged; words come a second or two after it."""

LEAST_VOICE_S = 0.1
"""Words without even so much voice are what recognisers make up for noise. The shortest real words
in noise at 5 dB leave 0.13 s, made-up ones nothing.
"""

ROOM_STRETCH_S, ROOM_LEAST, ROOM_MOST = 0.5, 6, 40
"""The room is as loud as its voices are in the median of the latest stretches of this length that
lie between the caller's turns: 40 at most, so that it is the room of now, 6 at least, so that it is
one. They are so short that a listener's frequent "mm-hm" does not touch half of them.
"""

ROOM_DELAY_S = 1.5
"""A stretch is taken for the room's own when it has not become a caller's turn for so long."""

NEAR_OVER_NOISE_DB = 7.0
"""Words of a voice near the telephone are that much louder than the noise even at 5 dB; other
people's talk is so little louder than its own murmur.
"""

BREATH_S = 0.2
"""Gaps up to this are within one stretch of near voice: consonants, the soft ends of words."""

VOWEL_S = 0.13
"""Its loudness is that of its loudest sound of this length, about a vowel."""

SCARCE_VOICE_S, SCARCE_OVER_S = 0.35, 2.5
"""A caller of whom so little was heard for so long, in a room where others talk, has finished: what
is softer is the room, and must not keep the turn open.
"""

MURMUR_S, MURMUR_DB = 0.5, 34.0
"""Others talk also when their room is not known yet, but so much of that time was a softer voice
over a noise that is not so far below the caller's. Who mumbles on a quiet line is left alone.
"""

STRANGER_DB = -42.0
"""Until the caller was heard, a softer voice may be anybody's in the room. It can start a turn when
the agent waits, but not stop the greeting.
"""

OPEN_WINDOWS = 2
"""A word has so many windows of an open mouth; a hum has none."""

SOUNDING_S = 0.1
"""A voice that begins has dips of about a window; what is longer is none."""

LATELY_S = 1.3
"""A recogniser tells of words within 0.8 s of their beginning, and once a second from then on."""

FORGET_S = 2.0
"""A disregarded noise that has been gone for so long has ended."""

GONE_DB = 10.0
"""How far below a disregarded noise the line must be for it to be gone."""

LOUDER, QUIETER = 1.0, 0.2
"""Weight of the newest utterance in what is taken for the caller's loudness: somebody louder is the
caller, somebody quieter may be a radio, or a caller who has put the phone down.
"""


@dataclass(frozen=True, slots=True)
class Margins:
    """How much louder than what, in dB; `pipeline/turns.py` has the numbers and their reasons."""

    above_noise: float
    """A voice is that much louder than the line's noise."""
    above_noise_in_turn: float
    """The same in the caller's own turn, where a soft letter missed is a caller cut off."""
    above_room_in_turn: float
    """There, a voice is that much louder than the room usually is: talk must not keep it open."""
    above_disregarded: float
    """A voice is that much louder than a sound that turned out to be noise."""
    above_room: float
    """A voice is that much louder than the loudest that the room usually is."""
    below_caller: float
    """A voice that much quieter than the caller's is somebody else's: a radio, the room."""
    below_caller_in_turn: float
    """In the caller's own turn a single sound of theirs may be that much quieter."""


class _Window(NamedTuple):
    level_db: float
    like_voice: bool
    voiced: bool
    open: bool


class LineEar:
    """Judges the windows of one line, in order; levels are dBFS of a window's mean square.

    It stands where Pipecat's detector has a fixed least volume, which is too high for a quiet line
    (there it costs 100 ms and misses one-word utterances) and too low for a noisy one.
    """

    def __init__(self, margins: Margins, window_s: float) -> None:
        self._margins = margins
        self._window_s = window_s
        self._noise = NoiseFloor(window_s)
        self._openness = Openness(window_s)
        self._syllables = Syllables()
        self._breath_windows = 0
        self._windows = 0
        self._soft: deque[bool] = deque(maxlen=round(LATELY_S / window_s))
        self._near_lately: deque[bool] = deque(maxlen=round(SCARCE_OVER_S / window_s))
        self._kept: deque[_Window] = deque(maxlen=round(KEPT_S / window_s))
        self._room: deque[float] = deque(maxlen=ROOM_MOST)
        self._callers_turn = False
        self._noted_at = 0
        self._disregarded_db: float | None = None
        self._gone_windows = 0
        self._caller_db: float | None = None

    @property
    def voiced(self) -> bool:
        """Whether the newest window is a voice that stands out from the line's noise."""
        return bool(self._kept) and self._kept[-1].voiced

    @property
    def near_now(self) -> bool:
        """Whether it is also as loud as a voice near the telephone."""
        return self.voiced and self._kept[-1].level_db >= self._near_db()

    @property
    def crowded(self) -> bool:
        """Whether other people are heard in the room all along."""
        return self._room_db() > SILENT_DB

    @property
    def syllables(self) -> int:
        """How many syllables the near voice that is heard, or was heard last, has had so far."""
        return self._syllables.count

    @property
    def callers_turn(self) -> bool:
        """Whether the caller's turn is open, in which softer sounds count."""
        return self._callers_turn

    @property
    def sounding(self) -> bool:
        """Whether a sound was just heard that may be the beginning of a voice."""
        return any(list(self._soft)[-round(SOUNDING_S / self._window_s) :])

    @property
    def spoken_lately(self) -> bool:
        """Whether words that have just come can be of a voice that counts, and not of the room."""
        return sum(self._soft) * self._window_s >= LEAST_VOICE_S - self._window_s / 2

    def hear(self, window: bytes, *, like_voice: bool) -> bool:
        """Take the next window (16-bit samples); true when it is loud enough to be taken for voice.

        `like_voice` says whether it sounds like one, however quiet. In the caller's own turn less
        will do; `voiced` and `near` stay strict.
        """
        level = level_db(window)
        self._noise.note(level)
        self._note_gone(level)
        loud = level >= self._least_db(self._margins.above_noise)
        heard = level >= self._least_in_turn_db() if self._callers_turn else loud
        self._soft.append(heard and like_voice)
        opened = self._openness.hear(window, level)
        self._kept.append(_Window(level, like_voice, loud and like_voice, opened))
        self._near_lately.append(self.near_now)
        self._windows += 1
        self._note_room()
        self._note_syllables(window)
        return heard

    def near(self, stretch: Stretch | None = None) -> tuple[Stretch, ...]:
        """Return when, in a stretch or lately, a voice near the telephone spoke.

        Near is what is louder than the noise and than the room has been all along, and not much
        quieter than the caller has been; a hum, or a window or two of voice, is nothing said.
        """
        near_db = self._near_db()
        heard = self._heard(stretch)
        loud = [at for at, one in heard if one.voiced and one.level_db >= near_db]
        breath = BREATH_S / self._window_s
        cuts = [0, *(n for n, (a, b) in enumerate(pairwise(loud), 1) if b - a > breath), len(loud)]
        opened = {at for at, one in heard if one.open}
        said = [
            (run[0] * self._window_s, (run[-1] + 1) * self._window_s)
            for run in (loud[a:b] for a, b in pairwise(cuts))
            if len(run) * self._window_s >= LEAST_VOICE_S - self._window_s / 2
            and len(opened.intersection(run)) >= OPEN_WINDOWS
        ]
        if stretch is None:
            return tuple(said)
        # What lies in the leeway alone is a neighbour's.
        return tuple(one for one in said if one[0] < stretch[1] and one[1] > stretch[0])

    def cannot_tell(self, stretch: Stretch | None = None) -> bool:
        """Say whether nothing in a stretch, or lately, tells whose words those of then are.

        There is no voice in it, however soft, and either a loud sound all the same or no sound at
        all, neither of which a distant voice or the noise of the line makes.
        """
        heard = [one for _, one in self._heard(stretch)]
        if sum(one.like_voice for one in heard) * self._window_s >= LEAST_VOICE_S:
            return False
        loudest = max((one.level_db for one in heard), default=SILENT_DB)
        return loudest < SILENT_DB or loudest >= self._near_db()

    def learn_caller(self, stretch: Stretch | None = None) -> None:
        """Take what was heard in a stretch, or lately, for the caller's voice."""
        voice_db, known = self._voice_db(self._heard(stretch)), self._caller_db
        if voice_db is None or known is None:
            self._caller_db = voice_db if known is None else known
        else:
            self._caller_db = known + (LOUDER if voice_db > known else QUIETER) * (voice_db - known)

    def disregard(self) -> None:
        """Take what was heard last for noise until it ends; what is louder still counts."""
        self._disregarded_db = self._voice_db(self._heard(None))
        self._gone_windows = 0

    def turn(self, of_caller: bool) -> None:
        """Note that the caller's turn has begun or is over: the room is heard between turns."""
        self._callers_turn = of_caller
        self._noted_at = self._windows

    def _least_db(self, above_noise: float) -> float:
        least = max(QUIETEST_DB, self._noise.level_db + above_noise)
        if self._disregarded_db is None:
            return least
        return max(least, self._disregarded_db + self._margins.above_disregarded)

    def _near_db(self) -> float:
        near_db = max(
            self._noise.level_db + NEAR_OVER_NOISE_DB, self._room_db() + self._margins.above_room
        )
        if self._caller_db is None:
            return max(near_db, STRANGER_DB)
        return max(near_db, self._caller_db - self._margins.below_caller)

    def _least_in_turn_db(self) -> float:
        margins = self._margins
        scarce = sum(self._near_lately) * self._window_s < SCARCE_VOICE_S
        if scarce and (self.crowded or self._murmurs()):
            return self._near_db()
        least = max(
            self._least_db(margins.above_noise_in_turn),
            self._room_db() + margins.above_room_in_turn,
        )
        if self._caller_db is None:
            return least
        return max(least, self._caller_db - margins.below_caller_in_turn)

    def _murmurs(self) -> bool:
        """Say whether softer voices than the caller's have been talking on and on."""
        if self._caller_db is None or self._noise.level_db < self._caller_db - MURMUR_DB:
            return False
        lately = list(self._kept)[-round(SCARCE_OVER_S / self._window_s) :]
        return sum(one.voiced for one in lately) * self._window_s >= MURMUR_S

    def _heard(self, stretch: Stretch | None) -> list[tuple[int, _Window]]:
        """Return the windows of a stretch, or the latest, each with its number in the call."""
        oldest = self._windows - len(self._kept)
        kept = list(enumerate(self._kept, oldest))
        if stretch is None:
            return kept[-round(LATEST_S / self._window_s) :]
        first, last = (
            round((at_s + leeway_s) / self._window_s) - oldest
            for at_s, leeway_s in zip(stretch, (-LEEWAY_S, LEEWAY_S), strict=True)
        )
        return kept[max(0, first) : max(0, last)]

    def _voice_db(self, heard: list[tuple[int, _Window]]) -> float | None:
        """Return how loud the voice in it is, None when there is none."""
        levels = (one.level_db for _, one in heard if one.voiced)
        voice = nlargest(round(VOWEL_S / self._window_s), levels)
        return voice[-1] if voice else None

    def _note_syllables(self, window: bytes) -> None:
        """Count from the beginning of a near voice, through its breaths."""
        self._breath_windows = 0 if self.near_now else self._breath_windows + 1
        if self._breath_windows * self._window_s > BREATH_S:
            self._syllables.begin()
        else:
            self._syllables.hear(window, self._near_db())

    def _room_db(self) -> float:
        """Return how loud the voices in the room are; SILENT_DB when none are known."""
        return (
            sorted(self._room)[len(self._room) // 2] if len(self._room) >= ROOM_LEAST else SILENT_DB
        )

    def _note_room(self) -> None:
        age = self._windows - self._noted_at
        windows = round(ROOM_STRETCH_S / self._window_s)
        if self._callers_turn or age < windows + round(ROOM_DELAY_S / self._window_s):
            return
        stretch = list(enumerate(self._kept))[-age:][:windows]
        voice_db = self._voice_db(stretch)
        self._room.append(SILENT_DB if voice_db is None else voice_db)
        self._noted_at += windows

    def _note_gone(self, level: float) -> None:
        if self._disregarded_db is None:
            return
        gone = level < self._disregarded_db - GONE_DB
        self._gone_windows = self._gone_windows + 1 if gone else 0
        if self._gone_windows * self._window_s >= FORGET_S:
            self._disregarded_db = None
