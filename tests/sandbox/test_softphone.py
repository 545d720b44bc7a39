"""The softphone over real sockets: a browser's side against a small service that echoes."""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import numpy as np
import pytest
import websockets
from twilio_service import ACCOUNT, TOKEN, Service, service, serving
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Origin

from sandbox.browser_call import FRAME_BYTES, MOST_BYTES, BadMessage, Microphone
from sandbox.softphone import PAGES, caller_number, softphone
from sandbox.twilio.carrier import Carrier
from sandbox.twilio.leg import Leg
from sandbox.twilio.mulaw import Pcm

pytestmark = pytest.mark.unit

SHOP = "+15035550100"
DANA = "+15035550142"
FRAME = FRAME_BYTES // 2


@dataclass
class Desk:
    """A shop that echoes, a carrier, and the softphone's address."""

    shop: Service
    carrier: Carrier
    url: str

    def line(self, caller: str = DANA) -> connect:
        """Open the line as the page does."""
        address = f"{self.url.replace('http', 'ws')}/line?from={caller}"
        return connect(address, origin=Origin(self.url), proxy=None)

    @property
    def leg(self) -> Leg:
        """The one call there is."""
        (leg,) = self.carrier.legs.values()
        return leg


@dataclass
class Browser:
    """The page's end of the line: what it was sent, in order."""

    ws: ClientConnection
    news: list[dict[str, Any]] = field(default_factory=list)
    frames: list[bytes] = field(default_factory=list)

    async def until(self, state: str) -> dict[str, Any]:
        """Read until the call is in this state."""
        while True:
            message = await self.ws.recv()
            if isinstance(message, bytes):
                self.frames.append(message)
                continue
            self.news.append(json.loads(message))
            if self.news[-1].get("state") == state:
                return self.news[-1]

    async def closed(self) -> tuple[int | None, str | None]:
        """Read until the socket is closed; returns code and reason."""
        try:
            while True:
                await self.ws.recv()
        except websockets.ConnectionClosed:
            return self.ws.close_code, self.ws.close_reason


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    """A softphone that reaches a shop whose stream echoes."""
    async with (
        service() as shop,
        Carrier(account_sid=ACCOUNT, auth_token=TOKEN) as carrier,
        serving(softphone(carrier, webhook_url=f"{shop.url}/voice", shop_number=SHOP)) as url,
    ):
        shop.twiml["/voice"] = shop.connect()
        yield Desk(shop, carrier, url)


def tone(seconds: float, hz: int = 500) -> Pcm:
    """A tone, loud enough to count as speech."""
    at = np.arange(int(8000 * seconds)) / 8000
    return (8000 * np.sin(2 * np.pi * hz * at)).astype(np.int16)


async def speak(ws: ClientConnection, pcm: Pcm) -> None:
    """Send samples in real time, 20 ms at a time."""
    due_s = time.monotonic()
    for start in range(0, len(pcm), FRAME):
        await ws.send(pcm[start : start + FRAME].astype("<i2").tobytes())
        due_s += 0.02
        await asyncio.sleep(max(0, due_s - time.monotonic()))


async def test_sound_flows_both_ways(desk: Desk) -> None:
    """What the browser says reaches the service and its answer comes back as 20 ms of PCM16."""
    async with desk.line() as ws:
        browser = Browser(ws)
        await browser.until("talking")
        await speak(ws, tone(0.6))
        desk.leg.end("caller_hung_up")
        await browser.until("ended")
    assert [one["state"] for one in browser.news] == ["ringing", "talking", "ended"]
    assert {len(frame) for frame in browser.frames} == {FRAME_BYTES}
    heard = np.frombuffer(b"".join(browser.frames), dtype="<i2").astype(float)
    assert np.abs(heard).max() > 7000
    spectrum = np.abs(np.fft.rfft(heard))
    loudest_hz = spectrum.argmax() * 8000 / len(heard)
    assert loudest_hz == pytest.approx(500, abs=15)


async def test_the_service_sees_an_ordinary_call(desk: Desk) -> None:
    """The signed webhook carries the chosen caller and the shop's number."""
    async with desk.line() as ws:
        await Browser(ws).until("talking")
        (form,) = await desk.shop.told("/voice")
    assert (form["From"], form["To"], form["Direction"]) == (DANA, SHOP, "inbound")
    assert form["CallSid"] == desk.leg.call_sid


async def test_a_withheld_number_is_withheld(desk: Desk) -> None:
    """Without a number the service sees the carrier's anonymous one."""
    async with desk.line("withheld") as ws:
        await Browser(ws).until("talking")
        (form,) = await desk.shop.told("/voice")
    assert form["From"] == "+266696687"


