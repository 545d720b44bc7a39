"""How a caller's wish reaches a tool: once, cut short, twice at the same time, again after silence;
and how every one of these is written down.
"""

import asyncio
import contextlib
import random
import time
from dataclasses import dataclass
from typing import Any

from qa.bookings.fleet import Fleet, Silence, WorkerDied
from qa.bookings.grid import Grid
from qa.bookings.history import Attempt, Journal, Kind, Outcome

TRIES = 6
CUT_SHORT = 0.25
TWICE = 0.15
HANGS_UP = 0.1
"""How often a caller who was left in doubt does not ask again."""

_TOOLS: dict[Kind, str] = {
    "book": "book_appointment",
    "move": "reschedule_appointment",
    "cancel": "cancel_appointment",
}


@dataclass(frozen=True, slots=True)
class Wish:
    """What a caller wants of a tool, the same at every repetition."""

    kind: Kind
    name: str
    arguments: dict[str, Any]
    start: float | None = None
    appointment_id: int | None = None


@dataclass(slots=True)
class Line:
    """One phone call; its `sid` stays the same when another process takes it over."""

    sid: str
    phone: str
    fleet: Fleet
    grid: Grid
    journal: Journal
    choice: random.Random

    async def look(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """Use a tool that only reads; an empty answer when it cannot be had."""
        wish = Wish("look", tool, arguments)
        answer, _ = await self._once(wish, tool, None)
        return answer if answer.get("success") else {}

    async def hang_up(self) -> None:
        """End the call where it was: what was held for it is free again."""
        with contextlib.suppress(WorkerDied, Silence):
            order = {"call_sid": self.sid, "phone": self.phone, "tool": "hang_up"}
            await self.fleet.ask(order, self.choice)

    async def insist(self, wish: Wish) -> tuple[Attempt, dict[str, Any]]:
        """Ask until there is a yes or a no, or the caller hangs up; return the last word."""
        tool = _TOOLS[wish.kind]
        for _ in range(TRIES):
            manner = self.choice.random()
            if manner < CUT_SHORT:
                # From at once to about as long as a booking takes, most often early.
                cut_after_s = 10 ** self.choice.uniform(-3, -0.4)
                answer, word = await self._once(wish, tool, cut_after_s)
            elif manner < CUT_SHORT + TWICE:
                both = await asyncio.gather(*(self._once(wish, tool, None) for _ in range(2)))
                answer, word = max(both, key=_weight)
            else:
                answer, word = await self._once(wish, tool, None)
            certain = word.outcome in ("success", "refused")
            if certain and word.code != "calendar_unavailable":
                return word, answer
            if self.choice.random() < HANGS_UP:
                return word, answer
            await asyncio.sleep(self.choice.choice((0.0, 0.01, 0.3, 1.0)))
        return word, answer

    async def _once(
        self, wish: Wish, tool: str, cut_after_s: float | None
    ) -> tuple[dict[str, Any], Attempt]:
        number, began_at = self.journal.number(), time.time()
        order = {
            "call_sid": self.sid,
            "phone": self.phone,
            "tool": tool,
            "arguments": wish.arguments,
            "cut_after_s": cut_after_s,
        }
        try:
            said = await self.fleet.ask(order, self.choice)
        except WorkerDied:
            said = {"died": True}
        except Silence:
            said = {"silent": True}
        outcome, code = _read(said)
        answer = said.get("answer", {})
        done = outcome == "success"
        told = answer.get("scheduled_at") if done else None
        attempt = Attempt(
            id=number,
            actor="caller",
            kind=wish.kind,
            wish=wish.name,
            began_at=began_at,
            ended_at=time.time(),
            outcome=outcome,
            code=code,
            appointment_id=wish.appointment_id,
            start=wish.start,
            told_id=answer.get("appointment_id") if done else None,
            told_start=self.grid.epoch_s(told) if told else None,
            detail=str(answer.get("why", "")),
        )
        return answer, self.journal.add(attempt)


def _read(said: dict[str, Any]) -> tuple[Outcome, str]:
    """Return what an answer means to whoever asked, and its code."""
    if "silent" in said:
        return "silence", "silent"
    if "answer" not in said:
        return "ambiguous", "cut" if "cut" in said else "died"
    if said["answer"]["success"]:
        return "success", ""
    code = str(said["answer"]["error"])
    if code == "internal":
        return "bug", code
    return ("ambiguous" if code == "unavailable" else "refused"), code


def _weight(one: tuple[dict[str, Any], Attempt]) -> int:
    """Of two answers to the same wish, the one that tells more: a yes, then doubt, then a no."""
    return {"success": 2, "refused": 0}.get(one[1].outcome, 1)
