"""Callers hear of their own visits, and of nobody else's."""

import json

import pytest
from tools_place import Place, use

from shop.types import Customer

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
