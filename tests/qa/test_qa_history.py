"""The checker of the booking torture test sees every kind of wrong history."""

from dataclasses import replace
from pathlib import Path

import pytest

from qa.bookings.history import Attempt, Event, History, Version
from qa.bookings.rules import check

pytestmark = pytest.mark.unit

NINE, TEN, ELEVEN = 32_400.0, 36_000.0, 39_600.0


def version(seq: int, at: float, row_id: int = 1, start: float = NINE, **more: object) -> Version:
    """A row of an hour on bay 1 by Alex, as wish "a" unless told otherwise."""
    made = Version(
        seq=seq, at=at, id=row_id, wish="a", status="scheduled", start=start, end=start + 3600,
        blocked_until=start + 3600, bay=1, technician="Alex", vehicle_id=7,
    )  # fmt: skip
    return replace(made, **more)  # type: ignore[arg-type]  # the fields, by name


def attempt(number: int, began_at: float, kind: str = "book", **more: object) -> Attempt:
    """A caller's successful attempt of half a second."""
    made = Attempt(
        id=number, actor="caller", kind="book", wish="a", began_at=began_at,
        ended_at=began_at + 0.5, outcome="success", start=NINE, told_id=1, told_start=NINE,
    )  # fmt: skip
    return replace(made, **{"kind": kind, **more})  # type: ignore[arg-type]  # the fields, by name


def told_no(number: int, began_at: float) -> Attempt:
    """A caller's attempt that is refused because the place is taken."""
    return attempt(
        number, began_at, outcome="refused", code="slot_taken", told_id=None, told_start=None
    )


BOOKED = History(
    attempts=(attempt(1, 100.0),),
    versions=(version(1, 100.2),),
    rows=(version(0, 900.0),),
    events=(Event("e1", 1, NINE, NINE + 3600),),
)
"""One wish, granted once, in the books and in the calendar."""

OTHER = version(0, 900.0, 2, wish="b", bay=2, technician="Rosa", vehicle_id=8)
"""A second visit at the same time that is in nobody's way."""


def with_other(**changes: object) -> History:
    """The good history with a second visit, changed so that it may be in the way."""
    other = replace(OTHER, **changes)  # type: ignore[arg-type]  # the fields, by name
    return History(
        attempts=(*BOOKED.attempts, attempt(2, 200.0, wish="b", told_id=2, start=other.start,
                                            told_start=other.start)),
        versions=(*BOOKED.versions, replace(other, seq=2, at=200.2)),
        rows=(*BOOKED.rows, other),
        events=(*BOOKED.events, Event("e2", 2, other.start, other.end)),
    )  # fmt: skip


def moved(**changes: object) -> History:
    """The good history in which the visit is then moved to ten."""
    move = attempt(2, 200.0, "move", wish="move 1", appointment_id=1, start=TEN, told_start=TEN)
    return replace(
        History(
            attempts=(*BOOKED.attempts, move),
            versions=(*BOOKED.versions, version(2, 200.2, start=TEN)),
            rows=(version(0, 900.0, start=TEN),),
            events=(Event("e1", 1, TEN, ELEVEN),),
        ),
        **changes,  # type: ignore[arg-type]  # the fields, by name
    )


def cancelled(**changes: object) -> History:
    """The good history in which the visit is then cancelled."""
    cancel = attempt(
        2, 200.0, "cancel", wish="c", appointment_id=1, start=None, told_id=1, told_start=None
    )
    return replace(
        History(
            attempts=(*BOOKED.attempts, cancel),
            versions=(*BOOKED.versions, version(2, 200.2, status="cancelled")),
            rows=(version(0, 900.0, status="cancelled"),),
        ),
        **changes,  # type: ignore[arg-type]  # the fields, by name
    )


def refused(history: History, number: int) -> tuple[Attempt, ...]:
    """The attempts of a history, one of which was told no."""
    return tuple(
        replace(one, outcome="refused", code="slot_taken", told_id=None, told_start=None)
        if one.id == number
        else one
        for one in history.attempts
    )


GOOD = {
    "nothing": History(),
    "booked": BOOKED,
    "two side by side": with_other(),
    "moved": moved(),
    "cancelled": cancelled(),
    "doubt, and it stands": replace(
        BOOKED, attempts=(attempt(1, 100.0, outcome="ambiguous", told_id=None, told_start=None),)
    ),
    "doubt, and it does not": History(
        attempts=(attempt(1, 100.0, outcome="ambiguous", told_id=None, told_start=None),)
    ),
    "asked twice at once, and no came before yes": replace(
        BOOKED, attempts=(attempt(1, 100.0), told_no(2, 100.0))
    ),
    "booked by doubt, then told so": replace(
        BOOKED,
        attempts=(
            attempt(1, 100.0, outcome="ambiguous", told_id=None, told_start=None),
            attempt(2, 101.0),
        ),
    ),
    "cancelled, and its place taken by another": replace(
        cancelled(),
        attempts=(*cancelled().attempts, attempt(3, 300.0, wish="b", told_id=2)),
        versions=(*cancelled().versions, version(3, 300.2, 2, wish="b")),
        rows=(*cancelled().rows, version(0, 900.0, 2, wish="b")),
        events=(Event("e2", 2, NINE, NINE + 3600),),
    ),
}

