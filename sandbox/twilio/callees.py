"""People and machines that answer when the service calls them."""

import asyncio

from sandbox.twilio.leg import Leg
from sandbox.twilio.outbound import Callee

NOBODY = Callee("no-answer")
BUSY = Callee("busy")
NOT_IN_SERVICE = Callee("failed")


def presses(key: str, *, after_s: float = 0.0, rings_s: float = 0.0) -> Callee:
    """Somebody who picks up, listens for a moment and presses a key when they are asked to."""

    async def behave(leg: Leg) -> None:
        await leg.asked_for_keys.wait()
        await asyncio.sleep(after_s)
        leg.press(key)

    return Callee("human", rings_s, behaviour=behave)


def listens(rings_s: float = 0.0) -> Callee:
    """Somebody, or a voicemail, who picks up and presses nothing."""
    return Callee("human", rings_s)


def hangs_up(*, after_key: str = "", after_s: float = 0.0, rings_s: float = 0.0) -> Callee:
    """Somebody who picks up and hangs up, perhaps right after pressing a key."""

    async def behave(leg: Leg) -> None:
        await leg.asked_for_keys.wait()
        if after_key:
            leg.press(after_key)
        await asyncio.sleep(after_s)
        leg.end("caller_hung_up")

    return Callee("human", rings_s, behaviour=behave)
