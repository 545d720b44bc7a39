"""Tests of technicians, buffers and chosen bays as the database referees them."""

import asyncio
from dataclasses import replace
from datetime import datetime
from typing import Any

import psycopg
import pytest
from store_world import HOUR, TUESDAY, Caller, Rows

from shop.types import Busy, Interval, Slot
from store import Store
from store.appointments import NewAppointment
from store.errors import Rejected, SlotTaken
from store.migrate import MIGRATIONS

pytestmark = pytest.mark.db

DAY = Interval(TUESDAY - 12 * HOUR, TUESDAY + 12 * HOUR)
INSERT = """
INSERT INTO appointments (customer_id, service_type, scheduled_at, buffer_minutes, technician)
VALUES (%s, 'oil_change', %s, %s, %s) RETURNING id
"""


def wish(caller: Caller, start: datetime = TUESDAY, **more: Any) -> NewAppointment:
    """An oil change for the caller."""
    draft = NewAppointment(caller.customer.id, None, "oil_change", start, 60)
    return replace(draft, **more)


async def test_a_buffer_blocks_the_bay_and_not_the_visit(store: Store, dana: Caller) -> None:
    """The visit ends with the work; its bay is busy until the buffer is over."""
    visit = await store.appointments.book(wish(dana, buffer_minutes=30, bay=1))
    assert (visit.duration_minutes, visit.buffer_minutes) == (60, 30)
    [busy] = await store.appointments.busy(DAY)
    assert busy == Busy(Interval(TUESDAY, TUESDAY + 1.5 * HOUR), 1)
    with pytest.raises(SlotTaken):
        await store.appointments.book(wish(dana, TUESDAY + HOUR, bay=1))
    with pytest.raises(SlotTaken):
        await store.appointments.book(wish(dana, TUESDAY - HOUR, bay=1, buffer_minutes=1))
    await store.appointments.book(wish(dana, TUESDAY + 1.5 * HOUR, bay=1))
    assert await store.appointments.busy(DAY, besides=visit.id) == [
        Busy(Interval(TUESDAY + 1.5 * HOUR, TUESDAY + 2.5 * HOUR), 1)
    ]


async def test_the_longest_visit_is_still_found(store: Store, dana: Caller) -> None:
    """A day's work with eight hours' buffer is busy to its last minute, and not a minute more."""
    await store.appointments.book(wish(dana, duration_minutes=1440, buffer_minutes=480))
    end = TUESDAY + 32 * HOUR
    assert await store.appointments.busy(Interval(end - HOUR / 60, end))
    assert not await store.appointments.busy(Interval(end, end + HOUR))


async def test_one_technician_does_one_car_at_a_time(store: Store, dana: Caller) -> None:
    """Of ten who want the only technician one gets her, though a second bay is free."""
    outcomes = await asyncio.gather(
        *(store.appointments.book(wish(dana, technicians=("Rosa",))) for _ in range(10)),
        return_exceptions=True,
    )
    assert [type(one) for one in outcomes].count(SlotTaken) == 9
    [busy] = await store.appointments.busy(DAY)
    assert (busy.bay, busy.technician) == (1, "Rosa")


async def test_candidates_are_taken_in_order(store: Store, dana: Caller) -> None:
    """The first free of the bays and technicians named is taken, and none that is not named."""
    slot = Slot(TUESDAY, TUESDAY + HOUR, 2, "Al", (2, 1), ("Al", "Bo"))
    first = await store.appointments.book(wish(dana, visit="waiter").at(slot))
    second = await store.appointments.book(wish(dana).at(slot))
    assert (first.bay, first.technician, first.visit) == (2, "Al", "waiter")
    assert (second.bay, second.technician, second.visit) == (1, "Bo", "drop_off")
    later = wish(dana, TUESDAY + 3 * HOUR, bays=(2,))
    assert (await store.appointments.book(later)).bay == 2
    with pytest.raises(SlotTaken):
        await store.appointments.book(later)
    with pytest.raises(SlotTaken):
        await store.appointments.book(wish(dana, TUESDAY + 5 * HOUR, bays=(3,)))
    with pytest.raises(SlotTaken):
        await store.appointments.book(wish(dana, TUESDAY + 5 * HOUR, technicians=()))
    with pytest.raises(Rejected):
        await store.appointments.book(wish(dana, TUESDAY + 5 * HOUR, buffer_minutes=481))


