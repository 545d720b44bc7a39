"""Whatever callers, people, Google and crashes do: in the end calendar and database are equal."""

import asyncio
import contextlib
import os
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from store_world import CALENDAR_ID, HOUR, Caller, Rows

from sandbox.google import CalendarWorld, GoogleError
from settings import Settings
from shop.shopfile import Shop
from store import Store, open_store
from store import calendar_sync as sync_module
from store import mirror as mirror_module
from store import relay as relay_module
from store.appointments import NewAppointment
from store.errors import StoreError

pytestmark = pytest.mark.db

SEEDS = range(int(os.environ.get("CONVERGENCE_SEEDS", "5")))
STEPS = 60
NOON = datetime.now(UTC).replace(hour=20, minute=0, second=0, microsecond=0) + timedelta(days=2)
FAULTS: list[dict[str, Any]] = [
    {"status": 409, "reason": "duplicate"},
    {"status": 410, "reason": "deleted"},
    {"status": 412, "reason": "conditionNotMet"},
    {"status": 403, "reason": "rateLimitExceeded"},
    {"status": 429, "reason": "rateLimitExceeded"},
    {"status": 500},
    {"status": 500, "after_effect": True},
    {"status": 404, "reason": "notFound", "operation": "events.get"},
    {"hang_s": 0.2},
]


@pytest.fixture(autouse=True)
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything that waits waits for a moment only."""
    for module, name, value in (
        (relay_module, "FIRST_DELAY_S", 0.02),
        (relay_module, "LONGEST_DELAY_S", 0.1),
        (relay_module, "LEASE_S", 1),
        (relay_module, "POLL_S", 0.02),
        (sync_module, "SYNC_EVERY_S", 0.05),
        (sync_module, "FIRST_DELAY_S", 0.02),
        (sync_module, "LONGEST_DELAY_S", 0.1),
        (sync_module, "LEASE_S", 1),
        (sync_module, "RECHECK_S", 0.2),
        (mirror_module, "POLL_S", 0.02),
    ):
        monkeypatch.setattr(module, name, value)


class Worker:
    """One process of the service: its relay and its mirror."""

    def __init__(self, settings: Settings, shop: Shop) -> None:
        self._settings, self._shop = settings, shop
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to work."""
        self._task = asyncio.create_task(self._run())

    async def kill(self) -> None:
        """Stop in the middle of whatever it does; what has been sent to Google still arrives."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        async with open_store(self._settings, self._shop) as store:
            never = asyncio.Event()
            both = [
                asyncio.create_task(work.run_forever(never)) for work in (store.relay, store.mirror)
            ]
            try:
                await asyncio.gather(*both)
            finally:
                for task in (*both, *store.relay._running.values()):
                    task.cancel()


class Day:
    """What happens, drawn from a seed."""

    def __init__(self, seed: int, store: Store, caller: Caller, google: CalendarWorld) -> None:
        self.draw = random.Random(seed)
        self._store, self._caller, self._google = store, caller, google
        self.visits: list[int] = []
        self.may_be_gone: set[int] = set()

    async def step(self) -> None:
        """Let one thing happen."""
        acts = (
            (self._book, 4), (self._move, 3), (self._cancel, 1), (self._drag, 4),
            (self._remove, 1), (self._write_over, 1), (self._enter, 1), (self._fail, 4),
            (self._forget_tokens, 1),
        )  # fmt: skip
        act = self.draw.choices([act for act, _ in acts], [weight for _, weight in acts])[0]
        with contextlib.suppress(StoreError, GoogleError):
            await act()

    def _time(self) -> datetime:
        return NOON + self.draw.randrange(12) * HOUR / 2

    def _one(self) -> int:
        return self.draw.choice(self.visits) if self.visits else 0

    async def _event(self) -> tuple[int, str]:
        visit = await self._store.appointments.get(self._one())
        return visit.id, str(visit.calendar_event_id)

    async def _book(self) -> None:
        wish = NewAppointment(self._caller.customer.id, None, "oil_change", self._time(), 60)
        self.visits.append((await self._store.appointments.book(wish)).id)

    async def _move(self) -> None:
        await self._store.appointments.reschedule(self._one(), self._time())

    async def _cancel(self) -> None:
        one = self._one()
        self.may_be_gone.add(one)
        await self._store.appointments.cancel(one, None)

    async def _drag(self) -> None:
        _, event_id = await self._event()
        start = self._time()
        self._google.change_event(
            CALENDAR_ID,
            event_id,
            start={"dateTime": start.isoformat()},
            end={"dateTime": (start + HOUR).isoformat()},
        )

    async def _remove(self) -> None:
        one, event_id = await self._event()
        self._google.delete_event(CALENDAR_ID, event_id)
        self.may_be_gone.add(one)

    async def _write_over(self) -> None:
        _, event_id = await self._event()
        self._google.change_event(CALENDAR_ID, event_id, summary=f"By hand {self.draw.random()}")

    async def _enter(self) -> None:
        start = self._time()
        entry: dict[str, Any] = {"summary": "Entry"}
        if self.draw.random() < 0.4:  # a create of ours that comes out of nowhere
            number = str(self.draw.choice([self._one(), 999_999]))
            entry["extendedProperties"] = {"private": {"appointment_id": number}}
        self._google.add_event(CALENDAR_ID, start=start, end=start + HOUR, **entry)

    async def _fail(self) -> None:
        fault = self.draw.choice(FAULTS)
        self._google.fail_next(**{"status": None, **fault}, times=self.draw.randrange(1, 4))

    async def _forget_tokens(self) -> None:
        self._google.expire_sync_tokens()


def wanted(rows: Rows) -> list[tuple[Any, ...]]:
    """What the database says the calendar should show."""
    return rows(
        "SELECT id::text, calendar_event_id, scheduled_at, ends_at FROM appointments"
        " WHERE status IN ('scheduled', 'confirmed') ORDER BY calendar_event_id"
    )


def shown(google: CalendarWorld) -> list[tuple[Any, ...]]:
    """What the calendar shows of visits."""
    return sorted(
        (
            (
                event["extendedProperties"]["private"]["appointment_id"],
                event["id"],
                *(datetime.fromisoformat(event[side]["dateTime"]) for side in ("start", "end")),
            )
            for event in google.events(CALENDAR_ID)
            if "extendedProperties" in event
        ),
        key=lambda one: one[1],
    )


def copied(rows: Rows) -> list[Any]:
    """What the copy says is busy."""
    return [one for (one,) in rows("SELECT event_id FROM calendar_events WHERE busy ORDER BY 1")]


def entered(google: CalendarWorld) -> list[str]:
    """People's own entries."""
    return sorted(
        event["id"] for event in google.events(CALENDAR_ID) if "extendedProperties" not in event
    )


