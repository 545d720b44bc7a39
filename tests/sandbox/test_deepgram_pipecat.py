"""Pipecat's unmodified Deepgram services work against the stand-in."""

import asyncio
import warnings
from collections.abc import AsyncIterator

import aiohttp
import numpy as np
import pytest
from deepgram_standin import KEY, hibari, quiet, standin

from sandbox.deepgram import SpeakLimits
from sandbox.ears import ScriptedEars
from sandbox.voice import ToneVoice

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # audioop, websockets' old client
    from pipecat.frames.frames import (
        ErrorFrame,
        Frame,
        InputAudioRawFrame,
        InterimTranscriptionFrame,
        InterruptionFrame,
        LLMFullResponseEndFrame,
        LLMFullResponseStartFrame,
        TextFrame,
        TranscriptionFrame,
        TTSAudioRawFrame,
        TTSSpeakFrame,
        TTSStoppedFrame,
        VADUserStoppedSpeakingFrame,
    )
    from pipecat.pipeline.pipeline import Pipeline
    from pipecat.pipeline.worker import PipelineParams, PipelineWorker
    from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
    from pipecat.services.deepgram.stt import DeepgramSTTService
    from pipecat.services.deepgram.tts import DeepgramHttpTTSService, DeepgramTTSService
    from pipecat.workers.runner import WorkerRunner

pytestmark = [
    pytest.mark.unit,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # Pipecat's own and its SDK's
]

LINE = "Hi, I need an oil change next Tuesday at two."
SENTENCES = "Good morning, Dana. How can I help you today?"


