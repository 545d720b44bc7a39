"""Google's own clients and gcsa against the calendar stand-in."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import google.oauth2.credentials
import httpx
import pytest
from fastapi import FastAPI
from gcsa.event import Event
from gcsa.google_calendar import GoogleCalendar
from google.auth.exceptions import RefreshError
from google.oauth2 import service_account
from googleapiclient import discovery
from googleapiclient.errors import HttpError
from twilio_service import serving

from sandbox.google import CalendarWorld, router, write_credentials
from sandbox.google.credentials import SCOPE

pytestmark = pytest.mark.unit

SHOP = "shop@group.calendar.google.com"
ZONE = ZoneInfo("America/Los_Angeles")
TUESDAY = datetime(2026, 11, 24, 14, tzinfo=ZONE)
HOUR = timedelta(hours=1)


class Api:
    """The real client, called in a thread because it blocks."""

    def __init__(self, service: Any) -> None:
        self.service = service

    async def run(self, build: Callable[[Any], Any]) -> Any:
        """Build a request from the service and execute it."""
        return await asyncio.to_thread(lambda: build(self.service).execute())

    async def refused(self, build: Callable[[Any], Any]) -> tuple[int, str]:
        """Execute a request that must fail; its status and reason."""
        with pytest.raises(HttpError) as caught:
            await self.run(build)
        return int(caught.value.status_code), caught.value.error_details[0]["reason"]


@pytest.fixture
def world() -> CalendarWorld:
    """A calendar for the shop."""
    return CalendarWorld((SHOP,))


@pytest.fixture
async def root(world: CalendarWorld) -> AsyncIterator[str]:
    """Where the stand-in listens."""
    app = FastAPI()
    app.include_router(router(world))
    async with serving(app) as url:
        yield url


def credentials(root: str, path: Path) -> Any:
    """An authorized user whose tokens come from the stand-in."""
    write_credentials(path, f"{root}/token")
    kind: Any = google.oauth2.credentials.Credentials  # has no types of its own
    loaded = kind.from_authorized_user_file(str(path), [SCOPE])
    loaded._token_uri = f"{root}/token"  # the loader puts Google's own address there
    return loaded


def build(root: str, loaded: Any) -> Any:
    """Google's calendar client, made from its offline discovery document."""
    return discovery.build(
        "calendar",
        "v3",
        credentials=loaded,
        static_discovery=True,
        client_options={"api_endpoint": f"{root}/calendar/v3/"},
    )


@pytest.fixture
async def api(root: str, tmp_path: Path) -> AsyncIterator[Api]:
    """Google's client with an authorized user."""
    service = await asyncio.to_thread(build, root, credentials(root, tmp_path / "user.json"))
    yield Api(service)
    service.close()


def event(start: datetime = TUESDAY, **fields: Any) -> dict[str, Any]:
    """An hour's event in the API's words."""
    return {
        "summary": "Oil change",
        "start": {"dateTime": start.isoformat(), "timeZone": "America/Los_Angeles"},
        "end": {"dateTime": (start + HOUR).isoformat(), "timeZone": "America/Los_Angeles"},
        **fields,
    }


async def test_gcsa_books_moves_and_deletes(
    world: CalendarWorld, root: str, tmp_path: Path
) -> None:
    """The unmodified gcsa adds, lists, updates and deletes, and reads free/busy."""

    def visit() -> tuple[list[Event], list[Any], Event]:
        loaded = credentials(root, tmp_path / "user.json")
        calendar = GoogleCalendar(SHOP, credentials=loaded)
        calendar.service.close()
        calendar.service = build(root, loaded)
        added = calendar.add_event(
            Event("Oil change", start=TUESDAY, end=TUESDAY + HOUR, timezone=str(ZONE)),
            send_updates="all",
        )
        busy = calendar.get_free_busy(
            time_min=TUESDAY - HOUR, time_max=TUESDAY + 3 * HOUR, timezone=str(ZONE)
        )
        added.start, added.end = TUESDAY + HOUR, TUESDAY + 2 * HOUR
        moved = calendar.update_event(added)
        listed = list(
            calendar.get_events(
                TUESDAY, TUESDAY + 8 * HOUR, single_events=True, order_by="startTime"
            )
        )
        calendar.delete_event(moved)
        calendar.service.close()
        return listed, busy.calendars[SHOP], moved

    listed, busy, moved = await asyncio.to_thread(visit)
    assert [item.summary for item in listed] == ["Oil change"]
    assert listed[0].start == TUESDAY + HOUR
    assert (busy[0].start, busy[0].end) == (TUESDAY, TUESDAY + HOUR)
    assert moved.other["sequence"] == 1
    assert world.events(SHOP) == []


