"""Tests of holds: one call at a time, for a moment, also when many want the last one at once."""

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
from store.errors import SlotTaken
from store.holds import HOLD_S, MAX_HOLDS

pytestmark = pytest.mark.db

DAY = Interval(TUESDAY - 12 * HOUR, TUESDAY + 12 * HOUR)
BOTH = (1, 2)


def slot(start: datetime = TUESDAY, bays: tuple[int, ...] = BOTH, **more: Any) -> Slot:
    """An hour that fits on these bays."""
    return Slot(start, start + HOUR, bays[0], bays=bays, **more)


def wish(caller: Caller, call_sid: str | None, start: datetime = TUESDAY) -> NewAppointment:
    """An oil change wished for in a call."""
    return NewAppointment(caller.customer.id, None, "oil_change", start, 60, call_sid=call_sid)


async def test_a_held_slot_is_busy_for_others_alone(store: Store) -> None:
    """What one call holds is taken in the eyes of every other call, and of nobody else."""
    [held] = await store.holds.hold("CA1", [slot()])
    assert held.bay == 1
    busy = Busy(Interval(TUESDAY, TUESDAY + HOUR), 1)
    assert await store.appointments.busy(DAY, call_sid="CA2") == [busy]
    assert await store.appointments.busy(DAY, call_sid="CA1") == []
    assert await store.appointments.busy(DAY) == []
    assert await store.holds.held("CA1") == [busy]
    assert await store.holds.held("CA2") == []


async def test_the_next_call_is_held_another_bay_and_the_third_none(store: Store) -> None:
    """Two bays hold one hour for two calls; the third call is left with what is free elsewhere."""
    later = slot(TUESDAY + HOUR)
    first = await store.holds.hold("CA1", [slot()])
    second = await store.holds.hold("CA2", [slot()])
    third = await store.holds.hold("CA3", [slot(), later])
    assert [one.bay for one in first + second] == [1, 2]
    assert third == [later]


async def test_a_held_slot_can_be_booked_by_its_own_call_alone(store: Store, dana: Caller) -> None:
    """Others are told that it is taken, or get the other bay; the call it is held for gets it."""
    await store.holds.hold("CA1", [slot()])
    other = await store.appointments.book(wish(dana, "CA2"))
    assert other.bay == 2
    with pytest.raises(SlotTaken):
        await store.appointments.book(wish(dana, "CA3"))
    assert (await store.appointments.book(wish(dana, "CA1"))).bay == 1
    assert await store.holds.held("CA1") == []


async def test_people_at_the_desk_take_what_is_not_held_first(
    store: Store, dana: Caller, rows: Rows
) -> None:
    """A row written without a call is never refused for a hold, but leaves it where it can."""
    await store.holds.hold("CA1", [slot()])
    insert = """INSERT INTO appointments (customer_id, service_type, scheduled_at)
        VALUES (%s, 'oil_change', %s) RETURNING bay"""
    assert rows(insert, dana.customer.id, TUESDAY) == [(2,)]
    assert rows(insert, dana.customer.id, TUESDAY) == [(1,)]
    with pytest.raises(SlotTaken):
        await store.appointments.book(wish(dana, "CA1"))


async def test_a_new_offer_replaces_the_old_one(store: Store) -> None:
    """A call holds what it was offered last, and never more than a few."""
    offered = [slot(TUESDAY + n * HOUR) for n in range(6)]
    await store.holds.hold("CA1", offered[:2])
    assert await store.holds.hold("CA1", offered[1:]) == offered[1 : 1 + MAX_HOLDS]
    held = await store.holds.held("CA1")
    assert [one.interval.start for one in held] == [one.start for one in offered[1:4]]
    assert await store.holds.hold("CA2", offered[:1]) == offered[:1]


async def test_alternatives_of_one_call_may_overlap(store: Store) -> None:
    """Half past two and two o'clock are held on one bay: the caller takes one of them."""
    held = await store.holds.hold("CA1", [slot(), slot(TUESDAY + HOUR / 2)])
    assert [one.bay for one in held] == [1, 1]


async def test_holds_end_by_themselves(store: Store, dana: Caller, rows: Rows) -> None:
    """When its time is up by the database's clock a hold is in nobody's way and is swept away."""
    await store.holds.hold("CA1", [slot(bays=(1,))])
    left = "SELECT extract(epoch FROM expires_at - clock_timestamp()) FROM slot_holds"
    assert HOLD_S - 10 < rows(left)[0][0] <= HOLD_S
    rows("UPDATE slot_holds SET expires_at = clock_timestamp() - interval '1 ms'")
    assert await store.appointments.busy(DAY, call_sid="CA2") == []
    assert await store.holds.held("CA1") == []
    assert await store.holds.hold("CA2", [slot(bays=(1,))])
    assert rows("SELECT call_sid FROM slot_holds") == [("CA2",)]
    rows("UPDATE slot_holds SET expires_at = clock_timestamp() - interval '1 ms'")
    assert (await store.appointments.book(wish(dana, "CA3"))).bay == 1


async def test_holds_end_with_the_call(store: Store, rows: Rows) -> None:
    """Hanging up frees at once what was offered; other calls keep theirs."""
    await store.holds.hold("CA1", [slot()])
    await store.holds.hold("CA2", [slot()])
    await store.holds.release("CA1")
    await store.holds.release("CA9")
    assert rows("SELECT call_sid FROM slot_holds") == [("CA2",)]


