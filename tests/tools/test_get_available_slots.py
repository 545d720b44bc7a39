"""The free times of a day are listed, and a day that cannot be is asked about."""

import json
from typing import Any

import pytest
from tools_place import TUESDAY_AT_TWO, Place, use

pytestmark = pytest.mark.db

TUESDAY = "2026-11-24"


async def test_anybody_hears_what_is_free(place: Place) -> None:
    """Strangers, withheld and forged numbers included: free times are no secret."""
    dana = await place.dana()
    for call in (place.call(dana.phone), place.call(None), place.call(dana.phone, trust="none")):
        answer = await use(call, "get_available_slots", date=TUESDAY, service_type="tire rotation")
        assert answer["service_type"] == "tire_rotation"
        starts = [slot["start"] for slot in answer["slots"]]
        assert TUESDAY_AT_TWO in starts
        assert not [start for start in starts if "T12:" in start]
        assert "Tuesday the twenty-fourth" in answer["message"]
        assert "Dana" not in json.dumps(answer)


async def test_what_is_booked_is_not_free(place: Place) -> None:
    """With both bays taken a time is gone, and nothing says by whom."""
    for n in range(2):
        booked = await use(
            place.call(f"+1503555018{n}", sid=f"CA{n}"), "book_appointment",
            scheduled_at=TUESDAY_AT_TWO, service_type="oil_change",
            customer={"first_name": "Zoltan", "last_name": f"N{n}"},
            vehicle={"year": 2020, "make": "Kia", "model": "Soul"},
        )  # fmt: skip
        assert booked["success"], booked
    answer = await use(place.call(None, sid="CA9"), "get_available_slots", date=TUESDAY)
    assert TUESDAY_AT_TWO not in [slot["start"] for slot in answer["slots"]]
    assert "Zoltan" not in json.dumps(answer)


async def test_a_closed_day_names_the_next_free_times(place: Place) -> None:
    """On a Sunday there is nothing, and the next free times are told."""
    answer = await use(place.call(None), "get_available_slots", date="2026-11-29")
    assert answer["success"] and answer["slots"] == []
    assert answer["next_free"]


NONSENSE: list[tuple[dict[str, Any], str | None]] = [
    ({}, "invalid_arguments"),
    ({"date": "2026-11-31"}, "invalid_date"),
    ({"date": "2027-02-29"}, "invalid_date"),
    ({"date": "24/11/2026"}, "invalid_date"),
    ({"date": "next Tuesday"}, "invalid_date"),
    ({"date": "2026-11-24T14:00:00"}, "invalid_date"),
    ({"date": 20261124}, "invalid_date"),
    ({"date": "9999-12-31"}, "invalid_date"),
    ({"date": "2026-11-21"}, "in_past"),
    ({"date": "1999-01-01"}, "in_past"),
    ({"date": "2028-11-24"}, "beyond_horizon"),
    ({"date": TUESDAY, "service_type": "haircut"}, "unknown_service"),
    ({"date": TUESDAY, "service_type": "'; DROP TABLE appointments; --"}, "unknown_service"),
    ({"date": TUESDAY, "service_type": "\u202eoil change\0"}, None),
    ({"date": TUESDAY, "service_type": "x" * 10_000}, "too_long"),
    ({"date": "x" * 10_000}, "too_long"),
    ({"date": TUESDAY, "days": 0}, "invalid_arguments"),
    ({"date": TUESDAY, "days": -1}, "invalid_arguments"),
    ({"date": TUESDAY, "days": 10**30}, "invalid_arguments"),
    ({"date": TUESDAY, "days": True}, "invalid_arguments"),
    ({"date": TUESDAY, "days": "two"}, "invalid_arguments"),
    ({"date": TUESDAY, "days": 1.5}, "invalid_arguments"),
    ({"date": TUESDAY, "days": "2"}, None),
    ({"date": [TUESDAY]}, "invalid_arguments"),
    ({"date": {"day": 24}}, "invalid_arguments"),
    ({"date": None}, "invalid_arguments"),
]


async def test_days_and_services_that_cannot_be(place: Place) -> None:
    """Each kind of nonsense has its code and a sentence to ask with."""
    for arguments, error in NONSENSE:
        answer = await use(place.call(None), "get_available_slots", **arguments)
        assert answer.get("error") == error, (arguments, answer)
        assert answer["message"].endswith((".", "?"))


async def test_an_unknown_service_names_the_nearest(place: Place) -> None:
    """What sounds like a service is offered."""
    answer = await use(
        place.call(None), "get_available_slots", date=TUESDAY, service_type="brake inspektion"
    )
    assert answer["success"] or "brake" in answer["message"].lower()
