"""<Gather> and <Conference> of the carrier stand-in, and the people who answer its calls."""

import asyncio
from collections.abc import AsyncIterator

import numpy as np
import pytest
from twilio_service import ACCOUNT, TOKEN, Service, service

from sandbox.twilio import callees, mulaw
from sandbox.twilio.carrier import Carrier
from sandbox.twilio.conference import Joining, Rooms
from sandbox.twilio.leg import Leg
from sandbox.twilio.mulaw import Pcm
from sandbox.twilio.outbound import Callee, CallOrder
from sandbox.twilio.script import Instructions

pytestmark = pytest.mark.unit

PERSON, SHOP = "+15035550199", "+15035550100"


@pytest.fixture
async def shop() -> AsyncIterator[Service]:
    """A service that answers webhooks."""
    async with service() as running:
        yield running


@pytest.fixture
async def carrier() -> AsyncIterator[Carrier]:
    """A carrier whose <Say> takes a while, and which hangs up at the end."""
    async with Carrier(account_sid=ACCOUNT, auth_token=TOKEN, chars_per_s=100) as one:
        yield one


def call(carrier: Carrier, twiml: str, *people: Callee) -> Leg:
    """Let the service call a person."""
    carrier.expect(PERSON, *people)
    return carrier.place(CallOrder(PERSON, SHOP, Instructions(twiml=twiml)))


def asking(shop: Service, attributes: str, nested: str = "<Say>Press one.</Say>") -> str:
    """Return TwiML that gathers and otherwise goes on."""
    return (
        f'<Response><Gather action="{shop.url}/keys" {attributes}>{nested}</Gather>'
        "<Say>Nothing pressed.</Say></Response>"
    )


async def test_one_key_ends_the_prompt_and_is_told(carrier: Carrier, shop: Service) -> None:
    """A key pressed into the prompt cuts it short and reaches the action as Digits."""
    shop.twiml["/keys"] = "<Response><Hangup/></Response>"
    long = f"<Say>{'Blah ' * 2000}</Say>"
    leg = call(carrier, asking(shop, 'numDigits="1"', long), callees.presses("1"))
    await leg.closed.wait()
    [form] = await shop.told("/keys")
    assert form["Digits"] == "1"
    assert form["CallSid"] == leg.call_sid
    assert leg.end_reason == "twiml_hangup"


async def test_no_key_leads_to_the_next_verb(carrier: Carrier, shop: Service) -> None:
    """Without input the action is not called and what follows is said."""
    leg = call(carrier, asking(shop, 'numDigits="1" timeout="0.05"'), callees.listens())
    await leg.closed.wait()
    assert leg.spoken_by_twiml == ["Press one.", "Nothing pressed."]
    assert not shop.forms


async def test_an_empty_result_is_told_where_it_is_asked_for(
    carrier: Carrier, shop: Service
) -> None:
    """With actionOnEmptyResult the action hears of no keys."""
    shop.twiml["/keys"] = "<Response/>"
    twiml = asking(shop, 'timeout="0.05" actionOnEmptyResult="true"')
    leg = call(carrier, twiml, callees.listens())
    await leg.closed.wait()
    [form] = await shop.told("/keys")
    assert form["Digits"] == ""


async def test_several_keys_end_with_the_hash(carrier: Carrier, shop: Service) -> None:
    """Keys add up until the finishing one, which is not among them."""
    shop.twiml["/keys"] = "<Response/>"
    leg = call(carrier, asking(shop, 'timeout="5"'), callees.presses("42#"))
    await leg.closed.wait()
    [form] = await shop.told("/keys")
    assert (form["Digits"], form["FinishedOnKey"]) == ("42", "#")


def room(name: str, *, ends: bool = True, action: str = "") -> str:
    """Return TwiML that joins a conference."""
    act = f' action="{action}"' if action else ""
    return (
        f'<Response><Dial{act}><Conference endConferenceOnExit="{str(ends).lower()}" '
        f'waitUrl="" beep="false">{name}</Conference></Dial></Response>'
    )


