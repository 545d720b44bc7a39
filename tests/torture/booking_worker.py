"""A process of the service without its telephone: runs tools for calls, orders in, answers out.

Each line of stdin is an order, {"id", "call_sid", "phone", "tool", "arguments", "cut_after_s"};
each gets one line on stdout, {"id", "answer"}, or {"id", "cut": true} when the wait for it was
given up. It ends with its stdin, and in between by any signal.
"""

import asyncio
import contextlib
import json
import sys
from typing import Any

from loguru import logger

from settings import Settings, load
from shop.clock import SystemClock
from shop.shopfile import Shop, load_shop
from store import Store, open_store
from store.errors import StoreError
from tools import TOOLS
from tools.call import Call
from tools.tool import Tool

BUDGET_S = 6.0
"""What a tool may take, as on the telephone."""

HANG_UP = "hang_up"
"""Not a tool: the end of a call, which gives back what was held for it."""

MAX_LINE_BYTES = 1 << 20


class Worker:
    """Does what it is told for any number of calls at once."""

    def __init__(self, store: Store, shop: Shop) -> None:
        self._store = store
        self._shop = shop
        self._tools: dict[str, Tool[Any]] = {tool.name: tool for tool in TOOLS}
        self._calls: dict[str, Call] = {}
        self._orders: set[asyncio.Task[None]] = set()

    def begin(self, line: bytes) -> None:
        """Start on one order."""
        task = asyncio.create_task(self._obey(json.loads(line)))
        self._orders.add(task)
        task.add_done_callback(self._orders.discard)

    async def _obey(self, order: dict[str, Any]) -> None:
        work = asyncio.create_task(self._run(order))
        done, _ = await asyncio.wait((work,), timeout=order.get("cut_after_s"))
        if done:
            _say({"id": order["id"], "answer": work.result()})
            return
        work.cancel()  # harsher than a barge-in, which lets a write go on
        await asyncio.wait((work,))
        _say({"id": order["id"], "cut": True})

    async def _run(self, order: dict[str, Any]) -> dict[str, Any]:
        if order["tool"] == HANG_UP:
            return await self._hang_up(order["call_sid"])
        tool = self._tools[order["tool"]]
        try:
            return await asyncio.wait_for(tool.run(self._call(order), order["arguments"]), BUDGET_S)
        except (StoreError, TimeoutError) as exc:
            return {"success": False, "error": "unavailable", "why": f"{type(exc).__name__}: {exc}"}
        except Exception as exc:
            logger.exception("tool_bug")
            return {"success": False, "error": "internal", "why": f"{type(exc).__name__}: {exc}"}

    async def _hang_up(self, call_sid: str) -> dict[str, Any]:
        self._calls.pop(call_sid, None)
        with contextlib.suppress(StoreError):
            await self._store.holds.release(call_sid)
        return {"success": True}

    def _call(self, order: dict[str, Any]) -> Call:
        sid = order["call_sid"]
        if sid not in self._calls:
            clock = SystemClock()
            self._calls[sid] = Call(sid, order["phone"], self._store, self._shop, clock)
        return self._calls[sid]


def _say(answer: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


async def work() -> None:
    """Obey until stdin ends."""
    settings = load(Settings)
    shop = load_shop(settings.shop_file)
    reader = asyncio.StreamReader(limit=MAX_LINE_BYTES)
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    async with open_store(settings, shop) as store:
        stop = asyncio.Event()
        loops = [
            asyncio.create_task(store.relay.run_forever(stop)),
            asyncio.create_task(store.mirror.run_forever(stop)),
        ]
        worker = Worker(store, shop)
        _say({"ready": True})
        while line := await reader.readline():
            worker.begin(line)
        stop.set()
        await asyncio.gather(*loops)


def main() -> None:
    """Run as a process of its own; its log goes to stderr, without what is said on purpose."""
    logger.remove()
    logger.add(sys.stderr, level="WARNING", format="{time:HH:mm:ss.SSS} {level} {message} {extra}")
    asyncio.run(work())


if __name__ == "__main__":
    main()
