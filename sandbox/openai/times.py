"""Times of day as callers name them: `two`, `half past two`, `2:30 pm`, `in the morning`."""

import re
from dataclasses import dataclass
from datetime import time

_MINUTE = r"(00|05|10|15|20|25|30|35|40|45|50|55)"
_NOON = 12 * 60


@dataclass(frozen=True, slots=True)
class TimeWish:
    """A wished time in minutes since midnight, or a stretch of the day.

    `either` says that am or pm was not said: the shop's free slots decide.
    """

    minute: int | None = None
    either: bool = False
    earliest: int = 0
    latest: int = 24 * 60

    def fits(self, at: time) -> bool:
        """Say whether a slot starting then is one that was asked for."""
        start = at.hour * 60 + at.minute
        if self.minute is None:
            return self.earliest <= start < self.latest
        if start == self.minute:
            return True
        return self.either and start % _NOON == self.minute % _NOON

    def distance(self, at: time) -> int:
        """Give how many minutes a slot lies from the wish; 0 where it fits."""
        start = at.hour * 60 + at.minute
        if self.fits(at):
            return 0
        if self.minute is None:
            return min(abs(start - self.earliest), abs(start - self.latest))
        wished = {self.minute}
        if self.either:
            wished |= {self.minute % _NOON, self.minute % _NOON + _NOON}
        return min(abs(start - minute) for minute in wished)


MORNING = TimeWish(None, False, 0, _NOON)
AFTERNOON = TimeWish(None, False, _NOON, 24 * 60)

_STRETCHES: tuple[tuple[str, TimeWish], ...] = (
    (r"\b(after lunch|early afternoon)\b", TimeWish(None, False, _NOON + 45, 24 * 60)),
    (r"\b(before lunch|mid morning)\b", TimeWish(None, False, 10 * 60, _NOON)),
    (r"\b(late afternoon|end of the day|evening|late in the day|after work)\b",
     TimeWish(None, False, 15 * 60, 24 * 60)),
    (r"\b(1th thing|early morning|early)\b", TimeWish(None, False, 0, 10 * 60)),
    (r"\bmornings?\b", MORNING),
    (r"\b(afternoons?|tonight)\b", AFTERNOON),
)  # fmt: skip
_LEAD = r"(?:at|around|about|by|say|make it|make that|for|maybe|till|until|to|and|how about|,) "
_EXACT: tuple[str, ...] = (
    r"\b(?:half past|half) (?P<h>\d{1,2})\b",
    r"\b(?P<past>\d{1,2}|quarter) (?:past|after) (?P<h>\d{1,2})\b",
    r"\b(?P<to>\d{1,2}|quarter) (?:to|till|before|of) (?P<h>\d{1,2})\b",
    r"\b(?P<h>\d{1,2}):(?P<m>\d{2})\b",
    r"(?<![\d:/])\b(?P<h>\d{1,2}) (?:o |oh )?" + _MINUTE.replace("(", "(?P<m>", 1) + r"\b",
    r"\b(?P<h>\d{1,2})(?: oclock)? ?(?=am\b|pm\b|oclock)",
    r"\b(?P<h>\d{1,2})(?: oclock)? (?=in the (?:morning|afternoon|evening))",
    _LEAD + r"(?!19|20)(?P<h>\d{1,2})" + _MINUTE.replace("(", "(?P<m>", 1) + r"\b(?!:)",
    r"\b(?:it|that|appointment|visit) (?:up |back |over )?to (?P<h>\d{1,2})\b(?!th|:|/)",
    r"\b(?:at|around|about|by|make it|make that|after|before|later than|earlier than|,) "
    r"(?P<h>\d{1,2})\b(?!th|:|/)",
)
_BARE = r"(?<![\w:/])(?P<h>\d{1,2})(?![\w:/])"
_NAMED = r"\b(noon|midday|12 in the afternoon|lunch ?time)\b"


def find_time(text: str, *, expected: bool = False) -> TimeWish | None:
    """Find the wished time in a text whose days are blanked; `expected` reads a bare number too."""
    exact = _exact(text, expected=expected)
    if exact is not None:
        return exact
    for pattern, wish in _STRETCHES:
        if re.search(pattern, text):
            return wish
    return None


def _exact(text: str, *, expected: bool) -> TimeWish | None:
    if re.search(_NAMED, text) and not re.search(r"\b(after|before|around) (noon|lunch)", text):
        return TimeWish(_NOON)
    patterns = (*_EXACT, _LEAD + _BARE, _BARE) if expected else _EXACT
    for pattern in patterns:
        read = [_read(match, text) for match in re.finditer(pattern, text)]
        wishes = [(w, w.minute) for w in read if w is not None and w.minute is not None]
        if wishes:
            wish, minute = wishes[-1]
            return _bounded(wish, minute, text)
    return None


def _read(match: re.Match[str], text: str) -> TimeWish | None:
    parts = match.groupdict()
    hour = int(parts["h"])
    minute = int(parts.get("m") or 0)
    if match[0].startswith("half"):
        minute = 30
    if parts.get("past"):
        minute = 15 if parts["past"] == "quarter" else int(parts["past"])
    if parts.get("to"):
        minute = -(15 if parts["to"] == "quarter" else int(parts["to"]))
    if hour > 23 or minute > 59 or (hour == 0 and minute <= 0):
        return None
    rest = text[match.end() : match.end() + 24]
    total = hour * 60 + minute
    if re.match(r" ?(?:oclock )?(pm|in the (afternoon|evening)|at night|tonight)\b", rest):
        return TimeWish(total % _NOON + _NOON)
    if re.match(r" ?(?:oclock )?(am|in the morning)\b", rest):
        return TimeWish(total % _NOON)
    if hour > 12:
        return TimeWish(total)
    if re.search(r"\bmorning\b", text):
        return TimeWish(total % _NOON)
    if re.search(r"\bafternoon\b", text):
        return TimeWish(total % _NOON + _NOON)
    return TimeWish(total, either=True)


def _bounded(wish: TimeWish, minute: int, text: str) -> TimeWish:
    """Make `after three` and `before eleven` a stretch."""
    daytime = minute + (_NOON if wish.either and minute < 7 * 60 else 0)
    if re.search(r"\b(any ?time )?(after|later than|from) (\d|noon)", text) and not re.search(
        r"\d (minutes )?after|quarter after", text
    ):
        return TimeWish(None, False, daytime, 24 * 60)
    if re.search(r"\b(before|earlier than|by) (\d|noon)", text) and not re.search(
        r"quarter before", text
    ):
        return TimeWish(None, False, 0, daytime + (1 if "by " in text else 0))
    return wish
