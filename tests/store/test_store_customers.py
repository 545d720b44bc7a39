"""Tests of customers and vehicles, found in the database and through the cache."""

import asyncio
import json
import math
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any

import pytest
import redis
from store_world import Caller, Rows

from store import Store
from store.appointments import NewAppointment
from store.customers import NewCustomer
from store.errors import NotFound, PhoneTaken, Rejected

pytestmark = pytest.mark.db

PHONE = "+15035550142"


async def test_a_customer_is_created_once_for_a_phone(store: Store) -> None:
    """The second with the same number gets the first, also when both come at once."""
    both = await asyncio.gather(
        *(store.customers.create(name, "Lee", PHONE) for name in ("Ann", "Bo"))
    )
    assert both[0] == both[1]


async def test_a_stranger_is_none(store: Store) -> None:
    """Unknown numbers and ids are None, and nothing is cached for them."""
    assert await store.customers.by_phone(PHONE) is None
    assert await store.customers.by_id(1) is None
    assert await store.vehicles.by_id(1) is None
    assert await store.cache.get_json(f"customer:{PHONE}") is None


async def test_a_known_caller_comes_from_the_cache(
    store: Store, dana: Caller, rows: Rows, redis_url: str
) -> None:
    """After the first look-up the database is not asked, and the key holds the vehicles too."""
    await store.customers.by_phone(PHONE)  # too soon after the change to be kept
    await asyncio.to_thread(_drop_guards, redis_url)
    first = await store.customers.by_phone(PHONE)
    rows("DELETE FROM customers")
    assert await store.customers.by_phone(PHONE) == first
    assert first is not None
    assert first.vehicles == (dana.vehicle,)
    cached = await store.cache.get_json(f"customer:{PHONE}")
    assert cached is not None
    assert cached["vehicles"][0]["license_plate"] == "7KLM204"


def _drop_guards(url: str) -> None:
    with redis.Redis.from_url(url) as client:
        client.flushall()


async def test_a_slow_reader_does_not_bring_back_the_past(store: Store, dana: Caller) -> None:
    """What was read before a change is not cached after it."""
    key = f"customer:{PHONE}"
    await store.cache.changed(key)
    await store.cache.set_json_unless_changed(key, {"id": 1}, 60)
    assert await store.cache.get_json(key) is None


@pytest.mark.parametrize(
    "rubbish",
    ["", "null", "[]", "{", '{"id": 1}', "\ufffd", '{"id": "x", "vehicles": 3}', "[" * 5000],
)
async def test_rubbish_in_the_cache_is_a_miss(
    store: Store, dana: Caller, redis_url: str, rubbish: str
) -> None:
    """Whatever lies under a customer's key, the answer is the one of the database."""
    with redis.Redis.from_url(redis_url) as client:
        client.set(f"customer:{PHONE}", rubbish)
        assert await store.customers.by_phone(PHONE) == await store.customers.by_id(
            dana.customer.id
        )
        held = client.get(f"customer:{PHONE}")
    assert held is None or json.loads(held)["id"] == dana.customer.id


async def filled(store: Store, redis_url: str) -> dict[str, Any]:
    """Return what the cache holds of the customer once it has been looked up."""
    await asyncio.to_thread(_drop_guards, redis_url)
    await store.customers.by_phone(PHONE)
    held = await store.cache.get_json(f"customer:{PHONE}")
    assert held is not None
    return held


@pytest.mark.parametrize(
    "wrong",
    [
        {"phone": "+15035550143"},
        {"phone": None},
        {"id": "1"},
        {"id": True},
        {"id": None},
        {"first_name": 7},
        {"last_name": None},
        {"email": ["x"]},
        {"vehicles": None},
        {"vehicles": {"id": 1}},
        {"vehicles": [7]},
        {"vehicles": [{"id": 1}]},
        {"vehicles": "x"},
    ],
)
async def test_an_entry_that_is_not_this_customers_is_a_miss(
    store: Store, dana: Caller, redis_url: str, wrong: dict[str, Any]
) -> None:
    """Another one's entry, or one with a field of the wrong kind, never becomes the caller."""
    held = await filled(store, redis_url)
    await store.cache.set_json(f"customer:{PHONE}", held | wrong, 60)
    assert await store.customers.by_phone(PHONE) == await store.customers.by_id(dana.customer.id)


