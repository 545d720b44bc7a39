"""Tests of the store as a whole, with its parts away, and of the pool when the database fails."""

import asyncio
import os
import signal
import time

import psycopg
import pytest
from loguru import logger
from store_world import CALENDAR_ID, TUESDAY, Caller, Rows

from sandbox.postgres import EmbeddedPostgres
from settings import Settings
from shop.shopfile import Shop
from store import Store, open_store
from store.appointments import NewAppointment
from store.errors import DatabaseUnavailable, Unavailable
from store.migrate import migrate
from store.pool import Connection, Pool

pytestmark = pytest.mark.db

NOBODY = "127.0.0.1:1"


def away(settings: Settings, **more: str) -> Settings:
    """The same settings with parts pointing at nobody."""
    return settings.model_copy(update=more)


async def test_the_store_opens_with_everything_away(settings: Settings, shop: Shop) -> None:
    """Database, Redis, Google and NHTSA down: it opens at once, and each says so when used."""
    gone = away(
        settings,
        database_url=f"postgresql://u:p@{NOBODY}/x",
        redis_url=f"redis://{NOBODY}/0",
        google_api_base_url=f"http://{NOBODY}",
        nhtsa_base_url=f"http://{NOBODY}/api",
    )
    began = time.perf_counter()
    async with open_store(gone, shop) as store:
        assert time.perf_counter() - began < 2
        with pytest.raises(DatabaseUnavailable):
            await store.ping_database(0.3)
        with pytest.raises(DatabaseUnavailable):
            await store.customers.by_phone("+15035550142")
        with pytest.raises(Unavailable):
            await store.vin.decode("2HKRW2H89KH612204")
        assert not await store.cache.ping()
        assert await store.relay.sync_now(1, 0.3) is None


async def test_without_redis_callers_are_known_all_the_same(
    settings: Settings, shop: Shop, dana: Caller
) -> None:
    """Redis away costs time and nothing else."""
    async with open_store(away(settings, redis_url=f"redis://{NOBODY}/0"), shop) as store:
        found = await store.customers.by_phone(dana.customer.phone)
        assert found == await store.customers.by_id(dana.customer.id)
        visit = await store.appointments.book(
            NewAppointment(dana.customer.id, None, "oil_change", TUESDAY, 60)
        )
        assert visit.status == "scheduled"


async def test_without_google_visits_are_booked(
    settings: Settings, shop: Shop, dana: Caller
) -> None:
    """The visit stands without a link."""
    async with open_store(away(settings, google_api_base_url=f"http://{NOBODY}"), shop) as store:
        visit = await store.appointments.book(
            NewAppointment(dana.customer.id, None, "oil_change", TUESDAY, 60)
        )
        assert await store.relay.sync_now(visit.id, 5.0) is None
        assert (await store.relay.waiting())[0] == 1


async def test_a_ping_answers_when_the_schema_is_there(
    store: Store, settings: Settings, shop: Shop, empty_database_url: str
) -> None:
    """A database without tables is not ready, and the reason says what to run."""
    await store.ping_database(2.0)
    async with open_store(away(settings, database_url=empty_database_url), shop) as empty:
        with pytest.raises(DatabaseUnavailable, match="migrate"):
            await empty.ping_database(2.0)


async def test_cut_connections_are_replaced(store: Store, dana: Caller, database_url: str) -> None:
    """After the database dropped every connection the next look-ups succeed."""
    for _ in range(2):
        with psycopg.connect(database_url, autocommit=True) as conn:
            conn.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        found = await asyncio.gather(*(store.customers.by_id(dana.customer.id) for _ in range(5)))
        assert all(found)


async def test_a_deadlock_is_tried_again(store: Store, rows: Rows) -> None:
    """Two transactions that wait for each other both succeed in the end."""
    rows("CREATE TABLE pair (id int PRIMARY KEY, n int)")
    rows("INSERT INTO pair VALUES (1, 0), (2, 0)")
    met = asyncio.Barrier(2)
    first_try = {1: True, 2: True}

    async def cross(mine: int, other: int) -> None:
        async def work(conn: Connection) -> None:
            await conn.execute("UPDATE pair SET n = n + 1 WHERE id = %s", [mine])
            if first_try[mine]:
                first_try[mine] = False
                await met.wait()
            await conn.execute("UPDATE pair SET n = n + 1 WHERE id = %s", [other])

        await store.pool.transaction(work)

    await asyncio.gather(cross(1, 2), cross(2, 1))
    assert rows("SELECT n FROM pair") == [(2,), (2,)]


async def test_a_full_pool_is_unavailable(database_url: str) -> None:
    """Whoever gets no connection in time is told, and does not wait for ever."""
    async with Pool(database_url, min_size=1, max_size=1) as pool:
        pool._pool.timeout = 0.2
        entered, leave = asyncio.Event(), asyncio.Event()

        async def hold(_: Connection) -> None:
            entered.set()
            await leave.wait()

        holding = asyncio.create_task(pool.transaction(hold))
        await entered.wait()
        with pytest.raises(DatabaseUnavailable):
            await pool.rows("SELECT 1", {})
        leave.set()
        await holding


async def test_nothing_personal_is_logged(store: Store, dana: Caller) -> None:
    """Names, numbers and addresses stay out of the log, also when Google fails."""
    lines: list[str] = []
    sink = logger.add(lambda line: lines.append(str(line)), format="{message} {extra}")
    try:
        visit = await store.appointments.book(
            NewAppointment(dana.customer.id, None, "oil_change", TUESDAY, 60)
        )
        await store.relay.sync_now(visit.id, 5.0)
    finally:
        logger.remove(sink)
    said = "".join(lines)
    assert "calendar written" in said
    for secret in ("Dana", "Whitfield", "5550142", "dana@", CALENDAR_ID):
        assert secret not in said


async def test_a_frozen_database_does_not_hold_its_callers(shop: Shop) -> None:
    """With the server stopped in the middle, time-outs are kept and it is used again later."""
    with EmbeddedPostgres(durable=False) as server:
        migrate(server.url)
        async with Pool(server.url, min_size=1, max_size=1) as pool:
            row = await pool.row("SELECT pg_backend_pid() AS pid", {})
            assert row is not None
            frozen = (row["pid"], server.pid)
            for pid in frozen:
                os.kill(pid, signal.SIGSTOP)
            try:
                began = time.perf_counter()
                with pytest.raises(TimeoutError):
                    async with asyncio.timeout(0.2):
                        await pool.rows("SELECT 1", {})
                with pytest.raises(DatabaseUnavailable):
                    await pool.ping(0.2)
                assert time.perf_counter() - began < 2
            finally:
                for pid in frozen:
                    os.kill(pid, signal.SIGCONT)
            await pool.ping(10.0)
