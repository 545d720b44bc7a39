"""A bad network between a caller and the carrier: lost packets, packets that come late, gaps."""

import asyncio
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from sandbox.twilio.mulaw import FRAME_S

Deliver = Callable[[bytes, float], None]


@dataclass(frozen=True, slots=True)
class Gap:
    """So long nothing of the caller arrives; `at_s` is counted from when the line became so."""

    at_s: float
    length_s: float


@dataclass(frozen=True, slots=True)
class Impairment:
    """What becomes of the caller's frames; the same for the same `seed`.

    `loss` is the share of frames that never arrive, `burst` how many are lost in a row on average.
    `jitter_ms` is the most that a frame is late; they stay in order, as on any WebSocket, so that
    behind a late one several come at once.

    What the service gets for a lost frame is not documented by Twilio. Its `timestamp` is a
    presentation time while `chunk` counts messages, it discards audio itself where the way to the
    service is congested (warning 31930), and services have received streams with holes; so by
    default a lost frame is `missing`: no message is sent, the next timestamp jumps and the chunks
    are counted on. With `silence` a frame of silence takes its place, as behind a carrier that
    fills holes.
    """

    loss: float = 0.0
    burst: float = 1.0
    jitter_ms: int = 0
    gaps: tuple[Gap, ...] = ()
    seed: int = 0
    lost: Literal["missing", "silence"] = "missing"

    def __post_init__(self) -> None:
        if self.loss < 0 or self.burst < 1 or self.jitter_ms < 0:
            raise ValueError(f"no line is like this: {self}")
        if self.loss > self.burst / (self.burst + 1):  # a good frame lies between two bursts
            raise ValueError(f"to lose {self.loss:.0%}, burst must be larger than {self.burst:g}")


class Network:
    """Loses and delays one caller's frames; a perfect one until `impair` says otherwise."""

    def __init__(self, note: Callable[[str, str], None]) -> None:
        self._note = note
        self._impairment = Impairment()
        self._losses = random.Random(0)
        self._delays = random.Random(0)
        self._since_s: float | None = None
        self._losing = False
        self._in_gap = False
        self._late: deque[tuple[float, bytes, float, Deliver]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def impair(self, impairment: Impairment) -> None:
        """Be like this from the next frame on."""
        self._impairment = impairment
        # Drawn apart: the same frames are lost with and without jitter.
        self._losses = random.Random(impairment.seed)
        self._delays = random.Random(impairment.seed)
        self._since_s = None
        self._losing = False

    def carries(self, at_s: float) -> bool:
        """Return whether the frame of this moment arrives; asked once for each, in order."""
        if self._since_s is None:
            self._since_s = at_s
        # Drawn for every frame: a gap does not change which others are lost.
        lost = self._draws_loss()
        gap = self._gap(at_s - self._since_s)
        if gap and not self._in_gap:
            self._note("gap", f"{gap.length_s:g}")
        self._in_gap = gap is not None
        return not (lost or gap)

    @property
    def fills_holes(self) -> bool:
        """Whether silence is sent in the place of what was lost."""
        return self._impairment.lost == "silence"

    def deliver(self, frame: bytes, at_s: float, to: Deliver) -> None:
        """Hand a frame on: at once, or late, but never before an earlier one."""
        if not self._impairment.jitter_ms and not self._late:
            to(frame, at_s)
            return
        late_s = self._delays.uniform(0, self._impairment.jitter_ms / 1000)
        due_s = asyncio.get_running_loop().time() + late_s
        if self._late:
            due_s = max(due_s, self._late[-1][0])
        self._late.append((due_s, frame, at_s, to))
        self._wait()

    def drop_late(self) -> None:
        """Forget what is under way: the other end has gone."""
        self._late.clear()
        if self._timer:
            self._timer.cancel()
            self._timer = None

    def _draws_loss(self) -> bool:
        """Draw the next state of a line that is good or bad for a while (Gilbert's model)."""
        line = self._impairment
        if not line.loss:
            return False
        if self._losing:
            self._losing = self._losses.random() >= 1 / line.burst
        else:
            self._losing = self._losses.random() < line.loss / (1 - line.loss) / line.burst
        return self._losing

    def _gap(self, since_s: float) -> Gap | None:
        for gap in self._impairment.gaps:
            # Half a frame of tolerance: times of frames are sums of 20 ms.
            if gap.at_s <= since_s + FRAME_S / 2 < gap.at_s + gap.length_s:
                return gap
        return None

    def _wait(self) -> None:
        if self._timer is None and self._late:
            self._timer = asyncio.get_running_loop().call_at(self._late[0][0], self._arrive)

    def _arrive(self) -> None:
        self._timer = None
        now_s = asyncio.get_running_loop().time()
        while self._late and self._late[0][0] <= now_s:
            _, frame, at_s, to = self._late.popleft()
            to(frame, at_s)
        self._wait()
