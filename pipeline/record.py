"""What happened in a call: the live session while it lasts, one row of call_logs in the end."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from loguru import logger

from pipeline.sentences import Language
from pipeline.turn_log import TurnLog
from shop.answers import expected
from shop.clock import Clock, to_shop
from shop.cut_off import Used, Wish, open_wish, said_goodbye
from shop.facts import Facts, gather
from shop.outcome import Outcome, outcome
from shop.redact import redact, redact_json, redact_turns
from store import Store
from store.call_logs import CallDetails
from store.errors import StoreError
from tools.call import Call

Role = Literal["caller", "agent"]

SESSION_LIFE_S = 3600
"""A session outlives its call only when the process died; then it is gone within the hour."""

FINISH_TIMEOUT_S = 5.0
"""How long the end of a call waits for the database before the log is given up."""

EndedBy = Literal[
    "caller", "agent", "line", "time_limit", "silence", "transfer", "error", "machine"
]
"""Who or what ended a call. "caller" is the carrier's word for it, which it also has for a mobile
that lost its network; "line" is a stream that broke without one; "agent" is our goodbye."""

_CUT_OFF: tuple[EndedBy, ...] = ("caller", "line", "error")
"""Ends that may have come in the middle of something."""

_OPEN_TURNS = 4
"""A number said over more turns than this is not looked for."""

_WRONG_NUMBER = re.compile(r"\bwrong (?:number|place|company)\b", re.IGNORECASE)

_KEPT_RESULTS = frozenset({
    "get_available_slots", "book_appointment", "reschedule_appointment", "cancel_appointment",
    "get_upcoming_appointments",
})  # fmt: skip
"""Tools whose answers go into the log, for the call that takes this one up; the others' hold more
of a customer's file than a log needs."""


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
    result: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Earlier:
    """The call of the same caller that broke off, and what is known from it."""

    call_sid: str
    wish: Wish
    lines: tuple[tuple[str, str], ...] = ()
    results: tuple[tuple[str, Mapping[str, Any]], ...] = ()


