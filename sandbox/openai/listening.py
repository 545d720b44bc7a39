"""How a caller's sentence changes what is wanted, given what was just asked."""

import re
from typing import TYPE_CHECKING

from sandbox.openai.cars import find_plate, find_vin, pick_car, read_new_car
from sandbox.openai.dates import DayMention
from sandbox.openai.facts import Slot, Wish
from sandbox.openai.numbers import phone_number
from sandbox.openai.spelling import SPELLED, settle, spelled_answer
from sandbox.openai.times import TimeWish
from sandbox.openai.understand import Heard, hear, read_name

if TYPE_CHECKING:
    from sandbox.openai.state import Conversation

_TIME_EXPECTED = frozenset({"offer", "day", "confirm_book", "confirm_move"})
_AMBIGUOUS_DAY = re.compile(r"^(the )?\d{1,2}th$|earliest|available|soonest|any")


_LATER = re.compile(r"\b(anything|something|any|bit|little|much) (?:\w+ )?(later|earlier|sooner)\b")


def listen(talk: "Conversation", text: str) -> None:
    """Take one sentence of the caller into the conversation."""
    heard = hear(
        text,
        today=talk.briefing.today,
        services=talk.briefing.phrases,
        number_expected=talk.pending in _TIME_EXPECTED,
    )
    talk.heard = heard
    if talk.pending in SPELLED and spelled_answer(talk, heard):
        talk.understood = True
        return
    if "hold" in heard.asides:
        talk.understood = True
        return
    before = _fingerprint(talk)
    talk.topic = heard.service or talk.topic
    _goal(talk, heard)
    _wishes(talk, heard)
    _yes_or_no(talk, heard)
    talk.settle_visit()
    talk.understood = (
        _fingerprint(talk) != before
        or bool(talk.flags)
        or bool(heard.asides - {"silence", "change", "unsure"})
        or (heard.yes and talk.pending in ("help", "anything_else", "offer"))
        or bool(heard.goals)
    )


def _fingerprint(talk: "Conversation") -> tuple[object, ...]:
    w = talk.wish
    return (talk.goal, w.service, w.day, w.time, w.slot, w.confirmed, w.car_id, w.new_car,
            w.visit, w.visit_day, w.visit_service, w.visit_car_id, w.declined, w.other_car,
            talk.query, talk.caller)  # fmt: skip


# -- what is wanted ----------------------------------------------------------------------------


def _goal(talk: "Conversation", heard: Heard) -> None:
    if "abandon" in heard.asides and talk.goal is not None:
        talk.drop_goal()
        talk.flags.add("abandoned")
        return
    goals = [goal for goal in heard.goals if goal != "search"]
    if "search" in heard.goals and talk.pending not in SPELLED:
        talk.query = _search_query(heard)
    if talk.pending == "confirm_cancel" and "cancel" in goals and not heard.no:
        talk.wish.confirmed = True  # "yes, cancel it" and plain "cancel it"
        return
    if talk.pending == "confirm_move" and goals == ["move"] and not heard.no:
        talk.wish.confirmed = True
        return
    goal = goals[0] if goals else _goal_between_lines(talk, heard)
    if goal is None or goal == talk.goal:
        return
    if goal == "book" and talk.goal in ("move", "cancel") and not heard.service:
        return
    visit = None
    if goal in ("move", "cancel") and _means_last_booked(talk, heard):
        visit = talk.last_booked
    if goal != "upcoming" or talk.goal is None:
        talk.goal = goal
        about = talk.topic if goal == "book" and not heard.service else None
        talk.wish = Wish(visit=visit, service=about)
        talk.topic = None
        talk.offered = ()
    else:
        talk.flags.add("upcoming")


def _means_last_booked(talk: "Conversation", heard: Heard) -> bool:
    if talk.last_booked is None:
        return False
    return not heard.service and bool(
        re.search(r"\b(it|that|this)\b", heard.plain) or "change" in heard.asides
    )


def _goal_between_lines(talk: "Conversation", heard: Heard) -> str | None:
    """Infer a goal that no word names: a service alone is a wish to book it."""
    if talk.goal is not None:
        return None
    asks_only = bool(heard.asides & {"price", "duration", "services", "hours"})
    if heard.service and not asks_only:
        return "book"
    if talk.last_booked and (heard.days or heard.time) and "change" in heard.asides:
        return "move"
    if "soon" in heard.asides or ((heard.days or heard.time) and "hours" not in heard.asides):
        if "hello" in heard.asides or asks_only or heard.asides & {"bye", "done", "thanks"}:
            return None
        return "book"
    return None


def _search_query(heard: Heard) -> str:
    phone = phone_number(heard.text)
    if phone is not None:
        return phone
    plate = find_vin(heard.text) or find_plate(heard.text)
    if plate is not None:
        return plate
    tail = re.split(r"\b(?:under|name is|named|name of)\b", heard.text, flags=re.IGNORECASE)[-1]
    tail = re.sub(
        r"(?i)\b(my|(husband|wife|mother|father|partner)('?s)?|the|name|number|plate)\b",
        " ",
        tail,
    )
    return " ".join(read_name(tail)) or heard.text.strip()[:100]