async def test_moving_keeps_bay_and_technician_if_it_can(store: Store, dana: Caller) -> None:
    """The same bay and technician are kept when free at the new time, else others of the slot."""
    at = replace(Slot(TUESDAY, TUESDAY + HOUR, 1), bays=(1, 2), technicians=("Al", "Bo"))
    first = await store.appointments.book(wish(dana).at(at))
    visit = await store.appointments.book(wish(dana).at(at))
    assert (visit.bay, visit.technician) == (2, "Bo")
    later = replace(at, start=TUESDAY + HOUR, end=TUESDAY + 2 * HOUR)
    moved = await store.appointments.reschedule(visit.id, later.start, to=later)
    assert (moved.bay, moved.technician) == (2, "Bo")
    other = await store.appointments.reschedule(first.id, later.start, to=later)
    assert (other.bay, other.technician) == (1, "Al")
    third = await store.appointments.book(wish(dana, TUESDAY + 4 * HOUR).at(
        replace(at, start=TUESDAY + 4 * HOUR)
    ))  # fmt: skip
    with pytest.raises(SlotTaken):
        await store.appointments.reschedule(third.id, later.start, to=later)
    assert await store.appointments.get(third.id) == third
    with pytest.raises(SlotTaken):
        await store.appointments.reschedule(third.id, later.start)


async def test_a_visit_can_be_moved_over_itself(store: Store, dana: Caller) -> None:
    """Half an hour later is free when only the visit itself is in the way."""
    visit = await store.appointments.book(wish(dana, technicians=("Al",), buffer_minutes=30))
    moved = await store.appointments.reschedule(visit.id, TUESDAY + HOUR / 2)
    assert (moved.bay, moved.technician, moved.buffer_minutes) == (1, "Al", 30)


def test_two_visits_of_one_technician_are_refused(rows: Rows, dana: Caller) -> None:
    """Rows written by hand cannot put one technician before two cars."""
    rows(INSERT, dana.customer.id, TUESDAY, 30, "Rosa")
    with pytest.raises(psycopg.errors.ExclusionViolation):
        rows(INSERT, dana.customer.id, TUESDAY + HOUR, 0, "Rosa")
    assert rows(INSERT, dana.customer.id, TUESDAY + HOUR, 0, None)
    assert rows(INSERT, dana.customer.id, TUESDAY + 1.5 * HOUR, 0, "Rosa")


def test_a_visit_moved_by_hand_may_lose_its_technician(rows: Rows, dana: Caller) -> None:
    """Moved to where its technician has another car it stays on the books, with nobody named."""
    rows(INSERT, dana.customer.id, TUESDAY, 0, "Rosa")
    [(later,)] = rows(INSERT, dana.customer.id, TUESDAY + HOUR, 0, "Rosa")
    move = "UPDATE appointments SET scheduled_at = %s WHERE id = %s RETURNING technician, bay"
    assert rows(move, TUESDAY + 3 * HOUR, later) == [("Rosa", 1)]
    assert rows(move, TUESDAY, later) == [(None, 2)]


def test_visits_of_an_older_schema_keep_their_bays(empty_database_url: str) -> None:
    """Rows from before are blocked until their end and refereed as before."""
    with psycopg.connect(empty_database_url, autocommit=True) as conn:
        conn.execute((MIGRATIONS / "0001_shop.sql").read_bytes())
        conn.execute("INSERT INTO customers (phone) VALUES ('+1')")
        insert = """INSERT INTO appointments (customer_id, service_type, scheduled_at)
            VALUES (1, 'oil_change', '2026-11-24T22:00Z') RETURNING bay"""
        assert conn.execute(insert).fetchone() == (1,)
        conn.execute((MIGRATIONS / "0002_capacity.sql").read_bytes())
        same = "SELECT count(*) FROM appointments WHERE blocked_until = ends_at AND bay = 1"
        assert conn.execute(same).fetchone() == (1,)
        assert conn.execute(insert).fetchone() == (2,)
        with pytest.raises(psycopg.errors.ExclusionViolation):
            conn.execute(insert)
