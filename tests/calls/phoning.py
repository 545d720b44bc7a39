"""What the whole-call tests share: dialling, the demo's recordings, rows and events."""

import asyncio
import json
from pathlib import Path
from typing import Any

import psycopg
import redis.asyncio
from psycopg.rows import dict_row

from qa.audio import Pcm, read_wav
from sandbox.twilio.leg import Leg
from sandbox.world import SHOP_NUMBER, Service, World

DANA = "+15035550142"
WEBHOOK = "/api/v1/webhooks/inbound-call"
STREAM = "/api/v1/voice/media-stream"

_RECORDINGS = Path(__file__).parent.parent.parent / "qa" / "recordings" / "demo"


def recording(name: str) -> Pcm:
    """Return one of the demo caller's recordings."""
    return read_wav(_RECORDINGS / f"{name}.wav")


async def dial(place: World, running: Service, caller: str | None = DANA) -> Leg:
    """Call the shop's number."""
    return await place.carrier.dial(
        running.url + WEBHOOK, from_number=caller, to_number=SHOP_NUMBER
    )


async def rows(place: World, query: str, *values: Any) -> list[dict[str, Any]]:
    """Ask the database."""
    connection = await psycopg.AsyncConnection.connect(place.database_url, row_factory=dict_row)
    async with connection as conn:
        return await (await conn.execute(query.encode(), values)).fetchall()


async def call_log(place: World, call_sid: str, timeout_s: float = 15.0) -> dict[str, Any]:
    """Wait until a call's log is complete."""
    async with asyncio.timeout(timeout_s):
        while True:
            found = await rows(
                place,
                "SELECT * FROM call_logs WHERE call_sid = %s AND ended_at IS NOT NULL",
                call_sid,
            )
            if found:
                return found[0]
            await asyncio.sleep(0.05)


async def session(place: World, call_sid: str) -> dict[str, Any] | None:
    """Return the session that the service keeps of a call, None when there is none."""
    async with redis.asyncio.Redis.from_url(place.redis_url) as client:
        raw = await client.get(f"session:{call_sid}")
        return json.loads(raw) if raw else None


def lines(log: dict[str, Any], role: str) -> list[str]:
    """Return what one side said in a call."""
    return [line["text"] for line in log["transcript"] if line["role"] == role]
