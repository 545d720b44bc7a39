"""Tests of the calendar through the real client against the stand-in."""

import json
import threading
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from store_world import CALENDAR_ID, HOUR, TUESDAY

from sandbox.google import CalendarWorld, write_credentials
from settings import Settings
from shop.types import Interval
from store import Store
from store import calendar as calendar_module
from store.calendar import Calendar
from store.calendar_event import CalendarEvent, EventDraft
from store.errors import (
    CalendarQuota,
    CalendarTimeout,
    CalendarUnavailable,
    EventChanged,
    SyncExpired,
)

pytestmark = pytest.mark.db

ZONE = ZoneInfo("America/Los_Angeles")
DRAFT = EventDraft(
    event_id="abc0123",
    appointment_id=42,
    interval=Interval(TUESDAY, TUESDAY + HOUR),
    title="Oil change: Dana Whitfield",
    description="Bay: 1",
    attendee="dana@example.com",
    installation="here",
)
DAY = Interval(TUESDAY - 14 * HOUR, TUESDAY + 10 * HOUR)


async def put(calendar: Calendar, draft: EventDraft) -> CalendarEvent:
    """Make the event be as drafted, whatever is there."""
    made = await calendar.create(draft)
    if made is not None:
        return made
    shown = await calendar.get(draft.event_id)
    assert shown is not None
    return await calendar.change(draft, shown)


async def test_an_event_is_created_with_its_guest(store: Store, google: CalendarWorld) -> None:
    """Own id, shop's zone, private properties and invitation arrive; the link comes back."""
    made = await put(store.calendar, DRAFT)
    (event,) = google.events(CALENDAR_ID)
    assert made.link == event["htmlLink"]
    assert event["id"] == "abc0123"
    assert event["start"]["timeZone"] == "America/Los_Angeles"
    assert datetime.fromisoformat(event["start"]["dateTime"]) == TUESDAY
    private = event["extendedProperties"]["private"]
    assert (private["appointment_id"], private["installation"]) == ("42", "here")
    assert private["written_time"] == "2026-11-24T22:00:00Z/2026-11-24T23:00:00Z"
    assert [guest["email"] for guest in event["attendees"]] == ["dana@example.com"]
    assert google.invitations == [("events.insert", "abc0123", "all")]


async def test_putting_again_changes_nothing(store: Store, google: CalendarWorld) -> None:
    """The second put finds the event as it should be and sends nobody anything."""
    made = await put(store.calendar, DRAFT)
    before = google.events(CALENDAR_ID)
    assert await put(store.calendar, DRAFT) == made
    assert google.events(CALENDAR_ID) == before


async def test_a_moved_event_keeps_what_people_added(store: Store, google: CalendarWorld) -> None:
    """A new time is patched in, those invited are told; colour and place stay as people set."""
    await put(store.calendar, DRAFT)
    google.change_event(CALENDAR_ID, DRAFT.event_id, colorId="5", location="Door 2")
    later = Interval(TUESDAY + HOUR, TUESDAY + 2 * HOUR)
    await put(store.calendar, replace(DRAFT, interval=later))
    (event,) = google.events(CALENDAR_ID)
    assert datetime.fromisoformat(event["start"]["dateTime"]) == later.start
    assert (event["colorId"], event["location"]) == ("5", "Door 2")
    assert google.invitations[-1] == ("events.patch", "abc0123", "all")


async def test_what_people_wrote_is_left_as_it_is(store: Store, google: CalendarWorld) -> None:
    """An edited title stays through later changes; notes nobody touched are renewed."""
    await put(store.calendar, DRAFT)
    google.change_event(CALENDAR_ID, DRAFT.event_id, summary="Dana - oil, waits here")
    for bay in (2, 3):
        changed = replace(DRAFT, title=f"Tires {bay}", description=f"Bay: {bay}")
        await put(store.calendar, changed)
        (event,) = google.events(CALENDAR_ID)
        assert event["summary"] == "Dana - oil, waits here"
        assert event["description"] == f"Bay: {bay}"


