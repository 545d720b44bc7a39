"""A visit is moved by its owner to a time that is free, or stays where it is."""

from datetime import UTC, datetime

import pytest
from tools_place import TUESDAY_AT_TWO, Place, use

from shop.types import Customer

pytestmark = pytest.mark.db

WEDNESDAY_AT_TEN = "2026-11-25T10:00:00"
AT_TWO = datetime(2026, 11, 24, 22, tzinfo=UTC)


async def booked(place: Place, who: Customer, at: str = TUESDAY_AT_TWO, car: int = 0) -> int:
    """Book an oil change for a customer and return its id."""
    answer = await use(
        place.call(who.phone, who, sid=f"CA{at}{car}"), "book_appointment",
        scheduled_at=at, service_type="oil_change", vehicle_id=who.vehicles[car].id,
    )  # fmt: skip
    assert answer["success"], answer
    return int(answer["appointment_id"])


async def test_the_owner_moves(place: Place) -> None:
    """The visit is at its new time and nowhere else."""
    dana = await place.dana()
    visit = await booked(place, dana)
    answer = await use(
        place.call(dana.phone), "reschedule_appointment",
        appointment_id=visit, new_scheduled_at=WEDNESDAY_AT_TEN,
    )  # fmt: skip
    assert (answer["appointment_id"], answer["scheduled_at"]) == (visit, WEDNESDAY_AT_TEN)
    visits = await place.store.appointments.upcoming(dana.id, place.clock.now())
    assert [one.id for one in visits] == [visit]


async def test_an_unconfirmed_number_gives_one_fact_first(place: Place) -> None:
    """The number alone does not move; with the name it does."""
    dana = await place.dana()
    visit = await booked(place, dana)
    call = place.call(dana.phone, trust="weak")
    move = {"appointment_id": visit, "new_scheduled_at": WEDNESDAY_AT_TEN}
    assert (await use(call, "reschedule_appointment", **move))["error"] == "verification_needed"
    assert (await place.store.appointments.get(visit)).scheduled_at == AT_TWO
    await use(call, "search_customers", query="Dana Whitfield")
    assert (await use(call, "reschedule_appointment", **move))["success"]


async def test_others_move_nothing(place: Place) -> None:
    """Another customer, a stranger, a withheld and a forged number are refused alike."""
    dana = await place.dana()
    visit = await booked(place, dana)
    eve = await place.store.customers.create("Eve", "Adams", "+15035550177", None)
    for call in (
        place.call(eve.phone),
        place.call("+15035550188"),
        place.call(None),
        place.call(dana.phone, trust="none"),
    ):
        answers = [
            await use(
                call, "reschedule_appointment",
                appointment_id=number, new_scheduled_at=WEDNESDAY_AT_TEN,
            )
            for number in (visit, visit + 1)
        ]  # fmt: skip
        assert answers[0] == answers[1]
        assert answers[0]["error"] == "not_authorized"
    assert (await place.store.appointments.get(visit)).scheduled_at == AT_TWO


@pytest.mark.parametrize(
    ("when", "error"),
    [
        ("2026-11-31T10:00:00", "invalid_time"),
        ("2026-11-24", "invalid_time"),
        ("soon", "invalid_time"),
        ("0000-00-00T00:00:00", "invalid_time"),
        (1764000000, "invalid_time"),
        ("2027-03-14T02:30:00", "no_such_time"),
        ("2026-11-20T10:00:00", "in_past"),
        ("2028-11-24T10:00:00", "beyond_horizon"),
        ("2026-11-24T12:00:00", "lunch"),
        ("2026-11-29T10:00:00", "shop_closed"),
        ("2026-11-24T20:00:00", "outside_hours"),
        ("x" * 10_000, "too_long"),
        ([WEDNESDAY_AT_TEN], "invalid_arguments"),
        (None, "invalid_arguments"),
    ],
)
async def test_times_the_shop_cannot_take(place: Place, when: object, error: str) -> None:
    """Each impossible time has its code, and the visit stays where it was."""
    dana = await place.dana()
    visit = await booked(place, dana)
    answer = await use(
        place.call(dana.phone), "reschedule_appointment",
        appointment_id=visit, new_scheduled_at=when,
    )  # fmt: skip
    assert answer["error"] == error, answer
    assert (await place.store.appointments.get(visit)).scheduled_at == AT_TWO


async def test_one_car_is_not_in_two_places(place: Place) -> None:
    """A visit is not moved onto another one of the same car, even with a bay free."""
    dana = await place.dana()
    await booked(place, dana, WEDNESDAY_AT_TEN)
    visit = await booked(place, dana)
    answer = await use(
        place.call(dana.phone), "reschedule_appointment",
        appointment_id=visit, new_scheduled_at=WEDNESDAY_AT_TEN,
    )  # fmt: skip
    assert answer["error"] == "vehicle_busy"
    assert (await place.store.appointments.get(visit)).scheduled_at == AT_TWO


async def test_a_cancelled_visit_is_not_moved(place: Place) -> None:
    """The caller is offered a new one instead."""
    dana = await place.dana()
    visit = await booked(place, dana)
    await place.store.appointments.cancel(visit, None)
    answer = await use(
        place.call(dana.phone), "reschedule_appointment",
        appointment_id=visit, new_scheduled_at=WEDNESDAY_AT_TEN,
    )  # fmt: skip
    assert answer["error"] == "not_live"
