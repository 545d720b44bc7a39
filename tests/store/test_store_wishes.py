"""A wish is granted once, and a visit that others took off the books grants none."""

import pytest
from store_world import TUESDAY, Caller, Rows

from store import Store
from store.appointments import NewAppointment

pytestmark = pytest.mark.db


def wish(dana: Caller) -> NewAppointment:
    """Dana's wish for Tuesday at two."""
    return NewAppointment(
        customer_id=dana.customer.id,
        vehicle_id=dana.vehicle.id,
        service_type="oil_change",
        start=TUESDAY,
        duration_minutes=60,
        booking_key="CA1:dana:tuesday",
    )


async def test_a_wish_whose_visit_was_cancelled_by_hand_is_granted_anew(
    store: Store, dana: Caller, rows: Rows
) -> None:
    """Somebody cancels the row with another program: said again, the wish makes a live visit."""
    first = await store.appointments.book(wish(dana))
    rows("UPDATE appointments SET status = 'cancelled' WHERE id = %s", first.id)
    assert await store.appointments.by_booking_key("CA1:dana:tuesday") is None
    second = await store.appointments.book(wish(dana))
    assert (second.status, second.scheduled_at) == ("scheduled", TUESDAY)
    assert second.id != first.id
    assert (await store.appointments.book(wish(dana))).id == second.id
