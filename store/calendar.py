"""The shop's Google calendar: reading what is there, and writing one event at a time."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from gcsa.event import Event
from googleapiclient.errors import HttpError
from loguru import logger

from shop.clock import BadTime
from shop.types import Interval
from store.calendar_event import CalendarEvent, EventDraft, differences, read_event
from store.errors import (
    CalendarQuota,
    CalendarTimeout,
    CalendarUnavailable,
    EventChanged,
    StoreError,
    SyncExpired,
    translated,
)
from store.google_api import Api, Json, load_credentials

T = TypeVar("T")

REQUEST_TIMEOUT_S = 4.0
"""One exchange with Google, or one silence within it."""
READ_TIMEOUT_S = 4.0
"""A caller waits for what is free."""
WRITE_TIMEOUT_S = 12.0
"""Nobody waits; a write may take a token and a second try without its guest."""
LIST_TIMEOUT_S = 15.0
"""Nobody waits; a full list may have many pages."""
THREADS = 8
PAGE_SIZE = 2500
EVERYONE = "all"
"""`sendUpdates`: without it Google invites nobody."""

_QUOTA = ("ratelimitexceeded", "quotaexceeded")


@dataclass(frozen=True, slots=True)
class Changes:
    """What a list told: events as they are now, ids of those that are gone, the next token."""

    events: tuple[CalendarEvent, ...]
    gone: tuple[str, ...]
    sync_token: str | None


class Calendar:
    """Google Calendar through its client and gcsa, in threads, each answer within its time.

    Every failure is a CalendarUnavailable. Nothing goes over the network before the first use.
    """

    def __init__(
        self, *, calendar_id: str, credentials_path: Path, api_root: str, zone: ZoneInfo
    ) -> None:
        self.calendar_id = calendar_id
        self._zone = zone
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="calendar")
        credentials = load_credentials(credentials_path)
        self._api = Api(calendar_id, credentials, api_root, REQUEST_TIMEOUT_S)

    async def close(self) -> None:
        """Let writes that have begun come to their end, then close the connections."""
        await asyncio.to_thread(self._threads.shutdown, wait=True, cancel_futures=True)
        self._api.close()

    async def events(
        self, interval: Interval, calendar_id: str | None = None
    ) -> list[CalendarEvent]:
        """Return all events that touch `interval`, recurring ones singly."""
        query = self._within(interval)
        found = await self._call(lambda: self._list(calendar_id, query), READ_TIMEOUT_S)
        return [event for event in found.events if event.interval is not None]

    async def changes(self, calendar_id: str, sync_token: str | None, window: Interval) -> Changes:
        """Return what changed since `sync_token`; without one, all that touches `window`.

        Changes may lie outside the window. Raises SyncExpired when Google wants a full list.
        """
        query = {"syncToken": sync_token} if sync_token else self._within(window)
        try:
            return await self._call(lambda: self._list(calendar_id, query), LIST_TIMEOUT_S)
        except CalendarUnavailable as exc:
            cause = exc.__cause__
            if sync_token and isinstance(cause, HttpError) and cause.status_code in (400, 410):
                raise SyncExpired(str(exc)) from exc
            raise

    async def get(self, event_id: str) -> CalendarEvent | None:
        """Return one event, also a cancelled one, None when Google has never had it."""
        return await self._call(lambda: self._get(event_id), READ_TIMEOUT_S)

    async def create(self, draft: EventDraft) -> CalendarEvent | None:
        """Create the event; None when Google says that its id has been used."""
        return await self._call(lambda: self._create(draft), WRITE_TIMEOUT_S)

    async def change(self, draft: EventDraft, shown: CalendarEvent) -> CalendarEvent:
        """Make the event be as drafted, leaving alone what people wrote.

        One that is as it should be is not written. Raises EventChanged when it is not any more as
        `shown`.
        """
        body = differences(draft, shown, self._zone)
        if not body:
            return shown
        return await self._call(lambda: self._change(shown, body), WRITE_TIMEOUT_S)

    async def delete(self, event_id: str) -> None:
        """Remove an event and tell those invited; one that is not there is fine."""
        await self._call(lambda: self._delete(event_id), WRITE_TIMEOUT_S)

    async def _call(self, work: Callable[[], T], timeout_s: float) -> T:
        future = asyncio.get_running_loop().run_in_executor(self._threads, work)
        try:
            return await asyncio.wait_for(future, timeout_s)
        except TimeoutError as exc:
            raise CalendarTimeout(f"no answer from Google within {timeout_s} s") from exc
        except StoreError:
            raise
        except Exception as exc:
            known = _refusal(exc) if isinstance(exc, HttpError) else translated(exc)
            if known is None and isinstance(exc, OSError | ValueError | KeyError | RuntimeError):
                known = CalendarUnavailable(f"{type(exc).__name__}: {str(exc)[:200]}")
            if known is None:
                raise
            raise known from exc

    def _within(self, interval: Interval) -> dict[str, Any]:
        return {"timeMin": interval.start.isoformat(), "timeMax": interval.end.isoformat()}

    def _list(self, calendar_id: str | None, query: dict[str, Any]) -> Changes:
        events: list[CalendarEvent] = []
        gone: list[str] = []
        token = None
        for page in self._api.pages(
            calendar_id or self.calendar_id, singleEvents=True, maxResults=PAGE_SIZE, **query
        ):
            for told in page.get("items", ()):
                self._sort(told, events, gone)
            token = page.get("nextSyncToken")
        return Changes(tuple(events), tuple(gone), token)

    def _sort(self, told: Json, events: list[CalendarEvent], gone: list[str]) -> None:
        try:
            event = read_event(told, self._zone)
        except (KeyError, ValueError, TypeError, AttributeError, BadTime) as exc:
            # One entry that nobody can read must not hide all the others.
            logger.bind(part="google", error=type(exc).__name__).warning("event not readable")
            return
        if event.cancelled or event.interval is None:
            gone.append(event.id)
        else:
            events.append(event)

    def _get(self, event_id: str) -> CalendarEvent | None:
        try:
            return read_event(self._api.read(event_id), self._zone)
        except HttpError as exc:
            if exc.status_code == 404:  # a deleted one is still there, as cancelled
                return None
            raise

    def _create(self, draft: EventDraft) -> CalendarEvent | None:
        def write(guest: str | None) -> Json:
            event = Event(
                draft.title,
                start=draft.interval.start.astimezone(self._zone),
                end=draft.interval.end.astimezone(self._zone),
                timezone=self._zone.key,
                event_id=draft.event_id,
                description=draft.description,
                attendees=guest,
                default_reminders=True,
                status="confirmed",
                extendedProperties={"private": draft.properties()},
            )
            return self._api.create(event, sendUpdates=EVERYONE)

        try:
            made = _inviting(draft.attendee, write)
        except HttpError as exc:
            # The id exists: a create whose answer was lost, or an event deleted since.
            if exc.status_code == 409:
                return None
            raise
        return read_event(made, self._zone)

    def _change(self, shown: CalendarEvent, body: Json) -> CalendarEvent:
        def write(guests: list[Json] | None) -> Json:
            now = body if guests == body.get("attendees") else {**body, "attendees": []}
            return self._api.patch(shown.id, now, shown.etag, sendUpdates=EVERYONE)

        return read_event(_inviting(body.get("attendees"), write), self._zone)

    def _delete(self, event_id: str) -> None:
        try:
            self._api.delete_event(event_id, send_updates=EVERYONE)
        except HttpError as exc:
            if exc.status_code not in (404, 410):
                raise
            # Said of an event that is there, it would leave an orphan: look.
            current = self._get(event_id)
            if current is not None and not current.cancelled:
                raise


def _inviting(guests: T | None, write: Callable[[T | None], Json]) -> Json:
    try:
        return write(guests)
    except HttpError as exc:
        # A service account may invite only with the domain's consent, and Google refuses addresses
        # it finds malformed. The visit matters more than the invitation.
        if not guests or not _about_attendees(exc):
            raise
        logger.bind(part="google", status=exc.status_code).warning("attendee not invited")
        return write(None)


def _about_attendees(exc: HttpError) -> bool:
    if exc.status_code not in (400, 403):
        return False
    said = exc.content.decode(errors="replace").lower()
    return "attendee" in said or "forbiddenforserviceaccounts" in said


def _refusal(exc: HttpError) -> StoreError | None:
    said = exc.content.decode(errors="replace").lower()
    known = translated(exc)
    if exc.status_code == 412:
        return EventChanged(str(known))
    if exc.status_code == 429 or (exc.status_code == 403 and any(one in said for one in _QUOTA)):
        quota = CalendarQuota(str(known))
        wish = str(exc.resp.get("retry-after", ""))
        quota.retry_after_s = float(wish) if wish.isdecimal() else 0.0
        return quota
    return known
