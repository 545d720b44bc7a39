"""A caller on the phone: hears the agent, waits until it has finished, speaks or hangs up."""

import asyncio
import time
from collections.abc import Callable

from qa.audio import AUDIBLE_RMS, Pcm, loudness
from sandbox.twilio.leg import Leg
from sandbox.twilio.mulaw import decode

REACTION_S = 0.9
"""Silence after which a person takes it that the other has finished."""


class NothingHeard(Exception):
    """The agent said nothing for longer than a caller would wait."""


class Caller:
    """The person on one leg of a call; `beside` hears what they hear: each 20 ms, and when."""

    def __init__(self, leg: Leg, beside: Callable[[bytes, float], None] | None = None) -> None:
        self._leg = leg
        self._beside = beside
        self._heard_at_s: float | None = None
        leg.on_audio = self._hear

    async def listen(self, timeout_s: float = 15.0, *, quiet_s: float = REACTION_S) -> None:
        """Wait until the agent has said something and then been silent for `quiet_s`.

        Raises NothingHeard when it has said nothing after `timeout_s` seconds. Returns at once
        when the call has ended.
        """
        since_s = time.monotonic()
        while not self._leg.ended.is_set():
            now_s = time.monotonic()
            spoke = self._heard_at_s is not None and self._heard_at_s > since_s
            if spoke and now_s - (self._heard_at_s or now_s) >= quiet_s:
                return
            if not spoke and now_s - since_s > timeout_s:
                raise NothingHeard(f"the agent said nothing for {timeout_s:.0f} s")
            await asyncio.sleep(0.02)

    async def wait_for_quiet(self, quiet_s: float, timeout_s: float = 30.0) -> None:
        """Wait until the agent has been silent for `quiet_s`, whether it said something or not.

        Returns at once when the call has ended. Raises NothingHeard when it never is silent.
        """
        since_s = time.monotonic()
        while not self._leg.ended.is_set():
            now_s = time.monotonic()
            if now_s - max(self._heard_at_s or since_s, since_s) >= quiet_s:
                return
            if now_s - since_s > timeout_s:
                raise NothingHeard(f"the agent was not silent for {timeout_s:.0f} s")
            await asyncio.sleep(0.02)

    async def speak(self, pcm: Pcm) -> None:
        """Say something, in real time."""
        self._leg.say(pcm)
        await self._leg.said()

    async def hear_first_sound(self, timeout_s: float = 15.0) -> None:
        """Wait until the agent begins to speak; raises NothingHeard after `timeout_s` seconds."""
        since_s = time.monotonic()
        while self._heard_at_s is None or self._heard_at_s < since_s:
            if time.monotonic() - since_s > timeout_s:
                raise NothingHeard(f"the agent said nothing for {timeout_s:.0f} s")
            await asyncio.sleep(0.01)

    def _hear(self, frame: bytes, at_s: float) -> None:
        if self._beside:
            self._beside(frame, at_s)
        if loudness(decode(frame)) >= AUDIBLE_RMS:
            self._heard_at_s = time.monotonic()
