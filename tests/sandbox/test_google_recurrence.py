"""Recurring events of the calendar stand-in, as lists, changes and free/busy tell them."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from sandbox.google import CalendarWorld, GoogleError
from sandbox.google.queries import free_busy, list_events

pytestmark = pytest.mark.unit

SHOP = "shop@group.calendar.google.com"
ZONE = ZoneInfo("America/Los_Angeles")
MONDAY = datetime(2026, 10, 19, 10, tzinfo=ZONE)
HOUR = timedelta(hours=1)
SINGLY = {"singleEvents": ["true"]}


@pytest.fixture
def world() -> CalendarWorld:
    """A calendar with a meeting every Monday at ten, three times, over the end of summer time."""
    world = CalendarWorld((SHOP,))
    world.add_event(
        SHOP,
        start=MONDAY,
        end=MONDAY + HOUR,
        id="meeting",
        summary="Meeting",
        recurrence=["RRULE:FREQ=WEEKLY;BYDAY=MO;COUNT=3"],
    )
    return world


def starts(world: CalendarWorld, **query: list[str]) -> list[str]:
    """When the listed events begin."""
    return [e["start"]["dateTime"] for e in told(world, **query)["items"]]


def told(world: CalendarWorld, **query: list[str]) -> dict[str, Any]:
    """What a list of single events answers."""
    return list_events(world, SHOP, SINGLY | query)


def test_occurrences_keep_the_wall_clock(world: CalendarWorld) -> None:
    """Ten o'clock stays ten o'clock when the clocks change; each knows where it comes from."""
    assert starts(world) == [
        "2026-10-19T10:00:00-07:00",
        "2026-10-26T10:00:00-07:00",
        "2026-11-02T10:00:00-08:00",
    ]
    first = told(world)["items"][0]
    assert first["id"] == "meeting_20261019T170000Z"
    assert first["recurringEventId"] == "meeting"
    assert "recurrence" not in first
    (master,) = list_events(world, SHOP, {})["items"]
    assert master["id"] == "meeting"


def test_a_window_cuts_a_rule_without_end(world: CalendarWorld) -> None:
    """An endless rule is told up to the end of the question, exceptions left out."""
    world.change_event(SHOP, "meeting", recurrence=["RRULE:FREQ=DAILY", "EXDATE:20261020T100000"])
    within = {"timeMin": [MONDAY.isoformat()], "timeMax": [(MONDAY + 72 * HOUR).isoformat()]}
    assert [at[8:10] for at in starts(world, **within)] == ["19", "21"]


def test_days_recur_too(world: CalendarWorld) -> None:
    """An entry for days has occurrences by date."""
    world.delete_event(SHOP, "meeting")
    world.add_event(
        SHOP,
        start=date(2026, 10, 31),
        end=date(2026, 11, 2),
        id="closed",
        recurrence=["RRULE:FREQ=WEEKLY;UNTIL=20261108T000000Z"],
    )
    items = told(world)["items"]
    assert [item["id"] for item in items] == ["closed_20261031", "closed_20261107"]
    assert items[1]["end"] == {"date": "2026-11-09"}


def test_one_occurrence_is_moved_or_deleted(world: CalendarWorld) -> None:
    """Changing one leaves the others, and the change is told to whoever has a token."""
    token = told(world)["nextSyncToken"]
    world.delete_event(SHOP, "meeting_20261026T170000Z")
    later = (MONDAY + HOUR).isoformat()
    end = (MONDAY + 2 * HOUR).isoformat()
    world.change_event(
        SHOP, "meeting_20261019T170000Z", start={"dateTime": later}, end={"dateTime": end}
    )
    assert starts(world) == ["2026-11-02T10:00:00-08:00", "2026-10-19T11:00:00-07:00"]
    changes = told(world, syncToken=[token])["items"]
    assert [(item["id"], item["status"]) for item in changes] == [
        ("meeting_20261026T170000Z", "cancelled"),
        ("meeting_20261019T170000Z", "confirmed"),
    ]


def test_a_deleted_rule_takes_its_occurrences_along(world: CalendarWorld) -> None:
    """Every occurrence is told as cancelled."""
    token = told(world)["nextSyncToken"]
    world.delete_event(SHOP, "meeting")
    changes = told(world, syncToken=[token])["items"]
    assert len([item for item in changes if item["id"].startswith("meeting_")]) == 3
    assert {item["status"] for item in changes} == {"cancelled"}
    assert told(world)["items"] == []


def test_free_busy_knows_occurrences(world: CalendarWorld) -> None:
    """Each occurrence is busy."""
    week = timedelta(days=7)
    body = {
        "timeMin": (MONDAY + week).isoformat(),
        "timeMax": (MONDAY + week + 24 * HOUR).isoformat(),
        "items": [{"id": SHOP}],
    }
    busy = free_busy(world, body)["calendars"][SHOP]["busy"]
    assert busy == [{"start": "2026-10-26T17:00:00Z", "end": "2026-10-26T18:00:00Z"}]


def test_a_rule_that_makes_no_sense_is_refused(world: CalendarWorld) -> None:
    """As Google does, with 400."""
    with pytest.raises(GoogleError) as caught:
        world.change_event(SHOP, "meeting", recurrence=["RRULE:FREQ=NEVER"])
    assert caught.value.status == 400
