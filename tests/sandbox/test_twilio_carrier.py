"""The carrier against a small service: wire order, pacing, marks, clear, recording, endings."""

import asyncio
import base64
import time
from collections.abc import AsyncIterator

import numpy as np
import pytest
from twilio.request_validator import RequestValidator
from twilio_service import ACCOUNT, TOKEN, Conversation, Service, service

from sandbox.twilio import mulaw
from sandbox.twilio.carrier import Carrier
from sandbox.twilio.leg import Leg
from sandbox.twilio.mulaw import Pcm

pytestmark = pytest.mark.unit

CALLER, SHOP = "+15035550142", "+15035550100"


@pytest.fixture
async def shop() -> AsyncIterator[Service]:
    """A service whose /voice opens a stream that echoes."""
    async with service() as running:
        running.twiml["/voice"] = running.connect()
        yield running


@pytest.fixture
async def carrier() -> AsyncIterator[Carrier]:
    """A carrier that hangs up at the end."""
    async with Carrier(account_sid=ACCOUNT, auth_token=TOKEN) as one:
        yield one


async def dial(carrier: Carrier, shop: Service, **more: str) -> Leg:
    """Call the service's /voice as the demo caller."""
    url = f"{shop.url}/voice"
    return await carrier.dial(url, from_number=CALLER, to_number=SHOP, extra=more)


def tone(seconds: float) -> Pcm:
    """A 400 Hz tone, loud enough to count as speech."""
    at = np.arange(int(8000 * seconds)) / 8000
    return (8000 * np.sin(2 * np.pi * 400 * at)).astype(np.int16)


def kinds(leg: Leg) -> list[str]:
    """The kinds of a leg's events, in order."""
    return [event.kind for event in leg.events]


def payload(pcm: Pcm) -> dict[str, str]:
    """The media object of an outbound message."""
    return {"payload": base64.b64encode(mulaw.encode(pcm)).decode()}


async def test_the_messages_come_in_twilios_order_with_string_numbers(
    carrier: Carrier, shop: Service
) -> None:
    """Connected, start, media..., dtmf, stop; every number is a string and counts up from one."""
    shop.twiml["/voice"] = shop.connect(parameters='<Parameter name="token" value="a&amp;b"/>')
    leg = await dial(carrier, shop)
    leg.say(tone(0.1))
    await leg.said()
    leg.press("1#")
    await leg.hang_up()
    received = shop.received
    assert received[0] == {"event": "connected", "protocol": "Call", "version": "1.0.0"}
    assert received[1]["start"] == {
        "accountSid": ACCOUNT,
        "streamSid": leg.stream_sid,
        "callSid": leg.call_sid,
        "tracks": ["inbound"],
        "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
        "customParameters": {"token": "a&b"},
    }
    numbered = received[1:]
    assert [m["sequenceNumber"] for m in numbered] == [str(n) for n in range(1, len(numbered) + 1)]
    media = [m["media"] for m in numbered if m["event"] == "media"]
    assert [m["chunk"] for m in media] == [str(n) for n in range(1, len(media) + 1)]
    assert {len(m["payload"]) for m in media} == {216}
    steps = np.diff([int(m["timestamp"]) for m in media])
    assert set(steps.tolist()) <= {19, 20, 21}
    assert [m["dtmf"]["digit"] for m in numbered if m["event"] == "dtmf"] == ["1", "#"]
    assert numbered[-1]["stop"] == {"accountSid": ACCOUNT, "callSid": leg.call_sid}


async def test_fifty_frames_a_second_without_drift(carrier: Carrier, shop: Service) -> None:
    """Frames flow at 50 a second whether the caller speaks or not."""
    leg = await dial(carrier, shop)
    heard: list[float] = []
    full = asyncio.Event()

    def listen(frame: bytes, at_s: float) -> None:
        heard.append(at_s)
        if len(heard) == 51:
            full.set()

    leg.on_audio = listen
    began = time.monotonic()
    leg.say(tone(0.2))
    await full.wait()
    assert 0.95 <= time.monotonic() - began < 1.3
    assert heard[50] - heard[0] == pytest.approx(1.0, abs=1e-6)
    await leg.hang_up()
    media = [m for m in shop.received if m["event"] == "media"]
    assert 49 <= len(media) <= 70


