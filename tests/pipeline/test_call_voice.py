"""The voice knows where its sentences are, and survives what its vendor does."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from fastapi import FastAPI
from phone_line import Sink, tone
from pipecat.frames.frames import (
    AggregatedTextFrame,
    Frame,
    InterruptionFrame,
    LLMFullResponseEndFrame,
    LLMFullResponseStartFrame,
    TTSAudioRawFrame,
    TTSSpeakFrame,
    TTSStoppedFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.workers.runner import WorkerRunner
from websockets.asyncio.server import ServerConnection, serve

from pipeline import turns
from pipeline.voice import SentenceVoice
from processors.playback_frames import WordTimesFrame
from sandbox.deepgram import SpeakLimits, router
from sandbox.ears import ScriptedEars
from sandbox.latency import Latency
from sandbox.serving import serving
from sandbox.voice import ToneVoice

pytestmark = pytest.mark.unit

Answer = Callable[["Vendor", ServerConnection, str, str], Awaitable[None]]


async def obliging(vendor: "Vendor", socket: ServerConnection, kind: str, text: str) -> None:
    """Do what the vendor does: sound for each Speak, and an answer to Flush and Clear."""
    if kind == "Speak":
        await socket.send(tone(len(text.split())))
    elif kind == "Flush":
        await socket.send(json.dumps({"type": "Flushed", "sequence_id": 0}))
    elif kind == "Clear":
        await socket.send(json.dumps({"type": "Cleared", "sequence_id": 0}))


@dataclass
class Vendor:
    """A voice on a socket: 100 ms of sound a word, and what the test wants otherwise."""

    answer: Answer = obliging
    messages: list[tuple[str, str]] = field(default_factory=list)
    connections: int = 0

    async def serve(self, socket: ServerConnection) -> None:
        """Answer one connection."""
        self.connections += 1
        async for raw in socket:
            message = json.loads(raw)
            self.messages.append((message["type"], message.get("text", "")))
            await self.answer(self, socket, message["type"], message.get("text", ""))

    def count(self, kind: str) -> int:
        """Return how often the voice has sent a kind of message."""
        return sum(sent == kind for sent, _ in self.messages)


class Speaking:
    """A running voice and what has come of it."""

    def __init__(self, worker: PipelineWorker, sink: Sink) -> None:
        self._worker = worker
        self.sink = sink

    async def send(self, *frames: Frame) -> None:
        """Put frames in front of the voice."""
        await self._worker.queue_frames(list(frames))

    async def reply(self, *sentences: str) -> None:
        """Let the model answer in sentences."""
        pieces = [AggregatedTextFrame(text, "sentence") for text in sentences]
        await self.send(LLMFullResponseStartFrame(), *pieces, LLMFullResponseEndFrame())

    def sound(self) -> bytes:
        """Return all sound so far."""
        frames = self.sink.of(TTSAudioRawFrame)
        return b"".join(f.audio for f in frames if isinstance(f, TTSAudioRawFrame))

    def times(self) -> list[WordTimesFrame]:
        """Return what was told of words so far."""
        return [f for f in self.sink.of(WordTimesFrame) if isinstance(f, WordTimesFrame)]


@contextlib.asynccontextmanager
async def voice_at(url: str, idle_s: float = 3.0, **more: Any) -> AsyncIterator[Speaking]:
    """Run a voice that speaks to `url`."""
    sink = Sink()
    voice = SentenceVoice(
        api_key="k", base_url=url, sample_rate=8000, stop_frame_timeout_s=idle_s, **more
    )
    worker = PipelineWorker(
        Pipeline([voice, sink]),
        params=PipelineParams(audio_in_sample_rate=8000, audio_out_sample_rate=8000),
        enable_rtvi=False,
        idle_timeout_secs=None,
    )
    runner = WorkerRunner(handle_sigint=False, handle_sigterm=False)
    await runner.add_workers(worker)
    running = asyncio.create_task(runner.run())
    try:
        yield Speaking(worker, sink)
    finally:
        await worker.cancel()
        await running


@contextlib.asynccontextmanager
async def speaking(vendor: Vendor, idle_s: float = 3.0, **more: Any) -> AsyncIterator[Speaking]:
    """Run a voice that speaks to `vendor`."""
    async with serve(vendor.serve, "127.0.0.1", 0) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        async with voice_at(f"ws://127.0.0.1:{port}", idle_s, **more) as running:
            yield running


async def test_each_sentence_has_its_times_and_the_turn_one_end() -> None:
    """A Flushed in the middle of a turn closes nothing; times count from the turn's first sound."""
    vendor = Vendor()
    async with speaking(vendor) as call:
        await call.reply("Tuesday is full.", "How about noon on Thursday?")
        await call.sink.wait_for(LLMFullResponseEndFrame)
        assert vendor.count("Flush") == 2
        assert call.sound() == tone(3) + tone(5)
        assert len(call.sink.of(TTSStoppedFrame)) == 1
        first, second = call.times()
        assert (first.first, len(first.times)) == (0, 3)
        assert (second.first, len(second.times)) == (3, 5)
        assert first.context_id == second.context_id
        assert first.times[-1].end_ms == second.times[0].start_ms == 300
        assert second.times[-1].end_ms == 800


