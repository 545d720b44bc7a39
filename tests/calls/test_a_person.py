"""A person when needed: taken, not there, closed, given up; and the message that comes of it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio
from phoning import DANA, call_log, dial, lines, rows, until_agent_said

from pipeline import prompt
from qa.caller import Caller
from sandbox.twilio import callees
from sandbox.twilio.leg import Leg
from sandbox.twilio.outbound import Callee
from sandbox.voice import HibariVoice
from sandbox.world import Service, World, service
from settings import EXAMPLE_SHOP_FILE

pytestmark = [
    pytest.mark.call,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(180),
]

PERSON = "+15035550199"
WISH = "Can I talk to a real person, please?"
MESSAGE = "Please tell Mike that my brakes are squeaking again."


@cache
def voice() -> HibariVoice:
    """Return the caller's voice."""
    return HibariVoice()


@pytest.fixture(scope="session")
def open_shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shop where somebody is always there."""
    return _shop_file(tmp_path_factory.mktemp("shop") / "open.yaml", "0:00-23:59", ())


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def always_open(place: World, open_shop: Path) -> AsyncIterator[Service]:
    """The service of a shop that never closes."""
    async with service(place, SHOP_FILE=str(open_shop)) as running:
        yield running


async def test_a_person_takes_the_call(place: World, always_open: Service) -> None:
    """The person hears who calls and why, presses 1, and the two talk; the log says so."""
    place.carrier.expect(PERSON, callees.presses("1", after_s=6))
    leg = await _ask_for_a_person(place, always_open)
    person = await _called(place, leg)
    await _until_noted(leg, "conference_started")
    await _until_noted(person, "conference_started")

    [briefing, *_] = person.spoken_by_twiml
    assert "Dana Whitfield" in briefing and "real person" in briefing
    assert briefing.endswith(prompt.PRESS_A_KEY)
    assert leg.spoken_by_twiml == [prompt.CONNECTING]
    for speaker, listener in ((person, leg), (leg, person)):
        ears = Caller(listener)
        speaker.say(await voice().synthesise("Hello, how can I help you?"))
        await ears.listen()
    await person.hang_up()
    await asyncio.wait_for(leg.ended.wait(), 15)
    assert leg.spoken_by_twiml[-1] == prompt.AFTER_TALKING

    log = await call_log(place, leg.call_sid)
    assert log["outcome"] == "transferred"
    assert prompt.CALLING_PERSON in lines(log, "agent")


async def test_nobody_answers_and_a_message_is_taken(place: World, always_open: Service) -> None:
    """The caller hears that it rings, that nobody comes, leaves word, and has a deadline."""
    place.carrier.expect(PERSON, Callee("no-answer", after_s=10))
    leg = await _ask_for_a_person(place, always_open)
    caller = Caller(leg)
    for _ in range(2):  # "Still trying.", then that nobody comes
        await caller.listen()
    await caller.speak(await voice().synthesise(MESSAGE))
    await _until_promised(place, leg)
    await leg.hang_up()

    log = await call_log(place, leg.call_sid)
    said = " ".join(lines(log, "agent"))
    for sentence in (prompt.CALLING_PERSON, prompt.STILL_CALLING[0], prompt.NOBODY_CAME):
        assert sentence in said
    assert log["outcome"] == "message"
    kept = await _message(place, leg)
    assert "squeaking" in kept["text"].lower()
    assert (kept["reason"], kept["from_number"]) == ("no_answer", DANA)
    assert kept["name"] == "Dana Whitfield"
    assert kept["done_at"] is None
    assert kept["promised"] in said
    within = kept["due_at"] - datetime.now(UTC)
    assert timedelta(minutes=100) < within < timedelta(minutes=140)


async def test_a_voicemail_does_not_take_the_call(place: World, always_open: Service) -> None:
    """What picks up and presses no key has not accepted; the caller comes back."""
    place.carrier.expect(PERSON, callees.listens())
    leg = await _ask_for_a_person(place, always_open)
    person = await _called(place, leg)
    await asyncio.wait_for(person.ended.wait(), 60)
    assert person.spoken_by_twiml[-1] == prompt.NOT_TAKEN
    caller = Caller(leg)
    await caller.listen()
    await caller.speak(await voice().synthesise(MESSAGE))
    await _until_promised(place, leg)
    await leg.hang_up()
    log = await call_log(place, leg.call_sid)
    assert (await _message(place, leg))["reason"] == "declined"
    assert prompt.NOBODY_CAME in " ".join(lines(log, "agent"))


async def test_a_caller_who_gives_up_leaves_no_ringing_phone(
    place: World, always_open: Service
) -> None:
    """When the caller hangs up, the person's phone stops, and the log knows no transfer."""
    place.carrier.expect(PERSON, callees.listens(rings_s=60))
    leg = await _ask_for_a_person(place, always_open)
    person = await _called(place, leg)
    await leg.hang_up()
    await asyncio.wait_for(person.ended.wait(), 10)
    assert person.status == "canceled"
    assert (await call_log(place, leg.call_sid))["outcome"] == "answered"


