"""Twilio's own client and Pipecat's serializer against the REST stand-in and the carrier."""

import asyncio
import contextlib
import datetime
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from fastapi import FastAPI
from pipecat.frames.frames import EndFrame
from pipecat.serializers.twilio import TwilioFrameSerializer
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client
from twilio_service import ACCOUNT, TOKEN, Conversation, Service, service, serving

from sandbox.twilio.carrier import Carrier
from sandbox.twilio.leg import Leg
from sandbox.twilio.outbound import Callee
from sandbox.twilio.rest import RestFault, router

pytestmark = pytest.mark.unit

CALLEE, SHOP = "+15035550142", "+15035550100"


@pytest.fixture
async def shop() -> AsyncIterator[Service]:
    """A service whose /voice opens a stream."""
    async with service() as running:
        running.twiml["/voice"] = running.connect()
        yield running


@pytest.fixture
async def carrier() -> AsyncIterator[Carrier]:
    """A carrier that hangs up at the end."""
    async with Carrier(account_sid=ACCOUNT, auth_token=TOKEN) as one:
        yield one


@pytest.fixture
def faults() -> list[RestFault]:
    """What goes wrong with the API, filled by a test."""
    return []


@pytest.fixture
async def root(carrier: Carrier, faults: list[RestFault]) -> AsyncIterator[str]:
    """Where the API listens."""
    app = FastAPI()
    app.include_router(router(carrier, faults=faults))
    async with serving(app) as url:
        yield url


@contextlib.contextmanager
def client_of(root: str, token: str = TOKEN) -> Any:
    """Twilio's unmodified client, its API moved to the stand-in."""
    client = Client(ACCOUNT, token)
    client.api.base_url = root
    try:
        yield client
    finally:
        client.http_client.session.close()


async def ask(root: str, question: Callable[[Client], Any], token: str = TOKEN) -> Any:
    """Ask Twilio's client in a thread, because it blocks."""

    def work() -> Any:
        with client_of(root, token) as client:
            return question(client)

    return await asyncio.to_thread(work)


async def refused(root: str, question: Callable[[Client], Any], token: str = TOKEN) -> Any:
    """Ask what must be refused; status and code."""
    with pytest.raises(TwilioRestException) as caught:
        await ask(root, question, token)
    return caught.value.status, caught.value.code


def order(shop: Service, **more: Any) -> Callable[[Client], Any]:
    """An order for a call to the callee, with all its steps reported."""
    fields: dict[str, Any] = {
        "to": CALLEE,
        "from_": SHOP,
        "url": f"{shop.url}/voice",
        "status_callback": f"{shop.url}/status",
        "status_callback_event": ["initiated", "ringing", "answered", "completed"],
        **more,
    }
    return lambda client: client.calls.create(**fields)


async def test_a_placed_call_rings_is_answered_and_talks(
    carrier: Carrier, shop: Service, root: str
) -> None:
    """201 with a queued call, then every step reported in order, until the callee hangs up."""
    streaming = asyncio.Event()

    async def listen(leg: Leg) -> None:
        await leg.connected.wait()
        streaming.set()
        await leg.hang_up()

    carrier.expect(CALLEE, Callee(behaviour=listen))
    call = await ask(root, order(shop))
    assert (call.status, call.direction, call.queue_time) == ("queued", "outbound-api", "0")
    leg = carrier.legs[call.sid]
    await leg.closed.wait()
    assert streaming.is_set()
    assert leg.end_reason == "caller_hung_up"
    steps = await shop.told("/status", 4)
    assert [step["CallStatus"] for step in steps] == [
        "initiated",
        "ringing",
        "in-progress",
        "completed",
    ]
    assert [step["SequenceNumber"] for step in steps] == ["0", "1", "2", "3"]
    assert "CallDuration" in steps[-1]
    assert (await shop.told("/voice"))[0]["Direction"] == "outbound-api"
    seen = await ask(root, lambda client: client.calls(call.sid).fetch())
    assert seen.status == "completed"
    assert isinstance(seen.start_time, datetime.datetime)


