"""The audio of one telephone line: what the caller says and hears, on one 20 ms clock."""

import asyncio
from collections.abc import Callable
from typing import Protocol

import numpy as np

from sandbox.twilio import mulaw
from sandbox.twilio.impairment import Impairment, Network
from sandbox.twilio.mulaw import FRAME_BYTES, FRAME_S, SILENCE_FRAME, Pcm

_LATE_S = 0.1


class Far(Protocol):
    """The other end of the line while a stream is open."""

    def send_frame(self, frame: bytes, at_s: float) -> None:
        """Send 20 ms of what the caller said."""
        ...

    def next_frame(self) -> bytes:
        """Take the 20 ms that the caller hears next."""
        ...


class Line:
    """Moves one frame in each direction every 20 ms, from `start` to `stop`.

    Each deadline follows from the one before it, so the clock does not drift; after a stall the
    missed frames go out in a burst, as they do on a network.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float],
        note: Callable[[str, str], None],
        background: Pcm | None = None,
    ) -> None:
        self.far: Far | None = None
        self.on_audio: Callable[[bytes, float], None] | None = None
        self.started_at_s: float | None = None
        self._clock = clock
        self._note = note
        self._network = Network(note)
        self._background = background if background is not None and len(background) else None
        self._background_at = 0
        self._speech = bytearray()
        self._queued = 0
        self._spoken = 0
        self._waiting: list[tuple[int, asyncio.Future[None]]] = []
        self._left = bytearray()
        # A frame of the caller is sent when it is full and a frame of the other side begins to be
        # heard when it is taken: taken at the same tick, the second lies 20 ms later.
        self._right = bytearray(SILENCE_FRAME)
        self._deadline_s = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._stopped = False

    def start(self) -> None:
        """Start the clock; the first frames move 20 ms from now."""
        if self.started_at_s is None and not self._stopped:
            self.started_at_s = self._clock()
            self._deadline_s = self.started_at_s + FRAME_S
            self._schedule()

    def impair(self, impairment: Impairment) -> None:
        """Lose and delay frames of the caller's from now on, until told otherwise.

        The recording holds what arrived, with silence for what was lost, at the time it was said.
        """
        self._network.impair(impairment)

    def stop(self) -> None:
        """Stop the clock for good; whoever waits in `said` goes on."""
        self._stopped = True
        self._network.drop_late()
        if self._timer:
            self._timer.cancel()
        self._spoken = self._queued
        self._release()

    def say(self, pcm: Pcm) -> None:
        """Queue 8 kHz samples behind what is queued; they wait until a stream is open."""
        speech = mulaw.encode(self._mixed(pcm))
        self._speech += speech
        self._queued += len(speech)

    def hush(self) -> None:
        """Drop what is queued and not yet sent."""
        self._queued -= len(self._speech)
        self._speech.clear()
        self._release()

    async def said(self) -> None:
        """Wait until what is queued now has been sent (or the call is over)."""
        if self._spoken < self._queued and not self._stopped:
            done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append((self._queued, done))
            await done

    @property
    def speaking_ms(self) -> int:
        """How much of the caller's speech waits to be sent, in ms."""
        return len(self._speech) // 8

    @property
    def recorded_s(self) -> float:
        """How long the recording is so far: what is said next begins here."""
        return len(self._left) / mulaw.SAMPLE_RATE_HZ

    def recording(self) -> tuple[int, Pcm]:
        """Both sides as (8000, samples of shape (n, 2)): left the caller, right what was heard."""
        left = mulaw.decode(self._left + SILENCE_FRAME)
        return mulaw.SAMPLE_RATE_HZ, np.stack([left, mulaw.decode(self._right)], axis=1)

    def _schedule(self) -> None:
        delay_s = self._deadline_s - self._clock()
        if delay_s < -_LATE_S:
            self._note("clock_late", str(round(-delay_s * 1000)))
        self._timer = asyncio.get_running_loop().call_later(max(delay_s, 0), self._tick)

    def _tick(self) -> None:
        at_s = self._deadline_s
        self._deadline_s += FRAME_S
        self._schedule()
        far = self.far
        heard = far.next_frame() if far else SILENCE_FRAME
        spoken = self._next_spoken() if far else self._idle(FRAME_BYTES)
        arrives = self._network.carries(at_s)
        if not arrives:
            spoken = SILENCE_FRAME
        self._left += spoken
        self._right += heard
        if far and (arrives or self._network.fills_holes):
            self._network.deliver(spoken, at_s, far.send_frame)
        if self.on_audio:
            self.on_audio(heard, at_s)
        if self._waiting:
            self._release()

    def _next_spoken(self) -> bytes:
        if not self._speech:
            return self._idle(FRAME_BYTES)
        frame = bytes(self._speech[:FRAME_BYTES])
        del self._speech[:FRAME_BYTES]
        self._spoken += len(frame)
        if len(frame) < FRAME_BYTES:
            frame += self._idle(FRAME_BYTES - len(frame))
        return frame

    def _idle(self, size: int) -> bytes:
        if self._background is None:
            return SILENCE_FRAME[:size]
        return mulaw.encode(self._noise(size))

    def _mixed(self, pcm: Pcm) -> Pcm:
        if self._background is None:
            return pcm
        mixed = pcm.astype(np.int32) + self._noise(len(pcm))
        clipped: Pcm = np.clip(mixed, -32768, 32767).astype(np.int16)
        return clipped

    def _noise(self, size: int) -> Pcm:
        background = self._background
        assert background is not None  # noqa: S101 - both callers have checked
        at = self._background_at
        self._background_at = (at + size) % len(background)
        noise: Pcm = np.take(background, np.arange(at, at + size), mode="wrap")
        return noise

    def _release(self) -> None:
        waiting, self._waiting = self._waiting, []
        for position, done in waiting:
            if done.done():
                continue
            if position <= self._spoken or self._spoken == self._queued:
                done.set_result(None)
            else:
                self._waiting.append((position, done))
