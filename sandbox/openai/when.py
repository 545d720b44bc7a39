"""How the day and time a caller names become a wish, or one of the slots that were offered."""

import re

from sandbox.openai.dates import DayMention
from sandbox.openai.facts import Slot
from sandbox.openai.state import State
from sandbox.openai.times import TimeWish
from sandbox.openai.understand import Heard

_LATER = re.compile(r"\b(anything|something|any|bit|little|much) (?:\w+ )?(later|earlier|sooner)\b")


def reopen(talk: State) -> None:
    """Give up the slot chosen so far."""
    talk.wish.slot = None
    talk.wish.confirmed = False


def take_when(talk: State, heard: Heard, days: list[DayMention]) -> None:
    """Take the day and time a caller names, or one of the times that were offered."""
    wish = talk.wish
    later = _LATER.search(heard.plain) if heard.time is None else None
    if talk.pending == "offer" and talk.offered and later:
        reopen(talk)
        talk.flags.add("beside")
        wish.time = _beside(talk.offered, earlier=later[2] != "later")
        return
    if talk.pending == "offer" and talk.offered and _picked(talk, heard, days):
        return
    if "same time" in heard.plain and wish.visit is not None:
        wish.time = TimeWish(wish.visit.at.hour * 60 + wish.visit.at.minute)
    if talk.pending in ("confirm_book", "which_car") and heard.yes and not days and not heard.time:
        return
    day = _one_day(heard, days)
    if day is not None and (day.day, day.days) != (wish.day, wish.days):
        wish.day, wish.days = day.day, day.days
        wish.declined = False
        reopen(talk)
    if heard.time is not None and (heard.time != wish.time or wish.slot is None):
        if wish.slot is None or not heard.time.fits(wish.slot.start.time()):
            reopen(talk)
        wish.time = heard.time
        wish.declined = False
    talk.match()


def _beside(offered: tuple[Slot, ...], *, earlier: bool) -> TimeWish:
    """Wish for a time before the first or after the last that was offered."""
    minutes = [slot.start.hour * 60 + slot.start.minute for slot in offered]
    return TimeWish(latest=min(minutes)) if earlier else TimeWish(earliest=max(minutes) + 1)


def _one_day(heard: Heard, days: list[DayMention]) -> DayMention | None:
    if not days:
        return None
    between = heard.digits[days[0].end : days[-1].start]
    return days[0] if re.search(r"\bor\b", between) else days[-1]


def _picked(talk: State, heard: Heard, days: list[DayMention]) -> bool:
    """Take one of the offered times, when exactly one is meant."""
    slots = list(talk.offered)
    if days:
        slots = [s for s in slots if s.start.date() in {d.day for d in days}]
    if heard.time is not None:
        exact = [s for s in slots if heard.time.fits(s.start.time())]
        slots = exact
    elif heard.pick is not None and slots:
        slots = [slots[min(heard.pick, len(slots) - 1)]]
    elif "unsure" in heard.asides or "soon" in heard.asides:
        slots = slots[:1]
    elif not days and not (heard.yes and len(slots) == 1):
        return False
    if len(slots) != 1 and not (slots and heard.time and heard.time.minute is not None):
        return False
    _take(talk, slots[0])
    return True


def _take(talk: State, slot: Slot) -> None:
    minute = slot.start.hour * 60 + slot.start.minute
    talk.wish.slot, talk.wish.time = slot, TimeWish(minute)
    talk.wish.confirmed = True
    talk.wish.declined = False