@pytest.mark.parametrize("answer", ["busy", "no-answer", "failed"])
async def test_calls_that_nobody_takes_end_with_their_status(
    carrier: Carrier, shop: Service, root: str, answer: Any
) -> None:
    """Busy, no answer and failed are reported, and no TwiML is fetched."""
    carrier.expect(CALLEE, Callee(answer))
    call = await ask(root, order(shop))
    leg = carrier.legs[call.sid]
    await leg.closed.wait()
    assert leg.status == answer
    assert [form["CallStatus"] for at, form in shop.forms if at == "/status"][-1] == answer
    assert not [at for at, _ in shop.forms if at == "/voice"]


async def test_a_number_may_answer_differently_each_time(
    carrier: Carrier, shop: Service, root: str
) -> None:
    """No answer at first, then reached; an unknown number fails."""
    carrier.expect(CALLEE, Callee("no-answer"), Callee("human"))
    ended = []
    for _ in range(2):
        leg = carrier.legs[(await ask(root, order(shop, twiml="<Response/>", url=None))).sid]
        await leg.closed.wait()
        ended.append(leg.status)
    unknown = carrier.legs[(await ask(root, order(shop, to="+15035550999"))).sid]
    await unknown.closed.wait()
    assert [*ended, unknown.status] == ["no-answer", "completed", "failed"]


@pytest.mark.parametrize(
    ("mode", "result"), [("Enable", "machine_start"), ("DetectMessageEnd", "machine_end_beep")]
)
async def test_machines_are_detected_before_the_twiml(
    carrier: Carrier, shop: Service, root: str, mode: str, result: str
) -> None:
    """Synchronous detection tells the voice webhook who answered."""
    shop.twiml["/voice"] = "<Response><Say>Call us</Say></Response>"
    carrier.expect(CALLEE, Callee("machine"))
    call = await ask(root, order(shop, machine_detection=mode))
    leg = carrier.legs[call.sid]
    await leg.closed.wait()
    assert (await shop.told("/voice"))[0]["AnsweredBy"] == result
    assert leg.spoken_by_twiml == ["Call us"]


async def test_asynchronous_detection_reports_while_the_call_goes_on(
    carrier: Carrier, shop: Service, root: str
) -> None:
    """The stream is open and the result comes to its own callback."""
    carrier.expect(CALLEE, Callee("machine"))
    call = await ask(
        root,
        order(
            shop,
            machine_detection="Enable",
            async_amd="true",
            async_amd_status_callback=f"{shop.url}/amd",
        ),
    )
    (report,) = await shop.told("/amd")
    assert report["AnsweredBy"] == "machine_start"
    assert report["CallSid"] == call.sid
    assert "AnsweredBy" not in (await shop.told("/voice"))[0]


async def test_completed_hangs_up_and_a_second_time_is_20404(
    carrier: Carrier, shop: Service, root: str
) -> None:
    """The stream gets its stop, the leg ends, and an ended call is not found."""
    leg = await carrier.dial(f"{shop.url}/voice", from_number=CALLEE, to_number=SHOP)
    hang_up = lambda client: client.calls(leg.call_sid).update(status="completed")  # noqa: E731
    assert (await ask(root, hang_up)).status == "completed"
    await leg.closed.wait()
    assert leg.end_reason == "server_hung_up"
    assert shop.received[-1]["event"] == "stop"
    assert await refused(root, hang_up) == (404, 20404)


# Pipecat 1.14 logs in with a class that aiohttp 3.14 calls deprecated.
@pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:The 'auth' parameter is deprecated:DeprecationWarning")
async def test_pipecats_serializer_hangs_up(carrier: Carrier, shop: Service, root: str) -> None:
    """An EndFrame in Pipecat's serializer, with its base_url here, ends the leg."""

    async def talk(line: Conversation) -> None:
        start = await line.hear_event("start")
        serializer = TwilioFrameSerializer(
            stream_sid=line.stream_sid,
            call_sid=start["start"]["callSid"],
            account_sid=ACCOUNT,
            auth_token=TOKEN,
            base_url=root,
        )
        await serializer.serialize(EndFrame())
        await line.hear_event("stop")

    shop.talk = talk
    leg = await carrier.dial(f"{shop.url}/voice", from_number=CALLEE, to_number=SHOP)
    await leg.closed.wait()
    assert leg.end_reason == "server_hung_up"