async def test_a_mark_comes_back_when_what_precedes_it_was_heard(
    carrier: Carrier, shop: Service
) -> None:
    """A mark after 300 ms of audio is echoed 300 ms later, one with an empty buffer at once."""
    times: dict[str, float] = {}

    async def talk(line: Conversation) -> None:
        await line.hear_event("start")
        await line.send("mark", mark={"name": "empty"})
        times["empty"] = -time.monotonic()
        assert (await line.hear_event("mark"))["mark"]["name"] == "empty"
        times["empty"] += time.monotonic()
        await line.send("media", media=payload(tone(0.3)))
        await line.send("mark", mark={"name": "heard"})
        times["heard"] = -time.monotonic()
        assert (await line.hear_event("mark"))["mark"]["name"] == "heard"
        times["heard"] += time.monotonic()

    shop.talk = talk
    leg = await dial(carrier, shop)
    await leg.closed.wait()
    assert times["empty"] < 0.2
    assert 0.28 <= times["heard"] < 0.5
    assert leg.end_reason == "stream_closed"


async def test_clear_empties_the_buffer_and_returns_pending_marks(
    carrier: Carrier, shop: Service
) -> None:
    """After clear the caller hears nothing more, and marks come back although nothing was heard."""
    marks: list[str] = []

    async def talk(line: Conversation) -> None:
        await line.hear_event("start")
        await line.send("media", media=payload(tone(2)))
        for name in ("one", "two"):
            await line.send("mark", mark={"name": name})
        await line.hear_event("media")
        await line.send("clear")
        marks.extend([(await line.hear_event("mark"))["mark"]["name"] for _ in range(2)])
        for _ in range(5):
            await line.hear_event("media")

    shop.talk = talk
    leg = await dial(carrier, shop)
    await leg.closed.wait()
    assert marks == ["one", "two"]
    _, audio = leg.recording()
    heard_s = float(np.count_nonzero(np.abs(audio[:, 1]) > 1000)) / 8000
    assert heard_s < 0.2
    cleared = next(event for event in leg.events if event.kind == "clear")
    assert int(cleared.detail) > 1800


async def test_speech_that_stops_mid_word_and_goes_on_is_an_underrun(
    carrier: Carrier, shop: Service
) -> None:
    """Audio that arrives after the buffer ran dry within a sentence is recorded, with its gap."""

    async def talk(line: Conversation) -> None:
        await line.hear_event("start")
        await line.send("media", media=payload(tone(0.1)))
        for _ in range(12):
            await line.hear_event("media")
        await line.send("media", media=payload(tone(0.1)))
        for _ in range(10):
            await line.hear_event("media")

    shop.talk = talk
    leg = await dial(carrier, shop)
    await leg.closed.wait()
    late = [event for event in leg.events if event.kind == "underrun"]
    assert len(late) == 1
    assert 60 <= int(late[0].detail) <= 400
    assert kinds(leg).count("audio_started") == 2


async def test_the_recording_holds_both_sides_on_one_clock(carrier: Carrier, shop: Service) -> None:
    """An echo through the service lies a frame or a few behind; both sides are as long."""
    leg = await dial(carrier, shop)
    leg.say(np.concatenate([np.zeros(1600, np.int16), tone(0.2)]))
    leg.say(np.zeros(1600, np.int16))
    await leg.said()
    await leg.hang_up()
    rate, audio = leg.recording()
    assert rate == 8000
    assert audio.dtype == np.int16
    left, right = (int(np.argmax(np.abs(audio[:, side]) > 2000)) for side in (0, 1))
    assert left >= 1600
    assert 160 <= right - left <= 1600
    both = audio[right : right + 800].astype(np.int32)
    shifted = audio[left : left + 800, 0].astype(np.int32)
    assert np.abs(both[:, 1] - shifted).max() == 0