@pytest.mark.parametrize(
    "wrong",
    [{"id": "1"}, {"customer_id": 999}, {"year": "x"}, {"vin": 3}, {"make": None}, {"x": 1}],
)
async def test_an_entry_with_a_foreign_car_is_a_miss(
    store: Store, dana: Caller, redis_url: str, wrong: dict[str, Any]
) -> None:
    """A car of somebody else, or of the wrong form, under a customer's key is not believed."""
    held = await filled(store, redis_url)
    held["vehicles"][0] |= wrong
    await store.cache.set_json(f"customer:{PHONE}", held, 60)
    assert await store.customers.by_phone(PHONE) == await store.customers.by_id(dana.customer.id)


async def test_another_customers_entry_under_the_key_is_a_miss(
    store: Store, dana: Caller, redis_url: str
) -> None:
    """A well-formed entry of another customer does not make the caller that customer."""
    eve = await store.customers.create("Eve", "Adams", "+15035550177", None)
    await filled(store, redis_url)
    await store.cache.set_json(f"customer:{PHONE}", asdict(eve), 60)
    found = await store.customers.by_phone(PHONE)
    assert found is not None and found.id == dana.customer.id


async def test_somebody_new_is_seen_at_once(store: Store) -> None:
    """A number that nobody had a moment ago is not remembered as nobody's."""
    assert await store.customers.by_phone(PHONE) is None
    made = await store.customers.create("Ann", "Lee", PHONE)
    assert await store.customers.by_phone(PHONE) == made


async def test_changes_are_seen_at_once(store: Store, dana: Caller, redis_url: str) -> None:
    """A new car and a new number show in the next look-up, whatever was cached before."""
    await filled(store, redis_url)
    car = await store.vehicles.create(dana.customer.id, 2020, "Kia", "Soul")
    found = await store.customers.by_phone(PHONE)
    assert found is not None and car in found.vehicles
    await filled(store, redis_url)
    moved = await store.customers.change_phone(dana.customer.id, "+15035550199")
    assert moved.phone == "+15035550199"
    assert await store.customers.by_phone(PHONE) is None
    assert await store.customers.by_phone("+15035550199") == moved


async def test_changes_are_seen_without_redis(store: Store, dana: Caller, redis_url: str) -> None:
    """What changed while Redis refused is not answered from it afterwards."""
    await filled(store, redis_url)
    store.cache._rest_until = math.inf
    await store.customers.change_phone(dana.customer.id, "+15035550199")
    store.cache._rest_until = 0.0
    assert await store.customers.by_phone(PHONE) is None


async def test_a_number_belongs_to_one(store: Store, dana: Caller) -> None:
    """Nobody is given a number that is somebody else's, and nothing changes then."""
    eve = await store.customers.create("Eve", "Adams", "+15035550177", None)
    with pytest.raises(PhoneTaken):
        await store.customers.change_phone(eve.id, PHONE)
    with pytest.raises(NotFound):
        await store.customers.change_phone(987_654, "+15035550188")
    assert await store.customers.by_phone("+15035550177") == eve


async def test_nobody_is_booked_for_under_their_number(store: Store, dana: Caller) -> None:
    """A visit for somebody new under a number on file is refused unless the name is the same."""
    at = datetime(2026, 11, 24, 22, tzinfo=UTC)
    wish = NewAppointment(
        customer_id=None, vehicle_id=None, service_type="oil_change", start=at,
        duration_minutes=60, new_customer=NewCustomer("Eve", "Adams", PHONE),
    )  # fmt: skip
    with pytest.raises(PhoneTaken):
        await store.appointments.book(wish)
    same = replace(wish, new_customer=NewCustomer("DANA", "whitfield", PHONE))
    assert (await store.appointments.book(same)).customer_id == dana.customer.id


