"""People who phone again and again: to book, to move, to cancel, to hear what they have."""

import asyncio
import itertools
import random
import time
from dataclasses import dataclass, field
from typing import Any

from qa.bookings.fleet import Fleet
from qa.bookings.grid import Grid
from qa.bookings.history import Journal
from qa.bookings.line import Line, Wish

SERVICES = ("oil_change", "oil_change", "tire_rotation", "diagnostic")
MOST_VISITS = 3
LOOKS_FIRST = 0.3
OFFERS_HEARD = 3
OFFERS_TAKEN = 3
"""How often a caller who is refused takes another time that is offered instead."""
HANGS_UP_CLEANLY = 0.95
"""The rest are cut off: what was held for them is so until it runs out."""


@dataclass(slots=True)
class Crowd:
    """What all callers share; `settled` are visits nobody is in the middle of booking."""

    fleet: Fleet
    grid: Grid
    journal: Journal
    pause_s: tuple[float, float]
    settled: list[int] = field(default_factory=list)
    calls: int = 0
    _wishes: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def wish_name(self) -> str:
        """Return a name no other wish has."""
        return f"wish {next(self._wishes)}"

    def call_sid(self) -> str:
        """Return the id of a new phone call."""
        self.calls += 1
        return f"CA{self.calls:032x}"


@dataclass(slots=True)
class Caller:
    """One person with a telephone; `cars` are ids, none for somebody new to the shop."""

    crowd: Crowd
    phone: str
    cars: list[int]
    choice: random.Random
    visits: list[int] = field(default_factory=list)

    async def phone_until(self, deadline_s: float) -> None:
        """Phone again and again until `deadline_s` of the monotonic clock; ends between calls."""
        await asyncio.sleep(self.choice.uniform(0, self.crowd.pause_s[1]))
        while time.monotonic() < deadline_s:
            await self._call()
            await asyncio.sleep(self.choice.uniform(*self.crowd.pause_s))

    async def _call(self) -> None:
        crowd = self.crowd
        line = Line(
            crowd.call_sid(), self.phone, crowd.fleet, crowd.grid, crowd.journal, self.choice
        )
        errand = self.choice.random()
        if errand < 0.1:
            await self._ask_what_is_booked(line)
        elif self.visits and errand < 0.5:
            await self._cancel(line)
        elif self.visits and (errand < 0.8 or len(self.visits) >= MOST_VISITS):
            await self._move(line)
        else:
            await self._book(line)
        if self.choice.random() < HANGS_UP_CLEANLY:
            await line.hang_up()

    async def _ask_what_is_booked(self, line: Line) -> None:
        answer = await line.look("get_upcoming_appointments")
        if answer:
            self.visits = [visit["appointment_id"] for visit in answer["appointments"]]

    async def _book(self, line: Line) -> None:
        service = self.choice.choice(SERVICES)
        at = await self._wanted_time(line, service)
        for _ in range(OFFERS_TAKEN):
            answer = await self._book_at(line, service, at)
            offers = [one["start"] for one in answer.get("alternatives", [])]
            near = [start for start in offers if self.crowd.grid.has(start)]
            if not near:
                return
            at = str(self.choice.choice(near))

    async def _book_at(self, line: Line, service: str, at: str) -> dict[str, Any]:
        name = self.crowd.wish_name()
        arguments: dict[str, Any] = {"scheduled_at": at, "service_type": service, "notes": name}
        if self.cars:
            arguments["vehicle_id"] = self.choice.choice(self.cars)
        else:
            digits = self.phone[-4:]
            arguments["customer"] = {"first_name": "Newcomer", "last_name": f"Number {digits}"}
            arguments["vehicle"] = {"year": 2018, "make": "Ford", "model": f"Focus {digits}"}
        wish = Wish("book", name, arguments, self.crowd.grid.epoch_s(at))
        word, answer = await line.insist(wish)
        if word.outcome == "success" and word.told_id is not None:
            self.visits.append(word.told_id)
            self.crowd.settled.append(word.told_id)
        return answer

    async def _move(self, line: Line) -> None:
        visit = self.choice.choice(self.visits)
        at = await self._wanted_time(line, "oil_change")
        arguments = {"appointment_id": visit, "new_scheduled_at": at}
        wish = Wish("move", f"move {visit}", arguments, self.crowd.grid.epoch_s(at), visit)
        word, _ = await line.insist(wish)
        if word.code == "not_live":
            self.visits.remove(visit)

    async def _cancel(self, line: Line) -> None:
        visit = self.choice.choice(self.visits)
        wish = Wish("cancel", f"cancel {visit}", {"appointment_id": visit}, appointment_id=visit)
        word, _ = await line.insist(wish)
        if word.outcome in ("success", "refused"):
            self.visits.remove(visit)

    async def _wanted_time(self, line: Line, service: str) -> str:
        """Return one of the times the shop offers, or the one the caller has set their heart on."""
        if self.choice.random() < LOOKS_FIRST:
            day = self.choice.choice(self.crowd.grid.days).isoformat()
            answer = await line.look("get_available_slots", date=day, service_type=service)
            offers = answer.get("slots", [])[:OFFERS_HEARD]
            if offers:
                return str(self.choice.choice(offers)["start"])
        return self.crowd.grid.any_start(self.choice)
