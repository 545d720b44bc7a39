"""Handing a caller over to a person: what the carrier is told, and what happens at the key press.

The person's leg and the caller's meet in a conference. Whichever process gets the webhook of the
person's key press moves the caller by REST, from what the signed address says alone: it need not be
the process that holds the call, and no memory is shared (docs/decisions/0020).
"""

import asyncio
import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal, get_args

from loguru import logger
from twilio.twiml.voice_response import VoiceResponse

from pipeline import prompt, turns
from pipeline.carrier import CallGone, Calls, CarrierError, CarrierUnavailable, NewCall
from shop.identity import Trust

TICKET_LIFE_S = 4 * 3600
"""Twilio ends a call after four hours; until then the caller's leg may come back to us."""

Step = Literal["answer", "after", "back"]
"""`answer`: the person pressed a key; `after`: caller and person have talked; `back`: the caller
was moved and nobody was there."""

Accepted = Literal["joined", "gone", "failed"]


class BadTicket(Exception):
    """The ticket in a webhook's address was not issued by us, or is too old."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """One attempt to hand a call over: which call, what its number is worth, and where to meet."""

    call_sid: str
    attestation: Trust
    nonce: str

    @property
    def room(self) -> str:
        """The conference's name; Twilio asks for one without personal data."""
        return f"handover-{self.nonce}"


class Transfers:
    """Tickets, their TwiML, and the move of a caller; one a process. `close` it at the end."""

    def __init__(
        self,
        calls: Calls,
        *,
        auth_token: str,
        public_url: str,
        claim: Callable[[str, int], Awaitable[bool | None]],
        times: turns.HandoverTimes = turns.HANDOVER,
    ) -> None:
        self.calls = calls
        self._key = hashlib.sha256(b"handover ticket\0" + auth_token.encode()).digest()
        self._public_url = public_url
        self._claim = claim
        self._times = times
        self._accepted: dict[str, float] = {}
        self._watches: set[asyncio.Task[None]] = set()

    @property
    def watching(self) -> bool:
        """Say whether a transfer was accepted so recently that it is still being watched."""
        return bool(self._watches)

    async def close(self) -> None:
        """Stop watching transfers."""
        for watch in self._watches:
            watch.cancel()
        await asyncio.gather(*self._watches, return_exceptions=True)

    def issue(self, call_sid: str, attestation: Trust, now_s: float | None = None) -> str:
        """Return a fresh ticket for a call, as it stands in the webhooks' addresses."""
        expiry = int((time.time() if now_s is None else now_s) + TICKET_LIFE_S)
        body = f"{call_sid}.{attestation}.{expiry}.{secrets.token_urlsafe(12)}"
        return f"{body}.{self._sign(body)}"

    def read(self, token: str, now_s: float | None = None) -> Ticket:
        """Return what a ticket says; raises BadTicket."""
        body, _, signature = token.rpartition(".")
        parts = body.split(".")
        if not hmac.compare_digest(signature.encode(), self._sign(body).encode()):
            raise BadTicket("the ticket was not issued here")
        call_sid, attestation, expiry, nonce = parts
        if int(expiry) < (time.time() if now_s is None else now_s):
            raise BadTicket("the ticket has expired")
        # Signed by us, so one of these; said to the type checker.
        trust: Trust = next(t for t in get_args(Trust) if t == attestation)
        return Ticket(call_sid, trust, nonce)

    def url(self, token: str, step: Step) -> str:
        """Return the address of a webhook of this ticket."""
        return f"{self._public_url}/api/v1/webhooks/handover/{token}/{step}"

    def invitation(self, number: str, token: str, briefing: str) -> NewCall:
        """Return the call to the person: a briefing, a key to take it, silence to decline."""
        response = VoiceResponse()
        keys = response.gather(
            num_digits=1,
            timeout=self._times.key_wait_s,
            action=self.url(token, "answer"),
            method="POST",
        )
        keys.say(f"{briefing} {prompt.PRESS_A_KEY}")
        response.say(prompt.NOT_TAKEN)
        response.hangup()
        return NewCall(number, twiml=str(response), timeout_s=self._times.ring_s)

    async def accept(self, token: str, ticket: Ticket, person_sid: str) -> Accepted:
        """Move the caller into the room, once; `gone` when there is no caller any more.

        A repeated webhook moves nobody again: a caller moved twice would leave the room, and so
        end the conference.
        """
        if not await self._first(ticket):
            return "joined"
        caller = _meet(ticket.room, say=prompt.CONNECTING, action=self.url(token, "after"))
        try:
            await self._move(ticket.call_sid, caller)
        except CallGone:
            return "gone"
        except CarrierError as exc:
            logger.bind(call_sid=ticket.call_sid, error=str(exc)).error("handover_failed")
            return "failed"
        watch = asyncio.create_task(self._watch(token, ticket, person_sid))
        self._watches.add(watch)
        watch.add_done_callback(self._watches.discard)
        logger.bind(call_sid=ticket.call_sid, person_sid=person_sid).info("handover_accepted")
        return "joined"

    async def _move(self, call_sid: str, twiml: str) -> None:
        try:
            await self.calls.redirect(call_sid, twiml=twiml)
        except CarrierUnavailable:
            # Perhaps only the answer was lost. The person is not in the room yet, so once more
            # does no harm.
            await self.calls.redirect(call_sid, twiml=twiml)

    async def _watch(self, token: str, ticket: Ticket, person_sid: str) -> None:
        """Bring the caller back if the person hangs up before they have met.

        The conference ends when the person leaves it; it does not when they never came.
        """
        for _ in range(self._times.watches):
            await asyncio.sleep(self._times.poll_s)
            try:
                if not (await self.calls.get(person_sid)).over:
                    continue
                logger.bind(call_sid=ticket.call_sid).warning("handover_fell_through")
                await self.calls.redirect(ticket.call_sid, url=self.url(token, "back"))
            except CarrierError as exc:
                logger.bind(call_sid=ticket.call_sid, error=str(exc)).info("handover_watch")
                continue
            return

    async def _first(self, ticket: Ticket) -> bool:
        now_s = time.monotonic()
        self._accepted = {n: until for n, until in self._accepted.items() if until > now_s}
        fresh_here = ticket.nonce not in self._accepted
        self._accepted[ticket.nonce] = now_s + TICKET_LIFE_S
        fresh_anywhere = await self._claim(f"handover:{ticket.nonce}", TICKET_LIFE_S)
        return fresh_here and fresh_anywhere is not False

    def _sign(self, body: str) -> str:
        digest = hmac.new(self._key, body.encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def person_joins(ticket: Ticket) -> str:
    """Return TwiML that brings the person into the room."""
    return _meet(ticket.room)


def said_and_hung_up(sentence: str) -> str:
    """Return TwiML that says one sentence and hangs up."""
    response = VoiceResponse()
    response.say(sentence)
    response.hangup()
    return str(response)


def _meet(room: str, *, say: str = "", action: str = "") -> str:
    """Return TwiML that joins a room which ends as soon as either of the two leaves."""
    response = VoiceResponse()
    if say:
        response.say(say)
    dial = response.dial(action=action, method="POST") if action else response.dial()
    dial.conference(
        room, start_conference_on_enter=True, end_conference_on_exit=True, beep=False, wait_url=""
    )
    return str(response)
