"""How long the data path takes: look-ups, availability and bookings, beside the bare databases.

`python tests/bench/data_path.py [--samples 2000]`. Everything is measured in turns within one run,
on a shop with 5,000 customers and a filled quarter, with a database that really writes to disk.
"""

import argparse
import asyncio
import contextlib
import itertools
import os
import random
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import redis.asyncio
import uvloop
from fastapi import FastAPI
from loguru import logger
from psycopg import AsyncConnection

from sandbox.google import CalendarWorld, router, write_credentials
from sandbox.postgres import EmbeddedPostgres
from sandbox.serving import serving
from sandbox.valkey import EmbeddedValkey
from settings import EXAMPLE_SHOP_FILE, Settings
from shop.clock import SystemClock, opening_instant, to_shop
from shop.shopfile import Shop, load_shop
from store import Store, open_store
from store.appointments import NewAppointment
from store.errors import SlotTaken
from store.migrate import migrate, sync_capacity
from tools import schedule
from tools.call import Call
from tools.get_available_slots import get_available_slots

CUSTOMERS = 5_000
QUARTER_DAYS = 90
FILLED = 0.75
CALENDAR_ID = "shop@bayline.example"
WARM_UP = 50

_PEOPLE = """
INSERT INTO customers (first_name, last_name, phone, email)
SELECT 'First' || n, 'Last' || n % 700, '+1503' || (5600000 + n), 'c' || n || '@example.com'
FROM generate_series(1, 5000) AS n
"""
_CARS = """
INSERT INTO vehicles (customer_id, year, make, model, license_plate)
SELECT c.id, 2005 + c.id % 20, 'Honda', 'Civic ' || n, 'P' || c.id || 'N' || n
FROM customers c, generate_series(1, 2) AS n
"""
_VISIT = """
INSERT INTO appointments (customer_id, vehicle_id, service_type, scheduled_at, bay)
SELECT customer_id, id, 'oil_change', %s, %s FROM vehicles WHERE id = %s
"""


@dataclass(frozen=True, slots=True)
class Measure:
    """One thing measured: how, against what, and what its p99 must and should stay below (ms)."""

    name: str
    once: Callable[[], Awaitable[float]]
    must_ms: float | None = None
    goal_ms: float | None = None
    taken_ms: list[float] = field(default_factory=list)

    def percentile(self, percent: float) -> float:
        """Return a percentile in ms: the smallest value that so many do not exceed."""
        ordered = sorted(self.taken_ms)
        return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


