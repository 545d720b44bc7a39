"""Keeps Pipecat's replacement of `asyncio.wait_for` from breaking `asyncio.timeout`."""

import asyncio
import functools
from collections.abc import Awaitable, Callable
from typing import Any

import pipecat  # noqa: F401 - what is mended here is what importing it does


def mend_wait_for() -> None:
    """Let a cancelled `wait_for` raise CancelledError itself, not a class derived from it.

    Before Python 3.12 Pipecat puts `wait_for2` in place of `asyncio.wait_for`. When a wait is
    cancelled in the moment it ends, that one raises a subclass of CancelledError; `asyncio.timeout`
    knows CancelledError only by identity, so its time-out goes on as a cancellation that nobody
    asked for, and ends whatever task it meets: a webhook, a call. The result such a wait had is
    lost either way, as it is in Python 3.12.
    """
    replaced: Callable[..., Awaitable[Any]] = asyncio.wait_for
    if replaced.__module__.startswith("wait_for2"):
        asyncio.wait_for = _plainly_cancelled(replaced)


def _plainly_cancelled(wait_for: Callable[..., Awaitable[Any]]) -> Any:
    @functools.wraps(wait_for)
    async def plain(*args: Any, **kwargs: Any) -> Any:
        try:
            return await wait_for(*args, **kwargs)
        except asyncio.CancelledError as exc:
            if type(exc) is asyncio.CancelledError:
                raise
            raise asyncio.CancelledError(*exc.args) from exc

    plain.__module__ = __name__
    return plain
