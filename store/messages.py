"""Messages: what callers asked to be passed on, and by when they were promised a call back."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg.rows import dict_row

from store.errors import NotFound
from store.pool import Pool, Row

_ADD = """
INSERT INTO messages (call_sid, customer_id, from_number, name, text, reason, promised, due_at,
                      created_at)
VALUES (%(call_sid)s, %(customer_id)s, %(from_number)s, %(name)s, %(text)s, %(reason)s,
        %(promised)s, %(due_at)s, %(at)s)
ON CONFLICT (call_sid, md5(text)) WHERE call_sid <> '' DO UPDATE SET
    name = coalesce(nullif(excluded.name, ''), messages.name),
    from_number = coalesce(excluded.from_number, messages.from_number)
RETURNING id
"""
_OPEN = """
SELECT id, call_sid, customer_id, from_number, name, text, reason, promised, due_at, done_at,
       created_at
FROM messages WHERE done_at IS NULL
ORDER BY due_at NULLS LAST, id LIMIT %(limit)s
"""
# The first time counts: who presses the button twice does not make it later.
_DONE = """
UPDATE messages SET done_at = coalesce(done_at, %(at)s) WHERE id = %(id)s RETURNING id
"""


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A message as a call has it; `due_at` is aware, `promised` what the caller was told."""

    call_sid: str
    text: str
    reason: str
    promised: str
    due_at: datetime | None
    from_number: str | None = None
    name: str = ""
    customer_id: int | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """A row of `messages`; it is open until `done_at`."""

    id: int
    call_sid: str
    customer_id: int | None
    from_number: str | None
    name: str
    text: str
    reason: str
    promised: str
    due_at: datetime | None
    done_at: datetime | None
    created_at: datetime

    def overdue(self, now: datetime) -> bool:
        """Say whether a promise was broken: open past its deadline."""
        return self.done_at is None and self.due_at is not None and self.due_at < now


class Messages:
    """The table `messages`. Every method raises DatabaseUnavailable."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def add(self, message: NewMessage, at: datetime) -> int:
        """Store a message; the same words left twice in one call are one message."""
        values = {
            "call_sid": message.call_sid,
            "customer_id": message.customer_id,
            "from_number": message.from_number,
            "name": _storable(message.name),
            "text": _storable(message.text),
            "reason": message.reason,
            "promised": message.promised,
            "due_at": message.due_at,
            "at": at,
        }
        row = await self._pool.execute(_ADD, values)
        assert row is not None  # noqa: S101 - RETURNING after an insert or update
        return int(row["id"])

    async def open(self, limit: int = 100) -> list[Message]:
        """Return what still has to be answered, the earliest deadline first."""
        return [_message(row) for row in await self._pool.rows(_OPEN, {"limit": limit})]

    async def done(self, message_id: int, at: datetime) -> None:
        """Note that a message was answered; raises NotFound."""
        if await self._pool.execute(_DONE, {"id": message_id, "at": at}) is None:
            raise NotFound(f"there is no message {message_id}")


def read_open(conn: psycopg.Connection[Any], limit: int = 100) -> list[Message]:
    """Return what `Messages.open` does, for a command that has a plain connection."""
    with conn.cursor(row_factory=dict_row) as cursor:
        return [_message(row) for row in cursor.execute(_OPEN, {"limit": limit})]


def _storable(text: str) -> str:
    """Return text without what PostgreSQL refuses: NUL and lone surrogates."""
    return text.replace("\0", "").encode(errors="replace").decode()


def _message(row: Row) -> Message:
    at = {name: row[name] and row[name].astimezone(UTC) for name in ("due_at", "done_at")}
    return Message(**{**row, **at, "created_at": row["created_at"].astimezone(UTC)})
