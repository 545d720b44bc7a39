"""What is free: the shop's rules over what the database and the calendar say is taken."""

import asyncio
from datetime import date, datetime, time, timedelta
from typing import Any

from loguru import logger

from shop.clock import BadTime, NoSuchLocalTime, iso_local, parse_wall_time, shop_day, to_shop
from shop.shopfile import Service, UnknownService
from shop.slots import SlotRefused, best_slots, check_slot, free_slots
from shop.speech import speak_datetime, speak_list
from shop.types import Appointment, Busy, Interval, Slot
from store.errors import CalendarUnavailable, StoreError
from tools.call import Call
from tools.errors import AskCaller, Refused, ToolError, Unavailable

SPOKEN_SLOTS = 3
"""As many times as a listener keeps in mind."""

LOOK_AHEAD_DAYS = 14
"""How far the next free time is searched for when the wanted day has none."""

NEXT_DAYS = 2
"""Of how many of these days times are named: a choice of days, all of them soon."""

HOLD_WAIT_S = 0.5
"""How long an offer waits to be held; after that it is made all the same."""

OFFER_TRIES = 4
"""How often others are chosen when all that was to be offered has gone in that moment."""

CALENDAR_WAIT_S = 1.0
"""How long a caller waits for Google; the visit stands without it and the event follows."""

_REASONS = {
    "in_past": "That time has already gone by. Which day would you like instead?",
    "too_soon": "That's too soon for us to get ready. Could it be a little later?",
    "beyond_horizon": "We don't book that far ahead yet. Could it be sooner?",
    "closed": "We're closed that day.",
    "lunch": "We're at lunch then.",
    "outside_hours": "That doesn't fit into our opening hours.",
    "taken": "That time is already taken.",
}


def find_service(call: Call, wanted: str) -> Service:
    """Return the service people mean by `wanted`; asks, naming the nearest, when there is none."""
    try:
        return call.shop.service(wanted)
    except UnknownService as exc:
        known = exc.nearest or call.shop.services
        names = speak_list([service.name for service in known[:4]], "or")
        raise AskCaller("unknown_service", f"We don't do that one. Did you mean {names}?") from exc


def read_start(call: Call, text: str) -> datetime:
    """Read a start time in the shop's zone; asks again when there is no such moment."""
    try:
        return parse_wall_time(text, call.shop.zone)
    except NoSuchLocalTime as exc:
        raise AskCaller(
            "no_such_time", "The clocks change then, so that time doesn't exist. Which other time?"
        ) from exc
    except BadTime as exc:
        raise AskCaller("invalid_time", "Which day and time would you like?") from exc


async def busy(call: Call, interval: Interval, besides: int | None = None) -> list[Busy]:
    """Return what is taken in `interval`: visits but `besides`, what other calls hold, and people's
    calendar entries.

    Raises Unavailable when the calendar does not answer: no slot is ever made up.
    """
    try:
        ours, theirs = await asyncio.gather(
            call.store.appointments.busy(interval, call_sid=call.call_sid, besides=besides),
            call.store.mirror.busy(interval),
        )
    except CalendarUnavailable as exc:
        raise Unavailable(
            "calendar_unavailable",
            "I'm sorry, I can't see our calendar right now. "
            "Can someone from the shop call you back?",
        ) from exc
    return [*ours, *theirs]


async def free_on(call: Call, service: Service, first: date, days: int = 1) -> list[Slot]:
    """Return every free start for `service` on `days` shop days from `first`, in order."""
    dates = [first + timedelta(days=n) for n in range(days)]
    zone = call.shop.zone
    whole = Interval(shop_day(dates[0], zone).start, shop_day(dates[-1], zone).end)
    taken = await busy(call, whole)
    now = call.clock.now()
    return [slot for day in dates for slot in free_slots(call.shop, service, day, taken, now)]


async def next_free(call: Call, service: Service, after: date) -> list[Slot]:
    """Return the free starts on the first days after `after` that have any; none is held yet."""
    slots = await free_on(call, service, after + timedelta(days=1), LOOK_AHEAD_DAYS)
    days = [to_shop(slot.start, call.shop.zone).date() for slot in slots]
    first = sorted(set(days))[:NEXT_DAYS]
    return [slot for slot, day in zip(slots, days, strict=True) if day in first]


async def offer(
    call: Call, service: Service, slots: list[Slot], wanted: time | None = None
) -> tuple[list[Slot], list[Slot]]:
    """Choose the few of `slots` to say, the best first; return them and the others.

    Those are held for this call until its next offer. What another call got hold of in the same
    moment is left out. That they cannot be held, for whatever reason, stops no offer. `wanted` is
    the time of day the caller asked for, aware.
    """
    best: list[Slot] = []
    left = slots
    for _ in range(OFFER_TRIES):
        best = best_slots(left, SPOKEN_SLOTS, wanted)
        try:
            async with asyncio.timeout(HOLD_WAIT_S):
                held = await call.store.holds.hold(call.call_sid, best, service.buffer_minutes)
        except (StoreError, TimeoutError) as exc:
            logger.bind(call_sid=call.call_sid, error=type(exc).__name__).warning("not_held")
            held = best
        left = [slot for slot in left if slot not in best]
        if held or not left:
            return held, left
    return [], left


async def check(call: Call, service: Service, start: datetime, besides: int | None = None) -> Slot:
    """Return the slot that begins at `start`, or refuse with a reason and what is free instead.

    `besides` is the id of the caller's own appointment that would leave its place.
    """
    day = shop_day(to_shop(start, call.shop.zone).date(), call.shop.zone)
    now = call.clock.now()
    try:
        # The shop's own rules first: nobody is asked about a day that cannot be.
        check_slot(call.shop, service, start, [], now)
        return check_slot(call.shop, service, start, await busy(call, day, besides), now)
    except SlotRefused as exc:
        raise await refusal(call, service, start, exc.reason) from exc


async def refusal(call: Call, service: Service, start: datetime, reason: str) -> ToolError:
    """Build the polite no for `start`, with alternatives near it, held for the caller."""
    code = {"taken": "slot_taken", "closed": "shop_closed"}.get(reason, reason)
    if reason in ("in_past", "beyond_horizon"):
        return AskCaller(code, _REASONS[reason])
    local = to_shop(start, call.shop.zone)
    try:
        near = await free_on(call, service, local.date())
        near = near or await next_free(call, service, local.date())
        near, _ = await offer(call, service, near, local.timetz())
    except (ToolError, StoreError):
        near = []
    say = _REASONS[reason]
    if near:
        say = f"{say} I could offer {speak_slots(call, near)}."
    return Refused(code, say, {"alternatives": [slot_json(call, slot) for slot in near]})


def speak_slots(call: Call, slots: list[Slot]) -> str:
    """Return the slots as people say them, joined by "or"."""
    now, zone = call.clock.now(), call.shop.zone
    return speak_list([speak_datetime(s.start, zone, now) for s in slots], "or")


def slot_json(call: Call, slot: Slot) -> dict[str, Any]:
    """Return a slot as the model sees it: shop wall time and the words for it."""
    zone = call.shop.zone
    return {
        "start": iso_local(slot.start, zone),
        "end": iso_local(slot.end, zone),
        "spoken": speak_datetime(slot.start, zone, call.clock.now()),
    }


async def calendar_link(call: Call, visit: Appointment) -> str | None:
    """Return the visit's calendar link if Google answers within a moment; it is written anyway."""
    return visit.calendar_link or await call.store.relay.sync_now(visit.id, CALENDAR_WAIT_S)
