"""Appointments: what is booked. PostgreSQL's constraints are the referee of every race."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Self

from shop.types import LIVE_STATUSES, Appointment, Busy, Interval, Slot, Vehicle, VisitKind
from store.customers import Customers, NewCustomer, insert_customer
from store.errors import NotFound
from store.holds import end_holds
from store.pool import Connection, Pool, Row
from store.vehicles import NewVehicle, insert_vehicle

_COLUMNS = """
    id, customer_id, vehicle_id, service_type, scheduled_at, duration_minutes, status, bay, notes,
    calendar_event_id, calendar_link, technician, visit, buffer_minutes
"""
_LIVE = "status IN ('scheduled', 'confirmed')"
_OVERLAP = "tstzrange(scheduled_at, ends_at) && tstzrange(%(start)s, %(end)s)"

# No visit with its buffer is longer than 32 hours: the index on `scheduled_at` finds those we need.
_BUSY = f"""
SELECT scheduled_at AS starts, blocked_until AS ends, bay, technician FROM appointments
WHERE {_LIVE} AND scheduled_at < %(end)s AND blocked_until > %(start)s
  AND scheduled_at > %(start)s::timestamptz - interval '32 hours'
  AND id IS DISTINCT FROM %(besides)s
UNION ALL
SELECT lower(period), upper(period), bay, technician FROM slot_holds
WHERE call_sid <> %(call_sid)s AND expires_at > clock_timestamp()
  AND period && tstzrange(%(start)s, %(end)s)
"""  # noqa: S608 - constants only
_BETWEEN = f"SELECT {_COLUMNS} FROM appointments WHERE {_OVERLAP} ORDER BY scheduled_at, bay"  # noqa: S608
_GET = f"SELECT {_COLUMNS} FROM appointments WHERE id = %(id)s"  # noqa: S608
_UPCOMING = f"""
SELECT {_COLUMNS} FROM appointments
WHERE customer_id = %(customer_id)s AND {_LIVE} AND ends_at > %(now)s
ORDER BY scheduled_at, id
"""  # noqa: S608
_RECENT = f"""
SELECT {_COLUMNS} FROM appointments
WHERE customer_id = %(customer_id)s AND (status = 'completed' OR {_LIVE})
  AND scheduled_at >= %(since)s AND scheduled_at <= %(now)s
ORDER BY scheduled_at DESC, id DESC
LIMIT 5
"""  # noqa: S608
_BY_KEY = f"SELECT {_COLUMNS} FROM appointments WHERE booking_key = %(booking_key)s"  # noqa: S608
# Cancelled by another program, which knows nothing of wishes: it no longer answers to its own.
_FORGET_KEY = "UPDATE appointments SET booking_key = NULL WHERE booking_key = %(booking_key)s"

# One wish at a time: a repeated wish waits here until the first has been granted or refused.
_LOCK_KEY = "SELECT pg_advisory_xact_lock(1802463342, hashtext(%(booking_key)s))"
_INSERT = f"""
INSERT INTO appointments (customer_id, vehicle_id, service_type, scheduled_at, duration_minutes,
                          buffer_minutes, bay, technician, visit, notes, booking_key)
SELECT %(customer_id)s, %(vehicle_id)s, %(service_type)s, %(start)s, %(duration_minutes)s,
       %(buffer_minutes)s, on_bay, by_technician, %(visit)s, %(notes)s, %(booking_key)s
