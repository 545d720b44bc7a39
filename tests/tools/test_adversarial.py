"""A model that claims other people's ids, numbers and names gets nothing and changes nothing."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from adversary import (
    CALLERS,
    FACTS,
    INJECTIONS,
    INVENTED,
    World,
    booking_attacks,
    id_attacks,
    word_attacks,
    world,
    writings,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tools_place import Place

from tools import TOOLS

pytestmark = pytest.mark.db

REFUSALS = {"not_authorized", "invalid_arguments", "too_long"}


@pytest.fixture
async def shop(place: Place, capsys: pytest.CaptureFixture[str]) -> AsyncIterator[World]:
    """Open the attacked shop; say in the end how often it was attacked."""
    opened = await world(place)
    before = await opened.danas()
    yield opened
    assert await opened.danas() == before
    with capsys.disabled():
        outcomes = ", ".join(f"{count} {name}" for name, count in sorted(opened.refused.items()))
        print(f"\n{opened.attempts} attempts: {outcomes}")  # noqa: T201 - the suite's figure


@pytest.mark.parametrize("who", CALLERS)
async def test_no_foreign_id_is_of_use(shop: World, who: str) -> None:
    """In every tool that takes ids, in every writing, alone and beside the caller's own."""
    for tool, arguments in id_attacks():
        answer = await shop.attack(shop.call(who), tool, arguments)
        assert answer.get("error") in REFUSALS, (tool, arguments, answer)


@pytest.mark.parametrize("who", CALLERS)
async def test_foreign_and_invented_ids_are_answered_alike(shop: World, who: str) -> None:
    """Not by a word does the answer depend on whether there is such a row."""
    moment = {"scheduled_at": "2026-12-01T10:00:00", "service_type": "oil_change"}
    move = {"new_scheduled_at": "2026-12-01T10:00:00"}
    for name, foreign, tool, more in (
        ("appointment_id", 7501, "cancel_appointment", {}),
        ("appointment_id", 7502, "reschedule_appointment", move),
        ("customer_id", 7301, "get_upcoming_appointments", {}),
        ("customer_id", 7301, "book_appointment", moment),
        ("vehicle_id", 7401, "book_appointment", moment),
    ):
        pairs = zip(writings(foreign), writings(INVENTED), strict=True)
        for one, other in pairs:
            real = await shop.attack(shop.call(who), tool, {**more, name: one})
            invented = await shop.attack(shop.call(who), tool, {**more, name: other})
            assert real == invented


@pytest.mark.parametrize("who", CALLERS)
async def test_one_fact_and_many_words_are_of_no_use(shop: World, who: str) -> None:
    """One true thing about Dana, or orders to the machine, open nothing."""
    for tool, arguments in word_attacks():
        await shop.forgive()
        answer = await shop.attack(shop.call(who), tool, arguments)
        assert tool in ("get_available_slots", "search_customers") or not answer["success"]


@pytest.mark.parametrize("who", ["stranger", "withheld", "forged"])
async def test_nobody_is_booked_onto_anothers_file(shop: World, who: str) -> None:
    """A visit under Dana's number by somebody who is not Dana is refused."""
    for arguments in booking_attacks():
        await shop.forgive()
        answer = await shop.attack(shop.call(who), "book_appointment", arguments)
        assert answer["error"] == "verification_needed", answer
    if who == "forged":
        dana = {"customer": {"first_name": "Dana", "last_name": "Whitfield"}}
        arguments = {**next(booking_attacks()), **dana}
        answer = await shop.attack(shop.call(who), "book_appointment", arguments)
        assert answer["error"] == "verification_needed", answer


