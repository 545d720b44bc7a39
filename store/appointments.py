"""Appointments: what is booked. PostgreSQL's constraints are the referee of every race."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Self

from shop.types import Appointment, Busy, Interval, Vehicle
from store.customers import Customers, NewCustomer, insert_customer
from store.errors import NotFound
from store.pool import Connection, Pool, Row
from store.vehicles import NewVehicle, insert_vehicle

_COLUMNS = """
    id, customer_id, vehicle_id, service_type, scheduled_at, duration_minutes, status, bay, notes,
    calendar_event_id, calendar_link
"""
_LIVE = "status IN ('scheduled', 'confirmed')"
_OVERLAP = "tstzrange(scheduled_at, ends_at) && tstzrange(%(start)s, %(end)s)"

_BUSY = f"SELECT scheduled_at, ends_at, bay FROM appointments WHERE {_LIVE} AND {_OVERLAP}"  # noqa: S608 - constants only
_BETWEEN = f"SELECT {_COLUMNS} FROM appointments WHERE {_OVERLAP} ORDER BY scheduled_at, bay"  # noqa: S608
_GET = f"SELECT {_COLUMNS} FROM appointments WHERE id = %(id)s"  # noqa: S608
_UPCOMING = f"""
SELECT {_COLUMNS} FROM appointments
WHERE customer_id = %(customer_id)s AND {_LIVE} AND ends_at > %(now)s
ORDER BY scheduled_at, id
"""  # noqa: S608
_BY_KEY = f"SELECT {_COLUMNS} FROM appointments WHERE booking_key = %(booking_key)s"  # noqa: S608

# One wish at a time: a repeated wish waits here until the first has been granted or refused.
_LOCK_KEY = "SELECT pg_advisory_xact_lock(1802463342, hashtext(%(booking_key)s))"
_INSERT = f"""
INSERT INTO appointments (customer_id, vehicle_id, service_type, scheduled_at, duration_minutes,
                          bay, notes, booking_key)
VALUES (%(customer_id)s, %(vehicle_id)s, %(service_type)s, %(start)s, %(duration_minutes)s,
        %(bay)s, %(notes)s, %(booking_key)s)
RETURNING {_COLUMNS}
"""  # noqa: S608

# Cancelled or moved, a visit no longer answers to the wish that made it: the same wish said again
# later in the call is a new one.
_CANCEL = f"""
UPDATE appointments SET status = 'cancelled', cancel_reason = %(reason)s, booking_key = NULL
WHERE id = %(id)s AND {_LIVE}
RETURNING {_COLUMNS}
"""  # noqa: S608
_MOVE = f"""
UPDATE appointments
SET scheduled_at = %(start)s, bay = coalesce(%(bay)s, bay), booking_key = NULL
WHERE id = %(id)s AND {_LIVE}
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
    Without `bay` the first free one is taken.
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

    def on_bay(self, bay: int | None) -> Self:
        """Return the same wish for one bay, or for any with None."""
        return replace(self, bay=bay)


class Appointments:
    """The table `appointments`; every instant returned is aware UTC."""

    def __init__(self, pool: Pool, customers: Customers) -> None:
        self._pool = pool
        self._customers = customers

    async def busy(self, interval: Interval) -> list[Busy]:
        """Return which bays are taken when by live visits that touch `interval`."""
        rows = await self._pool.rows(_BUSY, {"start": interval.start, "end": interval.end})
        return [
            Busy(
                Interval(row["scheduled_at"].astimezone(UTC), row["ends_at"].astimezone(UTC)),
                row["bay"],
            )
            for row in rows
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
        """Return the visit that this wish made, None when it has made none."""
        row = await self._pool.row(_BY_KEY, {"booking_key": booking_key})
        return _appointment(row) if row else None

    async def upcoming(self, customer_id: int, now: datetime) -> list[Appointment]:
        """Return a customer's live visits that are not over at `now`, soonest first."""
        values = {"customer_id": customer_id, "now": now}
        return [_appointment(row) for row in await self._pool.rows(_UPCOMING, values)]

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

    async def cancel(self, appointment_id: int, reason: str | None) -> Appointment:
        """Cancel a live visit and return it; one that is not live any more is returned as it is.

        Raises NotFound, DatabaseUnavailable.
        """
        return await self._change(_CANCEL, {"id": appointment_id, "reason": reason})

    async def reschedule(
        self, appointment_id: int, new_start: datetime, bay: int | None = None
    ) -> Appointment:
        """Move a live visit in one step, keeping its bay if it can and none is named.

        Raises SlotTaken or VehicleBusy, the visit then being where it was; NotFound also when it
        is not live any more; DatabaseUnavailable.
        """
        values = {"id": appointment_id, "start": new_start, "bay": bay}
        visit = await self._change(_MOVE, values)
        if visit.status not in ("scheduled", "confirmed"):
            raise NotFound(f"appointment {appointment_id} is {visit.status}")
        return visit

    async def sync_capacity(self, bays: int) -> None:
        """Tell the database how many bays the shop's file names."""
        await self._pool.execute(_CAPACITY, {"bays": bays})

    async def _change(self, statement: str, values: dict[str, object]) -> Appointment:
        async def work(conn: Connection) -> Row | None:
            row = await (await conn.execute(statement.encode(), values)).fetchone()
            return row or await (await conn.execute(_GET, values)).fetchone()

        row = await self._pool.transaction(work, repeatable=True)
        if row is None:
            raise NotFound(f"there is no appointment {values['id']}")
        return _appointment(row)


async def _book(conn: Connection, new: NewAppointment) -> tuple[Appointment, str | None]:
    """Book in the caller's transaction; also return whose cached entry has become old."""
    phone = None
    if new.booking_key is not None:
        key = {"booking_key": new.booking_key}
        await conn.execute(_LOCK_KEY, key)
        done = await (await conn.execute(_BY_KEY, key)).fetchone()
        if done is not None:
            return _appointment(done), None
    customer_id, vehicle_id = new.customer_id, new.vehicle_id
    if new.new_customer is not None:
        customer_id = await insert_customer(conn, new.new_customer)
        phone = new.new_customer.phone
    if customer_id is None:
        raise NotFound("an appointment needs a customer")
    if new.new_vehicle is not None:
        vehicle, phone = await insert_vehicle(conn, customer_id, new.new_vehicle)
        vehicle_id = vehicle.id
    values = {
        "customer_id": customer_id,
        "vehicle_id": vehicle_id,
        "service_type": new.service_type,
        "start": new.start,
        "duration_minutes": new.duration_minutes,
        "bay": new.bay,
        "notes": new.notes,
        "booking_key": new.booking_key,
    }
    row = await (await conn.execute(_INSERT, values)).fetchone()
    assert row is not None  # noqa: S101 - INSERT ... RETURNING returns
    return _appointment(row), phone


def _appointment(row: Row) -> Appointment:
    return Appointment(**{**row, "scheduled_at": row["scheduled_at"].astimezone(UTC)})
