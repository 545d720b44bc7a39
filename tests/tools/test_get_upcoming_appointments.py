"""Callers hear of their own visits, and of nobody else's."""

import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from tools_place import Place, use

from shop.clock import FixedClock
from shop.facts import gather
from shop.identity import Trust
from shop.truth import find_lie
from shop.types import Customer
from tools.call import Call

pytestmark = pytest.mark.db


async def booked(place: Place, who: Customer, at: str, car: int = 0) -> int:
    """Book an oil change for a customer and return its id."""
    answer = await use(
        place.call(who.phone, who, sid=f"CA{at}"), "book_appointment",
        scheduled_at=at, service_type="oil_change", vehicle_id=who.vehicles[car].id,
    )  # fmt: skip
    assert answer["success"], answer
    return int(answer["appointment_id"])


async def test_visits_come_soonest_first(place: Place) -> None:
    """With ids, times, cars, and a sentence that says them."""
    dana = await place.dana()
    later = await booked(place, dana, "2026-11-25T10:00:00", car=1)
    sooner = await booked(place, dana, "2026-11-24T14:00:00")
    answer = await use(place.call(dana.phone), "get_upcoming_appointments")
    assert [one["appointment_id"] for one in answer["appointments"]] == [sooner, later]
    assert answer["appointments"][0]["scheduled_at"] == "2026-11-24T14:00:00"
    assert answer["appointments"][0]["vehicle"] == "2019 Honda CR-V"
    assert "Tuesday the twenty-fourth at two in the afternoon" in answer["message"]
    own = await use(place.call(dana.phone), "get_upcoming_appointments", customer_id=str(dana.id))
    assert own == answer


async def test_an_unconfirmed_number_hears_the_next_visit_only(place: Place) -> None:
    """One visit, said as the next one, so that it does not sound like all there is."""
    dana = await place.dana()
    await booked(place, dana, "2026-11-25T10:00:00", car=1)
    sooner = await booked(place, dana, "2026-11-24T14:00:00")
    call = place.call(dana.phone, trust="weak")
    answer = await use(call, "get_upcoming_appointments")
    assert [one["appointment_id"] for one in answer["appointments"]] == [sooner]
    assert answer["message"].startswith("Your next visit is")
    await use(call, "search_customers", query="Dana Whitfield")
    answer = await use(call, "get_upcoming_appointments")
    assert len(answer["appointments"]) == 2


async def test_nobody_known_hears_nothing(place: Place) -> None:
    """Strangers, withheld and forged numbers are asked who they are."""
    dana = await place.dana()
    await booked(place, dana, "2026-11-24T14:00:00")
    for call in (
        place.call("+15035550188"),
        place.call(None),
        place.call(dana.phone, trust="none"),
    ):
        answer = await use(call, "get_upcoming_appointments")
        assert answer["error"] == "customer_unknown"
        assert "Honda" not in json.dumps(answer)
        claimed = await use(call, "get_upcoming_appointments", customer_id=dana.id)
        assert claimed["error"] == "not_authorized"


async def test_a_caller_without_visits_is_told_so(place: Place) -> None:
    """Also when all visits are cancelled."""
    dana = await place.dana()
    visit = await booked(place, dana, "2026-11-24T14:00:00")
    await place.store.appointments.cancel(visit, None)
    answer = await use(place.call(dana.phone), "get_upcoming_appointments")
    assert answer["success"] and answer["appointments"] == []


def at(place: Place, hours: float, trust: Trust = "full") -> Call:
    """Return Dana's call so many hours after her visit on Tuesday at two began."""
    clock = FixedClock(datetime(2026, 11, 24, 22, tzinfo=UTC) + timedelta(hours=hours))
    return replace(place.call("+15035550142", trust=trust), clock=clock)


async def mark(place: Place, visit: int, status: str) -> None:
    """Mark a visit, as the shop's people do."""
    await place.store.pool.execute(
        "UPDATE appointments SET status = %(status)s WHERE id = %(id)s",
        {"status": status, "id": visit},
    )