async def test_new_twiml_takes_the_call_out_of_its_stream(
    carrier: Carrier, shop: Service, root: str
) -> None:
    """The stream is stopped and the new document followed, on the same call."""
    leg = await carrier.dial(f"{shop.url}/voice", from_number=CALLEE, to_number=SHOP)
    document = "<Response><Say>One moment</Say><Dial>+15035550199</Dial></Response>"
    await ask(root, lambda client: client.calls(leg.call_sid).update(twiml=document))
    await leg.closed.wait()
    kinds = [event.kind for event in leg.events]
    assert kinds.index("stop") < kinds.index("say") < kinds.index("dial")
    assert shop.received[-1]["event"] == "stop"


async def test_calls_are_listed_with_filters_and_pages(
    carrier: Carrier, shop: Service, root: str
) -> None:
    """Newest first; number, status and day filter; the client follows the pages."""
    carrier.expect(CALLEE, Callee("busy"))
    carrier.expect("+15035550143", Callee("no-answer"))
    made = []
    for to in (CALLEE, "+15035550143", CALLEE):
        made.append((await ask(root, order(shop, to=to))).sid)
        await carrier.legs[made[-1]].closed.wait()
    everything = await ask(root, lambda c: c.calls.list(page_size=2))
    assert [call.sid for call in everything] == made[::-1]
    mine = await ask(root, lambda c: c.calls.list(to=CALLEE, status="busy"))
    assert {call.sid for call in mine} == {made[0], made[2]}
    today = datetime.datetime.now(datetime.UTC).date()
    later = today + datetime.timedelta(days=1)
    since = await ask(root, lambda c: c.calls.list(start_time_after=today))
    future = await ask(root, lambda c: c.calls.list(start_time_after=later))
    assert (len(since), len(future)) == (3, 0)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"to": "5035550142"}, 21211),
        ({"from_": "shop"}, 21210),
        ({"url": None}, 21205),
        ({"url": "voice"}, 21205),
        ({"status_callback": "status"}, 21609),
        ({"machine_detection": "Maybe"}, 21264),
    ],
)
async def test_bad_orders_are_refused_with_the_vendors_codes(
    carrier: Carrier, shop: Service, root: str, fields: dict[str, Any], code: int
) -> None:
    """400 with the code, and no call is made."""
    assert await refused(root, order(shop, **fields)) == (400, code)
    assert carrier.legs == {}


async def test_wrong_credentials_and_unknown_calls(shop: Service, root: str) -> None:
    """401 with 20003, and 404 with 20404."""
    assert await refused(root, order(shop), token="wrong") == (401, 20003)
    assert await refused(root, lambda c: c.calls("CA" + "0" * 32).fetch()) == (404, 20404)


async def test_faults_strike_once_also_after_the_effect(
    carrier: Carrier, shop: Service, root: str, faults: list[RestFault]
) -> None:
    """A lost answer leaves a call behind, which can be found by listing."""
    carrier.expect(CALLEE, Callee("busy"))
    faults.append(RestFault(status=429, code=20429))
    assert await refused(root, order(shop)) == (429, 20429)
    assert carrier.legs == {}
    faults.append(RestFault(status=503, after_effect=True))
    assert (await refused(root, order(shop)))[0] == 503
    assert len(await ask(root, lambda c: c.calls.list(to=CALLEE))) == 1


async def test_calls_beyond_the_pace_wait_in_the_queue(shop: Service) -> None:
    """With ten calls a second the third starts 200 ms after the first; a queued one can be
    canceled.
    """
    async with Carrier(account_sid=ACCOUNT, auth_token=TOKEN, calls_per_s=10) as carrier:
        app = FastAPI()
        app.include_router(router(carrier))
        async with serving(app) as root:
            carrier.expect(CALLEE, Callee("busy"))
            with client_of(root) as client:
                calls = await asyncio.to_thread(lambda: [order(shop)(client) for _ in range(4)])
                assert int(calls[2].queue_time) > 100
                await asyncio.to_thread(calls[3].update, status="canceled")
        legs = [carrier.legs[call.sid] for call in calls]
        await asyncio.gather(*(leg.closed.wait() for leg in legs))
    began = [next(e.at_s for e in leg.events if e.kind == "status") for leg in legs[:3]]
    assert 0.15 <= began[2] - began[0] < 0.6
    assert [leg.status for leg in legs] == ["busy", "busy", "busy", "canceled"]