class Bench:
    """The operations, each returning how many ms it took; what prepares them is not counted."""

    def __init__(
        self,
        store: Store,
        shop: Shop,
        bare_redis: Any,
        bare_sql: "AsyncConnection[tuple[Any, ...]]",
        choice: random.Random,
    ) -> None:
        self._store = store
        self._shop = shop
        self._redis = bare_redis
        self._sql = bare_sql
        self._choice = choice
        self._sids = itertools.count(1)

    def measures(self) -> list[Measure]:
        """Return everything that is measured, bare databases first."""
        return [
            Measure("bare GET", self.bare_get),
            Measure("look-up, cached", self.cached, must_ms=2, goal_ms=1),
            Measure("bare SELECT", self.bare_select),
            Measure("look-up with cars, not cached", self.uncached, must_ms=20, goal_ms=3),
            Measure("availability of a day", self.availability, goal_ms=2),
            Measure("the same, three times offered and held", self.offer),
            Measure("bare INSERT and COMMIT", self.bare_commit),
            Measure("booking, committed", self.booking, goal_ms=15),
        ]

    async def bare_get(self) -> float:
        """One GET of a customer's entry, no more."""
        phone = self._phone()
        await self._store.customers.by_phone(phone)
        return await _timed(self._redis.get(f"customer:{phone}"))

    async def cached(self) -> float:
        """A known caller whose entry lies in the cache."""
        phone = self._phone()
        await self._store.customers.by_phone(phone)
        return await _timed(self._store.customers.by_phone(phone))

    async def bare_select(self) -> float:
        """One SELECT of a customer's row on a connection that is open."""
        query = "SELECT id, first_name, last_name, phone, email FROM customers WHERE phone = %s"

        async def select() -> None:
            await (await self._sql.execute(query, [self._phone()])).fetchone()

        return await _timed(select())

    async def uncached(self) -> float:
        """A known caller who is not in the cache: asked there, read, put there."""
        phone = self._phone()
        await self._redis.delete(f"customer:{phone}", f"changed:{phone}")
        return await _timed(self._store.customers.by_phone(phone))

    async def availability(self) -> float:
        """All free starts on a day, from the books and the calendar's mirror."""
        call, service = self._call(), self._shop.services[0]
        return await _timed(schedule.free_on(call, service, self._day()))

    async def offer(self) -> float:
        """The tool as the model calls it; it also holds what it offers, which is a commit."""
        call, day = self._call(), self._day().isoformat()
        taken = await _timed(get_available_slots.run(call, {"date": day}))
        await self._store.holds.release(call.call_sid)
        return taken

    async def bare_commit(self) -> float:
        """One INSERT into a plain table, committed to disk."""
        return await _timed(self._sql.execute("INSERT INTO bench_plain (said) VALUES ('x')"))

    async def booking(self) -> float:
        """A visit at a free time, with its outbox entry, committed to disk; then cancelled."""
        while True:
            start = opening_instant(self._day(), _hour(self._choice), self._shop.zone)
            new = NewAppointment(
                customer_id=(car := self._choice.randrange(1, CUSTOMERS + 1)),
                vehicle_id=car,
                service_type="oil_change",
                start=start,
                duration_minutes=60,
                booking_key=f"bench:{next(self._sids)}",
            )
            began = time.perf_counter()
            try:
                visit = await self._store.appointments.book(new)
            except SlotTaken:
                continue
            taken = (time.perf_counter() - began) * 1000
            await self._store.appointments.cancel(visit.id, None)
            return taken

    def _phone(self) -> str:
        return f"+1503{5_600_000 + self._choice.randrange(1, CUSTOMERS + 1)}"

    def _day(self) -> date:
        today = to_shop(datetime.now(UTC), self._shop.zone).date()
        while True:
            day = today + timedelta(days=self._choice.randrange(2, QUARTER_DAYS - 2))
            if self._shop.hours_on(day) is not None:
                return day

    def _call(self) -> Call:
        sid = f"CA{next(self._sids)}"
        return Call(sid, None, self._store, self._shop, SystemClock())


def fill(url: str, shop: Shop, calendar: CalendarWorld, choice: random.Random) -> int:
    """Put people and cars on file and visits on most of the quarter's hours; return how many."""
    today = to_shop(datetime.now(UTC), shop.zone).date()
    visits = 0
    with psycopg.connect(url) as conn:
        sync_capacity(conn, shop.bays)
        conn.execute("CREATE TABLE bench_plain (id bigint GENERATED ALWAYS AS IDENTITY, said text)")
        conn.execute(_PEOPLE)
        conn.execute(_CARS)
        for day in (today + timedelta(days=n) for n in range(1, QUARTER_DAYS)):
            if shop.hours_on(day) is None:
                continue
            lunch = opening_instant(day, _hour(choice), shop.zone)
            if choice.random() < 0.5:
                calendar.add_event(
                    CALENDAR_ID, start=lunch, end=lunch + timedelta(minutes=30), summary="Delivery"
                )
            for bay, hour in itertools.product(range(1, shop.bays + 1), (9, 10, 11, 13, 14)):
                if choice.random() < FILLED:
                    at = opening_instant(day, datetime(2000, 1, 1, hour).time(), shop.zone)
                    car = choice.randrange(CUSTOMERS + 1, 2 * CUSTOMERS)
                    with contextlib.suppress(psycopg.errors.ExclusionViolation), conn.transaction():
                        conn.execute(_VISIT, [at, bay, car])
                        visits += 1
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute("VACUUM ANALYZE")
    return visits