BAD = {
    "a bay shared": ("overlap on a bay", with_other(bay=1)),
    "a bay shared in the time for cleaning": (
        "overlap on a bay",
        with_other(bay=1, start=NINE - 3600, end=NINE, blocked_until=NINE + 1800),
    ),
    "a technician shared": ("overlap of a technician", with_other(technician="Alex")),
    "a car in two places": ("car in two places", with_other(vehicle_id=7)),
    "shared for a moment only": (
        "overlap on a bay",
        replace(
            with_other(bay=1),
            versions=(*with_other(bay=1).versions, replace(OTHER, seq=3, at=300, bay=2)),
            rows=with_other().rows,
        ),
    ),
    "one wish, two visits": (
        "two visits for one wish",
        with_other(wish="a", start=TEN, end=ELEVEN, blocked_until=ELEVEN),
    ),
    "refused, but written": (
        "a visit nobody may have",
        replace(BOOKED, attempts=refused(BOOKED, 1)),
    ),
    "nobody asked": ("a visit nobody may have", replace(BOOKED, attempts=())),
    "refused, but moved": (
        "moved although refused",
        replace(moved(), attempts=refused(moved(), 2)),
    ),
    "moved to where nobody wanted": (
        "moved although refused",
        replace(moved(), attempts=(*BOOKED.attempts, replace(moved().attempts[1], start=ELEVEN))),
    ),
    "refused, but cancelled": (
        "ended although nobody cancelled",
        replace(cancelled(), attempts=refused(cancelled(), 2)),
    ),
    "deleted by nobody": (
        "ended although nobody cancelled",
        History(BOOKED.attempts, (*BOOKED.versions, version(2, 200.0, gone=True))),
    ),
    "back from the dead": (
        "alive again",
        replace(
            cancelled(),
            versions=(*cancelled().versions, version(3, 300.0)),
            rows=BOOKED.rows,
            events=BOOKED.events,
        ),
    ),
    "promised, not written": ("announced but not in the books", History(BOOKED.attempts)),
    "promised at another time": (
        "announced but not so",
        replace(BOOKED, attempts=(attempt(1, 100.0, told_start=TEN),)),
    ),
    "promised after it was cancelled": (
        "announced but not so",
        replace(cancelled(), attempts=(*cancelled().attempts, attempt(3, 300.0))),
    ),
    "promised before it was written": (
        "announced but not in the books",
        replace(BOOKED, attempts=(attempt(1, 50.0),)),
    ),
    "the visit of another wish": (
        "announced somebody else's visit",
        replace(BOOKED, attempts=(*BOOKED.attempts, attempt(2, 200.0, wish="b"))),
    ),
    "a move promised, not made": (
        "announced but not so",
        replace(moved(), versions=BOOKED.versions, rows=BOOKED.rows, events=BOOKED.events),
    ),
    "cancelled, they said": (
        "announced as cancelled but live",
        replace(cancelled(), versions=BOOKED.versions, rows=BOOKED.rows, events=BOOKED.events),
    ),
    "told no after doubt, and it stands": (
        "told no, but booked",
        replace(
            BOOKED,
            attempts=(
                attempt(1, 100.0, outcome="ambiguous", told_id=None, told_start=None),
                told_no(2, 101.0),
            ),
        ),
    ),
    "told no of what was promised before": (
        "told no of a visit that stands",
        replace(BOOKED, attempts=(attempt(1, 100.0), told_no(2, 100.6))),
    ),
    "told no of what has long stood": (
        "told no of a visit that stands",
        replace(BOOKED, attempts=(attempt(1, 100.0, ended_at=110.0), told_no(2, 105.0))),
    ),
    "nowhere for a moment": (
        "gone while it was moved",
        moved(
            versions=(
                *BOOKED.versions,
                version(2, 200.1, status="cancelled"),
                version(3, 200.2, start=TEN),
            )
        ),
    ),
    "in both places for a moment": (
        "two while it was moved",
        moved(
            versions=(
                *BOOKED.versions,
                version(2, 200.1, 2, start=TEN),
                version(3, 200.2, 2, start=TEN, status="cancelled"),
                version(4, 200.3, start=TEN),
            )
        ),
    ),
    "no event": ("no event", replace(BOOKED, events=())),
    "two events": (
        "several events",
        replace(BOOKED, events=(*BOOKED.events, replace(BOOKED.events[0], id="e2"))),
    ),
    "an event at the old time": (
        "event at another time",
        moved(events=BOOKED.events),
    ),
    "an event too long": (
        "event at another time",
        replace(BOOKED, events=(Event("e1", 1, NINE, TEN + 3600),)),
    ),
    "an event left over": (
        "event without a live visit",
        cancelled(events=BOOKED.events),
    ),
    "an event of no visit": (
        "event without a live visit",
        replace(BOOKED, events=(*BOOKED.events, Event("e9", 9, TEN, ELEVEN))),
    ),
    "a change that was not recorded": (
        "the record is incomplete",
        replace(BOOKED, rows=(version(0, 900.0, bay=2),)),
    ),
    "an unknown failure": ("bug", replace(BOOKED, attempts=(attempt(1, 100.0, outcome="bug"),))),
    "no answer": ("silence", replace(BOOKED, attempts=(attempt(1, 100.0, outcome="silence"),))),
}  # fmt: skip


@pytest.mark.parametrize("name", GOOD)
def test_a_right_history_is_found_right(name: str) -> None:
    """A history in which everything is as it must be has no violation."""
    assert check(GOOD[name]) == []


@pytest.mark.parametrize("name", BAD)
def test_a_wrong_history_is_found_wrong(name: str) -> None:
    """Each way in which a history can be wrong is seen, and named."""
    rule, history = BAD[name]
    assert rule in {found.rule for found in check(history)}


def test_a_history_survives_its_file(tmp_path: Path) -> None:
    """What is read back from a file is what was written."""
    history = with_other()
    history.write(tmp_path / "history.jsonl")
    assert History.read(tmp_path / "history.jsonl") == history
