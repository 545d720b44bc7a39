"""One phone call: the whole chain, from the stream's start to the last row written."""

import asyncio
from dataclasses import dataclass
from functools import partial

from fastapi import WebSocket
from loguru import logger
from pipecat.frames.frames import ErrorFrame, TTSSpeakFrame
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import (
    AssistantTurnStoppedMessage,
    LLMAssistantAggregator,
    LLMContextAggregatorPair,
    LLMUserAggregator,
    LLMUserAggregatorParams,
    UserTurnStoppedMessage,
)
from pipecat.processors.frame_processor import FrameProcessor
from pipecat.transports.websocket.fastapi import FastAPIWebsocketParams, FastAPIWebsocketTransport
from pipecat.workers.runner import WorkerRunner

from pipeline import prompt, services, toolbox, turns
from pipeline.admission import CallsInProgress
from pipeline.ending import Ending
from pipeline.metrics import Metrics
from pipeline.record import CallRecord
from pipeline.services import SAMPLE_RATE_HZ, SharedParts
from pipeline.telephony import MediaStreamSerializer, StreamStart, StreamTokens
from processors.claim_gate import ClaimGate
from processors.heard_words import HeardWords
from settings import Settings
from shop.clock import Clock
from shop.identity import Trust
from shop.shopfile import Shop
from store import Store
from tools.call import Call

LOOKUP_BUDGET_S = 1.0
"""What finding out who is calling may cost; after that they are greeted without a name."""


@dataclass(frozen=True, slots=True)
class Switchboard:
    """Everything the calls of one process share; built once, when the server starts."""

    settings: Settings
    shop: Shop
    store: Store
    clock: Clock
    shared: SharedParts
    tokens: StreamTokens
    metrics: Metrics
    calls: CallsInProgress

    async def who_is(self, phone: str | None, call_sid: str, trust: Trust) -> Call:
        """Return the call of `phone` with its customer, if that can be had within a second."""
        call = Call(call_sid, phone, self.store, self.shop, self.clock, trust=trust)
        if phone is not None:
            try:
                async with asyncio.timeout(LOOKUP_BUDGET_S):
                    await call.identify()
            except Exception as exc:
                logger.bind(call_sid=call_sid, error=type(exc).__name__).warning("caller_unknown")
        return call


async def answer(board: Switchboard, websocket: WebSocket, start: StreamStart) -> None:
    """Hold one call on an open media stream and leave everything tidy, however it ends."""
    call = await board.who_is(start.from_number, start.call_sid, start.attestation)
    record = CallRecord(call, "inbound", start.to_number, board.clock.now(), board.clock)
    board.calls.begin(record)
    board.metrics.in_progress.inc()
    # Beside the call, never in its way.
    beside = [
        asyncio.create_task(record.begin(board.store)),
        asyncio.create_task(record.mirror(board.store)),
    ]
    log = logger.bind(call_sid=start.call_sid)
    log.bind(known=call.customer is not None).info("call_started")
    try:
        await _converse(board, websocket, start, record)
    except Exception:
        record.ended_by = "error"
        log.exception("call_bug")
    finally:
        for task in beside:
            task.cancel()
        await asyncio.gather(*beside, return_exceptions=True)
        # Shielded: a server that is told to stop still writes what happened.
        await asyncio.shield(record.finish(board.store))
        board.calls.end(record)
        board.metrics.in_progress.dec()
        board.metrics.count(record)


