"""Holds: slots offered to a caller, kept for that call for a moment. The database decides."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, timedelta

from psycopg.types.json import Jsonb

from shop.types import Busy, Interval, Slot
from store.pool import Connection, Pool

HOLD_S = 90.0
"""Long enough to hear three times, choose one and say for which car - a minute in recorded calls,
and half as much again for those who look into their diary; short enough that a caller who was told
"full" finds the slot free on calling again. Every new offer of the call begins anew."""

MAX_HOLDS = 3
"""As many as are spoken; more would keep times from others that nobody has heard of."""

_HOLD = "SELECT wish, on_bay, by_technician FROM hold_slots(%(call_sid)s, %(seconds)s, %(wishes)s)"
_HELD = """
SELECT lower(period) AS starts, upper(period) AS ends, bay, technician FROM slot_holds
WHERE call_sid = %(call_sid)s AND expires_at > clock_timestamp()
ORDER BY period, bay
"""
# Never waits: what is locked is being ended, or replaced, by another piece of work of this call.
_END = """
DELETE FROM slot_holds WHERE id IN (
    SELECT id FROM slot_holds WHERE call_sid = %(call_sid)s FOR UPDATE SKIP LOCKED
)
"""

_TAKEN = """
DELETE FROM slot_holds WHERE id IN (
    SELECT id FROM slot_holds WHERE call_sid = %(of)s
      AND expires_at > clock_timestamp() FOR UPDATE SKIP LOCKED
)
RETURNING bay, technician, period, expires_at
"""
_TAKE = """
INSERT INTO slot_holds (call_sid, bay, technician, period, expires_at)
VALUES (%(call_sid)s, %(bay)s, %(technician)s, %(period)s, %(expires_at)s)
"""


class Holds:
    """The table `slot_holds`. A hold ends after `HOLD_S` by the database's clock, with the next
    offer of its call, with a visit booked, moved or cancelled in it, and with the call.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def hold(
        self, call_sid: str, slots: Sequence[Slot], buffer_minutes: int = 0, seconds: float = HOLD_S
    ) -> list[Slot]:
        """Hold these slots for a call instead of what it held before; return those it now holds.

        At most `MAX_HOLDS` are. One may be held on another of its `bays`, or for another of its
        `technicians`, than the first; one that was taken or held meanwhile is left out. A slot's
        `buffer_minutes` are held too. Raises DatabaseUnavailable.
        """
        wanted = list(slots[:MAX_HOLDS])
        if not wanted:
            return []
        buffer = timedelta(minutes=buffer_minutes)
        wishes = [
            {
                "start": slot.start.isoformat(),
                "until": (slot.end + buffer).isoformat(),
                "bays": slot.bays or (slot.bay,),
                "technicians": slot.technicians or (slot.technician and (slot.technician,)),
            }
            for slot in wanted
        ]
        values = {"call_sid": call_sid, "seconds": seconds, "wishes": Jsonb(wishes)}
        return [
            replace(wanted[row["wish"]], bay=row["on_bay"], technician=row["by_technician"])
            for row in await self._pool.write(_HOLD, values)
        ]

    async def held(self, call_sid: str) -> list[Busy]:
        """Return what a call holds at this moment, by time, buffers included."""
        return [
            Busy(
                Interval(row["starts"].astimezone(UTC), row["ends"].astimezone(UTC)),
                row["bay"],
                row["technician"],
            )
            for row in await self._pool.rows(_HELD, {"call_sid": call_sid})
        ]

    async def release(self, call_sid: str) -> None:
        """End all holds of a call; raises DatabaseUnavailable, and then they run out."""
        await self._pool.execute(_END, {"call_sid": call_sid})

    async def take_over(self, of: str, call_sid: str) -> int:
        """Give what the call `of` holds to `call_sid`, for as long as it was held for anyway.

        For a caller whose line broke off and who phones again. Returns how many slots that were;
        raises DatabaseUnavailable.
        """

        async def work(conn: Connection) -> int:
            held = await (await conn.execute(_TAKEN, {"of": of})).fetchall()
            for row in held:
                await conn.execute(_TAKE, {**row, "call_sid": call_sid})
            return len(held)

        return await self._pool.transaction(work)


async def end_holds(conn: Connection, call_sid: str | None) -> None:
    """End all holds of a call in the caller's transaction: the offer has been answered."""
    if call_sid is not None:
        await conn.execute(_END, {"call_sid": call_sid})
