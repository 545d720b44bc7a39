"""The HTTP face of the calendars: token endpoint, Calendar v3, and what other processes may do."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from sandbox.google.control import control_router
from sandbox.google.credentials import TokenError
from sandbox.google.queries import free_busy, list_events
from sandbox.google.world import CalendarWorld, GoogleError
from sandbox.latency import Latency

_NO_CREDENTIALS = (
    "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie "
    "or other valid authentication credential."
)
_WRITES = frozenset({"events.insert", "events.patch", "events.update", "events.delete"})
_USAGE = frozenset({"rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded"})


def router(world: CalendarWorld, *, latency: Latency | None = None) -> APIRouter:
    """Build the routes: /token, /calendar/v3/... and, for tests elsewhere, /sandbox/google/..."""
    api = _Api(world, latency or Latency())
    routes = APIRouter()
    routes.add_api_route("/token", api.token, methods=["POST"])
    v3 = APIRouter(prefix="/calendar/v3")
    for path, handler, method in (
        ("/freeBusy", api.free_busy, "POST"),
        ("/calendars/{calendar_id}", api.get_calendar, "GET"),
        ("/users/me/calendarList", api.list_calendars, "GET"),
        ("/users/me/calendarList/{calendar_id}", api.get_list_entry, "GET"),
        ("/channels/stop", api.stop_channel, "POST"),
        ("/calendars/{calendar_id}/events/watch", api.watch, "POST"),
        ("/calendars/{calendar_id}/events", api.list, "GET"),
        ("/calendars/{calendar_id}/events", api.insert, "POST"),
        ("/calendars/{calendar_id}/events/{event_id}", api.get, "GET"),
        ("/calendars/{calendar_id}/events/{event_id}", api.patch, "PATCH"),
        ("/calendars/{calendar_id}/events/{event_id}", api.update, "PUT"),
        ("/calendars/{calendar_id}/events/{event_id}", api.delete, "DELETE"),
    ):
        v3.add_api_route(path, handler, methods=[method], include_in_schema=False)
    routes.include_router(v3)
    routes.include_router(control_router(world))
    return routes


class _Api:
    """One method for each operation of the vendor."""

    def __init__(self, world: CalendarWorld, latency: Latency) -> None:
        self._world = world
        self._latency = latency

    async def token(self, request: Request) -> Response:
        form = {key: str(value) for key, value in (await request.form()).items()}
        try:
            return JSONResponse(self._world.tokens.grant(form))
        except TokenError as exc:
            error = {"error": exc.error, "error_description": exc.description}
            return JSONResponse(error, status_code=400)

    async def free_busy(self, request: Request) -> Response:
        body = await request.body()
        return await self._answer(
            request, "freebusy.query", lambda: free_busy(self._world, _object(body))
        )

    async def get_calendar(self, request: Request, calendar_id: str) -> Response:
        return await self._answer(
            request, "calendars.get", lambda: self._calendar(calendar_id, "calendar#calendar")
        )

    async def list_calendars(self, request: Request) -> Response:
        def work() -> dict[str, Any]:
            items = [
                self._calendar(name, "calendar#calendarListEntry") for name in self._world.calendars
            ]
            return {"kind": "calendar#calendarList", "etag": '"p1"', "items": items}

        return await self._answer(request, "calendarList.list", work)

    async def get_list_entry(self, request: Request, calendar_id: str) -> Response:
        return await self._answer(
            request,
            "calendarList.get",
            lambda: self._calendar(calendar_id, "calendar#calendarListEntry"),
        )

    async def watch(self, request: Request, calendar_id: str) -> Response:
        body = await request.body()

        def work() -> dict[str, Any]:
            channel = _object(body)
            if not channel.get("id") or not channel.get("address"):
                raise GoogleError(400, "required", "Required: id and address")
            uri = f"https://www.googleapis.com/calendar/v3/calendars/{calendar_id}/events?alt=json"
            return {
                "kind": "api#channel",
                "id": channel["id"],
                "resourceId": f"resource-{self._world.calendar(calendar_id).id}",
                "resourceUri": uri,
                "token": channel.get("token", ""),
                "expiration": str(channel.get("expiration", "")),
            }

        return await self._answer(request, "events.watch", work)

    async def stop_channel(self, request: Request) -> Response:
        return await self._answer(request, "channels.stop", lambda: None)

    async def list(self, request: Request, calendar_id: str) -> Response:
        query = {name: request.query_params.getlist(name) for name in request.query_params}
        return await self._answer(
            request, "events.list", lambda: list_events(self._world, calendar_id, query)
        )

    async def insert(self, request: Request, calendar_id: str) -> Response:
        body = await request.body()
        return await self._answer(
            request, "events.insert", lambda: self._world.insert(calendar_id, _object(body))
        )

    async def get(self, request: Request, calendar_id: str, event_id: str) -> Response:
        return await self._answer(
            request, "events.get", lambda: self._world.get(calendar_id, event_id)
        )

    async def patch(self, request: Request, calendar_id: str, event_id: str) -> Response:
        body, etag = await request.body(), request.headers.get("if-match")
        return await self._answer(
            request,
            "events.patch",
            lambda: self._world.patch(calendar_id, event_id, _object(body), etag),
        )

    async def update(self, request: Request, calendar_id: str, event_id: str) -> Response:
        body, etag = await request.body(), request.headers.get("if-match")
        return await self._answer(
            request,
            "events.update",
            lambda: self._world.update(calendar_id, event_id, _object(body), etag),
        )

    async def delete(self, request: Request, calendar_id: str, event_id: str) -> Response:
        etag = request.headers.get("if-match")
        return await self._answer(
            request,
            "events.delete",
            lambda: self._world.delete(calendar_id, event_id, etag),
        )

    def _calendar(self, calendar_id: str, kind: str) -> dict[str, Any]:
        calendar = self._world.calendar(calendar_id)
        entry: dict[str, Any] = {
            "kind": kind,
            "etag": '"1"',
            "id": calendar.id,
            "summary": calendar.summary,
            "timeZone": calendar.zone.key,
        }
        if kind == "calendar#calendarListEntry":
            primary = calendar is self._world.calendar("primary")
            entry |= {"accessRole": "owner", "selected": True, "defaultReminders": []}
            entry |= {"primary": True} if primary else {}
        return entry

    async def _answer(
        self, request: Request, operation: str, work: Callable[[], dict[str, Any] | None]
    ) -> Response:
        """Do the work after the vendor's delay, unless the token or a fault stands against it."""
        response = await self._respond(request, operation, work)
        self._world.requests.append((operation, response.status_code))
        return response

    async def _respond(
        self, request: Request, operation: str, work: Callable[[], dict[str, Any] | None]
    ) -> Response:
        if not self._world.tokens.valid(request.headers.get("authorization", "")):
            return _unauthenticated()
        fault = self._world.take_fault(operation)
        delay_s = self._latency.sample_s("calendar") + (fault.hang_s if fault else 0)
        if delay_s:
            await asyncio.sleep(delay_s)
        failure = None
        if fault and fault.status:
            failure = GoogleError(
                fault.status,
                fault.reason,
                fault.reason,
                domain="usageLimits" if fault.reason in _USAGE else "global",
            )
        try:
            if failure and fault and not fault.after_effect:
                raise failure
            body = work()
            if failure:
                raise failure
        except GoogleError as exc:
            return _refusal(exc, fault.retry_after_s if fault else None)
        self._note_invitations(request, operation, body)
        if body is None:
            return Response(status_code=204)
        headers = {"ETag": body["etag"]} if isinstance(body.get("etag"), str) else {}
        return JSONResponse(body, headers=headers)

    def _note_invitations(
        self, request: Request, operation: str, body: dict[str, Any] | None
    ) -> None:
        """Note whom a write told; a deletion has no body, its guests are those of the event."""
        if operation not in _WRITES:
            return
        event_id = str(body["id"] if body else request.path_params["event_id"])
        event = self._world.get(request.path_params["calendar_id"], event_id)
        if event.get("attendees"):
            mode = request.query_params.get("sendUpdates", "none")
            self._world.invitations.append((operation, event_id, mode))


def _object(body: bytes) -> dict[str, Any]:
    try:
        parsed = json.loads(body or b"{}")
    except ValueError as exc:
        raise GoogleError(400, "parseError", "Parse Error") from exc
    if not isinstance(parsed, dict):
        raise GoogleError(400, "parseError", "Parse Error")
    return parsed


def _refusal(error: GoogleError, retry_after_s: int | None = None) -> Response:
    detail = {"domain": error.domain, "reason": error.reason, "message": error.message}
    body = {"error": {"errors": [detail], "code": error.status, "message": error.message}}
    headers = {} if retry_after_s is None else {"Retry-After": str(retry_after_s)}
    return JSONResponse(body, status_code=error.status, headers=headers)


def _unauthenticated() -> Response:
    detail = {
        "message": "Invalid Credentials",
        "domain": "global",
        "reason": "authError",
        "location": "Authorization",
        "locationType": "header",
    }
    error = {
        "code": 401,
        "message": _NO_CREDENTIALS,
        "errors": [detail],
        "status": "UNAUTHENTICATED",
    }
    return JSONResponse(
        {"error": error}, status_code=401, headers={"WWW-Authenticate": 'Bearer realm="sandbox"'}
    )
