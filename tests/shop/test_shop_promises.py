"""When somebody is at the shop, and what can be promised to those who leave a message."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settings import EXAMPLE_SHOP_FILE
from shop.clock import from_shop, to_shop
from shop.promises import (
    CALL_BACK_WITHIN,
    absence,
    call_back_by,
    speak_absence,
    speak_promise,
)
from shop.shopfile import Shop, load_shop
from shop.slots import open_intervals
from shop.types import Interval

pytestmark = pytest.mark.unit

SHOP = load_shop(EXAMPLE_SHOP_FILE)
"""Monday to Friday nine to five, Saturday to three, lunch from twelve to one."""


def at(wall: str) -> datetime:
    """Return an instant from the shop's wall time."""
    return from_shop(datetime.fromisoformat(wall), SHOP.zone)


@pytest.mark.parametrize(
    ("now", "why", "promise"),
    [
        ("2026-11-24T10:07", None, "today by one fifteen in the afternoon"),
        ("2026-11-24T10:00", None, "today by noon"),
        ("2026-11-24T11:30", None, "today by two thirty in the afternoon"),
        ("2026-11-24T08:00",
         "The shop is closed right now and opens today at nine in the morning.",
         "today by eleven in the morning"),
        ("2026-11-24T12:30", "Everyone is at lunch until one in the afternoon.",
         "today by three in the afternoon"),
        ("2026-11-24T15:30", None, "tomorrow by nine thirty in the morning"),
        ("2026-11-24T18:00",
         "The shop is closed right now and opens tomorrow at nine in the morning.",
         "tomorrow by eleven in the morning"),
        ("2026-11-28T14:30", None, "on Monday the thirtieth, by ten thirty in the morning"),
        ("2026-11-29T10:00",
         "The shop is closed right now and opens tomorrow at nine in the morning.",
         "tomorrow by eleven in the morning"),
        ("2026-12-24T18:00",
         "The shop is closed right now and opens on Saturday the twenty-sixth at nine in the "
         "morning.",
         "on Saturday the twenty-sixth, by eleven in the morning"),
    ],
)  # fmt: skip
def test_the_week_of_the_example_shop(now: str, why: str | None, promise: str) -> None:
    """Before opening, at lunch, after closing, on Sunday and at Christmas it says what is so."""
    absent = absence(SHOP, at(now))
    assert (absent and speak_absence(SHOP, absent, at(now))) == why
    said = speak_promise(SHOP, call_back_by(SHOP, at(now)), at(now))
    assert said == f"Someone will call you back {promise}."


@given(st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)))
def test_a_promise_lies_in_open_time_and_leaves_two_hours_of_it(naive: datetime) -> None:
    """A deadline is in the future, while somebody is there, and never sooner than two hours."""
    now = naive.replace(tzinfo=UTC)
    due = call_back_by(SHOP, now)
    assert due is not None and due > now
    day = to_shop(due, SHOP.zone).date()
    assert any(s.start < due <= s.end for s in open_intervals(SHOP, day))
    minutes = _open_time(SHOP, Interval(now, due))
    assert minutes >= CALL_BACK_WITHIN or due in {s.end for s in open_intervals(SHOP, day)}
    assert minutes < CALL_BACK_WITHIN + timedelta(minutes=15)


@given(st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)))
def test_somebody_is_there_when_the_absence_ends(naive: datetime) -> None:
    """Whoever calls at the time that was named finds the shop manned, and not a moment before."""
    now = naive.replace(tzinfo=UTC)
    absent = absence(SHOP, now)
    if absent is not None:
        assert absent.until is not None and absent.until > now
        assert absence(SHOP, absent.until) is None
        assert absence(SHOP, absent.until - timedelta(seconds=1)) is not None


def test_a_shop_that_stays_closed_promises_no_time() -> None:
    """Closed for months, it says so and names no hour."""
    fields: dict[str, Any] = SHOP.model_dump(by_alias=True)
    first = datetime(2026, 11, 24).date()
    fields["holidays"] = tuple(first + timedelta(days=n) for n in range(90))
    closed = SHOP.model_copy(update={"holidays": fields["holidays"]})
    now = at("2026-11-24T10:00")
    absent = absence(closed, now)
    assert absent is not None and absent.until is None
    assert speak_absence(closed, absent, now) == "The shop is closed right now."
    assert call_back_by(closed, now) is None
    assert speak_promise(closed, None, now) == "Someone will call you back when we're open again."


def _open_time(shop: Shop, span: Interval) -> timedelta:
    day, total = to_shop(span.start, shop.zone).date(), timedelta()
    while day <= to_shop(span.end, shop.zone).date():
        for stretch in open_intervals(shop, day):
            if stretch.overlaps(span):
                total += min(stretch.end, span.end) - max(stretch.start, span.start)
        day += timedelta(days=1)
    return total
