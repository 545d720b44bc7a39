"""A recorded caller phones in and books an oil change, told live and checked at the end."""

import argparse
import asyncio
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row

from qa import audio
from qa.caller import Caller, NothingHeard
from qa.telling import paint, tell, tell_news
from sandbox.latency import ProfileName
from sandbox.story import Records
from sandbox.twilio.leg import Leg
from sandbox.world import (
    CALENDAR_ID,
    INBOUND_CALL,
    SHOP_NUMBER,
    ServiceError,
    World,
    service,
    world,
)
from settings import EXAMPLE_SHOP_FILE
from shop.clock import to_shop
from shop.shopfile import load_shop

RECORDINGS = Path(__file__).parent / "recordings" / "demo"
CALLER_NUMBER = "+15035550142"
OUT = Path(".run") / "demo"

MAX_CALL_S = 90.0
"""A demo call that takes longer than this hangs somewhere."""

LOG_S = 30.0
"""The call log comes within a second; on a machine that does not keep up it is waited for."""


async def demo(profile: ProfileName = "design") -> int:
    """Run the demo; returns 0 only when the visit stands in the database and in the calendar."""
    tell("Bayline demo: a recorded caller books an oil change, on this machine alone.\n")
    tell("Starting (a fresh database; nothing of it is kept)")

    def progress(line: str) -> None:
        tell(paint("soft", f"  {line}"))

    try:
        async with (
            world(profile=profile, progress=progress) as place,
            service(place, progress=progress) as running,
        ):
            leg = await _phone_in(place, running.url)
            visit = await _booked(place)
            _report(leg, visit, profile)
            log = OUT / "server.log"
            log.write_bytes(running.log.read_bytes())
            if visit is None or not visit.in_calendar:
                tell(paint("bad", f"\nThe demo FAILED: {_missing(visit)}. Log: {log}"))
                return 1
    except (ServiceError, NothingHeard, audio.BadRecording) as exc:
        tell(paint("bad", f"\nThe demo FAILED: {exc}"))
        return 1
    tell(paint("good", "\nThe visit is in the database and in the calendar."))
    tell("`make run` leaves this service running; README.md tells how to go live.")
    return 0


async def _phone_in(place: World, url: str) -> Leg:
    """Place the call and tell it as it happens."""
    tell(f"\nThe call: {CALLER_NUMBER} rings {SHOP_NUMBER}\n")
    leg = await place.carrier.dial(
        url + INBOUND_CALL, from_number=CALLER_NUMBER, to_number=SHOP_NUMBER
    )
    if leg.webhook_status != 200 or leg.stream_sid is None:
        raise ServiceError(f"the call was not answered (webhook status {leg.webhook_status})")
    telling = asyncio.create_task(_tell_as_it_happens(place, leg))
    try:
        async with asyncio.timeout(MAX_CALL_S):
            caller = Caller(leg)
            for recording in sorted(RECORDINGS.glob("*.wav")):
                await caller.listen()
                await caller.speak(audio.read_wav(recording))
            await leg.ended.wait()
    except TimeoutError as exc:
        raise NothingHeard(f"the call was not over after {MAX_CALL_S:.0f} s") from exc
    finally:
        await leg.hang_up()
        await telling
        OUT.mkdir(parents=True, exist_ok=True)
        rate_hz, stereo = leg.recording()
        audio.write_wav(OUT / "call.wav", stereo, rate_hz)
    return leg


async def _tell_as_it_happens(place: World, leg: Leg) -> None:
    records = Records(place.redis_url, place.database_url, last_lines_s=LOG_S)
    async for news in records.follow(leg.call_sid, leg.ended):
        tell_news(news)


@dataclass(frozen=True, slots=True)
class _Visit:
    row: dict[str, Any]
    event: dict[str, Any] | None

    @property
    def in_calendar(self) -> bool:
        return self.event is not None


async def _connect(place: World) -> "psycopg.AsyncConnection[dict[str, Any]]":
    return await psycopg.AsyncConnection.connect(
        place.database_url, row_factory=dict_row, autocommit=True
    )


async def _booked(place: World) -> _Visit | None:
    """Find the visit this call made, and wait a moment for its calendar event."""
    deadline = time.monotonic() + 10
    while True:
        async with await _connect(place) as conn:
            found = await conn.execute(
                "SELECT a.*, v.year, v.make, v.model, c.first_name, c.last_name FROM appointments a"
                " JOIN customers c ON c.id = a.customer_id"
                " LEFT JOIN vehicles v ON v.id = a.vehicle_id"
                " WHERE c.phone = %s AND a.service_type = 'oil_change' AND a.status = 'scheduled'"
                " ORDER BY a.created_at DESC LIMIT 1",
                [CALLER_NUMBER],
            )
            row = await found.fetchone()
        if row is None:
            return None
        event = _event(place, row["calendar_event_id"])
        if event is not None or time.monotonic() > deadline:
            return _Visit(row, event)
        await asyncio.sleep(0.1)


def _event(place: World, event_id: str | None) -> dict[str, Any] | None:
    for event in place.vendors.calendar.events(CALENDAR_ID):
        if event["id"] == event_id and event.get("status") != "cancelled":
            return dict(event)
    return None


def _missing(visit: _Visit | None) -> str:
    return "no visit was booked" if visit is None else "the visit is not in the calendar"


def _report(leg: Leg, visit: _Visit | None, profile: ProfileName) -> None:
    tell("\nThe visit")
    if visit is not None:
        _tell_visit(visit)
    else:
        tell("  none")
    tell("\nVoice to voice (end of the caller's speech to our first sound, from the recording)")
    _, stereo = leg.recording()
    for number, turn in enumerate(audio.turns(stereo), 1):
        waited = "no answer" if turn.latency_s is None else f"{turn.latency_s:.2f} s"
        tell(f"  turn {number}  {waited}")
    tell(paint("soft", f"  (stand-ins as slow as the vendors: profile {profile})"))
    tell(f"\nRecording: {OUT / 'call.wav'} (left: caller, right: agent)")


def _tell_visit(visit: _Visit) -> None:
    row, event = visit.row, visit.event
    zone = load_shop(EXAMPLE_SHOP_FILE).zone
    start = to_shop(row["scheduled_at"], zone)
    end = start + timedelta(minutes=row["duration_minutes"])
    car = f"{row['year']} {row['make']} {row['model']}"
    when = f"{start:%A %Y-%m-%d %H:%M}-{end:%H:%M}"
    tell(f"  PostgreSQL  #{row['id']} {row['service_type']}, {when}, bay {row['bay']}, {car},")
    tell(f"              {row['first_name']} {row['last_name']}, {row['status']}")
    if event is not None:
        times = f"{event['start']['dateTime']} to {event['end']['dateTime']}"
        tell(f'  Calendar    "{event["summary"]}", {times}')
        tell(f"              event {event['id']}")


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = commands.add_parser(
        "demo", help="a recorded caller books an oil change on this machine"
    )
    parser.add_argument(
        "--profile",
        choices=("none", "design", "published"),
        default="design",
        help="how slow the stand-ins for the vendors are (default: %(default)s)",
    )
    parser.set_defaults(run=lambda given: asyncio.run(demo(given.profile)))
