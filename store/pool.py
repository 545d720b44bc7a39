"""Connections to PostgreSQL, and what happens to a piece of work when one fails."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from types import TracebackType
from typing import Any, LiteralString, Self, TypeVar

import psycopg
from loguru import logger
from psycopg import AsyncConnection, errors
from psycopg.rows import DictRow, dict_row
from psycopg_pool import AsyncConnectionPool

from store.errors import DatabaseUnavailable, StoreError, translated

T = TypeVar("T")
Row = DictRow
Connection = AsyncConnection[Row]
Values = dict[str, Any]

CHECKOUT_TIMEOUT_S = 2.0
"""How long a caller may wait for a connection before the database counts as away."""
CONNECT_TIMEOUT_S = 3
RECONNECT_TIMEOUT_S = 4.0
"""A failed connection is given up after this and tried afresh for the next piece of work, so that a
database that returns is found at once and not after a long back-off."""
STATEMENT_TIMEOUT_MS = 5_000
LOCK_TIMEOUT_MS = 3_000
IDLE_IN_TRANSACTION_TIMEOUT_MS = 10_000
TCP_USER_TIMEOUT_MS = 5_000
"""Unacknowledged bytes this old mean that the other side is gone, whatever TCP still hopes."""

CLOSE_TIMEOUT_S = 5.0
ANSWER_TIMEOUT_S = 6.0
"""Longer than the database itself lets a statement run: only one that is frozen reaches this."""

MAX_TRIES = 6
FIRST_RETRY_DELAY_S = 0.01

_RETRIED = (errors.DeadlockDetected, errors.SerializationFailure)

_SESSION = (
    f"SET statement_timeout = {STATEMENT_TIMEOUT_MS}; SET lock_timeout = {LOCK_TIMEOUT_MS}; "
    f"SET idle_in_transaction_session_timeout = {IDLE_IN_TRANSACTION_TIMEOUT_MS}"
)


class Pool:
    """A pool of connections whose every failure is a StoreError.

    Prepared statements are off and no state is kept in a session beyond time limits, so that a
    pooler in transaction mode may stand between.
    """

    def __init__(self, database_url: str, *, min_size: int, max_size: int) -> None:
        self._attempted: set[asyncio.Task[Any]] = set()
        self._pool: AsyncConnectionPool[Connection] = AsyncConnectionPool(
            database_url,
            connection_class=AsyncConnection[Row],
            kwargs={
                "autocommit": True,
                "row_factory": dict_row,
                "prepare_threshold": None,
                "connect_timeout": CONNECT_TIMEOUT_S,
                "tcp_user_timeout": TCP_USER_TIMEOUT_MS,
            },
            min_size=min_size,
            max_size=max_size,
            timeout=CHECKOUT_TIMEOUT_S,
            reconnect_timeout=RECONNECT_TIMEOUT_S,
            configure=_configure,
            check=AsyncConnectionPool.check_connection,
            open=False,
            name="store",
        )

    async def __aenter__(self) -> Self:
        """Begin to connect in the background; a database that is away does not stop this."""
        await self._pool.open(wait=False)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        exc: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._attempted:
            await asyncio.wait(self._attempted, timeout=CLOSE_TIMEOUT_S)
        await self._pool.close(timeout=CLOSE_TIMEOUT_S)

    async def ping(self, timeout_s: float) -> None:
        """Ask the database for a sign of life; raises DatabaseUnavailable after `timeout_s`."""
        try:
            async with asyncio.timeout(timeout_s):
                await self.rows("SELECT 1 FROM shop_capacity", {})
        except TimeoutError as exc:
            raise DatabaseUnavailable(f"no answer within {timeout_s} s") from exc

    async def rows(self, query: LiteralString, values: Values) -> Sequence[Row]:
        """Run a query that only reads; once more when its connection turns out to be dead."""

        async def read(conn: Connection) -> Sequence[Row]:
            return await (await conn.execute(query, values)).fetchall()

        return await self._attempts(read, repeatable=True)

    async def row(self, query: LiteralString, values: Values) -> Row | None:
        """Run a query that only reads and return its first row."""
        found = await self.rows(query, values)
        return found[0] if found else None

    async def write(self, query: LiteralString, values: Values) -> Sequence[Row]:
        """Run one writing statement and return the rows it returns."""

        async def write(conn: Connection) -> Sequence[Row]:
            cursor = await conn.execute(query, values)
            return await cursor.fetchall() if cursor.description else []

        return await self._attempts(write, repeatable=False)

    async def execute(self, query: LiteralString, values: Values) -> Row | None:
        """Run one writing statement and return its first row, if it returns any."""
        returned = await self.write(query, values)
        return returned[0] if returned else None

    async def transaction(
        self, work: Callable[[Connection], Awaitable[T]], *, repeatable: bool = False
    ) -> T:
        """Run `work` in one transaction, again from its start after a deadlock.

        `repeatable` says that doing it twice is harmless: then a connection lost in the middle, or
        during the commit, is also followed by another try.
        """

        async def whole(conn: Connection) -> T:
            async with conn.transaction():
                return await work(conn)

        return await self._attempts(whole, repeatable=repeatable)

    async def _attempts(self, work: Callable[[Connection], Awaitable[T]], *, repeatable: bool) -> T:
        delay_s = FIRST_RETRY_DELAY_S
        for left in reversed(range(MAX_TRIES)):
            try:
                return await self._detached(self._once(work))
            except _RETRIED as exc:
                if not left:
                    raise DatabaseUnavailable("the database is too contended") from exc
                logger.bind(error=type(exc).__name__).info("transaction retried")
            except (psycopg.OperationalError, psycopg.InterfaceError) as exc:
                lost = isinstance(exc, errors.AdminShutdown) or exc.sqlstate is None
                if not (repeatable and lost and left == MAX_TRIES - 1) or _waited(exc):
                    raise _known(exc) from exc
            except psycopg.Error as exc:
                raise _known(exc) from exc
            await asyncio.sleep(delay_s * random.uniform(0.5, 1.5))
            delay_s *= 2
        raise AssertionError("the last try returns or raises")

    async def _once(self, work: Callable[[Connection], Awaitable[T]]) -> T:
        async with self._pool.connection() as conn:
            return await work(conn)

    async def _detached(self, attempt: Coroutine[Any, Any, T]) -> T:
        """Await `attempt`, but not the end of its cancellation.

        psycopg, cancelled, asks the server to stop and waits ten seconds for its answer. Whoever
        gave up after one second - a caller on the line - must not wait for a frozen server; the
        connection is rolled back or closed behind their back.
        """
        task = asyncio.create_task(attempt)
        self._attempted.add(task)
        task.add_done_callback(self._forget)
        try:
            await asyncio.wait((task,), timeout=ANSWER_TIMEOUT_S)
        except asyncio.CancelledError:
            task.cancel()
            raise
        if task.done():
            return task.result()
        task.cancel()
        raise DatabaseUnavailable(f"no answer within {ANSWER_TIMEOUT_S} s")

    def _forget(self, task: "asyncio.Task[Any]") -> None:
        self._attempted.discard(task)
        if not task.cancelled():
            task.exception()  # whoever waited has it; nobody waiting is no news


def _waited(exc: Exception) -> bool:
    """Say whether the pool had no connection to give: then another try only waits again."""
    return type(exc).__module__.startswith("psycopg_pool")


def _known(exc: psycopg.Error) -> StoreError:
    found = translated(exc)
    assert found is not None  # noqa: S101 - psycopg.Error itself is in the map
    return found


async def _configure(conn: Connection) -> None:
    await conn.execute(_SESSION)
