"""Those who change things past the tools: the desk writes SQL, people drag events in Google."""

import asyncio
import random
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from qa.bookings.books import connect_async
from qa.bookings.callers import SERVICES, Crowd
from qa.bookings.history import Actor, Attempt, Kind, Outcome
from sandbox.google import CalendarWorld
from sandbox.world import CALENDAR_ID

_INSERT = """
INSERT INTO appointments
    (customer_id, vehicle_id, service_type, scheduled_at, duration_minutes, bay, notes)
SELECT customer_id, id, %(service)s, %(at)s, 60, %(bay)s, %(wish)s FROM vehicles WHERE id = %(car)s
RETURNING id
"""
_CANCEL = """
UPDATE appointments SET status = 'cancelled' WHERE id = %(id)s
    AND status IN ('scheduled', 'confirmed')
"""
_MOVE = """
UPDATE appointments SET scheduled_at = %(at)s WHERE id = %(id)s
    AND status IN ('scheduled', 'confirmed') RETURNING id
"""
_NEWEST = """
SELECT id FROM appointments WHERE status IN ('scheduled', 'confirmed') ORDER BY id DESC LIMIT 1
"""
_DELETE = "DELETE FROM appointments WHERE id = %(id)s"


@dataclass(slots=True)
class Desk:
    """A person at the counter with another program on the same tables."""

    crowd: Crowd
    database_url: str
    cars: list[int]
    choice: random.Random

    async def work_until(self, deadline_s: float, pause_s: tuple[float, float]) -> None:
        """Change rows now and then until `deadline_s` of the monotonic clock."""
        while time.monotonic() < deadline_s:
            await asyncio.sleep(self.choice.uniform(*pause_s))
            errand = self.choice.random()
            if errand < 0.4 or not self.crowd.settled:
                await self._insert()
            elif errand < 0.5:
                await self._cancel_newest()
            else:
                await self._change(self.choice.choice(self.crowd.settled), errand)

    async def _insert(self) -> None:
        wall = self.crowd.grid.any_start(self.choice)
        wish = self.crowd.wish_name()
        values = {
            "service": self.choice.choice(SERVICES),
            "at": self.crowd.grid.instant(wall),
            "bay": self.choice.choice((None, 1, 2)),
            "wish": wish,
            "car": self.choice.choice(self.cars),
        }
        number, began_at = self.crowd.journal.number(), time.time()
        outcome, rows = await self._run(_INSERT, values)
        start = self.crowd.grid.epoch_s(wall)
        told = rows[0]["id"] if rows else None
        if told is not None:
            self.crowd.settled.append(told)
        self.crowd.journal.add(
            _attempt(number, "desk", "book", wish, began_at, outcome, None, start, told)
        )

    async def _cancel_newest(self) -> None:
        """Cancel a visit whose caller may still be in the middle of asking for it."""
        _, rows = await self._run(_NEWEST, {})
        for row in rows:
            await self._change(row["id"], errand=0.7)

    async def _change(self, visit: int, errand: float) -> None:
        wall = self.crowd.grid.any_start(self.choice)
        values = {"id": visit, "at": self.crowd.grid.instant(wall)}
        kind: Kind = "move" if errand < 0.6 else "cancel"
        query = _MOVE if kind == "move" else _DELETE if errand > 0.9 else _CANCEL
        number, began_at = self.crowd.journal.number(), time.time()
        outcome, rows = await self._run(query, values)
        if kind == "move" and outcome == "success" and not rows:
            outcome = "refused"  # it was not live any more
        start = self.crowd.grid.epoch_s(wall) if kind == "move" else None
        self.crowd.journal.add(
            _attempt(number, "desk", kind, "", began_at, outcome, visit, start, None)
        )

    async def _run(
        self, query: str, values: dict[str, Any]
    ) -> tuple[Outcome, list[dict[str, Any]]]:
        try:
            async with await connect_async(self.database_url) as conn:
                cursor = await conn.execute(query.encode(), values)
                return "success", await cursor.fetchall() if cursor.description else []
        except psycopg.IntegrityError:
            return "refused", []
        except psycopg.Error:  # the database died, or a lock was waited for too long
            return "ambiguous", []


@dataclass(slots=True)
class CalendarPeople:
    """People who delete and drag the events of visits; what becomes of it they do not see."""

    crowd: Crowd
    calendar: CalendarWorld
    choice: random.Random

    async def work_until(self, deadline_s: float, pause_s: tuple[float, float]) -> None:
        """Change events now and then until `deadline_s` of the monotonic clock."""
        while time.monotonic() < deadline_s:
            await asyncio.sleep(self.choice.uniform(*pause_s))
            settled = set(self.crowd.settled)
            ours = [one for one in events_of_visits(self.calendar) if one[1] in settled]
            if ours:
                self._change(*self.choice.choice(ours))

    def _change(self, event: dict[str, Any], visit: int) -> None:
        number, now = self.crowd.journal.number(), time.time()
        if self.choice.random() < 0.4:
            self.calendar.delete_event(CALENDAR_ID, event["id"])
            kind: Kind = "cancel"
            start = None
        else:
            kind = "move"
            at = self.crowd.grid.instant(self.crowd.grid.any_start(self.choice))
            start = at.timestamp()
            length = moment_s(event["end"]) - moment_s(event["start"])
            until = datetime.fromtimestamp(start, UTC) + timedelta(seconds=length)
            self.calendar.change_event(
                CALENDAR_ID,
                event["id"],
                start={"dateTime": at.isoformat()},
                end={"dateTime": until.isoformat()},
            )
        self.crowd.journal.add(
            _attempt(number, "calendar", kind, "", now, "ambiguous", visit, start, None)
        )


def events_of_visits(calendar: CalendarWorld) -> list[tuple[dict[str, Any], int]]:
    """Return the events that say they are of a visit, each with the visit's id."""
    found = []
    for event in calendar.events(CALENDAR_ID):
        said = event.get("extendedProperties", {}).get("private", {}).get("appointment_id", "")
        if str(said).isdecimal():
            found.append((event, int(said)))
    return found


def moment_s(told: dict[str, Any]) -> float:
    """Return Google's time as seconds since 1970."""
    return datetime.fromisoformat(told["dateTime"]).timestamp()


def _attempt(  # noqa: PLR0917 - the fields, in their order
    number: int,
    actor: Actor,
    kind: Kind,
    wish: str,
    began_at: float,
    outcome: Outcome,
    visit: int | None,
    start: float | None,
    told: int | None,
) -> Attempt:
    return Attempt(
        id=number,
        actor=actor,
        kind=kind,
        wish=wish,
        began_at=began_at,
        ended_at=time.time(),
        outcome=outcome,
        appointment_id=visit,
        start=start,
        told_id=told,
        told_start=start if outcome == "success" else None,
    )
