"""Redis: what may be forgotten at any moment. Every failure here is a miss, and costs little."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from loguru import logger
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError

from store.errors import CacheUnavailable, translated

T = TypeVar("T")
Json = dict[str, Any]

CONNECTIONS = 10
TIMEOUT_S = 0.25
"""A healthy Redis answers in well under a millisecond; a caller never waits longer than this."""
REST_S = 2.0
"""How long a Redis that failed is left alone, so that one call in a while pays the time-out."""
GUARD_S = 5
"""Longer than any read of the database takes: see `set_json_unless_changed`."""
MAX_SESSION_S = 3600
MAX_FORGOTTEN = 10_000

_FILL = """
if redis.call('EXISTS', KEYS[2]) == 1 then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
return 1
"""

_COUNT = """
local count = redis.call('INCR', KEYS[1])
if redis.call('TTL', KEYS[1]) < 0 then redis.call('EXPIRE', KEYS[1], ARGV[1]) end
return count
"""


class Cache:
    """Values as JSON under the keys of INTERFACES, section 6; a miss is None, as is a failure."""

    def __init__(self, redis_url: str) -> None:
        # Any: the client's own types and the published stubs contradict each other.
        self._pool: Any = BlockingConnectionPool.from_url(
            redis_url,
            max_connections=CONNECTIONS,
            timeout=TIMEOUT_S,
            socket_timeout=TIMEOUT_S,
            socket_connect_timeout=TIMEOUT_S,
            # A connection that the server closed while it lay idle is replaced at once.
            retry=Retry(NoBackoff(), 1, supported_errors=(RedisConnectionError,)),
            decode_responses=True,
        )
        self._redis: Any = Redis(connection_pool=self._pool)
        self._rest_until = 0.0
        self._down = False
        self._forgotten: set[str] = set()

    async def close(self) -> None:
        """Close the connections."""
        await self._redis.aclose()
        await self._pool.disconnect()

    @property
    def down(self) -> bool:
        """Whether the last attempt to reach Redis failed."""
        return self._down

    async def ping(self) -> bool:
        """Say whether Redis answers now, without regard to what it did a moment ago."""
        self._rest_until = 0.0
        return await self._guarded(self._redis.ping) is not None

    async def get_json(self, key: str) -> Json | None:
        """Return the object under `key`; whatever else lies there is deleted and is a miss."""

        async def read() -> str | None:
            try:
                text: str | None = await self._redis.get(key)
            except (ResponseError, UnicodeDecodeError) as exc:
                if not _is_rubbish(exc):
                    raise
                return ""
            return text

        text = await self._guarded(read)
        if text is None:
            return None
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            value = None
        if isinstance(value, dict):
            return value
        await self.delete(key)
        return None

    async def set_json(self, key: str, value: Json, ttl_s: int) -> None:
        """Keep `value` under `key` for `ttl_s` seconds."""
        text = json.dumps(value)
        await self._guarded(lambda: self._redis.set(key, text, ex=ttl_s))

    async def set_json_unless_changed(self, key: str, value: Json, ttl_s: int) -> None:
        """Keep what was just read from the database, unless `changed(key)` was called meanwhile.

        Otherwise a slow reader could put the old value back after the writer removed it.
        """
        text = json.dumps(value)
        await self._guarded(lambda: self._redis.eval(_FILL, 2, key, _guard(key), text, str(ttl_s)))

    async def changed(self, key: str) -> None:
        """Forget `key` because the database has changed; made up for later if Redis is away."""

        async def forget() -> bool:
            async with self._redis.pipeline(transaction=True) as pipe:
                pipe.delete(key)
                pipe.set(_guard(key), "1", ex=GUARD_S)
                await pipe.execute()
            return True

        await self._owed(key, forget)

    async def delete(self, key: str) -> None:
        """Remove `key`; made up for later if Redis is away."""

        async def remove() -> bool:
            await self._redis.delete(key)
            return True

        await self._owed(key, remove)

    async def _owed(self, key: str, work: Callable[[], Awaitable[bool]]) -> None:
        """Do `work`, or note that `key` is still to be removed - also when cancelled half-way."""
        done = None
        try:
            done = await self._guarded(work)
        finally:
            if done is None and len(self._forgotten) < MAX_FORGOTTEN:
                self._forgotten.add(key)

    async def count(self, key: str, ttl_s: int) -> int | None:
        """Add one to the counter `key`, which starts anew `ttl_s` seconds after its first one.

        Returns where it stands now, None when Redis cannot tell.
        """

        async def add() -> int:
            try:
                return int(await self._redis.eval(_COUNT, 1, key, str(ttl_s)))
            except ResponseError as exc:
                if not _is_rubbish(exc):
                    raise
                await self._redis.delete(key)
                return int(await self._redis.eval(_COUNT, 1, key, str(ttl_s)))

        return await self._guarded(add)

    async def claim_once(self, key: str, ttl_s: int) -> bool | None:
        """Take `key` for `ttl_s` seconds: True once, then False; None when Redis cannot tell."""

        async def claim() -> bool:
            return bool(await self._redis.set(key, "1", ex=ttl_s, nx=True))

        return await self._guarded(claim)

    async def save_session(self, call_sid: str, state: Json, ttl_s: int = MAX_SESSION_S) -> None:
        """Keep the state of a call in progress, for an hour at most."""
        await self.set_json(_session(call_sid), state, min(ttl_s, MAX_SESSION_S))

    async def load_session(self, call_sid: str) -> Json | None:
        """Return the state of a call in progress, None when it is not known."""
        return await self.get_json(_session(call_sid))

    async def delete_session(self, call_sid: str) -> None:
        """Forget a call that has ended."""
        await self.delete(_session(call_sid))

    async def sessions(self) -> list[str]:
        """Return the call sids of all calls in progress, on whatever server."""

        async def scan() -> list[str]:
            found = self._redis.scan_iter(match=_session("*"), count=500)
            return [str(key).removeprefix(_session("")) async for key in found]

        return await self._guarded(scan) or []

    async def _guarded(self, work: Callable[[], Awaitable[T]]) -> T | None:
        """Do `work` within the time allowed; None when it fails or Redis is being left alone."""
        if time.monotonic() < self._rest_until:
            return None
        try:
            async with asyncio.timeout(TIMEOUT_S):
                if self._forgotten:
                    await self._catch_up()
                answer = await work()
        except Exception as exc:
            failure = translated(exc) or _plain(exc)
            if failure is None:
                raise
            self._failed(failure)
            return None
        if self._down:
            self._down = False
            logger.bind(part="redis").info("cache is back")
        return answer

    async def _catch_up(self) -> None:
        # Before anything is believed again: what changed while Redis was away.
        missed = tuple(self._forgotten)
        await self._redis.delete(*missed)
        self._forgotten.difference_update(missed)

    def _failed(self, failure: Exception) -> None:
        self._rest_until = time.monotonic() + REST_S
        if not self._down:
            self._down = True
            logger.bind(part="redis", error=str(failure)).warning("cache is away, going without")


def _plain(exc: Exception) -> CacheUnavailable | None:
    if isinstance(exc, TimeoutError | OSError | UnicodeDecodeError):
        return CacheUnavailable(type(exc).__name__)
    return None


def _is_rubbish(exc: Exception) -> bool:
    """Say whether Redis is well and only what lies under the key is of another kind."""
    text = str(exc)
    return isinstance(exc, UnicodeDecodeError) or "WRONGTYPE" in text or "not an integer" in text


def _session(call_sid: str) -> str:
    return f"session:{call_sid}"


def _guard(key: str) -> str:
    return f"changed:{key}"
