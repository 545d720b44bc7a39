"""What the service has written about its calls and its customers, read as any outsider may."""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
import redis.asyncio
from psycopg.rows import dict_row

POLL_S = 0.1
"""How often a call's session is read: a line appears while it is still being thought about."""

LAST_LINES_S = 3.0
"""How long after the end of a call its log is waited for, unless said otherwise."""

CONNECT_TIMEOUT_S = 3

News = Mapping[str, Any]
"""One of {"transcript": {...}}, {"tool": {...}} and, at last, {"outcome": "..."}."""


@dataclass(frozen=True, slots=True)
class Records:
    """Reads the session in Redis while a call lasts and the database after it; both may be away."""

    redis_url: str
    database_url: str
    last_lines_s: float = LAST_LINES_S

    async def follow(self, call_sid: str, over: asyncio.Event) -> AsyncIterator[News]:
        """Yield each line and tool call of a call once, as they come.

        Ends with the call log's outcome, or `last_lines_s` seconds after `over` without it.
        """
        told = _Told()
        ended_s: float | None = None
        async with redis.asyncio.Redis.from_url(self.redis_url) as client:
            while ended_s is None or time.monotonic() - ended_s < self.last_lines_s:
                state = await _session(client, call_sid)
                if over.is_set():
                    ended_s = ended_s or time.monotonic()
                    log = await self.log(call_sid)
                    state = log or state
                for news in told.new(state or {}):
                    yield news
                if state and "outcome" in state:
                    yield {"outcome": state["outcome"]}
                    return
                await asyncio.sleep(POLL_S)

    async def callers(self) -> Sequence[Mapping[str, Any]]:
        """Name, phone and cars of the customers on file, those with most to say first."""
        return await self._rows(
            "SELECT c.first_name || ' ' || c.last_name AS name, c.phone,"
            " coalesce(array_agg(concat_ws(' ', v.year, v.make, v.model))"
            " FILTER (WHERE v.id IS NOT NULL), '{}') AS cars"
            " FROM customers c LEFT JOIN vehicles v ON v.customer_id = c.id"
            " WHERE c.phone LIKE '+%%' GROUP BY c.id ORDER BY count(v.id) DESC, c.id LIMIT 12"
        )

    async def log(self, call_sid: str) -> Mapping[str, Any] | None:
        """Return what the service has stored of a call that is over; None as long as it has not."""
        rows = await self._rows(
            "SELECT transcript, tool_calls, outcome, outcome_detail, ended_by, turns"
            " FROM call_logs WHERE call_sid = %s AND ended_at IS NOT NULL",
            call_sid,
        )
        return rows[0] if rows else None

    async def _rows(self, query: str, *values: str) -> Sequence[Mapping[str, Any]]:
        with contextlib.suppress(psycopg.Error):
            async with await psycopg.AsyncConnection.connect(
                self.database_url,
                row_factory=dict_row,
                autocommit=True,
                connect_timeout=CONNECT_TIMEOUT_S,
            ) as conn:
                return await (await conn.execute(query.encode(), values)).fetchall()
        return ()


class _Told:
    """How much of a call has been told already; its lists only grow."""

    def __init__(self) -> None:
        self._lines = 0
        self._tools = 0

    def new(self, state: Mapping[str, Any]) -> list[News]:
        """Return what `state` holds beyond that, in the order in which it happened."""
        lines = state.get("transcript") or []
        tools = state.get("tool_calls") or []
        found = [{"transcript": line} for line in lines[self._lines :]]
        found += [{"tool": tool} for tool in tools[self._tools :]]
        self._lines = max(self._lines, len(lines))
        self._tools = max(self._tools, len(tools))
        return sorted(found, key=_at)


def _at(news: News) -> str:
    return str(next(iter(news.values())).get("at", ""))


async def _session(client: redis.asyncio.Redis, call_sid: str) -> Mapping[str, Any] | None:
    try:
        state = json.loads(await client.get(f"session:{call_sid}") or "null")
    except (redis.RedisError, OSError, ValueError):
        return None
    return state if isinstance(state, dict) else None
