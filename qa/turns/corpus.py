"""The corpus: callers' turns with their pauses, and interruptions of the agent, from one seed."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Generic, Literal, TypeVar

from qa.turns import texts
from qa.turns.sounds import NoiseName
from qa.turns.texts import BREATHES, THINKS, Part
from qa.voices import VoiceName
from shop.numerals import digits
from shop.spelling import NATO

AnswerKind = Literal["yes_no", "phone", "vin", "email", "name", "day_time", "choice", "open"]
Nuisance = Literal["backchannel", "hum", "cough", "door", "music", "radio"]
BargeIn = Literal["word", "phrase", "sentence"]

SHARES: dict[AnswerKind, int] = {
    "yes_no": 24, "phone": 18, "vin": 14, "email": 10, "name": 12, "day_time": 10, "choice": 8,
    "open": 24,
}  # fmt: skip
"""Turns of each kind in a whole corpus: 120."""

NUISANCES: dict[Nuisance, int] = {
    "backchannel": 16, "hum": 6, "cough": 10, "door": 6, "music": 6, "radio": 6,
}  # fmt: skip
BARGE_INS: dict[BargeIn, int] = {"word": 20, "phrase": 14, "sentence": 20}
"""Interruptions of each kind in a whole corpus: 50 that are none, and 54 that are meant."""

TURNS_A_CALL = 8
Item = TypeVar("Item")

_VIN_LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"


@dataclass(frozen=True, slots=True)
class Room:
    """What is heard behind a caller all the time; `noise` None is a quiet line."""

    noise: NoiseName | None
    snr_db: int | None

    @property
    def name(self) -> str:
        """What the reports call it."""
        return "quiet" if self.noise is None else f"{self.noise} {self.snr_db} dB"


_NOISES: tuple[NoiseName, ...] = ("white", "pink", "babble", "shop")
ROOMS = (
    Room(None, None),
    *(Room(noise, snr_db) for snr_db in (20, 10, 5) for noise in _NOISES),
)


@dataclass(frozen=True, slots=True)
class Utterance:
    """One caller's turn: the question before it, and words with pauses (in seconds) between."""

    kind: AnswerKind
    question: str
    parts: tuple[str | float, ...]
    voice: VoiceName
    seed: int

    @property
    def text(self) -> str:
        """The words alone."""
        return " ".join(part for part in self.parts if isinstance(part, str))

    @property
    def pauses_s(self) -> tuple[float, ...]:
        """The pauses alone."""
        return tuple(part for part in self.parts if isinstance(part, float))


@dataclass(frozen=True, slots=True)
class Interruption:
    """A sound or words of the caller, `at_s` after the agent began to speak `talk`."""

    kind: Nuisance | BargeIn
    text: str
    talk: str
    at_s: float
    voice: VoiceName
    seed: int

    @property
    def meant(self) -> bool:
        """Whether the agent is to stop for it."""
        return self.kind in BARGE_INS


@dataclass(frozen=True, slots=True)
class CallPlan(Generic[Item]):
    """One call: from which number, in which room, and what happens one after the other."""

    number: str
    room: Room
    items: tuple[Item, ...]


def utterances(seed: int, share: float = 1.0) -> list[Utterance]:
    """Return `share` of the corpus of answers, at least one of each kind, in a seeded order."""
    rng = random.Random(seed)
    made = [
        _utterance(kind, number, rng)
        for kind, whole in SHARES.items()
        for number in range(max(1, round(whole * share)))
    ]
    rng.shuffle(made)
    return made


def interruptions(seed: int, share: float = 1.0) -> list[Interruption]:
    """Return `share` of the interruptions, at least one of each kind, in a seeded order."""
    rng = random.Random(seed)
    wholes: list[tuple[Nuisance | BargeIn, int]] = [*NUISANCES.items(), *BARGE_INS.items()]
    made = [
        _interruption(kind, number, rng)
        for kind, whole in wholes
        for number in range(max(1, round(whole * share)))
    ]
    rng.shuffle(made)
    return made