class Sink(FrameProcessor):
    """The end of the pipeline: keeps every frame and lets a test wait for a kind of frame."""

    def __init__(self) -> None:
        super().__init__()
        self.frames: list[Frame] = []
        self._news = asyncio.Condition()

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Keep the frame and pass it on."""
        await super().process_frame(frame, direction)
        async with self._news:
            self.frames.append(frame)
            self._news.notify_all()
        await self.push_frame(frame, direction)

    def of(self, kind: type[Frame]) -> list[Frame]:
        """All frames of that kind so far."""
        return [frame for frame in self.frames if isinstance(frame, kind)]

    async def wait_for(self, kind: type[Frame], count: int = 1) -> None:
        """Until so many frames of that kind have come."""
        async with self._news, asyncio.timeout(10):
            await self._news.wait_for(lambda: len(self.of(kind)) >= count)


class Call:
    """A running pipeline of one service."""

    def __init__(self, service: FrameProcessor) -> None:
        self.sink = Sink()
        self._worker = PipelineWorker(
            Pipeline([service, self.sink]),
            params=PipelineParams(audio_in_sample_rate=8000, audio_out_sample_rate=8000),
            enable_rtvi=False,
            cancel_on_idle_timeout=False,
        )

    async def run(self) -> AsyncIterator[None]:
        """Start, yield once, end."""
        runner = WorkerRunner(handle_sigint=False)
        await runner.add_workers(self._worker)
        running = asyncio.create_task(runner.run())
        started = asyncio.Event()

        async def on_started(_worker: object, _frame: object) -> None:
            started.set()

        self._worker.add_event_handler("on_pipeline_started", on_started)
        await asyncio.wait_for(started.wait(), 5)
        yield
        await self._worker.stop_when_done()
        await running

    async def send(self, *frames: Frame) -> None:
        """Put frames into the pipeline."""
        for frame in frames:
            await self._worker.queue_frame(frame)


async def test_recognition() -> None:
    """Interim and final transcriptions come, and Finalize marks the final one as finalized."""
    pcm = await hibari().synthesise(LINE)
    ears = ScriptedEars([(pcm, LINE)])
    async with standin(ears=ears) as port:
        call = Call(
            DeepgramSTTService(
                api_key=KEY,
                base_url=f"ws://127.0.0.1:{port}",
                sample_rate=8000,
                settings=DeepgramSTTService.Settings(
                    model="nova-2-phonecall", smart_format=True, endpointing=1000
                ),
            )
        )
        async for _ in call.run():
            audio = np.concatenate([quiet(0.3), pcm]).tobytes()
            for start in range(0, len(audio), 320):
                await call.send(InputAudioRawFrame(audio[start : start + 320], 8000, 1))
                await asyncio.sleep(0)
            await call.sink.wait_for(InterimTranscriptionFrame)
            await call.send(VADUserStoppedSpeakingFrame())
            await call.sink.wait_for(TranscriptionFrame)
    [final] = call.sink.of(TranscriptionFrame)
    assert isinstance(final, TranscriptionFrame)
    assert final.text == LINE
    assert final.finalized
    assert not call.sink.of(ErrorFrame)


async def test_speech_over_the_websocket() -> None:
    """A reply in sentences is spoken whole and ends with TTSStoppedFrame."""
    voice = ToneVoice()
    async with standin(voice=voice) as port:
        call = Call(
            DeepgramTTSService(
                api_key=KEY,
                base_url=f"ws://127.0.0.1:{port}",
                sample_rate=8000,
                settings=DeepgramTTSService.Settings(voice="aura-2-asteria-en"),
            )
        )
        async for _ in call.run():
            await call.send(LLMFullResponseStartFrame())
            for word in SENTENCES.split():
                await call.send(TextFrame(word + " "))
            await call.send(LLMFullResponseEndFrame())
            await call.sink.wait_for(TTSStoppedFrame)
    heard = b"".join(f.audio for f in call.sink.frames if isinstance(f, TTSAudioRawFrame))
    assert heard == (await voice.synthesise(SENTENCES)).tobytes()
    assert not call.sink.of(ErrorFrame)


async def test_interruption_over_the_websocket() -> None:
    """An interruption stops the speech early, and the next reply is spoken whole."""
    voice = ToneVoice()
    limits = SpeakLimits(pace=2)
    async with standin(voice=voice, speak_limits=limits) as port:
        call = Call(
            DeepgramTTSService(api_key=KEY, base_url=f"ws://127.0.0.1:{port}", sample_rate=8000)
        )
        async for _ in call.run():
            await call.send(TTSSpeakFrame(SENTENCES * 10))
            await call.sink.wait_for(TTSAudioRawFrame, 3)
            await call.send(InterruptionFrame())
            await call.sink.wait_for(InterruptionFrame)
            before = len(call.sink.frames)
            await call.send(TTSSpeakFrame("Yes, of course."))
            await call.sink.wait_for(TTSStoppedFrame)
    heard = b"".join(f.audio for f in call.sink.frames[before:] if isinstance(f, TTSAudioRawFrame))
    assert heard == (await voice.synthesise("Yes, of course.")).tobytes()


async def test_speech_over_http() -> None:
    """The HTTP service gets the same audio."""
    voice = ToneVoice()
    async with standin(voice=voice) as port, aiohttp.ClientSession() as session:
        call = Call(
            DeepgramHttpTTSService(
                api_key=KEY,
                aiohttp_session=session,
                base_url=f"http://127.0.0.1:{port}",
                sample_rate=8000,
                settings=DeepgramHttpTTSService.Settings(voice="aura-2-asteria-en"),
            )
        )
        async for _ in call.run():
            await call.send(TTSSpeakFrame("Good morning."))
            await call.sink.wait_for(TTSStoppedFrame)
    heard = b"".join(f.audio for f in call.sink.frames if isinstance(f, TTSAudioRawFrame))
    assert heard == (await voice.synthesise("Good morning.")).tobytes()


async def test_a_wrong_key_is_reported_as_permanent() -> None:
    """The service gives up at once, instead of trying again, on 401."""
    async with standin() as port:
        service = DeepgramSTTService(api_key="wrong", base_url=f"ws://127.0.0.1:{port}")
        call = Call(service)
        async for _ in call.run():
            assert not service.is_usable
