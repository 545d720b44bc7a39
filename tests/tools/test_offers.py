"""What one caller is offered is kept for them for a moment, and nobody else hears of it."""

import asyncio
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from tools_place import Place, use

from shop.shopfile import Bay, Shop, Technician
from tools import schedule
from tools.call import Call

pytestmark = pytest.mark.db

TUESDAY = "2026-11-24"
ASK: dict[str, Any] = {"date": TUESDAY, "service_type": "oil_change"}
PERSON = {"first_name": "Ann", "last_name": "Lee"}
CAR = {"year": 2020, "make": "Kia", "model": "Soul"}


def shop_with(place: Place, **fields: Any) -> Place:
    """Return the place with some fields of its shop exchanged."""
    return replace(place, shop=place.shop.model_copy(update=fields))


def one_bay(place: Place) -> Place:
    """Return the place with a shop of one bay."""
    return shop_with(place, bay_list=(Bay(name="Only"),))


def caller(place: Place, number: int) -> Call:
    """Return the call of a stranger of their own."""
    return place.call(f"+150355502{number:02}", sid=f"CA{number}")


async def book(call: Call, at: str, service: str = "oil_change", **more: Any) -> dict[str, Any]:
    """Book for a stranger with a car."""
    return await use(
        call, "book_appointment", scheduled_at=at, service_type=service,
        customer=PERSON, vehicle=CAR, **more,
    )  # fmt: skip


def starts(slots: list[dict[str, Any]]) -> list[str]:
    """Return when slots begin, hours and minutes."""
    return [slot["start"][11:16] for slot in slots]


async def test_three_times_are_spoken_and_held_and_all_are_listed(place: Place) -> None:
    """The first three of the list are those of the message; only these are held."""
    call = caller(place, 1)
    answer = await use(call, "get_available_slots", **ASK)
    assert starts(answer["slots"])[:3] == ["09:00", "13:30", "16:00"]
    assert len(answer["slots"]) == 12
    assert starts(answer["slots"])[3:] == sorted(starts(answer["slots"])[3:])
    assert answer["message"].count(" at ") == 3
    held = await place.store.holds.held(call.call_sid)
    assert [one.bay for one in held] == [1, 1, 1]


async def test_the_last_slot_is_offered_to_one_caller(place: Place) -> None:
    """On a single bay a time offered to one caller is not listed for, nor booked by, another."""
    place = one_bay(place)
    first, second = caller(place, 1), caller(place, 2)
    mine = await use(first, "get_available_slots", **ASK)
    yours = await use(second, "get_available_slots", **ASK)
    offered = starts(mine["slots"])[:3]
    assert not set(offered) & set(starts(yours["slots"]))
    at = mine["slots"][0]["start"]
    refused = await book(second, at)
    assert refused["error"] == "slot_taken"
    assert refused["alternatives"]
    assert (await book(first, at))["success"]
    assert await place.store.holds.held(first.call_sid) == []
    again = await use(second, "get_available_slots", **ASK)
    assert set(offered[1:]) < set(starts(again["slots"]))


async def test_with_two_bays_the_second_caller_may_have_the_same_times(place: Place) -> None:
    """The other bay is free: two callers hear the same times, the third others."""
    calls = [caller(place, n) for n in range(3)]
    said = [await use(call, "get_available_slots", **ASK) for call in calls]
    first, second, third = (starts(answer["slots"])[:3] for answer in said)
    assert first == second
    assert not set(first) & set(starts(said[2]["slots"]))
    assert len(third) == 3


async def test_callers_who_ask_at_once_are_offered_different_times(place: Place) -> None:
    """Of four who ask in the same moment no two hear of the same time on a single bay."""
    place = one_bay(place)
    calls = [caller(place, n) for n in range(4)]
    said = await asyncio.gather(*(use(call, "get_available_slots", **ASK) for call in calls))
    held = [await place.store.holds.held(call.call_sid) for call in calls]
    times = [one.interval.start for some in held for one in some]
    assert len(times) == len(set(times))
    for answer, some in zip(said, held, strict=True):
        assert answer["success"]
        assert answer["message"].count(" at ") >= len(some) >= 1


async def test_a_refusal_offers_and_holds_alternatives(place: Place) -> None:
    """What is offered instead of a taken time is held like any other offer."""
    place = one_bay(place)
    assert (await book(caller(place, 1), f"{TUESDAY}T14:00:00"))["success"]
    second, third = caller(place, 2), caller(place, 3)
    refused = await book(second, f"{TUESDAY}T14:00:00")
    held = await place.store.holds.held(second.call_sid)
    assert len(held) == len(refused["alternatives"]) == 3
    other = await book(third, refused["alternatives"][0]["start"])
    assert other["error"] == "slot_taken"
    assert (await book(second, refused["alternatives"][0]["start"]))["success"]


async def test_a_full_day_names_and_holds_the_next_free_times(place: Place) -> None:
    """On a closed day times of the next two open days are offered, and held."""
    call = caller(place, 1)
    answer = await use(call, "get_available_slots", date="2026-11-29", service_type="oil_change")
    assert answer["slots"] == []
    days = [slot["start"][:10] for slot in answer["next_free"]]
    assert days[0] == "2026-11-30"
    assert set(days) == {"2026-11-30", "2026-12-01"}
    assert len(await place.store.holds.held(call.call_sid)) == 3


