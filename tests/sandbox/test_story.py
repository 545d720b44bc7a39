"""What is told of a call: from the session while it lasts, from its log once it is over."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
import redis.asyncio
from psycopg.types.json import Jsonb

from sandbox import story
from sandbox.story import Records

pytestmark = pytest.mark.db

SID = "CA" + "1" * 32
HELLO = {"role": "agent", "text": "Hello.", "at": "2026-11-23T09:00:00+00:00"}
PLEASE = {"role": "caller", "text": "A slot, please.", "at": "2026-11-23T09:00:02+00:00"}
BYE = {"role": "agent", "text": "Goodbye.", "at": "2026-11-23T09:00:09+00:00"}
LOOKED = {"name": "get_available_slots", "ms": 410, "at": "2026-11-23T09:00:01+00:00"}


@pytest.fixture
async def cache(redis_url: str) -> AsyncIterator[redis.asyncio.Redis]:
    """The service's Redis."""
    async with redis.asyncio.Redis.from_url(redis_url) as client:
        yield client


def write_log(database_url: str, transcript: list[Any]) -> None:
    """Write the call's log, as the service does at its end."""
    now = datetime.now(UTC)
    with psycopg.connect(database_url, autocommit=True) as conn:
        conn.execute(
            "INSERT INTO call_logs (call_sid, direction, started_at, ended_at, outcome,"
            " transcript, tool_calls) VALUES (%s, 'inbound', %s, %s, 'answered', %s, %s)",
            [SID, now, now, Jsonb(transcript), Jsonb([LOOKED])],
        )


async def test_each_line_is_told_once_and_the_outcome_at_last(
    redis_url: str, database_url: str, cache: redis.asyncio.Redis
) -> None:
    """Lines of the session come in order, those only in the log after them, nothing twice."""
    over = asyncio.Event()
    session = {"transcript": [HELLO, PLEASE], "tool_calls": [LOOKED]}
    await cache.set(f"session:{SID}", json.dumps(session))
    told = []
    async for news in Records(redis_url, database_url).follow(SID, over):
        told.append(news)
        if len(told) == 3:
            await cache.delete(f"session:{SID}")
            write_log(database_url, [HELLO, PLEASE, BYE])
            over.set()
    assert told == [
        {"transcript": HELLO},
        {"tool": LOOKED},
        {"transcript": PLEASE},
        {"transcript": BYE},
        {"outcome": "answered"},
    ]


async def test_a_call_without_a_log_ends_too(
    redis_url: str, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A call that the service never wrote down is given up after a moment."""
    monkeypatch.setattr(story, "LAST_LINES_S", 0.2)
    over = asyncio.Event()
    over.set()
    assert [news async for news in Records(redis_url, database_url).follow(SID, over)] == []


async def test_with_both_away_nothing_is_told_and_nothing_breaks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without Redis and database the softphone still phones."""
    monkeypatch.setattr(story, "LAST_LINES_S", 0.2)
    over = asyncio.Event()
    over.set()
    nowhere = Records("redis://127.0.0.1:1/0", "postgresql://127.0.0.1:1/x")
    assert [news async for news in nowhere.follow(SID, over)] == []
    assert not await nowhere.callers()


async def test_a_garbled_session_is_passed_over(
    redis_url: str,
    database_url: str,
    cache: redis.asyncio.Redis,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What is no JSON object tells nothing."""
    monkeypatch.setattr(story, "LAST_LINES_S", 0.2)
    over = asyncio.Event()
    over.set()
    for garbled in ("{", "[1]", '"x"'):
        await cache.set(f"session:{SID}", garbled)
        assert [news async for news in Records(redis_url, database_url).follow(SID, over)] == []


async def test_callers_come_with_their_cars(redis_url: str, database_url: str) -> None:
    """Customers are listed with name, phone and cars; the one with most cars leads."""
    with psycopg.connect(database_url, autocommit=True) as conn:
        conn.execute(
            "INSERT INTO customers (first_name, last_name, phone) VALUES"
            " ('Tom', 'Lindqvist', '+15035550131'), ('Dana', 'Whitfield', '+15035550142')"
        )
        conn.execute(
            "INSERT INTO vehicles (customer_id, year, make, model)"
            " SELECT id, 2019, 'Honda', 'CR-V' FROM customers WHERE first_name = 'Dana'"
        )
    assert await Records(redis_url, database_url).callers() == [
        {"name": "Dana Whitfield", "phone": "+15035550142", "cars": ["2019 Honda CR-V"]},
        {"name": "Tom Lindqvist", "phone": "+15035550131", "cars": []},
    ]
