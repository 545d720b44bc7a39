"""What the tests of the store share: times, a caller, SQL from outside, a server for an app."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import uvicorn
from fastapi import FastAPI

from shop.types import Customer, Vehicle

CALENDAR_ID = "shop@bayline.example"
TUESDAY = datetime(2026, 11, 24, 22, tzinfo=UTC)
"""Two in the afternoon in Los Angeles."""
HOUR = timedelta(hours=1)


@contextlib.asynccontextmanager
async def serving(app: FastAPI) -> AsyncIterator[str]:
    """Serve an app on a free port of the loopback and give its root address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(app, log_level="error", lifespan="off", ws="none")
        server = uvicorn.Server(config)
        running = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            await running


@dataclass(frozen=True)
class Caller:
    """A customer on file with one car."""

    customer: Customer
    vehicle: Vehicle


class Rows:
    """SQL from outside of the store."""

    def __init__(self, url: str) -> None:
        self._url = url

    def __call__(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Run one statement on a connection of its own and return its rows, if any."""
        with psycopg.connect(self._url, autocommit=True) as conn:
            cursor = conn.execute(query.encode(), values)
            return list(cursor.fetchall()) if cursor.description else []
