"""A telephone in the browser: its page, and the socket that puts its sound on a real call."""

import asyncio
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import (
    APIRouter,
    Depends,
    FastAPI,
    HTTPException,
    Response,
    WebSocket,
    WebSocketException,
    status,
)
from fastapi.requests import HTTPConnection

from sandbox.browser_call import BadMessage, BrowserCall
from sandbox.story import Records
from sandbox.twilio import wire
from sandbox.twilio.carrier import Carrier
from sandbox.twilio.leg import CallSetup
from sandbox.twilio.script import Instructions, follow

PAGES = Path(__file__).parent / "pages"
_FILES: Mapping[str, tuple[str, str]] = {
    "/": ("softphone.html", "text/html"),
    "/softphone.css": ("softphone.css", "text/css"),
    "/softphone.js": ("softphone.js", "text/javascript"),
    "/audio.js": ("audio.js", "text/javascript"),
}
_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
        " img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Permissions-Policy": "microphone=(self)",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})

WITHHELD = "withheld"
_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")


def softphone(
    carrier: Carrier, *, webhook_url: str, shop_number: str, records: Records | None = None
) -> FastAPI:
    """Build the web application; its calls arrive at `webhook_url` as calls to `shop_number`.

    With `records` the page shows live what is recognised and done, and offers the customers.
    """
    app = FastAPI(title="Softphone", docs_url=None, redoc_url=None, openapi_url=None)
    routes = APIRouter(dependencies=[Depends(_from_this_machine)])
    for path, (name, media_type) in _FILES.items():
        routes.add_api_route(path, _page(PAGES / name, media_type), methods=["GET"])

    @routes.get("/shop.json")
    async def shop() -> dict[str, Any]:
        return {"number": shop_number, "callers": await records.callers() if records else []}

    @routes.websocket("/line")
    async def line(
        ws: WebSocket, origin: Annotated[None, Depends(_from_this_machine)] = None
    ) -> None:
        await ws.accept()
        try:
            number = caller_number(ws.query_params.get("from", WITHHELD))
        except BadMessage as exc:
            await ws.close(exc.code, str(exc))
            return
        leg = carrier.open_leg(
            CallSetup(
                account_sid=carrier.account_sid,
                from_number=number or wire.ANONYMOUS_NUMBER,
                to_number=shop_number,
            )
        )
        leg.begin(follow(leg, Instructions(url=webhook_url)))
        await BrowserCall(ws, leg, records).run()

    app.include_router(routes)
    return app


def caller_number(given: str) -> str | None:
    """Read the number to call from, in E.164 or as Americans write theirs; None when withheld.

    Raises BadMessage for anything else.
    """
    if given.strip().lower() in ("", WITHHELD):
        return None
    digits = re.sub(r"[\s().-]", "", given)
    if len(digits) == 10 and digits.isdigit():
        digits = f"+1{digits}"
    elif digits.isdigit():
        digits = f"+{digits}"  # a bare + in a query reads as a space
    if not _NUMBER.fullmatch(digits):
        raise BadMessage(
            status.WS_1008_POLICY_VIOLATION, "The number to call from is no phone number."
        )
    return digits


def _from_this_machine(connection: HTTPConnection) -> None:
    """Refuse what another web page, or a name that only points here, would have us do."""
    host = connection.headers.get("host", "")
    origin = connection.headers.get("origin")
    if _name(f"//{host}") in LOOPBACK and origin in (None, f"http://{host}"):
        return
    if connection.scope["type"] == "websocket":
        raise WebSocketException(status.WS_1008_POLICY_VIOLATION)
    raise HTTPException(
        status.HTTP_403_FORBIDDEN, "The softphone serves this machine alone: open it as 127.0.0.1."
    )


def _name(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


def _page(path: Path, media_type: str) -> Any:
    async def page() -> Response:
        body = await asyncio.to_thread(path.read_bytes)
        return Response(body, media_type=media_type, headers=_HEADERS)

    return page