async def test_is_my_car_ready(place: Place) -> None:
    """Not marked yet, then done; said for the car and with what comes next."""
    dana = await place.dana()
    visit = await booked(place, dana, "2026-11-24T14:00:00")
    await booked(place, dana, "2026-11-27T10:00:00", car=1)
    answer = await use(at(place, 0.5), "get_upcoming_appointments")
    assert len(answer["appointments"]) == 2  # the one that has begun can still be cancelled
    assert answer["message"].startswith(
        "The oil change for your Honda C R V isn't marked as finished yet. "
        "You have an oil change on Friday"
    )
    late = await use(at(place, 2), "get_upcoming_appointments")
    assert "isn't marked as finished yet" in late["message"]
    await mark(place, visit, "completed")
    done = await use(at(place, 2), "get_upcoming_appointments")
    assert done["message"].startswith("The oil change is done, so your Honda C R V is ready.")
    [recent] = done["recent"]
    assert recent["status"] == "completed" and "appointment_id" not in recent
    assert [one["vehicle"] for one in done["appointments"]] == ["2015 Toyota Tacoma"]


async def test_a_finished_visit_is_told_of_for_a_week(place: Place) -> None:
    """With its day; afterwards it is history, and so is one that nobody marked the day before."""
    dana = await place.dana()
    visit = await booked(place, dana, "2026-11-24T14:00:00")
    unmarked = await use(at(place, 24), "get_upcoming_appointments")
    assert unmarked["recent"] == []
    await mark(place, visit, "completed")
    next_day = await use(at(place, 24), "get_upcoming_appointments")
    assert next_day["message"].startswith("The oil change from Tuesday, November twenty-fourth is")
    later = await use(at(place, 24 * 9), "get_upcoming_appointments")
    assert later["recent"] == [] and later["message"] == "You have no upcoming visits with us."


async def test_an_unconfirmed_number_hears_nothing_of_its_car(place: Place) -> None:
    """What was done to whose car is for those only who are sure to be the customer."""
    dana = await place.dana()
    await mark(place, await booked(place, dana, "2026-11-24T14:00:00"), "completed")
    answer = await use(at(place, 2, trust="weak"), "get_upcoming_appointments")
    assert answer["recent"] == [] and "Honda" not in json.dumps(answer)


async def test_how_far_a_car_is_may_be_said_aloud(place: Place) -> None:
    """The claim gate lets both sentences pass after the tool's answer."""
    dana = await place.dana()
    visit = await booked(place, dana, "2026-11-24T14:00:00")
    for status in ("scheduled", "completed"):
        await mark(place, visit, status)
        call = at(place, 2)
        answer = await use(call, "get_upcoming_appointments")
        facts = gather([("get_upcoming_appointments", answer)], place.shop, date(2026, 11, 24))
        for sentence in re.split(r"(?<=[.])\s", answer["message"]):
            assert find_lie(sentence, facts) is None, sentence


IDS: list[tuple[object, str | None]] = [
    (0, "not_authorized"),
    (-1, "not_authorized"),
    (10**30, "not_authorized"),
    ("9" * 150, "not_authorized"),
    (987654.0, "not_authorized"),
    (1.5, "invalid_arguments"),
    (float("nan"), "invalid_arguments"),
    (float("inf"), "invalid_arguments"),
    (True, "invalid_arguments"),
    (False, "invalid_arguments"),
    ("me", "invalid_arguments"),
    ("1; DROP TABLE customers", "invalid_arguments"),
    ([1], "invalid_arguments"),
    ({"id": 1}, "invalid_arguments"),
    ("\u0661", "invalid_arguments"),
    ("", None),
    (None, None),
]


async def test_ids_of_every_kind(place: Place) -> None:
    """A number is foreign unless it is the caller's own; what is no number is not understood."""
    dana = await place.dana()
    for customer_id, error in IDS:
        call = place.call(dana.phone)
        answer = await use(call, "get_upcoming_appointments", customer_id=customer_id)
        assert answer.get("error") == error, (customer_id, answer)
