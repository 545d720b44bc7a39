"""Two facts settle who is calling; fewer disclose nothing, and guessing comes to an end."""

import json
import math
from itertools import product

import pytest
from tools_place import Place, use

from shop.identity import Tier, Trust
from shop.types import Customer
from tools.call import MAX_IDENTITY_TRIES, TRIES_AN_HOUR, UNKNOWN_TRIES_AN_HOUR

pytestmark = pytest.mark.db


async def full_dana(place: Place) -> Customer:
    """Put Dana on file with an email address and a VIN."""
    made = await place.store.customers.create(
        "Dana", "Whitfield", "+15035550142", "dana@example.com"
    )
    await place.store.vehicles.create(
        made.id, 2019, "Honda", "CR-V", "2HKRW2H89KH612204", "7KLM204"
    )
    found = await place.store.customers.by_id(made.id)
    assert found is not None
    return found


FACTS = ["Dana Whitfield", "503 555 0142", "dana@example.com", "7 K L M 2 0 4", "6 1 2 2 0 4"]


async def test_any_two_facts_are_enough_and_one_is_not(place: Place) -> None:
    """Together or one after the other: the caller is known with the second kind of fact."""
    dana = await full_dana(place)
    for first, second in product(FACTS, FACTS):
        await place.store.cache.delete("guesses:unknown")
        call = place.call(None)
        nothing = await use(call, "search_customers", query="Nobody Atall")
        assert await use(call, "search_customers", query=first) == nothing
        assert nothing["customers"] == []
        answer = await use(call, "search_customers", query=second)
        if first == second:
            assert answer == nothing
            assert call.customer is None
        else:
            assert [one["id"] for one in answer["customers"]] == [dana.id], (first, second)
            assert call.tier is Tier.SURE
        together = await use(place.call(None), "search_customers", query=f"{first}, {second}")
        assert bool(together["customers"]) == (first != second), (first, second)


async def test_facts_of_two_people_do_not_add_up(place: Place) -> None:
    """A name of one and a plate of another prove neither."""
    await full_dana(place)
    eve = await place.store.customers.create("Eve", "Adams", "+15035550177", None)
    await place.store.vehicles.create(eve.id, 2020, "Kia", "Soul", None, "412RTP")
    call = place.call(None)
    answer = await use(call, "search_customers", query="Dana Whitfield, plate 412RTP")
    assert answer["customers"] == [] and call.customer is None


async def test_a_verified_caller_finds_themselves_without_a_try(place: Place) -> None:
    """Their own facts, as often as they like; somebody else's name finds nobody."""
    dana = await full_dana(place)
    call = place.call(dana.phone)
    for _ in range(MAX_IDENTITY_TRIES + 2):
        answer = await use(call, "search_customers", query="Dana Whitfield")
        assert answer["customers"][0]["id"] == dana.id
    eve = await place.store.customers.create("Eve", "Adams", "+15035550177", None)
    foreign = await use(call, "search_customers", query=eve.phone)
    assert foreign == await use(call, "search_customers", query="+15035550199")
    assert foreign["customers"] == []


async def test_an_unconfirmed_number_becomes_sure_by_one_fact(place: Place) -> None:
    """The number is no such fact; the name, a plate, the VIN or the email is."""
    dana = await full_dana(place)
    for fact in FACTS:
        call = place.call(dana.phone, trust="weak")
        answer = await use(call, "search_customers", query=fact)
        if fact == "503 555 0142":
            assert call.tier is Tier.BY_NUMBER
            assert "7KLM204" not in json.dumps(answer)
        else:
            assert call.tier is Tier.SURE
            assert answer["customers"][0]["last_name"] == "Whitfield"


