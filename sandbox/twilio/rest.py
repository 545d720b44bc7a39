"""The Calls REST API of one account: create, read, change and list calls."""

import asyncio
import base64
import binascii
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from sandbox.twilio.callform import CallForm, RestError
from sandbox.twilio.carrier import Carrier
from sandbox.twilio.leg import FINAL, Leg
from sandbox.twilio.script import follow

_NOT_FOUND = "The requested resource was not found"


@dataclass(slots=True)
class RestFault:
    """What goes wrong with the next `times` requests; `after_effect`: only the answer is lost."""

    status: int = 500
    code: int = 20500
    times: int = 1
    hang_s: float = 0.0
    after_effect: bool = False


def router(carrier: Carrier, *, faults: list[RestFault] | None = None) -> APIRouter:
    """Build /2010-04-01/Accounts/{sid}/Calls...; must run in the event loop of the carrier.

    `faults` may be filled while it runs; each entry is used up.
    """
    api = _Api(carrier, faults if faults is not None else [])
    routes = APIRouter(prefix="/2010-04-01/Accounts/{account_sid}")
    routes.add_api_route("/Calls.json", api.create, methods=["POST"])
    routes.add_api_route("/Calls.json", api.list, methods=["GET"])
    routes.add_api_route("/Calls/{call_sid}.json", api.fetch, methods=["GET"])
    routes.add_api_route("/Calls/{call_sid}.json", api.update, methods=["POST"])
    return routes


class _Api:
    def __init__(self, carrier: Carrier, faults: list[RestFault]) -> None:
        self._carrier = carrier
        self._faults = faults

    async def create(self, request: Request, account_sid: str) -> Response:
        form = CallForm(await request.form())

        def work() -> Response:
            return JSONResponse(call_json(self._carrier.place(form.order())), status_code=201)

        return await self._answer(request, account_sid, work)

    async def list(self, request: Request, account_sid: str) -> Response:
        return await self._answer(
            request, account_sid, lambda: JSONResponse(_page(self._carrier, request))
        )

    async def fetch(self, request: Request, account_sid: str, call_sid: str) -> Response:
        return await self._answer(
            request, account_sid, lambda: JSONResponse(call_json(self._leg(call_sid)))
        )

    async def update(self, request: Request, account_sid: str, call_sid: str) -> Response:
        form = CallForm(await request.form())

        def work() -> Response:
            leg = self._leg(call_sid)
            if leg.status in FINAL:
                raise RestError(404, 20404, _NOT_FOUND)
            _change(leg, form)
            return JSONResponse(call_json(leg))

        return await self._answer(request, account_sid, work)

    def _leg(self, call_sid: str) -> Leg:
        leg = self._carrier.legs.get(call_sid)
        if leg is None:
            raise RestError(404, 20404, _NOT_FOUND)
        return leg

    async def _answer(
        self, request: Request, account_sid: str, work: Callable[[], Response]
    ) -> Response:
        """Do the work unless the credentials, the account or a fault stand against it."""
        fault = self._take_fault()
        if fault and fault.hang_s:
            await asyncio.sleep(fault.hang_s)
        try:
            self._check_credentials(request.headers.get("authorization", ""))
            if account_sid != self._carrier.account_sid:
                raise RestError(404, 20404, _NOT_FOUND)
            response = None if fault and not fault.after_effect else work()
            if fault:
                raise RestError(fault.status, fault.code, "An error has occurred")
            return response or Response(status_code=204)
        except RestError as exc:
            return _refusal(exc)

    def _take_fault(self) -> RestFault | None:
        if not self._faults:
            return None
        fault = self._faults[0]
        fault.times -= 1
        if fault.times <= 0:
            self._faults.pop(0)
        return fault

    def _check_credentials(self, authorization: str) -> None:
        kind, _, encoded = authorization.partition(" ")
        try:
            given = base64.b64decode(encoded, validate=True) if kind.lower() == "basic" else b""
        except binascii.Error:
            given = b""
        wanted = f"{self._carrier.account_sid}:{self._carrier.auth_token}".encode()
        if not hmac.compare_digest(given, wanted):
            raise RestError(401, 20003, "Authenticate")


def _change(leg: Leg, form: CallForm) -> None:
    status = form.text("Status")
    answered = leg.answered_at is not None
    if status == "completed":
        leg.end("server_hung_up", "completed" if answered else "canceled")
    elif status == "canceled":
        if not answered:
            leg.end("server_hung_up", "canceled")
    elif status:
        raise RestError(400, 21218, f"Invalid Status: {status}")
    elif instructions := form.instructions():
        if not answered:
            raise RestError(400, 21220, "Call is not in-progress. Cannot redirect.")
        leg.note("redirected", instructions.url)
        leg.divert(follow(leg, instructions))
    else:
        raise RestError(400, 21220, "Nothing to change")


