"""Tests of the cache when Redis is well, away, slow or killed."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from sandbox.valkey import EmbeddedValkey
from store import cache as cache_module
from store.cache import Cache

pytestmark = pytest.mark.db

NOWHERE = "redis://127.0.0.1:1/0"


@pytest.fixture
async def cache(redis_url: str) -> AsyncIterator[Cache]:
    """A cache on an empty Valkey."""
    opened = Cache(redis_url)
    yield opened
    await opened.close()


async def test_sessions_live_until_they_are_deleted(cache: Cache) -> None:
    """A call's state is saved, listed, read and removed."""
    await cache.save_session("CA1", {"a": 1})
    await cache.save_session("CA2", {}, ttl_s=10)
    assert sorted(await cache.sessions()) == ["CA1", "CA2"]
    assert await cache.load_session("CA1") == {"a": 1}
    await cache.delete_session("CA1")
    assert await cache.load_session("CA1") is None
    assert await cache.sessions() == ["CA2"]


async def test_a_session_lives_an_hour_at_most(cache: Cache) -> None:
    """A longer life asked for is cut."""
    await cache.save_session("CA1", {}, ttl_s=10**6)
    assert 0 < await cache._redis.ttl("session:CA1") <= 3600


async def test_a_key_is_claimed_once(cache: Cache) -> None:
    """Of many that claim a key at once, one gets it."""
    claims = await asyncio.gather(*(cache.claim_once("k", 60) for _ in range(50)))
    assert sorted(claims) == [False] * 49 + [True]  # type: ignore[type-var]  # none is None here


async def test_a_counter_counts_for_its_time(cache: Cache) -> None:
    """Counts go up one by one from many callers, and end by themselves."""
    counts = await asyncio.gather(*(cache.count("guesses:x", 3600) for _ in range(20)))
    assert sorted(c for c in counts if c) == list(range(1, 21))
    assert 3500 < await cache._redis.ttl("guesses:x") <= 3600
    await cache._redis.persist("guesses:x")
    await cache.count("guesses:x", 60)
    assert await cache._redis.ttl("guesses:x") <= 60


async def test_rubbish_does_not_put_the_cache_to_rest(cache: Cache) -> None:
    """A key of another kind is replaced, and the next look-up is served at once."""
    await cache.set_json("good", {"v": 1}, 60)
    for key in ("counter", "value"):
        await cache._redis.rpush(key, "x")
    assert await cache.count("counter", 60) == 1
    assert await cache.get_json("value") is None
    await cache._redis.set("text", "no number")
    assert await cache.count("text", 60) == 1
    await cache._redis.execute_command("SET", "bytes", b"\xff\xfe")
    assert await cache.get_json("bytes") is None
    assert not cache.down
    assert await cache.get_json("good") == {"v": 1}
    assert await cache._redis.exists("value", "bytes") == 0


async def test_a_change_cancelled_half_way_is_made_up_for(cache: Cache) -> None:
    """Whoever gives up while the old value is being removed leaves it to be removed later."""
    await cache.set_json("k", {"old": True}, 60)
    async with cache._redis.client() as blocker:
        await blocker.client_pause(150)
        work = asyncio.create_task(cache.changed("k"))
        await asyncio.sleep(0)
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await work
        await blocker.client_unpause()
    assert await cache.get_json("k") is None


async def test_more_callers_than_connections_are_served(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two hundred look-ups at once over ten connections all find their value."""
    # What is tested is the queue for a connection, not how fast a busy machine empties it.
    monkeypatch.setattr(cache_module, "TIMEOUT_S", 10.0)
    cache = Cache(redis_url)
    await cache.set_json("k", {"v": 1}, 60)
    found = await asyncio.gather(*(cache.get_json("k") for _ in range(200)))
    assert found == [{"v": 1}] * 200
    await cache.close()


async def test_a_redis_that_is_away_is_a_miss() -> None:
    """Nothing raises; claims cannot tell; ping says no."""
    cache = Cache(NOWHERE)
    assert await cache.get_json("k") is None
    await cache.set_json("k", {}, 60)
    await cache.changed("k")
    assert await cache.claim_once("k", 60) is None
    assert await cache.count("k", 60) is None
    assert await cache.sessions() == []
    assert not await cache.ping()
    assert cache.down
    await cache.close()


async def test_a_redis_that_hangs_costs_its_time_out_once() -> None:
    """One call waits for the time-out; the next hundred do not wait at all."""

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        cache = Cache(f"redis://127.0.0.1:{port}/0")
        began = time.perf_counter()
        for _ in range(101):
            assert await cache.get_json("k") is None
        assert time.perf_counter() - began < 2 * cache_module.TIMEOUT_S
        await cache.close()


async def test_a_change_missed_while_redis_was_away_is_made_up_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An old value that a returning Redis still holds is forgotten before it is believed."""
    monkeypatch.setattr(cache_module, "REST_S", 0.0)
    with EmbeddedValkey() as server:
        cache, port = Cache(server.url), server._port
        await cache.set_json("customer:+1", {"old": True}, 60)
        await cache._redis.config_set("requirepass", "changed-so-that-we-are-out")
        await cache._redis.connection_pool.disconnect()
        await cache.changed("customer:+1")
        assert cache.down
        back = Cache(f"redis://:changed-so-that-we-are-out@127.0.0.1:{port}/0")
        await back._redis.config_set("requirepass", server._password)
        assert await back.get_json("customer:+1") == {"old": True}
        assert await cache.get_json("customer:+1") is None
        assert not cache.down
        await back.close()
        await cache.close()


async def test_a_restarted_redis_is_used_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a kill the cache misses, and it works again once Redis is back on its port."""
    monkeypatch.setattr(cache_module, "REST_S", 0.0)
    with EmbeddedValkey() as server:
        port, password = server._port, server._password
        cache = Cache(server.url)
        await cache.set_json("k", {"v": 1}, 60)
    assert await cache.get_json("k") is None
    again = EmbeddedValkey(port=port)
    again._password = password
    with again:
        await cache.set_json("k", {"v": 2}, 60)
        assert await cache.get_json("k") == {"v": 2}
        await cache.close()
