"""Vehicle identification numbers: the check digit, and what the telephone makes of letters."""

from collections.abc import Iterator
from itertools import combinations

from shop.spelling import LONGEST_SPELLING, spelled

LENGTH = 17

_VALUES = {
    **{str(digit): digit for digit in range(10)},
    **dict(zip("ABCDEFGH", range(1, 9), strict=True)),
    **dict(zip("JKLMN", range(1, 6), strict=True)),
    "P": 7,
    "R": 9,
    **dict(zip("STUVWXYZ", range(2, 10), strict=True)),
}
_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
_CHECK_POSITION = 8
_YEAR_POSITION = 9
_NO_YEAR = frozenset("UZ0")
_NORTH_AMERICA = frozenset("123457")
"""First characters of the United States (1, 4, 5, 7), Canada (2) and Mexico (3), ISO 3780."""

_NEVER_USED = {"I": "1", "O": "0", "Q": "0"}
_SOUND_ALIKE = (
    *("MN", "BDV", "FS", "PT", "59", "AJK", "BDEPTVZ", "8AHJK", "SX", "FX"),
    *("3BDEPTV", "CGZ", "CEGBDPTVZ", "3CGZ", "5S", "2Z", "1LY"),
)
"""Sets of characters taken for one another on a telephone line, the likeliest confusion first."""

_MOST_CANDIDATES = 8

_COMMON_MAKERS = frozenset(
    """
    1C3 1C4 1C6 1D7 1FA 1FB 1FD 1FM 1FT 1G1 1G2 1G4 1G6 1GC 1GK 1GN 1GT 1GY 1HG 1J4 1J8 1LN 1ME 1N4
    1N6 1NX 1VW 1ZV 2C3 2C4 2FA 2FM 2G1 2GC 2GK 2GN 2HG 2HK 2T1 2T2 2T3 3C4 3C6 3D7 3FA 3FM 3G1 3GC
    3GK 3GN 3GT 3HG 3MZ 3N1 3TM 3VV 3VW 4F2 4JG 4M2 4S3 4S4 4T1 4T3 4T4 5FN 5FP 5FR 5GA 5J6 5J8 5LM
    5N1 5NM 5NP 5TD 5TE 5TF 5UX 5XX 5XY 5YF 5YJ 7FA 7SA JA3 JF1 JF2 JHL JHM JM1 JM3 JN1 JN8 JT2 JTD
    JTE JTH JTJ JTM JTN KL1 KM8 KMH KNA KND KNM SAL WA1 WAU WBA WBS WBX WDB WDC WDD WP0 WP1 WVG WVW
    YV1 YV4 ZAR ZFF
    """.split()  # noqa: SIM905 - a table, not code
)
"""World manufacturer identifiers often met on American roads; a guess with another ranks lower."""


class BadVin(ValueError):
    """Not a vehicle identification number; `reason` says why in plain words."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def normalise_vin(text: str) -> str:
    """Return the capitals and digits of a VIN, written or spelled aloud, unchecked.

    Spoken digits, NATO words and "B as in boy" are understood. Raises BadVin when nothing is left
    or `text` is too long to be a VIN.
    """
    if len(text) > LONGEST_SPELLING:
        raise BadVin("that is too long for a VIN")
    written = "".join(c for c in text.upper() if c.isascii() and c.isalnum())
    if len(written) == LENGTH and any(c.isdigit() for c in written):
        return written
    vin = spelled(text)
    if not vin:
        raise BadVin("no letters or digits were given")
    return vin


def check_vin(text: str) -> str:
    """Return the VIN, normalised, when it can be one; raises BadVin.

    The check digit (ISO 3779, 49 CFR 565) is required of vehicles built in North America; builders
    elsewhere need not use it (see `check_digit_holds`).
    """
    vin = normalise_vin(text)
    if len(vin) != LENGTH:
        raise BadVin(f"a VIN has seventeen characters and this has {len(vin)}")
    unused = sorted(set(vin) & set(_NEVER_USED))
    if unused:
        raise BadVin(f"a VIN never contains the letter {unused[0]}")
    if vin[0] in _NORTH_AMERICA and not check_digit_holds(vin):
        raise BadVin("its check digit does not match, so one character is probably wrong")
    return vin


def check_digit_holds(vin: str) -> bool:
    """Say whether the ninth character agrees with the other sixteen of a normalised VIN."""
    if len(vin) != LENGTH or not all(character in _VALUES for character in vin):
        return False
    total = sum(_VALUES[c] * weight for c, weight in zip(vin, _WEIGHTS, strict=True))
    return vin[_CHECK_POSITION] == "0123456789X"[total % 11]


def repair_vin(text: str) -> tuple[str, ...]:
    """Return the VINs that may have been meant, best first, at most eight; all hold their digit.

    I, O and Q are read as 1, 0 and 0 throughout. Beyond that nothing is changed if the check digit
    holds already; else one character is exchanged for one that sounds alike; else two. Empty when
    nothing fits or the length is wrong. Every candidate is to be read back to the caller.
    """
    try:
        heard = normalise_vin(text)
    except BadVin:
        return ()
    if len(heard) != LENGTH:
        return ()
    vin = "".join(_NEVER_USED.get(c, c) for c in heard)
    if check_digit_holds(vin):
        return (vin,)
    for changes in (1, 2):
        found = sorted(_exchanged(vin, changes))
        if found:
            return tuple(dict.fromkeys(candidate for _, candidate in found))[:_MOST_CANDIDATES]
    return ()


def _exchanged(vin: str, changes: int) -> Iterator[tuple[int, str]]:
    """Yield (cost, candidate) for exchanges at `changes` positions that make the digit hold."""
    options = [list(_alike(character)) for character in vin]
    for places in combinations(range(LENGTH), changes):
        for cost, letters in _choices([options[place] for place in places]):
            candidate = list(vin)
            for place, letter in zip(places, letters, strict=True):
                candidate[place] = letter
            made = "".join(candidate)
            if check_digit_holds(made):
                yield cost + _implausibility(made), made


def _choices(options: list[list[tuple[int, str]]]) -> Iterator[tuple[int, str]]:
    if not options:
        yield 0, ""
        return
    for cost, letter in options[0]:
        for further, rest in _choices(options[1:]):
            yield cost + further, letter + rest


def _alike(character: str) -> Iterator[tuple[int, str]]:
    """Yield (cost, other) for each character that sounds like this one."""
    seen = {character}
    for cost, alike in enumerate(_SOUND_ALIKE):
        if character in alike:
            for other in alike:
                if other not in seen:
                    seen.add(other)
                    yield cost, other


def _implausibility(vin: str) -> int:
    """Weigh what hardly any VIN has: letters in the last four, an odd year, an unknown maker."""
    letters = sum(not character.isdigit() for character in vin[-4:])
    odd_year = vin[_YEAR_POSITION] in _NO_YEAR
    return 20 * letters + 20 * odd_year + 10 * (vin[:3] not in _COMMON_MAKERS)
