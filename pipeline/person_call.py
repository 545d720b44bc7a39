"""The call to the shop's person while a caller waits: it rings, and in the end nobody came."""

import asyncio
from typing import Literal

from loguru import logger

from pipeline.carrier import CallGone, Calls, CarrierCall, CarrierError, NewCall
from pipeline.turns import HandoverTimes

Missed = Literal["no_answer", "busy", "declined", "failed"]
"""Why the person did not take the call; `declined` is also a voicemail, which presses no key."""

_WHY: dict[str, Missed] = {
    "completed": "declined",
    "busy": "busy",
    "failed": "failed",
    "no-answer": "no_answer",
    "canceled": "no_answer",
}


class PersonCall:
    """One call to a person, watched by asking the carrier how it stands.

    That the person took it is not seen here: then the carrier moves the caller, the caller's
    stream ends, and whoever waits is cancelled.
    """

    def __init__(self, calls: Calls, invitation: NewCall, times: HandoverTimes) -> None:
        self._calls = calls
        self._invitation = invitation
        self._times = times
        self._placing: asyncio.Task[CarrierCall] | None = None

    async def missed(self) -> Missed:
        """Call, and return why nobody came; the person's phone is silent then."""
        try:
            async with asyncio.timeout(self._times.limit_s):
                return await self._follow()
        except TimeoutError:
            await self.stop()
            return "no_answer"
        except CarrierError as exc:
            logger.bind(error=str(exc), kind=type(exc).__name__).error("person_not_called")
            return "failed"

    async def stop(self) -> None:
        """Hang up, wherever the call stands; never raises."""
        sid = await self._sid()
        if sid is None:
            return
        try:
            await self._calls.hang_up(sid)
        except CarrierError as exc:
            logger.bind(sid=sid, error=str(exc)).error("person_not_hung_up")

    async def taken(self) -> bool:
        """Say whether the person is on the line at this moment; False when that is not known."""
        sid = await self._sid()
        try:
            return sid is not None and (await self._calls.get(sid)).status == "in-progress"
        except CarrierError:
            return False

    async def _follow(self) -> Missed:
        # A task of its own: a caller who gives up while the carrier is being asked must not leave
        # a telephone ringing whose name we do not know.
        self._placing = asyncio.create_task(self._calls.create(self._invitation))
        placed = await asyncio.shield(self._placing)
        while True:
            await asyncio.sleep(self._times.poll_s)
            try:
                call = await self._calls.get(placed.sid)
            except CallGone:
                return "failed"
            except CarrierError as exc:
                logger.bind(sid=placed.sid, error=str(exc)).warning("person_call_unknown")
                continue
            if call.over:
                return _WHY[call.status]

    async def _sid(self) -> str | None:
        if self._placing is None:
            return None
        try:
            return (await self._placing).sid
        except CarrierError:
            return None