async def test_an_event_that_changed_meanwhile_is_not_overwritten(
    store: Store, google: CalendarWorld
) -> None:
    """What people did between our look and our write is not lost: the write is refused."""
    shown = await put(store.calendar, DRAFT)
    google.change_event(CALENDAR_ID, DRAFT.event_id, location="Door 2")
    with pytest.raises(EventChanged):
        await store.calendar.change(replace(DRAFT, title="Tires"), shown)


async def test_a_whole_day_becomes_an_hour_again(store: Store, google: CalendarWorld) -> None:
    """An event that people stretched over the day gets its times back."""
    await put(store.calendar, DRAFT)
    day = {"start": {"date": "2026-11-24"}, "end": {"date": "2026-11-25"}}
    google.change_event(CALENDAR_ID, DRAFT.event_id, **day)
    shown = await put(store.calendar, DRAFT)
    assert (shown.interval, shown.whole_days) == (DRAFT.interval, False)


async def test_a_deleted_event_is_revived(store: Store, google: CalendarWorld) -> None:
    """An id that was deleted stays taken: the event is set to confirmed again, with its guest."""
    await put(store.calendar, DRAFT)
    await store.calendar.delete(DRAFT.event_id)
    assert google.events(CALENDAR_ID) == []
    await put(store.calendar, DRAFT)
    (event,) = google.events(CALENDAR_ID)
    assert event["status"] == "confirmed"
    assert event["attendees"]


async def test_deleting_what_is_not_there_is_fine(store: Store) -> None:
    """Neither an unknown id nor a second delete is an error."""
    await store.calendar.delete("neverseen")
    await put(store.calendar, DRAFT)
    await store.calendar.delete(DRAFT.event_id)
    await store.calendar.delete(DRAFT.event_id)
    gone = await store.calendar.get(DRAFT.event_id)
    assert gone is not None
    assert gone.cancelled
    assert await store.calendar.get("neverseen") is None


async def test_a_lost_answer_to_a_create_is_no_second_event(
    store: Store, google: CalendarWorld
) -> None:
    """Created, but the answer was an error: the next put finds it."""
    google.fail_next(500, operation="events.insert", after_effect=True)
    with pytest.raises(CalendarUnavailable):
        await put(store.calendar, DRAFT)
    assert await put(store.calendar, DRAFT)
    assert len(google.events(CALENDAR_ID)) == 1


async def test_changes_are_told_once(store: Store, google: CalendarWorld) -> None:
    """With a token only what changed comes, deletions by id; an old token is said to be old."""
    first = await store.calendar.changes(CALENDAR_ID, None, DAY)
    entry = google.add_event(CALENDAR_ID, start=TUESDAY, end=TUESDAY + HOUR, summary="Dentist")
    second = await store.calendar.changes(CALENDAR_ID, first.sync_token, DAY)
    assert [event.title for event in second.events] == ["Dentist"]
    google.delete_event(CALENDAR_ID, entry["id"])
    third = await store.calendar.changes(CALENDAR_ID, second.sync_token, DAY)
    assert (third.events, third.gone) == ((), (entry["id"],))
    google.expire_sync_tokens()
    with pytest.raises(SyncExpired):
        await store.calendar.changes(CALENDAR_ID, third.sync_token, DAY)


async def test_an_unreadable_entry_hides_no_other(store: Store, google: CalendarWorld) -> None:
    """Of an entry that makes no sense nothing is known; the rest is."""
    google.add_event(CALENDAR_ID, start=TUESDAY, end=TUESDAY + HOUR, summary="Dentist")
    odd = google.add_event(CALENDAR_ID, start=TUESDAY, end=TUESDAY + HOUR)
    google.calendar(CALENDAR_ID).events[odd["id"]]["extendedProperties"] = {"private": None}
    (event,) = await store.calendar.events(DAY)
    assert event.title == "Dentist"


