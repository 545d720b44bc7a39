"""Signed HTTP requests of the carrier to the service, under the service's public address."""

import asyncio
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import aiohttp
from yarl import URL

from sandbox.twilio import wire

TIMEOUT_S = 15.0
"""Twilio gives up on a webhook after this long."""


class WebhookError(Exception):
    """The service could not be reached, took too long, or answered with an error (error 11200)."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class Webhooks:
    """Signs for one account. `routes` leads a public host to where it really listens.

    With `{"shop.example": "http://127.0.0.1:8000"}` a request to https://shop.example/x is signed
    as such and arrives at 127.0.0.1:8000 as a TLS-ending proxy would hand it on.
    """

    auth_token: str
    routes: Mapping[str, str]

    def route(self, url: str) -> tuple[str, dict[str, str]]:
        """Say where to connect for a public URL, and the headers the proxy adds."""
        parts = urlsplit(url)
        target = self.routes.get(parts.netloc)
        if target is None:
            return url, {}
        behind = urlsplit(target)
        scheme = behind.scheme
        if parts.scheme in ("ws", "wss"):
            scheme = "wss" if scheme == "https" else "ws"
        headers = {
            "Host": parts.netloc,
            "X-Forwarded-Host": parts.netloc,
            "X-Forwarded-Proto": "https" if parts.scheme in ("https", "wss") else "http",
        }
        return urlunsplit(parts._replace(scheme=scheme, netloc=behind.netloc)), headers

    async def fetch(
        self,
        session: aiohttp.ClientSession,
        url: str,
        form: Mapping[str, str],
        *,
        method: str = "POST",
    ) -> str:
        """Send the form and return the body of a 2xx answer; raises WebhookError.

        Connection overrides after a # belong to the carrier and are not sent or signed.
        """
        url = url.partition("#")[0]
        if method == "GET":
            parts = urlsplit(url)
            query = urlencode([*parse_qsl(parts.query, keep_blank_values=True), *form.items()])
            url, form = urlunsplit(parts._replace(query=query)), {}
        address, headers = self.route(url)
        headers |= {
            "X-Twilio-Signature": wire.signature(self.auth_token, url, form),
            "I-Twilio-Idempotency-Token": str(uuid.uuid4()),
            "User-Agent": "TwilioProxy/1.1",
            "Accept": "*/*",
            "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
        }
        body = urlencode(form).encode() if method == "POST" else None
        try:
            async with (
                asyncio.timeout(TIMEOUT_S),
                session.request(
                    method, URL(address, encoded=True), data=body, headers=headers
                ) as response,
            ):
                text = await response.text()
                if response.status >= 400:
                    raise WebhookError(f"{url} answered {response.status}", response.status)
                return text
        except TimeoutError as exc:
            raise WebhookError(f"{url} did not answer within {TIMEOUT_S:.0f} s") from exc
        except (aiohttp.ClientError, UnicodeDecodeError) as exc:
            raise WebhookError(f"{url}: {exc}") from exc
