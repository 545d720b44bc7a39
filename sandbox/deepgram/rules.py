"""The vendor's limits, and how it treats a client that breaks them."""

import json
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from sandbox.deepgram.segments import Pacing


@dataclass(frozen=True, slots=True)
class ListenLimits:
    """Time-outs and sizes; `idle_s` without audio or KeepAlive closes the socket (NET-0001)."""

    idle_s: float = 10.0
    audio_bytes: int = 1 << 20
    text_bytes: int = 65_536
    finals_waiting: int = 8
    # Finalize is answered for sure only when this much audio has not been covered by a result.
    finalize_ms: int = 500
    pacing: Pacing = field(default_factory=Pacing)


@dataclass(frozen=True, slots=True)
class SpeakLimits:
    """The vendor's limits; `enforced=False` lifts those on rates, sizes stay.

    `pace` is how many times faster than it plays audio leaves; 0 sends as fast as the socket takes.
    """

    enforced: bool = True
    chars_per_message: int = 2000
    chars_per_window: int = 2400
    flushes_per_window: int = 20
    window_s: float = 60.0
    session_s: float = 3600.0
    message_bytes: int = 65_536
    chunk_ms: int = 100
    pace: float = 10.0


class WindowedCount:
    """Adds up what happened within the last `window_s`."""

    def __init__(self, limit: int, window_s: float) -> None:
        self._limit = limit
        self._window_s = window_s
        self._events: deque[tuple[float, int]] = deque()
        self._total = 0

    def admit(self, amount: int, now_s: float) -> bool:
        """Count `amount` unless it would pass the limit."""
        while self._events and self._events[0][0] <= now_s - self._window_s:
            self._total -= self._events.popleft()[1]
        if self._total + amount > self._limit:
            return False
        self._events.append((now_s, amount))
        self._total += amount
        return True


class BrokenRuleError(Exception):
    """Something after which the vendor closes the socket; `sent` is what it could not read."""

    def __init__(self, close_code: int, code: str, description: str, sent: str = "") -> None:
        super().__init__(description)
        self.close_code = close_code
        self.code = code
        self.sent = sent


def parse(text: str, limit: int) -> dict[str, Any]:
    """A control message of at most `limit` characters; raises BrokenRuleError (1008, 1009)."""
    if len(text) > limit:
        raise BrokenRuleError(1009, "BIG-0000", "The text message is too large.")
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        message = None
    if not isinstance(message, dict):
        raise BrokenRuleError(1008, "DATA-0000", "The message is not a JSON object.", text[:500])
    return message
