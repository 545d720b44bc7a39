"""What holds for every tool: schemas, errors, ownership."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tools_place import TUESDAY_AT_TWO, Place, use

from tools import TOOLS

pytestmark = pytest.mark.db


def test_there_are_seven_tools_by_their_names() -> None:
    """The model sees exactly the seven."""
    assert [tool.name for tool in TOOLS] == [
        "lookup_customer", "search_customers", "get_available_slots", "book_appointment",
        "get_upcoming_appointments", "cancel_appointment", "reschedule_appointment",
    ]  # fmt: skip


def test_schemas_are_flat_and_plain() -> None:
    """No reference, null or title is left, nested arguments are written out, all is described."""
    for tool in TOOLS:
        text = json.dumps(tool.parameters())
        assert "$ref" not in text and "null" not in text and '"title"' not in text
        assert len(tool.description) > 40
    booking = next(tool for tool in TOOLS if tool.name == "book_appointment").parameters()
    assert booking["required"] == ["scheduled_at", "service_type"]
    assert booking["properties"]["vehicle"]["properties"]["vin"]["type"] == "string"


async def test_other_peoples_ids_are_refused_whether_they_exist_or_not(place: Place) -> None:
    """A foreign id and an invented one get the same answer, in every tool that takes one."""
    dana = await place.dana()
    owner = place.call(dana.phone, dana)
    booked = await use(
        owner, "book_appointment", scheduled_at=TUESDAY_AT_TWO, service_type="oil_change",
        vehicle_id=dana.vehicles[0].id,
    )  # fmt: skip
    assert booked["success"]
    other = await place.store.customers.create("Eve", "Adams", "+15035550177", None)
    eve = place.call(other.phone, other, sid="CA2")
    stranger = place.call("+15035550178", None, sid="CA3")
    own_id: dict[str, int] = {
        "customer_id": dana.id,
        "vehicle_id": dana.vehicles[0].id,
        "appointment_id": booked["appointment_id"],
    }
    attempts: list[tuple[str, str, dict[str, Any]]] = [
        ("get_upcoming_appointments", "customer_id", {}),
        ("cancel_appointment", "appointment_id", {}),
        ("reschedule_appointment", "appointment_id", {"new_scheduled_at": "2026-11-25T10:00:00"}),
        ("book_appointment", "customer_id",
         {"scheduled_at": "2026-11-25T10:00:00", "service_type": "oil_change"}),
        ("book_appointment", "vehicle_id",
         {"scheduled_at": "2026-11-25T10:00:00", "service_type": "oil_change"}),
    ]  # fmt: skip
    for call in (eve, stranger):
        for name, argument, more in attempts:
            real = await use(call, name, **{argument: own_id[argument]}, **more)
            invented = await use(call, name, **{argument: 987_654_321}, **more)
            assert real == invented
            assert real["error"] == "not_authorized"
            assert "Dana" not in json.dumps(real)
    visit = await place.store.appointments.get(booked["appointment_id"])
    assert visit.status == "scheduled"


@settings(
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    st.dictionaries(
        st.sampled_from(
            [
                "phone",
                "query",
                "date",
                "days",
                "service_type",
                "scheduled_at",
                "customer_id",
                "vehicle_id",
                "appointment_id",
                "new_scheduled_at",
                "reason",
                "notes",
                "customer",
                "vehicle",
            ]
        ),
        st.none()
        | st.booleans()
        | st.integers()
        | st.text()
        | st.just("9" * 10_000)
        | st.just("2026-11-24T14:00:00")
        | st.just("2026-11-24")
        | st.dictionaries(st.sampled_from(["vin", "year", "first_name"]), st.text()),
    )
)
async def test_no_argument_a_model_can_send_breaks_a_tool(
    place: Place, arguments: dict[str, Any]
) -> None:
    """Whatever the arguments, the answer is an object with `success` and a sentence."""
    call = place.call(None, None)
    for tool in TOOLS:
        answer = await tool.run(call, arguments)
        assert answer["success"] in (True, False)
        assert answer["message"]
        assert answer["success"] or answer["error"]
