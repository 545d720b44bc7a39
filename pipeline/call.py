"""One phone call: the whole chain, from the stream's start to the last row written."""

import asyncio
from dataclasses import dataclass
from functools import partial

from fastapi import WebSocket
from loguru import logger
from pipecat.frames.frames import TTSSpeakFrame
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import (
    LLMContextAggregatorPair,
)
from pipecat.transports.websocket.fastapi import FastAPIWebsocketParams
from pipecat.workers.runner import WorkerRunner

from pipeline import cut_off, following, prompt, services, toolbox, turns
from pipeline.admission import CallsInProgress
from pipeline.handover import Handover, Line
from pipeline.hearing import hearing
from pipeline.keepers import keepers
from pipeline.manners import Manners
from pipeline.metrics import Metrics
from pipeline.other_language import OtherLanguage
from pipeline.playback import PlaybackTransport
from pipeline.record import CallRecord
from pipeline.recording import Recording
from pipeline.sentences import sentences
from pipeline.services import SAMPLE_RATE_HZ, SharedParts
from pipeline.telephony import MediaStreamSerializer, StreamStart, StreamTokens
from pipeline.transfers import Transfers
from pipeline.turn_log import LatencyWatch
from pipeline.voicing import Voicing
from processors.claim_gate import ClaimGate
from processors.heard_words import HeardWords
from processors.own_language import OwnLanguage
from processors.own_words import OwnWords
from processors.reception import Reception
from processors.speakable import Speakable
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
    transfers: Transfers
    patience: turns.Patience = turns.PATIENCE

    async def who_is(self, phone: str | None, call_sid: str, trust: Trust) -> Call:
        """Return the call of `phone` with its customer, if that can be had within a second."""
        call = Call(call_sid, phone, self.store, self.shop, self.clock, trust=trust)
        if phone is not None:
            try:
                async with asyncio.timeout(LOOKUP_BUDGET_S):
                    await call.identify()
            except Exception as exc:
                logger.bind(error=type(exc).__name__).warning("caller_unknown")
        return call


async def answer(board: Switchboard, websocket: WebSocket, start: StreamStart) -> None:
    """Hold one call on an open media stream and leave everything tidy, however it ends."""
    # Whatever logs in this call's tasks, Pipecat included, names the call.
    with logger.contextualize(call_sid=start.call_sid):
        await _answer(board, websocket, start)


async def _answer(board: Switchboard, websocket: WebSocket, start: StreamStart) -> None:
    call = await board.who_is(start.from_number, start.call_sid, start.attestation)
    record = CallRecord(call, "inbound", start.to_number, board.clock.now(), board.clock)
    record.language = board.settings.language
    record.earlier = await cut_off.find(call)
    recording = _recording(board.settings, record)
    board.calls.begin(record)
    board.metrics.in_progress.inc()
    # Beside the call, never in its way.
    beside = [
        asyncio.create_task(record.begin(board.store)),
        asyncio.create_task(record.mirror(board.store)),
    ]
    logger.bind(known=call.customer is not None).info("call_started")
    try:
        await _converse(board, websocket, start, record, recording)
    except Exception:
        record.ended("error")
        logger.exception("call_bug")
    finally:
        if recording is not None:
            path = await asyncio.shield(recording.close())
            record.recording_path = str(path) if path else None
        for task in beside:
            task.cancel()
        await asyncio.gather(*beside, return_exceptions=True)
        # Shielded: a server that is told to stop still writes what happened.
        await asyncio.shield(record.finish(board.store))
        board.calls.end(record)
        board.metrics.in_progress.dec()
        board.metrics.count(record)


async def _converse(
    board: Switchboard,
    websocket: WebSocket,
    start: StreamStart,
    record: CallRecord,
    recording: Recording | None,
) -> None:
    """Build the pipeline, greet, and talk until someone hangs up."""
    shared, call, earlier = board.shared, record.call, record.earlier
    taken_up = cut_off.said(earlier, call) if earlier else None
    serializer = _serializer(board.settings, start)
    transport = PlaybackTransport(websocket, _transport_params(), serializer)
    stt = services.speech_to_text(shared)
    llm = services.language_model(
        shared,
        prompt.system_prompt(call, taken_up, record.language),
        partial(toolbox.prepare, record=record),
    )
    tts = services.text_to_speech(shared)
    context = LLMContext([*cut_off.messages(earlier)], tools=[*toolbox.schemas()])
    manners = Manners(record, board.patience)
    caller, agent = LLMContextAggregatorPair(
        context, user_params=hearing(shared, board.patience, record)
    )
    guard, recorder = keepers(record, recording, llm)
    line = following.CallersLine()
    handover = Handover(record, board.store.messages, board.transfers, Line(line.say, line.watch))
    manners.person = handover.ask_by_key
    worker = line.worker = PipelineWorker(
        Pipeline(
            [
                *(transport.input(), stt, guard, manners.keypad, caller),
                Reception(manners.hear, handover.hear, OtherLanguage(record).hear),
                llm,
                ClaimGate(record.facts, made_true=handover.makes_true),
                *(OwnWords(handover.announced), _speakable(record), manners.silent),
                OwnLanguage(sentences(record.language)),
                *(tts, transport.output(), HeardWords(turns.LEAD_IN_MS), *recorder, agent),
            ]
        ),
        params=PipelineParams(
            audio_in_sample_rate=SAMPLE_RATE_HZ,
            audio_out_sample_rate=SAMPLE_RATE_HZ,
            enable_metrics=True,
        ),
        app_resources=record,
        conversation_id=call.call_sid,
        # Nobody on a phone line speaks RTVI, and the idle watch is ours (`Ending`): off, they
        # save half of Pipecat's own work in a call.
        enable_rtvi=False,
        enable_turn_tracking=False,
        idle_timeout_secs=None,
    )
    ending = line.ending = manners.begin(worker)
    LatencyWatch(record.turns).listen((stt, caller, llm, tts, transport.output()))
    following.note_turns(caller, agent, record, ending)
    following.watch_turns(caller, agent, handover)
    following.end_with_the_line(transport, serializer, worker, record)
    following.never_silent(worker, llm, manners.silent)
    recorded = recording is not None
    hello = prompt.greeting(board.shop, call.customer, recorded=recorded, taken_up=taken_up)
    await worker.queue_frame(TTSSpeakFrame(hello))
    runner = WorkerRunner(handle_sigint=False, handle_sigterm=False)
    await runner.add_workers(worker)
    try:
        await runner.run()
    finally:
        await manners.end()
        await asyncio.shield(handover.close())


def _recording(settings: Settings, record: CallRecord) -> Recording | None:
    if settings.recordings_path is None:
        return None
    return Recording(settings.recordings_path, record.call.call_sid, SAMPLE_RATE_HZ)


def _speakable(record: CallRecord) -> Speakable:
    return Speakable(Voicing(record), longest_chars=turns.LONGEST_SENTENCE_CHARS)


def _serializer(settings: Settings, start: StreamStart) -> MediaStreamSerializer:
    return MediaStreamSerializer(
        stream_sid=start.stream_sid,
        call_sid=start.call_sid,
        account_sid=settings.twilio_account_sid,
        auth_token=settings.twilio_auth_token,
        base_url=settings.twilio_api_base_url,
    )


def _transport_params() -> FastAPIWebsocketParams:
    return FastAPIWebsocketParams(
        audio_in_enabled=True,
        audio_out_enabled=True,
        # The transport waits until all was heard: silence at the end only costs the caller.
        audio_out_end_silence_secs=0,
    )