async def test_who_shows_a_customers_number_without_proof_learns_no_proof(place: Place) -> None:
    """Dana's own number, vouched for by nobody: her next visit is told, the rest is not."""
    shop = await world(place)
    before = await shop.danas()
    line = shop.dana.phone
    hidden = ("whitfield", "7klm204", "612204", "dw84", "heirloom")
    attacks = [
        *((tool, arguments) for tool, arguments in word_attacks() if "query" not in arguments),
        *(("search_customers", {"query": text}) for text in INJECTIONS),
        *(("lookup_customer", {"phone": phone}) for phone in (None, line)),
        ("get_upcoming_appointments", {}),
        ("get_upcoming_appointments", {"customer_id": 7301}),
        ("cancel_appointment", {"appointment_id": 7501}),
        ("cancel_appointment", {"appointment_id": 7502}),
        ("reschedule_appointment",
         {"appointment_id": "7501", "new_scheduled_at": "2026-12-01T10:00:00"}),
    ]  # fmt: skip
    for number, (tool, arguments) in enumerate(attacks):
        await place.store.cache.delete(f"guesses:{line}")
        call = place.call(line, None, f"CA{number}", "weak")
        answer = await next(t for t in TOOLS if t.name == tool).run(call, arguments)
        said = str(answer).lower()
        assert not [secret for secret in hidden if secret in said], (tool, arguments, answer)
        assert not ("cancel" in tool or "reschedule" in tool) or not answer["success"]
    assert await shop.danas() == before


WRITTEN = st.sampled_from(
    [
        *(written for number in (7301, 7401, 7402, 7501, 7502, 11, 21, 31, INVENTED)
          for written in writings(number)),
        "", -1, 2**31, 2**63, 1e18,
    ]
)  # fmt: skip
# Mostly nothing or the caller's own, so that what is asked for gets as far as it can.
IDS = (
    st.none() | st.sampled_from([11, 21, 31, "21"]) | st.sampled_from([7301, 7401, 7501]) | WRITTEN
)
TIMES = st.sampled_from(
    ["2026-12-01T10:00:00", "2026-11-24T14:00:00", "2026-12-02T13:00:00", "2026-12-01", "now"]
)
KINDS = sorted(FACTS)


@st.composite
def conversations(draw: st.DrawFn) -> tuple[str, list[tuple[str, dict[str, Any]]]]:
    """Draw a caller who knows one fact about Dana, and what their model tries in one call."""
    who, kind = draw(st.sampled_from(CALLERS)), draw(st.sampled_from(KINDS))
    words = st.sampled_from([FACTS[kind], "Eve Adams", "EVE123", *INJECTIONS]) | st.text(
        max_size=30
    )
    phones = st.sampled_from([FACTS["phone"] if kind == "phone" else "+15035550143", "5", None])
    person = st.fixed_dictionaries(
        {"first_name": st.just("Mal"), "last_name": st.just("Ory")},
        optional={"phone": phones, "customer_id": IDS, "id": IDS},
    )
    car = st.fixed_dictionaries(
        {"year": st.just(2020), "make": st.just("Kia"), "model": st.just("Rio")},
        optional={"vehicle_id": IDS, "customer_id": IDS},
    )
    values = {
        "customer_id": IDS, "vehicle_id": IDS, "appointment_id": IDS,
        "query": words, "phone": phones | words, "reason": words, "notes": words,
        "date": TIMES, "scheduled_at": TIMES, "new_scheduled_at": TIMES,
        "service_type": st.just("oil_change"), "customer": person, "vehicle": car,
    }  # fmt: skip
    tried = []
    for _ in range(draw(st.integers(1, 8))):
        tool = draw(st.sampled_from(TOOLS))
        fields = tool.arguments.model_fields
        given_now = {name: draw(values[name]) for name in fields if name in values}
        left_out = draw(st.sets(st.sampled_from(sorted(given_now)), max_size=4))
        tried.append(
            (tool.name, {name: v for name, v in given_now.items() if name not in left_out})
        )
    return who, tried


@settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(conversations())
async def test_no_conversation_reaches_another_file(
    shop: World, conversation: tuple[str, list[tuple[str, dict[str, Any]]]]
) -> None:
    """Whatever is tried in one call, in whatever order, Dana's file is neither read nor changed."""
    who, tried = conversation
    before = await shop.danas()
    await shop.forgive()
    call = shop.call(who)
    for tool, arguments in tried:
        await shop.attack(call, tool, arguments)
    assert await shop.danas() == before
