"""Who may come in: signatures, tokens, malformed messages, limits, a slow database."""

import asyncio
import base64
import contextlib
import json
import time
from typing import Any
from xml.etree import ElementTree

import httpx
import psycopg
import pytest
from phoning import STREAM, call_log, dial, lines, recording, session
from twilio.request_validator import RequestValidator
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from qa.caller import Caller
from sandbox.world import ACCOUNT_SID, AUTH_TOKEN, INBOUND_CALL, SHOP_NUMBER, Service, World

pytestmark = [
    pytest.mark.call,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(120),
]

NOBODY = "+15035550190"


def form(call_sid: str, caller: str = NOBODY) -> dict[str, str]:
    """Return what Twilio posts when a call rings."""
    return {
        "CallSid": call_sid,
        "AccountSid": ACCOUNT_SID,
        "From": caller,
        "To": SHOP_NUMBER,
        "CallStatus": "ringing",
        "Direction": "inbound",
        "ApiVersion": "2010-04-01",
    }


def sid(prefix: str, number: int) -> str:
    """Return a sid as Twilio writes them."""
    return f"{prefix}{number:032x}"


async def ring(
    running: Service, fields: dict[str, str], *, signed_for: str | None = None, **headers: str
) -> httpx.Response:
    """Post the inbound webhook, signed for an address (the service's own by default)."""
    url = (signed_for or running.url) + INBOUND_CALL
    signature = RequestValidator(AUTH_TOKEN).compute_signature(url, fields)
    async with httpx.AsyncClient() as client:
        return await client.post(
            running.url + INBOUND_CALL,
            data=fields,
            headers={"X-Twilio-Signature": signature} | headers,
            timeout=15,
        )


def parameters(answer: httpx.Response) -> dict[str, str]:
    """Return the stream's parameters from TwiML."""
    root = ElementTree.fromstring(answer.text)  # noqa: S314 - our own service's text
    return {
        str(p.get("name")): str(p.get("value")) for p in root.iterfind("./Connect/Stream/Parameter")
    }


def start(call_sid: str, custom: dict[str, Any], stream_sid: str = sid("MZ", 1)) -> str:
    """Return the stream's `start` message."""
    return json.dumps(
        {
            "event": "start",
            "sequenceNumber": "1",
            "streamSid": stream_sid,
            "start": {
                "accountSid": ACCOUNT_SID,
                "streamSid": stream_sid,
                "callSid": call_sid,
                "tracks": ["inbound"],
                "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
                "customParameters": custom,
            },
        }
    )


CONNECTED = json.dumps({"event": "connected", "protocol": "Call", "version": "1.0.0"})


@contextlib.asynccontextmanager
async def stream(running: Service) -> Any:
    """Open a media stream as anybody could."""
    async with connect(running.url.replace("http", "ws") + STREAM, compression=None) as socket:
        yield socket


async def closed(socket: ClientConnection, timeout_s: float = 5.0) -> bool:
    """Say whether the service closes the stream without having sent any sound."""
    try:
        async with asyncio.timeout(timeout_s):
            while True:
                if json.loads(await socket.recv())["event"] == "media":
                    return False
    except ConnectionClosed:
        return True
    except TimeoutError:
        return False


async def test_only_signed_webhooks_are_answered(running: Service) -> None:
    """Unsigned, forged, altered and oversized posts get 403; a signed one gets TwiML."""
    fields = form(sid("CA", 1))
    assert (await ring(running, fields)).status_code == 200
    assert (await ring(running, fields, signed_for="https://evil.example")).status_code == 403
    async with httpx.AsyncClient() as client:
        url = running.url + INBOUND_CALL
        assert (await client.post(url, data=fields)).status_code == 403
        forged = {"X-Twilio-Signature": "AAAA"}
        assert (await client.post(url, data=fields, headers=forged)).status_code == 403
        assert (await client.post(url, content=b"x" * 1_000_000)).status_code == 403
        assert (await client.post(url, content=b"\xff\xfe=%", headers=forged)).status_code == 403
        assert (await client.get(url)).status_code == 405


async def test_a_proxy_in_front_changes_nothing(running: Service) -> None:
    """Forwarded headers do not move the address that the signature is checked against."""
    answer = await ring(
        running,
        form(sid("CA", 2)),
        **{"X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example", "Host": "inner:1"},
    )
    assert answer.status_code == 200
    assert running.url.removeprefix("http://") in answer.text


