"""When could the car come: the free times for a service."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pydantic import Field

from shop.clock import BadTime, parse_date, to_shop
from shop.speech import speak_date
from shop.types import Slot
from tools import schedule
from tools.call import Call
from tools.errors import AskCaller
from tools.tool import Arguments, tool


class SlotsArguments(Arguments):
    """Which days and what for."""

    date: str = Field(description="First day to look at, YYYY-MM-DD in the shop's time zone")
    service_type: str | None = Field(default=None, description="Code or name of the service")
    days: int = Field(default=1, ge=1, le=14, description="How many days to look at")


@dataclass(frozen=True, slots=True)
class SlotsResult:
    """Free starts, the few worth saying first; `next_free` only when the days asked have none."""

    slots: list[dict[str, Any]]
    next_free: list[dict[str, Any]]
    service_type: str
    message: str


@tool()
async def get_available_slots(call: Call, arguments: SlotsArguments) -> SlotsResult:
    """List the free times on a day, or on several days from it. The first ones are those worth
    offering; a time that is not in the list is not free.
    """
    wanted = arguments.service_type
    service = schedule.find_service(call, wanted) if wanted else call.shop.services[0]
    try:
        day = parse_date(arguments.date)
    except BadTime as exc:
        raise AskCaller("invalid_date", "Which day would you like?") from exc
    today = to_shop(call.clock.now(), call.shop.zone).date()
    if day < today:
        raise AskCaller("in_past", "That day has already gone by. Which day would you like?")
    if (day - today).days > call.shop.horizon_days:
        raise AskCaller("beyond_horizon", "We don't book that far ahead yet. Could it be sooner?")
    slots = await schedule.free_on(call, service, day, arguments.days)
    best, others = await schedule.offer(call, service, slots)
    if not best:
        last = day + timedelta(days=arguments.days - 1)
        found = await schedule.next_free(call, service, last)
        after, _ = await schedule.offer(call, service, found)
        named = speak_date(day, today)
        return SlotsResult([], _json(call, after), service.code, _none_free(call, named, after))
    spoken = schedule.speak_slots(call, sorted(best, key=_start))
    shown = _json(call, [*best, *others])
    return SlotsResult(shown, [], service.code, f"I have {spoken}.")


def _start(slot: Slot) -> datetime:
    return slot.start


def _json(call: Call, slots: list[Slot]) -> list[dict[str, Any]]:
    return [schedule.slot_json(call, slot) for slot in slots]


def _none_free(call: Call, day: str, after: list[Slot]) -> str:
    if not after:
        return f"I have nothing free {day}, nor in the two weeks after. Shall someone call you?"
    return f"I have nothing free {day}. The next I have is {schedule.speak_slots(call, after)}."
