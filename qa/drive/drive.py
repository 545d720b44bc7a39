"""Plays a recorded caller into a service, telling the call as it happens."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path

from qa.caller import Caller
from qa.drive.call import Course, Timing, converse
from qa.drive.hearing import Hearing
from qa.drive.kept import Heard, keep
from qa.drive.script import Script, Turn
from qa.drive.server import CannotCallError, Server, check_answered
from qa.drive.verdict import Verdict, judge
from qa.telling import tell, tell_news, tell_said
from sandbox.twilio.impairment import Impairment
from sandbox.twilio.leg import Leg

DIAL_S = 40.0
"""The carrier gives a webhook 15 s; a service that does not open its stream either is given up."""

_Hear = Callable[[bytes, float], None]
_Saying = Callable[[Turn], None]


@dataclass(frozen=True, slots=True)
class Options:
    """How a caller is driven: `caller` is a number in E.164, None for a withheld one.

    An answer that takes longer than `within_s` seconds fails the call; `line` is what the network
    does to the caller's side.
    """

    out: Path
    caller: str | None
    timing: Timing = "agent"
    within_s: float = 10.0
    line: Impairment | None = None


async def drive(server: Server, script: Script, options: Options) -> Verdict:
    """Make the call and judge it. What there is of it is kept, however it ends.

    Raises CannotCallError when there is no service that takes it.
    """
    leg = await _dialled(server, options)
    check_answered(leg, server)
    course = Course()
    heard: list[Heard] = []
    try:
        if leg.stream_sid is not None:
            async with _told(server, leg, heard) as (hear, saying):
                await converse(
                    leg,
                    Caller(leg, hear),
                    script,
                    course,
                    timing=options.timing,
                    within_s=options.within_s,
                    saying=saying,
                )
                await leg.hang_up()
    finally:
        await leg.hang_up()
        verdict = judge(leg, script, course, options.within_s)
        logged = await keep(options.out, server, leg, script, verdict=verdict, heard=heard)
    if server.records and leg.stream_sid is not None and not logged:
        tell("There is no log of this call where DATABASE_URL leads; without that setting, what is")
        tell("said is recognised on this machine.")
    return verdict


async def _dialled(server: Server, options: Options) -> Leg:
    try:
        async with asyncio.timeout(DIAL_S):
            return await server.carrier.dial(
                server.webhook_url,
                from_number=options.caller,
                to_number=server.number,
                impairment=options.line,
            )
    except TimeoutError as exc:
        raise CannotCallError(
            f"{server.webhook_url} takes the call, but opens no media stream within {DIAL_S:.0f} s"
        ) from exc


def _told(
    server: Server, leg: Leg, heard: list[Heard]
) -> AbstractAsyncContextManager[tuple[_Hear | None, _Saying]]:
    """Tell the call while the block lasts: from the service's log, or else by listening."""
    return _listened(heard) if server.records is None else _read(server, leg)


@contextlib.asynccontextmanager
async def _read(server: Server, leg: Leg) -> AsyncIterator[tuple[None, _Saying]]:
    async def follow() -> None:
        assert server.records is not None  # noqa: S101 - the caller has looked
        async for news in server.records.follow(leg.call_sid, leg.ended):
            tell_news(news)

    following = asyncio.create_task(follow())
    try:
        yield None, lambda _turn: None
        await following
    finally:
        following.cancel()


@contextlib.asynccontextmanager
async def _listened(heard: list[Heard]) -> AsyncIterator[tuple[_Hear, _Saying]]:
    def told(role: str, text: str) -> None:
        heard.append(Heard(role, text))
        tell_said(role, text)

    hearing = Hearing(told)
    listening = asyncio.create_task(hearing.run())
    try:
        yield hearing.take, lambda turn: hearing.said(turn.pcm)
        hearing.end()
        await listening
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
