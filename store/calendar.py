"""The shop's Google calendar: what people put there, and the events that mirror our visits."""

import asyncio
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from gcsa.event import Event
from googleapiclient.errors import HttpError
from loguru import logger

from shop.clock import shop_day
from shop.types import Busy, Interval
from store.errors import CalendarTimeout, CalendarUnavailable, StoreError, translated
from store.google_api import Api, load_credentials

T = TypeVar("T")

REQUEST_TIMEOUT_S = 4.0
"""One exchange with Google, or one silence within it."""
READ_TIMEOUT_S = 4.0
"""A caller waits for what is free."""
WRITE_TIMEOUT_S = 12.0
"""Nobody waits; a write may take a token, a create, a look and a change."""
THREADS = 8
PAGE_SIZE = 2500
EVERYONE = "all"
"""`sendUpdates`: without it Google invites nobody."""
PROPERTY = "appointment_id"

_OWN_FIELDS = ("summary", "description", "start", "end", "status", "extendedProperties")


@dataclass(frozen=True, slots=True)
class CalendarEvent:
    """An event as Google holds it; `appointment_id` is set on those that mirror our visits."""

    id: str
    interval: Interval
    title: str
    status: str
    transparent: bool
    link: str | None
    appointment_id: int | None


@dataclass(frozen=True, slots=True)
class EventDraft:
    """How the event of a visit should be; `known` says that it has been written before."""

    event_id: str
    appointment_id: int
    interval: Interval
    title: str
    description: str
    attendee: str | None = None
    known: bool = False