def _refusal(error: RestError) -> Response:
    body = {
        "code": error.code,
        "message": error.message,
        "more_info": f"https://www.twilio.com/docs/errors/{error.code}",
        "status": error.status,
    }
    headers = {"WWW-Authenticate": 'Basic realm="Twilio API"'} if error.status == 401 else {}
    return JSONResponse(body, status_code=error.status, headers=headers)


def call_json(leg: Leg) -> dict[str, Any]:
    """Write a call as the API shows it."""
    setup = leg.setup
    root = f"/2010-04-01/Accounts/{setup.account_sid}/Calls/{leg.call_sid}"
    duration_s = leg.duration_s
    subresources = ("notifications", "recordings", "streams", "transcriptions")
    return {
        "sid": leg.call_sid,
        "account_sid": setup.account_sid,
        "api_version": "2010-04-01",
        "status": leg.status,
        "direction": setup.direction,
        "from": setup.from_number,
        "from_formatted": _formatted(setup.from_number),
        "to": setup.to_number,
        "to_formatted": _formatted(setup.to_number),
        "answered_by": leg.answered_by,
        "caller_name": None,
        "forwarded_from": None,
        "group_sid": None,
        "parent_call_sid": None,
        "phone_number_sid": None,
        "trunk_sid": "",
        "annotation": None,
        "date_created": format_datetime(leg.created_at),
        "date_updated": format_datetime(leg.ended_at or leg.answered_at or leg.created_at),
        "start_time": format_datetime(leg.answered_at) if leg.answered_at else None,
        "end_time": format_datetime(leg.ended_at) if leg.ended_at else None,
        "duration": None if duration_s is None else str(duration_s),
        "price": None,
        "price_unit": "USD",
        "queue_time": str(leg.queue_ms),
        "uri": f"{root}.json",
        "subresource_uris": {name: f"{root}/{name.title()}.json" for name in subresources},
    }


def _formatted(number: str) -> str:
    if number.startswith("+1") and len(number) == 12:
        return f"({number[2:5]}) {number[5:8]}-{number[8:]}"
    return number


def _page(carrier: Carrier, request: Request) -> dict[str, Any]:
    """List the calls that pass the filters, newest first, one page of them."""
    query = request.query_params
    try:
        size = min(max(int(query.get("PageSize", "50")), 1), 1000)
        number = max(int(query.get("Page", "0")), 0)
        found = [leg for leg in reversed(list(carrier.legs.values())) if _passes(leg, request)]
    except ValueError as exc:
        raise RestError(400, 20001, f"Invalid parameter: {exc}") from exc

    def uri(page: int) -> str:
        kept = [(k, v) for k, v in query.multi_items() if k not in ("Page", "PageSize")]
        wanted = urlencode([*kept, ("PageSize", size), ("Page", page)])
        return f"{request.url.path}?{wanted}"

    shown = found[number * size : (number + 1) * size]
    more = (number + 1) * size < len(found)
    return {
        "calls": [call_json(leg) for leg in shown],
        "page": number,
        "page_size": size,
        "start": number * size,
        "end": number * size + max(len(shown) - 1, 0),
        "uri": uri(number),
        "first_page_uri": uri(0),
        "next_page_uri": uri(number + 1) if more else None,
        "previous_page_uri": uri(number - 1) if number else None,
    }


def _passes(leg: Leg, request: Request) -> bool:
    query, setup = request.query_params, leg.setup
    equal = {"To": setup.to_number, "From": setup.from_number, "Status": leg.status}
    if any(query.get(name, value) != value for name, value in equal.items()):
        return False
    began, ended = leg.answered_at or leg.created_at, leg.ended_at
    for name, at in (("StartTime", began), ("EndTime", ended)):
        for sign in ("", "<", ">"):
            if (wanted := query.get(name + sign)) and not _in_time(at, sign, wanted):
                return False
    return True


def _in_time(at: datetime | None, sign: str, wanted: str) -> bool:
    """Compare with a day or an instant, both in UTC; a sign includes what it names."""
    if at is None:
        return False
    limit = datetime.fromisoformat(wanted)
    limit = limit.replace(tzinfo=UTC) if limit.tzinfo is None else limit
    if sign == "<":
        return at.date() <= limit.date() if len(wanted) == 10 else at <= limit
    if sign == ">":
        return at >= limit
    return at.date() == limit.date()