async def test_what_only_the_voice_is_told_counts_no_words() -> None:
    """A pronunciation's markup is for the vendor; words are counted as the context holds them."""

    async def marked_up(text: str, _kind: str) -> str:
        return text.replace("Hyundai", '\\{"word": "Hyundai", "pronounce": "hʌn deɪ"\\}')

    vendor = Vendor()
    async with speaking(vendor, text_transforms=[("*", marked_up)]) as call:
        await call.reply("Your Hyundai is ready.", "Anything else?")
        await call.sink.wait_for(LLMFullResponseEndFrame)
        assert "pronounce" in vendor.messages[0][1]
        assert [(told.first, len(told.times)) for told in call.times()] == [(0, 4), (4, 2)]


async def test_a_fixed_sentence_has_times_too() -> None:
    """What is said without the model (the greeting, fillers) is followed as well."""
    async with speaking(Vendor()) as call:
        await call.send(TTSSpeakFrame("One moment, please."))
        await call.sink.wait_for(TTSStoppedFrame)
        [told] = call.times()
        assert len(told.times) == 3


async def test_no_more_flushes_than_the_vendor_takes() -> None:
    """Thirty sentences in a moment: all are spoken, and none of the Flushes is refused."""
    app = FastAPI()
    said = [f"Sentence number {n}." for n in range(30)]
    limits = SpeakLimits(pace=0.0)
    tones = ToneVoice(chars_per_s=400)
    app.include_router(
        router(
            ears=ScriptedEars(), voice=tones, latency=Latency("none"), api_key=None,
            speak_limits=limits,
        )
    )  # fmt: skip
    async with serving(app) as root, voice_at(root.replace("http", "ws")) as call:
        await call.reply(*said)
        await call.sink.wait_for(TTSStoppedFrame)
        whole = b"".join([(await tones.synthesise(text)).tobytes() for text in said])
        assert len(call.sound()) == len(whole)
        assert len(call.times()) == turns.SENTENCE_FLUSHES_AT_MOST + 1
        assert sum(len(told.times) for told in call.times()) == 90


async def test_a_flush_that_was_refused_ends_the_turn_all_the_same() -> None:
    """The turn ends when no more sound comes, and its words have times."""

    async def refuses(vendor: Vendor, socket: ServerConnection, kind: str, text: str) -> None:
        if kind == "Flush":
            warning = {"type": "Warning", "code": "EXCESSIVE_FLUSH", "description": "ignored"}
            await socket.send(json.dumps(warning))
        else:
            await obliging(vendor, socket, kind, text)

    async with speaking(Vendor(refuses), idle_s=0.3) as call:
        await call.reply("Tuesday is full.")
        await call.sink.wait_for(LLMFullResponseEndFrame)
        [told] = call.times()
        assert len(told.times) == 3
        assert call.sound() == tone(3)