async def test_a_quota_tells_how_long_to_wait(store: Store, google: CalendarWorld) -> None:
    """Both of Google's refusals for too many requests are told apart from others."""
    google.fail_next(429, "rateLimitExceeded", retry_after_s=7)
    with pytest.raises(CalendarQuota) as caught:
        await store.calendar.events(DAY)
    assert caught.value.retry_after_s == 7
    google.fail_next(403, "userRateLimitExceeded")
    with pytest.raises(CalendarQuota):
        await store.calendar.events(DAY)


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (403, "rateLimitExceeded"),
        (429, "rateLimitExceeded"),
        (500, "backendError"),
        (503, "backendError"),
        (404, "notFound"),
        (401, "authError"),
    ],
)
async def test_googles_refusals_are_unavailable(
    store: Store, google: CalendarWorld, status: int, reason: str
) -> None:
    """Whatever Google answers instead of events, no slot is made up."""
    google.fail_next(status, reason, times=5)
    with pytest.raises(CalendarUnavailable):
        await store.calendar.events(DAY)


async def test_an_expired_token_is_renewed(store: Store, google: CalendarWorld) -> None:
    """After an hour the next request goes through all the same."""
    await store.calendar.events(DAY)
    google.tokens.expire_all()
    assert await store.calendar.events(DAY) == []


async def test_a_guest_google_refuses_does_not_stop_the_visit(
    store: Store, google: CalendarWorld
) -> None:
    """A service account that may not invite writes the event without its guest."""
    google.fail_next(403, "forbiddenForServiceAccounts", operation="events.insert")
    assert await put(store.calendar, DRAFT)
    (event,) = google.events(CALENDAR_ID)
    assert not event.get("attendees")


async def test_a_hanging_google_is_given_up(
    store: Store, google: CalendarWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A caller waits no longer than the limit."""
    monkeypatch.setattr(calendar_module, "READ_TIMEOUT_S", 0.1)
    google.hang_next(0.5)
    with pytest.raises(CalendarTimeout):
        await store.calendar.events(DAY)


@pytest.mark.parametrize("kind", ["authorized_user", "service_account"])
async def test_the_token_uri_of_the_file_is_honoured(
    kind: str, settings: Settings, google: CalendarWorld, google_url: str, tmp_path: Path
) -> None:
    """Both kinds of credentials get their tokens where the file says."""
    path = tmp_path / "other.json"
    write_credentials(path, f"{google_url}/token", kind)  # type: ignore[arg-type]  # a Literal
    calendar = Calendar(
        calendar_id=CALENDAR_ID, credentials_path=path, api_root=google_url, zone=ZONE
    )
    assert await calendar.events(DAY) == []
    await calendar.close()


async def test_nothing_is_asked_before_the_first_use(tmp_path: Path) -> None:
    """A calendar is built while Google is down, and says so only when used."""
    path = tmp_path / "google.json"
    write_credentials(path, "http://127.0.0.1:1/token")
    calendar = Calendar(
        calendar_id="x", credentials_path=path, api_root="http://127.0.0.1:1", zone=ZONE
    )
    with pytest.raises(CalendarUnavailable):
        await calendar.events(DAY)
    await calendar.close()


@pytest.mark.parametrize("content", ["", "[]", "{}", json.dumps({"type": "service_account"})])
def test_a_file_without_credentials_is_refused(tmp_path: Path, content: str) -> None:
    """A file that holds something else is named, without what stands in it."""
    path = tmp_path / "google.json"
    path.write_text(content)
    before = threading.active_count()
    with pytest.raises(CalendarUnavailable, match=r"google\.json"):
        Calendar(calendar_id="x", credentials_path=path, api_root="http://x", zone=ZONE)
    assert threading.active_count() == before
