"""The carrier's play-out buffer: audio that the caller has not heard yet, and its marks."""

from collections import deque
from collections.abc import Callable

import numpy as np

from sandbox.twilio import mulaw

_AUDIBLE = 500
"""Peak above which a frame is speech and not the pause after it (about -36 dBFS)."""

_SAME_SENTENCE_S = 1.0


class PlayOut:
    """Plays received audio 20 ms at a time and says when each mark is due.

    `note(kind, detail)` is told what happened, `echo(name)` sends a mark back. A mark is due when
    the audio before it has been heard to its end, so one frame after that audio was taken.
    """

    def __init__(
        self,
        *,
        note: Callable[[str, str], None],
        echo: Callable[[str], None],
        clock: Callable[[], float],
    ) -> None:
        self._note = note
        self._echo = echo
        self._clock = clock
        self._buffer = bytearray()
        self._received = 0
        self._taken = 0
        self._finished = 0
        self._marks: deque[tuple[int, str]] = deque()
        self._playing = False
        self._broke_off_at_s: float | None = None

    @property
    def queued_ms(self) -> int:
        """How much audio waits to be played, in ms."""
        return len(self._buffer) // 8

    def media(self, audio: bytes) -> None:
        """Queue mu-law audio of any length."""
        if not self._buffer and not self._playing:
            self._begin()
        self._buffer += audio
        self._received += len(audio)

    def mark(self, name: str) -> None:
        """Queue a mark behind the audio received so far; due at once when all of it was heard."""
        self._note("mark_received", name)
        self._broke_off_at_s = None
        self._marks.append((self._received, name))
        self._echo_due_marks()

    def clear(self) -> None:
        """Forget the audio; pending marks are sent back although it was not heard."""
        self._note("clear", str(self.queued_ms))
        self._buffer.clear()
        self._received = self._taken
        self._broke_off_at_s = None
        marks, self._marks = self._marks, deque()
        for _, name in marks:
            self._send_mark(name)

    def next_frame(self) -> bytes:
        """Take the 20 ms that the caller hears from now on; silence when there is nothing."""
        self._finished = self._taken
        if self._marks:
            self._echo_due_marks()
        if not self._buffer:
            if self._playing:
                self._playing = False
                self._note("audio_ended", "")
            return mulaw.SILENCE_FRAME
        frame = bytes(self._buffer[: mulaw.FRAME_BYTES])
        del self._buffer[: mulaw.FRAME_BYTES]
        self._taken += len(frame)
        self._playing = True
        if not self._buffer:
            audible = int(np.abs(mulaw.decode(frame)[-80:].astype(np.int32)).max()) > _AUDIBLE
            self._broke_off_at_s = self._clock() + mulaw.FRAME_S if audible else None
        return frame.ljust(mulaw.FRAME_BYTES, b"\xff")

    def _begin(self) -> None:
        now_s = self._clock()
        if self._broke_off_at_s is not None and now_s - self._broke_off_at_s < _SAME_SENTENCE_S:
            self._note("underrun", str(round((now_s - self._broke_off_at_s) * 1000)))
        self._broke_off_at_s = None
        self._note("audio_started", "")

    def _echo_due_marks(self) -> None:
        while self._marks and self._marks[0][0] <= self._finished:
            self._send_mark(self._marks.popleft()[1])

    def _send_mark(self, name: str) -> None:
        self._echo(name)
        self._note("mark_echoed", name)
