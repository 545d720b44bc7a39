"""License plates of the United States: the number, and the state when it is said along with it."""

from dataclasses import dataclass

from shop.spelling import LONGEST_SPELLING, spelled, words_of

_SHORTEST, _LONGEST = 2, 8
_LEAST_BESIDE_A_CODE = 5
"""Characters a plate needs for two letters beside it to be a state: "AB 12 ME" is all plate."""

_STATES = """
AL Alabama|AK Alaska|AZ Arizona|AR Arkansas|CA California|CO Colorado|CT Connecticut|DE Delaware
DC District of Columbia|FL Florida|GA Georgia|HI Hawaii|ID Idaho|IL Illinois|IN Indiana|IA Iowa
KS Kansas|KY Kentucky|LA Louisiana|ME Maine|MD Maryland|MA Massachusetts|MI Michigan|MN Minnesota
MS Mississippi|MO Missouri|MT Montana|NE Nebraska|NV Nevada|NH New Hampshire|NJ New Jersey
NM New Mexico|NY New York|NC North Carolina|ND North Dakota|OH Ohio|OK Oklahoma|OR Oregon
PA Pennsylvania|RI Rhode Island|SC South Carolina|SD South Dakota|TN Tennessee|TX Texas|UT Utah
VT Vermont|VA Virginia|WA Washington|WV West Virginia|WI Wisconsin|WY Wyoming
AS American Samoa|GU Guam|MP Northern Mariana Islands|PR Puerto Rico|VI Virgin Islands
"""
STATES = {line[:2]: line[3:] for line in _STATES.strip().replace("\n", "|").split("|")}
"""Name of each state, district and territory by its two-letter code."""

_CODES = {
    **{tuple(name.lower().split()): code for code, name in STATES.items()},
    ("district", "columbia"): "DC",  # with its "of" dropped as an aside
    ("washington", "dc"): "DC",
    ("washington", "d", "c"): "DC",
}
_ALSO_WORDS = frozenset("in or me oh hi ok id la ma pa de".split())  # noqa: SIM905
_ASIDES = frozenset("from of state plate plates license licence tag the".split())  # noqa: SIM905
_LONGEST_STATE_NAME_WORDS = 3


class BadPlate(ValueError):
    """Not a license plate, or not a state; `reason` says why in plain words."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Plate:
    """A license plate: capitals and digits without spaces, and a state's code when known."""

    number: str
    state: str | None = None


def check_plate(text: str) -> str:
    """Return the plate's capitals and digits, from writing or spelling; raises BadPlate."""
    if len(text) > LONGEST_SPELLING:
        raise BadPlate("that is too long for a license plate")
    written = "".join(words_of(text))
    literal = any(c.isdigit() for c in written) or written.isupper()
    fits = _SHORTEST <= len(written) <= _LONGEST
    number = written.upper() if literal and fits else spelled(text)
    if not number:
        raise BadPlate("no letters or digits were given")
    if len(number) < _SHORTEST:
        raise BadPlate("a license plate has at least two letters or digits")
    if len(number) > _LONGEST:
        raise BadPlate(f"a license plate has at most eight characters and this has {len(number)}")
    return number


def check_state(text: str) -> str:
    """Return the two-letter code for a state's code or name; raises BadPlate."""
    words = tuple(word.lower() for word in words_of(text[:LONGEST_SPELLING]))
    code = _CODES.get(words) or _CODES.get(tuple(w for w in words if w not in _ASIDES))
    letters = "".join(words).upper()
    if code is None and len(letters) == 2 and letters in STATES:
        code = letters
    if code is None or len(text) > LONGEST_SPELLING:
        raise BadPlate("there is no such state")
    return code


def parse_plate(text: str) -> Plate:
    """Read a plate that may have its state before or after it; raises BadPlate.

    A state's name counts wherever it leaves a plate; two letters count as a code only beside five
    or more characters, since a plate may well end in them.
    """
    if len(text) > LONGEST_SPELLING:
        raise BadPlate("that is too long for a license plate")
    words = words_of(text)
    for count in range(min(_LONGEST_STATE_NAME_WORDS, len(words) - 1), 0, -1):
        for said, rest in ((words[-count:], words[:-count]), (words[:count], words[count:])):
            state = _CODES.get(tuple(word.lower() for word in said)) or _code(said, rest)
            if state is not None:
                kept = [word for word in rest if word.lower() not in _ASIDES]
                return Plate(check_plate(" ".join(kept)), state)
    return Plate(check_plate(text))


def _code(said: list[str], rest: list[str]) -> str | None:
    word = said[0]
    if len(said) > 1 or word.upper() not in STATES or word in _ALSO_WORDS:
        return None
    return word.upper() if len("".join(rest)) >= _LEAST_BESIDE_A_CODE else None