@pytest.mark.parametrize("kind", ["authorized_user", "service_account"])
async def test_both_kinds_of_credentials_get_a_token(root: str, tmp_path: Path, kind: Any) -> None:
    """The files are readable by Google's loaders and their tokens are accepted."""
    path = tmp_path / "credentials.json"
    write_credentials(path, f"{root}/token", kind)
    if kind == "service_account":
        account: Any = service_account.Credentials
        loaded = account.from_service_account_file(str(path), scopes=[SCOPE])
    else:
        loaded = credentials(root, path)
    service = await asyncio.to_thread(build, root, loaded)
    calendar = await Api(service).run(lambda s: s.calendars().get(calendarId=SHOP))
    service.close()
    assert calendar["timeZone"] == "America/Los_Angeles"
    assert path.stat().st_mode & 0o077 == 0


async def test_a_revoked_refresh_token_is_invalid_grant(
    world: CalendarWorld, root: str, tmp_path: Path
) -> None:
    """Google's client raises RefreshError with the vendor's words."""
    loaded = credentials(root, tmp_path / "user.json")
    world.tokens.revoked_refresh_tokens.add(loaded.refresh_token)
    service = await asyncio.to_thread(build, root, loaded)
    with pytest.raises(RefreshError, match="invalid_grant"):
        await Api(service).run(lambda s: s.calendarList().list())
    service.close()


async def test_an_expired_token_is_refreshed_by_the_client(world: CalendarWorld, api: Api) -> None:
    """A 401 makes the client fetch a new token and go on."""
    await api.run(lambda s: s.calendarList().list())
    world.tokens.expire_all()
    listed = await api.run(lambda s: s.calendarList().list())
    assert listed["items"][0]["id"] == SHOP
    assert [status for _, status in world.requests] == [200, 401, 200]


async def test_an_id_of_ones_own_is_taken_for_ever(api: Api) -> None:
    """A second insert with the id is 409, also after deletion; deleting twice is 410."""
    insert = lambda s: s.events().insert(calendarId=SHOP, body=event(id="appt42"))  # noqa: E731
    delete = lambda s: s.events().delete(calendarId=SHOP, eventId="appt42")  # noqa: E731
    made = await api.run(insert)
    assert made["status"] == "confirmed"
    assert await api.refused(insert) == (409, "duplicate")
    assert await api.run(delete) == ""
    assert await api.refused(insert) == (409, "duplicate")
    assert await api.refused(delete) == (410, "deleted")
    revived = await api.run(
        lambda s: s.events().patch(calendarId=SHOP, eventId="appt42", body={"status": "confirmed"})
    )
    assert revived["id"] == "appt42"


async def test_a_stale_etag_is_412(api: Api) -> None:
    """If-Match with the etag of an older state refuses the change."""
    made = await api.run(lambda s: s.events().insert(calendarId=SHOP, body=event()))

    def patch(service: Any, etag: str) -> Any:
        request = service.events().patch(
            calendarId=SHOP, eventId=made["id"], body={"summary": "Brakes"}
        )
        request.headers["If-Match"] = etag
        return request

    changed = await api.run(lambda s: patch(s, made["etag"]))
    assert changed["summary"] == "Brakes"
    assert changed["start"] == made["start"]
    assert await api.refused(lambda s: patch(s, made["etag"])) == (412, "conditionNotMet")


async def test_lists_are_filtered_ordered_and_paged(world: CalendarWorld, api: Api) -> None:
    """Time, private property and words filter; pages join to the whole."""
    for hours in (5, 1, 3):
        extended = {"private": {"appointment_id": str(hours)}}
        start = TUESDAY + hours * HOUR
        world.add_event(SHOP, start=start, end=start + HOUR, extendedProperties=extended)
    world.add_event(SHOP, start=date(2026, 11, 26), end=date(2026, 11, 27), summary="Thanksgiving")
    query = {"calendarId": SHOP, "singleEvents": True, "orderBy": "startTime"}
    first = await api.run(lambda s: s.events().list(**query, maxResults=3))
    rest = await api.run(lambda s: s.events().list(**query, pageToken=first["nextPageToken"]))
    starts = [item["start"] for item in first["items"] + rest["items"]]
    assert [start.get("dateTime", "")[11:13] for start in starts] == ["15", "17", "19", ""]
    assert starts[-1] == {"date": "2026-11-26"}
    by_property = await api.run(
        lambda s: s.events().list(calendarId=SHOP, privateExtendedProperty="appointment_id=3")
    )
    assert len(by_property["items"]) == 1
    found = await api.run(lambda s: s.events().list(calendarId=SHOP, q="thanksgiving"))
    assert found["items"][0]["summary"] == "Thanksgiving"
    window = (TUESDAY + 3.5 * HOUR).isoformat(), (TUESDAY + 5 * HOUR).isoformat()
    inside = await api.run(
        lambda s: s.events().list(calendarId=SHOP, timeMin=window[0], timeMax=window[1])
    )
    assert len(inside["items"]) == 1
    assert await api.refused(lambda s: s.events().list(calendarId=SHOP, orderBy="startTime")) == (
        400,
        "badRequest",
    )


