"""Recurring events: one event with a rule, told as its single occurrences."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr  # type: ignore[import-untyped]  # its stubs are not installed

from sandbox.google import times

EventJson = dict[str, Any]

REACH = timedelta(days=730)
"""How far a rule without an end is told when the question names none."""
MOST = 2000

_NOT_TOLD = ("recurrence",)
_PARAMETERS = re.compile(r"^((?:EXDATE|RDATE)(?:;[^:]*)?):")
_UNTIL = re.compile(r"UNTIL=(\d{8}T\d{6})Z")


def check_rule(event: EventJson, calendar_zone: ZoneInfo) -> None:
    """Raise ValueError when an event's rule makes no sense."""
    _rule(event, calendar_zone)


def occurrences(
    event: EventJson, calendar_zone: ZoneInfo, latest: datetime | None = None
) -> Iterator[EventJson]:
    """Yield the single events of a recurring one, in order, those that begin before `latest`.

    They begin at the same time of the wall clock, whatever daylight saving does.
    """
    first = times.moment(event["start"], calendar_zone)
    length = times.moment(event["end"], calendar_zone) - first
    zone = _zone(event, calendar_zone)
    end = latest or first + REACH
    for number, naive in enumerate(_rule(event, calendar_zone)):
        at = naive.replace(tzinfo=zone)
        if at >= end or number >= MOST:
            return
        yield _occurrence(event, naive, at, length, calendar_zone)


def occurrence(event: EventJson, calendar_zone: ZoneInfo, event_id: str) -> EventJson | None:
    """Find one occurrence by its id, `<id of the event>_<its first start>`."""
    return next((o for o in occurrences(event, calendar_zone) if o["id"] == event_id), None)


def _occurrence(
    event: EventJson, naive: datetime, at: datetime, length: timedelta, calendar_zone: ZoneInfo
) -> EventJson:
    told = {key: value for key, value in event.items() if key not in _NOT_TOLD}
    if "date" in event["start"]:
        days = date.fromisoformat(event["end"]["date"]) - date.fromisoformat(event["start"]["date"])
        start = {"date": naive.date().isoformat()}
        end = {"date": (naive.date() + days).isoformat()}
        name = f"{naive:%Y%m%d}"
    else:
        zone = {"timeZone": event["start"].get("timeZone", calendar_zone.key)}
        start, end = (
            times.normalised({"dateTime": moment.isoformat(), **zone}, calendar_zone)
            for moment in (at, (at.astimezone(UTC) + length))
        )
        name = f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    return told | {
        "id": f"{event['id']}_{name}",
        "recurringEventId": event["id"],
        "originalStartTime": start,
        "start": start,
        "end": end,
    }


def _zone(event: EventJson, calendar_zone: ZoneInfo) -> ZoneInfo:
    name = event["start"].get("timeZone")
    return times.zone(name) if name else calendar_zone


def _rule(event: EventJson, calendar_zone: ZoneInfo) -> Any:
    """Read the rule as one over wall-clock times, as it is meant."""
    zone = _zone(event, calendar_zone)
    first = times.moment(event["start"], calendar_zone).astimezone(zone).replace(tzinfo=None)
    if "date" in event["start"]:
        first = datetime.combine(date.fromisoformat(event["start"]["date"]), time())

    def local(match: re.Match[str]) -> str:
        until = datetime.strptime(match[1], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
        return f"UNTIL={until.astimezone(zone):%Y%m%dT%H%M%S}"

    lines = []
    for line in event["recurrence"]:
        kind = str(line).partition(":")[0].partition(";")[0]
        plain = _PARAMETERS.sub(f"{kind}:", str(line))
        lines.append(_UNTIL.sub(local, plain))
    return rrulestr("\n".join(lines), dtstart=first, forceset=True)