async def test_two_legs_in_a_room_hear_each_other(carrier: Carrier, shop: Service) -> None:
    """What one says the other hears, both ways; the end of one is the end of both."""
    shop.twiml["/after"] = "<Response><Say>Bye.</Say></Response>"
    first = call(carrier, room("a", action=f"{shop.url}/after"), callees.listens())
    second = call(carrier, room("a"), callees.listens())
    async with asyncio.timeout(5):
        while not all(_noted(leg, "conference_started") for leg in (first, second)):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    for speaker, listener in ((first, second), (second, first)):
        heard = _loudest(listener)
        speaker.say(_tone(0.1))
        await speaker.said()
        async with asyncio.timeout(5):
            while heard() < 1000:  # noqa: ASYNC110 - the next 20 ms
                await asyncio.sleep(0.01)
    await second.hang_up()
    await first.closed.wait()
    [form] = await shop.told("/after")
    assert form["DialCallStatus"] == "answered"
    assert first.spoken_by_twiml == ["Bye."]


async def test_a_leg_alone_in_a_room_hears_nothing_and_stays(carrier: Carrier) -> None:
    """A conference does not start with one leg; another room is another conference."""
    alone = call(carrier, room("a"), callees.listens())
    other = call(carrier, room("b"), callees.listens())
    async with asyncio.timeout(5):
        while not all(_noted(leg, "conference_joined") for leg in (alone, other)):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert not _noted(alone, "conference_started")
    await other.hang_up()
    assert not alone.ended.is_set()


def test_a_room_that_is_over_is_opened_anew() -> None:
    """Whoever comes after the end is in a new conference of the same name."""
    rooms = Rooms()
    first, seat = rooms.enter(Joining("a", ends=True))
    first.leave(seat)
    second, _ = rooms.enter(Joining("a"))
    assert first.over.is_set()
    assert second is not first and not second.over.is_set()


def test_three_in_a_room_are_mixed() -> None:
    """One hears the others together, and not themselves; a muted one is not heard."""
    rooms = Rooms()
    (_, ann), (_, ben), (_, cay), (_, mute) = (
        rooms.enter(Joining("a", muted=n == 3)) for n in range(4)
    )
    for seat in (ann, ben, mute):
        seat.send_frame(mulaw.encode(np.full(160, 4000, np.int16)), 0.0)
    assert mulaw.decode(cay.next_frame())[0] == pytest.approx(8000, rel=0.05)
    assert mulaw.decode(ann.next_frame())[0] == pytest.approx(4000, rel=0.05)


@pytest.mark.parametrize(
    ("person", "status"),
    [(callees.NOBODY, "no-answer"), (callees.BUSY, "busy"), (callees.NOT_IN_SERVICE, "failed")],
)
async def test_people_who_do_not_answer(carrier: Carrier, person: Callee, status: str) -> None:
    """Nobody, a busy line and a dead number end as the vendor names it."""
    carrier.expect(PERSON, person)
    order = CallOrder(PERSON, SHOP, Instructions(twiml="<Response/>"), timeout_s=0.1)
    leg = carrier.place(order)
    await leg.closed.wait()
    assert leg.status == status


async def test_somebody_hangs_up_after_a_key(carrier: Carrier, shop: Service) -> None:
    """A person may press a key and be gone before the answer to it arrives."""
    shop.twiml["/keys"] = room("a")
    leg = call(carrier, asking(shop, 'numDigits="1"'), callees.hangs_up(after_key="1"))
    await leg.closed.wait()
    assert leg.end_reason == "caller_hung_up"
    assert not _noted(leg, "conference_started")


def _noted(leg: Leg, kind: str) -> bool:
    return any(event.kind == kind for event in leg.events)


def _tone(seconds: float) -> Pcm:
    at = np.arange(int(8000 * seconds)) / 8000
    return (8000 * np.sin(2 * np.pi * 400 * at)).astype(np.int16)


def _loudest(leg: Leg) -> "_Ear":
    ear = _Ear()
    leg.on_audio = ear.hear
    return ear


class _Ear:
    def __init__(self) -> None:
        self._peak = 0

    def hear(self, frame: bytes, _at_s: float) -> None:
        self._peak = max(self._peak, int(np.abs(mulaw.decode(frame).astype(np.int32)).max()))

    def __call__(self) -> int:
        return self._peak
