"""A caller's turns as they heard them answered: waits, barge-ins and interruptions by the agent.

All times are seconds from the first sample of the carrier's recording.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from qa.audio import Speech
from qa.measure.timeline import Talk, Timeline, overlap_s

FRAME_S = 0.02
"""The telephone's grain: who begins within a frame of the other's end has not spoken over them."""

NO_YIELD_S = 2.0
"""Who talks on for this long after a caller has begun to interrupt has not yielded: tau-voice's
window (sierra-research/tau2-bench, docs/interaction-metrics.md, "Detection windows")."""

Outcome = Literal["answered", "talked_through", "unanswered", "last"]
"""`talked_through`: the agent was speaking when the caller ended, so there was no wait; not so one
that was interrupted and stops a little after the caller, whose next words are the answer.
`unanswered`: the caller had to speak again first. `last`: nothing followed, the call was over."""


@dataclass(frozen=True, slots=True)
class ToolUse:
    """A tool that the agent used, and when."""

    name: str
    at_s: float


@dataclass(frozen=True, slots=True)
class MeasuredTurn:
    """A turn of the caller, numbered from 1, and what the agent did about it.

    `latency_s` is voice to voice: from the end of the caller's speech to the agent's first audible
    sound after it. `stop_s` runs from the caller's first sound to the silence of an agent who was
    speaking then; `clear_s` to the moment in which the carrier was told to drop what it had.
    `cut_ins` counts how often the agent began while the caller had not finished, `cut_in_s` for how
    long both were heard. `parts_ms` tells where the wait went, see `qa.measure.parts`.
    """

    number: int
    start_s: float
    end_s: float
    words: str
    outcome: Outcome
    answered_at_s: float | None
    latency_s: float | None
    tools: tuple[str, ...]
    stop_s: float | None
    clear_s: float | None
    cut_ins: int
    cut_in_s: float
    parts_ms: Mapping[str, float] | None = None


def measured_turns(
    line: Timeline, tools: Sequence[ToolUse] = (), clears_s: Sequence[float] = ()
) -> list[MeasuredTurn]:
    """Measure every turn of the caller."""
    turns = line.turns
    found = []
    for index, turn in enumerate(turns):
        until_s = turns[index + 1].start_s if index + 1 < len(turns) else float("inf")
        answered_at_s, outcome = _answer(turn, until_s, line.agent)
        floor = holder(turn, line.agent)
        begun_over = cut_ins(turn, line.agent)
        over = [part for talk in begun_over for part in talk.parts]
        found.append(
            MeasuredTurn(
                number=index + 1,
                start_s=turn.start_s,
                end_s=turn.end_s,
                words=turn.words,
                outcome=outcome,
                answered_at_s=answered_at_s,
                latency_s=None if answered_at_s is None else answered_at_s - turn.end_s,
                tools=tuple(use.name for use in tools if turn.start_s <= use.at_s < until_s),
                stop_s=None if floor is None else floor.end_s - turn.start_s,
                clear_s=None if floor is None else _clear(turn, until_s, clears_s),
                cut_ins=len(begun_over),
                cut_in_s=overlap_s(turn.parts, over),
            )
        )
    return found


def holder(sound: Talk, agent: Sequence[Talk]) -> Talk | None:
    """Return what the agent was saying when the caller made a sound; None when it was silent."""
    for talk in agent:
        if talk.start_s < sound.start_s < talk.end_s - FRAME_S:
            return talk
    return None


def cut_ins(turn: Talk, agent: Sequence[Talk]) -> list[Talk]:
    """Return what the agent began to say before the caller had finished their sentence."""
    return [talk for talk in agent if turn.start_s <= talk.start_s < turn.end_s - FRAME_S]


def talk_over_s(line: Timeline) -> tuple[float, float]:
    """Return for how long both were heard at once: where the agent began later, and the caller."""
    by_agent = by_caller = 0.0
    for said in line.caller:
        for talk in line.agent:
            both_s = overlap_s(said.parts, talk.parts)
            if talk.start_s >= said.start_s:
                by_agent += both_s
            else:
                by_caller += both_s
    return by_agent, by_caller


def _answer(turn: Talk, until_s: float, agent: Sequence[Talk]) -> tuple[float | None, Outcome]:
    edge_s = turn.end_s - FRAME_S
    for talk in agent:
        over = talk.start_s < edge_s and talk.end_s > turn.end_s + FRAME_S
        yields = talk.start_s < turn.start_s and talk.end_s - turn.start_s <= NO_YIELD_S
        if over and not yields:
            return None, "talked_through"
    starts = [talk.start_s for talk in agent if edge_s <= talk.start_s < until_s]
    if starts:
        return starts[0], "answered"
    return None, "unanswered" if until_s < float("inf") else "last"


def _clear(turn: Talk, until_s: float, clears_s: Sequence[float]) -> float | None:
    return next((at_s - turn.start_s for at_s in clears_s if turn.start_s <= at_s < until_s), None)


@dataclass(frozen=True, slots=True)
class DeadAir:
    """Silence of both sides between the stream's start and its end, in seconds.

    `waiting_s` is the part in which it was the agent's turn: before the greeting and after the
    caller's words. A gap counts as long from LONG_GAP_S on, which is tau-voice's threshold
    (sierra-research/tau2-bench, docs/interaction-metrics.md, "Dead air").
    """

    total_s: float
    share: float
    longest_s: float
    long_gaps: int
    waiting_s: float
    longest_wait_s: float


LONG_GAP_S = 3.0


def dead_air(line: Timeline, stream: Speech) -> DeadAir:
    """Measure the silences; pauses within what one side says are none."""
    talks = sorted(
        [("caller", talk.start_s, talk.end_s) for talk in line.caller if talk.kind != "noise"]
        + [("agent", talk.start_s, talk.end_s) for talk in line.agent],
        key=lambda talk: talk[1],
    )
    gaps: list[tuple[float, bool]] = []
    at_s, last = stream.start_s, "caller"
    for who, start_s, end_s in [*talks, ("", stream.end_s, stream.end_s)]:
        if start_s > at_s:
            gaps.append((start_s - at_s, last == "caller"))
        if end_s > at_s:
            at_s, last = end_s, who
    lengths = [length for length, _ in gaps]
    waits = [length for length, waiting in gaps if waiting]
    return DeadAir(
        total_s=sum(lengths),
        share=sum(lengths) / max(stream.end_s - stream.start_s, FRAME_S),
        longest_s=max(lengths, default=0.0),
        long_gaps=sum(length >= LONG_GAP_S for length in lengths),
        waiting_s=sum(waits),
        longest_wait_s=max(waits, default=0.0),
    )
