"""Tells those who decide beside the pipeline what happens in it."""

from dataclasses import dataclass

from loguru import logger
from pipecat.frames.frames import ErrorFrame, TTSSpeakFrame
from pipecat.pipeline.worker import PipelineWorker
from pipecat.processors.aggregators.llm_response_universal import (
    AssistantTurnStoppedMessage,
    LLMAssistantAggregator,
    LLMUserAggregator,
    UserTurnStoppedMessage,
)
from pipecat.processors.frame_processor import FrameProcessor
from pipecat.transports.websocket.fastapi import FastAPIWebsocketTransport

from pipeline.ending import Ending
from pipeline.handover import Handover
from pipeline.record import CallRecord
from pipeline.telephony import MediaStreamSerializer
from processors.heard_words import CUT_OFF
from processors.never_silent import NeverSilent


@dataclass(slots=True)
class CallersLine:
    """What is done to the line from beside the pipeline, which is built after those who do it."""

    worker: PipelineWorker | None = None
    ending: Ending | None = None

    async def say(self, sentence: str) -> None:
        """Say a sentence after what is being said."""
        if self.worker is not None:
            await self.worker.queue_frame(TTSSpeakFrame(sentence, append_to_context=True))

    async def watch(self, silence: bool) -> None:
        """Answer the caller's silence from now on, or let them wait."""
        if self.ending is not None:
            await self.ending.watch(silence)


def note_turns(
    caller: LLMUserAggregator, agent: LLMAssistantAggregator, record: CallRecord, ending: Ending
) -> None:
    """Write the transcript as turns end, and let them decide when the call does."""

    async def caller_started(*_: object) -> None:
        record.turns.caller_began()
        await ending.caller_spoke()

    async def caller_stopped(_: object, __: object, message: UserTurnStoppedMessage) -> None:
        record.turns.caller_ended(message.content or "")
        record.say("caller", message.content or "")
        if not message.content:
            ending.caller_said_nothing()

    async def caller_idle(_: object) -> None:
        await ending.silence()

    async def agent_started(*_: object) -> None:
        record.turns.agent_began()

    async def agent_stopped(_: object, message: AssistantTurnStoppedMessage) -> None:
        heard = message.content.removesuffix(CUT_OFF)
        record.turns.agent_ended(heard, interrupted=message.interrupted)
        record.say("agent", heard, interrupted=message.interrupted)
        await ending.agent_said(heard, interrupted=message.interrupted)

    caller.add_event_handler("on_user_turn_started", caller_started)
    caller.add_event_handler("on_user_turn_stopped", caller_stopped)
    caller.add_event_handler("on_user_turn_idle", caller_idle)
    agent.add_event_handler("on_assistant_turn_started", agent_started)
    agent.add_event_handler("on_assistant_turn_stopped", agent_stopped)


def watch_turns(caller: LLMUserAggregator, agent: LLMAssistantAggregator, way: Handover) -> None:
    """Let the handover know who speaks, and what the agent said."""

    async def caller_started(*_: object) -> None:
        way.caller_speaks(True)

    async def caller_stopped(*_: object) -> None:
        way.caller_speaks(False)

    async def agent_stopped(_: object, message: AssistantTurnStoppedMessage) -> None:
        await way.heard_agent(message.content, interrupted=message.interrupted)

    caller.add_event_handler("on_user_turn_started", caller_started)
    caller.add_event_handler("on_user_turn_stopped", caller_stopped)
    agent.add_event_handler("on_assistant_turn_stopped", agent_stopped)


def end_with_the_line(
    transport: FastAPIWebsocketTransport,
    serializer: MediaStreamSerializer,
    worker: PipelineWorker,
    record: CallRecord,
) -> None:
    """End the call when the caller hangs up or the stream breaks."""

    async def hung_up() -> None:
        record.ended("caller")
        await worker.cancel(reason="the caller is gone")

    async def gone(*_: object) -> None:
        record.ended("line")
        await worker.cancel(reason="the line is gone")

    serializer.on_stop = hung_up
    transport.add_event_handler("on_client_disconnected", gone)


def never_silent(worker: PipelineWorker, llm: FrameProcessor, silent: NeverSilent) -> None:
    """Say something when the model failed, so that the caller does not wait for nothing."""

    async def failed(_: object, frame: ErrorFrame) -> None:
        logger.bind(by=str(frame.processor), error=frame.error).warning("pipeline_error")
        if frame.processor is llm:
            await silent.model_failed()

    worker.add_event_handler("on_pipeline_error", failed)
