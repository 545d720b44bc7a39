"""The call of a recorded caller: each turn when the agent has finished, or when it was recorded."""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from qa.audio import RATE_HZ
from qa.caller import Caller, NothingHeard
from qa.drive.script import Script, Turn
from sandbox.twilio.leg import Leg

Timing = Literal["agent", "original"]

QUIET_S = 1.2
"""How long the agent is silent until it has finished; as in scenarios, longer than people wait."""

NEVER_QUIET_S = 90.0
"""An agent that speaks for so long without a pause is not going to listen any more."""

GOODBYE_S = 4.0
"""How long the agent may be silent after its last answer; then it is the caller who hangs up."""

IN_VAIN = 3
"""So many turns in a row without an answer, and the caller gives up."""


@dataclass(frozen=True, slots=True)
class Said:
    """A turn that was said: when its words began and ended, in seconds of the call's recording."""

    turn: Turn
    began_s: float
    ended_s: float


@dataclass(slots=True)
class Course:
    """What the caller did, filled as the call goes on, so that a call broken off is told as well.

    `gave_up` says why the caller stopped before the end of the script.
    """

    said: list[Said] = field(default_factory=list)
    gave_up: str = ""


async def converse(
    leg: Leg,
    caller: Caller,
    script: Script,
    course: Course,
    *,
    timing: Timing,
    within_s: float,
    saying: Callable[[Turn], None],
) -> None:
    """Play the script into an open line, and see the call to its end; `course` tells how it went.

    An answer is waited for `within_s` seconds, then the caller goes on. Returns with the line
    still open when the agent did not hang up.
    """
    if timing == "original":
        await _as_recorded(leg, script, course, saying)
    else:
        await _when_quiet(leg, caller, script, course, within_s=within_s, saying=saying)
    if not course.gave_up and not leg.ended.is_set():
        await _answer(leg, caller, course, within_s)
        with contextlib.suppress(NothingHeard):
            await caller.wait_for_quiet(GOODBYE_S, NEVER_QUIET_S)


async def _when_quiet(
    leg: Leg,
    caller: Caller,
    script: Script,
    course: Course,
    *,
    within_s: float,
    saying: Callable[[Turn], None],
) -> None:
    await _answer(leg, caller, course, within_s)
    in_vain = 0
    for number, turn in enumerate(script.turns):
        if number:
            in_vain = 0 if await _answer(leg, caller, course, within_s) else in_vain + 1
        if leg.ended.is_set() or course.gave_up:
            return
        if in_vain == IN_VAIN:
            course.gave_up = f"{IN_VAIN} turns in a row were not answered"
            return
        saying(turn)
        began_s = leg.line.recorded_s
        await caller.speak(turn.pcm)
        if not leg.ended.is_set():
            course.said.append(Said(turn, began_s, began_s + turn.speech_ends_s))


async def _as_recorded(
    leg: Leg, script: Script, course: Course, saying: Callable[[Turn], None]
) -> None:
    """Say everything with the recording's own gaps, whatever the agent does."""
    started_s = leg.line.recorded_s
    leg.say(script.sound)
    for turn in script.turns:
        began_s = started_s + turn.whole.start_s
        await _ended(leg, began_s - leg.line.recorded_s)
        if leg.ended.is_set():
            return
        saying(turn)
        await _ended(leg, began_s + len(turn.pcm) / RATE_HZ - leg.line.recorded_s)
        if leg.ended.is_set():
            return
        course.said.append(Said(turn, began_s, began_s + turn.speech_ends_s))
    await leg.said()


async def _answer(leg: Leg, caller: Caller, course: Course, within_s: float) -> bool:
    """Wait until the agent has said something and has finished; return whether it did."""
    try:
        async with asyncio.timeout(NEVER_QUIET_S):
            await caller.listen(within_s, quiet_s=QUIET_S)
    except NothingHeard:
        return False
    except TimeoutError:
        course.gave_up = f"the agent spoke for {NEVER_QUIET_S:.0f} s without a pause"
        return False
    return not leg.ended.is_set()


async def _ended(leg: Leg, timeout_s: float) -> None:
    """Wait for the end of the call, for so many seconds at most."""
    await asyncio.wait([waiting := asyncio.ensure_future(leg.ended.wait())], timeout=timeout_s)
    waiting.cancel()
