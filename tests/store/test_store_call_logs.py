"""Tests of the call log."""

import math
from datetime import UTC, datetime
from typing import Any

import pytest
from store_world import Caller, Rows

from store import Store
from store.call_logs import CallDetails

pytestmark = pytest.mark.db

BEGAN, ENDED, LATER = (datetime(2026, 11, 24, 22, minute, tzinfo=UTC) for minute in (0, 5, 9))
LINES: list[dict[str, Any]] = [
    {"role": "agent", "text": "Hello\0", "at": BEGAN},
    {"role": "caller", "text": "Hi"},
]


async def test_a_call_is_started_once(store: Store) -> None:
    """The second start of one call sid is told that it is known."""
    logs = store.call_logs
    assert await logs.start("CA1", "inbound", "+15035550142", "+15035550100", None, BEGAN)
    assert not await logs.start("CA1", "inbound", "+15035550142", "+15035550100", None, BEGAN)


async def test_a_call_finished_twice_is_one_row(store: Store, dana: Caller, rows: Rows) -> None:
    """The first end counts; a later, poorer one takes nothing away."""
    await store.call_logs.start("CA1", "inbound", "+1", "+2", None, BEGAN)
    tools = [{"tool": "lookup_customer", "ms": 1}]
    await store.call_logs.finish("CA1", ENDED, "booked", LINES, tools, dana.customer.id)
    await store.call_logs.finish("CA1", LATER, "failed", [], [], None)
    (log,) = await store.call_logs.recent()
    assert (log.started_at, log.ended_at, log.outcome) == (BEGAN, ENDED, "booked")
    assert log.customer_id == dana.customer.id
    assert log.transcript[0] == {"role": "agent", "text": "Hello", "at": BEGAN.isoformat()}
    assert log.tool_calls == tools


async def test_whatever_a_model_sends_can_be_logged(store: Store) -> None:
    """Arguments that no database takes as they are do not cost the log of the call."""
    hostile = {"a\0": "x\ud800\U0001f697\u202e", "b": [float("nan"), -math.inf], "c": 10**40}
    await store.call_logs.finish("CA1", ENDED, "answered", [], [{"arguments": hostile}], None)
    (log,) = await store.call_logs.recent()
    stored = log.tool_calls[0]["arguments"]
    assert stored == {"a": "x?\U0001f697\u202e", "b": ["nan", "-inf"], "c": 10**40}


async def test_an_end_without_a_start_is_kept(store: Store, rows: Rows) -> None:
    """A call whose start was lost still leaves its row."""
    await store.call_logs.finish("CA9", ENDED, "hung_up", LINES, [], None)
    assert rows("SELECT call_sid, outcome FROM call_logs") == [("CA9", "hung_up")]
    assert not await store.call_logs.start("CA9", "outbound", "+1", "+2", None, BEGAN)


async def test_recent_calls_come_newest_first(store: Store) -> None:
    """Only as many as asked for, the latest first."""
    for minute in range(5):
        at = datetime(2026, 1, 1, 0, minute, tzinfo=UTC)
        await store.call_logs.start(f"CA{minute}", "inbound", None, None, None, at)
    assert [log.call_sid for log in await store.call_logs.recent(2)] == ["CA4", "CA3"]


async def test_how_a_call_went_is_kept_with_it(store: Store) -> None:
    """Turns, ending, recording and open wish come back as they were written; the first counts."""
    details = CallDetails(
        "Dana booked.", [{"role": "caller"}], "line", "/r/CA1.wav", {"kind": "book"}
    )
    await store.call_logs.finish("CA1", ENDED, "booked", LINES, [], None, details)
    await store.call_logs.finish("CA1", LATER, "failed", [], [], None)
    (log,) = await store.call_logs.recent()
    assert (log.outcome_detail, log.turns, log.ended_by, log.recording_path, log.open_wish) == (
        "Dana booked.", [{"role": "caller"}], "line", "/r/CA1.wav", {"kind": "book"},
    )  # fmt: skip


async def test_the_last_call_of_a_number_is_found(store: Store) -> None:
    """It is the latest other inbound call of that number, and none of anybody else's."""
    mine, other = "+15035550142", "+15035550143"
    await store.call_logs.start("CA1", "inbound", mine, "+2", None, BEGAN)
    await store.call_logs.start("CA2", "inbound", mine, "+2", None, ENDED)
    await store.call_logs.start("CA3", "inbound", other, "+2", None, LATER)
    await store.call_logs.start("CA4", "outbound", mine, "+2", None, LATER)
    last = await store.call_logs.last_of(mine, besides="CA2")
    assert last is not None and last.call_sid == "CA1"
    last = await store.call_logs.last_of(mine, besides="CA9")
    assert last is not None and last.call_sid == "CA2"
    assert await store.call_logs.last_of("+1999", besides="CA9") is None
