"""Turns as they happen, and the wait for an answer from Pipecat's own measure."""

from datetime import UTC, datetime, timedelta

import pytest
from pipecat.frames.frames import (
    BotStartedSpeakingFrame,
    Frame,
    LLMFullResponseStartFrame,
    LLMTextFrame,
    MetricsFrame,
    TranscriptionFrame,
    TTSAudioRawFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.metrics.metrics import TTFBMetricsData
from pipecat.processors.frame_processor import FrameProcessor

from pipeline.turn_log import LatencyWatch, TurnLog
from shop.clock import FixedClock

pytestmark = pytest.mark.unit

BEGAN = datetime(2026, 11, 24, 22, 0, tzinfo=UTC)


@pytest.fixture
def log() -> TurnLog:
    """Return the log of a call that has just begun."""
    return TurnLog(FixedClock(BEGAN))


def test_a_turn_has_its_times_its_words_and_its_reason(log: TurnLog) -> None:
    """What a turn does not have is left out."""
    log.agent_began()
    log.agent_ended("How can I help you?", interrupted=False)
    log.caller_began()
    log.speech_ended(BEGAN + timedelta(seconds=1))
    log.why = "smart_turn"
    log.caller_ended("An oil change.")
    log.answered(900, {"endpointing": 200, "model": 700})
    at = "2026-11-24T22:00:00.000+00:00"
    assert log.rows() == [
        {
            "role": "agent", "began_at": at, "ended_at": at, "text": "How can I help you?",
            "ended_by": "said",
        },
        {
            "role": "caller", "began_at": at, "speech_ended_at": "2026-11-24T22:00:01.000+00:00",
            "ended_at": at, "text": "An oil change.", "ended_by": "smart_turn",
            "latency_ms": {"endpointing": 200, "model": 700, "total": 900},
        },
    ]  # fmt: skip


@pytest.mark.parametrize("told_first", ["agent", "caller"])
def test_a_barge_in_tells_where_we_were_cut(log: TurnLog, told_first: str) -> None:
    """Whichever side's turn is told of first."""
    log.agent_began()
    if told_first == "agent":
        log.agent_ended("How can I", interrupted=True)
        log.caller_began()
    else:
        log.caller_began()
        log.agent_ended("How can I", interrupted=True)
    log.why = "words"
    log.caller_ended("Stop.")
    agent, caller = log.rows()
    assert agent["ended_by"] == "barge_in"
    assert caller["barge_in"] and caller["cut_agent"] == "How can I"


def test_a_caller_who_goes_on_before_we_spoke_has_not_barged_in(log: TurnLog) -> None:
    """A turn of ours of which nothing was heard is not in the log."""
    log.agent_began()
    log.agent_ended("", interrupted=True)
    log.caller_began()
    log.why = "smart_turn"
    log.caller_ended("and for Tuesday")
    [caller] = log.rows()
    assert "barge_in" not in caller


def test_card_numbers_over_two_turns_are_not_in_the_log(log: TurnLog) -> None:
    """The second net: what passed the guard in halves is joined here."""
    for text in ("it's 4111 1111", "1111 1111"):
        log.caller_began()
        log.why = "smart_turn"
        log.caller_ended(text)
    assert [row["text"] for row in log.rows()] == ["it's [card number]", "[end of card number]"]


async def test_the_parts_of_a_wait_make_its_total(log: TurnLog) -> None:
    """From the caller's last sound to our first one nothing is missing or twice."""
    log.caller_began()
    source = FrameProcessor()
    now = datetime.now(UTC).timestamp()
    metrics = MetricsFrame(data=[TTFBMetricsData(processor=source.name, value=0.001)])
    stopped = VADUserStoppedSpeakingFrame(stop_secs=0.2, timestamp=now)
    frames: list[Frame] = [
        VADUserStartedSpeakingFrame(),
        stopped,
        stopped,  # once more, as when it passes the next processor
        TranscriptionFrame("two", "", ""),
        LLMFullResponseStartFrame(),
        metrics,
        LLMTextFrame("Sure."),
        TTSAudioRawFrame(b"\0\0", 8000, 1),
        BotStartedSpeakingFrame(),
    ]
    watch = LatencyWatch(log)
    for frame in frames:
        await watch._pushed(source, frame)
    await watch.cleanup()  # type: ignore[no-untyped-call]  # waits for its events
    [row] = log.rows()
    parts = dict(row["latency_ms"])
    total = parts.pop("total")
    assert parts["endpointing"] == 200
    assert total >= 200 and abs(sum(parts.values()) - total) <= 5


def test_a_turn_that_no_strategy_ended_was_ended_by_time(log: TurnLog) -> None:
    """A strategy's word counts for the turn it ended and for no other."""
    log.why = "answered"
    for text in ("Yes.", "Hm"):
        log.caller_began()
        log.caller_ended(text)
    assert [row["ended_by"] for row in log.rows()] == ["answered", "time_out"]