async def test_noise_flows_when_nobody_speaks(carrier: Carrier, shop: Service) -> None:
    """A given background is on the line in every frame."""
    noise = np.random.default_rng(1).integers(-300, 300, 8000).astype(np.int16)
    leg = await carrier.dial(
        f"{shop.url}/voice", from_number=CALLER, to_number=SHOP, background=noise
    )
    leg.say(tone(0.1))
    await leg.said()
    await leg.hang_up()
    frames = [m["media"]["payload"] for m in shop.received if m["event"] == "media"]
    assert all(np.abs(mulaw.decode(base64.b64decode(frame))).max() > 50 for frame in frames)


async def test_a_forged_signature_shows_as_403(shop: Service) -> None:
    """A carrier with another token is refused, and the call ends with the vendor's apology."""
    async with Carrier(account_sid=ACCOUNT, auth_token="not it") as forger:
        leg = await dial(forger, shop)
    assert leg.webhook_status == 403
    assert leg.end_reason == "application_error"
    assert "application error" in leg.spoken_by_twiml[0]


async def test_public_addresses_are_signed_and_led_to_the_real_one(shop: Service) -> None:
    """The signature is over the public https and wss URLs although the service is elsewhere."""
    routes = {"shop.example": shop.url}
    shop.twiml["/voice"] = (
        '<Response><Connect><Stream url="wss://shop.example/media"/></Connect></Response>'
    )
    async with Carrier(account_sid=ACCOUNT, auth_token=TOKEN, routes=routes) as carrier:
        leg = await carrier.dial("https://shop.example/voice", from_number=CALLER, to_number=SHOP)
        await leg.hang_up()
    assert leg.webhook_status == 200
    signature = shop.stream_headers["x-twilio-signature"]
    assert RequestValidator(TOKEN).validate("wss://shop.example/media", {}, signature)


async def test_the_webhook_form_is_twilios(carrier: Carrier, shop: Service) -> None:
    """Ids, numbers and states are there; a withheld number reads as Twilio's ANONYMOUS."""
    await dial(carrier, shop, StirVerstat="TN-Validation-Passed-A")
    await carrier.dial(f"{shop.url}/voice", from_number=None, to_number=SHOP)
    known, withheld = await shop.told("/voice", 2)
    assert known["CallSid"].startswith("CA")
    assert len(known["CallSid"]) == 34
    expected = {
        "AccountSid": ACCOUNT,
        "From": CALLER,
        "Caller": CALLER,
        "To": SHOP,
        "CallStatus": "ringing",
        "Direction": "inbound",
        "ApiVersion": "2010-04-01",
        "FromCountry": "US",
        "StirVerstat": "TN-Validation-Passed-A",
    }
    assert expected.items() <= known.items()
    assert withheld["From"] == "+266696687"


async def test_query_strings_of_stream_urls_are_lost(carrier: Carrier, shop: Service) -> None:
    """The WebSocket request carries no query, as with the vendor."""
    leg = await dial(carrier, shop)
    await leg.hang_up()
    assert "lost" not in shop.stream_headers["path"]


async def test_what_follows_connect_runs_after_the_stream(carrier: Carrier, shop: Service) -> None:
    """Verbs behind <Connect> wait for the service to close the stream."""

    async def talk(line: Conversation) -> None:
        await line.hear_event("media")

    shop.talk = talk
    shop.twiml["/voice"] = shop.connect(after="<Say>Good bye</Say><Dial>+15035550199</Dial>")
    leg = await dial(carrier, shop)
    await leg.closed.wait()
    assert leg.spoken_by_twiml == ["Good bye"]
    order = [
        kind for kind in kinds(leg) if kind in {"stream_opened", "stream_closed", "say", "dial"}
    ]
    assert order == ["stream_opened", "stream_closed", "say", "dial"]
    assert leg.status == "completed"


