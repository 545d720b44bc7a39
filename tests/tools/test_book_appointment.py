"""A visit is booked once, for the right car, or refused with the next best thing."""

import asyncio
from typing import Any

import pytest
from tools_place import CALENDAR_ID, TUESDAY_AT_TWO, Place, use

pytestmark = pytest.mark.db

BOOKING: dict[str, Any] = {"scheduled_at": TUESDAY_AT_TWO, "service_type": "oil change"}


async def test_a_known_caller_books_for_one_of_their_cars(place: Place) -> None:
    """The visit stands in the database and in the calendar, and is said as people say it."""
    dana = await place.dana()
    honda = dana.vehicles[0]
    answer = await use(
        place.call(dana.phone, dana), "book_appointment", **BOOKING, vehicle_id=honda.id
    )
    assert answer["success"], answer
    assert answer["scheduled_at"] == TUESDAY_AT_TWO
    assert answer["service_type"] == "oil_change"
    assert "Tuesday the twenty-fourth at two in the afternoon" in answer["message"]
    assert answer["calendar_link"]
    visit = await place.store.appointments.get(answer["appointment_id"])
    assert (visit.vehicle_id, visit.status) == (honda.id, "scheduled")
    [event] = place.calendar.events(CALENDAR_ID)
    assert event["id"] == visit.calendar_event_id


async def test_the_same_wish_twice_is_one_visit(place: Place) -> None:
    """A repeated or parallel tool call of one call gives one appointment."""
    dana = await place.dana()
    call = place.call(dana.phone, dana)
    wish = BOOKING | {"vehicle_id": dana.vehicles[0].id}
    answers = await asyncio.gather(*(use(call, "book_appointment", **wish) for _ in range(4)))
    assert {a.get("appointment_id") for a in answers} == {answers[0]["appointment_id"]}
    assert len(await place.store.appointments.upcoming(dana.id, place.clock.now())) == 1


async def test_with_several_cars_it_asks_which(place: Place) -> None:
    """Two cars on file and none named: the tool asks, naming both."""
    dana = await place.dana()
    answer = await use(place.call(dana.phone, dana), "book_appointment", **BOOKING)
    assert answer["error"] == "vehicle_needed"
    assert "Honda" in answer["message"] and "Tacoma" in answer["message"]


async def test_someone_new_is_booked_in_one_go(place: Place) -> None:
    """A stranger with a car by year, make and model is on file afterwards, and is the caller."""
    call = place.call("+15035550188", None)
    answer = await use(
        call, "book_appointment", **BOOKING,
        customer={"first_name": "Ann", "last_name": "Lee"},
        vehicle={"year": 2020, "make": "Subaru", "model": "Outback", "license_plate": "abc 123"},
    )  # fmt: skip
    assert answer["success"], answer
    assert call.customer is not None
    assert (call.customer.first_name, call.customer.phone) == ("Ann", "+15035550188")
    assert call.customer.vehicles[0].license_plate == "ABC123"


async def test_a_new_car_is_decoded_from_its_vin(place: Place) -> None:
    """A VIN alone gives year, make and model; one too short is asked for again."""
    call = place.call("+15035550188", None)
    person = {"first_name": "Ann", "last_name": "Lee"}
    wrong = await use(
        call, "book_appointment", **BOOKING, customer=person,
        vehicle={"vin": "1HGCM8263"},
    )  # fmt: skip
    assert wrong["error"] == "invalid_vin"
    assert "seventeen" in wrong["message"]
    answer = await use(
        call, "book_appointment", **BOOKING, customer=person,
        vehicle={"vin": "1HGCM82633A004352"},
    )  # fmt: skip
    assert answer["success"], answer
    assert call.customer is not None
    assert call.customer.vehicles[0].make.lower() == "honda"
    assert call.customer.vehicles[0].year == 2003


async def test_a_stranger_without_name_or_car_is_asked(place: Place) -> None:
    """What is missing is asked for, one thing at a time, and nothing is written."""
    call = place.call("+15035550188", None)
    assert (await use(call, "book_appointment", **BOOKING))["error"] == "customer_needed"
    person = {"first_name": "Ann", "last_name": "Lee"}
    answer = await use(call, "book_appointment", **BOOKING, customer=person)
    assert answer["error"] == "vehicle_needed"
    withheld = await use(place.call(None, None), "book_appointment", **BOOKING, customer=person)
    assert withheld["error"] == "phone_needed"
    assert await place.store.customers.by_phone("+15035550188") is None


async def test_nobody_books_under_a_number_on_file_by_naming_it(place: Place) -> None:
    """A stranger who gives a customer's number with another name is refused."""
    await place.dana()
    answer = await use(
        place.call("+15035550188", None), "book_appointment", **BOOKING,
        customer={"first_name": "Eve", "last_name": "Adams", "phone": "503 555 0142"},
        vehicle={"year": 2020, "make": "Subaru", "model": "Outback"},
    )  # fmt: skip
    assert answer["error"] == "verification_needed"


async def test_a_full_slot_is_refused_with_alternatives(place: Place) -> None:
    """Two bays, three wishes: the third hears what is free instead."""
    answers = []
    for number in range(3):
        call = place.call(f"+1503555018{number}", None, sid=f"CA{number}")
        answers.append(
            await use(
                call,
                "book_appointment",
                **BOOKING,
                customer={"first_name": "P", "last_name": f"N{number}"},
                vehicle={"year": 2020, "make": "Kia", "model": "Soul"},
            )
        )
    assert [a["success"] for a in answers] == [True, True, False]
    assert answers[2]["error"] == "slot_taken"
    assert answers[2]["alternatives"]


@pytest.mark.parametrize(
    ("when", "error"),
    [
        ("2026-11-24T12:00:00", "lunch"),
        ("2026-11-24T16:30:00", "outside_hours"),
        ("2026-11-29T10:00:00", "shop_closed"),
        ("2026-11-20T10:00:00", "in_past"),
        ("2027-11-24T10:00:00", "beyond_horizon"),
        ("2026-11-31T10:00:00", "invalid_time"),
        ("Tuesday at two", "invalid_time"),
        ("2027-03-14T02:30:00", "no_such_time"),
    ],
)
async def test_times_the_shop_cannot_take(place: Place, when: str, error: str) -> None:
    """Each impossible time has its code and its sentence."""
    dana = await place.dana()
    answer = await use(
        place.call(dana.phone, dana), "book_appointment", scheduled_at=when,
        service_type="oil_change", vehicle_id=dana.vehicles[0].id,
    )  # fmt: skip
    assert answer["error"] == error, answer


async def test_an_unknown_service_names_what_there_is(place: Place) -> None:
    """A service the shop does not do is asked about."""
    dana = await place.dana()
    answer = await use(
        place.call(dana.phone, dana), "book_appointment", scheduled_at=TUESDAY_AT_TWO,
        service_type="haircut",
    )  # fmt: skip
    assert answer["error"] == "unknown_service"


async def test_nothing_is_booked_on_a_calendar_that_does_not_answer(place: Place) -> None:
    """With Google down no slot is invented: the caller is offered a call back."""
    dana = await place.dana()
    place.calendar.fail_next(500, "backendError", times=50)
    answer = await use(
        place.call(dana.phone, dana), "book_appointment", **BOOKING,
        vehicle_id=dana.vehicles[0].id,
    )  # fmt: skip
    assert answer["error"] == "calendar_unavailable"
    assert not await place.store.appointments.upcoming(dana.id, place.clock.now())