def _wishes(talk: "Conversation", heard: Heard) -> None:
    if talk.goal is None:
        return
    wish = talk.wish
    days = list(heard.days)
    if heard.pick is not None and talk.pending in ("offer", "which_car", "which_visit"):
        days = [d for d in days if not _AMBIGUOUS_DAY.search(heard.digits[d.start : d.end])]
    _car_wish(talk, heard)
    if talk.goal == "book":
        if heard.service and heard.service != wish.service and _names_service(talk, heard):
            wish.service = heard.service
            _reopen(talk)
        _when(talk, heard, days)
    elif talk.goal == "move":
        _select_visit(talk, heard, _selecting(talk, heard, days))
        _when(talk, heard, [d for d in days if d.day != wish.visit_day or len(days) == 1])
    elif talk.goal in ("cancel", "upcoming"):
        _select_visit(talk, heard, days)


def _names_service(talk: "Conversation", heard: Heard) -> bool:
    return not (heard.asides & {"price", "duration"} and talk.wish.service)


def _selecting(talk: "Conversation", heard: Heard, days: list[DayMention]) -> list[DayMention]:
    """Pick the days that say which visit is meant rather than when it should be."""
    if talk.pending == "which_visit":
        return days
    if len(days) >= 2:
        return days[:1]
    if len(days) == 1 and set(heard.goals) & {"move"}:
        before = heard.digits[: days[0].start]
        if re.search(r"\b(my|the|from|on|this|our)( \d+)? ?$", before) and not re.search(
            r"\b(to|for|until|till|appointment (on|to)) (the )?$", before
        ):
            return days
    return []


def _select_visit(talk: "Conversation", heard: Heard, days: list[DayMention]) -> None:
    wish = talk.wish
    if heard.service:
        wish.visit_service = heard.service
    if days:
        wish.visit_day = days[0].day
    if talk.pending == "which_visit" and talk.visits:
        if heard.pick is not None and not days:
            wish.visit = talk.visits[min(heard.pick, len(talk.visits) - 1)]
        elif heard.time and not days:
            fitting = [v for v in talk.visits if heard.time.fits(v.at.time())]
            wish.visit = fitting[0] if len(fitting) == 1 else None


def _car_wish(talk: "Conversation", heard: Heard) -> None:
    wish = talk.wish
    asked = talk.pending in ("which_car", "confirm_book")
    car = pick_car(heard.text, talk.cars, asked=(asked and heard.pick is None) or _is_car(talk))
    if talk.goal != "book":
        if car is not None:
            wish.visit_car_id = car.id
        return
    if "other_car" in heard.asides and car is None:
        wish.other_car = True
        wish.car_id = None
    if car is not None and not wish.other_car:
        changed = car.id != wish.car_id
        wish.car_id = car.id
        if asked and changed:
            wish.confirmed = wish.slot is not None
        return
    if car is None or wish.other_car:
        read = read_new_car(heard.text, talk.briefing.today)
        if read.vin or (read.make and (read.year or read.model)):
            wish.new_car = wish.new_car.filled(read)
            wish.other_car = True
            if asked:
                settle(talk)


def _is_car(talk: "Conversation") -> bool:
    return talk.pending == "which_car"


# -- when --------------------------------------------------------------------------------------


def _reopen(talk: "Conversation") -> None:
    talk.wish.slot = None
    talk.wish.confirmed = False


def _when(talk: "Conversation", heard: Heard, days: list[DayMention]) -> None:
    wish = talk.wish
    later = _LATER.search(heard.plain) if heard.time is None else None
    if talk.pending == "offer" and talk.offered and later:
        _reopen(talk)
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
        _reopen(talk)
    if heard.time is not None and (heard.time != wish.time or wish.slot is None):
        if wish.slot is None or not heard.time.fits(wish.slot.start.time()):
            _reopen(talk)
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


def _picked(talk: "Conversation", heard: Heard, days: list[DayMention]) -> bool:
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


def _take(talk: "Conversation", slot: Slot) -> None:
    minute = slot.start.hour * 60 + slot.start.minute
    talk.wish.slot, talk.wish.time = slot, TimeWish(minute)
    talk.wish.confirmed = True
    talk.wish.declined = False


# -- yes and no --------------------------------------------------------------------------------


def _yes_or_no(talk: "Conversation", heard: Heard) -> None:
    wish = talk.wish
    if talk.pending == "which_car" and heard.no and not wish.other_car and wish.car_id is None:
        wish.other_car = not (heard.days or heard.time)
        return
    if heard.yes:
        _yes(talk)
    elif heard.no:
        _no(talk, heard)


def _yes(talk: "Conversation") -> None:
    wish = talk.wish
    match talk.pending:
        case "confirm_book" | "confirm_move" if wish.slot is not None:
            wish.confirmed = True
        case "confirm_cancel" if talk.goal == "cancel":
            wish.confirmed = True
        case "move_instead":
            talk.goal, talk.wish = "move", Wish(day=wish.day, time=wish.time)
        case "callback":
            talk.drop_goal()
            talk.flags.add("callback_yes")


def _no(talk: "Conversation", heard: Heard) -> None:
    wish = talk.wish
    changed = bool(heard.days or heard.time or heard.service)
    match talk.pending:
        case "confirm_book" | "confirm_move" | "offer" if not changed and not wish.confirmed:
            wish.slot, wish.time, wish.declined = None, None, True
        case "confirm_cancel":
            talk.drop_goal()
            talk.flags.add("kept")
        case "callback":
            talk.drop_goal()
            talk.flags.add("callback_no")
        case "move_instead":
            talk.drop_goal()
            talk.flags.add("kept")
        case "anything_else" | "help" if talk.goal is None:
            talk.flags.add("done")
