"""A phone line for tests of the transport: the carrier's play-out behind a real WebSocket.

The carrier has a thread and an event loop of its own: a stall of ours must not stop its clock.
"""

import asyncio
import contextlib
import threading
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import numpy as np
from fastapi import FastAPI, WebSocket
from pipecat.frames.frames import Frame
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.transports.websocket.fastapi import FastAPIWebsocketParams
from pipecat.workers.runner import WorkerRunner

from pipeline.playback import PlaybackTransport
from pipeline.telephony import MediaStreamSerializer
from processors.heard_words import HeardWords
from sandbox.serving import serving
from sandbox.twilio import wire
from sandbox.twilio.line import Line
from sandbox.twilio.mulaw import Pcm, decode
from sandbox.twilio.stream import MediaStream

Copies = Callable[[int], int]
"""How often the carrier sends its n-th mark back."""


class Stream(MediaStream):
    """A media stream that may lose or double marks, and knows the most that was queued."""

    copies: Copies = staticmethod(lambda _: 1)
    marks = 0
    most_queued_ms = 0

    def _echo(self, name: str) -> None:
        self.marks += 1
        for _ in range(self.copies(self.marks)):
            super()._echo(name)

    def next_frame(self) -> bytes:
        """Take a frame, and note what is queued behind it."""
        self.most_queued_ms = max(self.most_queued_ms, self.queued_ms)
        return super().next_frame()


class Phone:
    """The carrier's end, in a thread: what was heard, and what happened when."""

    def __init__(self, copies: Copies) -> None:
        self.events: list[tuple[float, str, str]] = []
        self._ear = bytearray()
        self.line = Line(clock=time.monotonic, note=self._note)
        self.line.on_audio = lambda frame, _: self._ear.extend(frame)
        messages = wire.StreamMessages(account_sid="AC1", call_sid="CA1", stream_sid="MZ1")
        self.stream = Stream(messages, note=self._note, clock=time.monotonic)
        self.stream.copies = copies
        self._hang_up: Callable[[], object] = lambda: None
        self._thread: threading.Thread | None = None

    def call(self, url: str) -> None:
        """Open the stream and listen, beside this thread."""
        self._thread = threading.Thread(target=lambda: asyncio.run(self._call(url)))
        self._thread.start()

    def hang_up(self) -> None:
        """Close the stream and wait until the thread is over."""
        self._hang_up()
        if self._thread:
            self._thread.join()

    def at(self, kind: str) -> list[float]:
        """Return when something happened."""
        return [at_s for at_s, what, _ in self.events if what == kind]

    def heard(self) -> Pcm:
        """Return what the caller has heard, without the silence."""
        right = decode(bytes(self._ear))
        return right[np.abs(right.astype(np.int32)) > 200]

    def levels(self) -> list[int]:
        """Return the blocks of `tone` that were heard, by their number, in order."""
        steps = np.rint((self.heard().astype(float) - 1000) / 500).astype(int).tolist()
        return [step for at, step in enumerate(steps) if at == 0 or step != steps[at - 1]]

    async def _call(self, url: str) -> None:
        async with aiohttp.ClientSession() as session:
            run = self.stream.run(
                session, url, headers={}, parameters={}, opened=lambda _: self.line.start()
            )
            task = asyncio.ensure_future(run)
            loop = asyncio.get_running_loop()

            def stop() -> None:
                with contextlib.suppress(RuntimeError):  # the stream may be over already
                    loop.call_soon_threadsafe(task.cancel)

            self._hang_up = stop
            self.line.far = self.stream
            with contextlib.suppress(asyncio.CancelledError):
                await task
            self.line.stop()

    def _note(self, kind: str, detail: str) -> None:
        self.events.append((time.monotonic(), kind, detail))