async def test_answers_end_the_offer(store: Store, dana: Caller) -> None:
    """Booking, moving and cancelling in a call end what it holds, a refused booking does not."""
    for start in (TUESDAY, TUESDAY + HOUR):
        await store.holds.hold("CA1", [slot(), slot(TUESDAY + HOUR)])
        visit = await store.appointments.book(wish(dana, "CA1", start))
        assert await store.holds.held("CA1") == []
    await store.holds.hold("CA1", [slot(TUESDAY + 2 * HOUR)])
    await store.appointments.reschedule(visit.id, TUESDAY + 2 * HOUR, call_sid="CA1")
    assert await store.holds.held("CA1") == []
    await store.holds.hold("CA1", [slot(TUESDAY + 4 * HOUR)])
    await store.holds.hold("CA2", [slot(TUESDAY + 2 * HOUR)])
    with pytest.raises(SlotTaken):
        await store.appointments.book(wish(dana, "CA1", TUESDAY + 2 * HOUR))
    assert await store.holds.held("CA1")
    await store.appointments.cancel(visit.id, None, call_sid="CA1")
    assert await store.holds.held("CA1") == []


async def test_a_buffer_is_held_too(store: Store) -> None:
    """The next visit on the bay may be held only after the buffer of the offered one."""
    await store.holds.hold("CA1", [slot(bays=(1,))], buffer_minutes=30)
    assert await store.holds.hold("CA2", [slot(TUESDAY + HOUR, (1,))]) == []
    assert await store.holds.hold("CA2", [slot(TUESDAY + HOUR * 1.5, (1,))])


async def test_technicians_are_held_with_the_bay(store: Store, dana: Caller) -> None:
    """A call is held the first technician who is free; the next call gets the other or nothing."""
    crew = slot(technician="Al", technicians=("Al", "Bo"))
    only = slot(technician="Al", technicians=("Al",))
    assert (await store.holds.hold("CA1", [only]))[0].technician == "Al"
    assert await store.holds.hold("CA2", [only]) == []
    [held] = await store.holds.hold("CA2", [crew])
    assert (held.bay, held.technician) == (2, "Bo")
    with pytest.raises(SlotTaken):
        await store.appointments.book(replace(wish(dana, "CA3"), technicians=("Al", "Bo")))
    visit = await store.appointments.book(wish(dana, "CA2").at(crew))
    assert (visit.bay, visit.technician) == (2, "Bo")


async def test_one_hour_for_many_calls_at_once(store: Store, rows: Rows) -> None:
    """Of thirty calls that are to be offered the same hour at once, two hold it, a bay each."""
    held = await asyncio.gather(
        *(store.holds.hold(f"CA{n}", [slot(), slot(TUESDAY + HOUR / 2)]) for n in range(30))
    )
    assert sorted(one.bay for some in held for one in some) == [1, 1, 2, 2]
    assert rows("SELECT count(DISTINCT call_sid) FROM slot_holds") == [(2,)]


async def test_offers_bookings_and_goodbyes_at_once(store: Store, dana: Caller, rows: Rows) -> None:
    """Sixty calls over three hours: whoever was held a slot gets it, and nothing is left over."""
    hours = [slot(TUESDAY + n * HOUR) for n in range(3)]

    async def call(number: int) -> int:
        """Ask, book what is held - every other call asking anew meanwhile - and hang up."""
        sid = f"CA{number}"
        held = await store.holds.hold(sid, hours[number % 3 :] + hours[: number % 3])
        booked = 0
        if held:
            draft = replace(wish(dana, sid).at(held[-1]), booking_key=sid)
            work = [store.appointments.book(draft) for _ in range(3)]
            if number % 2:
                await asyncio.gather(*work, store.holds.hold(sid, held[-1:]))
            else:
                await asyncio.gather(*work)
            booked = 1
        await store.holds.release(sid)
        return booked

    booked = await asyncio.gather(*(call(number) for number in range(60)))
    assert sum(booked) == rows("SELECT count(*) FROM appointments")[0][0] >= 2
    assert rows("SELECT count(*) FROM slot_holds") == [(0,)]


def test_the_database_refuses_two_calls_one_bay(rows: Rows) -> None:
    """Even written by hand, holds of two calls cannot overlap on a bay or a technician."""
    insert = """INSERT INTO slot_holds (call_sid, bay, technician, period, expires_at)
        VALUES (%s, %s, %s, tstzrange(%s, %s), now() + interval '1 min')"""
    rows(insert, "CA1", 1, "Al", TUESDAY, TUESDAY + HOUR)
    rows(insert, "CA1", 1, "Al", TUESDAY, TUESDAY + HOUR)
    rows(insert, "CA2", 2, "Bo", TUESDAY, TUESDAY + HOUR)
    for bay, technician in ((1, None), (3, "Al")):
        with pytest.raises(psycopg.errors.ExclusionViolation):
            rows(insert, "CA2", bay, technician, TUESDAY, TUESDAY + HOUR)


async def test_a_caller_who_phones_again_takes_their_holds_along(store: Store, rows: Rows) -> None:
    """What the old call held the new one holds, alternatives on one bay included, no longer."""
    await store.holds.hold("CA1", [slot(bays=(1,)), slot(TUESDAY + HOUR / 2, bays=(1,))])
    until = rows("SELECT expires_at FROM slot_holds ORDER BY expires_at")
    assert await store.holds.take_over("CA1", "CA2") == 2
    assert await store.holds.held("CA1") == []
    assert len(await store.holds.held("CA2")) == 2
    assert rows("SELECT expires_at FROM slot_holds ORDER BY expires_at") == until


async def test_holds_that_have_run_out_are_not_taken_over(store: Store, rows: Rows) -> None:
    """A slot that others may have by now is not taken from them."""
    await store.holds.hold("CA1", [slot()])
    rows("UPDATE slot_holds SET expires_at = clock_timestamp() - interval '1 ms'")
    assert await store.holds.take_over("CA1", "CA2") == 0
    assert await store.holds.held("CA2") == []