FROM find_place(%(start)s, %(until)s, %(call_sid)s, %(bays)s, NULL, %(technicians)s, NULL)
RETURNING {_COLUMNS}
"""  # noqa: S608

# Cancelled or moved, a visit no longer answers to the wish that made it: the same wish said again
# later in the call is a new one.
_CANCEL = f"""
UPDATE appointments SET status = 'cancelled', cancel_reason = %(reason)s, booking_key = NULL
WHERE id = %(id)s AND {_LIVE}
RETURNING {_COLUMNS}
"""  # noqa: S608
_LOCK_VISIT = f"""
SELECT bay, technician, duration_minutes + buffer_minutes AS minutes FROM appointments
WHERE id = %(id)s AND {_LIVE} FOR UPDATE
"""  # noqa: S608
_MOVE = f"""
UPDATE appointments
SET scheduled_at = %(start)s, bay = on_bay, technician = by_technician, booking_key = NULL
FROM find_place(%(start)s, %(until)s, %(call_sid)s, %(bays)s, %(bay)s, %(technicians)s, %(id)s)
WHERE id = %(id)s
RETURNING {_COLUMNS}
"""  # noqa: S608
_CAPACITY = "UPDATE shop_capacity SET bays = %(bays)s WHERE bays <> %(bays)s"
_WITH_VEHICLES = """
SELECT id, customer_id, year, make, model, vin, license_plate
FROM vehicles WHERE id = ANY(%(ids)s)
"""


@dataclass(frozen=True, slots=True)
class NewAppointment:
    """A visit wished for; `booking_key` names the wish, so that it is granted once.

    Give `customer_id` or `new_customer`, and for the car `vehicle_id`, `new_vehicle` or neither.
    Without `bay` the first free one is taken, of `bays` if given; with `technicians` also the
    first free of these. `call_sid` names the call whose holds are no obstacle, but an answer.
    """

    customer_id: int | None
    vehicle_id: int | None
    service_type: str
    start: datetime
    duration_minutes: int
    bay: int | None = None
    notes: str | None = None
    booking_key: str | None = None
    new_customer: NewCustomer | None = None
    new_vehicle: NewVehicle | None = None
    buffer_minutes: int = 0
    visit: VisitKind = "drop_off"
    call_sid: str | None = None
    bays: tuple[int, ...] | None = None
    technicians: tuple[str, ...] | None = None

    def at(self, slot: Slot) -> Self:
        """Return the same wish for wherever `slot` fits, its own bay and technician first."""
        return replace(self, start=slot.start, bays=slot.bays, technicians=slot.technicians)

    def on_bay(self, bay: int | None) -> Self:
        """Return the same wish for one bay, or for any with None."""
        return replace(self, bay=bay)


class Appointments:
    """The table `appointments`; every instant returned is aware UTC."""

    def __init__(self, pool: Pool, customers: Customers) -> None:
        self._pool = pool
        self._customers = customers

    async def busy(
        self, interval: Interval, *, call_sid: str | None = None, besides: int | None = None
    ) -> list[Busy]:
        """Return what live visits, buffers included, take of `interval`.

        With `call_sid` also what is held for other calls. `besides` is the id of a visit to leave
        out, one that is to be moved.
        """
        values = {
            "start": interval.start,
            "end": interval.end,
            "call_sid": call_sid,
            "besides": besides,
        }
        return [
            Busy(
                Interval(row["starts"].astimezone(UTC), row["ends"].astimezone(UTC)),
                row["bay"],
                row["technician"],
            )
            for row in await self._pool.rows(_BUSY, values)
        ]

    async def between(self, interval: Interval) -> list[Appointment]:
        """Return all visits that touch `interval`, whatever their status, by time."""
        rows = await self._pool.rows(_BETWEEN, {"start": interval.start, "end": interval.end})
        return [_appointment(row) for row in rows]

    async def get(self, appointment_id: int) -> Appointment:
        """Return one visit; raises NotFound."""
        row = await self._pool.row(_GET, {"id": appointment_id})
        if row is None:
            raise NotFound(f"there is no appointment {appointment_id}")
        return _appointment(row)

    async def by_booking_key(self, booking_key: str | None) -> Appointment | None:
        """Return the live visit that this wish made, None when there is none."""
        row = await self._pool.row(_BY_KEY, {"booking_key": booking_key})
        return _appointment(row) if row and row["status"] in LIVE_STATUSES else None

    async def upcoming(self, customer_id: int, now: datetime) -> list[Appointment]:
        """Return a customer's live visits that are not over at `now`, soonest first."""
        values = {"customer_id": customer_id, "now": now}
        return [_appointment(row) for row in await self._pool.rows(_UPCOMING, values)]

    async def recent(self, customer_id: int, since: datetime, now: datetime) -> list[Appointment]:
        """Return a customer's visits that began between `since` and `now`, the latest first.

        They are done, or not marked as anything yet; five at most.
        """
        values = {"customer_id": customer_id, "since": since, "now": now}
        return [_appointment(row) for row in await self._pool.rows(_RECENT, values)]

    async def with_vehicle(
        self, visits: list[Appointment]
    ) -> list[tuple[Appointment, Vehicle | None]]:
        """Return each visit beside its car."""
        ids = [visit.vehicle_id for visit in visits]
        rows = await self._pool.rows(_WITH_VEHICLES, {"ids": ids})
        cars = {row["id"]: Vehicle(**row) for row in rows}
        return [(visit, cars.get(visit.vehicle_id)) for visit in visits]

    async def book(self, new: NewAppointment) -> Appointment:
        """Book, with customer and car where these are new, all or nothing.

        Asked again with the same `booking_key`, returns the visit that is there. Raises SlotTaken,
        VehicleBusy, NotFound (customer or vehicle), Rejected, DatabaseUnavailable (then it may or
        may not stand: ask again with the same key).
        """

        async def work(conn: Connection) -> tuple[Appointment, str | None]:
            return await _book(conn, new)

        visit, phone = await self._pool.transaction(work, repeatable=new.booking_key is not None)
        if phone is not None:
            await self._customers.changed(phone)
        return visit

    async def cancel(
        self, appointment_id: int, reason: str | None, *, call_sid: str | None = None
    ) -> Appointment:
        """Cancel a live visit and return it; one that is not live any more is returned as it is.

        Ends what `call_sid` holds. Raises NotFound, DatabaseUnavailable.
        """
        values = {"id": appointment_id, "reason": reason}

        async def work(conn: Connection) -> Row | None:
            row = await (await conn.execute(_CANCEL.encode(), values)).fetchone()
            await end_holds(conn, call_sid)
            return row or await (await conn.execute(_GET.encode(), values)).fetchone()

        row = await self._pool.transaction(work, repeatable=True)
        if row is None:
            raise NotFound(f"there is no appointment {appointment_id}")
        return _appointment(row)

    async def reschedule(
        self,
        appointment_id: int,
        new_start: datetime,
        bay: int | None = None,
        *,
        to: Slot | None = None,
        call_sid: str | None = None,
    ) -> Appointment:
        """Move a live visit in one step, keeping its bay and technician if it can.

        `bay` names one to move to; `to`, the slot at `new_start`, which bays and technicians come
        into question. What `call_sid` holds is no obstacle and ends. Raises SlotTaken or
        VehicleBusy, the visit then being where it was; NotFound also when it is not live any more;
        DatabaseUnavailable.
        """

        async def work(conn: Connection) -> Row | None:
            row = await _move(conn, appointment_id, new_start, bay=bay, to=to, call_sid=call_sid)
            await end_holds(conn, call_sid)
            return row

        row = await self._pool.transaction(work, repeatable=True)
        if row is None:
            raise NotFound(f"there is no live appointment {appointment_id}")
        return _appointment(row)

    async def sync_capacity(self, bays: int) -> None:
        """Tell the database how many bays the shop's file names."""
        await self._pool.execute(_CAPACITY, {"bays": bays})


