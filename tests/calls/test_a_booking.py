"""One real call: recorded speech in, a visit in the database and in the calendar out."""

import asyncio
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import httpx
import pytest
from phoning import DANA, call_log, dial, lines, recording, rows, session, session_gone

from qa.audio import speech
from qa.caller import Caller
from sandbox.world import CALENDAR_ID, Service, World

pytestmark = [
    pytest.mark.call,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(120),
]


async def test_a_recorded_caller_gets_her_visit(place: World, running: Service) -> None:
    """Dana is greeted by name, asks for next Tuesday at two, names the Honda, and has the visit."""
    began = datetime.now(UTC)
    leg = await dial(place, running)
    caller = Caller(leg)
    for name in ("1-asks", "2-car", "3-bye"):
        await caller.listen()
        if name == "1-asks":
            assert await session(place, leg.call_sid) is not None
        await caller.speak(recording(name))
    async with asyncio.timeout(30):
        await leg.ended.wait()

    log = await call_log(place, leg.call_sid)
    assert log["outcome"] == "booked"
    assert (log["from_number"], log["to_number"], log["direction"]) == (
        DANA, "+15035550100", "inbound",
    )  # fmt: skip
    assert log["started_at"] >= began and log["ended_at"] > log["started_at"]
    agent = lines(log, "agent")
    assert agent[0].startswith("Hi Dana")
    assert "oil change" in " ".join(lines(log, "caller")).lower()
    assert agent[-1].endswith("Goodbye.")
    assert [use["name"] for use in log["tool_calls"]] == [
        "get_available_slots", "book_appointment",
    ]  # fmt: skip

    [visit] = await rows(
        place,
        "SELECT a.*, v.model, c.last_contact FROM appointments a"
        " JOIN vehicles v ON v.id = a.vehicle_id JOIN customers c ON c.id = a.customer_id"
        " WHERE c.phone = %s AND a.service_type = 'oil_change' AND a.created_at >= %s",
        DANA,
        began,
    )
    assert (visit["status"], visit["model"], visit["duration_minutes"]) == (
        "scheduled", "CR-V", 60,
    )  # fmt: skip
    assert visit["last_contact"] >= began
    start = visit["scheduled_at"]
    events = {event["id"]: event for event in place.vendors.calendar.events(CALENDAR_ID)}
    event = events[visit["calendar_event_id"]]
    assert datetime.fromisoformat(event["start"]["dateTime"]) == start
    assert start.astimezone(place_zone()).strftime("%A %H:%M") == "Tuesday 14:00"

    assert await session_gone(place, leg.call_sid)
    assert leg.end_reason == "server_hung_up"
    booked = 'bayline_tool_seconds_count{outcome="ok",tool="book_appointment"}'
    async with asyncio.timeout(10), httpx.AsyncClient() as client:
        while booked not in (await client.get(f"{running.url}/metrics")).text:  # noqa: ASYNC110
            await asyncio.sleep(0.02)  # counted last, when the log is written
    _, stereo = leg.recording()
    assert speech(stereo[:, 1])[0].start_s < 2.0, "the greeting waits for nobody"


def place_zone() -> ZoneInfo:
    """Return the example shop's zone."""
    return ZoneInfo("America/Los_Angeles")


async def test_a_caller_who_hangs_up_leaves_a_log_and_no_session(
    place: World, running: Service
) -> None:
    """A caller gone in the middle of the greeting is logged as such, and nothing else remains."""
    leg = await dial(place, running)
    await Caller(leg).hear_first_sound()
    await leg.hang_up()
    log = await call_log(place, leg.call_sid)
    assert log["outcome"] == "abandoned"
    assert await session_gone(place, leg.call_sid)


@pytest.mark.parametrize("number", [None, "+442079460000"])
async def test_unknown_callers_are_greeted_without_a_name(
    place: World, running: Service, number: str | None
) -> None:
    """A withheld number and a foreign one are answered all the same."""
    leg = await dial(place, running, number)
    await Caller(leg).listen()
    await leg.hang_up()
    log = await call_log(place, leg.call_sid)
    assert log["from_number"] == number
    assert lines(log, "agent")[0].startswith("Hi, thanks for calling")
