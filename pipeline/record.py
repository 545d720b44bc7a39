"""What happened in a call: the live session while it lasts, one row of call_logs in the end."""

import asyncio
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Literal

from loguru import logger

from shop.clock import Clock, to_shop
from shop.facts import Facts, gather
from store import Store
from store.errors import StoreError
from tools.call import Call

Role = Literal["caller", "agent"]

SESSION_LIFE_S = 3600
"""A session outlives its call only when the process died; then it is gone within the hour."""

FINISH_TIMEOUT_S = 5.0
"""How long the end of a call waits for the database before the log is given up."""

_OUTCOMES = {
    "book_appointment": "booked",
    "reschedule_appointment": "moved",
    "cancel_appointment": "cancelled",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the transcript; `at` is when it began, ISO 8601 UTC."""

    role: Role
    text: str
    at: str
    interrupted: bool = False


@dataclass(frozen=True, slots=True)
class ToolUse:
    """One tool call: what was asked, what came of it (`ok` or an error code), and how long."""

    name: str
    arguments: Mapping[str, Any]
    outcome: str
    ms: int
    at: str


@dataclass(slots=True)
class CallRecord:
    """The story of one call as it grows."""

    call: Call
    direction: Literal["inbound", "outbound"]
    to_number: str
    started_at: datetime
    clock: Clock
    ended_by: str = "caller"
    lines: list[Line] = field(default_factory=list)
    tools: list[ToolUse] = field(default_factory=list)
    results: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    late_results: dict[str, dict[str, Any]] = field(default_factory=dict)
    unfinished: set["asyncio.Task[dict[str, Any]]"] = field(default_factory=set)
    """Writes that go on though the caller interrupted them, or has hung up."""

    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _log_opened: bool = False

    def say(self, role: Role, text: str, *, interrupted: bool = False) -> None:
        """Add a line that was spoken just now."""
        if text.strip():
            at = self.clock.now().isoformat(timespec="milliseconds")
            self.lines.append(Line(role, text.strip(), at, interrupted))
            self._changed.set()

    def used(self, tool: ToolUse) -> None:
        """Add a tool call that has been answered."""
        self.tools.append(tool)
        self._changed.set()

    def facts(self) -> Facts:
        """Return what the tools' answers so far amount to; an invitation goes by email."""
        call, customer = self.call, self.call.customer
        return gather(
            self.results,
            call.shop,
            to_shop(self.clock.now(), call.shop.zone).date(),
            customer.vehicles if customer else (),
            invited=bool(customer and customer.email),
        )

    @property
    def outcome(self) -> str:
        """What came of the call, in one word: the last change made, else whether anyone spoke."""
        done = [_OUTCOMES[t.name] for t in self.tools if t.outcome == "ok" and t.name in _OUTCOMES]
        if done:
            return done[-1]
        if not any(line.role == "caller" for line in self.lines):
            return "abandoned"
        return "answered"

    def session(self) -> dict[str, Any]:
        """Return the state of the call as `session:{call_sid}` holds it."""
        customer = self.call.customer
        return {
            "call_sid": self.call.call_sid,
            "direction": self.direction,
            "from_number": self.call.caller_phone,
            "to_number": self.to_number,
            "customer_id": customer.id if customer else None,
            "started_at": self.started_at.isoformat(timespec="milliseconds"),
            "transcript": [asdict(line) for line in self.lines],
            "tool_calls": [asdict(tool) for tool in self.tools],
        }

    async def mirror(self, store: Store) -> None:
        """Keep the session in the cache up to date until cancelled; never in a caller's way."""
        while True:
            await store.cache.save_session(self.call.call_sid, self.session(), SESSION_LIFE_S)
            await self._changed.wait()
            self._changed.clear()

    async def finish(self, store: Store) -> None:
        """Write the call log and the customer's last contact, and forget the session.

        Writes still under way are waited for, since the log tells what came of them. What fails is
        logged and left out: the call is over either way.
        """
        if self.unfinished:
            await asyncio.wait(self.unfinished, timeout=FINISH_TIMEOUT_S)
        log = logger.bind(call_sid=self.call.call_sid)
        steps = (
            ("call_log", self._write_log(store)),
            ("last_contact", self._touch(store)),
            ("holds", store.holds.release(self.call.call_sid)),
            ("session", store.cache.delete_session(self.call.call_sid)),
        )
        for name, step in steps:
            try:
                await asyncio.wait_for(step, FINISH_TIMEOUT_S)
            except Exception as exc:
                log.bind(step=name, error=type(exc).__name__).error("call_finish_failed")
        log.bind(outcome=self.outcome, ended_by=self.ended_by, lines=len(self.lines)).info(
            "call_ended"
        )

    async def begin(self, store: Store) -> None:
        """Open the call's row of call_logs; without one yet, `finish` opens it."""
        try:
            await asyncio.wait_for(self._open_log(store), FINISH_TIMEOUT_S)
        except (StoreError, TimeoutError) as exc:
            logger.bind(call_sid=self.call.call_sid, error=str(exc)).warning("call_log_late")

    async def _open_log(self, store: Store) -> None:
        customer = self.call.customer
        await store.call_logs.start(
            self.call.call_sid,
            self.direction,
            self.call.caller_phone,
            self.to_number,
            customer.id if customer else None,
            self.started_at,
        )
        self._log_opened = True

    async def _write_log(self, store: Store) -> None:
        if not self._log_opened:
            await self._open_log(store)
        session = self.session()
        await store.call_logs.finish(
            self.call.call_sid,
            self.clock.now(),
            self.outcome,
            session["transcript"],
            session["tool_calls"],
            session["customer_id"],
        )

    async def _touch(self, store: Store) -> None:
        if self.call.customer:
            await store.customers.touch_last_contact(self.call.customer.id, self.clock.now())
