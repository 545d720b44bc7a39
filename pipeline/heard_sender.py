"""Sends the agent's sound with a lead, and passes on what the caller has heard of it."""

import asyncio
import time
from collections import deque
from itertools import takewhile
from typing import Any, Protocol

from loguru import logger
from pipecat.frames.frames import (
    EndFrame,
    Frame,
    InterruptionFrame,
    OutputAudioRawFrame,
    StartFrame,
    TTSAudioRawFrame,
    TTSStartedFrame,
    TTSStoppedFrame,
)
from pipecat.transports.base_output import BaseOutputTransport

from pipeline import turns
from pipeline.playout import Piece, PlayOut
from pipeline.queued import Queued, length_ms
from processors.playback_frames import PlayedFrame, WordTimesFrame


class Carrier(Protocol):
    """The way to the carrier."""

    async def send_piece(self, frame: OutputAudioRawFrame, piece: Piece) -> None:
        """Send sound and the mark behind it."""
        ...

    async def clear_carrier(self) -> None:
        """Make the carrier forget what it has not played."""
        ...


class HeardSender(BaseOutputTransport.MediaSender):
    """Pipecat's sender of one stream, with a lead, marks, hold and resume.

    Frames come in through its audio queue, wait in `_backlog` until they may be sent, are in
    `_flight` until they were heard, and only then go on down the pipeline. `carrier` takes what
    goes out.
    """

    def __init__(self, transport: BaseOutputTransport, *, carrier: Carrier, **kwargs: Any) -> None:
        super().__init__(transport, **kwargs)
        self._carrier = carrier
        self._playout = PlayOut(turns.MARK_GRACE_S)
        self._backlog: deque[Queued] = deque()
        self._flight: deque[Queued] = deque()
        self._recent: deque[Queued] = deque()
        self._word_starts: dict[str, list[int]] = {}
        self._context_id: str | None = None
        self._context_ms = 0
        self._stopped = False
        self._held = False
        self._may_send = asyncio.Event()
        self._news = asyncio.Event()
        self._all_heard = asyncio.Event()
        self._delivering = asyncio.Lock()
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self, frame: StartFrame) -> None:
        """Start sending and listening for marks."""
        await super().start(frame)
        if not self._tasks:
            create = self._transport.create_task
            self._tasks = [create(self._follow_hearing()), create(self._send_backlog())]

    async def stop(self, frame: EndFrame) -> None:
        """Let everything be heard to its end, then stop."""
        await self.resume()
        await super().stop(frame)
        await self._stop_tasks()

    async def cleanup(self) -> None:
        """Stop at once."""
        await self._stop_tasks()
        await super().cleanup()  # type: ignore[no-untyped-call]

    async def _stop_tasks(self) -> None:
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            await self._transport.cancel_task(task)

    # What the carrier and the pipeline say

    def echo(self, mark: str) -> None:
        """Take a mark that the carrier sent back."""
        self._playout.echo(mark, time.monotonic())
        self._news.set()
        self._may_send.set()

    def note_words(self, frame: WordTimesFrame) -> None:
        """Remember where words begin: playing on after a hold begins there."""
        starts = self._word_starts.setdefault(frame.context_id, [])
        starts += [word.start_ms for word in frame.times]

    async def cut(self) -> None:
        """Silence the carrier and drop what it has not played: the caller interrupts."""
        held, self._held = self._held, False
        self._stopped = True
        self._backlog.extendleft(reversed(await self._recall(silence=not held)))

    async def handle_interruptions(self, frame: InterruptionFrame) -> None:
        """Drop what waits, but for what must not be interrupted."""
        self._backlog = deque(item for item in self._backlog if not item.frame.interruptible)
        await super().handle_interruptions(frame)

    def go_on(self) -> None:
        """Send again after `cut`, once what was queued has been dropped."""
        self._stopped = self._held
        self._may_send.set()

    async def hold(self) -> None:
        """Silence the carrier and keep what it has not played."""
        if self._held:
            return
        self._held = self._stopped = True
        unheard = await self._recall(silence=True)
        self._backlog.extendleft(reversed(unheard))

    async def resume(self) -> None:
        """Play on after a hold."""
        if self._held:
            self._held = self._stopped = False
            self._may_send.set()

    async def _recall(self, *, silence: bool) -> list[Queued]:
        """Take back what the carrier has not played; what was heard of it goes on."""
        cut = self._playout.clear(time.monotonic())
        flight, self._flight = self._flight, deque()
        if silence:
            await self._carrier.clear_carrier()
        async with self._delivering:
            heard = list(takewhile(lambda item: item.piece is None or item.piece.heard, flight))
            while self._held and heard and heard[-1].piece is None:
                heard.pop()  # what rides behind the sound waits for the end of the hold
            unheard = list(flight)[len(heard) :]
            for item in heard:
                await self._deliver(item)
            if cut is None or not unheard or unheard[0].piece is not cut[0]:
                return self._from_word_boundary(unheard)
            partial = unheard[0]
            heard_until_ms = partial.starts_ms + round(cut[1] * 1000)
            if heard_until_ms > partial.starts_ms:
                await self._deliver(partial.part(partial.starts_ms, heard_until_ms))
            unheard[0] = partial.part(heard_until_ms, partial.ends_ms)
            return self._from_word_boundary(unheard)

    def _from_word_boundary(self, unheard: list[Queued]) -> list[Queued]:
        """Put the beginning of a word that was cut back before the rest of it."""
        for item in unheard:
            item.piece = None
        if not self._held or not unheard or not unheard[0].is_audio:
            return unheard
        context_id, at_ms = unheard[0].context_id, unheard[0].starts_ms
        starts = [ms for ms in self._word_starts.get(context_id or "", ()) if ms <= at_ms]
        from_ms = max(starts, default=at_ms)
        again = [
            item.part(max(from_ms, item.starts_ms), min(at_ms, item.ends_ms))
            for item in self._recent
            if item.context_id == context_id and item.starts_ms < at_ms and item.ends_ms > from_ms
        ]
        self._recent.clear()
        return [*again, *unheard]

    # Sending

    async def _audio_task_handler(self) -> None:
        async for frame in self._next_frame():
            if isinstance(frame, EndFrame):
                break
            self._backlog.append(self._placed(frame))
            self._may_send.set()
        while self._backlog or self._flight:
            self._all_heard.clear()
            await self._all_heard.wait()

    def _placed(self, frame: Frame) -> Queued:
        """Give sound its place in its utterance."""
        if isinstance(frame, TTSStartedFrame) and frame.context_id != self._context_id:
            self._context_id, self._context_ms = frame.context_id, 0
        if not isinstance(frame, TTSAudioRawFrame):
            return Queued(frame)
        item = Queued(frame, self._context_id, self._context_ms)
        self._context_ms = item.ends_ms
        return item

    async def _send_backlog(self) -> None:
        while True:
            if self._backlog and not self._stopped and self._room_s() >= 0:
                await self._send(self._backlog.popleft())
            else:
                await self._wait_to_send()

    def _room_s(self) -> float:
        """How much of the lead is missing, beyond the piece that would be sent next."""
        if not self._backlog[0].is_audio:
            return 0.0
        return turns.LEAD_S - turns.PIECE_S - self._playout.ahead_s(time.monotonic())

    async def _wait_to_send(self) -> None:
        """Wait until the lead has shrunk by a piece, or something has happened."""
        self._may_send.clear()
        wait_s = None
        if self._held:
            wait_s = turns.HOLD_AT_MOST_S
        elif self._backlog and not self._stopped:
            wait_s = max(0.001, -self._room_s())
        if not await _happens(self._may_send, wait_s) and self._held:
            logger.warning("playback_held_too_long")
            await self.resume()

    async def _send(self, item: Queued) -> None:
        frame = item.frame
        if not isinstance(frame, OutputAudioRawFrame):
            self._flight.append(item)
            self._news.set()
            if not isinstance(frame, TTSStoppedFrame):
                await self._handle_frame(frame)
        elif frame.audio:
            item.piece = self._playout.send(length_ms(frame) / 1000, time.monotonic())
            self._flight.append(item)
            self._news.set()
            await self._carrier.send_piece(frame, item.piece)
            if isinstance(frame, TTSAudioRawFrame):
                await self._bot_started_speaking()  # type: ignore[no-untyped-call]

    # Hearing

    async def _follow_hearing(self) -> None:
        """Let go of frames when what is before them was heard."""
        while True:
            self._news.clear()
            self._playout.pass_time(time.monotonic())
            async with self._delivering:
                while self._flight and (
                    self._flight[0].piece is None or self._flight[0].piece.heard
                ):
                    await self._deliver(self._flight.popleft())
            self._may_send.set()
            self._all_heard.set()
            next_at_s = self._playout.next_at_s()
            wait_s = None if next_at_s is None else max(0.001, next_at_s - time.monotonic())
            await _happens(self._news, wait_s)

    async def _deliver(self, item: Queued) -> None:
        """Pass on what the caller has heard."""
        frame = item.frame
        if isinstance(frame, TTSStoppedFrame):
            self._word_starts.pop(frame.context_id or "", None)
            await self._bot_stopped_speaking()
        elif isinstance(frame, TTSAudioRawFrame):
            self._remember(item)
            await self._bot_currently_speaking()  # type: ignore[no-untyped-call]
            if item.context_id is not None:
                await self._transport.push_frame(PlayedFrame(item.context_id, item.ends_ms))
        await self._transport.push_frame(frame)

    def _remember(self, item: Queued) -> None:
        self._recent.append(item)
        while sum(length_ms(old.frame) for old in self._recent) > turns.REPLAY_AT_MOST_S * 1000:
            self._recent.popleft()

    async def _bot_stopped_speaking(self) -> None:
        """Say so once there is nothing left to hear, and not for a hold, which is a breath."""
        coming = any(item.is_audio for item in (*self._flight, *self._backlog))
        if self._held or coming:
            return
        # Pipecat drops the sound that waits to fill a chunk: at the end of one utterance it may
        # be the beginning of the next.
        waiting, self._audio_runs = self._audio_runs, deque()
        await super()._bot_stopped_speaking()  # type: ignore[no-untyped-call]
        self._audio_runs = waiting


async def _happens(event: asyncio.Event, within_s: float | None) -> bool:
    """Wait for an event; false when it did not come in time."""
    try:
        async with asyncio.timeout(within_s):
            await event.wait()
    except TimeoutError:
        return False
    return True