def answer_calls(seed: int, share: float = 1.0) -> list[CallPlan[Utterance]]:
    """Lay the answers out over calls; each begins with an open one, which the greeting asks for."""
    made = utterances(seed, share)
    openers = [one for one in made if one.kind == "open"]
    others = [one for one in made if one.kind != "open"]
    count = min(len(openers), -(-len(made) // TURNS_A_CALL))
    first = [replace(one, question=texts.GREETING) for one in openers[:count]]
    others += openers[count:]
    return [
        CallPlan(_number(seed, index), ROOMS[index % len(ROOMS)], (one, *others[index::count]))
        for index, one in enumerate(first)
    ]


def interruption_calls(seed: int, share: float = 1.0) -> list[CallPlan[Interruption]]:
    """Lay the interruptions out over calls."""
    made = interruptions(seed, share)
    count = -(-len(made) // TURNS_A_CALL)
    return [
        CallPlan(
            _number(seed + 500, index), ROOMS[index % len(ROOMS)], _talks(made[index::count], index)
        )
        for index in range(count)
    ]


def _talks(made: Sequence[Interruption], offset: int) -> tuple[Interruption, ...]:
    """Give each interruption of a call another talk, so that the log can be told apart."""
    talks = texts.TALK[offset % len(texts.TALK) :] + texts.TALK
    return tuple(replace(one, talk=talk) for one, talk in zip(made, talks, strict=False))


def _number(seed: int, index: int) -> str:
    """Return a number that nobody has (555-01xx is fiction), another for each call."""
    return f"+1{503 + seed % 400:03}555{100 + index:04}"


def _utterance(kind: AnswerKind, number: int, rng: random.Random) -> Utterance:
    parts = _PARTS[kind](number, rng)
    return Utterance(
        kind=kind,
        question=texts.QUESTIONS[kind][number % len(texts.QUESTIONS[kind])],
        parts=tuple(_pause(part, rng) for part in parts),
        voice="woman" if number % 2 else "man",
        seed=rng.randrange(1000),
    )


def _pause(part: Part, rng: random.Random) -> Part:
    if part == BREATHES:
        return round(rng.uniform(0.3, 0.8), 2)
    return round(rng.uniform(0.3, 2.0), 2) if part == THINKS else part


def _told(table: Sequence[tuple[Part, ...]]) -> Callable[[int, random.Random], tuple[Part, ...]]:
    return lambda number, _rng: table[number % len(table)]


def _phone(number: int, rng: random.Random) -> tuple[Part, ...]:
    groups = [
        str(rng.randrange(200, 999)),
        str(rng.randrange(200, 999)),
        f"{rng.randrange(9999):04}",
    ]
    spoken = [digits(group, "oh") for group in groups]
    if number % 3 == 0:
        return (f"{', '.join(spoken)}.",)
    lead = ("It's", "My number is", "Sure,")[number % 3 - 1 + number % 2]
    if number % 3 == 1:
        return (f"{lead} {spoken[0]},", THINKS, f"{spoken[1]},", THINKS, f"{spoken[2]}.")
    return (f"{lead} {spoken[0]}, {spoken[1]},", THINKS, f"{spoken[2]}.")


def _vin(number: int, rng: random.Random) -> tuple[Part, ...]:
    vin = f"{rng.choice('12345')}{''.join(rng.choices(_VIN_LETTERS, k=3))}"
    vin += f"{rng.randrange(10**5):05}{''.join(rng.choices(_VIN_LETTERS, k=2))}"
    vin += f"{rng.randrange(10**6):06}"
    words = [(NATO.get(c, "") if number % 3 else c) or digits(c) for c in vin]
    words = [digits(c) if c.isdigit() else word for c, word in zip(vin, words, strict=True)]
    cuts = [0, *sorted(rng.sample(range(3, 15), number % 4)), len(words)]
    parts: list[Part] = []
    for start, end in pairwise(cuts):
        parts += [", ".join(words[start:end]) + ("." if end == len(words) else ","), THINKS]
    return tuple(parts[:-1])


def _email(number: int, rng: random.Random) -> tuple[Part, ...]:
    first, last = rng.choice(texts.FIRST_NAMES), rng.choice(texts.LAST_NAMES)
    host = rng.choice(texts.MAIL_HOSTS)
    if number % 2 == 0:
        return (f"It's {first} dot {last} at {host}.",)
    return (f"{first} dot {last},", THINKS, f"at {host}.")


def _name(number: int, rng: random.Random) -> tuple[Part, ...]:
    first, last = rng.choice(texts.FIRST_NAMES), rng.choice(texts.LAST_NAMES)
    letters = list(last.upper())
    middle = len(letters) // 2
    if number % 3 == 0:
        return (f"{first} {last}.",)
    if number % 3 == 1:
        return (f"{last}.", BREATHES, f"{', '.join(letters)}.")
    return (f"{', '.join(letters[:middle])},", THINKS, f"{', '.join(letters[middle:])}.")


_PARTS: Mapping[AnswerKind, Callable[[int, random.Random], tuple[Part, ...]]] = {
    "yes_no": _told(texts.YES_NO),
    "phone": _phone,
    "vin": _vin,
    "email": _email,
    "name": _name,
    "day_time": _told(texts.DAY_TIME),
    "choice": _told(texts.CHOICE),
    "open": _told(texts.OPEN),
}
_WORDS: Mapping[str, Sequence[str]] = {
    "backchannel": texts.BACKCHANNELS,
    "word": texts.ONE_WORD,
    "phrase": texts.PHRASES,
    "sentence": texts.SENTENCES,
}


def _interruption(kind: Nuisance | BargeIn, number: int, rng: random.Random) -> Interruption:
    words = _WORDS.get(kind, ("",))
    return Interruption(
        kind=kind,
        text=words[number % len(words)],
        talk="",
        at_s=round(rng.uniform(0.8, 4.0), 2),
        voice="woman" if number % 2 else "man",
        seed=rng.randrange(1000),
    )
