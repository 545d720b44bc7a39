"""What a caller still wanted when the line broke off, and how the next call takes that up."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from typing import Any, Literal, Self

from shop.facts import services_named
from shop.moments import Moment, moments
from shop.outcome import a_service
from shop.plainwords import plain
from shop.shopfile import Shop
from shop.speech import speak_date, speak_time

Kind = Literal["book", "move", "booked", "moved", "cancelled"]

_DONE: Mapping[str, Kind] = {
    "book_appointment": "booked",
    "reschedule_appointment": "moved",
    "cancel_appointment": "cancelled",
}
_WANTED: Mapping[str, Kind] = {"book_appointment": "book", "reschedule_appointment": "move"}


@dataclass(frozen=True, slots=True)
class Wish:
    """What a call was about when it ended; `day` and `at` are shop wall time, ISO 8601.

    `kind` "book" and "move" are still open, the others were done. `at` is None as long as no time
    was settled on.
    """

    kind: Kind
    service: str | None = None
    day: str | None = None
    at: str | None = None

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self | None:
        """Return a wish as it was stored, None when it is none."""
        try:
            return cls(**stored)
        except TypeError:
            return None

    def as_json(self) -> dict[str, Any]:
        """Return it as it is stored."""
        return asdict(self)

    @property
    def done(self) -> bool:
        """Say whether nothing is left to do."""
        return self.kind in _DONE.values()


@dataclass(frozen=True, slots=True)
class Used:
    """A tool's use: its name, what it was given and what it answered."""

    name: str
    arguments: Mapping[str, Any]
    result: Mapping[str, Any]


def open_wish(
    used: Sequence[Used], lines: Sequence[tuple[str, str]], shop: Shop, today: date
) -> Wish | None:
    """Return what the call was about last, from its tools and its `lines` (role and text)."""
    wish: Wish | None = None
    for use in used:
        wish = _after(use, wish)
    if wish is None:
        asked = [text for role, text in lines if role == "caller"]
        named = [s for text in asked for s in services_named(plain(text), shop)]
        return Wish("book", named[-1].code) if named else None
    if wish.kind == "book" and wish.at is None:
        offered = next((u for u in reversed(used) if u.name == "get_available_slots"), None)
        at = _settled(offered, [_whole(*line) for line in lines], today) if offered else None
        return replace(wish, at=at.isoformat() if at else None)
    return wish


def _after(use: Used, wish: Wish | None) -> Wish | None:
    success = bool(use.result.get("success"))
    if success and use.name in _DONE:
        at = use.result.get("scheduled_at")
        service = use.result.get("service_type") or (wish.service if wish else None)
        return Wish(_DONE[use.name], service, *(_day_and_time(at)))
    if use.name in _WANTED and not success:
        at = use.arguments.get("scheduled_at") or use.arguments.get("new_scheduled_at")
        taken = use.result.get("error") in ("slot_taken", "shop_closed", "lunch", "outside_hours")
        service = use.arguments.get("service_type") or (wish.service if wish else None)
        day, when = _day_and_time(at)
        return Wish(_WANTED[use.name], service, day, None if taken else when)
    if use.name == "get_available_slots" and success:
        if wish is not None and wish.kind == "move":
            return wish
        return Wish("book", use.result.get("service_type"), str(use.arguments.get("date") or ""))
    return wish


def _day_and_time(at: Any) -> tuple[str | None, str | None]:
    return (str(at)[:10], str(at)) if at else (None, None)


def said_goodbye(lines: Sequence[tuple[str, str]]) -> bool:
    """Say whether a call was brought to its end, by `lines` of role ("caller", "agent") and text.

    Our goodbye counts when the caller said nothing after it, theirs when it is their last word.
    """
    last = lines[-1] if lines else ("", "")
    theirs = next((text for role, text in reversed(lines) if role == "caller"), "")
    if last[0] == "agent" and _GOODBYE.search(last[1]):
        return True
    return bool(_GOODBYE.search(theirs) or _THATS_ALL.search(theirs))


_GOODBYE = re.compile(r"\b(?:good\s?bye|bye|see you(?: then| \w+)?)\W*$", re.IGNORECASE)
_THATS_ALL = re.compile(
    r"\b(?:that's|that is|that will be|that'll be) (?:all|it)\b|^no,? thank(?:s| you)\b",
    re.IGNORECASE,
)


def _settled(offered: Used, lines: Sequence[str], today: date) -> datetime | None:
    """Return the one offered start that was spoken of last, None when it was several or none."""
    starts = [at for slot in offered.result.get("slots") or () if (at := _wall(slot.get("start")))]
    for line in reversed(lines):
        named = moments(plain(line))
        if fitting := {at for at in starts for moment in named if _fits(moment, at, today)}:
            return fitting.pop() if len(fitting) == 1 else None
    return None


def _whole(role: str, text: str) -> str:
    """Return what counts of a line: of ours whole sentences.

    The first of several times we offer, if the line breaks off behind it, is not what they wanted.
    """
    return text if role == "caller" else text[: max(map(text.rfind, ".?!")) + 1]


def _fits(moment: Moment, at: datetime, today: date) -> bool:
    on_day = moment.day is None or moment.day.fits(at.date(), today)
    return on_day and moment.time is not None and moment.time.fits(at)


def _wall(value: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(str(value)).replace(tzinfo=None)
    except ValueError:
        return None


def taken_up(wish: Wish, shop: Shop, today: date) -> str:
    """Return the sentences that take a call up where it broke off, the last one a question."""
    named = a_service(shop, wish.service)
    when = _when(wish, today)
    if wish.done:
        what = named.partition(" ")[2]
        said = f"Your {what} is {wish.kind}" + (
            f" {'to' if wish.kind == 'moved' else 'for'} {when}" if when else ""
        )
        # Whoever hung up content was not cut off; to say so would be odd.
        return f"{said}. Is there anything else I can do for you?"
    verb = "to move your visit to" if wish.kind == "move" else named
    if wish.kind == "move" and not when:
        verb = "to move your visit"
    on = f" {when}" if when and wish.kind == "move" else f" for {when}" if when else ""
    return f"We were cut off. You wanted {verb}{on}. Shall we go on with that?"


def _when(wish: Wish, today: date) -> str | None:
    at = _wall(wish.at) if wish.at else None
    if at is not None:
        return f"{speak_date(at.date(), today)} at {speak_time(at)}"
    day = _wall(wish.day) if wish.day else None
    return speak_date(day.date(), today) if day else None
