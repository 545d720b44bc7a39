"""Which earlier call is taken up, and which is not."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from pipeline import cut_off, turns
from shop.clock import FixedClock
from shop.cut_off import Wish
from shop.identity import Trust
from shop.shopfile import Shop
from shop.types import Customer
from store import Store
from store.call_logs import CallLog
from store.errors import DatabaseUnavailable
from tools.call import Call

pytestmark = pytest.mark.unit

NOW = datetime(2026, 11, 22, 18, 0, tzinfo=UTC)
DANA = Customer(id=7, first_name="Dana", last_name="Whitfield", phone="+15035550142", email=None)
RESULT = {"success": True, "slots": []}
LOG = CallLog(
    id=1,
    call_sid="CA1",
    customer_id=7,
    direction="inbound",
    from_number=DANA.phone,
    to_number="+15035550100",
    started_at=NOW - timedelta(minutes=3),
    ended_at=NOW - timedelta(minutes=1),
    outcome="answered",
    transcript=[{"role": "caller", "text": f"line {n}"} for n in range(20)],
    tool_calls=[
        {"name": "get_available_slots", "result": RESULT},
        {"name": "lookup_customer", "result": {}},
    ],
    outcome_detail=None,
    turns=[],
    ended_by="caller",
    recording_path=None,
    open_wish={"kind": "book", "service": "oil_change", "day": None, "at": None},
)


@dataclass
class Books:
    """What the look-up asks of the store: the last call, and its holds."""

    last: CallLog | None
    away: bool = False
    taken: list[tuple[str, str]] = field(default_factory=list)

    async def last_of(self, phone: str, besides: str) -> CallLog | None:
        """Return the last call."""
        if self.away:
            raise DatabaseUnavailable("gone")
        return self.last if self.last and self.last.from_number == phone else None

    async def take_over(self, of: str, call_sid: str) -> int:
        """Note who took whose holds over."""
        self.taken.append((of, call_sid))
        return 1

    @property
    def call_logs(self) -> "Books":
        """Stand for the table of calls."""
        return self

    @property
    def holds(self) -> "Books":
        """Stand for the table of holds."""
        return self


def calling(books: Books, customer: Customer | None = DANA, trust: Trust = "full") -> Call:
    """Return a new call from Dana's number."""
    clock = FixedClock(NOW)
    return Call(
        "CA2", DANA.phone, cast(Store, books), cast(Shop, None), clock, customer, trust=trust
    )


async def test_a_call_that_broke_off_is_taken_up_with_its_lines_results_and_holds() -> None:
    """The last lines, what the tools answered, and the slots that were held."""
    books = Books(LOG)
    earlier = await cut_off.find(calling(books))
    assert earlier is not None
    assert earlier.wish == Wish("book", "oil_change")
    assert len(earlier.lines) == cut_off.LINES and earlier.lines[-1] == ("caller", "line 19")
    assert earlier.results == (("get_available_slots", RESULT),)
    assert books.taken == [("CA1", "CA2")]
    read = cast(list[dict[str, Any]], cut_off.messages(earlier))
    assert read[-1] == {"role": "user", "content": "line 19"}


@pytest.mark.parametrize(
    "last",
    [
        None,
        replace(LOG, open_wish=None),
        replace(LOG, ended_at=None),
        replace(LOG, ended_at=NOW - timedelta(seconds=turns.CUT_OFF_S + 1)),
        replace(LOG, customer_id=8),
        replace(LOG, customer_id=None),
    ],
)
async def test_other_calls_are_not_taken_up(last: CallLog | None) -> None:
    """One that came to its end, still goes on, is too long ago, or was somebody else's."""
    books = Books(last)
    assert await cut_off.find(calling(books)) is None
    assert books.taken == []


async def test_a_caller_not_on_file_is_taken_up_too() -> None:
    """The number is the same, and nobody else's file is touched."""
    earlier = await cut_off.find(calling(Books(replace(LOG, customer_id=None)), customer=None))
    assert earlier is not None


@pytest.mark.parametrize("trust", ["none", "weak"])
async def test_a_number_that_may_be_forged_is_not_taken_up(trust: Trust) -> None:
    """Without the carrier's full word nothing of the earlier call is told."""
    assert await cut_off.find(calling(Books(LOG), trust=trust)) is None


async def test_books_that_do_not_answer_cost_nothing_but_the_memory() -> None:
    """The call goes on as any other."""
    assert await cut_off.find(calling(Books(LOG, away=True))) is None
