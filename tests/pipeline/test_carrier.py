"""The client of the Calls API against the stand-in, and against a carrier that misbehaves."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import httpx
import pytest
from carrier_world import ACCOUNT, PERSON, SHOP_NUMBER, TOKEN, Network, network

from pipeline.carrier import (
    CallGone,
    Carrier,
    CarrierRefused,
    CarrierUnavailable,
    NewCall,
)
from sandbox.twilio import callees
from sandbox.twilio.rest import RestFault

pytestmark = pytest.mark.unit

QUIET = "<Response><Pause length='30'/></Response>"


@pytest.fixture
async def net() -> AsyncIterator[Network]:
    """A carrier with its API."""
    async with network() as running:
        yield running


async def test_a_call_is_placed_seen_redirected_and_ended(net: Network) -> None:
    """The whole life of a call through the API, as the stand-in shows it."""
    net.carrier.expect(PERSON, callees.listens())
    placed = await net.calls.create(NewCall(PERSON, twiml=QUIET, timeout_s=15))
    assert (placed.status, placed.to_number, placed.from_number) == ("queued", PERSON, SHOP_NUMBER)
    leg = net.carrier.legs[placed.sid]
    await leg.connected.wait()
    assert (await net.calls.get(placed.sid)).status == "in-progress"
    moved = await net.calls.redirect(placed.sid, twiml="<Response><Say>Hi.</Say></Response>")
    assert moved.sid == placed.sid
    await leg.ended.wait()
    assert leg.spoken_by_twiml == ["Hi."]
    assert (await net.calls.get(placed.sid)).over


async def test_hanging_up_twice_is_no_error(net: Network) -> None:
    """A call that is over is what hanging up is for; redirecting it is an error."""
    net.carrier.expect(PERSON, callees.listens(rings_s=30))
    placed = await net.calls.create(NewCall(PERSON, twiml=QUIET))
    await net.calls.hang_up(placed.sid)
    await net.calls.hang_up(placed.sid)
    assert (await net.calls.get(placed.sid)).status == "canceled"
    with pytest.raises(CallGone):
        await net.calls.redirect(placed.sid, twiml=QUIET)
    with pytest.raises(CallGone):
        await net.calls.get("CA" + "0" * 32)


async def test_recent_calls_come_from_all_pages(
    net: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Listing follows the pages, filters by number and day, and has the newest first."""
    monkeypatch.setattr("pipeline.carrier.PAGE_SIZE", 2)
    net.carrier.expect(PERSON, callees.BUSY)
    placed = [await net.calls.create(NewCall(PERSON, twiml=QUIET)) for _ in range(5)]
    await net.calls.create(NewCall("+15035550111", twiml=QUIET))
    today = datetime.now(UTC).date()
    found = await net.calls.recent(PERSON, since=today)
    assert [call.sid for call in found] == [call.sid for call in reversed(placed)]
    assert len(await net.calls.recent()) == 6


async def test_only_the_test_number_is_dialled(net: Network) -> None:
    """With a test number set, it is dialled whoever was meant."""
    calls = Carrier(
        account_sid=ACCOUNT, auth_token=TOKEN, from_number=SHOP_NUMBER, base_url=net.url,
        test_number="+15035550177",
    )  # fmt: skip
    placed = await calls.create(NewCall(PERSON, twiml=QUIET))
    await calls.close()
    assert placed.to_number == "+15035550177"
    assert [leg.setup.to_number for leg in net.carrier.legs.values()] == ["+15035550177"]


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (RestFault(500, 20500), CarrierUnavailable),
        (RestFault(503, 20503), CarrierUnavailable),
        (RestFault(429, 20429), CarrierUnavailable),
        (RestFault(400, 21211), CarrierRefused),
        (RestFault(401, 20003), CarrierRefused),
        (RestFault(404, 20404), CallGone),
        (RestFault(500, 20500, after_effect=True), CarrierUnavailable),
    ],
)
async def test_every_refusal_is_ours(
    net: Network, fault: RestFault, error: type[Exception]
) -> None:
    """Each status of the vendor's is one of our errors, with its code."""
    net.faults.append(fault)
    with pytest.raises(error) as caught:
        await net.calls.create(NewCall(PERSON, twiml=QUIET))
    assert getattr(caught.value, "code", None) == fault.code


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, text="<html>"),
        httpx.Response(200, json=[]),
        httpx.Response(200, json={"sid": "CA1"}),
        httpx.Response(502, text="bad gateway"),
        httpx.ReadTimeout("slow"),
        httpx.ConnectError("refused"),
    ],
)
async def test_an_answer_that_is_none_is_unavailable(
    answer: httpx.Response | Exception,
) -> None:
    """Whatever comes back instead of a call, or nothing at all, is one error of ours."""

    def reply(_: httpx.Request) -> httpx.Response:
        if isinstance(answer, Exception):
            raise answer
        return answer

    calls = Carrier(
        account_sid=ACCOUNT, auth_token=TOKEN, from_number=SHOP_NUMBER,
        base_url="http://carrier.example", transport=httpx.MockTransport(reply),
    )  # fmt: skip
    with pytest.raises(CarrierUnavailable):
        await calls.get("CA1")
    await calls.close()


def test_a_new_call_asks_for_what_it_says() -> None:
    """Everything that a call may want is in the form, and nothing that it does not."""
    full = NewCall(
        PERSON, url="https://x/y", status_callback="https://x/z", events=("answered", "completed"),
        machine_detection="Enable", time_limit_s=600,
    )  # fmt: skip
    assert full.form() == {
        "Url": "https://x/y",
        "Timeout": "60",
        "StatusCallback": "https://x/z",
        "StatusCallbackEvent": ["answered", "completed"],
        "MachineDetection": "Enable",
        "TimeLimit": "600",
    }
    assert NewCall(PERSON, twiml="<Response/>").form() == {
        "Twiml": "<Response/>",
        "Timeout": "60",
    }
