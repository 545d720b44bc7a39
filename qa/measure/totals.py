"""The figures of a whole run: percentiles over all calls, the panel and EVA's score."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from qa.measure.call import MeasuredCall
from qa.measure.figures import Spread, mean, spread
from qa.measure.panel import Panel, panel
from qa.measure.parts import PARTS


@dataclass(frozen=True, slots=True)
class Totals:
    """Everything in seconds but `parts_ms`; `plain` are the turns without a tool.

    Talk-over, dead air and waits are one value a call; the others one a turn, barge-in or part.
    """

    calls: int
    latency: Spread
    plain: Spread
    with_tools: Spread
    stop: Spread
    greeting: Spread
    agent_over_caller: Spread
    dead_air: Spread
    longest_wait: Spread
    parts_ms: Mapping[str, Spread]
    panel: Panel
    eva_score: float | None


def totals(calls: Iterable[MeasuredCall]) -> Totals:
    """Put the measurements of several calls together."""
    given = list(calls)
    turns = [turn for call in given for turn in call.turns]
    waits = [(turn.latency_s, turn) for turn in turns if turn.latency_s is not None]
    parted = [turn.parts_ms for turn in turns if turn.parts_ms is not None]
    return Totals(
        calls=len(given),
        latency=spread(latency_s for latency_s, _ in waits),
        plain=spread(latency_s for latency_s, turn in waits if not turn.tools),
        with_tools=spread(latency_s for latency_s, turn in waits if turn.tools),
        stop=spread(turn.stop_s for turn in turns if turn.stop_s is not None),
        greeting=spread(call.greeting_s for call in given if call.greeting_s is not None),
        agent_over_caller=spread(call.agent_over_caller_s for call in given),
        dead_air=spread(call.dead_air.total_s for call in given),
        longest_wait=spread(call.dead_air.longest_wait_s for call in given),
        parts_ms={name: spread(parts[name] for parts in parted) for name in PARTS},
        panel=panel(call.events for call in given),
        eva_score=mean(call.eva_score for call in given if call.eva_score is not None),
    )
