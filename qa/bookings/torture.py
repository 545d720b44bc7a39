"""The whole test: a world, a crowd, misfortunes, a minute of peace, and the verdict."""

import asyncio
import contextlib
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from fastapi import FastAPI

from qa.bookings import books
from qa.bookings.callers import Caller, Crowd
from qa.bookings.chaos import Chaos, Pace
from qa.bookings.fleet import Fleet
from qa.bookings.grid import Grid
from qa.bookings.history import Event, History, Journal, Violation
from qa.bookings.outsiders import CalendarPeople, Desk, events_of_visits, moment_s
from qa.bookings.rules import calendar_agrees, check
from sandbox.children import free_port
from sandbox.google import CalendarWorld, router, write_credentials
from sandbox.postgres import EmbeddedPostgres
from sandbox.serving import serving
from sandbox.valkey import EmbeddedValkey
from sandbox.world import CALENDAR_ID, ROOT
from shop.shopfile import load_shop

SHOP_FILE = Path(__file__).parent / "shop.yaml"
WORKER = ROOT / "tests" / "torture" / "booking_worker.py"
NEWCOMERS = 0.3
PEACE_S = 60.0
"""Database and calendar must agree within a minute of the last misfortune."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done; the seed decides every choice, though not the order of events."""

    seed: int
    seconds: float = 120.0
    callers: int = 220
    workers: int = 3
    days: int = 3
    sabotage: bool = False
    pause_s: tuple[float, float] = (0.5, 2.5)
    pace: Pace = field(default_factory=Pace)
    worker_script: Path = WORKER


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of it."""

    history: History
    violations: list[Violation]
    calls: int
    kills: Mapping[str, int]
    faults: Mapping[str, int]
    google_failures: Mapping[int, int]
    settled_s: float | None
    """How long after the last misfortune books and calendar agreed; None when they did not."""


@dataclass(frozen=True, slots=True)
class _Place:
    folder: Path
    postgres: EmbeddedPostgres
    valkey: EmbeddedValkey
    calendar: CalendarWorld
    env: dict[str, str]


async def torture(plan: Plan, tell: Callable[[str], None]) -> Verdict:
    """Run the plan in a world of its own, of which nothing is left."""
    shop = load_shop(SHOP_FILE)
    grid = Grid.of(shop, datetime.now(UTC), plan.days)
    async with _place() as place:
        await _migrate(place)
        people = round(plan.callers * (1 - NEWCOMERS))
        cars = await asyncio.to_thread(
            books.prepare, place.postgres.url, people, sabotage=plan.sabotage
        )
        log = place.folder / "workers.log"
        fleet = Fleet(plan.worker_script, place.env, ROOT, log, plan.workers)
        try:
            await fleet.start()
            tell(f"{plan.workers} workers ready, {plan.callers} callers, {len(grid.days)} days")
            crowd = Crowd(fleet, grid, Journal(), plan.pause_s)
            chaos = Chaos(
                fleet,
                place.postgres,
                place.valkey,
                place.calendar,
                plan.seed,
                plan.pace,
            )
            await _trouble(plan, place, crowd, cars, chaos)
            tell("the misfortunes are over; waiting for books and calendar to agree")
            await fleet.all_ready()
            settled_s = await _peace(place, 0.0 if plan.sabotage else PEACE_S)
            history = _history(place, crowd.journal)
        finally:
            await fleet.stop()
            _keep(log)
    return Verdict(
        history,
        check(history),
        crowd.calls,
        chaos.kills,
        chaos.faults,
        Counter(status for _, status in place.calendar.requests if status >= 400),
        settled_s,
    )


async def _trouble(
    plan: Plan, place: _Place, crowd: Crowd, cars: Mapping[str, list[int]], chaos: Chaos
) -> None:
    """Let everybody loose until the time is up and their last calls have ended."""
    deadline_s = time.monotonic() + plan.seconds
    new = [f"+1503557{n:04}" for n in range(plan.callers - len(cars))]
    phones = {**cars, **{phone: [] for phone in new}}
    callers = [
        Caller(crowd, phone, list(owned), random.Random(f"{plan.seed} {phone}"))
        for phone, owned in phones.items()
    ]
    every_car = [car for owned in cars.values() for car in owned]
    desk = Desk(crowd, place.postgres.url, every_car, random.Random(f"{plan.seed} desk"))
    people = CalendarPeople(crowd, place.calendar, random.Random(f"{plan.seed} people"))
    async with asyncio.TaskGroup() as all_of_them:
        for caller in callers:
            all_of_them.create_task(caller.phone_until(deadline_s))
        all_of_them.create_task(desk.work_until(deadline_s, (0.2, 1.0)))
        all_of_them.create_task(people.work_until(deadline_s, (0.8, 3.0)))
        all_of_them.create_task(chaos.run(deadline_s))


async def _peace(place: _Place, limit_s: float) -> float | None:
    """Wait until books and calendar agree twice in a row; return how long that took."""
    began_s = time.monotonic()
    agreed = False
    while time.monotonic() - began_s < limit_s:
        with contextlib.suppress(psycopg.OperationalError):
            rows = await asyncio.to_thread(books.read_rows, place.postgres.url)
            at_once = History(rows=rows, events=_events(place.calendar))
            agrees = next(calendar_agrees(at_once), None) is None
            if agrees and agreed:
                return time.monotonic() - began_s
            agreed = agrees
        await asyncio.sleep(1.0)
    return None


def _history(place: _Place, journal: Journal) -> History:
    # First the table, then the record: nobody is at work any more but the relay.
    return History(
        attempts=tuple(journal.attempts),
        rows=books.read_rows(place.postgres.url),
        versions=books.read_versions(place.postgres.url),
        events=_events(place.calendar),
    )


def _events(calendar: CalendarWorld) -> tuple[Event, ...]:
    return tuple(
        Event(one["id"], visit, moment_s(one["start"]), moment_s(one["end"]))
        for one, visit in events_of_visits(calendar)
    )


@contextlib.asynccontextmanager
async def _place() -> AsyncIterator[_Place]:
    async with contextlib.AsyncExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="bayline-bookings-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        folder.chmod(0o711)  # noqa: ASYNC240 - the database's account must get through it
        # On fixed ports: they come back where they were.
        postgres = await stack.enter_async_context(
            EmbeddedPostgres(folder / "postgres", durable=True, port=free_port())
        )
        valkey = await stack.enter_async_context(EmbeddedValkey(port=free_port()))
        calendar = CalendarWorld((CALENDAR_ID,))
        app = FastAPI()
        app.include_router(router(calendar))
        url = await stack.enter_async_context(serving(app))
        credentials = folder / "google.json"
        write_credentials(credentials, f"{url}/token")
        env = _environment(postgres.url, valkey.url, url, credentials)
        yield _Place(folder, postgres, valkey, calendar, env)


def _environment(
    database_url: str, redis_url: str, vendors_url: str, credentials: Path
) -> dict[str, str]:
    kept = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "VIRTUAL_ENV")
    return {name: os.environ[name] for name in kept if name in os.environ} | {
        "PYTHONPATH": str(ROOT),
        "DATABASE_URL": database_url,
        "DATABASE_POOL_MIN": "1",
        "DATABASE_POOL_MAX": "8",
        "REDIS_URL": redis_url,
        "SHOP_FILE": str(SHOP_FILE),
        "GOOGLE_CALENDAR_ID": CALENDAR_ID,
        "GOOGLE_CREDENTIALS_PATH": str(credentials),
        "GOOGLE_API_BASE_URL": vendors_url,
        "NHTSA_BASE_URL": f"{vendors_url}/nobody-here",
        "PUBLIC_URL": "http://127.0.0.1",
        "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
        "TWILIO_AUTH_TOKEN": "none",
        "TWILIO_PHONE_NUMBER": "+15035550100",
        "DEEPGRAM_API_KEY": "none",
        "OPENAI_API_KEY": "none",
    }


async def _migrate(place: _Place) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "store", "migrate"),
        env=place.env,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    if process.returncode != 0:
        raise RuntimeError(f"the database could not be migrated:\n{said.decode(errors='replace')}")


def _keep(log: Path) -> None:
    out = ROOT / ".run" / "bookings"
    out.mkdir(parents=True, exist_ok=True)
    if log.exists():
        shutil.copyfile(log, out / log.name)
