"""How many calls a process takes."""

from datetime import UTC, datetime
from typing import cast

import pytest

from pipeline import admission
from pipeline.admission import CallsInProgress
from pipeline.record import CallRecord
from shop.clock import FixedClock
from shop.shopfile import Shop
from store import Store
from tools.call import Call

pytestmark = pytest.mark.unit

CLOCK = FixedClock(datetime(2026, 11, 22, tzinfo=UTC))


def record(call_sid: str) -> CallRecord:
    """Return the record of a call that has just begun."""
    call = Call(call_sid, None, cast(Store, None), cast(Shop, None), CLOCK)
    return CallRecord(call, "inbound", "+15035550100", CLOCK.now(), CLOCK)


async def test_one_more_than_the_limit_is_turned_away() -> None:
    """Ringing and talking calls both count; one that ends makes room."""
    calls = CallsInProgress(limit=2)
    talking = record("CA1")
    calls.expect("CA1")
    calls.begin(talking)
    assert not calls.full
    calls.expect("CA2")
    calls.expect("CA2")
    assert calls.full
    calls.end(talking)
    assert not calls.full


async def test_a_call_that_never_opened_its_stream_gives_its_place_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A caller who hung up while it rang does not block the line."""
    monkeypatch.setattr(admission, "RING_S", 0.0)
    calls = CallsInProgress(limit=1)
    calls.expect("CA1")
    assert not calls.full


async def test_quiet_waits_for_the_last_call() -> None:
    """A server that is told to stop waits until nobody talks."""
    calls = CallsInProgress(limit=2)
    await calls.quiet()
    one = record("CA1")
    calls.begin(one)
    assert not calls._quiet.is_set()
    calls.end(one)
    await calls.quiet()
