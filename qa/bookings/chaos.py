"""What goes wrong meanwhile: processes and databases killed, Google in every bad mood it has."""

import asyncio
import contextlib
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import psycopg

from qa.bookings.books import connect_async
from qa.bookings.fleet import Fleet
from sandbox.google import CalendarWorld, Fault
from sandbox.postgres import EmbeddedPostgres
from sandbox.valkey import EmbeddedValkey

FREEZES = 0.25
"""How often a worker is only frozen."""

_BACKENDS = """
SELECT pid FROM pg_stat_activity
WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
"""

_WRITES = ("events.insert", "events.patch", "events.delete")
_REFUSALS = (
    (403, "rateLimitExceeded"),
    (403, "userRateLimitExceeded"),
    (429, "rateLimitExceeded"),
    (500, "backendError"),
    (503, "backendError"),
    (412, "conditionNotMet"),
)


@dataclass(frozen=True, slots=True)
class Pace:
    """How many seconds lie between two misfortunes of a kind, from and to."""

    worker_s: tuple[float, float] = (4.0, 9.0)
    postgres_s: tuple[float, float] = (9.0, 18.0)
    valkey_s: tuple[float, float] = (8.0, 16.0)
    google_s: tuple[float, float] = (0.2, 1.2)


@dataclass(slots=True)
class Chaos:
    """Breaks things until it is told to stop; each break is repaired before `run` returns."""

    fleet: Fleet
    postgres: EmbeddedPostgres
    valkey: EmbeddedValkey
    calendar: CalendarWorld
    seed: int
    pace: Pace
    kills: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)

    async def run(self, deadline_s: float) -> None:
        """Break things until `deadline_s` of the monotonic clock, then let Google be well."""
        await asyncio.gather(
            self._again(deadline_s, self.pace.worker_s, self._strike_worker),
            self._again(deadline_s, self.pace.postgres_s, self._kill_postgres),
            self._again(deadline_s, self.pace.valkey_s, self._kill_valkey),
            self._again(deadline_s, self.pace.google_s, self._upset_google),
        )
        self.calendar.faults.clear()

    async def _again(
        self,
        deadline_s: float,
        pause_s: tuple[float, float],
        work: Callable[[random.Random], Awaitable[None]],
    ) -> None:
        choice = random.Random(f"{self.seed} {work.__name__}")
        while True:
            wait_s = choice.uniform(*pause_s)
            if time.monotonic() + wait_s > deadline_s:
                return
            await asyncio.sleep(wait_s)
            await work(choice)

    async def _strike_worker(self, choice: random.Random) -> None:
        """Kill a worker, or freeze it for a while: then it wakes up in a world that went on."""
        if choice.random() < FREEZES:
            await self.fleet.freeze_one(choice, choice.uniform(1, 4))
            self.kills["worker only frozen"] += 1
            return
        await self.fleet.kill_one(choice)
        self.kills["worker"] += 1

    async def _kill_postgres(self, choice: random.Random) -> None:
        """Kill the whole server, or one connection's process, after which it restarts by itself."""
        if choice.random() < 0.35 and await self._kill_connection(choice):
            return
        os.kill(self.postgres.pid, signal.SIGKILL)
        self.kills["PostgreSQL"] += 1
        await asyncio.sleep(choice.uniform(0, 1))
        await asyncio.to_thread(self.postgres.stop)  # it is dead: this only buries it
        await self.postgres.__aenter__()

    async def _kill_connection(self, choice: random.Random) -> bool:
        with contextlib.suppress(psycopg.Error, ProcessLookupError):
            async with await connect_async(self.postgres.url) as conn:
                found = await (await conn.execute(_BACKENDS)).fetchall()
                if found:
                    os.kill(choice.choice(found)["pid"], signal.SIGKILL)
                    self.kills["PostgreSQL connection"] += 1
                    return True
        return False

    async def _kill_valkey(self, choice: random.Random) -> None:
        os.kill(self.valkey.pid, signal.SIGKILL)
        self.kills["Valkey"] += 1
        await asyncio.sleep(choice.uniform(0, 2))
        await asyncio.to_thread(self.valkey.stop)
        await self.valkey.__aenter__()

    async def _upset_google(self, choice: random.Random) -> None:
        mood = choice.random()
        if mood < 0.45:
            status, reason = choice.choice(_REFUSALS)
            retry_after_s = 1 if status in (403, 429) and choice.random() < 0.5 else None
            operation = choice.choice((None, *_WRITES, "events.list"))
            fault = Fault(status, reason, operation=operation, retry_after_s=retry_after_s)
            self._order(f"{status}", fault)
        elif mood < 0.6:
            operation = choice.choice(_WRITES)
            self._order("answer lost", Fault(503, operation=operation, after_effect=True))
        elif mood < 0.68:
            self._order("409", Fault(409, "duplicate", operation="events.insert"))
        elif mood < 0.76:
            gone = choice.choice(("events.delete", "events.patch", "events.list"))
            self._order("410", Fault(410, "deleted", operation=gone))
        elif mood < 0.88:
            hang_s = choice.choice((0.2, 0.8, 2.0, 6.0, 12.0))
            lost = 500 if choice.random() < 0.3 else None
            self._order("hang", Fault(lost, hang_s=hang_s, after_effect=lost is not None))
        elif mood < 0.94:
            self.calendar.expire_sync_tokens()
            self.faults["sync tokens expired"] += 1
        elif mood < 0.97:
            self.calendar.tokens.expire_all()
            self.faults["access tokens expired"] += 1
        else:
            await self._outage(choice)

    async def _outage(self, choice: random.Random) -> None:
        """Let everything fail for some seconds."""
        fault = Fault(503, times=10_000)
        self._order("outage", fault)
        await asyncio.sleep(choice.uniform(1, 4))
        if fault in self.calendar.faults:
            self.calendar.faults.remove(fault)

    def _order(self, name: str, fault: Fault) -> None:
        self.calendar.faults.append(fault)
        self.faults[name] += 1
