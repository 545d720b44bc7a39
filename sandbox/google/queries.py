"""What is asked of the calendars: lists of events with their filters and tokens, and free/busy."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sandbox.google import times
from sandbox.google.world import CalendarWorld, EventJson, GoogleError

_NOT_WITH_SYNC = (
    "iCalUID",
    "orderBy",
    "privateExtendedProperty",
    "q",
    "sharedExtendedProperty",
    "timeMin",
    "timeMax",
    "updatedMin",
)
_NO_SYNC_AFTER = ("iCalUID", "orderBy", "privateExtendedProperty", "q", "updatedMin")
_TOLD_OF_DELETED = (
    "kind",
    "etag",
    "id",
    "status",
    "updated",
    "recurringEventId",
    "originalStartTime",
)
_SEARCHED = ("summary", "description", "location")


def list_events(
    world: CalendarWorld, calendar_id: str, query: Mapping[str, Sequence[str]]
) -> dict[str, Any]:
    """Answer events.list. `query` has every value of each parameter. Raises GoogleError."""
    one = {key: values[-1] for key, values in query.items() if values}
    calendar = world.calendar(calendar_id)
    version, offset = world.version, 0
    if page := one.get("pageToken"):
        version, offset = _token(page, "page")
    since: int | None = None
    if sync := one.get("syncToken"):
        if any(name in one for name in _NOT_WITH_SYNC):
            raise GoogleError(400, "invalid", "Sync token cannot be used with other filters.")
        since, _ = _token(sync, "sync")
        if since < world.oldest_sync_version:
            raise _full_sync()
    size = min(_whole(one, "maxResults", 250), 2500)
    found = _matching(world, calendar_id, query, one, since)
    body: dict[str, Any] = {
        "kind": "calendar#events",
        "etag": f'"p{world.version}"',
        "summary": calendar.summary,
        "updated": max((event["updated"] for event in found), default="1970-01-01T00:00:00.000Z"),
        "timeZone": calendar.zone.key,
        "accessRole": "owner",
        "defaultReminders": [],
        "items": [_shown(event, since) for event in found[offset : offset + size]],
    }
    if offset + size < len(found):
        body["nextPageToken"] = _make_token("page", version, offset + size)
    elif not any(name in one for name in _NO_SYNC_AFTER):
        body["nextSyncToken"] = _make_token("sync", version, 0)
    return body


def _matching(
    world: CalendarWorld,
    calendar_id: str,
    query: Mapping[str, Sequence[str]],
    one: Mapping[str, str],
    since: int | None,
) -> list[EventJson]:
    calendar = world.calendar(calendar_id)
    earliest, latest = _instant(one, "timeMin"), _instant(one, "timeMax")
    if earliest and latest and earliest >= latest:
        raise GoogleError(400, "timeRangeEmpty", "The specified time range is empty.")
    found = _known(world, calendar_id, one, since, latest)
    timed = [event for event in found if "start" in event]
    found = timed if earliest or latest else found
    if earliest:
        found = [event for event in found if world.span(calendar, event)[1] > earliest]
    if latest:
        found = [event for event in found if world.span(calendar, event)[0] < latest]
    if updated := _instant(one, "updatedMin"):
        found = [e for e in found if datetime.fromisoformat(e["updated"]) >= updated]
    for kind in ("private", "shared"):
        for wanted in query.get(f"{kind}ExtendedProperty", ()):
            name, _, value = wanted.partition("=")
            found = [e for e in found if _property(e, kind, name) == value]
    if uid := one.get("iCalUID"):
        found = [event for event in found if event["iCalUID"] == uid]
    for word in one.get("q", "").lower().split():
        found = [event for event in found if word in _text(event)]
    if one.get("orderBy") == "startTime":
        if one.get("singleEvents") != "true":
            message = "The requested ordering is not available for the particular query."
            raise GoogleError(400, "badRequest", message)
        found.sort(key=lambda event: world.span(calendar, event)[0])
    return found


def _known(
    world: CalendarWorld,
    calendar_id: str,
    one: Mapping[str, str],
    since: int | None,
    latest: datetime | None,
) -> list[EventJson]:
    """List what there is, or what changed since a version, in the order of the changes."""
    calendar = world.calendar(calendar_id)
    if one.get("singleEvents") == "true":
        known = world.singly(calendar_id, latest)
    else:
        known = [(event, calendar.versions[key]) for key, event in calendar.events.items()]
    deleted = one.get("showDeleted") == "true" or since is not None
    return [
        event
        for event, version in sorted(known, key=lambda pair: pair[1])
        if (since is None or version > since) and (deleted or event["status"] != "cancelled")
    ]


def _shown(event: EventJson, since: int | None) -> EventJson:
    """A deletion comes in an incremental sync with little more than its id."""
    if since is None or event["status"] != "cancelled":
        return event
    return {key: event[key] for key in _TOLD_OF_DELETED if key in event}


def _property(event: EventJson, kind: str, name: str) -> object:
    return event.get("extendedProperties", {}).get(kind, {}).get(name)


def _text(event: EventJson) -> str:
    parts = [str(event.get(key, "")) for key in _SEARCHED]
    parts += [str(attendee) for attendee in event.get("attendees", ())]
    return " ".join(parts).lower()


def free_busy(world: CalendarWorld, body: Mapping[str, Any]) -> dict[str, Any]:
    """Answer freeBusy.query: busy time of each calendar, joined and cut to the asked span."""
    try:
        earliest, latest = times.instant(body["timeMin"]), times.instant(body["timeMax"])
        wanted = times.zone(body["timeZone"]) if body.get("timeZone") else None
        items = [str(item["id"]) for item in body.get("items", ())]
    except (KeyError, ValueError, TypeError) as exc:
        raise GoogleError(400, "badRequest", f"Bad Request: {exc}") from exc
    if earliest >= latest:
        raise GoogleError(400, "timeRangeEmpty", "The specified time range is empty.")
    calendars: dict[str, Any] = {}
    for name in items:
        try:
            busy = _busy(world, name, earliest, latest)
        except GoogleError:
            error = {"domain": "global", "reason": "notFound"}
            calendars[name] = {"errors": [error], "busy": []}
            continue
        calendars[name] = {
            "busy": [
                {"start": times.in_zone(start, wanted), "end": times.in_zone(end, wanted)}
                for start, end in busy
            ]
        }
    return {
        "kind": "calendar#freeBusy",
        "timeMin": times.in_zone(earliest, None).replace("Z", ".000Z"),
        "timeMax": times.in_zone(latest, None).replace("Z", ".000Z"),
        "calendars": calendars,
    }


def _busy(
    world: CalendarWorld, calendar_id: str, earliest: datetime, latest: datetime
) -> list[tuple[datetime, datetime]]:
    calendar = world.calendar(calendar_id)
    joined: list[tuple[datetime, datetime]] = []
    known = [event for event, _ in world.singly(calendar_id, latest)]
    taken = [e for e in known if e["status"] != "cancelled"]
    for event in sorted(taken, key=lambda event: world.span(calendar, event)[0]):
        if event.get("transparency") == "transparent":
            continue
        start, end = world.span(calendar, event)
        start, end = max(start, earliest), min(end, latest)
        if start >= end:
            continue
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _instant(one: Mapping[str, str], name: str) -> datetime | None:
    if name not in one:
        return None
    try:
        return times.instant(one[name])
    except ValueError as exc:
        raise GoogleError(400, "badRequest", "Bad Request") from exc


def _whole(one: Mapping[str, str], name: str, default: int) -> int:
    try:
        number = int(one.get(name, default))
    except ValueError as exc:
        raise GoogleError(400, "invalidParameter", f"Invalid integer value: {name}") from exc
    if number < 1:
        raise GoogleError(400, "invalidParameter", f"Invalid value for {name}")
    return number


def _make_token(kind: str, version: int, offset: int) -> str:
    return base64.urlsafe_b64encode(f"{kind}:{version}:{offset}".encode()).decode()


def _token(text: str, kind: str) -> tuple[int, int]:
    try:
        found, version, offset = base64.urlsafe_b64decode(text).decode().split(":")
        if found == kind:
            return int(version), int(offset)
    except (binascii.Error, ValueError):
        pass
    if kind == "sync":
        raise _full_sync()
    raise GoogleError(400, "invalid", "Invalid page token value.")


def _full_sync() -> GoogleError:
    message = "Sync token is no longer valid, a full sync is required."
    return GoogleError(410, "fullSyncRequired", message, domain="calendar")
