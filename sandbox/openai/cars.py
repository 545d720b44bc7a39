"""Cars as callers name them: which of the known ones is meant, or what a new one is."""

import difflib
import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from sandbox.openai.numbers import digits, plain
from sandbox.openai.phrases import KINDS, MAKE_SOUNDS, MAKES, MODEL_SOUNDS, NATO


@dataclass(frozen=True, slots=True)
class Car:
    """A vehicle on file."""

    id: int
    year: int | None
    make: str
    model: str

    @property
    def name(self) -> str:
        """Say it without the year: `Honda CR-V`."""
        return f"{self.make} {self.model}".strip()


_STOP = frozenset(
    [
        "and",
        "with",
        "the",
        "a",
        "an",
        "it",
        "it's",
        "is",
        "its",
        "plate",
        "license",
        "number",
        "for",
        "my",
        "i",
        "please",
        "thanks",
        "thank",
        "you",
        "on",
        "at",
        "to",
        "in",
        "that",
        "one",
        "car",
        "truck",
        "of",
        "oh",
        "yes",
        "or",
        "uh",
        "um",
    ]
)
_KNOWN_MODELS = tuple({model for _, models in KINDS for model in models if len(model) > 2})


@lru_cache(maxsize=4096)
def pick_car(text: str, cars: tuple[Car, ...], *, asked: bool) -> Car | None:
    """Say which known car a caller means; `asked` says that this was the question."""
    if not cars:
        return None
    words = plain(text)
    scores = [_score(words, digits(words), car, cars, asked=asked) for car in cars]
    best = max(scores)
    if best >= 0.7 and scores.count(best) == 1:
        return cars[scores.index(best)]
    return _by_order(words, cars) if asked else None


def _score(words: str, numbers: str, car: Car, cars: tuple[Car, ...], *, asked: bool) -> float:
    score = 0.0
    if car.year and re.search(rf"\b({car.year}|'?{car.year % 100:02d} )", f"{numbers} "):
        score += 1.0 if str(car.year) in numbers or asked else 0.0
    score += _likeness(words, numbers, _forms(car.model, MODEL_SOUNDS), asked=asked)
    if sum(other.make == car.make for other in cars) == 1:
        sounds = [sound for sound, make in MAKE_SOUNDS if make == car.make]
        score += _likeness(words, numbers, (car.make.lower(), *sounds), asked=asked)
    for kind, models in KINDS:
        if re.search(rf"\b{kind}\b", words) and car.model.lower() in models:
            score += 0.75
    return score


def _forms(model: str, sounds: tuple[tuple[str, tuple[str, ...]], ...]) -> tuple[str, ...]:
    name = model.lower()
    return (name, *next((variants for known, variants in sounds if known == name), ()))


def _likeness(words: str, numbers: str, forms: tuple[str, ...], *, asked: bool) -> float:
    best = 0.0
    for form in (form.replace("-", " ") for form in forms):
        if re.search(rf"\b{re.escape(form)}\b", words) or re.search(
            rf"\b{re.escape(form)}\b", numbers
        ):
            # A sound-alike that is an ordinary word counts only as an answer to the question.
            if form in ("under", "taco", "camera", "civil", "for runner") and not asked:
                continue
            return 1.0
        best = max(best, _closest(words, form, asked=asked))
    return best


def _closest(words: str, form: str, *, asked: bool) -> float:
    size = form.count(" ") + 1
    tokens = words.split()
    packed = form.replace(" ", "")
    if len(packed) < 4:
        return 0.0
    needed = 0.72 if asked else 0.78
    best = 0.0
    for width in {size, size + 1}:
        for i in range(len(tokens) - width + 1):
            gram = "".join(tokens[i : i + width])
            if abs(len(gram) - len(packed)) > 2:
                continue
            ratio = difflib.SequenceMatcher(None, gram, packed).ratio()
            if ratio >= needed:
                best = max(best, min(0.95, ratio))
    return best


def _by_order(words: str, cars: tuple[Car, ...]) -> Car | None:
    if re.search(r"\b(first|former|1st)\b", words):
        return cars[0]
    if re.search(r"\b(second|latter|2nd|other|last)\b", words) and len(cars) > 1:
        return cars[-1] if "last" in words or "latter" in words else cars[1]
    dated = [car for car in cars if car.year]
    if re.search(r"\b(newer|newest|new) ?(one|car)?\b", words) and dated:
        return max(dated, key=lambda car: car.year or 0)
    if re.search(r"\b(older|oldest|old) ?(one|car)?\b", words) and dated:
        return min(dated, key=lambda car: car.year or 0)
    return None


