"""A caller whose line broke off phones again and goes on where they were."""

import asyncio
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from phoning import call_log, dial, lines, rows, session, until_agent_said
from psycopg.types.json import Jsonb
from voiced import voiced

from qa.caller import Caller
from sandbox.twilio.leg import Leg
from sandbox.world import INBOUND_CALL, SHOP_NUMBER, Service, World

pytestmark = [
    pytest.mark.call,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(180),
]

MARCUS, TOM, GENE, ANDRE = (
    "+15035550117", "+15035550131", "+15035550159", "+15035550170",
)  # fmt: skip

_EARLIER = """
INSERT INTO call_logs (call_sid, customer_id, from_number, to_number, started_at, ended_at, outcome,
                       ended_by, transcript, tool_calls, open_wish)
VALUES (%s, (SELECT id FROM customers WHERE phone = %s), %s, '+15035550100', %s, %s, 'answered',
        'caller', '[]', %s, %s) RETURNING id
"""


def _thursday() -> datetime:
    """Return Thursday of next week at three, on the shop's clock."""
    today = datetime.now(ZoneInfo("America/Los_Angeles")).date()
    monday = today - timedelta(days=today.weekday())
    return datetime.combine(monday + timedelta(days=10), datetime.min.time()).replace(hour=15)


_FREE = """
UPDATE appointments SET status = 'cancelled'
WHERE status = 'scheduled' AND customer_id = (SELECT id FROM customers WHERE phone = %s)
RETURNING id
"""


async def _broke_off(
    place: World, phone: str, minutes_ago: float, kind: str = "book", tools: object = ()
) -> None:
    """Put the log of a call that broke off where another process would have left it."""
    ended = datetime.now(UTC) - timedelta(minutes=minutes_ago)
    at = _thursday().isoformat()
    wish = {"kind": kind, "service": "tire_rotation", "day": at[:10], "at": at}
    await rows(
        place, _EARLIER, f"CA{ended.timestamp():.0f}{phone[1:]}", phone, phone,
        ended - timedelta(minutes=1), ended, Jsonb(list(tools)), Jsonb(wish),  # type: ignore[call-overload]
    )  # fmt: skip


async def _greeting(place: World, leg: Leg) -> str:
    """Return what the caller is greeted with; they hang up when it has been said."""
    await Caller(leg).listen()
    await _said(place, leg)
    await leg.hang_up()
    return lines(await call_log(place, leg.call_sid), "agent")[0]


async def _said(place: World, leg: Leg) -> None:
    """Wait until the greeting has been said to its end, pauses and all."""
    async with asyncio.timeout(15):
        while not (await session(place, leg.call_sid) or {}).get("transcript"):  # noqa: ASYNC110
            await asyncio.sleep(0.05)  # the line is there once it has been said


async def test_a_caller_who_hung_up_in_mid_sentence_goes_on(place: World, running: Service) -> None:
    """The new call says what was wanted, holds what was held, and books it for the car named."""
    await rows(place, _FREE, MARCUS)  # the demonstration week may have one of his cars in at three
    leg = await dial(place, running, MARCUS)
    caller = Caller(leg)
    await caller.listen()
    await caller.speak(await voiced("I need a tire rotation next Thursday at three."))
    await caller.listen()
    leg.say(await voiced("It is for the"))
    await asyncio.sleep(0.5)  # in the middle of the sentence
    await leg.hang_up()
    first = await call_log(place, leg.call_sid)
    assert first["ended_by"] == "caller" and first["outcome"] == "answered"
    assert first["open_wish"]["service"] == "tire_rotation"
    assert first["open_wish"]["at"].endswith("T15:00:00")
    held = "SELECT count(*) AS n FROM slot_holds WHERE call_sid = %s"
    [before] = await rows(place, held, leg.call_sid)
    assert before["n"] > 0

    again = await dial(place, running, MARCUS, afresh=False)
    caller = Caller(again)
    await caller.hear_first_sound()
    assert await rows(place, held, again.call_sid) == [before]
    await _said(place, again)
    await caller.speak(await voiced("Yes, it's for the Honda Civic."))
    await until_agent_said(place, again.call_sid, "You're booked")
    await again.hang_up()
    second = await call_log(place, again.call_sid)
    greeting = lines(second, "agent")[0]
    assert greeting.startswith("Hi Marcus") and "We were cut off" in greeting
    assert "You wanted a tire rotation for" in greeting
    assert "three in the afternoon" in greeting
    assert second["outcome"] == "booked", second["transcript"]
    assert "Marcus Oyelaran booked a tire rotation for" in second["outcome_detail"]


async def test_a_stream_that_dies_without_a_word_is_a_broken_line(
    place: World, running: Service
) -> None:
    """A connection torn down in the middle leaves a log that says so, with the wish."""
    leg = await dial(place, running, TOM)
    caller = Caller(leg)
    await caller.listen()
    await caller.speak(await voiced("I need a brake inspection next Wednesday at two."))
    await caller.listen()
    connector = leg.session.connector
    assert connector is not None
    await connector.close()
    log = await call_log(place, leg.call_sid)
    assert log["ended_by"] == "line"
    assert log["open_wish"]["service"] == "brake_inspection"
    await leg.hang_up()


async def test_what_is_booked_is_said_to_be_booked(place: World, running: Service) -> None:
    """A call that broke off after the booking is not asked again what it wanted."""
    result = {
        "success": True,
        "appointment_id": 1,
        "scheduled_at": _thursday().isoformat(),
        "service_type": "tire_rotation",
        "message": "You're booked.",
    }
    used = {"name": "book_appointment", "arguments": {}, "outcome": "ok", "result": result}
    await _broke_off(place, GENE, 1, "booked", [used])
    greeting = await _greeting(place, await dial(place, running, GENE, afresh=False))
    assert "Your tire rotation is booked for Thursday" in greeting
    assert "You wanted" not in greeting and "Shall we" not in greeting


async def test_after_some_minutes_it_is_another_call(place: World, running: Service) -> None:
    """Whoever phones again much later is greeted as ever."""
    await _broke_off(place, ANDRE, 6)
    greeting = await _greeting(place, await dial(place, running, ANDRE, afresh=False))
    assert greeting.startswith("Hi Andre, thanks for calling")


async def test_a_number_without_its_carriers_word_hears_nothing(
    place: World, running: Service
) -> None:
    """A number that may be forged is told nothing of what its owner wanted."""
    await _broke_off(place, ANDRE, 1)
    leg = await place.carrier.dial(
        running.url + INBOUND_CALL,
        from_number=ANDRE,
        to_number=SHOP_NUMBER,
        extra={"StirVerstat": "TN-Validation-Passed-C"},
    )
    greeting = await _greeting(place, leg)
    assert "cut off" not in greeting and "rotation" not in greeting