async def test_sound_under_way_when_clear_goes_out_is_dropped() -> None:
    """What still comes before Cleared is not taken for the next answer."""
    cleared = asyncio.Event()

    async def slow(vendor: Vendor, socket: ServerConnection, kind: str, text: str) -> None:
        if kind == "Clear":
            await socket.send(tone(7))
            await socket.send(json.dumps({"type": "Flushed", "sequence_id": 0}))
            await cleared.wait()
            await socket.send(json.dumps({"type": "Cleared", "sequence_id": 0}))
        elif kind == "Speak" or vendor.count("Clear"):
            await obliging(vendor, socket, kind, text)

    vendor = Vendor(slow)
    async with speaking(vendor) as call:
        await call.reply("Tuesday is full.")
        await call.sink.wait_for(TTSAudioRawFrame)
        await call.send(InterruptionFrame())
        await call.sink.wait_for(InterruptionFrame)
        await call.reply("Noon it is.")
        cleared.set()
        await call.sink.wait_for(TTSStoppedFrame)
        assert vendor.count("Clear") == 1
        assert call.sound() == tone(3) + tone(3)
        [told] = call.times()
        assert told.first == 0


async def test_a_cleared_that_never_comes_does_not_silence_the_agent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """After a moment the sound is taken for what was asked since."""
    monkeypatch.setattr(turns, "CLEARED_WITHIN_S", 0.0)

    async def forgets(vendor: Vendor, socket: ServerConnection, kind: str, text: str) -> None:
        if kind == "Speak" or (kind == "Flush" and vendor.count("Clear")):
            await obliging(vendor, socket, kind, text)

    async with speaking(Vendor(forgets)) as call:
        await call.reply("Tuesday is full.")
        await call.sink.wait_for(TTSAudioRawFrame)
        await call.send(InterruptionFrame())
        await call.reply("Noon it is.")
        await call.sink.wait_for(TTSStoppedFrame)
        assert call.sound() == tone(3) + tone(3)


async def test_an_interruption_with_nothing_under_way_sends_no_clear() -> None:
    """What the vendor has done with needs no clearing, and the next answer no waiting."""
    vendor = Vendor()
    async with speaking(vendor) as call:
        await call.reply("Tuesday is full.")
        await call.sink.wait_for(TTSStoppedFrame)
        await call.send(InterruptionFrame())
        await call.reply("Noon it is.")
        await call.sink.wait_for(TTSStoppedFrame, 2)
        assert vendor.count("Clear") == 0


async def test_the_rest_of_a_sentence_is_spoken_when_the_connection_breaks() -> None:
    """A new connection is asked for the words of which no sound had come, and only for those."""

    async def breaks(vendor: Vendor, socket: ServerConnection, kind: str, text: str) -> None:
        if vendor.connections > 1:
            await obliging(vendor, socket, kind, text)
        elif kind == "Speak":
            await socket.send(tone(10))
        elif kind == "Flush":
            socket.transport.abort()

    words = [
        *("The", "first", "free", "time", "for", "a", "brake"),
        *("inspection", "is", "on", "Thursday", "at", "noon."),
    ]
    vendor = Vendor(breaks)
    async with speaking(vendor) as call:
        await call.reply(" ".join(words))
        await call.sink.wait_for(TTSStoppedFrame)
        [_, again] = [text.split() for kind, text in vendor.messages if kind == "Speak"]
        assert 0 < len(again) < len(words)
        assert words[-len(again) :] == again
        assert call.sound() == tone(10) + tone(len(again))
        told = call.times()
        assert [t.first for t in told] == [0, len(words) - len(again)]
        assert told[1].times[0].start_ms == 1000


async def test_malformed_messages_are_passed_over() -> None:
    """Text that is no JSON object does not end the voice."""

    async def babbles(vendor: Vendor, socket: ServerConnection, kind: str, text: str) -> None:
        for nonsense in ("{", "[]", '"x"', "{}"):
            await socket.send(nonsense)
        await obliging(vendor, socket, kind, text)

    async with speaking(Vendor(babbles)) as call:
        await call.reply("Tuesday is full.")
        await call.sink.wait_for(TTSStoppedFrame)
        assert call.sound() == tone(3)