class Sink(FrameProcessor):
    """The end of the pipeline: keeps every frame with its time."""

    def __init__(self) -> None:
        super().__init__()
        self.frames: list[tuple[float, Frame]] = []
        self._news = asyncio.Condition()

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Keep the frame."""
        await super().process_frame(frame, direction)
        async with self._news:
            self.frames.append((time.monotonic(), frame))
            self._news.notify_all()
        await self.push_frame(frame, direction)

    def of(self, kind: type[Frame]) -> list[Frame]:
        """Return all frames of a kind so far."""
        return [frame for _, frame in self.frames if isinstance(frame, kind)]

    def at(self, kind: type[Frame]) -> list[float]:
        """Return when frames of a kind came."""
        return [at_s for at_s, frame in self.frames if isinstance(frame, kind)]

    async def wait_for(self, kind: type[Frame], count: int = 1) -> Frame:
        """Wait for the count-th frame of a kind."""
        async with self._news, asyncio.timeout(10):
            await self._news.wait_for(lambda: len(self.of(kind)) >= count)
        return self.of(kind)[count - 1]


class Talk:
    """One call: push frames in, look at what comes out and at what is heard."""

    def __init__(self, phone: Phone, worker: PipelineWorker, sink: Sink) -> None:
        self.phone = phone
        self.sink = sink
        self._worker = worker

    async def send(self, *frames: Frame) -> None:
        """Put frames into the pipeline before the transport."""
        await self._worker.queue_frames(list(frames))

    async def heard_for(self, seconds: float) -> None:
        """Wait until the caller has heard so much sound (watches another thread's clock)."""
        async with asyncio.timeout(10):
            while len(self.phone.heard()) < seconds * 8000:  # noqa: ASYNC110
                await asyncio.sleep(0.005)

    async def cleared(self, count: int = 1) -> float:
        """Wait until `clear` has come so often, and return when the last one did."""
        async with asyncio.timeout(10):
            while len(self.phone.at("clear")) < count:  # noqa: ASYNC110
                await asyncio.sleep(0.005)
        return self.phone.at("clear")[count - 1]


@contextlib.asynccontextmanager
async def talk(copies: Copies = lambda _: 1) -> AsyncIterator[Talk]:
    """Run a call through our transport, up to its hang-up."""
    app, phone, ready = FastAPI(), Phone(copies), asyncio.Queue[Talk]()

    async def media(websocket: WebSocket) -> None:
        await websocket.accept()
        for _ in ("connected", "start"):
            await websocket.receive_text()
        await _run(websocket, phone, ready)

    app.add_api_websocket_route("/media", media)
    async with serving(app) as root:
        phone.call(root.replace("http", "ws") + "/media")
        try:
            yield await asyncio.wait_for(ready.get(), 10)
        finally:
            await asyncio.to_thread(phone.hang_up)


async def _run(websocket: WebSocket, phone: Phone, ready: "asyncio.Queue[Talk]") -> None:
    params = MediaStreamSerializer.InputParams(auto_hang_up=False)
    serializer = MediaStreamSerializer("MZ1", params=params)
    transport = PlaybackTransport(
        websocket,
        FastAPIWebsocketParams(audio_out_enabled=True, audio_out_end_silence_secs=0),
        serializer,
    )
    sink = Sink()
    worker = PipelineWorker(
        Pipeline([transport.input(), transport.output(), HeardWords(lead_in_ms=100), sink]),
        params=PipelineParams(audio_in_sample_rate=8000, audio_out_sample_rate=8000),
        enable_rtvi=False,
        enable_turn_tracking=False,
        idle_timeout_secs=None,
    )

    async def started(*_: Any) -> None:
        ready.put_nowait(Talk(phone, worker, sink))

    async def gone(*_: Any) -> None:
        await worker.cancel()

    worker.add_event_handler("on_pipeline_started", started)
    transport.add_event_handler("on_client_disconnected", gone)
    runner = WorkerRunner(handle_sigint=False, handle_sigterm=False)
    await runner.add_workers(worker)
    await runner.run()


def tone(blocks: int, first: int = 0) -> bytes:
    """Return blocks of 100 ms, each a step of its own, so that it shows where in it one is."""
    steps = [np.full(800, 1000 + 500 * block, "<i2") for block in range(first, first + blocks)]
    return b"".join(step.tobytes() for step in steps)
