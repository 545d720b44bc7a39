"""Tests of the calendar through the real client against the stand-in."""

import json
import threading
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from store_world import CALENDAR_ID, HOUR, TUESDAY

from sandbox.google import CalendarWorld, write_credentials
from settings import Settings
from shop.types import Busy, Interval
from store import Store
from store import calendar as calendar_module
from store.calendar import Calendar, EventDraft
from store.errors import CalendarTimeout, CalendarUnavailable

pytestmark = pytest.mark.db

ZONE = ZoneInfo("America/Los_Angeles")
DRAFT = EventDraft(
    event_id="abc0123",
    appointment_id=42,
    interval=Interval(TUESDAY, TUESDAY + HOUR),
    title="Oil change: Dana Whitfield",
    description="Bay: 1",
    attendee="dana@example.com",
)
DAY = Interval(TUESDAY - 14 * HOUR, TUESDAY + 10 * HOUR)


async def test_an_event_is_created_with_its_guest(store: Store, google: CalendarWorld) -> None:
    """Own id, shop's zone, private property and invitation arrive; the link comes back."""
    link = await store.calendar.put(DRAFT)
    (event,) = google.events(CALENDAR_ID)
    assert link == event["htmlLink"]
    assert event["id"] == "abc0123"
    assert event["start"]["timeZone"] == "America/Los_Angeles"
    assert datetime.fromisoformat(event["start"]["dateTime"]) == TUESDAY
    assert event["extendedProperties"]["private"] == {"appointment_id": "42"}
    assert [guest["email"] for guest in event["attendees"]] == ["dana@example.com"]


@pytest.mark.parametrize("known", [True, False])
async def test_putting_again_changes_nothing(
    store: Store, google: CalendarWorld, known: bool
) -> None:
    """The second put finds the event as it should be and sends nobody anything."""
    link = await store.calendar.put(DRAFT)
    before = google.events(CALENDAR_ID)
    assert await store.calendar.put(replace(DRAFT, known=known)) == link
    assert google.events(CALENDAR_ID) == before


@pytest.mark.parametrize("known", [True, False])
async def test_a_moved_event_keeps_what_people_added(
    store: Store, google: CalendarWorld, known: bool
) -> None:
    """A new time is patched in; colour and place stay as people set them."""
    await store.calendar.put(DRAFT)
    google.change_event(CALENDAR_ID, DRAFT.event_id, colorId="5", location="Door 2")
    later = Interval(TUESDAY + HOUR, TUESDAY + 2 * HOUR)
    await store.calendar.put(replace(DRAFT, interval=later, known=known))
    (event,) = google.events(CALENDAR_ID)
    assert datetime.fromisoformat(event["start"]["dateTime"]) == later.start
    assert (event["colorId"], event["location"]) == ("5", "Door 2")


@pytest.mark.parametrize("known", [True, False])
async def test_a_deleted_event_is_revived(store: Store, google: CalendarWorld, known: bool) -> None:
    """An id that was deleted stays taken: the event is set to confirmed again."""
    await store.calendar.put(DRAFT)
    await store.calendar.delete(DRAFT.event_id)
    assert google.events(CALENDAR_ID) == []
    await store.calendar.put(replace(DRAFT, known=known))
    (event,) = google.events(CALENDAR_ID)
    assert event["status"] == "confirmed"


async def test_deleting_what_is_not_there_is_fine(store: Store) -> None:
    """Neither an unknown id nor a second delete is an error."""
    await store.calendar.delete("neverseen")
    await store.calendar.put(DRAFT)
    await store.calendar.delete(DRAFT.event_id)
    await store.calendar.delete(DRAFT.event_id)
    gone = await store.calendar.get(DRAFT.event_id)
    assert gone is not None
    assert gone.status == "cancelled"
    assert await store.calendar.get("neverseen") is None


async def test_a_lost_answer_to_a_create_is_no_second_event(
    store: Store, google: CalendarWorld
) -> None:
    """Created, but the answer was an error: the next put finds it."""
    google.fail_next(500, operation="events.insert", after_effect=True)
    with pytest.raises(CalendarUnavailable):
        await store.calendar.put(DRAFT)
    assert await store.calendar.put(DRAFT)
    assert len(google.events(CALENDAR_ID)) == 1


async def test_only_peoples_own_entries_are_busy(store: Store, google: CalendarWorld) -> None:
    """Our visits, entries shown as free, deleted ones and other days do not block the shop."""
    await store.calendar.put(DRAFT)
    google.add_event(CALENDAR_ID, start=TUESDAY, end=TUESDAY + HOUR, summary="Dentist")
    google.add_event(
        CALENDAR_ID, start=TUESDAY, end=TUESDAY + HOUR, summary="Idea", transparency="transparent"
    )
    gone = google.add_event(CALENDAR_ID, start=TUESDAY, end=TUESDAY + HOUR, summary="No")
    google.delete_event(CALENDAR_ID, gone["id"])
    far = TUESDAY + timedelta(days=5)
    google.add_event(CALENDAR_ID, start=far, end=far + HOUR, summary="Far")
    assert await store.calendar.busy(DAY) == [Busy(Interval(TUESDAY, TUESDAY + HOUR), None)]
    assert {event.appointment_id for event in await store.calendar.events(DAY)} == {42, None}


async def test_an_entry_for_a_day_blocks_the_shops_day(store: Store, google: CalendarWorld) -> None:
    """All-day means midnight to midnight where the shop is."""
    google.add_event(CALENDAR_ID, start=date(2026, 11, 24), end=date(2026, 11, 25))
    (busy,) = await store.calendar.busy(DAY)
    assert busy.interval.start == datetime(2026, 11, 24, tzinfo=ZONE).astimezone(UTC)
    assert busy.interval.end - busy.interval.start == timedelta(days=1)


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
        await store.calendar.busy(DAY)


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
    assert await store.calendar.put(DRAFT)
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