@pytest.mark.parametrize(
    ("twiml", "reason", "status"),
    [
        ("<Response><Reject reason='busy'/></Response>", "rejected", "busy"),
        ("<Response><Say>Hi</Say><Hangup/></Response>", "twiml_hangup", "completed"),
        ("<Response><Say>Hi</Say></Response>", "twiml_ended", "completed"),
        ("<Response><Redirect>/next?a=1</Redirect></Response>", "twiml_hangup", "completed"),
        ("<Response><Shout/></Response>", "application_error", "completed"),
        ("hello", "application_error", "completed"),
    ],
)
async def test_calls_without_a_stream_end_as_told(
    carrier: Carrier, shop: Service, twiml: str, reason: str, status: str
) -> None:
    """Reject, hang-up, the end of the document, redirects and nonsense."""
    shop.twiml["/voice"] = twiml
    shop.twiml["/next"] = "<Response><Hangup/></Response>"
    leg = await dial(carrier, shop)
    assert (leg.end_reason, leg.status) == (reason, status)


async def test_status_and_stream_callbacks_are_signed_and_in_order(
    carrier: Carrier, shop: Service
) -> None:
    """Stream-started, stream-stopped, and the completed call with its duration."""
    shop.twiml["/voice"] = shop.connect(attributes=f'statusCallback="{shop.url}/stream"')
    leg = await carrier.dial(
        f"{shop.url}/voice",
        from_number=CALLER,
        to_number=SHOP,
        status_callback=f"{shop.url}/status",
    )
    await leg.hang_up()
    streams = [form["StreamEvent"] for at, form in shop.forms if at == "/stream"]
    assert streams == ["stream-started", "stream-stopped"]
    (status,) = [form for at, form in shop.forms if at == "/status"]
    assert status["CallStatus"] == "completed"
    assert status["SequenceNumber"] == "0"
    assert "callback_failed" not in kinds(leg)


async def test_bad_messages_are_noted_and_ignored(carrier: Carrier, shop: Service) -> None:
    """Binary, malformed and foreign messages do not disturb the call."""

    async def talk(line: Conversation) -> None:
        await line.hear_event("start")
        await line.ws.send_bytes(b"\x00")
        await line.ws.send_text("{")
        await line.ws.send_text('{"event":"clear","streamSid":"MZother"}')
        await line.send("media", media={"payload": "***"})
        await line.send("mark", mark={"name": "still here"})
        await line.hear_event("mark")

    shop.talk = talk
    leg = await dial(carrier, shop)
    await leg.closed.wait()
    assert kinds(leg).count("bad_message") == 4
    assert "mark_echoed" in kinds(leg)


async def test_a_service_that_is_not_there_is_an_application_error(carrier: Carrier) -> None:
    """A refused connection ends the call instead of raising."""
    leg = await carrier.dial("http://127.0.0.1:9/voice", from_number=CALLER, to_number=SHOP)
    assert leg.end_reason == "application_error"
    assert leg.webhook_status is None


def test_mulaw_keeps_what_it_decodes() -> None:
    """Every code survives a round trip, and coding errs by less than the step of its segment."""
    codes = bytes(code for code in range(256) if code != 0x7F)
    assert mulaw.encode(mulaw.decode(codes)) == codes
    assert mulaw.decode(b"\xff\x00\x80").tolist() == [0, -32124, 32124]
    ramp = np.arange(-32000, 32000, 7, dtype=np.int16)
    error = np.abs(mulaw.decode(mulaw.encode(ramp)).astype(int) - ramp)
    assert np.all(error <= np.abs(ramp.astype(int)) / 16 + 8)
