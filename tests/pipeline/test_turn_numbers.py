"""The numbers of turn-taking fit each other, and what was asked is known from the record."""

from datetime import UTC, datetime
from typing import cast

import pytest

from pipeline import turns
from pipeline.record import CallRecord
from shop.clock import FixedClock
from shop.shopfile import Shop
from store import Store
from tools.call import Call

pytestmark = pytest.mark.unit

CLOCK = FixedClock(datetime(2026, 11, 22, tzinfo=UTC))


def record() -> CallRecord:
    """Return the record of a call that has just begun."""
    call = Call("CA1", None, cast(Store, None), cast(Shop, None), CLOCK)
    return CallRecord(call, "inbound", "+15035550100", CLOCK.now(), CLOCK)


def test_the_surer_the_sooner() -> None:
    """Each step down in smart-turn's likelihood waits longer, and none as long as patience."""
    waits = turns.TURN_END
    likelihoods = [likelihood for likelihood, _ in waits.likely]
    silences = [silence_s for _, silence_s in waits.likely]
    assert likelihoods == sorted(likelihoods, reverse=True)
    assert silences == sorted(silences)
    assert silences[-1] < waits.unlikely_s < min(waits.dictating_s, waits.dangling_s)


def test_patience_outlasts_a_pause_and_ends_before_the_watchdog() -> None:
    """Two seconds of thought are no end; the watchdog, counted from the last word, comes later."""
    for patience_s in (turns.TURN_END.dictating_s, turns.TURN_END.dangling_s):
        assert 2.0 < patience_s < turns.TURN_STOP_TIMEOUT_S < turns.IDLE_S
        assert patience_s < turns.SMART_TURN.stop_secs


def test_the_recogniser_has_time_after_the_voice_stops() -> None:
    """Words are waited for beyond the moment at which they are asked for."""
    assert turns.VAD.stop_secs < turns.TURN_END.words_s < turns.TURN_END.no_words_s


def test_what_was_asked_is_what_the_agent_said_last() -> None:
    """All of the agent's lines in a row count, and a caller's line after them changes nothing."""
    story = record()
    assert story.asked() == ""
    story.say("agent", "Hi, how can I help you?")
    story.say("caller", "An oil change.")
    story.say("agent", "Sure.")
    story.say("agent", "Which car is it for?")
    assert story.asked() == "Sure. Which car is it for?"
    story.say("caller", "The")
    assert story.asked() == "Sure. Which car is it for?"
