"""The event of one visit: made to agree with it, or the visit with what people did to the event."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from shop.types import LIVE_STATUSES, Interval
from store.calendar_event import CalendarEvent, EventDraft, stamp
from store.errors import CalendarUnavailable, EventChanged
from store.flowback import FlowBack, Held, Known, Verdict, judge
from store.pool import Connection, Pool, Row

ROUNDS = 5
"""How often an event may turn out to have changed in our hands before it is left for later."""

EFFECTIVE_ID = """
CASE WHEN a.calendar_event_id ~ '^[a-v0-9]+$' AND length(a.calendar_event_id) BETWEEN 5 AND 1024
     THEN a.calendar_event_id ELSE a.calendar_key END
"""
"""The id of the event of appointment `a`: what others wrote there may be no id of Google's."""

_STATE = f"""
SELECT a.id, a.status, a.scheduled_at, a.ends_at, a.service_type, a.bay, a.notes,
       {EFFECTIVE_ID} AS event_id, a.calendar_event_id, a.calendar_link,
       c.first_name, c.last_name, c.phone, c.email,
       v.year, v.make, v.model, v.license_plate,
       box.generation, box.present, box.written, box.accepted, box.etag, box.attempts,
       (SELECT id FROM calendar_installation) AS installation
FROM appointments a
JOIN customers c ON c.id = a.customer_id
JOIN calendar_outbox box ON box.appointment_id = a.id AND box.leased_until = %(leased_until)s
LEFT JOIN vehicles v ON v.id = a.vehicle_id
WHERE a.id = %(id)s
"""  # noqa: S608 - constants only
_LEFT_OVER = """
SELECT event_id, generation FROM calendar_outbox
WHERE appointment_id = %(id)s AND leased_until = %(leased_until)s
    AND NOT EXISTS (SELECT FROM appointments WHERE id = %(id)s)
"""
_GONE = """
DELETE FROM calendar_outbox WHERE appointment_id = %(id)s AND leased_until = %(leased_until)s
    AND generation = %(generation)s
"""
_DELETING = """
UPDATE calendar_outbox SET present = false
WHERE appointment_id = %(id)s AND leased_until = %(leased_until)s
"""
# Only whoever still holds the lease may say what became of it.
_LINK = """
UPDATE appointments SET calendar_event_id = %(event_id)s, calendar_link = %(link)s
WHERE id = %(id)s AND (calendar_event_id, calendar_link)
    IS DISTINCT FROM (%(event_id)s::text, %(link)s::text)
"""
_DONE = """
UPDATE calendar_outbox
SET synced = %(generation)s, leased_until = NULL, attempts = 0, last_error = NULL,
    present = %(present)s, etag = %(etag)s, written = %(written)s,
    settled_at = clock_timestamp()
WHERE appointment_id = %(id)s AND leased_until = %(leased_until)s
RETURNING appointment_id
"""


class Events(Protocol):
    """What is needed of a calendar."""

    async def get(self, event_id: str) -> CalendarEvent | None:
        """Return one event, None when there never was one."""

    async def create(self, draft: EventDraft) -> CalendarEvent | None:
        """Create the event; None when its id has been used."""

    async def change(self, draft: EventDraft, shown: CalendarEvent) -> CalendarEvent:
        """Make the event be as drafted; raises EventChanged."""

    async def delete(self, event_id: str) -> None:
        """Remove the event; one that is not there is fine."""


@dataclass(frozen=True, slots=True)
class _Outcome:
    link: str | None
    present: bool
    etag: str | None
    written: str | None


