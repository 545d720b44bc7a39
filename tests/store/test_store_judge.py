"""Tests of the comparison between event, visit and what was last written, case by case."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from shop.types import Interval
from store.calendar_event import CalendarEvent, EventDraft, differences, read_event, stamp
from store.flowback import Known, Verdict, judge

pytestmark = pytest.mark.unit

ZONE = ZoneInfo("America/Los_Angeles")
HOUR = timedelta(hours=1)
NINE = datetime(2026, 11, 24, 17, tzinfo=UTC)
ONE, TWO, THREE = (Interval(NINE + n * HOUR, NINE + (n + 1) * HOUR) for n in (0, 2, 4))
DRAFT = EventDraft("abcde", 7, ONE, "Oil change: Dana", "Bay: 1", installation="here")


def event(at: Interval, written: Interval | None, **fields: Any) -> CalendarEvent:
    """An event at a time, that says when we last put it."""
    private = DRAFT.properties() | {"written_time": stamp(written) if written else ""}
    told = {
        "id": "abcde",
        "status": "confirmed",
        "summary": DRAFT.title,
        "description": DRAFT.description,
        "start": {"dateTime": at.start.isoformat()},
        "end": {"dateTime": at.end.isoformat()},
        "extendedProperties": {"private": {k: v for k, v in private.items() if v}},
    }
    return read_event(told | fields, ZONE)


PRESENT = Known(present=True, written=stamp(ONE), accepted=None)
GONE = {"status": "cancelled"}
DAY = {"start": {"date": "2026-11-25"}, "end": {"date": "2026-11-26"}}


@pytest.mark.parametrize(
    ("shown", "visit", "known", "verdict"),
    [
        (None, ONE, PRESENT, Verdict.CREATE),
        (event(ONE, ONE), ONE, PRESENT, Verdict.WRITE),
        (event(ONE, ONE), TWO, PRESENT, Verdict.WRITE),
        (event(TWO, ONE), ONE, PRESENT, Verdict.MOVE),
        (event(TWO, ONE), TWO, PRESENT, Verdict.WRITE),
        (event(TWO, ONE), THREE, PRESENT, Verdict.BOTH_MOVED),
        # Written with the answer lost: the event knows better than the database.
        (event(TWO, TWO), ONE, PRESENT, Verdict.WRITE),
        (event(THREE, TWO), TWO, PRESENT, Verdict.MOVE),
        # Without its mark the database's note counts, and without either the visit.
        (event(TWO, None), ONE, PRESENT, Verdict.MOVE),
        (event(TWO, None), ONE, Known(True, None, None), Verdict.WRITE),
        # Followed already, then moved back by us.
        (
            event(TWO, ONE),
            ONE,
            Known(True, stamp(ONE), f"{stamp(ONE)}>{stamp(TWO)}"),
            Verdict.WRITE,
        ),
        (event(ONE, ONE, **DAY), ONE, PRESENT, Verdict.NO_TIME_OF_DAY),
        (event(ONE, ONE, **GONE), ONE, PRESENT, Verdict.CANCEL),
        (event(ONE, ONE, **GONE), TWO, PRESENT, Verdict.DELETED_WHILE_MOVED),
        (event(ONE, ONE, **GONE), ONE, Known(False, stamp(ONE), None), Verdict.WRITE),
    ],
)
def test_who_changed_what(
    shown: CalendarEvent | None, visit: Interval, known: Known, verdict: Verdict
) -> None:
    """Each combination has one answer, and in doubt no visit is lost."""
    assert judge(shown, visit, known) is verdict


def test_an_event_that_is_right_needs_no_write() -> None:
    """Nothing differs from the draft right after it was written."""
    assert differences(DRAFT, event(ONE, ONE), ZONE) == {}


def test_only_what_nobody_touched_is_renewed() -> None:
    """An edited title is not among the differences, and stays known as edited."""
    shown = event(ONE, ONE, summary="By hand")
    draft = EventDraft("abcde", 7, TWO, "Tires: Dana", "Bay: 2", installation="here")
    body = differences(draft, shown, ZONE)
    assert "summary" not in body
    assert body["description"] == "Bay: 2"
    assert body["start"] == {"dateTime": "2026-11-24T11:00:00-08:00", "timeZone": ZONE.key}
    written = body["extendedProperties"]["private"]["written_text"]
    assert written.startswith(DRAFT.properties()["written_text"].partition(".")[0])


def test_visits_of_another_database_are_not_ours() -> None:
    """The mark names the database; an event that names none is taken for ours."""
    assert event(ONE, ONE).belongs_to("here")
    assert not event(ONE, ONE).belongs_to("elsewhere")
    bare = {"extendedProperties": {"private": {"appointment_id": "7"}}}
    assert event(ONE, ONE, **bare).belongs_to("elsewhere")
    assert not event(ONE, ONE, recurringEventId="abcde").belongs_to("here")


@pytest.mark.parametrize("number", ["", "x", "-1", "9" * 30, "٣"])
def test_a_mark_that_is_no_number_is_none(number: str) -> None:
    """Whatever others write there, it is not taken for a visit of ours, or fails."""
    bare = {"extendedProperties": {"private": {"appointment_id": number}}}
    assert event(ONE, ONE, **bare).appointment_id in (None, 3)
