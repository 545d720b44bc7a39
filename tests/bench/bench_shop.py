"""The shop that the benchmark measures: 5,000 customers, a filled quarter, a calendar."""

import asyncio
import contextlib
import itertools
import json
import os
import random
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import psycopg

from settings import Settings
from shop.clock import opening_instant, to_shop
from shop.shopfile import Shop
from store.migrate import sync_capacity

CUSTOMERS = 5_000
QUARTER_DAYS = 90
FILLED = 0.75
HOURS = (9, 10, 11, 13, 14)
"""On these a visit may begin, on every open day."""
ROOT = Path(__file__).parent.parent.parent
CALENDAR_ID = "shop@bayline.example"

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


def entries(shop: Shop, choice: random.Random) -> list[tuple[str, str]]:
    """Return people's own calendar entries: half an hour on every other open day."""
    found = []
    for day in open_days(shop)[::2]:
        start = opening_instant(day, an_hour(choice), shop.zone)
        found.append((start.isoformat(), (start + timedelta(minutes=30)).isoformat()))
    return found


def fill(url: str, shop: Shop, choice: random.Random) -> int:
    """Put people and cars on file and visits on most of the quarter's hours; return how many."""
    visits = 0
    with psycopg.connect(url) as conn:
        sync_capacity(conn, shop.bays)
        conn.execute("CREATE TABLE bench_plain (id bigint GENERATED ALWAYS AS IDENTITY, said text)")
        conn.execute(_PEOPLE)
        conn.execute(_CARS)
        for day in open_days(shop):
            for bay, hour in itertools.product(range(1, shop.bays + 1), HOURS):
                if choice.random() < FILLED:
                    at = opening_instant(day, time(hour), shop.zone)
                    car = choice.randrange(CUSTOMERS + 1, 2 * CUSTOMERS)
                    with contextlib.suppress(psycopg.errors.ExclusionViolation), conn.transaction():
                        conn.execute(_VISIT, [at, bay, car])
                        visits += 1
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute("VACUUM ANALYZE")
    return visits


@contextlib.asynccontextmanager
async def calendar(busy: list[tuple[str, str]]) -> AsyncIterator[str]:
    """Run the calendar stand-in with these entries; yields its address."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(Path(__file__).with_name("calendar_process.py"))),
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=PIPE,
        stdout=PIPE,
    )
    assert process.stdin is not None and process.stdout is not None
    process.stdin.write(f"{json.dumps(busy)}\n".encode())
    try:
        yield (await process.stdout.readline()).decode().strip()
    finally:
        process.stdin.close()
        await process.wait()


def open_days(shop: Shop) -> list[date]:
    """Return the quarter's days on which the shop is open."""
    today = to_shop(datetime.now(UTC), shop.zone).date()
    days = (today + timedelta(days=n) for n in range(1, QUARTER_DAYS))
    return [day for day in days if shop.hours_on(day) is not None]


def an_hour(choice: random.Random) -> time:
    """Return one of the times at which a visit may begin."""
    return time(choice.choice(HOURS))


def bench_settings(database_url: str, redis_url: str, google: str, credentials: Path) -> Settings:
    """Return settings that point at the benchmark's own servers."""
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