async def _move(
    conn: Connection,
    appointment_id: int,
    start: datetime,
    *,
    bay: int | None,
    to: Slot | None,
    call_sid: str | None,
) -> Row | None:
    """Move a visit in the caller's transaction; None when it is not live."""
    found = await conn.execute(_LOCK_VISIT.encode(), {"id": appointment_id})
    old = await found.fetchone()
    if old is None:
        return None
    bays = to.bays if to else None
    people = to.technicians if to else (old["technician"],) if old["technician"] else None
    values = {
        "id": appointment_id,
        "start": start,
        "until": start + timedelta(minutes=old["minutes"]),
        "call_sid": call_sid,
        "bay": old["bay"],
        "bays": [bay] if bay is not None else _listed(bays),
        "technicians": _listed(people and sorted(people, key=lambda n: n != old["technician"])),
    }
    return await (await conn.execute(_MOVE.encode(), values)).fetchone()


async def _book(conn: Connection, new: NewAppointment) -> tuple[Appointment, str | None]:
    """Book in the caller's transaction; also return whose cached entry has become old."""
    phone = None
    if new.booking_key is not None:
        key = {"booking_key": new.booking_key}
        await conn.execute(_LOCK_KEY, key)
        done = await (await conn.execute(_BY_KEY, key)).fetchone()
        if done is not None and done["status"] in LIVE_STATUSES:
            return _appointment(done), None
        if done is not None:
            await conn.execute(_FORGET_KEY, key)
    customer_id, vehicle_id = new.customer_id, new.vehicle_id
    if new.new_customer is not None:
        customer_id = await insert_customer(conn, new.new_customer)
        phone = new.new_customer.phone
    if customer_id is None:
        raise NotFound("an appointment needs a customer")
    if new.new_vehicle is not None:
        vehicle, phone = await insert_vehicle(conn, customer_id, new.new_vehicle)
        vehicle_id = vehicle.id
    blocked = timedelta(minutes=new.duration_minutes + new.buffer_minutes)
    values = {
        "customer_id": customer_id,
        "vehicle_id": vehicle_id,
        "service_type": new.service_type,
        "start": new.start,
        "until": new.start + blocked,
        "duration_minutes": new.duration_minutes,
        "buffer_minutes": new.buffer_minutes,
        "visit": new.visit,
        "call_sid": new.call_sid,
        "bays": [new.bay] if new.bay is not None else _listed(new.bays),
        "technicians": _listed(new.technicians),
        "notes": new.notes,
        "booking_key": new.booking_key,
    }
    row = await (await conn.execute(_INSERT, values)).fetchone()
    assert row is not None  # noqa: S101 - find_place returns a row or raises
    await end_holds(conn, new.call_sid)
    return _appointment(row), phone


def _listed(choice: Sequence[object] | None) -> list[object] | None:
    """Return a choice as PostgreSQL takes an array; None leaves it open."""
    return None if choice is None else list(choice)


def _appointment(row: Row) -> Appointment:
    return Appointment(**{**row, "scheduled_at": row["scheduled_at"].astimezone(UTC)})
