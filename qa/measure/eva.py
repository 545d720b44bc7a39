"""EVA's turn-taking score: each turn between 0 and 1, a call is the mean of its turns.

Source: ServiceNow/eva, src/eva/metrics/experience/turn_taking.py (v0.2, the formulas that
sierra-research/tau2-bench cites as EVA's tables 16 to 18 in src/tau2/metrics/turn_taking.py). The
curves and numbers are theirs. EVA takes the times of its own caller's audio, we those of the
carrier's recording. Where we differ: a turn that the agent never answered before the caller had to
speak again scores 0 (EVA leaves it out, tau2-bench scores it so), and so does an agent that talks
through a turn of the caller from before its beginning to after its end.

An answer after less than 500 ms loses points with them, down to 0 at 500 ms before the end; we keep
that, although people answer after 200 ms.
"""

from collections.abc import Sequence

from qa.measure.figures import mean
from qa.measure.turns import MeasuredTurn

HARD_EARLY_S = -0.5
SWEET_LOW_S = 0.5
SWEET_HIGH_S, HARD_LATE_S = 2.0, 3.5
TOOL_SWEET_HIGH_S, TOOL_HARD_LATE_S = 3.0, 5.0

CUT_IN_MOST = 0.5
"""An interruption by the agent is never free: its turn scores no more than this."""

CUT_IN_HARD_S = 2.0
CUT_INS_HARD = 3
YIELD_HARD_S = 2.0


def latency_score(latency_s: float, *, tool: bool) -> float:
    """Score a wait: 1 in the sweet spot, falling to 0 on both sides; tools may take longer."""
    high_s, late_s = (TOOL_SWEET_HIGH_S, TOOL_HARD_LATE_S) if tool else (SWEET_HIGH_S, HARD_LATE_S)
    if latency_s <= HARD_EARLY_S or latency_s >= late_s:
        return 0.0
    if latency_s < SWEET_LOW_S:
        return (latency_s - HARD_EARLY_S) / (SWEET_LOW_S - HARD_EARLY_S)
    if latency_s <= high_s:
        return 1.0
    return (late_s - latency_s) / (late_s - high_s)


def turn_score(turn: MeasuredTurn) -> float | None:
    """Score a turn by what happened in it; None for one that asked nothing (the call was over)."""
    scores = []
    if turn.cut_ins:
        scores.append(CUT_IN_MOST * max(0.0, 1 - turn.cut_in_s / CUT_IN_HARD_S))
        scores.append(CUT_IN_MOST * max(0.0, 1 - (turn.cut_ins - 1) / (CUT_INS_HARD - 1)))
        if turn.latency_s is not None:
            scores.append(latency_score(turn.latency_s, tool=bool(turn.tools)))
    if turn.stop_s is not None:
        scores.append(max(0.0, 1 - turn.stop_s / YIELD_HARD_S))
    if scores:
        return min(scores)
    if turn.latency_s is not None:
        return latency_score(turn.latency_s, tool=bool(turn.tools))
    return 0.0 if turn.outcome == "unanswered" else None


def score(turns: Sequence[MeasuredTurn]) -> float | None:
    """Return a call's score: the mean of its turns; None when none can be scored."""
    return mean(found for turn in turns if (found := turn_score(turn)) is not None)