async def test_keys_arrive_in_order(desk: Desk) -> None:
    """Pressed keys become dtmf messages of the stream."""
    async with desk.line() as ws:
        browser = Browser(ws)
        await browser.until("talking")
        for keys in ("5", "1#*"):
            await ws.send(json.dumps({"press": keys}))
        await ws.send('{"hang_up": true}')
        await browser.until("ended")
    await desk.leg.closed.wait()
    pressed = [m["dtmf"]["digit"] for m in desk.shop.received if m["event"] == "dtmf"]
    assert pressed == ["5", "1", "#", "*"]


async def test_hanging_up_ends_the_call_and_then_the_socket(desk: Desk) -> None:
    """The page is told why the call ended, and the socket closes normally."""
    async with desk.line() as ws:
        browser = Browser(ws)
        await browser.until("talking")
        await ws.send('{"hang_up": true}')
        assert (await browser.until("ended"))["reason"] == "You hung up."
        assert await browser.closed() == (1000, "")
    assert desk.leg.end_reason == "caller_hung_up"


async def test_closing_the_page_hangs_up(desk: Desk) -> None:
    """A browser that is gone leaves no call behind."""
    async with desk.line() as ws:
        await Browser(ws).until("talking")
    await desk.leg.closed.wait()
    assert desk.leg.end_reason == "caller_hung_up"
    assert desk.shop.received[-1]["event"] == "stop"


async def test_the_shop_hanging_up_is_told(desk: Desk) -> None:
    """When the service closes the stream the page learns that the shop hung up."""

    async def hang_up(conversation: Any) -> None:
        await conversation.hear_event("media")

    desk.shop.talk = hang_up
    async with desk.line() as ws:
        assert (await Browser(ws).until("ended"))["reason"] == "The shop hung up."


async def test_a_failing_service_is_told(desk: Desk) -> None:
    """A webhook that answers with an error ends the call with words, not with silence."""
    desk.shop.twiml["/voice"] = "no TwiML at all"
    async with desk.line() as ws:
        browser = Browser(ws)
        ended = await browser.until("ended")
    assert "did not answer as it should" in ended["reason"]
    assert "talking" not in [one["state"] for one in browser.news]


@pytest.mark.parametrize(
    ("name", "origin"),
    [
        ("127.0.0.1", "https://elsewhere.example"),
        ("127.0.0.1", "http://127.0.0.1:1"),
        ("127.0.0.1", "null"),
        ("elsewhere.example", None),
        ("elsewhere.example", "http://elsewhere.example:{port}"),
    ],
)
async def test_other_pages_cannot_place_calls(desk: Desk, name: str, origin: str | None) -> None:
    """A foreign Origin, or a foreign name for this machine, is refused before any call."""
    port = desk.url.rpartition(":")[2]
    with pytest.raises(websockets.InvalidStatus) as refused:
        async with connect(
            f"ws://{name}:{port}/line",
            origin=Origin(origin.format(port=port)) if origin else None,
            host="127.0.0.1",
            proxy=None,
        ):
            pass
    assert refused.value.response.status_code == 403
    assert not desk.carrier.legs


async def test_the_page_is_served_to_this_machine_alone(desk: Desk) -> None:
    """The page answers under loopback names only."""
    async with httpx.AsyncClient() as client:
        port = desk.url.rpartition(":")[2]
        for host in (f"127.0.0.1:{port}", f"localhost:{port}", f"[::1]:{port}"):
            assert (await client.get(desk.url, headers={"Host": host})).status_code == 200
        for host in ("elsewhere.example", "[", "127.0.0.1@elsewhere.example"):
            assert (await client.get(desk.url, headers={"Host": host})).status_code == 403


@pytest.mark.parametrize(
    ("message", "code", "reason"),
    [
        (b"\x01", 1007, "Sound is whole 16-bit samples."),
        (b"\0" * (64 * 1024 + 2), 1009, "A message of at most 64 KiB."),
        ("hello", 1007, "Text is one JSON object."),
        ("[" * 5000, 1007, "Text is one JSON object."),
        ('["press"]', 1007, "Text is one JSON object."),
        ('{"press": "x"}', 1007, "Keys are 0 to 9, * and #."),
        ('{"press": 5}', 1007, "Keys are 0 to 9, * and #."),
    ],
)
async def test_a_malformed_message_closes_with_a_reason(
    desk: Desk, message: str | bytes, code: int, reason: str
) -> None:
    """What no softphone sends ends its own call, says why, and disturbs nobody."""
    async with desk.line() as ws, desk.line("+15035550117") as other:
        await Browser(ws).until("talking")
        await ws.send(message)
        assert await Browser(ws).closed() == (code, reason)
        await Browser(other).until("talking")
        await other.send('{"press": "1"}')
        await other.send('{"hang_up": true}')
        assert await Browser(other).closed() == (1000, "")
    assert all(leg.end_reason == "caller_hung_up" for leg in desk.carrier.legs.values())