async def _converse(
    board: Switchboard, websocket: WebSocket, start: StreamStart, record: CallRecord
) -> None:
    """Build the pipeline, greet, and talk until someone hangs up."""
    shared, call = board.shared, record.call
    serializer = _serializer(board.settings, start)
    transport = FastAPIWebsocketTransport(websocket, _transport_params(serializer))
    stt = services.speech_to_text(shared)
    llm = services.language_model(
        shared, prompt.system_prompt(call), before=partial(toolbox.settle, record=record)
    )
    tts = services.text_to_speech(shared)
    context = LLMContext(tools=[*toolbox.schemas()])
    caller, agent = LLMContextAggregatorPair(context, user_params=_hearing(shared))
    worker = PipelineWorker(
        Pipeline(
            [
                *(transport.input(), stt, caller, llm, ClaimGate(record.facts)),
                *(tts, transport.output(), HeardWords(), agent),
            ]
        ),
        params=PipelineParams(
            audio_in_sample_rate=SAMPLE_RATE_HZ, audio_out_sample_rate=SAMPLE_RATE_HZ
        ),
        app_resources=record,
        conversation_id=call.call_sid,
        # Nobody on a phone line speaks RTVI, and the idle watch is ours (`Ending`): off, they
        # save half of Pipecat's own work in a call.
        enable_rtvi=False,
        enable_turn_tracking=False,
        idle_timeout_secs=None,
    )
    ending = Ending(worker, record)
    _note_turns(caller, agent, record, ending)
    _end_with_the_line(transport, serializer, worker, ending)
    _never_silent(worker, llm)
    await worker.queue_frame(TTSSpeakFrame(prompt.greeting(board.shop, call.customer)))
    runner = WorkerRunner(handle_sigint=False, handle_sigterm=False)
    await runner.add_workers(worker)
    await runner.run()


def _serializer(settings: Settings, start: StreamStart) -> MediaStreamSerializer:
    return MediaStreamSerializer(
        stream_sid=start.stream_sid,
        call_sid=start.call_sid,
        account_sid=settings.twilio_account_sid,
        auth_token=settings.twilio_auth_token,
        base_url=settings.twilio_api_base_url,
    )


def _transport_params(serializer: MediaStreamSerializer) -> FastAPIWebsocketParams:
    return FastAPIWebsocketParams(
        serializer=serializer,
        audio_in_enabled=True,
        audio_out_enabled=True,
        # Twilio plays what it has before it hangs up: silence at the end only costs the caller.
        audio_out_end_silence_secs=0,
        session_timeout=turns.MAX_CALL_S,
    )


def _hearing(shared: SharedParts) -> LLMUserAggregatorParams:
    return LLMUserAggregatorParams(
        vad_analyzer=services.voice_activity(shared),
        user_turn_strategies=turns.strategies(services.turn_analyzer(shared)),
        user_turn_stop_timeout=turns.TURN_STOP_TIMEOUT_S,
        user_idle_timeout=turns.IDLE_S,
    )


def _note_turns(
    caller: LLMUserAggregator, agent: LLMAssistantAggregator, record: CallRecord, ending: Ending
) -> None:
    """Write the transcript as turns end, and let them decide when the call does."""

    async def caller_started(*_: object) -> None:
        await ending.caller_spoke()

    async def caller_stopped(_: object, __: object, message: UserTurnStoppedMessage) -> None:
        record.say("caller", message.content or "")

    async def caller_idle(_: object) -> None:
        await ending.silence()

    async def agent_stopped(_: object, message: AssistantTurnStoppedMessage) -> None:
        record.say("agent", message.content, interrupted=message.interrupted)
        await ending.agent_said(message.content, interrupted=message.interrupted)

    caller.add_event_handler("on_user_turn_started", caller_started)
    caller.add_event_handler("on_user_turn_stopped", caller_stopped)
    caller.add_event_handler("on_user_turn_idle", caller_idle)
    agent.add_event_handler("on_assistant_turn_stopped", agent_stopped)


def _end_with_the_line(
    transport: FastAPIWebsocketTransport,
    serializer: MediaStreamSerializer,
    worker: PipelineWorker,
    ending: Ending,
) -> None:
    """End the call when the caller hangs up, the stream breaks, or the time is up."""

    async def gone(*_: object) -> None:
        await worker.cancel(reason="the caller is gone")

    async def timed_out(*_: object) -> None:
        await ending.time_is_up()

    serializer.on_stop = gone
    transport.add_event_handler("on_client_disconnected", gone)
    transport.add_event_handler("on_session_timeout", timed_out)


def _never_silent(worker: PipelineWorker, llm: FrameProcessor) -> None:
    """Say something when the model failed, so that the caller does not wait for nothing."""

    async def failed(_: object, frame: ErrorFrame) -> None:
        logger.bind(by=str(frame.processor), error=frame.error).warning("pipeline_error")
        if frame.processor is llm:
            await worker.queue_frame(TTSSpeakFrame(prompt.SAY_AGAIN))

    worker.add_event_handler("on_pipeline_error", failed)