@dataclass(slots=True)
class CallRecord:
    """The story of one call as it grows."""

    call: Call
    direction: Literal["inbound", "outbound"]
    to_number: str
    started_at: datetime
    clock: Clock
    language: Language = "en"
    ended_by: EndedBy | None = None
    earlier: Earlier | None = None
    recording_path: str | None = None
    turns: TurnLog = field(init=False)
    lines: list[Line] = field(default_factory=list)
    tools: list[ToolUse] = field(default_factory=list)
    results: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    done_here: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    """What the service itself did, in order: `take_message` (with `due_at`, shop wall time, and
    `promised`, the sentence the caller heard), `transfer` (the caller is with a person)."""

    late_results: dict[str, dict[str, Any]] = field(default_factory=dict)
    unfinished: set["asyncio.Task[dict[str, Any]]"] = field(default_factory=set)
    """Writes that go on though the caller interrupted them, or has hung up."""

    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _log_opened: bool = False

    def __post_init__(self) -> None:
        self.turns = TurnLog(self.clock)

    def ended(self, by: EndedBy) -> None:
        """Note what ended the call; the first word counts, for the others follow from it."""
        if self.ended_by is None:
            self.ended_by = by

    def say(self, role: Role, text: str, *, interrupted: bool = False) -> None:
        """Add a line that was spoken just now."""
        if text.strip():
            at = self.clock.now().isoformat(timespec="milliseconds")
            self.lines.append(Line(role, redact(text.strip()).text, at, interrupted))
            self.hide_secrets()
            self._changed.set()

    def hide_secrets(self) -> None:
        """Take card numbers that the caller said in several turns out of what is kept of them."""
        spoken = [at for at, line in enumerate(self.lines) if line.role == "caller"][-_OPEN_TURNS:]
        texts = redact_turns([self.lines[at].text for at in spoken])
        for at, text in zip(spoken, texts, strict=True):
            self.lines[at] = replace(self.lines[at], text=text)

    def asked(self) -> str:
        """Return what the agent said last, as far as it was heard: what the caller answers."""
        said: list[str] = []
        for line in reversed(self.lines):
            if line.role == "agent":
                said.insert(0, line.text)
            elif said:
                break
        return " ".join(said)

    def used(self, tool: ToolUse) -> None:
        """Add a tool call that has been answered."""
        self.tools.append(tool)
        self._changed.set()

    def did(self, name: str, what: Mapping[str, Any]) -> None:
        """Add something that the service did for the caller without the model."""
        self.done_here.append((name, what))
        self._changed.set()

    def facts(self) -> Facts:
        """Return what the tools' answers so far amount to; an invitation goes by email."""
        return self._facts(self.earlier.results if self.earlier else ())

    def _facts(self, before: Sequence[tuple[str, Mapping[str, Any]]]) -> Facts:
        call, customer = self.call, self.call.customer
        return gather(
            [*before, *self.results],
            call.shop,
            to_shop(self.clock.now(), call.shop.zone).date(),
            customer.vehicles if customer else (),
            invited=bool(customer and customer.email),
            done_here=self.done_here,
            language=self.language,
        )

    @property
    def outcome(self) -> str:
        """What came of the call, in one word."""
        return self.result().word

    def result(self) -> Outcome:
        """Return what came of the call: a word and a sentence. No bug in it costs the log."""
        try:
            return self._result()
        except Exception:
            logger.bind(call_sid=self.call.call_sid).exception("outcome_bug")
            return Outcome("answered", "")

    def _result(self) -> Outcome:
        customer = self.call.customer
        spoken = [line.text for line in self.lines if line.role == "caller"]
        return outcome(
            self._facts(()),
            f"{customer.first_name} {customer.last_name}".strip() if customer else None,
            [tool.name for tool in self.tools if tool.outcome == "ok"],
            caller_spoke=bool(spoken),
            wrong_number=any(_WRONG_NUMBER.search(text) for text in spoken),
            ended_by=self.ended_by or "line",
            did=[name for name, _ in self.done_here],
        )

    def wish(self) -> Wish | None:
        """Return what the call was about when it ended, None when it came to its end.

        A call that took up another one and added nothing still is about the same.
        """
        try:
            return self._wish()
        except Exception:
            logger.bind(call_sid=self.call.call_sid).exception("wish_bug")
            return None

    def _wish(self) -> Wish | None:
        lines = [(line.role, line.text) for line in self.lines]
        if self.ended_by not in _CUT_OFF or said_goodbye(lines):
            return None
        used = [Used(tool.name, tool.arguments, tool.result) for tool in self.tools]
        today = to_shop(self.clock.now(), self.call.shop.zone).date()
        found = open_wish(used, lines, self.call.shop, today)
        return found or (self.earlier.wish if self.earlier else None)

    def asked_for_number(self) -> bool:
        """Say whether the last thing we said asks for digits that are no card number's."""
        return expected(self.asked()) in ("phone", "vin", "plate")

    @property
    def known_number(self) -> bool:
        """Say whether the caller's number can be taken for theirs."""
        return self.call.caller_phone is not None and self.call.trust == "full"

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
            "tool_calls": [_told(tool) for tool in self.tools],
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
        self.ended("line")
        log = logger.bind(call_sid=self.call.call_sid)
        wish = self.wish()
        steps = (
            ("call_log", self._write_log(store, wish)),
            ("last_contact", self._touch(store)),
            ("holds", self._release(store, wish)),
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

    async def _write_log(self, store: Store, wish: Wish | None) -> None:
        if not self._log_opened:
            await self._open_log(store)
        session = self.session()
        came_of_it = self.result()
        await store.call_logs.finish(
            self.call.call_sid,
            self.clock.now(),
            came_of_it.word,
            session["transcript"],
            [asdict(tool) for tool in self.tools],
            session["customer_id"],
            CallDetails(
                came_of_it.sentence,
                redact_json(self.turns.rows()),
                self.ended_by,
                self.recording_path,
                wish.as_json() if wish else None,
            ),
        )

    async def _release(self, store: Store, wish: Wish | None) -> None:
        """End the call's holds, unless its caller may phone again and go on: then they run out."""
        if wish is None or wish.done or not self.known_number:
            await store.holds.release(self.call.call_sid)

    async def _touch(self, store: Store) -> None:
        if self.call.customer:
            await store.customers.touch_last_contact(self.call.customer.id, self.clock.now())


def kept_result(tool: str, result: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what the log keeps of a tool's answer."""
    return result if tool in _KEPT_RESULTS else {}


def _told(tool: ToolUse) -> dict[str, Any]:
    """Return a tool's use without its answer, which is long."""
    told = asdict(tool)
    del told["result"]
    return told