async def test_harmless_messages_are_ignored(desk: Desk) -> None:
    """Unknown wishes, empty sound and wishes of another type change nothing."""
    async with desk.line() as ws:
        browser = Browser(ws)
        await browser.until("talking")
        for message in (b"", "{}", '{"dance": 1}', '{"hang_up": "no"}', '{"press": ""}'):
            await ws.send(message)
        await ws.send('{"hang_up": true}')
        await browser.until("ended")
        assert await browser.closed() == (1000, "")


async def test_a_wrong_number_is_refused_with_a_reason(desk: Desk) -> None:
    """A caller's number that is none closes the socket before any call."""
    async with desk.line("hello") as ws:
        assert await Browser(ws).closed() == (
            1008,
            "The number to call from is no phone number.",
        )
    assert not desk.carrier.legs


@pytest.mark.parametrize(
    ("given", "number"),
    [
        ("+15035550142", "+15035550142"),
        (" 15035550142", "+15035550142"),
        ("(503) 555-0142", "+15035550142"),
        ("503.555.0142", "+15035550142"),
        ("+49 30 1234567", "+49301234567"),
        ("withheld", None),
        ("", None),
    ],
)
def test_numbers_are_read_as_people_write_them(given: str, number: str | None) -> None:
    """American and international writing leads to E.164; nothing means withheld."""
    assert caller_number(given) == number


@pytest.mark.parametrize("given", ["12", "+0123456789", "+1503555014२", "abc", "+1" * 20])
def test_other_writing_is_no_number(given: str) -> None:
    """What cannot be a phone number is refused."""
    with pytest.raises(BadMessage):
        caller_number(given)


def test_speech_waits_for_a_small_store_and_then_flows() -> None:
    """Nothing comes out below 60 ms; then every frame does, and a gap starts anew."""
    microphone, frame = Microphone(), tone(0.02).astype("<i2").tobytes()
    microphone.hear(frame * 2)
    assert microphone.next_frame() is None
    microphone.hear(frame)
    taken = [microphone.next_frame() for _ in range(4)]
    assert [one is not None for one in taken] == [True, True, True, False]
    microphone.hear(frame)
    assert microphone.next_frame() is None


def test_of_a_burst_the_newest_is_kept() -> None:
    """A browser that sends two seconds at once leaves 300 ms: the last ones."""
    microphone, said = Microphone(), np.arange(1, 16001, dtype="<i2")
    microphone.hear(said.tobytes())
    first = microphone.next_frame()
    assert first is not None
    assert first[0] == 16000 - MOST_BYTES // 2 + 1


def test_pauses_are_shortened_until_a_burst_is_made_good() -> None:
    """While more than 120 ms wait, quiet frames are passed over and speech is not."""
    microphone = Microphone()
    microphone.hear(bytes(MOST_BYTES))
    silent = 0
    while microphone.next_frame() is not None:
        silent += 1
    microphone.hear(tone(0.3).astype("<i2").tobytes())
    loud = 0
    while microphone.next_frame() is not None:
        loud += 1
    assert silent < 12
    assert loud == 15


async def test_the_page_asks_no_other_host(desk: Desk) -> None:
    """Every file is served with a strict policy and names no other host."""
    async with httpx.AsyncClient(base_url=desk.url) as client:
        for path in ("/", "/softphone.js", "/softphone.css", "/audio.js"):
            answer = await client.get(path)
            assert answer.status_code == 200
            assert "default-src 'none'" in answer.headers["content-security-policy"]
            assert not re.search(r"https?://|url\(", answer.text)
        told = (await client.get("/shop.json")).json()
    assert told == {"number": SHOP, "callers": []}


def test_the_script_finds_what_it_names_on_the_page() -> None:
    """Every id that the script uses stands in the page, and every control has a name."""
    page, script = (
        (PAGES / name).read_text(encoding="utf-8") for name in ("softphone.html", "softphone.js")
    )
    named = set(re.findall(r'\$\("([a-z-]+)"\)', script))
    assert named <= set(re.findall(r'id="([a-z-]+)"', page))
    assert len(named) >= 15
    fields = re.findall(r'<(?:select|input) id="([a-z-]+)"', page)
    assert set(fields) == set(re.findall(r'<label for="([a-z-]+)"', page))
