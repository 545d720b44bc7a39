"""The shop's database as a scenario needs it: its customer put on file, its rows read back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg.rows import dict_row

from qa.scenario.days import Moment
from qa.scenario.form import Customer
from sandbox.world import CALENDAR_ID, World

Row = Mapping[str, Any]

_CUSTOMER = """
INSERT INTO customers (first_name, last_name, phone, email) VALUES (%s, %s, %s, %s) RETURNING id
"""
_VEHICLE = """
INSERT INTO vehicles (customer_id, year, make, model, vin, license_plate)
VALUES (%s, %s, %s, %s, %s, %s) RETURNING id
"""
_VISIT = """
INSERT INTO appointments (customer_id, vehicle_id, service_type, scheduled_at, status)
VALUES (%s, %s, %s, %s, %s) RETURNING id
"""
_APPOINTMENTS = """
SELECT a.*, concat_ws(' ', v.year, v.make, v.model) AS vehicle
FROM appointments a JOIN customers c ON c.id = a.customer_id
LEFT JOIN vehicles v ON v.id = a.vehicle_id WHERE c.phone = %s ORDER BY a.id
"""
_CUSTOMER_BACK = """
SELECT c.*, coalesce(string_agg(concat_ws(' ', v.year, v.make, v.model, v.license_plate, v.vin),
                                '; '), '') AS vehicle
FROM customers c LEFT JOIN vehicles v ON v.customer_id = c.id WHERE c.phone = %s GROUP BY c.id
"""


@dataclass(frozen=True, slots=True)
class OnFile:
    """The ids under which a scenario's customer, first car and first visit are on file."""

    customer_id: int | None = None
    vehicle_ids: list[int] = field(default_factory=list)
    visit_ids: list[int] = field(default_factory=list)


async def put_on_file(
    place: World, who: Customer | None, phone: str, days: Mapping[str, Moment]
) -> OnFile:
    """Put a customer with cars and visits on file under `phone`."""
    if who is None:
        return OnFile()
    async with await _connect(place) as conn, conn.transaction():

        async def insert(query: str, *values: Any) -> int:
            row = await (await conn.execute(query.encode(), values)).fetchone()
            assert row  # noqa: S101 - an INSERT that returns nothing has raised
            return int(row["id"])

        customer_id = await insert(_CUSTOMER, who.first_name, who.last_name, phone, who.email)
        cars = [
            await insert(
                _VEHICLE, customer_id, car.year, car.make, car.model, car.vin, car.license_plate
            )
            for car in who.vehicles
        ]
        visits = [
            await insert(
                _VISIT,
                customer_id,
                cars[visit.vehicle] if cars else None,
                visit.service,
                days[visit.at].instant,
                visit.status,
            )
            for visit in who.visits
        ]
    return OnFile(customer_id, cars, visits)


async def appointments(place: World, phone: str) -> list[Row]:
    """Return every visit of the customer with this number, oldest row first."""
    return await rows(place, _APPOINTMENTS, phone)


async def customer(place: World, phone: str) -> Row | None:
    """Return the customer with this number and their cars in one text, None without one."""
    found = await rows(place, _CUSTOMER_BACK, phone)
    return found[0] if found else None


async def messages(place: World, call_sid: str) -> list[Row]:
    """Return the messages that a call left for the shop."""
    if not (await rows(place, "SELECT to_regclass('messages') AS there"))[0]["there"]:
        return []
    return await rows(place, "SELECT * FROM messages WHERE call_sid = %s", call_sid)


async def rows(place: World, query: str, *values: Any) -> list[Row]:
    """Ask the database."""
    async with await _connect(place) as conn:
        return list(await (await conn.execute(query.encode(), values)).fetchall())


def event(place: World, row: Row) -> Row | None:
    """Return the live calendar event of a visit, None without one."""
    for one in place.vendors.calendar.events(CALENDAR_ID):
        if one["id"] == row["calendar_event_id"]:
            return one
    return None


async def _connect(place: World) -> "psycopg.AsyncConnection[dict[str, Any]]":
    return await psycopg.AsyncConnection.connect(
        place.database_url, row_factory=dict_row, autocommit=True
    )
