"""All measurements of one call, from the carrier's recording, its events and the call log."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from qa.audio import RATE_HZ, Pcm, Speech
from qa.measure import eva
from qa.measure.panel import Events, events
from qa.measure.parts import log_turn, parts_ms
from qa.measure.timeline import Spoken, Timeline, timeline
from qa.measure.turns import (
    DeadAir,
    MeasuredTurn,
    ToolUse,
    dead_air,
    measured_turns,
    talk_over_s,
)
from sandbox.twilio.leg import Event, Leg


@dataclass(frozen=True, slots=True)
class MeasuredCall:
    """What was measured; seconds from the first sample of the recording, or lengths in seconds.

    `greeting_s` runs from the media stream's start to the agent's first audible sound.
    `agent_over_caller_s` and `caller_over_agent_s` are how long both were heard, by who came later.
    """

    length_s: float
    greeting_s: float | None
    turns: tuple[MeasuredTurn, ...]
    agent_over_caller_s: float
    caller_over_agent_s: float
    dead_air: DeadAir
    events: Events
    eva_score: float | None
    caller_s: tuple[tuple[float, float], ...]
    agent_s: tuple[tuple[float, float], ...]
    """When each side could be heard."""


@dataclass(frozen=True, slots=True)
class Course:
    """The carrier's events on the recording's clock: the stream, what was played, what cleared."""

    stream: Speech
    plays: tuple[Speech, ...]
    clears_s: tuple[float, ...]


def course(happened: Sequence[Event], started_at_s: float, length_s: float) -> Course:
    """Read the events of a leg whose recording began at `started_at_s` of the carrier's clock."""
    times = [(event.at_s - started_at_s, event.kind) for event in happened]
    opened = next((at_s for at_s, kind in times if kind == "stream_opened"), 0.0)
    closed = [at_s for at_s, kind in times if kind == "stream_closed"]
    plays: list[Speech] = []
    begun: float | None = None
    for at_s, kind in times:
        if kind == "audio_started" and begun is None:
            begun = at_s
        elif kind in ("audio_ended", "stream_closed") and begun is not None:
            plays.append(Speech(begun, at_s))
            begun = None
    if begun is not None:
        plays.append(Speech(begun, length_s))
    return Course(
        stream=Speech(opened, min(length_s, closed[-1]) if closed else length_s),
        plays=tuple(plays),
        clears_s=tuple(at_s for at_s, kind in times if kind == "clear"),
    )


def measure_leg(
    leg: Leg, log: Mapping[str, Any], spoken: Sequence[Spoken] | None = None
) -> MeasuredCall:
    """Measure a call that is over; `spoken` is what its caller is known to have said."""
    _, recording = leg.recording()
    seen = course(leg.events, leg.recording_started_at_s or 0.0, len(recording) / RATE_HZ)
    return measure(recording, seen, log=log, answered_at=leg.answered_at, spoken=spoken)


def measure(
    recording: Pcm,
    seen: Course,
    *,
    log: Mapping[str, Any] | None = None,
    answered_at: datetime | None = None,
    spoken: Sequence[Spoken] | None = None,
) -> MeasuredCall:
    """Measure a call from its stereo recording (left caller, right agent, 8 kHz).

    What is heard after the stream's end (a person to whom the call was put through) is not the
    agent's. `answered_at` is the time of the first sample on the clock of the call log; without it
    tools and parts of waits, which the log tells, are not known.
    """
    streamed = recording[: round(seen.stream.end_s * RATE_HZ)]
    line = timeline(streamed, spoken=spoken, plays=seen.plays)
    told: Mapping[str, Any] = (log or {}) if answered_at else {}
    turns = measured_turns(line, tool_uses(told, answered_at), seen.clears_s)
    if answered_at:
        starts_s = [play.start_s for play in seen.plays]
        turns = [_with_parts(turn, told, answered_at, starts_s) for turn in turns]
    by_agent, by_caller = talk_over_s(line)
    return MeasuredCall(
        length_s=len(recording) / RATE_HZ,
        greeting_s=_greeting(line, seen.stream),
        turns=tuple(turns),
        agent_over_caller_s=by_agent,
        caller_over_agent_s=by_caller,
        dead_air=dead_air(line, seen.stream),
        events=events(line, turns, _lines_over_s(told, answered_at)),
        eva_score=eva.score(turns),
        caller_s=tuple((p.start_s, p.end_s) for talk in line.caller for p in talk.parts),
        agent_s=tuple((p.start_s, p.end_s) for talk in line.agent for p in talk.parts),
    )


def tool_uses(log: Mapping[str, Any], answered_at: datetime | None) -> list[ToolUse]:
    """Return the log's tool calls on the recording's clock."""
    if answered_at is None:
        return []
    return [
        ToolUse(use["name"], seconds(use["at"], answered_at)) for use in log.get("tool_calls") or ()
    ]


def seconds(at: str, answered_at: datetime) -> float:
    """Return a time of the call log (ISO 8601) on the recording's clock."""
    return (datetime.fromisoformat(at) - answered_at).total_seconds()


def _lines_over_s(log: Mapping[str, Any], answered_at: datetime | None) -> list[float]:
    if answered_at is None:
        return []
    return [
        seconds(turn["ended_at"], answered_at)
        for turn in log.get("turns") or ()
        if turn.get("role") == "agent" and turn.get("ended_by") == "said" and turn.get("ended_at")
    ]


def _with_parts(
    turn: MeasuredTurn, log: Mapping[str, Any], answered_at: datetime, starts_s: Sequence[float]
) -> MeasuredTurn:
    if turn.answered_at_s is None:
        return turn
    told = log_turn(turn.end_s, log, answered_at)
    if told is None:
        return turn
    parts = parts_ms(turn.end_s, turn.answered_at_s, told, answered_at, starts_s)
    return replace(turn, parts_ms=parts)


def _greeting(line: Timeline, stream: Speech) -> float | None:
    first = next((talk.start_s for talk in line.agent if talk.start_s >= stream.start_s), None)
    spoken = next((talk.start_s for talk in line.turns), float("inf"))
    return None if first is None or first > spoken else first - stream.start_s
