"""The calendars themselves: what is in them, how it changes, and what goes wrong next."""

import base64
import json
import re
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.google import recurrence, times
from sandbox.google.credentials import Tokens

EventJson = dict[str, Any]

_ID = re.compile(r"[a-v0-9]{5,1024}")
_READ_ONLY = frozenset({"kind", "etag", "id", "htmlLink", "created", "updated", "creator"}) | {
    "organizer",
    "iCalUID",
    "sequence",
}


class GoogleError(Exception):
    """A refusal in the vendor's terms."""

    def __init__(self, status: int, reason: str, message: str, domain: str = "global") -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.message = message
        self.domain = domain


@dataclass(slots=True)
class Fault:
    """What goes wrong with the next `times` requests (of one operation, when it is named).

    `hang_s` delays the answer. `after_effect` fails although the request was carried out, as when
    the answer is lost on its way. Without a status the request is only delayed. `retry_after_s`
    goes out as a Retry-After header.
    """

    status: int | None = None
    reason: str = "backendError"
    times: int = 1
    operation: str | None = None
    hang_s: float = 0.0
    after_effect: bool = False
    retry_after_s: int | None = None


@dataclass(slots=True)
class _Calendar:
    id: str
    summary: str
    zone: ZoneInfo
    events: dict[str, EventJson] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)
    # Occurrences that are no more, because their rule changed or ended: id to version.
    vanished: dict[str, int] = field(default_factory=dict)


def _now() -> datetime:
    return datetime.now(UTC)


