"""The carrier: places calls to a service as Twilio does, and keeps the account's calls."""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Self

from sandbox.twilio import wire
from sandbox.twilio.conference import Rooms
from sandbox.twilio.impairment import Impairment
from sandbox.twilio.leg import CallSetup, Leg, StatusCallback
from sandbox.twilio.mulaw import Pcm
from sandbox.twilio.outbound import Callee, CallOrder, place
from sandbox.twilio.script import Instructions, follow
from sandbox.twilio.webhooks import Webhooks


class Carrier:
    """One account of the carrier. `async with Carrier(...)` hangs up what is left at the end.

    `routes` leads a public host of the service to where it listens (see `Webhooks`);
    `chars_per_s` is how fast <Say> speaks (0: at once); `transfers` gives the DialCallStatus of
    numbers that a <Dial> reaches ("completed" unless named). `calls_per_s` paces the calls that
    the service places, as the vendor does; those beyond it wait in its queue.
    """

    def __init__(
        self,
        *,
        account_sid: str,
        auth_token: str,
        clock: Callable[[], float] = time.monotonic,
        routes: Mapping[str, str] | None = None,
        chars_per_s: float = 0.0,
        transfers: Mapping[str, str] | None = None,
        calls_per_s: float | None = None,
    ) -> None:
        self.account_sid = account_sid
        self.auth_token = auth_token
        self.legs: dict[str, Leg] = {}
        self._clock = clock
        self._webhooks = Webhooks(auth_token, routes or {})
        self._chars_per_s = chars_per_s
        self._transfers = transfers or {}
        self._calls_per_s = calls_per_s
        self._next_call_at_s = 0.0
        self._rooms = Rooms()
        self._callees: dict[str, deque[Callee]] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Hang up every call and wait until all callbacks are delivered.

        An error in what a callee did comes out here.
        """
        legs = list(self.legs.values())
        await asyncio.gather(*(leg.hang_up() for leg in legs))
        behaviours = [leg.behaviour for leg in legs if leg.behaviour]
        for behaviour in behaviours:
            behaviour.cancel()
        for outcome in await asyncio.gather(*behaviours, return_exceptions=True):
            if isinstance(outcome, Exception):
                raise outcome

    async def dial(
        self,
        webhook_url: str,
        *,
        from_number: str | None,
        to_number: str,
        extra: Mapping[str, str] | None = None,
        status_callback: str | None = None,
        fallback_url: str | None = None,
        background: Pcm | None = None,
        impairment: Impairment | None = None,
    ) -> Leg:
        """Call the service and return once a stream is open, a <Pause> runs, or the call is over.

        `from_number=None` withholds the number. `extra` adds or replaces form fields.
        `background` is 8 kHz noise on the caller's side, repeated for the whole call; `impairment`
        is what its network does to that side from the moment the call is answered.
        """
        leg = self.open_leg(
            CallSetup(
                account_sid=self.account_sid,
                from_number=from_number if from_number is not None else wire.ANONYMOUS_NUMBER,
                to_number=to_number,
                extra=extra or {},
                status_callback=StatusCallback(status_callback) if status_callback else None,
                background=background,
                impairment=impairment,
                chars_per_s=self._chars_per_s,
                transfers=self._transfers,
            )
        )
        leg.begin(follow(leg, Instructions(url=webhook_url, fallback_url=fallback_url)))
        await leg.connected.wait()
        return leg

    def expect(self, number: str, *callees: Callee) -> None:
        """Say how a number answers: one after the other, and the last one from then on.

        A number of which nothing was said does not exist: its calls fail.
        """
        self._callees[number] = deque(callees)

    def place(self, order: CallOrder) -> Leg:
        """Place a call for the service; returns at once with the leg, queued."""
        leg = self.open_leg(
            CallSetup(
                account_sid=self.account_sid,
                from_number=order.from_number,
                to_number=order.to_number,
                direction="outbound-api",
                status_callback=order.status_callback,
                chars_per_s=self._chars_per_s,
                transfers=self._transfers,
            )
        )
        wait_s = 0.0
        if self._calls_per_s:
            now_s = self._clock()
            wait_s = max(0.0, self._next_call_at_s - now_s)
            self._next_call_at_s = now_s + wait_s + 1 / self._calls_per_s
        leg.queue_ms = round(wait_s * 1000)
        callees = self._callees.get(order.to_number) or deque([Callee("failed")])
        callee = callees.popleft() if len(callees) > 1 else callees[0]
        leg.begin(place(leg, callee, order, wait_s))
        return leg

    def open_leg(self, setup: CallSetup) -> Leg:
        """Make a leg and keep it under its CallSid."""
        leg = Leg(setup, webhooks=self._webhooks, clock=self._clock, rooms=self._rooms)
        self.legs[leg.call_sid] = leg
        return leg
