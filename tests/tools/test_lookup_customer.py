"""Who a number belongs to is told to them alone."""

import json
from collections.abc import Sequence
from typing import Any, LiteralString

import pytest
from tools_place import Place, use

from shop.identity import Tier
from store.pool import Row

pytestmark = pytest.mark.db

DANA = "+15035550142"


async def test_the_callers_own_number_is_looked_up(place: Place) -> None:
    """A caller on file is found without naming a number, with their cars."""
    dana = await place.dana()
    call = place.call(DANA)
    answer = await use(call, "lookup_customer")
    assert answer["customer"]["id"] == dana.id
    assert [car["make"] for car in answer["customer"]["vehicles"]] == ["Honda", "Toyota"]
    assert answer["customer"]["vehicles"][0]["license_plate"] == "7KLM204"
    assert answer["message"].startswith("I have Dana Whitfield on file with a twenty nineteen")
    assert call.tier is Tier.SURE
    assert await use(call, "lookup_customer", phone="503 555 0142") == answer


async def test_a_stranger_is_not_on_file(place: Place) -> None:
    """A number nobody has, and a withheld one, are told so."""
    for phone in ("+15035550188", None):
        assert (await use(place.call(phone), "lookup_customer"))["error"] == "customer_not_found"


@pytest.mark.parametrize("trust", ["full", "weak", "none"])
async def test_another_number_discloses_nothing(place: Place, trust: str) -> None:
    """A number on file and one that is not get the same answer, from anybody."""
    dana = await place.dana()
    eve = await place.store.customers.create("Eve", "Adams", "+15035550177", None)
    for caller in ("+15035550188", None, eve.phone):
        call = place.call(caller, trust=trust)  # type: ignore[arg-type]  # one of the three
        real = await use(call, "lookup_customer", phone=dana.phone)
        invented = await use(call, "lookup_customer", phone="+15035550143")
        assert real == invented
        assert real["error"] == "verification_needed"
        assert "Dana" not in json.dumps(real)


async def test_another_number_takes_as_long_whether_on_file_or_not(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same questions go to the database, and none to the cache that only customers are in."""
    dana = await place.dana()
    await place.store.customers.by_phone(dana.phone)
    pool, asked = place.store.pool, []
    rows = pool.rows

    async def counted(query: LiteralString, values: dict[str, Any]) -> Sequence[Row]:
        asked.append(query)
        return await rows(query, values)

    monkeypatch.setattr(pool, "rows", counted)
    for tool, argument in (("lookup_customer", "phone"), ("search_customers", "query")):
        seen = []
        for phone in (dana.phone, "+15035550143"):
            call = place.call(None)
            asked.clear()
            await use(call, tool, **{argument: phone})
            seen.append(list(asked))
        assert seen[0] == seen[1]
        assert len(seen[0]) == 1


async def test_a_forged_number_discloses_nothing(place: Place) -> None:
    """Whether the number that a forger shows is on file stays unknown to them."""
    dana = await place.dana()
    known, unknown = place.call(dana.phone, trust="none"), place.call("+15035550188", trust="none")
    for phone in ({}, {"phone": dana.phone}):
        answer = await use(known, "lookup_customer", **phone)
        assert answer["error"] == "verification_needed"
        assert known.customer is None
    assert await use(known, "lookup_customer") == await use(unknown, "lookup_customer")


async def test_an_unconfirmed_number_hears_less(place: Place) -> None:
    """Name and cars, but nothing the caller could then give as a proof."""
    dana = await place.dana()
    answer = await use(place.call(dana.phone, trust="weak"), "lookup_customer")
    assert answer["customer"]["first_name"] == "Dana"
    assert "7KLM204" not in json.dumps(answer) and "Whitfield" not in json.dumps(answer)


@pytest.mark.parametrize(
    "phone",
    ["", " ", "five", "503 555", "1" * 40, "\0", "'; DROP TABLE customers", 5, 5035550142.5],
)
async def test_a_number_that_is_none_is_asked_again(place: Place, phone: object) -> None:
    """What is no number is asked for digit by digit; nothing said means the caller's own."""
    answer = await use(place.call("+15035550188"), "lookup_customer", phone=phone)
    silent = isinstance(phone, str) and not phone.strip(" \0")
    assert answer["error"] == ("customer_not_found" if silent else "invalid_phone")


async def test_a_number_given_as_a_number_is_read(place: Place) -> None:
    """Ten digits without quotation marks are a phone number too."""
    dana = await place.dana()
    answer = await use(place.call(dana.phone), "lookup_customer", phone=5035550142)
    assert answer["success"]


async def test_naming_numbers_comes_to_an_end(place: Place) -> None:
    """After a few numbers the caller is told that nothing more is looked up, also a right one."""
    dana = await place.dana()
    call = place.call("+15035550188")
    answers = [await use(call, "lookup_customer", phone=f"+150355501{n}") for n in range(50, 55)]
    assert {answer["error"] for answer in answers} == {"verification_needed"}
    last = await use(call, "lookup_customer", phone=dana.phone)
    assert last["error"] == "too_many_attempts"


async def test_a_caller_whose_look_up_failed_at_first_is_found_later(place: Place) -> None:
    """Whoever was greeted without a name, the database being slow, is known from the next tool."""
    dana = await place.dana()
    call = place.call(dana.phone)
    assert (await use(call, "get_upcoming_appointments"))["success"]
    assert call.customer == dana
