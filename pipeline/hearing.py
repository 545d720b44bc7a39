"""How the caller of one call is heard: when their turns begin and end, and when they barge in."""

from loguru import logger
from pipecat.processors.aggregators.llm_response_universal import LLMUserAggregatorParams

from pipeline import services, turns
from pipeline.record import CallRecord
from pipeline.services import SharedParts
from processors.barge_in import BargeIn
from processors.turn_end import TurnEnded


def hearing(
    shared: SharedParts, patience: turns.Patience, record: CallRecord
) -> LLMUserAggregatorParams:
    """Return what Pipecat's user aggregator works with; the log is told how turns come and go."""
    log = logger.bind(call_sid=record.call.call_sid)

    def ended(how: TurnEnded) -> None:
        record.turns.why = how.reason
        log.bind(why=how.reason, waited_ms=how.waited_ms).info("turn_ended")

    def stopped(how: BargeIn) -> None:
        log.bind(cause=how.cause, after_ms=round(how.after_s * 1000)).info("barge_in")

    voice = services.voice_activity(shared)
    return LLMUserAggregatorParams(
        vad_analyzer=voice,
        user_turn_strategies=turns.strategies(
            services.turn_analyzer(shared),
            asked=record.asked,
            on_end=ended,
            ear=voice.ear,
            on_barge_in=stopped,
            words_said=services.words_said,
            voice=voice.ear,
        ),
        user_turn_stop_timeout=turns.TURN_STOP_TIMEOUT_S,
        user_idle_timeout=patience.idle_s,
    )
