"""Twilio's Calls API: place a call, look at it, change it, list calls.

Written on httpx, not on Twilio's own client: that one builds the host's name out of pieces (edge,
region) and so cannot be pointed at another root, and it takes its time-outs a request at a time.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, Protocol

import httpx
from loguru import logger

from settings import Settings

TIMEOUT_S = 4.0
"""Twilio answers within a second; a caller who waits for this hears silence until it gives up."""

CONNECT_TIMEOUT_S = 2.0

PAGE_SIZE = 200

CallStatus = Literal[
    "queued", "initiated", "ringing", "in-progress", "completed", "busy", "failed", "no-answer",
    "canceled",
]  # fmt: skip
OVER: frozenset[str] = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})
"""Statuses that a call does not leave any more."""


class CarrierError(Exception):
    """The carrier did not do what it was asked.

    CarrierError
    |- CallGone             the call is over, or never was
    |- CarrierRefused       it understood and says no: a wrong number, credentials, a bad request
    `- CarrierUnavailable   no answer, too many requests, or an error of its own: it may have
                            happened all the same, and trying later may help
    """

    def __init__(self, message: str, code: int | None = None) -> None:
        super().__init__(message)
        self.code = code


class CallGone(CarrierError):
    """The call is over, or never was."""


class CarrierRefused(CarrierError):
    """The carrier understood and says no."""


class CarrierUnavailable(CarrierError):
    """The carrier does not answer, or not with what it should."""


@dataclass(frozen=True, slots=True)
class NewCall:
    """A call to be placed; give `twiml`, or the `url` it is fetched from.

    `timeout_s` is how long it may ring, whole seconds. `status_callback` is told the `events`.
    """

    to_number: str
    twiml: str = ""
    url: str = ""
    timeout_s: int = 60
    time_limit_s: int | None = None
    status_callback: str = ""
    events: Sequence[str] = ("completed",)
    machine_detection: Literal["", "Enable", "DetectMessageEnd"] = ""

    def form(self) -> dict[str, Any]:
        """Return the fields of the request, From and To excepted."""
        form: dict[str, Any] = {"Timeout": str(self.timeout_s)}
        form |= {"Twiml": self.twiml} if self.twiml else {"Url": self.url}
        if self.status_callback:
            form["StatusCallback"] = self.status_callback
            form["StatusCallbackEvent"] = list(self.events)
        if self.machine_detection:
            form["MachineDetection"] = self.machine_detection
        if self.time_limit_s is not None:
            form["TimeLimit"] = str(self.time_limit_s)
        return form


@dataclass(frozen=True, slots=True)
class CarrierCall:
    """A call as the carrier tells of it."""

    sid: str
    status: CallStatus
    to_number: str
    from_number: str
    direction: str
    answered_by: str | None = None

    @property
    def over(self) -> bool:
        """Say whether the call has ended, however."""
        return self.status in OVER


class Calls(Protocol):
    """Whatever places calls; `Carrier` is the real one. Every method may raise CarrierError."""

    async def create(self, call: NewCall) -> CarrierCall:
        """Place a call; returns as soon as it is queued."""
        ...

    async def get(self, sid: str) -> CarrierCall:
        """Look at a call."""
        ...

    async def redirect(self, sid: str, *, twiml: str = "", url: str = "") -> CarrierCall:
        """Make a call in progress leave what it does and follow this."""
        ...

    async def hang_up(self, sid: str) -> None:
        """End a call, ringing or in progress; one that is over already is no error."""
        ...


class Carrier:
    """The account's calls, over one pool of connections; `close` it at the end.

    With a `test_number` set that is the only number ever dialled, whatever was asked for.
    """

    def __init__(
        self,
        *,
        account_sid: str,
        auth_token: str,
        from_number: str,
        base_url: str,
        test_number: str | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._from = from_number
        self._test_number = test_number
        self._root = f"/2010-04-01/Accounts/{account_sid}/Calls"
        self._client = httpx.AsyncClient(
            base_url=base_url,
            auth=(account_sid, auth_token),
            timeout=httpx.Timeout(TIMEOUT_S, connect=CONNECT_TIMEOUT_S),
            transport=transport,
        )

    @classmethod
    def of(cls, settings: Settings) -> "Carrier":
        """Return the carrier that the settings name; no request is made."""
        return cls(
            account_sid=settings.twilio_account_sid,
            auth_token=settings.twilio_auth_token,
            from_number=settings.twilio_phone_number,
            base_url=settings.twilio_api_base_url,
            test_number=settings.your_test_number,
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def create(self, call: NewCall) -> CarrierCall:
        """Place a call; returns as soon as it is queued.

        A CarrierUnavailable does not say that no call was placed: there is no key that would make
        asking twice safe.
        """
        number = self._test_number or call.to_number
        form = {"To": number, "From": self._from, **call.form()}
        placed = _call(await self._request("POST", ".json", form))
        logger.bind(sid=placed.sid, queued=placed.status).info("call_placed")
        return placed

    async def get(self, sid: str) -> CarrierCall:
        """Look at a call; raises CallGone for one the account never had."""
        return _call(await self._request("GET", f"/{sid}.json"))

    async def redirect(self, sid: str, *, twiml: str = "", url: str = "") -> CarrierCall:
        """Make a call in progress leave what it does and follow this; raises CallGone."""
        form = {"Twiml": twiml} if twiml else {"Url": url}
        return _call(await self._request("POST", f"/{sid}.json", form))

    async def hang_up(self, sid: str) -> None:
        """End a call, ringing or in progress; one that is over already is no error."""
        try:
            await self._request("POST", f"/{sid}.json", {"Status": "completed"})
        except CallGone:
            logger.bind(sid=sid).debug("the call was over already")

    async def recent(
        self, to_number: str | None = None, since: date | None = None
    ) -> list[CarrierCall]:
        """Return calls, newest first, to a number and begun on a day (UTC) or later; all pages."""
        query: dict[str, str] = {"PageSize": str(PAGE_SIZE)}
        query |= {"To": to_number} if to_number else {}
        query |= {"StartTime>": since.isoformat()} if since else {}
        page = await self._request("GET", ".json", query=query)
        found = [_call(one) for one in _listed(page)]
        while following := page.get("next_page_uri"):
            page = await self._send("GET", str(following))
            found += [_call(one) for one in _listed(page)]
        return found

    async def _request(
        self,
        method: str,
        path: str,
        form: Mapping[str, Any] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        return await self._send(method, self._root + path, form, query)

    async def _send(
        self,
        method: str,
        path: str,
        form: Mapping[str, Any] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        try:
            response = await self._client.request(method, path, data=form, params=query)
            body = response.json()
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as exc:
            raise CarrierUnavailable(f"{method} {type(exc).__name__}") from exc
        if not isinstance(body, dict):
            raise CarrierUnavailable(f"{method} answered {response.status_code} with no object")
        if response.status_code >= 400:
            raise _refusal(response.status_code, body)
        return body


def _refusal(status: int, body: Mapping[str, Any]) -> CarrierError:
    code = body.get("code") if isinstance(body.get("code"), int) else None
    message = f"{status}: {code} {str(body.get('message', ''))[:200]}"
    if status == 404:
        return CallGone(message, code)
    kind = CarrierUnavailable if status == 429 or status >= 500 else CarrierRefused
    return kind(message, code)


def _listed(page: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    calls = page.get("calls")
    if not isinstance(calls, list):
        raise CarrierUnavailable("the list of calls holds none")
    return calls


def _call(body: Mapping[str, Any]) -> CarrierCall:
    try:
        return CarrierCall(
            sid=str(body["sid"]),
            status=body["status"],
            to_number=str(body.get("to") or ""),
            from_number=str(body.get("from") or ""),
            direction=str(body.get("direction") or ""),
            answered_by=body.get("answered_by"),
        )
    except (KeyError, TypeError) as exc:
        raise CarrierUnavailable("the carrier's answer is no call") from exc
