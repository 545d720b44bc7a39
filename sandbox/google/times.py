"""Google's two kinds of event time: an instant with a zone, and a whole day."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

EventTime = Mapping[str, Any]


def zone(name: str) -> ZoneInfo:
    """Find a zone by its IANA name; raises ValueError."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as exc:
        raise ValueError(f"Invalid time zone definition: {name}") from exc


def instant(text: str) -> datetime:
    """Read an RFC 3339 time that must carry its offset; raises ValueError."""
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(f"no offset in {text!r}")
    return at


def moment(event_time: EventTime, calendar_zone: ZoneInfo) -> datetime:
    """When a start or end is; a whole day begins at midnight of the calendar. Raises ValueError."""
    if day := event_time.get("date"):
        return datetime.combine(date.fromisoformat(day), time(), calendar_zone)
    text = event_time.get("dateTime")
    if not isinstance(text, str):
        raise ValueError("Missing time.")
    at = datetime.fromisoformat(text)
    if at.tzinfo is not None:
        return at
    if not event_time.get("timeZone"):
        raise ValueError("Missing time zone definition.")
    return at.replace(tzinfo=zone(event_time["timeZone"]))


def normalised(event_time: EventTime, calendar_zone: ZoneInfo) -> dict[str, Any]:
    """Write a time as Google gives it back: local to the calendar, with offset and zone."""
    if event_time.get("date"):
        return {"date": event_time["date"]}
    at = moment(event_time, calendar_zone).astimezone(calendar_zone)
    return {
        "dateTime": at.isoformat(timespec="seconds"),
        "timeZone": event_time.get("timeZone") or calendar_zone.key,
    }


def in_zone(at: datetime, wanted: ZoneInfo | None) -> str:
    """Write an instant as free/busy does: in the asked zone, else in UTC with a Z."""
    if wanted:
        return at.astimezone(wanted).isoformat(timespec="seconds")
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def event_time(value: datetime | date) -> dict[str, str]:
    """Turn an aware datetime or a date into an event time; raises ValueError on a naive one."""
    if not isinstance(value, datetime):
        return {"date": value.isoformat()}
    if value.tzinfo is None:
        raise ValueError("a naive datetime has no place in a calendar")
    return {"dateTime": value.isoformat()}
