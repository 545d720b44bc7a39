"""Which service a recorded caller phones: one that runs somewhere, or one started for it."""

import contextlib
import ipaddress
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from sandbox.latency import ProfileName
from sandbox.story import Records
from sandbox.twilio.carrier import Carrier
from sandbox.twilio.leg import Leg
from sandbox.world import ACCOUNT_SID, AUTH_TOKEN, INBOUND_CALL, SHOP_NUMBER, service, world

LOG_S = 20.0
"""How long the call log of a service started here is waited for; it comes within a second."""


class CannotCallError(Exception):
    """No call can be made; the message says what to do about it."""


class Access(BaseSettings):
    """What is known of a running service, from the environment or `.env`; all may be missing."""

    model_config = SettingsConfigDict(
        env_file=".env", extra="ignore", frozen=True, env_ignore_empty=True
    )

    twilio_account_sid: str = ACCOUNT_SID
    twilio_auth_token: str | None = Field(default=None, repr=False)
    twilio_phone_number: str = SHOP_NUMBER
    public_url: str | None = None
    database_url: str | None = Field(default=None, repr=False)
    redis_url: str | None = Field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Server:
    """A service that can be phoned. `records` is None when its call log is out of reach."""

    carrier: Carrier
    webhook_url: str
    number: str
    records: Records | None
    log: Path | None = None
    signed: str = ""
    """With what the carrier's requests are signed, in words."""


@contextlib.asynccontextmanager
async def started(profile: ProfileName, progress: Callable[[str], None]) -> AsyncIterator[Server]:
    """Start a service with everything around it, for this call alone. Raises ServiceError."""
    async with (
        world(profile=profile, progress=progress) as place,
        service(place, progress=progress) as running,
    ):
        yield Server(
            place.carrier,
            running.url + INBOUND_CALL,
            SHOP_NUMBER,
            Records(place.redis_url, place.database_url, last_lines_s=LOG_S),
            running.log,
        )


@contextlib.asynccontextmanager
async def running(url: str, public_url: str | None, access: Access) -> AsyncIterator[Server]:
    """Reach a service that runs already. Raises CannotCallError when that cannot be tried.

    `public_url` is the address that requests are signed for, if it is not `url`: the service's
    PUBLIC_URL. A service on this machine behind a tunnel has another one.
    """
    base = _checked(url, "--url")
    if public_url is None and _local(base):
        public_url = access.public_url
    public = _checked(public_url, "--public-url") if public_url else base
    token = access.twilio_auth_token
    signed = f"for {public} with the TWILIO_AUTH_TOKEN of the environment or .env"
    if token is None:
        if not _local(base):
            raise CannotCallError(
                "TWILIO_AUTH_TOKEN is missing: the service takes no call that is not signed with"
                f" its own. Set the one that {base} has, in the environment or in .env"
            )
        token = AUTH_TOKEN
        signed = f"for {public} as `make run` expects it, since TWILIO_AUTH_TOKEN is not set"
    routes = {urlsplit(public).netloc: base} if public != base else {}
    records = None
    if access.database_url and access.redis_url:
        if not access.redis_url.startswith(("redis://", "rediss://", "unix://")):
            raise CannotCallError("REDIS_URL: must be an address that starts with redis://")
        records = Records(access.redis_url, access.database_url)
    webhook_url = public + (INBOUND_CALL if not urlsplit(public).path else "")
    async with Carrier(
        account_sid=access.twilio_account_sid, auth_token=token, routes=routes
    ) as carrier:
        yield Server(carrier, webhook_url, access.twilio_phone_number, records, signed=signed)


def check_answered(leg: Leg, server: Server) -> None:
    """Raise CannotCallError when this is no service, or not one that takes our calls.

    A service that takes the call and then fails or turns it away is the verdict's business.
    """
    said = {event.kind: event.detail for event in leg.events}
    status, at = leg.webhook_status, server.webhook_url
    if status == 403:
        raise CannotCallError(
            f"{at} refuses the signature (403). It was signed {server.signed}. Set the service's"
            " own TWILIO_AUTH_TOKEN; if its PUBLIC_URL is another address than this one, name that"
            " with --public-url"
        )
    if status in (404, 405):
        raise CannotCallError(
            f"{at} is no webhook for calls ({status}); give the address of the service, or the"
            " whole address of its webhook"
        )
    if leg.end_reason == "application_error" and status is None:
        raise CannotCallError(
            f"nobody answers at {at}: {said['application_error'].removeprefix(f'{at}: ')}. Start"
            " the service, correct --url, or leave it out: then one is started here"
        )
    if leg.end_reason == "application_error" and status == 200:
        raise CannotCallError(
            f"{at} answers, but not as a service for calls does: {said.get('application_error')}"
        )
    if "stream_error" in said and "first_media_sent" not in said:
        raise CannotCallError(
            f"the service takes the call, but its media stream cannot be reached:"
            f" {said['stream_error']}. Its PUBLIC_URL must be an address that leads to it"
        )


def _checked(url: str, option: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise CannotCallError(f"{option} {url}: must be like http://127.0.0.1:8000")
    return url.rstrip("/")


def _local(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return host == "localhost" or "." not in host
