"""<Gather>: keys that the called side presses, until there are enough or nothing more comes."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from sandbox.twilio.leg import Leg
from sandbox.twilio.twiml import Verb

_FOREVER = 10_000


@dataclass(frozen=True, slots=True)
class Gathered:
    """What was pressed; `finished_on` is the key that ended it, "" when none did."""

    digits: str
    finished_on: str = ""


async def gather(
    leg: Leg, verb: Verb, prompt: Callable[[Verb], Awaitable[None]]
) -> Gathered | None:
    """Say what is nested, then wait for keys; None when nothing was pressed in time.

    A key pressed while the prompt is spoken cuts it short. The time-out runs from the prompt's end
    and from each key.
    """
    keys = leg.gather_keys()
    wanted = int(verb.attributes.get("numDigits", _FOREVER))
    finish = verb.attributes.get("finishOnKey", "#")
    timeout_s = float(verb.attributes.get("timeout", "5"))
    leg.note("gather", verb.attributes.get("numDigits", ""))
    speaking = asyncio.create_task(_speak(verb, prompt))
    first = asyncio.create_task(keys.get())
    try:
        await asyncio.wait({speaking, first}, return_when=asyncio.FIRST_COMPLETED)
        if not first.done():
            await asyncio.wait({first}, timeout=timeout_s)
        if not first.done():
            leg.note("gather_timeout")
            return None
        pressed, ended_by = "", ""
        key: str | None = first.result()
        while key is not None:
            if key == finish:
                ended_by = key
                break
            pressed += key
            if len(pressed) >= wanted:
                break
            key = await _next(keys, timeout_s)
        leg.note("gathered", pressed)
        return Gathered(pressed, ended_by)
    finally:
        speaking.cancel()
        first.cancel()
        await asyncio.gather(speaking, first, return_exceptions=True)
        leg.stop_gathering()


async def _speak(verb: Verb, prompt: Callable[[Verb], Awaitable[None]]) -> None:
    for nested in verb.children:
        await prompt(nested)


async def _next(keys: "asyncio.Queue[str]", timeout_s: float) -> str | None:
    try:
        return await asyncio.wait_for(keys.get(), timeout_s)
    except TimeoutError:
        return None
