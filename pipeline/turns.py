"""When a caller's turn starts and ends, and how long silence may last: every number, its reason."""

from pipecat.audio.turn.smart_turn.base_smart_turn import BaseSmartTurn, SmartTurnParams
from pipecat.audio.vad.vad_analyzer import VADParams
from pipecat.turns.user_stop import TurnAnalyzerUserTurnStopStrategy
from pipecat.turns.user_turn_strategies import UserTurnStrategies

VAD = VADParams(confidence=0.7, start_secs=0.2, stop_secs=0.2, min_volume=0.6)
"""Pipecat's figures; every constant it knows of a recogniser's latency assumes a 0.2 s stop."""

SMART_TURN = SmartTurnParams(stop_secs=1.2)
"""Silence that ends a turn which smart-turn takes for unfinished. Its own 3 s feel like a dead
line; smart-turn misjudges about a third of finished telephone turns, so the wait must stay short.
"""

STT_ENDPOINTING_MS = 300
"""Silence after which Deepgram closes a segment on its own; Finalize, sent when the VAD stops at
200 ms, usually comes first."""

TURN_STOP_TIMEOUT_S = 3.0
"""A turn in which no detector reaches a verdict ends here, so that the line is never dead."""

IDLE_S = 8.0
"""A caller who says nothing for this long after we spoke is asked whether they are still there."""

FAREWELL_S = 2.0
"""Quiet after our goodbye before we hang up: time for "thanks, bye", not for a dead line."""

MAX_CALL_S = 15 * 60
"""Longer than any booking takes; what is still open then is a forgotten or stuck line."""


def strategies(analyzer: BaseSmartTurn) -> UserTurnStrategies:
    """Return Pipecat's default start (voice or words) with the smart-turn stop of one call."""
    return UserTurnStrategies(stop=[TurnAnalyzerUserTurnStopStrategy(turn_analyzer=analyzer)])
