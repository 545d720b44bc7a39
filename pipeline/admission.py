"""How many calls this process has on the line, and whether it takes one more."""

import asyncio
import time
from dataclasses import dataclass, field

from pipeline.record import CallRecord

RING_S = 5.0
"""A call that was let in and has opened no stream after this long has hung up while it rang."""


@dataclass(slots=True)
class CallsInProgress:
    """The calls of one process: those talking, and those let in whose stream is still to come."""

    limit: int
    draining: bool = False
    records: dict[str, CallRecord] = field(default_factory=dict)
    _ringing: dict[str, float] = field(default_factory=dict)
    _quiet: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self._quiet.set()

    @property
    def full(self) -> bool:
        """Say whether one more call has to be turned away."""
        now = time.monotonic()
        self._ringing = {sid: until for sid, until in self._ringing.items() if until > now}
        return len(self.records) + len(self._ringing) >= self.limit

    def expect(self, call_sid: str) -> None:
        """Keep a place for a call that was just let in; asking twice keeps one."""
        self._ringing[call_sid] = time.monotonic() + RING_S

    def begin(self, record: CallRecord) -> None:
        """Count a call whose stream has opened."""
        self._ringing.pop(record.call.call_sid, None)
        self.records[record.call.call_sid] = record
        self._quiet.clear()

    def end(self, record: CallRecord) -> None:
        """Forget a call that is over."""
        self.records.pop(record.call.call_sid, None)
        if not self.records:
            self._quiet.set()

    async def quiet(self) -> None:
        """Wait until no call is talking."""
        await self._quiet.wait()
