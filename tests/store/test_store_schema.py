"""Tests of the tables as other programs use them, with the columns of INTERFACES alone."""

import psycopg
import pytest
from store_world import Rows

pytestmark = pytest.mark.db

CUSTOMER = """
INSERT INTO customers (first_name, last_name, phone, email, last_contact)
VALUES ('Ann', 'Lee', %s, NULL, NULL) RETURNING id
"""
VEHICLE = """
INSERT INTO vehicles (customer_id, year, make, model, vin, license_plate)
VALUES (%s, 2019, 'Honda', 'CR-V', NULL, 'ABC123') RETURNING id
"""
VISIT = """
INSERT INTO appointments (customer_id, vehicle_id, service_type, scheduled_at, duration_minutes,
                          status, calendar_event_id, notes)
VALUES (%s, %s, 'oil_change', %s, 60, %s, NULL, NULL) RETURNING id, bay, ends_at - scheduled_at
"""
CALL = """
INSERT INTO call_logs (call_sid, customer_id, direction, from_number, to_number, started_at,
                       ended_at, outcome, transcript)
VALUES ('CA1', %s, 'inbound', '+1', '+2', now(), now(), 'booked', '[]') RETURNING tool_calls
"""
NOON, HALF_PAST, ONE = (f"2026-11-24T{time}Z" for time in ("12:00", "12:30", "13:00"))


@pytest.fixture
def customer(rows: Rows) -> int:
    """A customer inserted by hand."""
    return int(rows(CUSTOMER, "+15035550001")[0][0])


def test_rows_with_the_known_columns_alone_are_enough(rows: Rows, customer: int) -> None:
    """Customer, vehicle, appointment and call log go in with nothing else given."""
    vehicle = rows(VEHICLE, customer)[0][0]
    visit = rows(VISIT, customer, vehicle, NOON, "scheduled")[0]
    assert visit[1] == 1
    assert visit[2].total_seconds() == 3600
    assert rows(CALL, customer) == [([],)]


def test_ids_may_be_given(rows: Rows) -> None:
    """A row may bring its own id."""
    assert rows("INSERT INTO customers (id, phone) VALUES (77, '+1') RETURNING id") == [(77,)]


def test_bays_are_filled_in_order_until_none_is_free(rows: Rows, customer: int) -> None:
    """Overlapping visits take bay 1 and 2; a third is an exclusion violation; later is free."""
    assert rows(VISIT, customer, None, NOON, "scheduled")[0][1] == 1
    assert rows(VISIT, customer, None, HALF_PAST, "confirmed")[0][1] == 2
    with pytest.raises(psycopg.errors.ExclusionViolation):
        rows(VISIT, customer, None, NOON, "scheduled")
    assert rows(VISIT, customer, None, ONE, "scheduled")[0][1] == 1


@pytest.mark.parametrize("status", ["cancelled", "completed", "no_show"])
def test_visits_that_are_not_live_take_no_bay(rows: Rows, customer: int, status: str) -> None:
    """Any number of cancelled or finished visits lie over live ones."""
    for _ in range(4):
        rows(VISIT, customer, None, NOON, status)
    assert rows(VISIT, customer, None, NOON, "scheduled")[0][1] == 1


def test_one_car_is_in_one_place(rows: Rows, customer: int) -> None:
    """The same vehicle cannot have two live overlapping visits, though a bay is free."""
    vehicle = rows(VEHICLE, customer)[0][0]
    rows(VISIT, customer, vehicle, NOON, "scheduled")
    with pytest.raises(psycopg.errors.ExclusionViolation):
        rows(VISIT, customer, vehicle, HALF_PAST, "scheduled")


def test_a_visit_moved_by_hand_finds_a_free_bay(rows: Rows, customer: int) -> None:
    """Changing only `scheduled_at` keeps the bay where possible, else takes another."""
    first = rows(VISIT, customer, None, NOON, "scheduled")[0][0]
    later = rows(VISIT, customer, None, ONE, "scheduled")[0][0]
    move = "UPDATE appointments SET scheduled_at = %s WHERE id = %s RETURNING bay"
    assert rows(move, HALF_PAST, later) == [(2,)]
    assert rows(move, "2026-11-24T15:00Z", first) == [(1,)]
    assert rows(move, "2026-11-24T17:00Z", later) == [(2,)]


def test_a_visit_brought_back_to_life_finds_a_free_bay(rows: Rows, customer: int) -> None:
    """A cancelled visit set to scheduled again takes what is free, or is refused."""
    gone = rows(VISIT, customer, None, NOON, "cancelled")[0][0]
    rows(VISIT, customer, None, NOON, "scheduled")
    revive = "UPDATE appointments SET status = 'scheduled' WHERE id = %s RETURNING bay"
    assert rows(revive, gone) == [(2,)]
    third = rows(VISIT, customer, None, NOON, "cancelled")[0][0]
    with pytest.raises(psycopg.errors.ExclusionViolation):
        rows(revive, third)


def test_the_number_of_bays_decides(rows: Rows, customer: int) -> None:
    """With three bays a third visit fits; with a bay that does not exist none does."""
    rows("UPDATE shop_capacity SET bays = 3")
    bays = [rows(VISIT, customer, None, NOON, "scheduled")[0][1] for _ in range(3)]
    assert bays == [1, 2, 3]
    with pytest.raises(psycopg.errors.CheckViolation):
        rows("UPDATE appointments SET bay = 4 WHERE bay = 3")


def test_changes_the_calendar_shows_are_told_and_others_not(rows: Rows, customer: int) -> None:
    """Inserting, moving, cancelling and deleting count up; the relay's own notes do not."""
    visit = rows(VISIT, customer, None, NOON, "scheduled")[0][0]
    generation = "SELECT generation FROM calendar_outbox WHERE appointment_id = %s"
    assert rows(generation, visit) == [(1,)]
    rows("UPDATE appointments SET calendar_event_id = 'x', calendar_link = 'y'")
    rows("UPDATE appointments SET notes = notes, status = status")
    assert rows(generation, visit) == [(1,)]
    rows("UPDATE appointments SET scheduled_at = %s", ONE)
    rows("UPDATE appointments SET status = 'cancelled'")
    assert rows(generation, visit) == [(3,)]
    rows("DELETE FROM customers")
    assert rows("SELECT generation, event_id FROM calendar_outbox") == [(4, "x")]


def test_visits_inserted_after_the_fact_are_not_told(rows: Rows, customer: int) -> None:
    """History that is imported does not send invitations."""
    rows(VISIT, customer, None, NOON, "completed")
    rows(VISIT, customer, None, NOON, "cancelled")
    assert rows("SELECT count(*) FROM calendar_outbox") == [(0,)]