async def test_no_hold_no_harm(place: Place, database_url: str) -> None:
    """When holding fails, the caller is offered the same times all the same."""
    with psycopg.connect(database_url, autocommit=True) as conn:
        conn.execute("DROP FUNCTION hold_slots")
    answer = await use(caller(place, 1), "get_available_slots", **ASK)
    assert starts(answer["slots"])[:3] == ["09:00", "13:30", "16:00"]
    assert (await book(caller(place, 2), answer["slots"][0]["start"]))["success"]


async def test_a_hold_that_is_slow_is_not_waited_for(place: Place, database_url: str) -> None:
    """While somebody else has the calls' locks, the offer is made after half a second."""
    async with await psycopg.AsyncConnection.connect(database_url) as conn:
        await conn.execute("LOCK TABLE slot_holds IN SHARE MODE")
        async with asyncio.timeout(schedule.HOLD_WAIT_S + 3):
            answer = await use(caller(place, 1), "get_available_slots", **ASK)
        await conn.rollback()
    assert len(answer["slots"]) == 12


async def test_moving_uses_the_callers_own_hold(place: Place) -> None:
    """A visit moves to the time held for its owner, which others cannot move to."""
    place = one_bay(place)
    dana = await place.dana()
    own, other = place.call(dana.phone, dana, sid="CA1"), caller(place, 2)
    booked = await book(other, f"{TUESDAY}T10:00:00")
    visit = await use(
        own, "book_appointment", scheduled_at=f"{TUESDAY}T11:00:00", service_type="oil_change",
        vehicle_id=dana.vehicles[0].id,
    )  # fmt: skip
    offered = await use(own, "get_available_slots", **ASK)
    at = offered["slots"][1]["start"]
    stranger = await use(
        other, "reschedule_appointment",
        appointment_id=booked["appointment_id"], new_scheduled_at=at,
    )  # fmt: skip
    assert stranger["error"] == "slot_taken"
    moved = await use(
        own, "reschedule_appointment",
        appointment_id=visit["appointment_id"], new_scheduled_at=at,
    )  # fmt: skip
    assert moved["success"], moved
    assert moved["scheduled_at"] == at
    assert await place.store.holds.held("CA1") == []


async def test_a_technician_with_the_skill_is_booked(place: Place) -> None:
    """Only as many cars are taken as there are people with the skill, by those people."""
    crew = (Technician(name="Al", skills=("tire_rotation",)), Technician(name="Rosa"))
    place = shop_with(place, technicians=crew)
    at = f"{TUESDAY}T14:00:00"
    first = await book(caller(place, 1), at)
    visit = await place.store.appointments.get(first["appointment_id"])
    assert (visit.bay, visit.technician) == (1, "Rosa")
    assert (await book(caller(place, 2), at))["error"] == "slot_taken"
    second = await book(caller(place, 3), at, "tire_rotation")
    visit = await place.store.appointments.get(second["appointment_id"])
    assert (visit.bay, visit.technician) == (2, "Al")


async def test_buffers_are_written_down(place: Place) -> None:
    """A service's buffer keeps the bay from the next visit, on the books too."""
    slow: Shop = one_bay(place).shop
    services = tuple(one.model_copy(update={"buffer_minutes": 30}) for one in slow.services)
    place = shop_with(one_bay(place), services=services)
    assert (await book(caller(place, 1), f"{TUESDAY}T14:00:00"))["success"]
    assert (await book(caller(place, 2), f"{TUESDAY}T15:00:00"))["error"] == "slot_taken"
    assert (await book(caller(place, 2), f"{TUESDAY}T15:30:00"))["success"]


async def test_waiting_or_leaving_the_car(place: Place) -> None:
    """Whether the caller waits is recorded; where nobody can wait, the caller is asked."""
    services = tuple(one.model_copy(update={"may_wait": False}) for one in place.shop.services)
    strict = shop_with(place, services=services)
    made = await book(caller(place, 1), f"{TUESDAY}T14:00:00", visit="waiter")
    assert (await place.store.appointments.get(made["appointment_id"])).visit == "waiter"
    refused = await book(caller(strict, 2), f"{TUESDAY}T15:00:00", visit="waiter")
    assert refused["error"] == "drop_off_only"
    made = await book(caller(strict, 2), f"{TUESDAY}T15:00:00")
    assert (await place.store.appointments.get(made["appointment_id"])).visit == "drop_off"


async def test_the_same_wish_beside_itself_on_the_last_bay(place: Place) -> None:
    """Repeated in the same moment for the only bay, both answers say that it is booked."""
    place = one_bay(place)
    call = caller(place, 1)
    answers = await asyncio.gather(*(book(call, f"{TUESDAY}T14:00:00") for _ in range(6)))
    assert {answer.get("appointment_id") for answer in answers} == {answers[0]["appointment_id"]}