@contextlib.asynccontextmanager
async def bench(choice: random.Random) -> AsyncIterator[Bench]:
    """Start everything, fill the shop and copy its calendar."""
    shop = load_shop(EXAMPLE_SHOP_FILE)
    calendar = CalendarWorld((CALENDAR_ID,))
    app = FastAPI()
    app.include_router(router(calendar))
    async with contextlib.AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bayline-bench-")))
        postgres = await stack.enter_async_context(EmbeddedPostgres(durable=True))
        valkey = await stack.enter_async_context(EmbeddedValkey())
        url = await stack.enter_async_context(serving(app))
        write_credentials(folder / "google.json", f"{url}/token")
        await asyncio.to_thread(migrate, postgres.url)
        visits = await asyncio.to_thread(fill, postgres.url, shop, calendar, choice)
        _tell(f"{CUSTOMERS} customers, {visits} visits in {QUARTER_DAYS} days")
        settings = _settings(postgres.url, valkey.url, url, folder / "google.json")
        store = await stack.enter_async_context(open_store(settings, shop))
        stop = asyncio.Event()
        mirroring = asyncio.create_task(store.mirror.run_forever(stop))
        await store.mirror.sync_once()
        bare_redis: Any = redis.asyncio.Redis.from_url(valkey.url)
        stack.push_async_callback(bare_redis.aclose)
        bare_sql = await AsyncConnection.connect(postgres.url, autocommit=True)
        await stack.enter_async_context(bare_sql)
        yield Bench(store, shop, bare_redis, bare_sql, choice)
        stop.set()
        await mirroring


async def measure(samples: int, seed: int) -> list[Measure]:
    """Take the samples in turns, each round in another order."""
    choice = random.Random(seed)
    async with bench(choice) as bench_:
        measures = bench_.measures()
        for turn in range(WARM_UP + samples):
            for one in choice.sample(measures, len(measures)):
                taken_ms = await one.once()
                if turn >= WARM_UP:
                    one.taken_ms.append(taken_ms)
    return measures


def table(measures: list[Measure]) -> str:
    """Return the figures as a table."""
    lines = [f"{'ms':<40} {'p50':>7} {'p95':>7} {'p99':>7}   {'must':>5} {'goal':>5}"]
    for one in measures:
        p50, p95, p99 = (one.percentile(percent) for percent in (50, 95, 99))
        must = f"< {one.must_ms:g}" if one.must_ms else ""
        goal = f"< {one.goal_ms:g}" if one.goal_ms else ""
        lines.append(
            f"{one.name:<40} {p50:7.2f} {p95:7.2f} {p99:7.2f}   {must:>5} {goal:>5}  {_mark(one)}"
        )
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> int:
    """Measure and print; 1 when something takes longer than it must."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(arguments)
    logger.remove()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        measures = runner.run(measure(given.samples, given.seed))
    _tell(f"{given.samples} samples each, in turns; {os.cpu_count()} cores\n\n{table(measures)}")
    return 1 if any(_mark(one) == "MISSED" for one in measures) else 0


def _mark(one: Measure) -> str:
    p99 = one.percentile(99)
    if one.must_ms is not None and p99 >= one.must_ms:
        return "MISSED"
    if one.goal_ms is None:
        return ""
    return "ok" if p99 < one.goal_ms else "above the goal"


def _tell(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


async def _timed(work: Awaitable[Any]) -> float:
    began = time.perf_counter()
    await work
    return (time.perf_counter() - began) * 1000


def _hour(choice: random.Random) -> Any:
    return datetime(2000, 1, 1, choice.choice((9, 10, 11, 13, 14))).time()


def _settings(database_url: str, redis_url: str, google: str, credentials: Path) -> Settings:
    return Settings(
        _env_file=None,
        public_url="http://127.0.0.1",
        twilio_account_sid="AC1",
        twilio_auth_token="none",
        twilio_phone_number="+15035550100",
        deepgram_api_key="none",
        openai_api_key="none",
        database_url=database_url,
        redis_url=redis_url,
        google_calendar_id=CALENDAR_ID,
        google_credentials_path=credentials,
        google_api_base_url=google,
        nhtsa_base_url=f"{google}/nobody-here",
        database_pool_min=4,
        database_pool_max=8,
    )


if __name__ == "__main__":
    sys.exit(main())