async def test_sync_tokens_bring_changes_and_deletions(world: CalendarWorld, api: Api) -> None:
    """An incremental list has only what changed, deletions included, until the token expires."""
    kept, gone = (
        world.add_event(SHOP, start=TUESDAY + h * HOUR, end=TUESDAY + (h + 1) * HOUR)["id"]
        for h in (0, 2)
    )
    full = await api.run(lambda s: s.events().list(calendarId=SHOP))
    assert {item["id"] for item in full["items"]} == {kept, gone}
    token = full["nextSyncToken"]
    world.delete_event(SHOP, gone)
    changed = await api.run(lambda s: s.events().list(calendarId=SHOP, syncToken=token))
    assert [(item["id"], item["status"]) for item in changed["items"]] == [(gone, "cancelled")]
    quiet = await api.run(
        lambda s: s.events().list(calendarId=SHOP, syncToken=changed["nextSyncToken"])
    )
    assert quiet["items"] == []
    now = datetime.now(UTC).isoformat()
    assert await api.refused(
        lambda s: s.events().list(calendarId=SHOP, syncToken=token, timeMin=now)
    ) == (400, "invalid")
    world.expire_sync_tokens()
    assert await api.refused(lambda s: s.events().list(calendarId=SHOP, syncToken=token)) == (
        410,
        "fullSyncRequired",
    )


async def test_free_busy_joins_overlaps_and_knows_whole_days(
    world: CalendarWorld, api: Api
) -> None:
    """Overlapping events are one interval, free ones none, a whole day lasts from midnight."""
    for start, length in ((0, 1), (0.5, 1), (4, 1)):
        at = TUESDAY + start * HOUR
        world.add_event(SHOP, start=at, end=at + length * HOUR)
    world.add_event(SHOP, start=TUESDAY, end=TUESDAY + 8 * HOUR, transparency="transparent")
    world.add_event(SHOP, start=date(2026, 11, 26), end=date(2026, 11, 27))
    body = {
        "timeMin": TUESDAY.isoformat(),
        "timeMax": (TUESDAY + timedelta(days=5)).isoformat(),
        "timeZone": "America/Los_Angeles",
        "items": [{"id": SHOP}, {"id": "nobody@example.com"}],
    }
    answer = await api.run(lambda s: s.freebusy().query(body=body))
    assert answer["calendars"][SHOP]["busy"] == [
        {"start": "2026-11-24T14:00:00-08:00", "end": "2026-11-24T15:30:00-08:00"},
        {"start": "2026-11-24T18:00:00-08:00", "end": "2026-11-24T19:00:00-08:00"},
        {"start": "2026-11-26T00:00:00-08:00", "end": "2026-11-27T00:00:00-08:00"},
    ]
    assert answer["calendars"]["nobody@example.com"]["errors"][0]["reason"] == "notFound"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (event(id="UPPER"), "invalid"),
        ({"summary": "when?"}, "required"),
        (event() | {"end": {"dateTime": "2026-11-24T10:00:00"}}, "invalid"),
        (event() | {"end": {"dateTime": "2026-11-24T10:00:00Z"}}, "timeRangeEmpty"),
    ],
)
async def test_bad_events_are_refused(api: Api, body: dict[str, Any], reason: str) -> None:
    """Wrong ids, missing, naive and backward times are 400 with the vendor's reason."""
    assert await api.refused(lambda s: s.events().insert(calendarId=SHOP, body=body)) == (
        400,
        reason,
    )


async def test_faults_strike_as_ordered(world: CalendarWorld, api: Api) -> None:
    """A fault hits the named operation so often, also after the work was done."""
    insert = lambda s: s.events().insert(calendarId=SHOP, body=event())  # noqa: E731
    world.fail_next(403, "rateLimitExceeded", operation="events.insert")
    assert await api.refused(insert) == (403, "rateLimitExceeded")
    assert world.events(SHOP) == []
    world.fail_next(500, after_effect=True)
    assert await api.refused(insert) == (500, "backendError")
    assert len(world.events(SHOP)) == 1
    await api.run(insert)


async def test_other_processes_see_and_change_the_calendar(root: str) -> None:
    """The control routes list, add and delete events and order faults, without a token."""
    async with httpx.AsyncClient(base_url=f"{root}/sandbox/google") as control:
        made = (await control.post("/events", json=event())).json()
        assert [e["id"] for e in (await control.get("/events")).json()] == [made["id"]]
        assert (await control.delete(f"/events/{made['id']}")).status_code == 204
        assert (await control.get("/events")).json() == []
        ordered = await control.post("/faults", json={"status": 500, "times": 2})
        assert ordered.json()["faults"][0]["times"] == 2
        assert (await control.get("/events", params={"calendar": "no"})).status_code == 404
