"""Call logs: one row a call, whatever became of it."""

import math
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, LiteralString

from psycopg.types.json import Jsonb

from store.pool import Pool, Row

Direction = Literal["inbound", "outbound"]
JsonList = list[dict[str, Any]]

_START = """
INSERT INTO call_logs (call_sid, direction, from_number, to_number, customer_id, started_at)
VALUES (%(call_sid)s, %(direction)s, %(from_number)s, %(to_number)s, %(customer_id)s, %(at)s)
ON CONFLICT (call_sid) DO NOTHING
RETURNING id
"""
# The first end counts: a second one, from a crash handler or a late callback, adds what is missing.
_FINISH = """
INSERT INTO call_logs AS log
    (call_sid, started_at, ended_at, outcome, transcript, tool_calls, customer_id,
     outcome_detail, turns, ended_by, recording_path, open_wish)
VALUES (%(call_sid)s, %(ended_at)s, %(ended_at)s, %(outcome)s, %(transcript)s, %(tool_calls)s,
        %(customer_id)s, %(detail)s, %(turns)s, %(ended_by)s, %(recording)s, %(open_wish)s)
ON CONFLICT (call_sid) DO UPDATE SET
    ended_at = coalesce(log.ended_at, excluded.ended_at),
    outcome = coalesce(log.outcome, excluded.outcome),
    transcript = CASE WHEN jsonb_array_length(log.transcript) >
                           jsonb_array_length(excluded.transcript)
                      THEN log.transcript ELSE excluded.transcript END,
    tool_calls = CASE WHEN jsonb_array_length(log.tool_calls) >
                           jsonb_array_length(excluded.tool_calls)
                      THEN log.tool_calls ELSE excluded.tool_calls END,
    customer_id = coalesce(excluded.customer_id, log.customer_id),
    outcome_detail = coalesce(log.outcome_detail, excluded.outcome_detail),
    turns = CASE WHEN jsonb_array_length(log.turns) > jsonb_array_length(excluded.turns)
                 THEN log.turns ELSE excluded.turns END,
    ended_by = coalesce(log.ended_by, excluded.ended_by),
    recording_path = coalesce(log.recording_path, excluded.recording_path),
    open_wish = coalesce(log.open_wish, excluded.open_wish)
"""
_COLUMNS: LiteralString = """
SELECT id, call_sid, customer_id, direction, from_number, to_number, started_at, ended_at, outcome,
       transcript, tool_calls, outcome_detail, turns, ended_by, recording_path, open_wish
FROM call_logs
"""
_RECENT = _COLUMNS + "ORDER BY started_at DESC, id DESC LIMIT %(limit)s"
_LAST_OF = (
    _COLUMNS
    + """
WHERE from_number = %(phone)s AND direction = 'inbound' AND call_sid <> %(besides)s
ORDER BY started_at DESC, id DESC LIMIT 1
"""
)


@dataclass(frozen=True, slots=True)
class CallLog:
    """A row of `call_logs`; the transcript is a list of `{role, text, at}`."""

    id: int
    call_sid: str
    customer_id: int | None
    direction: Direction
    from_number: str | None
    to_number: str | None
    started_at: datetime
    ended_at: datetime | None
    outcome: str | None
    transcript: JsonList
    tool_calls: JsonList
    outcome_detail: str | None
    turns: JsonList
    ended_by: str | None
    recording_path: str | None
    open_wish: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class CallDetails:
    """What else is known of a call that is over; see `docs/call-log.md`."""

    outcome_detail: str | None = None
    turns: JsonList = field(default_factory=list)
    ended_by: str | None = None
    recording_path: str | None = None
    open_wish: dict[str, Any] | None = None


class CallLogs:
    """The table `call_logs`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def start(  # noqa: PLR0917 - the columns, in their order
        self,
        call_sid: str,
        direction: Direction,
        from_number: str | None,
        to_number: str | None,
        customer_id: int | None,
        at: datetime,
    ) -> bool:
        """Note that a call began; False when this `call_sid` is already known."""
        values = {
            "call_sid": call_sid,
            "direction": direction,
            "from_number": from_number,
            "to_number": to_number,
            "customer_id": customer_id,
            "at": at,
        }
        return await self._pool.execute(_START, values) is not None

    async def finish(  # noqa: PLR0917
        self,
        call_sid: str,
        ended_at: datetime,
        outcome: str,
        transcript: JsonList,
        tool_calls: JsonList,
        customer_id: int | None,
        details: CallDetails | None = None,
    ) -> None:
        """Note how a call ended; calling it again, or without `start`, still leaves one row."""
        details = details or CallDetails()
        wish = details.open_wish
        values = {
            "call_sid": call_sid,
            "ended_at": ended_at,
            "outcome": outcome,
            "transcript": Jsonb(_storable(transcript)),
            "tool_calls": Jsonb(_storable(tool_calls)),
            "customer_id": customer_id,
            "detail": details.outcome_detail and _storable(details.outcome_detail),
            "turns": Jsonb(_storable(details.turns)),
            "ended_by": details.ended_by,
            "recording": details.recording_path,
            "open_wish": None if wish is None else Jsonb(_storable(wish)),
        }
        await self._pool.execute(_FINISH, values)

    async def last_of(self, phone: str, besides: str) -> CallLog | None:
        """Return the last call that came from `phone`, over or not, other than `besides`."""
        row = await self._pool.row(_LAST_OF, {"phone": phone, "besides": besides})
        return _call_log(row) if row else None

    async def recent(self, limit: int = 50) -> list[CallLog]:
        """Return the latest calls, newest first."""
        return [_call_log(row) for row in await self._pool.rows(_RECENT, {"limit": limit})]


def _storable(value: Any) -> Any:
    """Return JSON without what PostgreSQL's jsonb refuses: NUL, lone surrogates, NaN, infinity."""
    if isinstance(value, str):
        return value.replace("\0", "").encode(errors="replace").decode()
    if isinstance(value, dict):
        return {_storable(key): _storable(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_storable(inner) for inner in value]
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def _call_log(row: Row) -> CallLog:
    ended = row["ended_at"]
    return CallLog(
        **{
            **row,
            "started_at": row["started_at"].astimezone(UTC),
            "ended_at": ended and ended.astimezone(UTC),
        }
    )