class VisitEvents:
    """Deals with one event at a time, for whoever holds its lease in the outbox."""

    def __init__(self, pool: Pool, calendar: Events, service_names: Mapping[str, str]) -> None:
        self._pool = pool
        self._calendar = calendar
        self._names = service_names
        self._back = FlowBack(pool)

    async def settle(self, appointment_id: int, leased_until: datetime) -> str | None:
        """Bring visit and event to agreement and note it; return the event's link, if it has one.

        Raises CalendarUnavailable and its like; nothing is half done that the next try would not
        put right.
        """
        lease = {"id": appointment_id, "leased_until": leased_until}
        for _ in range(ROUNDS):
            row = await self._pool.row(_STATE, lease)
            if row is None:
                await self._remove_left_over(lease)
                return None
            try:
                outcome = await self._agree(row, leased_until)
            except EventChanged:
                continue
            if outcome is not None:
                await self._note(row, lease, outcome)
                return outcome.link
        raise EventChanged("the event does not hold still")

    async def _agree(self, row: Row, leased_until: datetime) -> _Outcome | None:
        """Return what was reached; None when the visit has changed and must be looked at again."""
        if row["status"] == "cancelled":
            # Said before it is done: if the answer is lost, the deletion counts as ours.
            await self._pool.execute(_DELETING, {"id": row["id"], "leased_until": leased_until})
            await self._calendar.delete(row["event_id"])
            return _Outcome(None, False, None, None)
        if row["status"] not in LIVE_STATUSES:  # over: the calendar keeps what was
            return _Outcome(row["calendar_link"], row["present"], row["etag"], row["written"])
        draft = self._draft(row)
        if row["calendar_event_id"] is None and row["attempts"] == 0:
            made = await self._calendar.create(draft)
            if made is not None:
                return _reached(draft, made)
        shown = await self._calendar.get(draft.event_id)
        held = Held(row["id"], leased_until, draft.interval)
        known = Known(row["present"], row["written"], row["accepted"])
        return await self._act(judge(shown, draft.interval, known), held, draft, shown)

    async def _act(
        self, verdict: Verdict, held: Held, draft: EventDraft, shown: CalendarEvent | None
    ) -> _Outcome | None:
        if shown is None:
            made = await self._calendar.create(draft)
            return None if made is None else _reached(draft, made)
        if verdict is Verdict.CANCEL:
            await self._back.cancel(held)
            return None
        if verdict is Verdict.MOVE and await self._back.move(held, shown):
            return None
        if verdict is not Verdict.WRITE:
            kind = "place_taken" if verdict is Verdict.MOVE else verdict.value
            await self._back.note(held, kind, shown)
        return _reached(draft, await self._calendar.change(draft, shown))

    async def _remove_left_over(self, lease: dict[str, object]) -> None:
        left = await self._pool.row(_LEFT_OVER, lease)
        if left is None:
            raise CalendarUnavailable("somebody else deals with this event now")
        if left["event_id"] is not None:
            await self._calendar.delete(left["event_id"])
        await self._pool.execute(_GONE, {**lease, "generation": left["generation"]})

    async def _note(self, row: Row, lease: dict[str, object], outcome: _Outcome) -> None:
        over = row["status"] not in (*LIVE_STATUSES, "cancelled")
        values = {
            **lease,
            "generation": row["generation"],
            "event_id": row["calendar_event_id"] if over else row["event_id"],
            "link": outcome.link,
            "present": outcome.present,
            "etag": outcome.etag,
            "written": outcome.written,
        }

        async def work(conn: Connection) -> None:
            # The appointment first: in this order everybody else locks the two rows.
            await conn.execute(_LINK, values)
            if await (await conn.execute(_DONE, values)).fetchone() is None:
                raise CalendarUnavailable("somebody else deals with this event now")

        await self._pool.transaction(work, repeatable=False)

    def _draft(self, row: Row) -> EventDraft:
        service = self._names.get(row["service_type"], row["service_type"].replace("_", " "))
        who = f"{row['first_name']} {row['last_name']}".strip()
        car = " ".join(str(row[part]) for part in ("year", "make", "model") if row[part])
        lines = [
            f"Phone: {row['phone']}",
            f"Plate: {row['license_plate']}" if row["license_plate"] else "",
            f"Bay: {row['bay']}",
            f"Notes: {row['notes']}" if row["notes"] else "",
        ]
        return EventDraft(
            event_id=row["event_id"],
            appointment_id=row["id"],
            interval=Interval(row["scheduled_at"].astimezone(UTC), row["ends_at"].astimezone(UTC)),
            title=", ".join(part for part in (f"{service.capitalize()}: {who}", car) if part),
            description="\n".join(line for line in lines if line),
            attendee=row["email"],
            installation=row["installation"],
        )


def _reached(draft: EventDraft, event: CalendarEvent) -> _Outcome:
    return _Outcome(event.link, True, event.etag, stamp(draft.interval))