@dataclass(frozen=True, slots=True)
class NewCar:
    """What is known so far of a car that is not on file."""

    year: int | None = None
    make: str | None = None
    model: str | None = None
    vin: str | None = None

    @property
    def complete(self) -> bool:
        """Say whether it is enough to book with."""
        return bool(self.vin or (self.year and self.make and self.model))

    def filled(self, other: "NewCar") -> "NewCar":
        """Add what the caller said next; the newer word wins."""
        return NewCar(
            other.year or self.year,
            other.make or self.make,
            other.model or self.model,
            other.vin or self.vin,
        )

    def arguments(self) -> dict[str, object]:
        """Give it as the booking tool takes it."""
        if self.vin:
            return {"vin": self.vin}
        return {"year": self.year, "make": self.make, "model": self.model}


@lru_cache(maxsize=4096)
def read_new_car(text: str, today: date, *, have_make: bool = False) -> NewCar:
    """Read year, make, model or VIN from a caller's words; what is missing stays None."""
    vin = find_vin(text)
    words = plain(text)
    numbers = digits(words)
    year = next(
        (y for y in map(int, re.findall(r"\b(\d{4})\b", numbers)) if 1950 < y <= today.year + 2),
        None,
    )
    if year is None and (short := re.search(r"^(?:it's |its |an? |oh )*'?(\d\d) [a-z]", numbers)):
        value = int(short[1])
        year = 2000 + value if value <= today.year % 100 + 1 else 1900 + value
    make, rest = _make_and_rest(words)
    model = _model(rest) if make else _model_alone(words) if have_make else None
    return NewCar(year, make, model, vin)


def _make_and_rest(words: str) -> tuple[str | None, str]:
    names = [(make.lower().replace("-", " "), make) for make in MAKES]
    for form, make in sorted([*names, *MAKE_SOUNDS], key=lambda pair: -len(pair[0])):
        if form == "under":
            continue
        found = re.search(rf"\b{re.escape(form)}\b(.*)", words)
        if found:
            proper = dict(MAKE_SOUNDS).get(make.lower(), make)
            return proper, found[1]
    tokens = words.split()
    for i, token in enumerate(tokens):
        close = difflib.get_close_matches(token, [form for form, _ in names], 1, 0.8)
        if len(token) >= 4 and close:
            return dict(names)[close[0]], " ".join(tokens[i + 1 :])
    return None, ""


def _model(rest: str) -> str | None:
    for name, sounds in MODEL_SOUNDS:
        if any(re.match(rf" ?(the )?{re.escape(s)}\b", rest) for s in (name, *sounds)):
            return _styled(name)
    taken: list[str] = []
    for word in rest.split():
        if word in _STOP or len(taken) == 2 or re.fullmatch(r"\d{4}", word):
            if taken or word not in _STOP:
                break
            continue
        taken.append(word)
    if not taken:
        return None
    joined = " ".join(taken)
    for candidate in (joined, taken[0]):
        close = difflib.get_close_matches(candidate, _KNOWN_MODELS, 1, 0.8)
        if close:
            return _styled(close[0])
    return _styled(joined)


def _model_alone(words: str) -> str | None:
    kept = [w for w in words.split() if w not in _STOP and w not in ("model", "year")]
    return _model(" ".join(kept[:2])) if kept else None


def _styled(name: str) -> str:
    if re.search(r"\d|-|\b[a-z]{1,2}\b", name) and name not in ("model 3", "santa fe"):
        return name.upper() if len(name) <= 6 and not name.startswith("4r") else name.title()
    return name.title()


_LONGEST_SPELLED = 6
"""Letters that a recogniser joins when they are spelled; longer runs are words (a month's name)."""


def find_vin(text: str) -> str | None:
    """Find a VIN, also one spelled letter by letter or in NATO words."""
    tokens = [NATO.get(token, token) for token in digits(plain(text)).split()]
    for i in range(len(tokens)):
        packed = ""
        for token in tokens[i:]:
            if token.isalpha() and len(token) > _LONGEST_SPELLED:
                break
            packed += token
            if len(packed) == 17:
                vin = packed.upper()
                if re.fullmatch(r"[A-HJ-NPR-Z0-9]{17}", vin) and re.search(r"\d", vin):
                    return vin
            if len(packed) >= 17:
                break
    return None


def find_plate(text: str) -> str | None:
    """Find a license plate: letters and digits mixed, five to eight of them."""
    tokens = [NATO.get(token, token) for token in digits(plain(text)).split()]
    for i in range(len(tokens)):
        packed = ""
        for token in tokens[i : i + 8]:
            if len(token) > 3 and not (re.search(r"\d", token) and re.search("[a-z]", token)):
                break
            packed += token
        if re.fullmatch(r"(?=.*\d)(?=.*[a-z])[a-z0-9]{5,8}", packed):
            return packed.upper()
    return None
