"""One service in one world for all whole-call tests: real sockets, real speech, real databases."""

from collections.abc import AsyncIterator

import pytest_asyncio

from sandbox.world import Service, World, service, world


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def place() -> AsyncIterator[World]:
    """Start databases, vendors and carrier once; the vendors take no longer than they must."""
    async with world(profile="none") as running:
        yield running


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def running(place: World) -> AsyncIterator[Service]:
    """Start the service once."""
    async with service(place) as started:
        yield started
