"""Where card and social-security numbers stand in what was said or written.

Numbers of 13 to 19 digits that pass the Luhn check are card numbers; the rest is known by how it is
announced ("the security code is", "my social is"). Phone numbers, VINs, plates, years, times,
prices and mileages are left alone.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from shop.said_digits import Group, Run, runs

Kind = Literal["card", "rest", "code", "expiry", "social", "account"]

MARKS: Mapping[Kind, str] = {
    "card": "[card number]",
    "rest": "[end of card number]",
    "code": "[security code]",
    "expiry": "[expiry date]",
    "social": "[social security number]",
    "account": "[account number]",
}
"""What stands in the text instead. None holds a digit. "rest" is the part of a card number whose
beginning was said before; digits right before it belong to it."""

_SHORTEST, _LONGEST = 13, 19
_SCHEMES = (
    (re.compile(r"4"), 16),
    (re.compile(r"5[1-5]|2[2-7]"), 16),
    (re.compile(r"3[47]"), 15),
    (re.compile(r"6011|64[4-9]|65|62|60|81"), 16),
    (re.compile(r"35"), 16),
    (re.compile(r"3[689]"), 14),
)
"""What cards on the road begin with, and how long they are: for numbers inside longer runs, where
the Luhn check alone would hit one stretch in ten by chance."""

_CARD_TALK = re.compile(
    r"\b(?:(?:credit|debit|gift) ?cards?|(?:the|my|a|your|this|our|on) cards?|card number|cvv|cvc|"
    r"visa|master ?card|amex|american express|expiration date|expiry date)\b",
    re.IGNORECASE,
)
_BETWEEN = (
    r"(?:[\s:,.\-]+(?:is|it's|its|that's|the|of|for|my|are|on|number|code|date|would|be|uh|um|er|"
    r"back|card|equals|ends|ending|in|so|okay|well|yes|yeah|in|thru|to)\b)*[\s:,.\-#=]*"
)
"""Words between the announcement of a number and the number."""

_CODE = r"(?:c\.? ?v\.? ?[vc]2?|csc|(?:security|verification) (?:code|number)|card code)"
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"

_ANNOUNCEMENTS: tuple[tuple[Kind, str, int, int], ...] = (
    ("code", _CODE, 3, 4),
    ("code", r"(?:digits?|number|code) on the (?:back|front)", 3, 4),
    ("social", r"(?:social(?: security)?(?: number)?|ssn|s\.? ?s\.? ?n)\b", 4, 9),
    ("card", r"card(?:'s)? (?:number|no)\b", 8, _LONGEST),
    ("card", r"(?:credit|debit) card", 8, _LONGEST),
    ("card", r"(?:visa|master ?card|amex|american express)", 8, _LONGEST),
    ("account", r"(?:routing|(?:bank )?account) number", 6, 17),
)
"""Kind, announcement, and the least and most digits that then belong to it."""

_ANNOUNCED = tuple(
    (kind, re.compile(rf"(?<!\[)\b{words}{_BETWEEN}", re.IGNORECASE), least, most)
    for kind, words, least, most in _ANNOUNCEMENTS
)

_TOLD_AFTER = re.compile(
    rf"[\s,.]*(?:(?:is|'s|as)\s+(?:the|my)?\s*{_CODE}|on the back\b)", re.IGNORECASE
)
_EXPIRES = re.compile(
    rf"\b(?:exp(?:iry|iration|ires?|iring)?(?: date)?|valid (?:thru|through|until)){_BETWEEN}",
    re.IGNORECASE,
)
_NO_CARD_EXPIRES = re.compile(r"\b(?:inspection|registration|tags?|insurance|warranty|coupon)\b")
_SOCIAL_GROUPS = re.compile(r"(?!000|666|9)\d{3}-(?!00)\d\d-(?!0000)\d{4}")
_DASH = re.compile(r"[-\u2010-\u2015]|\b(?:dash|hyphen|minus)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Secret:
    """A stretch of a text that must not be kept."""

    kind: Kind
    start: int
    end: int


def secrets(text: str) -> list[Secret]:
    """Return where the secrets of `text` stand, in order, none within another."""
    plain = runs(text)
    if not plain:
        return []
    found = [s for s in map(_card, plain) if s] or [
        s for s in map(_card, runs(text, guesses=True)) if s
    ]
    talk = bool(found) or _CARD_TALK.search(text) is not None
    if talk and not found:
        found += [
            Secret("card", run.start, run.end)
            for run in plain
            if _SHORTEST <= len(run.digits) <= _LONGEST and not run.after_plus
        ]
    found += _announced(text, plain)
    found += [s for run in plain if (s := _social(text, run) or before_rest(text, run))]
    if talk:
        found += _expiries(text, plain)
    return _apart(found)


def dangling(text: str) -> bool:
    """Say whether `text` breaks off in what may be a card number whose rest is still to come.

    Eight to twelve digits that begin like a card's and are no telephone number; fewer when the
    text speaks of a card.
    """
    found = runs(text)
    if not found or found[-1].after_plus or not found[-1].ends(text):
        return False
    digits = found[-1].digits
    least = 4 if _CARD_TALK.search(text) else 8
    if not least <= len(digits) < _SHORTEST or digits[0] not in "23456":
        return False
    return re.fullmatch(r"[2-9]\d\d[2-9]\d{6}", digits) is None


def is_card_number(digits: str) -> bool:
    """Say whether these are 13 to 19 digits that pass the Luhn check (ISO/IEC 7812-1)."""
    if not _SHORTEST <= len(digits) <= _LONGEST or not digits.isdecimal() or not digits.strip("0"):
        return False
    doubled = (int(d) * (2 if place % 2 else 1) for place, d in enumerate(reversed(digits)))
    return sum(d - 9 if d > 9 else d for d in doubled) % 10 == 0


def _card(run: Run) -> Secret | None:
    """Return the card number a run is or holds, with what follows it in the same breath."""
    digits = run.digits
    if len(digits) < _SHORTEST:
        return None
    if not run.after_plus and is_card_number(digits) and not _begins_as_phone(run.groups, digits):
        return Secret("card", run.start, run.end)
    return scheme_card(run)


def scheme_card(run: Run) -> Secret | None:
    """Return the card number of a known scheme that a run holds, with what follows it."""
    for start in range(1 if run.after_plus else 0, len(run.groups)):
        rest = ""
        for group in run.groups[start:]:
            rest += group.digits
            if _is_scheme(rest) and is_card_number(rest):
                # What comes after it is its date and code, or the number once more.
                return Secret("card", run.groups[start].start, run.end)
    return None


def before_rest(text: str, run: Run) -> Secret | None:
    """Return digits whose rest was replaced by the mark for that."""
    if text[run.end :].lstrip(" .,-").startswith(MARKS["rest"]):
        return Secret("card", run.start, run.end)
    return None


def _is_scheme(digits: str) -> bool:
    return any(len(digits) == length and begins.match(digits) for begins, length in _SCHEMES)


def _begins_as_phone(groups: tuple[Group, ...], digits: str) -> bool:
    """Say whether a telephone number, written in its groups, leads a run that is no known card."""
    sizes = [len(group.digits) for group in groups]
    grouped = sizes[:3] == [3, 3, 4] or sizes[:4] == [1, 3, 3, 4] or sizes[0] in (10, 11)
    return grouped and not (len(digits) in (15, 16) and _is_scheme(digits))


def _announced(text: str, found: list[Run]) -> Iterator[Secret]:
    for kind, announcement, least, most in _ANNOUNCED:
        for match in announcement.finditer(text):
            run = next((run for run in found if run.start == match.end()), None)
            taken = _first_digits(run, most) if run else ""
            if run and len(taken) >= least:
                yield Secret(kind, run.start, _end_of(run, len(taken)))
    for run in found:
        if 3 <= len(run.digits) <= 4 and _TOLD_AFTER.match(text, run.end):
            yield Secret("code", run.start, run.end)


def _first_digits(run: Run, most: int) -> str:
    """Return the digits of the first groups that together are no more than `most`."""
    taken = ""
    for group in run.groups:
        if len(taken) + len(group.digits) > most:
            break
        taken += group.digits
    return taken


def _end_of(run: Run, digits: int) -> int:
    seen = 0
    for group in run.groups:
        seen += len(group.digits)
        if seen >= digits:
            return group.end
    return run.end


def _social(text: str, run: Run) -> Secret | None:
    """Return the social-security number that is set out as one: 3, 2 and 4 digits."""
    if len(run.digits) != 9:
        return None
    grouped, dashed, last = "", "", run.start
    for group in run.groups:
        between = text[last : group.start]
        grouped += ("-" if grouped else "") + group.digits
        dashed += ("-" if _DASH.search(between) else "") + group.digits
        last = group.end
    if _SOCIAL_GROUPS.fullmatch(grouped) or _SOCIAL_GROUPS.fullmatch(dashed):
        return Secret("social", run.start, run.end)
    return None


def _expiries(text: str, found: list[Run]) -> Iterator[Secret]:
    for match in _EXPIRES.finditer(text):
        if _NO_CARD_EXPIRES.search(text.lower(), max(0, match.start() - 40), match.start()):
            continue
        month = re.compile(rf"{_MONTH}[\s,]*", re.IGNORECASE).match(text, match.end())
        begins = month.end() if month else match.end()
        run = next((run for run in found if run.start == begins), None)
        if run and (2 if month else 3) <= len(run.digits) <= 6:
            yield Secret("expiry", match.end(), run.end)


def _apart(found: list[Secret]) -> list[Secret]:
    """Return them in order; of two that overlap the one that begins first, made to cover both."""
    apart: list[Secret] = []
    for secret in sorted(found, key=lambda s: (s.start, -s.end)):
        if apart and secret.start < apart[-1].end:
            last = apart[-1]
            apart[-1] = Secret(last.kind, last.start, max(last.end, secret.end))
        else:
            apart.append(secret)
    return apart
