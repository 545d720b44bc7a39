"""An event of Google Calendar: how ours should be, how one is, and who wrote it that way.

Every event of ours carries what we last wrote in private properties, which people's edits leave
alone. So each event tells by itself whether people changed it since, whatever was lost on the way:
an answer, a crash, this database.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from shop.clock import shop_day
from shop.types import Interval

Json = dict[str, Any]

APPOINTMENT = "appointment_id"
INSTALLATION = "installation"
WRITTEN_TIME = "written_time"
WRITTEN_TEXT = "written_text"

_MOST_DIGITS = 18
"""A bigint holds any number of so many digits."""


@dataclass(frozen=True, slots=True)
class CalendarEvent:
    """An event as Google holds it.

    `interval` is None where Google tells none, as of some cancelled events. `busy` says that it
    blocks time. The `written_*` are what we last wrote, None when the event does not say.
    """

    id: str
    interval: Interval | None
    title: str
    description: str
    cancelled: bool
    busy: bool
    whole_days: bool
    link: str | None
    etag: str | None
    appointment_id: int | None
    installation: str | None
    written_time: str | None
    written_title: str | None
    written_description: str | None

    def belongs_to(self, installation: str) -> bool:
        """Say whether this is the event of one of our visits: another database's is not."""
        return self.appointment_id is not None and self.installation in (None, installation)


@dataclass(frozen=True, slots=True)
class EventDraft:
    """How the event of a visit should be."""

    event_id: str
    appointment_id: int
    interval: Interval
    title: str
    description: str
    attendee: str | None = None
    installation: str | None = None

    def properties(self, shown: CalendarEvent | None = None) -> dict[str, str]:
        """Return the private properties of the event once it is as drafted.

        Of texts that people changed in `shown` it stays known what we last wrote.
        """
        title, description = fingerprint(self.title), fingerprint(self.description)
        if shown is not None and title_edited(shown):
            title = shown.written_title or title
        if shown is not None and description_edited(shown):
            description = shown.written_description or description
        said = {
            APPOINTMENT: str(self.appointment_id),
            WRITTEN_TIME: stamp(self.interval),
            WRITTEN_TEXT: f"{title}.{description}",
        }
        return said | ({INSTALLATION: self.installation} if self.installation else {})


def stamp(interval: Interval) -> str:
    """Return a stretch of time as text, to the second and in UTC."""
    ends = (at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") for at in _ends(interval))
    return "/".join(ends)


def fingerprint(text: str) -> str:
    """Return a short text that tells texts apart; edges and line ends do not count."""
    return hashlib.sha256("\n".join(text.split()).encode()).hexdigest()[:16]


def title_edited(event: CalendarEvent) -> bool:
    """Say whether people changed the title since we wrote it."""
    return event.written_title not in (None, fingerprint(event.title))


def description_edited(event: CalendarEvent) -> bool:
    """Say whether people changed the notes since we wrote them."""
    return event.written_description not in (None, fingerprint(event.description))


def differences(draft: EventDraft, shown: CalendarEvent, zone: ZoneInfo) -> Json:
    """Return the fields that make `shown` be as drafted, except texts that people changed.

    A deleted event is revived as a whole, with its guest.
    """
    body: Json = {}
    if shown.cancelled or shown.interval is None or stamp(shown.interval) != stamp(draft.interval):
        for side, at in zip(("start", "end"), _ends(draft.interval), strict=True):
            body[side] = {"dateTime": at.astimezone(zone).isoformat(), "timeZone": zone.key}
            if shown.whole_days:
                body[side]["date"] = None  # in a patch, a null takes the field away
    if shown.cancelled:
        guests = [{"email": draft.attendee}] if draft.attendee else []
        body |= {"status": "confirmed", "attendees": guests}
    if shown.title != draft.title and not title_edited(shown):
        body["summary"] = draft.title
    if shown.description != draft.description and not description_edited(shown):
        body["description"] = draft.description
    wanted = draft.properties(shown)
    if body or _properties(shown) != wanted:
        body["extendedProperties"] = {"private": wanted}
    return body


def read_event(told: Mapping[str, Any], zone: ZoneInfo) -> CalendarEvent:
    """Read Google's JSON; an entry for days lasts from midnight to midnight of `zone`.

    Raises KeyError or ValueError when it is not an event.
    """
    private = told.get("extendedProperties", {}).get("private", {})
    own = str(private.get(APPOINTMENT, ""))
    title, _, description = str(private.get(WRITTEN_TEXT, "")).partition(".")
    start, end = told.get("start") or {}, told.get("end") or {}
    has_time = bool(start and end)
    return CalendarEvent(
        id=str(told["id"]),
        interval=Interval(_instant(start, zone), _instant(end, zone)) if has_time else None,
        title=str(told.get("summary", "")),
        description=str(told.get("description", "")),
        cancelled=told.get("status") == "cancelled",
        busy=has_time and _blocks(told),
        whole_days="date" in start,
        link=told.get("htmlLink"),
        etag=told.get("etag"),
        # Of a visit that people made recur, each occurrence is an entry of their own.
        appointment_id=int(own)
        if own.isdecimal() and len(own) <= _MOST_DIGITS and "recurringEventId" not in told
        else None,
        installation=private.get(INSTALLATION),
        written_time=private.get(WRITTEN_TIME),
        written_title=title or None,
        written_description=description or None,
    )


def _blocks(told: Mapping[str, Any]) -> bool:
    declined = any(
        guest.get("self") and guest.get("responseStatus") == "declined"
        for guest in told.get("attendees", ())
    )
    return (
        told.get("status") != "cancelled"
        and told.get("transparency") != "transparent"
        and told.get("eventType") != "workingLocation"
        and not declined
    )


def _properties(shown: CalendarEvent) -> dict[str, str]:
    texts = f"{shown.written_title or ''}.{shown.written_description or ''}"
    said = {
        APPOINTMENT: "" if shown.appointment_id is None else str(shown.appointment_id),
        INSTALLATION: shown.installation or "",
        WRITTEN_TIME: shown.written_time or "",
        WRITTEN_TEXT: texts if len(texts) > 1 else "",
    }
    return {name: value for name, value in said.items() if value}


def _ends(interval: Interval) -> tuple[datetime, datetime]:
    return interval.start, interval.end


def _instant(told: Mapping[str, Any], zone: ZoneInfo) -> datetime:
    if day := told.get("date"):
        return shop_day(date.fromisoformat(day), zone).start
    at = datetime.fromisoformat(told["dateTime"])
    if at.tzinfo is None:
        at = at.replace(tzinfo=ZoneInfo(told["timeZone"]) if told.get("timeZone") else zone)
    return at.astimezone(UTC)
