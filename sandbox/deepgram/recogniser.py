"""Words for the segments of one stream: one job at a time, finals in order, guesses ahead."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from sandbox.deepgram.results import Heard
from sandbox.deepgram.segments import FRAME_MS, Segment
from sandbox.ears import Ears, Word

_LOG = logging.getLogger(__name__)
_SETTLED_FRAMES = 5  # 100 ms: words of a look with less silence after them may lack their end
_BUSY = 3  # jobs of all streams waiting in the ears beyond which interim results are left out


@dataclass(frozen=True, slots=True)
class Final:
    """A segment to be recognised for good, and what the client is to be told with it."""

    segment: Segment
    due_s: float
    speech_final: bool
    from_finalize: bool


@dataclass(frozen=True, slots=True)
class Interim:
    """A look at a segment that goes on; `due_s` None: only to have the words ready."""

    segment: Segment
    due_s: float | None


class Recogniser:
    """Works off finals first, then the newest look at the open segment; older looks are dropped.

    A look at a pause is kept with the place where the voice ended: when Finalize or the end of the
    utterance finds the voice ended there, its words are taken over at once.
    """

    def __init__(self, ears: Ears, deliver: Callable[[Final | Interim, Heard], None]) -> None:
        self._ears = ears
        self._deliver = deliver
        self._finals: deque[Final] = deque()
        self._look: Interim | None = None
        self._ready: tuple[int, int, list[Word]] | None = None  # segment, voiced_end, words
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()

    @property
    def waiting(self) -> int:
        """Finals that are not recognised yet."""
        return len(self._finals)

    def look(self, interim: Interim) -> None:
        """Ask for an interim result or for words in advance; replaces an older wish."""
        if self._ears.backlog > _BUSY:
            return
        # A wish to have words ready must not swallow a result the client is waiting for.
        if interim.due_s is None and self._look is not None:
            return
        self._look = interim
        self._notify()

    def finish(self, final: Final) -> None:
        """Ask for the final words of a closed segment."""
        self._finals.append(final)
        if self._look is not None and self._look.segment is final.segment:
            self._look = None
        self._notify()

    async def drained(self) -> None:
        """Wait until every final has been delivered."""
        await self._idle.wait()

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            if not self._finals and self._look is None:
                self._idle.set()
                self._wake.clear()
                await self._wake.wait()
            elif self._finals:
                final = self._finals[0]
                self._deliver(final, await self._hear(final.segment))
                self._finals.popleft()
            elif self._look is not None:
                look, self._look = self._look, None
                heard = await self._hear(look.segment)
                if look.due_s is not None and not self._closed(look.segment):
                    self._deliver(look, heard)

    def _notify(self) -> None:
        self._idle.clear()
        self._wake.set()

    def _closed(self, segment: Segment) -> bool:
        return any(final.segment is segment for final in self._finals)

    async def _hear(self, segment: Segment) -> Heard:
        """Words of what the segment holds now, on the clock of the stream."""
        start_s = segment.start * FRAME_MS / 1000
        key = (segment.number, segment.voiced_end)
        duration_s = len(segment.frames) * FRAME_MS / 1000
        settled = segment.end - segment.voiced_end >= _SETTLED_FRAMES
        if self._ready is not None and self._ready[:2] == key:
            words = self._ready[2]
        else:
            words = await self._transcribe(segment)
            self._ready = (*key, words) if settled else None
        words = [Word(w.text, w.start_s + start_s, w.end_s + start_s, w.confidence) for w in words]
        return Heard(start_s, duration_s, words)

    async def _transcribe(self, segment: Segment) -> list[Word]:
        if not segment.frames:
            return []
        try:
            return await self._ears.transcribe(segment.pcm())
        except (ValueError, RuntimeError):
            _LOG.exception("the ears failed on %d frames", len(segment.frames))
            return []
