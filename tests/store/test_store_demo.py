"""Tests of the demonstration data."""

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from store_world import Rows

from shop.shopfile import Shop
from shop.slots import check_slot
from shop.types import Interval
from shop.vin import check_vin
from store import Store
from store.demo import DEMO_CALLER_PHONE, fill, next_free_slot

pytestmark = pytest.mark.db

SUNDAY = datetime(2026, 11, 22, 21, tzinfo=UTC)


def put(url: str, shop: Shop, now: datetime = SUNDAY) -> str:
    """Run the command's work."""
    with psycopg.connect(url, autocommit=True) as conn:
        return fill(conn, shop, now)


def counts(rows: Rows) -> list[Any]:
    """How many rows of each kind there are."""
    tables = ("customers", "vehicles", "appointments")
    return [rows(f"SELECT count(*) FROM {table}")[0][0] for table in tables]  # noqa: S608


async def test_the_demo_shop_is_filled_once(
    store: Store, shop: Shop, rows: Rows, database_url: str
) -> None:
    """A dozen people, about twenty cars, a busy week; a second run adds nothing."""
    put(database_url, shop)
    customers, vehicles, visits = counts(rows)
    assert 12 <= customers <= 15
    assert 18 <= vehicles <= 22
    assert 30 <= visits <= 60
    put(database_url, shop)
    assert counts(rows) == [customers, vehicles, visits]
    put(database_url, shop, SUNDAY + timedelta(days=1))
    assert counts(rows)[:2] == [customers, vehicles]


async def test_every_demo_vin_holds_its_check_digit(
    store: Store, shop: Shop, rows: Rows, database_url: str
) -> None:
    """A VIN read out of the demo data is accepted as one."""
    put(database_url, shop)
    for (vin,) in rows("SELECT vin FROM vehicles"):
        assert check_vin(vin) == vin


async def test_the_demo_caller_has_her_two_cars(
    store: Store, shop: Shop, database_url: str
) -> None:
    """Dana Whitfield with the CR-V and the Tacoma, and no visit of her own yet."""
    put(database_url, shop)
    dana = await store.customers.by_phone(DEMO_CALLER_PHONE)
    assert dana is not None
    assert (dana.first_name, dana.last_name) == ("Dana", "Whitfield")
    assert [(car.year, car.make, car.model) for car in dana.vehicles] == [
        (2019, "Honda", "CR-V"),
        (2015, "Toyota", "Tacoma"),
    ]
    assert dana.vehicles[0].license_plate == "7KLM204"
    assert await store.appointments.upcoming(dana.id, SUNDAY) == []


@pytest.mark.parametrize("ahead", range(8))
async def test_next_tuesday_at_two_is_free(
    store: Store, shop: Shop, database_url: str, ahead: int
) -> None:
    """Whatever day it is run on, an oil change fits then, and one bay is taken."""
    now = SUNDAY + timedelta(days=ahead)
    put(database_url, shop, now)
    start = next_free_slot(shop, now)
    day = Interval(start - timedelta(hours=14), start + timedelta(hours=10))
    taken = await store.appointments.busy(day)
    slot = check_slot(shop, shop.service("oil_change"), start, taken, now)
    assert slot.bay == 2
    assert len(taken) >= 6