class CalendarWorld:
    """All calendars of one account. The first one is also called "primary".

    `add_event`, `change_event` and `delete_event` are what people do by hand; `insert`, `patch`,
    `update` and `delete` are what the API does, with its refusals (GoogleError). `requests` lists
    (operation, status) of what was asked over HTTP, `invitations` (operation, event id,
    sendUpdates) of every write that had guests to tell.
    """

    def __init__(
        self,
        calendars: Iterable[str] = ("shop@bayline.example",),
        *,
        time_zone: str = "America/Los_Angeles",
        now: Callable[[], datetime] = _now,
    ) -> None:
        self.tokens = Tokens()
        self.faults: list[Fault] = []
        self.requests: list[tuple[str, int]] = []
        self.invitations: list[tuple[str, str, str]] = []
        self.version = 1
        self.oldest_sync_version = 0
        self._now = now
        self.calendars: dict[str, _Calendar] = {
            name: _Calendar(name, name.partition("@")[0], times.zone(time_zone))
            for name in calendars
        }

    # By hand

    def events(self, calendar_id: str, *, deleted: bool = False) -> list[EventJson]:
        """List the events of a calendar as Google would send them, by start."""
        calendar = self.calendar(calendar_id)
        found = [e for e in calendar.events.values() if deleted or e["status"] != "cancelled"]
        return sorted(found, key=lambda event: self.span(calendar, event)[0])

    def singly(
        self, calendar_id: str, latest: datetime | None = None
    ) -> list[tuple[EventJson, int]]:
        """List all events and their versions, deleted ones too, recurring ones by occurrence.

        Occurrences that are no more are cancelled events that know little more than their id.
        """
        calendar = self.calendar(calendar_id)
        found: list[tuple[EventJson, int]] = []
        for event in calendar.events.values():
            version = calendar.versions[event["id"]]
            if not event.get("recurrence"):
                found.append((event, version))
            elif event["status"] != "cancelled":
                found += [
                    (one, version)
                    for one in recurrence.occurrences(event, calendar.zone, latest)
                    if one["id"] not in calendar.events
                ]
        for event_id, version in calendar.vanished.items():
            told = {"kind": "calendar#event", "etag": f'"{version}"', "id": event_id}
            found.append((told | {"status": "cancelled", "updated": self._stamp()}, version))
        return found

    def add_event(
        self,
        calendar_id: str,
        *,
        start: datetime | date,
        end: datetime | date,
        summary: str = "",
        **fields: Any,
    ) -> EventJson:
        """Put an event into a calendar: aware datetimes, or dates for whole days (end excluded)."""
        body = {"start": times.event_time(start), "end": times.event_time(end), "summary": summary}
        return self.insert(calendar_id, body | fields)

    def change_event(self, calendar_id: str, event_id: str, **fields: Any) -> EventJson:
        """Change fields of an event, as given in the API."""
        return self.patch(calendar_id, event_id, fields)

    def delete_event(self, calendar_id: str, event_id: str) -> None:
        """Remove an event; its id stays taken."""
        self.delete(calendar_id, event_id)

    def save(self, path: Path) -> None:
        """Write all events to a file, for `load` in a later process."""
        kept = {
            name: {"events": calendar.events, "versions": calendar.versions}
            for name, calendar in self.calendars.items()
        }
        path.write_text(json.dumps({"version": self.version, "calendars": kept}))

    def load(self, path: Path) -> None:
        """Take over what `save` wrote; a file that is not there changes nothing."""
        if not path.exists():
            return
        kept = json.loads(path.read_text())
        self.version = kept["version"]
        for name, content in kept["calendars"].items():
            self.calendars[name].events.update(content["events"])
            self.calendars[name].versions.update(content["versions"])

    # What goes wrong

    def fail_next(
        self, status: int, reason: str = "backendError", times: int = 1, **more: Any
    ) -> None:
        """Let the next requests fail; `more` are further fields of `Fault`."""
        self.faults.append(Fault(status, reason, times, **more))

    def hang_next(self, seconds: float, times: int = 1, operation: str | None = None) -> None:
        """Let the next requests be answered so much later."""
        self.faults.append(Fault(hang_s=seconds, times=times, operation=operation))

    def take_fault(self, operation: str) -> Fault | None:
        """Use up one fault that applies to a request."""
        for fault in self.faults:
            if fault.operation in (None, operation):
                fault.times -= 1
                if fault.times <= 0:
                    self.faults.remove(fault)
                return fault
        return None

    def expire_sync_tokens(self) -> None:
        """Make every sync token handed out so far invalid (410 fullSyncRequired)."""
        self.version += 1
        self.oldest_sync_version = self.version

    # The API

    def calendar(self, calendar_id: str) -> _Calendar:
        """Find a calendar; raises GoogleError 404."""
        if calendar_id == "primary" and self.calendars:
            return next(iter(self.calendars.values()))
        if calendar_id not in self.calendars:
            raise GoogleError(404, "notFound", "Not Found")
        return self.calendars[calendar_id]

    def get(self, calendar_id: str, event_id: str) -> EventJson:
        """Find an event; a deleted one is still there as cancelled. Raises GoogleError 404."""
        calendar = self.calendar(calendar_id)
        event = calendar.events.get(event_id)
        if event is not None:
            return event
        master = calendar.events.get(event_id.partition("_")[0], {})
        if master.get("recurrence") and master["status"] != "cancelled":
            event = recurrence.occurrence(master, calendar.zone, event_id)
        if event is None:
            raise GoogleError(404, "notFound", "Not Found")
        return event

    def insert(self, calendar_id: str, body: Mapping[str, Any]) -> EventJson:
        """Create an event; its own id is refused with 409 when it was ever used."""
        calendar = self.calendar(calendar_id)
        event_id = body.get("id") or base64.b32hexencode(secrets.token_bytes(15)).decode().lower()
        if not _ID.fullmatch(event_id):
            raise GoogleError(400, "invalid", "Invalid resource id value.")
        if event_id in calendar.events:
            message = "The requested identifier already exists."
            raise GoogleError(409, "duplicate", message)
        owner = {"email": calendar.id, "self": True}
        eid = base64.urlsafe_b64encode(f"{event_id} {calendar.id}".encode()).decode().rstrip("=")
        event = {
            "kind": "calendar#event",
            "id": event_id,
            "status": "confirmed",
            "htmlLink": f"https://www.google.com/calendar/event?eid={eid}",
            "created": self._stamp(),
            "creator": owner,
            "organizer": owner | {"displayName": calendar.summary},
            "iCalUID": f"{event_id}@google.com",
            "sequence": 0,
            "reminders": {"useDefault": True},
            "eventType": "default",
        }
        return self._store(calendar, event | _writable(body))

    def patch(
        self, calendar_id: str, event_id: str, body: Mapping[str, Any], if_match: str | None = None
    ) -> EventJson:
        """Merge fields into an event (null removes one); 412 when the etag is another."""
        event = self._checked(calendar_id, event_id, if_match)
        return self._store(self.calendar(calendar_id), _merged(event, _writable(body)), event)

    def update(
        self, calendar_id: str, event_id: str, body: Mapping[str, Any], if_match: str | None = None
    ) -> EventJson:
        """Replace an event's fields; 412 when the etag is another."""
        event = self._checked(calendar_id, event_id, if_match)
        kept = {key: event[key] for key in (*_READ_ONLY, "eventType") if key in event}
        fresh = {"status": "confirmed", "reminders": {"useDefault": True}} | _writable(body)
        return self._store(self.calendar(calendar_id), kept | fresh, event)

    def delete(self, calendar_id: str, event_id: str, if_match: str | None = None) -> None:
        """Cancel an event; 410 when it is cancelled already."""
        event = self._checked(calendar_id, event_id, if_match)
        if event["status"] == "cancelled":
            raise GoogleError(410, "deleted", "Resource has been deleted")
        self._store(self.calendar(calendar_id), event | {"status": "cancelled"}, event)

    def span(self, calendar: _Calendar, event: EventJson) -> tuple[datetime, datetime]:
        """When an event begins and ends."""
        return (
            times.moment(event["start"], calendar.zone),
            times.moment(event["end"], calendar.zone),
        )

    def _checked(self, calendar_id: str, event_id: str, if_match: str | None) -> EventJson:
        event = self.get(calendar_id, event_id)
        if if_match not in (None, "*", event["etag"]):
            raise GoogleError(412, "conditionNotMet", "Precondition Failed")
        return event

    def _store(
        self, calendar: _Calendar, event: EventJson, before: EventJson | None = None
    ) -> EventJson:
        for side in ("start", "end"):
            if not isinstance(event.get(side), dict):
                raise GoogleError(400, "required", f"Missing {side} time.")
        try:
            start, end = self.span(calendar, event)
            if event.get("recurrence"):
                recurrence.check_rule(event, calendar.zone)
        except (ValueError, TypeError) as exc:
            raise GoogleError(400, "invalid", str(exc)) from exc
        if ("date" in event["start"]) != ("date" in event["end"]) or end < start:
            raise GoogleError(400, "timeRangeEmpty", "The specified time range is empty.")
        event = event | {
            side: times.normalised(event[side], calendar.zone) for side in ("start", "end")
        }
        if before and any(before[side] != event[side] for side in ("start", "end")):
            event["sequence"] = before["sequence"] + 1
        for attendee in event.get("attendees", ()):
            attendee.setdefault("responseStatus", "needsAction")
        self.version += 1
        event["etag"] = f'"{3_180_000_000_000_000 + self.version}"'
        event["updated"] = self._stamp()
        calendar.events[event["id"]] = event
        calendar.versions[event["id"]] = self.version
        if event.get("recurrence") or (before and before.get("recurrence")):
            self._note_vanished(calendar, before or {}, event)
        return event

    def _note_vanished(self, calendar: _Calendar, before: EventJson, event: EventJson) -> None:
        old, new = (
            {one["id"] for one in recurrence.occurrences(state, calendar.zone)}
            if state.get("recurrence") and state["status"] != "cancelled"
            else set()
            for state in (before, event)
        )
        for event_id in new:
            calendar.vanished.pop(event_id, None)
        for event_id in old - new:
            calendar.vanished[event_id] = self.version
            calendar.events.pop(event_id, None)  # an occurrence that was changed by itself

    def _stamp(self) -> str:
        return self._now().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def _writable(body: Mapping[str, Any]) -> EventJson:
    return {key: value for key, value in body.items() if key not in _READ_ONLY}


def _merged(old: Mapping[str, Any], new: Mapping[str, Any]) -> EventJson:
    merged = dict(old)
    for key, value in new.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, Mapping) and isinstance(merged.get(key), Mapping):
            merged[key] = _merged(merged[key], value)
        else:
            merged[key] = value
    for choice, other in (("date", "dateTime"), ("dateTime", "date")):
        if choice in new and other not in new:
            merged.pop(other, None)
    return merged
