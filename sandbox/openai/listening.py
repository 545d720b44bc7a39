"""How a caller's sentence changes what is wanted, given what was just asked."""

import re

from sandbox.openai.cars import find_plate, find_vin, pick_car, read_new_car
from sandbox.openai.dates import DayMention
from sandbox.openai.facts import Wish
from sandbox.openai.numbers import phone_number
from sandbox.openai.spelling import SPELLED, settle, spelled_answer
from sandbox.openai.state import State
from sandbox.openai.understand import Heard, hear, read_name
from sandbox.openai.when import reopen, take_when

_TIME_EXPECTED = frozenset({"offer", "day", "confirm_book", "confirm_move"})
_AMBIGUOUS_DAY = re.compile(r"^(the )?\d{1,2}th$|earliest|available|soonest|any")


def listen(talk: State, text: str) -> None:
    """Take one sentence of the caller into the conversation."""
    heard = hear(
        text,
        today=talk.briefing.today,
        offered=talk.briefing.offered,
        number_expected=talk.pending in _TIME_EXPECTED,
    )
    talk.heard = heard
    if talk.pending in SPELLED and spelled_answer(talk, heard):
        talk.understood = True
        return
    if "hold" in heard.asides:
        talk.understood = True
        return
    talk.angers += "angry" in heard.asides
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


def _fingerprint(talk: State) -> tuple[object, ...]:
    w = talk.wish
    return (talk.goal, w.service, w.day, w.time, w.slot, w.confirmed, w.car_id, w.new_car,
            w.visit, w.visit_day, w.visit_service, w.visit_car_id, w.declined, w.other_car,
            talk.query, talk.caller)  # fmt: skip


# -- what is wanted ----------------------------------------------------------------------------


def _goal(talk: State, heard: Heard) -> None:
    if "abandon" in heard.asides and talk.goal is not None:
        talk.drop_goal()
        talk.later.clear()
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


def _means_last_booked(talk: State, heard: Heard) -> bool:
    if talk.last_booked is None:
        return False
    return not heard.service and bool(
        re.search(r"\b(it|that|this)\b", heard.plain) or "change" in heard.asides
    )


def _goal_between_lines(talk: State, heard: Heard) -> str | None:
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


def _wishes(talk: State, heard: Heard) -> None:
    if talk.goal is None:
        return
    wish = talk.wish
    days = list(heard.days)
    if heard.pick is not None and talk.pending in ("offer", "which_car", "which_visit"):
        days = [d for d in days if not _AMBIGUOUS_DAY.search(heard.digits[d.start : d.end])]
    _car_wish(talk, heard)
    if talk.goal == "book":
        named = {code for code, _ in talk.later} | {wish.service}
        talk.later += [pair for pair in heard.also if pair[0] not in named]
        if heard.service and heard.service != wish.service and _names_service(talk, heard):
            wish.service = heard.service
            reopen(talk)
        take_when(talk, heard, days)
    elif talk.goal == "move":
        _select_visit(talk, heard, _selecting(talk, heard, days))
        take_when(talk, heard, [d for d in days if d.day != wish.visit_day or len(days) == 1])
    elif talk.goal in ("cancel", "upcoming"):
        _select_visit(talk, heard, days)


def _names_service(talk: State, heard: Heard) -> bool:
    return not (heard.asides & {"price", "duration"} and talk.wish.service)


def _selecting(talk: State, heard: Heard, days: list[DayMention]) -> list[DayMention]:
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


def _select_visit(talk: State, heard: Heard, days: list[DayMention]) -> None:
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


def _car_wish(talk: State, heard: Heard) -> None:
    wish = talk.wish
    asked = talk.pending in ("which_car", "confirm_book")
    car = pick_car(heard.own, talk.cars, asked=(asked and heard.pick is None) or _is_car(talk))
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


def _is_car(talk: State) -> bool:
    return talk.pending == "which_car"


# -- yes and no --------------------------------------------------------------------------------


def _yes_or_no(talk: State, heard: Heard) -> None:
    wish = talk.wish
    if talk.pending == "which_car" and heard.no and not wish.other_car and wish.car_id is None:
        wish.other_car = not (heard.days or heard.time)
        return
    if heard.yes:
        _yes(talk)
    elif heard.no:
        _no(talk, heard)


def _yes(talk: State) -> None:
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
        case "person":
            talk.flags.add("person_yes")


def _no(talk: State, heard: Heard) -> None:
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
        case "person":
            talk.flags.add("person_no")
        case "anything_else" | "help" if talk.goal is None:
            talk.flags.add("done")