async def test_a_stream_without_its_token_reaches_no_vendor(place: World, running: Service) -> None:
    """No token, a foreign one, another call's one: closed, and no vendor was contacted."""
    answer = await ring(running, form(sid("CA", 3)))
    good = parameters(answer)
    attempts: list[tuple[str, dict[str, Any]]] = [
        (sid("CA", 3), {}),
        (sid("CA", 3), good | {"token": "1.2.3"}),
        (sid("CA", 3), good | {"from": "+15035550142"}),
        (sid("CA", 4), good),
        (sid("CA", 3), good | {"token": ["x"]}),
    ]
    for call_sid, custom in attempts:
        async with stream(running) as socket:
            await socket.send(CONNECTED)
            await socket.send(start(call_sid, custom))
            assert await closed(socket), custom
        assert await session(place, call_sid) is None
    # `call_started` is logged before the first vendor is spoken to.
    events = [json.loads(line) for line in running.log.read_text().splitlines() if line[0] == "{"]
    started = {event.get("call_sid") for event in events if event["event"] == "call_started"}
    assert started.isdisjoint({sid("CA", 3), sid("CA", 4)})


@pytest.mark.parametrize(
    "first", ["", "{", "[]", "null", b"\x00\x01", '{"event":"media"}', '{"event":"start"}']
)
async def test_a_stream_that_begins_with_rubbish_is_closed(
    running: Service, first: str | bytes
) -> None:
    """Whatever is not Twilio's opening ends the stream, quietly."""
    async with stream(running) as socket:
        with contextlib.suppress(ConnectionClosed):
            for _ in range(6):
                await socket.send(first)
        assert await closed(socket)


async def hear(socket: ClientConnection) -> None:
    """Wait for sound; marks come between."""
    async with asyncio.timeout(10):
        while json.loads(await socket.recv())["event"] != "media":
            pass


async def test_a_token_opens_one_stream_only(place: World, running: Service) -> None:
    """The second stream with the same token is closed; the first goes on."""
    call_sid = sid("CA", 5)
    custom = parameters(await ring(running, form(call_sid)))
    async with stream(running) as first:
        await first.send(CONNECTED)
        await first.send(start(call_sid, custom))
        await hear(first)
        async with stream(running) as second:
            await second.send(CONNECTED)
            await second.send(start(call_sid, custom))
            assert await closed(second)
        await hear(first)
    await call_log(place, call_sid)


async def test_rubbish_in_a_call_disturbs_neither_it_nor_another(
    place: World, running: Service
) -> None:
    """Malformed, binary and out-of-order messages are ignored while two calls go on."""
    leg = await dial(place, running)
    caller = Caller(leg)
    call_sid = sid("CA", 6)
    custom = parameters(await ring(running, form(call_sid)))
    async with stream(running) as socket:
        await socket.send(CONNECTED)
        await socket.send(start(call_sid, custom))
        for rubbish in (
            "{", "null", b"\xff" * 400, CONNECTED, start(call_sid, custom),
            '{"event":"media","media":{"payload":"***"}}', '{"event":"media"}',
            '{"event":"dtmf","dtmf":{"digit":"no"}}', '{"event":"mark"}',
            '{"event":"media","sequenceNumber":"-7","media":{"payload":"","chunk":"x"}}',
        ):  # fmt: skip
            await socket.send(rubbish)
        silence = base64.b64encode(b"\xff" * 160).decode()
        await socket.send(json.dumps({"event": "media", "media": {"payload": silence}}))
        await hear(socket)
        # One message larger than anything Twilio sends ends this stream, and this one only.
        with contextlib.suppress(ConnectionClosed):
            await socket.send("x" * 100_000)
        await socket.wait_closed()
    await call_log(place, call_sid)
    await caller.listen()
    await caller.speak(recording("1-asks"))
    await caller.listen()
    await leg.hang_up()
    log = await call_log(place, leg.call_sid)
    assert "oil change" in " ".join(lines(log, "caller")).lower()
    assert b"Traceback" not in running.log.read_bytes()


async def test_a_slow_database_costs_the_webhook_a_second_at_most(
    place: World, running: Service
) -> None:
    """With the customers' table locked a caller still gets through, without a name."""
    with psycopg.connect(place.database_url) as conn:
        conn.execute("LOCK TABLE customers IN ACCESS EXCLUSIVE MODE")
        began = time.perf_counter()
        answer = await ring(running, form(sid("CA", 7), "+15035550123"))
        took_s = time.perf_counter() - began
    assert answer.status_code == 200
    assert "<Stream" in answer.text
    assert took_s < 2.0


async def test_health_readiness_metrics_and_console(running: Service) -> None:
    """The routes for machines and for the operator answer what they should."""
    async with httpx.AsyncClient(base_url=running.url) as client:
        assert (await client.get("/healthz")).status_code == 200
        ready = await client.get("/readyz")
        assert ready.status_code == 200
        assert ready.json()["degraded"] == []
        metrics = (await client.get("/metrics")).text
        assert "bayline_calls_total" in metrics
        page = await client.get("/")
        assert page.status_code == 200
        assert "Bayline Auto Care" in page.text
        assert "Whitfield" not in page.text
