"""Google Calendar's own client, made safe: our address, our credentials, time-outs, threads."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import google.oauth2.credentials
import google.oauth2.service_account
import google_auth_httplib2
import httplib2
from gcsa.event import Event
from gcsa.google_calendar import GoogleCalendar
from gcsa.serializers.event_serializer import EventSerializer
from googleapiclient import discovery
from googleapiclient.http import HttpRequest

from store.errors import CalendarUnavailable

Json = dict[str, Any]

SCOPES = ("https://www.googleapis.com/auth/calendar",)


def load_credentials(path: Path) -> Any:
    """Read a service account's key or an authorized user's file; its `token_uri` is honoured.

    google-auth's loader for authorized users puts Google's own address in its place. Raises
    CalendarUnavailable when the file is neither.
    """
    user: Any = google.oauth2.credentials.Credentials  # neither has types
    service: Any = google.oauth2.service_account.Credentials
    try:
        info = json.loads(path.read_text(encoding="utf-8"))
        if info.get("type") == "service_account":
            return service.from_service_account_info(info, scopes=SCOPES)
        loaded = user.from_authorized_user_info(info, SCOPES)
        token_uri = info.get("token_uri")
        if not token_uri:
            return loaded
        return user(
            token=None,
            refresh_token=loaded.refresh_token,
            token_uri=token_uri,
            client_id=loaded.client_id,
            client_secret=loaded.client_secret,
            scopes=SCOPES,
        )
    except (OSError, ValueError, AttributeError) as exc:
        raise CalendarUnavailable(f"{path.name} holds no Google credentials: {exc}") from exc


class Api(GoogleCalendar):  # type: ignore[misc]  # gcsa has no types
    """gcsa's calendar, whose constructor would go to Google and whose transport is one for all.

    Building it needs no network: the description of the service comes with the client library.
    """

    def __init__(self, calendar_id: str, credentials: Any, api_root: str, timeout_s: float) -> None:
        self.default_calendar = calendar_id
        self.credentials = credentials
        self._timeout_s = timeout_s
        self._of_thread = threading.local()
        self._open: list[httplib2.Http] = []
        # Every request brings its thread's own transport: httplib2 is not thread-safe.
        self.service = discovery.build(
            "calendar",
            "v3",
            http=httplib2.Http(),
            requestBuilder=self._request,
            client_options={"api_endpoint": f"{api_root}/calendar/v3/"},
            static_discovery=True,
            cache_discovery=False,
        )

    def close(self) -> None:
        """Close every thread's connections."""
        for http in self._open:
            http.close()

    def read(self, event_id: str) -> Json:
        """Return an event as Google tells it, also a deleted one."""
        found: Json = (
            self.service.events().get(calendarId=self.default_calendar, eventId=event_id).execute()
        )
        return found

    def create(self, event: Event, **options: Any) -> Json:
        """Add an event and return it as Google tells it."""
        body = EventSerializer.to_json(event)
        made: Json = (
            self.service.events()
            .insert(calendarId=self.default_calendar, body=body, **options)
            .execute()
        )
        return made

    def patch(self, event_id: str, body: Json, etag: str | None, **options: Any) -> Json:
        """Change fields of an event, if it still has this etag; the rest stays as it is.

        gcsa only knows how to replace an event as a whole.
        """
        request = self.service.events().patch(
            calendarId=self.default_calendar, eventId=event_id, body=body, **options
        )
        if etag is not None:
            request.headers["If-Match"] = etag
        changed: Json = request.execute()
        return changed

    def pages(self, calendar_id: str, **query: Any) -> Iterator[Json]:
        """Yield the pages of a list of events."""
        events = self.service.events()
        request = events.list(calendarId=calendar_id, **query)
        while request is not None:
            page: Json = request.execute()
            yield page
            request = events.list_next(request, page)

    def _request(self, _http: Any, *args: Any, **kwargs: Any) -> HttpRequest:
        http = getattr(self._of_thread, "http", None)
        if http is None:
            plain = httplib2.Http(timeout=self._timeout_s)
            http = google_auth_httplib2.AuthorizedHttp(self.credentials, http=plain)
            self._of_thread.http = http
            self._open.append(plain)
        return HttpRequest(http, *args, **kwargs)