async def test_never_mind_goes_back_to_the_agent(place: World, always_open: Service) -> None:
    """A caller who no longer wants to wait is served by the agent, and the phone stops."""
    place.carrier.expect(PERSON, callees.listens(rings_s=60))
    leg = await _ask_for_a_person(place, always_open)
    person = await _called(place, leg)
    caller = Caller(leg)
    await caller.speak(await voice().synthesise("Never mind."))
    await caller.listen()
    await asyncio.wait_for(person.ended.wait(), 10)
    await caller.speak(await voice().synthesise("What are your hours?"))
    await until_agent_said(place, leg.call_sid, "Our hours are")
    await leg.hang_up()
    log = await call_log(place, leg.call_sid)
    agent = lines(log, "agent")
    assert prompt.CALL_STOPPED in " ".join(agent)
    assert "Our hours are" in agent[-1]


async def test_a_closed_shop_calls_nobody(place: World, tmp_path: Path) -> None:
    """In closed hours the caller hears when it opens, and leaves word with a deadline then."""
    today = datetime.now(ZoneInfo("America/Los_Angeles")).date()
    shut = [today + timedelta(days=n) for n in range(-1, 2)]
    shop = _shop_file(tmp_path / "closed.yaml", "0:00-23:59", tuple(map(str, shut)))
    before = len(place.carrier.legs)
    async with service(place, SHOP_FILE=str(shop)) as running:
        leg = await _ask_for_a_person(place, running)
        caller = Caller(leg)
        await caller.speak(await voice().synthesise(MESSAGE))
        await _until_promised(place, leg)
        await leg.hang_up()
        log = await call_log(place, leg.call_sid)
    said = " ".join(lines(log, "agent"))
    assert "The shop is closed right now and opens" in said
    assert len(place.carrier.legs) == before + 1
    kept = await _message(place, leg)
    assert kept["reason"] == "closed"
    assert kept["promised"] in said
    assert kept["due_at"].astimezone(ZoneInfo("America/Los_Angeles")).date() > shut[-1]


async def test_two_processes_and_no_redis_hand_over_all_the_same(
    place: World, open_shop: Path
) -> None:
    """Whichever process hears the key press, the two are brought together."""
    away = "redis://127.0.0.1:1/0"
    async with service(place, SHOP_FILE=str(open_shop), REDIS_URL=away, WORKERS="2") as running:
        for _ in range(2):
            place.carrier.expect(PERSON, callees.presses("1", after_s=1))
            leg = await _ask_for_a_person(place, running)
            await _until_noted(leg, "conference_started")
            await leg.hang_up()
            log = await call_log(place, leg.call_sid)
            assert log["outcome"] == "transferred"


async def _ask_for_a_person(place: World, running: Service) -> Leg:
    """Dial, hear the greeting, ask for a person, and hear what comes of it."""
    leg = await dial(place, running)
    caller = Caller(leg)
    await caller.listen()
    await caller.speak(await voice().synthesise(WISH))
    await caller.listen()
    return leg


async def _called(place: World, caller: Leg) -> Leg:
    """Return the leg of the person who was called last."""
    async with asyncio.timeout(10):
        while True:
            found = [leg for leg in place.carrier.legs.values() if leg.setup.to_number == PERSON]
            if found and found[-1].created_at > caller.created_at:
                return found[-1]
            await asyncio.sleep(0.02)


async def _until_noted(leg: Leg, kind: str) -> None:
    async with asyncio.timeout(60):
        while not any(event.kind == kind for event in leg.events):  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def _message(place: World, leg: Leg) -> dict[str, Any]:
    [kept] = await _messages(place, leg)
    return kept


async def _until_promised(place: World, leg: Leg) -> None:
    """Wait until the message is kept, and the caller has heard until when they are called."""
    async with asyncio.timeout(30):
        while not (kept := await _messages(place, leg)):  # noqa: ASYNC110 - a row has no event
            await asyncio.sleep(0.05)
    await until_agent_said(place, leg.call_sid, kept[0]["promised"])


async def _messages(place: World, leg: Leg) -> list[dict[str, Any]]:
    return await rows(place, "SELECT * FROM messages WHERE call_sid = %s", leg.call_sid)


def _shop_file(path: Path, hours: str, holidays: tuple[str, ...]) -> Path:
    """Write the example shop with other hours, no lunch, and these holidays."""
    written = []
    for line in EXAMPLE_SHOP_FILE.read_text(encoding="utf-8").splitlines():
        day = line.strip().partition(":")[0]
        if line.startswith("  ") and day.endswith("day") and " " not in day:
            line = f"  {day}: {hours}"  # noqa: PLW2901
        elif line.startswith(("lunch:", "  - 20")):
            continue
        elif line.startswith("holidays:"):
            line = "holidays: [" + ", ".join(holidays) + "]"  # noqa: PLW2901
        written.append(line)
    path.write_text("\n".join(written), encoding="utf-8")
    return path