async def test_a_key_of_another_kind_is_a_miss(store: Store, dana: Caller, redis_url: str) -> None:
    """A list under a customer's key, or bytes that are no text, cost nothing but the cache."""
    with redis.Redis.from_url(redis_url) as client:
        client.rpush(f"customer:{PHONE}", "x")
        assert await store.customers.by_phone(PHONE) is not None
        client.delete(f"customer:{PHONE}")
        client.set(f"customer:{PHONE}", b"\xff\xfe")
        assert await store.customers.by_phone(PHONE) is not None


@pytest.mark.parametrize(
    "query",
    [
        "Dana Whitfield",
        "whitfield",
        "it's dana WHITFIELD, and my number is 503 555 0142",
        "+1 (503) 555-0142",
        "dana@example.com please",
        "the plate is 7 K L M 2 0 4",
        "7klm204",
        "last six of the vin 6 1 2 2 0 4",
        "2HKRW2H89KH612204",
        "whitf",
    ],
)
async def test_a_customer_is_found_by_what_people_say(
    store: Store, dana: Caller, query: str
) -> None:
    """Name, number, email, plate and VIN lead to the customer, best first."""
    await store.vehicles.create(
        dana.customer.id, 2019, "Honda", "CR-V", "2HKRW2H89KH612204", "7KLM204"
    )
    await store.customers.create("Dana", "Other", "+15035550555")
    await store.customers.create("Walt", "Whitfeld", "+15035550556")
    found = await store.customers.search(query)
    assert found[0].id == dana.customer.id


@pytest.mark.parametrize(
    "query", ["", "   ", "%", "%%%", "_____", "\0", "zzz", "'; DROP TABLE", "1"]
)
async def test_nobody_is_found_by_nothing(store: Store, dana: Caller, query: str) -> None:
    """Blank, unknown and hostile words find nobody and break nothing."""
    assert await store.customers.search(query) == []
    assert await store.customers.search(query * 500) == []


async def test_the_search_is_limited(store: Store) -> None:
    """No more than asked for come back, those we heard from last first."""
    made = [await store.customers.create("Ann", "Lee", f"+1503555000{n}") for n in range(6)]
    await store.customers.touch_last_contact(made[4].id, datetime(2026, 1, 1, tzinfo=UTC))
    found = await store.customers.search("Ann Lee", limit=3)
    assert [one.id for one in found] == [made[4].id, made[0].id, made[1].id]


async def test_last_contact_never_moves_backwards(store: Store, dana: Caller, rows: Rows) -> None:
    """A call that ends late does not hide a newer one."""
    newer, older = (datetime(2026, 1, day, tzinfo=UTC) for day in (2, 1))
    await store.customers.touch_last_contact(dana.customer.id, newer)
    await store.customers.touch_last_contact(dana.customer.id, older)
    assert rows("SELECT last_contact FROM customers") == [(newer,)]


async def test_a_car_is_put_on_file_once(store: Store, dana: Caller) -> None:
    """Same plate, same VIN, or same year, make and model without either: the car on file."""
    owner = dana.customer.id
    vin = "2HKRW2H89KH612204"
    same = await store.vehicles.create(owner, 2019, "Honda", "CRV", None, "7klm204")
    assert same == dana.vehicle
    first = await store.vehicles.create(owner, 2015, "Toyota", "Tacoma", vin)
    assert await store.vehicles.create(owner, None, "?", "?", vin.lower()) == first
    complete = await store.vehicles.create(owner, None, "?", "?", vin, "412RTP")
    assert (complete.id, complete.license_plate, complete.make) == (first.id, "412RTP", "Toyota")
    soul = await store.vehicles.create(owner, 2020, "Kia", "Soul")
    assert await store.vehicles.create(owner, 2020, "KIA", "soul") == soul
    assert await store.vehicles.by_id(soul.id) == soul
    both = await asyncio.gather(
        *(store.vehicles.create(owner, 2021, "Ford", "F-150", None, "X1") for _ in range(5))
    )
    assert len({car.id for car in both}) == 1


async def test_a_car_needs_its_owner(store: Store) -> None:
    """A vehicle for a customer who is not there is NotFound; an impossible value is Rejected."""
    with pytest.raises(NotFound):
        await store.vehicles.create(1, 2020, "Kia", "Soul")
    with pytest.raises(Rejected):
        await store.customers.create("a\0b", "Lee", PHONE)
    assert await store.customers.by_id(2**70) is None