@pytest.mark.parametrize("fact", FACTS)
async def test_a_forged_number_is_no_fact(place: Place, fact: str) -> None:
    """Who shows a customer's number without its carrier's word needs two other facts."""
    dana = await full_dana(place)
    call = place.call(dana.phone, trust="none")
    answer = await use(call, "search_customers", query=f"503 555 0142, {fact}")
    assert answer["customers"] == [] and call.customer is None
    more = "7KLM204" if "Dana" in fact else "Dana Whitfield"
    await use(call, "search_customers", query=more)
    assert (call.tier is Tier.SURE) == (fact != "503 555 0142")


async def test_whoever_proves_to_be_another_is_that_one_alone(place: Place) -> None:
    """From then on the first one's cars and visits are foreign; the number leads back."""
    dana = await full_dana(place)
    eve = await place.store.customers.create("Eve", "Adams", "+15035550177", None)
    await place.store.vehicles.create(eve.id, 2020, "Kia", "Soul", None, "412RTP")
    call = place.call(dana.phone)
    await use(call, "search_customers", query="Eve Adams, 412RTP")
    assert call.customer is not None and call.customer.id == eve.id
    foreign = await use(call, "get_upcoming_appointments", customer_id=dana.id)
    assert foreign["error"] == "not_authorized"
    back = await use(call, "lookup_customer", phone=dana.phone)
    assert back["customer"]["id"] == dana.id
    foreign = await use(call, "get_upcoming_appointments", customer_id=eve.id)
    assert foreign["error"] == "not_authorized"


async def test_guessing_comes_to_an_end_in_a_call(place: Place) -> None:
    """After five tries nothing more is looked up, not even what would be right."""
    await full_dana(place)
    call = place.call("+15035550188")
    for n in range(MAX_IDENTITY_TRIES):
        answer = await use(call, "search_customers", query=f"Dana Whitfield 7KLM20{n + 5}")
        assert answer["success"]
    answer = await use(call, "search_customers", query="Dana Whitfield 7KLM204")
    assert answer["error"] == "too_many_attempts"
    assert call.customer is None


@pytest.mark.parametrize(
    ("phone", "trust", "most"),
    [
        ("+15035550188", "full", TRIES_AN_HOUR),
        (None, "full", UNKNOWN_TRIES_AN_HOUR),
        ("+15035550188", "none", UNKNOWN_TRIES_AN_HOUR),
    ],
)
async def test_guessing_comes_to_an_end_across_calls(
    place: Place, phone: str | None, trust: Trust, most: int
) -> None:
    """A number has so many tries an hour, however often it calls; another number is not touched."""
    await full_dana(place)
    for n in range(most):
        call = place.call(phone, sid=f"CA{n}", trust=trust)
        assert (await use(call, "search_customers", query="Dana Whitfield"))["success"]
    call = place.call(phone, sid="CAlast", trust=trust)
    answer = await use(call, "search_customers", query="Dana Whitfield 7KLM204")
    assert answer["error"] == "too_many_attempts"
    other = place.call("+15035550189", sid="CAother")
    answer = await use(other, "search_customers", query="Dana Whitfield 7KLM204")
    assert answer["customers"]


async def test_without_redis_the_limit_of_the_call_remains(place: Place) -> None:
    """With the counter away callers are still served, and still stopped within their call."""
    await full_dana(place)
    place.store.cache._rest_until = math.inf
    for n in range(TRIES_AN_HOUR + 1):
        call = place.call("+15035550188", sid=f"CA{n}")
        assert (await use(call, "search_customers", query="Dana Whitfield"))["success"]
    for _ in range(MAX_IDENTITY_TRIES):
        answer = await use(call, "search_customers", query="Dana Whitfield")
    assert answer["error"] == "too_many_attempts"


async def test_a_list_of_guesses_proves_nothing(place: Place) -> None:
    """Ten plates in one breath are one try, and none of them counts."""
    await full_dana(place)
    call = place.call(None)
    plates = " ".join(f"7KLM20{n}" for n in range(10))
    answer = await use(call, "search_customers", query=f"Dana Whitfield {plates}")
    assert answer["customers"] == []