class Calendar:
    """Google Calendar through gcsa, in threads, each answer within its time.

    Every failure is a CalendarUnavailable. Nothing goes over the network before the first use.
    """

    def __init__(
        self, *, calendar_id: str, credentials_path: Path, api_root: str, zone: ZoneInfo
    ) -> None:
        self._zone = zone
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="calendar")
        credentials = load_credentials(credentials_path)
        self._api = Api(calendar_id, credentials, api_root, REQUEST_TIMEOUT_S)

    async def close(self) -> None:
        """Let writes that have begun come to their end, then close the connections."""
        await asyncio.to_thread(self._threads.shutdown, wait=True, cancel_futures=True)
        self._api.close()

    async def events(self, interval: Interval) -> list[CalendarEvent]:
        """Return all events that touch `interval`, recurring ones singly, by start."""
        return await self._call(lambda: self._list(interval), READ_TIMEOUT_S)

    async def busy(self, interval: Interval) -> list[Busy]:
        """Return when people's own entries block the whole shop.

        Events of our visits are left out (the database knows their bays), as is whatever is shown
        as "free". An entry for a day counts from midnight to midnight of the shop.
        """
        return [
            Busy(event.interval, None)
            for event in await self.events(interval)
            if event.appointment_id is None
            and not event.transparent
            and event.status != "cancelled"
            and event.interval.overlaps(interval)
        ]

    async def put(self, draft: EventDraft) -> str | None:
        """Make the event be as drafted, creating or reviving it if need be; return its link.

        Done twice it changes nothing and sends nobody a second invitation.
        """
        return await self._call(lambda: self._put(draft), WRITE_TIMEOUT_S)

    async def delete(self, event_id: str) -> None:
        """Remove an event and tell those invited; one that is not there is fine."""
        await self._call(lambda: self._delete(event_id), WRITE_TIMEOUT_S)

    async def get(self, event_id: str) -> CalendarEvent | None:
        """Return one event, also a cancelled one, None when Google has never had it."""
        found = await self._call(lambda: self._get(event_id), READ_TIMEOUT_S)
        return None if found is None else self._event(found)

    async def _call(self, work: Callable[[], T], timeout_s: float) -> T:
        future = asyncio.get_running_loop().run_in_executor(self._threads, work)
        try:
            return await asyncio.wait_for(future, timeout_s)
        except TimeoutError as exc:
            raise CalendarTimeout(f"no answer from Google within {timeout_s} s") from exc
        except StoreError:
            raise
        except Exception as exc:
            known = translated(exc)
            if known is None and isinstance(exc, OSError | ValueError | KeyError):
                known = CalendarUnavailable(f"{type(exc).__name__}: {str(exc)[:200]}")
            if known is None:
                raise
            raise known from exc

    def _list(self, interval: Interval) -> list[CalendarEvent]:
        found = self._api.get_events(
            interval.start,
            interval.end,
            order_by="startTime",
            single_events=True,
            timezone=self._zone.key,
            maxResults=PAGE_SIZE,
        )
        return [self._event(event) for event in found if event.start is not None]

    def _put(self, draft: EventDraft) -> str | None:
        current = self._get(draft.event_id) if draft.known else None
        if current is None:
            try:
                return _link(self._create(draft))
            except HttpError as exc:
                if exc.status_code != 409:
                    raise
            # The id exists: a create whose answer was lost, or an event deleted since.
            current = self._get(draft.event_id)
        if current is not None and self._same(current, draft):
            return _link(current)
        revived = current is not None and current.other.get("status") == "cancelled"
        fields = (*_OWN_FIELDS, "attendees") if revived else _OWN_FIELDS
        return _link(self._change(draft, fields))

    def _create(self, draft: EventDraft) -> Event:
        wanted = self._as_event(draft)
        return self._inviting(wanted, lambda: self._api.add_event(wanted, send_updates=EVERYONE))

    def _change(self, draft: EventDraft, fields: Collection[str]) -> Event:
        wanted = self._as_event(draft)
        return self._inviting(
            wanted, lambda: self._api.patch_event(wanted, fields, sendUpdates=EVERYONE)
        )

    def _inviting(self, wanted: Event, write: Callable[[], Event]) -> Event:
        try:
            return write()
        except HttpError as exc:
            # A service account may invite only with the domain's consent, and Google refuses
            # addresses it finds malformed. The visit matters more than the invitation.
            if not wanted.attendees or not _about_attendees(exc):
                raise
            logger.bind(part="google", status=exc.status_code).warning("attendee not invited")
            wanted.attendees = []
            return write()

    def _delete(self, event_id: str) -> None:
        try:
            self._api.delete_event(event_id, send_updates=EVERYONE)
        except HttpError as exc:
            if exc.status_code not in (404, 410):
                raise
            # Said of an event that is there, it would leave an orphan: look.
            current = self._get(event_id)
            if current is not None and current.other.get("status") != "cancelled":
                raise

    def _get(self, event_id: str) -> Event | None:
        try:
            return self._api.get_event(event_id)
        except HttpError as exc:
            if exc.status_code == 404:  # a deleted one is still there, as cancelled
                return None
            raise

    def _as_event(self, draft: EventDraft) -> Event:
        return Event(
            draft.title,
            start=draft.interval.start.astimezone(self._zone),
            end=draft.interval.end.astimezone(self._zone),
            timezone=self._zone.key,
            event_id=draft.event_id,
            description=draft.description,
            attendees=draft.attendee,
            default_reminders=True,
            status="confirmed",
            extendedProperties={"private": {PROPERTY: str(draft.appointment_id)}},
        )

    def _same(self, current: Event, draft: EventDraft) -> bool:
        event = self._event(current)
        return (
            event.status == "confirmed"
            and event.interval == draft.interval
            and event.title == draft.title
            and (current.description or "") == draft.description
            and event.appointment_id == draft.appointment_id
        )

    def _event(self, event: Event) -> CalendarEvent:
        private = event.other.get("extendedProperties", {}).get("private", {})
        own = str(private.get(PROPERTY, ""))
        return CalendarEvent(
            id=str(event.event_id),
            interval=Interval(self._instant(event.start), self._instant(event.end)),
            title=event.summary or "",
            status=str(event.other.get("status", "confirmed")),
            transparent=event.transparency == "transparent",
            link=_link(event),
            appointment_id=int(own) if own.isdecimal() else None,
        )

    def _instant(self, moment: datetime | date) -> datetime:
        if isinstance(moment, datetime):
            local = moment if moment.tzinfo else moment.replace(tzinfo=self._zone)
            return local.astimezone(UTC)
        return shop_day(moment, self._zone).start


def _link(event: Event) -> str | None:
    link: Any = event.other.get("htmlLink")
    return str(link) if link else None


def _about_attendees(exc: HttpError) -> bool:
    if exc.status_code not in (400, 403):
        return False
    said = exc.content.decode(errors="replace").lower()
    return "attendee" in said or "forbiddenforserviceaccounts" in said
