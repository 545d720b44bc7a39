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
from collections.abc import AsyncIterator, Awaitable
from datetime import date
from pathlib import Path
from typing import Any

import redis.asyncio
import uvloop
from bench_figures import Measure, mark, table
from bench_shop import (
    CUSTOMERS,
    QUARTER_DAYS,
    an_hour,
    bench_settings,
    calendar,
    entries,
    fill,
    open_days,
)
from loguru import logger
from psycopg import AsyncConnection

from sandbox.google import write_credentials
from sandbox.postgres import EmbeddedPostgres
from sandbox.valkey import EmbeddedValkey
from settings import EXAMPLE_SHOP_FILE
from shop.clock import SystemClock, opening_instant
from shop.shopfile import Shop, load_shop
from store import Store, open_store
from store.appointments import NewAppointment
from store.errors import SlotTaken
from store.migrate import migrate
from tools import schedule
from tools.call import Call
from tools.get_available_slots import get_available_slots

WARM_UP = 50


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
        self._days = open_days(shop)[1:]

    def measures(self) -> list[Measure]:
        """Return everything that is measured, bare databases first."""
        get = Measure("bare GET", self.bare_get)
        select = Measure("bare SELECT", self.bare_select)
        return [
            get,
            Measure("look-up, cached", self.cached, 2, 1, get),
            select,
            Measure("look-up with cars, not cached", self.uncached, 20, 3, select),
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
            start = opening_instant(self._day(), an_hour(self._choice), self._shop.zone)
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
        return self._choice.choice(self._days)

    def _call(self) -> Call:
        sid = f"CA{next(self._sids)}"
        return Call(sid, None, self._store, self._shop, SystemClock())


@contextlib.asynccontextmanager
async def bench(choice: random.Random) -> AsyncIterator[Bench]:
    """Start everything, fill the shop and copy its calendar."""
    shop = load_shop(EXAMPLE_SHOP_FILE)
    async with contextlib.AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bayline-bench-")))
        postgres = await stack.enter_async_context(EmbeddedPostgres(durable=True))
        valkey = await stack.enter_async_context(EmbeddedValkey())
        url = await stack.enter_async_context(calendar(entries(shop, choice)))
        write_credentials(folder / "google.json", f"{url}/token")
        await asyncio.to_thread(migrate, postgres.url)
        visits = await asyncio.to_thread(fill, postgres.url, shop, choice)
        _tell(f"{CUSTOMERS} customers, {visits} visits in {QUARTER_DAYS} days")
        settings = bench_settings(postgres.url, valkey.url, url, folder / "google.json")
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
    return 1 if any(mark(one) == "MISSED" for one in measures) else 0


def _tell(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


async def _timed(work: Awaitable[Any]) -> float:
    began = time.perf_counter()
    await work
    return (time.perf_counter() - began) * 1000


if __name__ == "__main__":
    sys.exit(main())