@pytest.mark.parametrize("seed", SEEDS)
async def test_calendar_and_database_become_equal(  # noqa: PLR0917 - fixtures
    settings: Settings,
    shop: Shop,
    store: Store,
    dana: Caller,
    google: CalendarWorld,
    rows: Rows,
    seed: int,
) -> None:
    """Some seconds of mess, then quiet: each visit has its one event, and no visit is lost."""
    workers = [Worker(settings, shop) for _ in range(2)]
    day = Day(seed, store, dana, google)
    for worker in workers:
        worker.start()
    for _ in range(STEPS):
        await day.step()
        await asyncio.sleep(day.draw.choice((0, 0.005, 0.05)))
        if day.draw.random() < 0.05:
            worker = day.draw.choice(workers)
            await worker.kill()
            worker.start()
    google.faults.clear()
    try:
        async with asyncio.timeout(25):
            quiet = 0
            while quiet < 10:
                equal = shown(google) == wanted(rows) and copied(rows) == entered(google)
                settled = (await store.relay.waiting())[0] == 0
                quiet = quiet + 1 if equal and settled else 0
                await asyncio.sleep(0.05)
    except TimeoutError:
        assert shown(google) == wanted(rows)
        assert copied(rows) == entered(google)
        raise
    finally:
        for worker in workers:
            await worker.kill()
    live = {int(one[0]) for one in wanted(rows)}
    assert set(day.visits) - live <= day.may_be_gone
