"""The turn-taking panel of tau-voice: eight figures of how an agent shares the line.

Source: sierra-research/tau2-bench, docs/interaction-metrics.md ("The metric panel", "How events are
detected", "Detection windows"; panel version 1.1). Names and windows are theirs. Where we differ:

- Times come from the audio, to within 10 ms; theirs from ticks of 200 ms.
- The caller holds the floor from the first to the last sound of what they mean to say, so an agent
  that speaks into a pause for thought interrupts. For them a pause of a tick ends a segment.
- The agent holds the floor as long as the carrier plays it without a break; their segment ends
  with a tick of silence, so a pause between two sentences ends it.
- An agent that falls silent after a backchannel, a tic or an aside because its line was over has
  not yielded. They cannot tell, and count an error.
- Doors and music (kind "noise") are not scored, as their burst noise is not.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from qa.measure.figures import mean
from qa.measure.timeline import Kind, Talk, Timeline
from qa.measure.turns import NO_YIELD_S, MeasuredTurn, holder

SIDE_YIELD_S = 1.0
"""Who stops within this after a backchannel, tic or aside has wrongly yielded."""

SIDE_RESPONSE_S = 2.0
"""Who begins within this after a tic or an aside in silence has wrongly answered."""

_ENDS_WITH_LINE_S = 0.4
"""The agent's line and its sound end together, but for the silence behind the last word."""


@dataclass(frozen=True, slots=True)
class Share:
    """How many of so many events."""

    count: int
    of: int

    @property
    def rate(self) -> float | None:
        """The share, None without events."""
        return self.count / self.of if self.of else None


@dataclass(frozen=True, slots=True)
class Events:
    """What happened in one call, or in several: the figures are made of it.

    `responses_s` and `yields_s` are latencies; `cut_ins` counts the agent's beginnings while the
    caller held the floor, `turns` those of the caller's turns that asked for an answer; the rest is
    what was ignored as it should be.
    """

    responses_s: tuple[float, ...]
    turns: int
    yields_s: tuple[float, ...]
    interruptions: int
    cut_ins: int
    backchannels: Share
    tics: Share
    asides: Share


@dataclass(frozen=True, slots=True)
class Panel:
    """The eight figures (seconds and shares; None without an event of the kind) and their counts.

    tau-voice's leaderboard hides rates of fewer than ten events; the counts are here to do so.
    """

    response_latency_s: float | None
    yield_latency_s: float | None
    response_rate: float | None
    yield_rate: float | None
    interruption_rate: float | None
    backchannel: float | None
    vocal_tic: float | None
    non_directed: float | None
    turns: int
    interruptions: int
    backchannels: int
    vocal_tics: int
    non_directeds: int


def events(
    line: Timeline, turns: Sequence[MeasuredTurn], lines_over_s: Sequence[float] = ()
) -> Events:
    """Find a call's events; `lines_over_s` is when the agent had said a line to its end."""
    asked = [turn for turn in turns if turn.outcome in ("answered", "unanswered")]
    stops = [turn.stop_s for turn in turns if turn.stop_s is not None]
    return Events(
        responses_s=tuple(turn.latency_s for turn in asked if turn.latency_s is not None),
        turns=len(asked),
        yields_s=tuple(stop_s for stop_s in stops if stop_s <= NO_YIELD_S),
        interruptions=len(stops),
        cut_ins=sum(turn.cut_ins for turn in turns),
        backchannels=_ignored("backchannel", line, lines_over_s),
        tics=_ignored("tic", line, lines_over_s),
        asides=_ignored("aside", line, lines_over_s),
    )


def panel(calls: Iterable[Events]) -> Panel:
    """Return the figures over all events of several calls, as tau-voice sums them."""
    given = list(calls)
    turns = sum(one.turns for one in given)
    interruptions = sum(one.interruptions for one in given)
    responses = [s for one in given for s in one.responses_s]
    yields = [s for one in given for s in one.yields_s]
    backchannels = _sum(given, lambda one: one.backchannels)
    tics = _sum(given, lambda one: one.tics)
    asides = _sum(given, lambda one: one.asides)
    return Panel(
        response_latency_s=mean(responses),
        yield_latency_s=mean(yields),
        response_rate=Share(len(responses), turns).rate,
        yield_rate=Share(len(yields), interruptions).rate,
        interruption_rate=Share(sum(one.cut_ins for one in given), turns).rate,
        backchannel=backchannels.rate,
        vocal_tic=tics.rate,
        non_directed=asides.rate,
        turns=turns,
        interruptions=interruptions,
        backchannels=backchannels.of,
        vocal_tics=tics.of,
        non_directeds=asides.of,
    )


def _sum(calls: Sequence[Events], part: Callable[[Events], Share]) -> Share:
    return Share(sum(part(one).count for one in calls), sum(part(one).of for one in calls))


def _ignored(kind: Kind, line: Timeline, lines_over_s: Sequence[float]) -> Share:
    """Count the sounds of a kind that the agent ignored; "mm-hm" in silence is no event."""
    judged = []
    for sound in line.caller:
        if sound.kind != kind:
            continue
        floor = holder(sound, line.agent)
        if floor is not None:
            judged.append(not _yielded(sound, floor, lines_over_s))
        elif kind != "backchannel":
            judged.append(not _answered(sound, line))
    return Share(sum(judged), len(judged))


def _yielded(sound: Talk, floor: Talk, lines_over_s: Sequence[float]) -> bool:
    if floor.end_s - sound.start_s > SIDE_YIELD_S:
        return False
    return not any(abs(at_s - floor.end_s) <= _ENDS_WITH_LINE_S for at_s in lines_over_s)


def _answered(sound: Talk, line: Timeline) -> bool:
    """Say whether the agent took it for a turn; what it says to the caller's next one is not so."""
    turned = any(
        sound.start_s < turn.start_s < sound.end_s + SIDE_RESPONSE_S for turn in line.turns
    )
    return not turned and any(
        sound.start_s <= talk.start_s <= sound.end_s + SIDE_RESPONSE_S for talk in line.agent
    )
