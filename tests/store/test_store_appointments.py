"""Tests of booking, cancelling and moving, also when many do it at once."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from store_world import HOUR, TUESDAY, Caller, Rows

from shop.types import Busy, Interval
from store import Store
from store.appointments import NewAppointment
from store.customers import NewCustomer
from store.errors import NotFound, Rejected, SlotTaken, VehicleBusy
from store.vehicles import NewVehicle

pytestmark = pytest.mark.db


def wish(caller: Caller, start: datetime = TUESDAY, **more: Any) -> NewAppointment:
    """An oil change for the caller, without a car unless one is named."""
    draft = NewAppointment(caller.customer.id, None, "oil_change", start, 60)
    return replace(draft, **more)


async def test_a_booking_is_returned_as_it_stands(store: Store, dana: Caller) -> None:
    """What comes back is the row, in UTC, on the first free bay, and it can be read again."""
    visit = await store.appointments.book(
        wish(dana, vehicle_id=dana.vehicle.id, notes="waits", booking_key="k")
    )
    assert (visit.bay, visit.status, visit.scheduled_at) == (1, "scheduled", TUESDAY)
    assert visit.scheduled_at.utcoffset() == timedelta(0)
    assert await store.appointments.get(visit.id) == visit
    assert await store.appointments.by_booking_key("k") == visit
    assert await store.appointments.upcoming(dana.customer.id, TUESDAY) == [visit]
    assert await store.appointments.upcoming(dana.customer.id, TUESDAY + HOUR) == []
    pairs = await store.appointments.with_vehicle([visit])
    assert pairs == [(visit, dana.vehicle)]
    day = Interval(TUESDAY - HOUR, TUESDAY + 2 * HOUR)
    assert await store.appointments.between(day) == [visit]
    assert await store.appointments.busy(day) == [Busy(Interval(TUESDAY, TUESDAY + HOUR), 1)]


async def test_the_same_wish_is_granted_once(store: Store, dana: Caller, rows: Rows) -> None:
    """Twenty bookings with one key at once give one row, and all are told of it."""
    new = wish(dana, booking_key="call:1")
    visits = await asyncio.gather(*(store.appointments.book(new) for _ in range(20)))
    assert len({visit.id for visit in visits}) == 1
    assert rows("SELECT count(*) FROM appointments") == [(1,)]


async def test_a_wish_cancelled_may_be_wished_again(store: Store, dana: Caller) -> None:
    """After a cancellation the same words in the same call book anew."""
    new = wish(dana, booking_key="call:1")
    first = await store.appointments.book(new)
    await store.appointments.cancel(first.id, None)
    second = await store.appointments.book(new)
    assert (second.id, second.status) != (first.id, first.status)


async def test_racing_for_the_last_bays_leaves_no_overlap(
    store: Store, dana: Caller, rows: Rows
) -> None:
    """Of forty who want the same hour exactly two get it, one on each bay; the rest are told."""
    outcomes = await asyncio.gather(
        *(store.appointments.book(wish(dana, booking_key=f"k{n}")) for n in range(40)),
        return_exceptions=True,
    )
    won = [one for one in outcomes if not isinstance(one, BaseException)]
    assert sorted(visit.bay for visit in won) == [1, 2]
    assert all(isinstance(one, SlotTaken) for one in outcomes if isinstance(one, BaseException))
    assert rows("SELECT bay FROM appointments ORDER BY 1") == [(1,), (2,)]


async def test_racing_for_one_named_bay_leaves_one(store: Store, dana: Caller) -> None:
    """A named bay is not exchanged for another."""
    outcomes = await asyncio.gather(
        *(store.appointments.book(wish(dana, bay=1)) for _ in range(10)), return_exceptions=True
    )
    assert [type(one) for one in outcomes].count(SlotTaken) == 9


async def test_a_car_is_booked_once_for_a_time(store: Store, dana: Caller) -> None:
    """The second overlapping visit of one car is refused with its own error."""
    new = wish(dana, vehicle_id=dana.vehicle.id)
    await store.appointments.book(new)
    with pytest.raises(VehicleBusy):
        await store.appointments.book(replace(new, start=TUESDAY + HOUR / 2))


async def test_a_new_customer_and_car_come_with_the_visit(store: Store, rows: Rows) -> None:
    """Customer, vehicle and appointment are written in one go and found at once."""
    phone = "+15035550999"
    assert await store.customers.by_phone(phone) is None
    visit = await store.appointments.book(
        NewAppointment(
            None,
            None,
            "oil_change",
            TUESDAY,
            60,
            booking_key="k",
            new_customer=NewCustomer("Ida", "Noor", phone),
            new_vehicle=NewVehicle(2020, "Kia", "Soul", None, "ABC123"),
        )
    )
    found = await store.customers.by_phone(phone)
    assert found is not None
    assert visit.customer_id == found.id
    assert [car.id for car in found.vehicles] == [visit.vehicle_id]


async def test_a_refused_visit_leaves_no_customer_behind(
    store: Store, dana: Caller, rows: Rows
) -> None:
    """When the slot is gone, the new customer and car are not kept either."""
    for _ in range(2):
        await store.appointments.book(wish(dana))
    with pytest.raises(SlotTaken):
        await store.appointments.book(
            replace(
                wish(dana),
                customer_id=None,
                new_customer=NewCustomer("Ida", "Noor", "+15035550999"),
                new_vehicle=NewVehicle(2020, "Kia", "Soul"),
            )
        )
    assert rows("SELECT count(*) FROM customers") == [(1,)]
    assert rows("SELECT count(*) FROM vehicles") == [(1,)]


async def test_a_new_car_is_seen_in_the_cached_customer(store: Store, dana: Caller) -> None:
    """A booking that adds a car makes the cached customer old at once."""
    assert await store.customers.by_phone(dana.customer.phone)
    await store.appointments.book(wish(dana, new_vehicle=NewVehicle(2020, "Kia", "Soul")))
    found = await store.customers.by_phone(dana.customer.phone)
    assert found is not None
    assert [car.model for car in found.vehicles] == ["CR-V", "Soul"]


async def test_cancelling_is_final_and_repeatable(store: Store, dana: Caller) -> None:
    """The first cancellation counts, the second changes nothing, and the slot is free again."""
    visit = await store.appointments.book(wish(dana, bay=1))
    cancelled = await store.appointments.cancel(visit.id, "ill")
    assert cancelled.status == "cancelled"
    assert await store.appointments.cancel(visit.id, "again") == cancelled
    assert (await store.appointments.book(wish(dana, bay=1))).bay == 1


async def test_moving_keeps_the_visit_or_moves_it(store: Store, dana: Caller) -> None:
    """A move to a full hour is refused with the visit where it was; to a free one it succeeds."""
    visit = await store.appointments.book(wish(dana))
    for _ in range(2):
        await store.appointments.book(wish(dana, TUESDAY + 2 * HOUR))
    with pytest.raises(SlotTaken):
        await store.appointments.reschedule(visit.id, TUESDAY + 2 * HOUR)
    assert await store.appointments.get(visit.id) == visit
    moved = await store.appointments.reschedule(visit.id, TUESDAY + HOUR / 2)
    assert (moved.id, moved.scheduled_at, moved.bay) == (visit.id, TUESDAY + HOUR / 2, 1)


async def test_racing_to_move_into_one_hour(store: Store, dana: Caller, rows: Rows) -> None:
    """Ten visits move to the same hour at once: two arrive, eight stay where they were."""
    visits = [await store.appointments.book(wish(dana, TUESDAY + n * HOUR)) for n in range(1, 11)]
    outcomes = await asyncio.gather(
        *(store.appointments.reschedule(visit.id, TUESDAY) for visit in visits),
        return_exceptions=True,
    )
    assert [type(one) for one in outcomes].count(SlotTaken) == 8
    for visit, outcome in zip(visits, outcomes, strict=True):
        now = await store.appointments.get(visit.id)
        assert now == (visit if isinstance(outcome, BaseException) else outcome)


async def test_what_is_not_there_cannot_be_changed(store: Store, dana: Caller) -> None:
    """Unknown ids, and moving a cancelled visit, are NotFound; an impossible value is Rejected."""
    for attempt in (
        store.appointments.get(1),
        store.appointments.cancel(1, None),
        store.appointments.reschedule(1, TUESDAY),
        store.appointments.book(replace(wish(dana), customer_id=999)),
        store.appointments.book(wish(dana, vehicle_id=999)),
    ):
        with pytest.raises(NotFound):
            await attempt
    visit = await store.appointments.book(wish(dana))
    await store.appointments.cancel(visit.id, None)
    with pytest.raises(NotFound):
        await store.appointments.reschedule(visit.id, TUESDAY)
    with pytest.raises(Rejected):
        await store.appointments.book(wish(dana, duration_minutes=0))
    with pytest.raises(Rejected):
        await store.appointments.book(wish(dana, notes="a\0b"))


async def test_capacity_follows_the_shop_file(store: Store, dana: Caller) -> None:
    """A shop with three bays takes three cars at once."""
    await store.appointments.sync_capacity(3)
    bays = [(await store.appointments.book(wish(dana))).bay for _ in range(3)]
    assert bays == [1, 2, 3]
