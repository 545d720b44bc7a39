"""What the whole-call tests share: dialling, the demo's recordings, rows and events."""

import asyncio
import contextlib
import json
from pathlib import Path
from typing import Any

import psycopg
import redis.asyncio
from psycopg.rows import dict_row

from qa.audio import Pcm, read_wav
from sandbox.twilio.leg import Leg
from sandbox.world import INBOUND_CALL, SHOP_NUMBER, Service, World

DANA = "+15035550142"
STREAM = "/api/v1/voice/media-stream"

_RECORDINGS = Path(__file__).parent.parent.parent / "qa" / "recordings" / "demo"


def recording(name: str) -> Pcm:
    """Return one of the demo caller's recordings."""
    return read_wav(_RECORDINGS / f"{name}.wav")


_FORGET_WISHES = "UPDATE call_logs SET open_wish = NULL WHERE from_number = %s RETURNING id"
_FORGET_HOLDS = """
DELETE FROM slot_holds
WHERE call_sid IN (SELECT call_sid FROM call_logs WHERE from_number = %s) RETURNING id
"""
_FORGET_BOOKED = """
UPDATE appointments SET status = 'cancelled'
WHERE booking_key !~ '^demo:' AND status IN ('scheduled', 'confirmed')
  AND customer_id IN (SELECT id FROM customers WHERE phone = %s) RETURNING id
"""
"""The demonstration's own visits stay."""


async def dial(
    place: World, running: Service, caller: str | None = DANA, *, afresh: bool = True
) -> Leg:
    """Call the shop's number; `afresh`: as if this number's earlier calls had booked nothing."""
    if afresh:
        await rows(place, _FORGET_BOOKED, caller)
        await rows(place, _FORGET_WISHES, caller)
        await rows(place, _FORGET_HOLDS, caller)
    return await place.carrier.dial(
        running.url + INBOUND_CALL, from_number=caller, to_number=SHOP_NUMBER
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


async def session_gone(place: World, call_sid: str, timeout_s: float = 10.0) -> bool:
    """Wait until the service has forgotten a call's session, which it does last of all."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(timeout_s):
            while await session(place, call_sid) is not None:  # noqa: ASYNC110 - Redis has no event
                await asyncio.sleep(0.02)
            return True
    return False


async def until_agent_said(place: World, call_sid: str, words: str, timeout_s: float = 30) -> None:
    """Wait until a line of the agent's, heard to its end, holds these words."""
    async with asyncio.timeout(timeout_s):
        while True:
            state = await session(place, call_sid)
            said = [line["text"] for line in (state or {"transcript": []})["transcript"]]
            if any(words in text for text in said):
                return
            await asyncio.sleep(0.05)


def lines(log: dict[str, Any], role: str) -> list[str]:
    """Return what one side said in a call."""
    return [line["text"] for line in log["transcript"] if line["role"] == role]
