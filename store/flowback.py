"""What people did to the event of a visit, and letting the visit follow.

The visit, the event, and what was last written into the event are compared. Where only people
changed something the visit follows; where both sides did, the visit wins, because a caller has been
told its time aloud, and the clash is noted.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from loguru import logger

from shop.types import Interval
from store.calendar_event import CalendarEvent, stamp
from store.errors import CalendarUnavailable, Rejected, SlotTaken, VehicleBusy
from store.pool import Connection, Pool

CANCEL_REASON = "cancelled in the calendar"
LONGEST_VISIT = timedelta(days=1)

_ACCEPT = """
UPDATE calendar_outbox SET accepted = coalesce(%(accepted)s, accepted)
WHERE appointment_id = %(id)s AND leased_until = %(leased_until)s
RETURNING appointment_id
"""
# Moved or cancelled, a visit no longer answers to the wish that made it.
_CANCEL = """
UPDATE appointments SET status = 'cancelled', cancel_reason = %(reason)s, booking_key = NULL
WHERE id = %(id)s AND status IN ('scheduled', 'confirmed')
    AND scheduled_at = %(was_start)s AND ends_at = %(was_end)s
RETURNING id
"""
_MOVE = """
UPDATE appointments
SET scheduled_at = %(start)s, duration_minutes = %(minutes)s, booking_key = NULL
WHERE id = %(id)s AND status IN ('scheduled', 'confirmed')
    AND scheduled_at = %(was_start)s AND ends_at = %(was_end)s
RETURNING id
"""
_NOTE = """
INSERT INTO calendar_conflicts (appointment_id, kind, wanted_start, wanted_end)
VALUES (%(id)s, %(kind)s, %(start)s, %(end)s)
ON CONFLICT (appointment_id, kind, wanted_start, wanted_end) DO UPDATE SET noted_at = now()
"""


class Verdict(Enum):
    """What is to be done about an event."""

    CREATE = "create"
    WRITE = "write"
    """Bring the event to the visit; if it is right already that is no request."""
    CANCEL = "cancel"
    MOVE = "move"
    NO_TIME_OF_DAY = "no_time_of_day"
    BOTH_MOVED = "both_moved"
    DELETED_WHILE_MOVED = "deleted_while_moved"


@dataclass(frozen=True, slots=True)
class Known:
    """What the database knows of an event.

    `present`: Google confirmed it and no deletion was asked for since. `written`: the time last
    given to it. `accepted`: the move by people, from and to, that the visit has followed.
    """

    present: bool
    written: str | None
    accepted: str | None


@dataclass(frozen=True, slots=True)
class Held:
    """A visit whose event is being dealt with, under a lease of the outbox."""

    id: int
    leased_until: datetime
    interval: Interval


def judge(shown: CalendarEvent | None, wanted: Interval, known: Known) -> Verdict:
    """Compare the event, the visit and what was last written.

    In doubt an event is written again and no visit is lost: a deletion that may have been our own
    is taken for that, and an event that Google has never heard of was not deleted by people.
    """
    if shown is None:
        return Verdict.CREATE
    ours, base = stamp(wanted), shown.written_time or known.written
    if shown.cancelled:
        if not known.present:
            return Verdict.WRITE
        return Verdict.CANCEL if base in (None, ours) else Verdict.DELETED_WHILE_MOVED
    theirs = stamp(shown.interval) if shown.interval else base
    if base is None or theirs in (base, ours) or f"{base}>{theirs}" == known.accepted:
        return Verdict.WRITE
    if base != ours:
        return Verdict.BOTH_MOVED
    return Verdict.NO_TIME_OF_DAY if shown.whole_days else Verdict.MOVE


class FlowBack:
    """Lets visits follow what people did; each change only while the visit is as it was judged."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def cancel(self, held: Held) -> None:
        """Cancel a visit whose event people deleted; one that changed meanwhile stays."""
        await self._change(_CANCEL, held, {"reason": CANCEL_REASON, "accepted": None})
        logger.bind(part="calendar", appointment_id=held.id).info("cancelled in the calendar")

    async def move(self, held: Held, shown: CalendarEvent) -> bool:
        """Move a visit to where people put its event; False when there is no place for it."""
        assert shown.interval is not None  # noqa: S101 - `judge` saw a time
        length = shown.interval.end - shown.interval.start
        if not timedelta(minutes=1) <= length <= LONGEST_VISIT:
            return False
        values = {
            "start": shown.interval.start,
            "minutes": round(length / timedelta(minutes=1)),
            "accepted": f"{shown.written_time or stamp(held.interval)}>{stamp(shown.interval)}",
        }
        try:
            await self._change(_MOVE, held, values)
        except (SlotTaken, VehicleBusy, Rejected):
            return False
        logger.bind(part="calendar", appointment_id=held.id).info("moved in the calendar")
        return True

    async def note(self, held: Held, kind: str, shown: CalendarEvent) -> None:
        """Remember and log what people wanted and did not get."""
        wanted = shown.interval or held.interval
        values = {"id": held.id, "kind": kind, "start": wanted.start, "end": wanted.end}
        await self._pool.execute(_NOTE, values)
        logger.bind(part="calendar", appointment_id=held.id, kind=kind).warning(
            "the visit did not follow the calendar"
        )

    async def _change(self, statement: str, held: Held, values: dict[str, object]) -> None:
        everything = {
            **values,
            "id": held.id,
            "leased_until": held.leased_until,
            "was_start": held.interval.start,
            "was_end": held.interval.end,
        }

        async def work(conn: Connection) -> None:
            # The appointment first: in this order everybody else locks the two rows.
            changed = await (await conn.execute(statement.encode(), everything)).fetchone()
            if changed is None:
                return
            held_still = await (await conn.execute(_ACCEPT, everything)).fetchone()
            if held_still is None:
                raise CalendarUnavailable("somebody else deals with this event now")

        await self._pool.transaction(work)
