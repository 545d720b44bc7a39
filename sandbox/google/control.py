"""What another process may see and do in the calendars, as people with a browser would."""

import dataclasses
from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict

from sandbox.google.world import CalendarWorld, EventJson, Fault, GoogleError


class FaultOrder(BaseModel):
    """A `Fault` in JSON."""

    model_config = ConfigDict(extra="forbid")

    status: int | None = None
    reason: str = "backendError"
    times: int = 1
    operation: str | None = None
    hang_s: float = 0.0
    after_effect: bool = False
    retry_after_s: int | None = None


def control_router(world: CalendarWorld) -> APIRouter:
    """Build /sandbox/google/...: events, faults, requests, expire (tokens, sync-tokens)."""
    control = _Control(world)
    routes = APIRouter(prefix="/sandbox/google")
    for path, handler, method in (
        ("/events", control.events, "GET"),
        ("/events", control.add, "POST"),
        ("/events/{event_id}", control.change, "PATCH"),
        ("/events/{event_id}", control.delete, "DELETE"),
        ("/faults", control.fail, "POST"),
        ("/faults", control.heal, "DELETE"),
        ("/requests", control.requests, "GET"),
        ("/expire/{what}", control.expire, "POST"),
    ):
        routes.add_api_route(path, handler, methods=[method], response_model=None)
    return routes


class _Control:
    def __init__(self, world: CalendarWorld) -> None:
        self._world = world

    async def events(self, calendar: str = "primary", deleted: bool = False) -> Response:
        try:
            return JSONResponse(self._world.events(calendar, deleted=deleted))
        except GoogleError as exc:
            return _refused(exc)

    async def add(self, event: dict[str, Any], calendar: str = "primary") -> Response:
        try:
            return JSONResponse(self._world.insert(calendar, event))
        except GoogleError as exc:
            return _refused(exc)

    async def change(
        self, event_id: str, fields: dict[str, Any], calendar: str = "primary"
    ) -> Response:
        try:
            return JSONResponse(self._world.patch(calendar, event_id, fields))
        except GoogleError as exc:
            return _refused(exc)

    async def delete(self, event_id: str, calendar: str = "primary") -> Response:
        try:
            self._world.delete(calendar, event_id)
        except GoogleError as exc:
            return _refused(exc)
        return Response(status_code=204)

    async def fail(self, order: FaultOrder) -> EventJson:
        self._world.faults.append(Fault(**order.model_dump()))
        return {"faults": [dataclasses.asdict(fault) for fault in self._world.faults]}

    async def heal(self) -> EventJson:
        self._world.faults.clear()
        return {"faults": []}

    async def requests(self) -> list[tuple[str, int]]:
        return self._world.requests

    async def expire(self, what: str) -> Response:
        if what == "tokens":
            self._world.tokens.expire_all()
        elif what == "sync-tokens":
            self._world.expire_sync_tokens()
        else:
            return JSONResponse({"message": "tokens or sync-tokens"}, status_code=404)
        return Response(status_code=204)


def _refused(error: GoogleError) -> Response:
    body = {"reason": error.reason, "message": error.message}
    return JSONResponse(body, status_code=error.status)
