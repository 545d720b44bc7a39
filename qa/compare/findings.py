"""What differs between two reports, and whether it is worse: verdicts, tool calls, latency."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from qa.compare.bootstrap import Interval, median_interval
from qa.measure.figures import percentile
from qa.report.form import CaseReport, RunReport, ToolCall

RELEVANT_S = 0.1
"""A median that rose by less is no regression, however sure it is: people leave 200 ms between
turns and do not notice half of it on a telephone; a busy machine moves medians by tens of ms."""

SEED = 20261

_RANK = {"passed": 0, "failed": 1, "error": 2}

Judgement = Literal["worse", "better", "same", "too few"]
Value = tuple[str, float]


@dataclass(frozen=True, slots=True)
class Latency:
    """A latency in both runs, over `turns` pairs of `cases` calls; `difference` is new less old."""

    name: str
    cases: int
    turns: int
    old_s: float | None
    new_s: float | None
    difference: Interval | None
    judgement: Judgement


@dataclass(frozen=True, slots=True)
class Changed:
    """Something of a case that is not as it was."""

    case: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Findings:
    """What two runs differ by."""

    worse: tuple[Changed, ...]
    better: tuple[Changed, ...]
    missing: tuple[str, ...]
    added: tuple[str, ...]
    tools: tuple[Changed, ...]
    latencies: tuple[Latency, ...]

    @property
    def regressed(self) -> bool:
        """Whether the new run is worse: a gate closes on this."""
        slower = any(one.judgement == "worse" for one in self.latencies)
        return bool(self.worse or self.missing or self.tools or slower)


def compare(
    old: RunReport,
    new: RunReport,
    *,
    relevant_s: float = RELEVANT_S,
    seed: int = SEED,
    common_only: bool = False,
) -> Findings:
    """Compare two runs case by case; `common_only` does not mind cases that were not played."""
    before, after = _by_name(old), _by_name(new)
    both = sorted(before.keys() & after.keys())
    pairs = [(before[name], after[name]) for name in both]
    ranked = [
        (_RANK[two.verdict] - _RANK[one.verdict], Changed(one.name, _verdict(one), _verdict(two)))
        for one, two in pairs
    ]
    missing = sorted(before.keys() - after.keys())
    return Findings(
        worse=tuple(changed for by, changed in ranked if by > 0),
        better=tuple(changed for by, changed in ranked if by < 0),
        missing=() if common_only else tuple(missing),
        added=tuple(sorted(after.keys() - before.keys())),
        tools=tuple(
            Changed(one.name, _told(one.tools), _told(two.tools))
            for one, two in pairs
            if _told(one.tools) != _told(two.tools)
        ),
        latencies=tuple(
            _latency(name, values, pairs, relevant_s, seed) for name, values in LATENCIES.items()
        ),
    )


def _by_name(report: RunReport) -> dict[str, CaseReport]:
    return {case.name: case for case in report.cases}


def _verdict(case: CaseReport) -> str:
    broken = "; ".join(check.wanted for check in case.checks if not check.holds)
    why = case.error or broken
    return f"{case.verdict}: {why}" if why else case.verdict


def _told(tools: Sequence[ToolCall]) -> str:
    return ", ".join(_call(tool) for tool in tools) or "none"


def _call(tool: ToolCall) -> str:
    given = ", ".join(f"{name}={value}" for name, value in sorted(tool.stable.items()))
    return f"{tool.name}({given}) -> {tool.outcome}"


def _plain(case: CaseReport) -> Iterator[Value]:
    for turn in case.measured.turns if case.measured else ():
        if turn.latency_s is not None and not turn.tools:
            yield str(turn.number), turn.latency_s


def _with_tools(case: CaseReport) -> Iterator[Value]:
    for turn in case.measured.turns if case.measured else ():
        if turn.latency_s is not None and turn.tools:
            yield str(turn.number), turn.latency_s


def _stop(case: CaseReport) -> Iterator[Value]:
    for turn in case.measured.turns if case.measured else ():
        if turn.stop_s is not None:
            yield str(turn.number), turn.stop_s


def _greeting(case: CaseReport) -> Iterator[Value]:
    if case.measured and case.measured.greeting_s is not None:
        yield "", case.measured.greeting_s


LATENCIES: Mapping[str, Callable[[CaseReport], Iterator[Value]]] = {
    "voice to voice, plain turns": _plain,
    "voice to voice, turns with tools": _with_tools,
    "stop after a barge-in": _stop,
    "first greeting": _greeting,
}
"""What is paired by case and turn; a turn that one of the runs does not have is left out."""


def _latency(
    name: str,
    values: Callable[[CaseReport], Iterator[Value]],
    pairs: Sequence[tuple[CaseReport, CaseReport]],
    relevant_s: float,
    seed: int,
) -> Latency:
    olds: list[float] = []
    news: list[float] = []
    by_case: list[list[float]] = []
    for one, two in pairs:
        before, after = dict(values(one)), dict(values(two))
        shared = [key for key in before if key in after]
        olds += [before[key] for key in shared]
        news += [after[key] for key in shared]
        if shared:
            by_case.append([after[key] - before[key] for key in shared])
    found = median_interval(by_case, seed)
    return Latency(
        name=name,
        cases=len(by_case),
        turns=len(olds),
        old_s=percentile(olds, 0.5),
        new_s=percentile(news, 0.5),
        difference=found,
        judgement=_judged(found, relevant_s),
    )


def _judged(found: Interval | None, relevant_s: float) -> Judgement:
    """Say whether the whole interval lies on one side and its median far enough out."""
    if found is None:
        return "too few"
    if found.low > 0 and found.median >= relevant_s:
        return "worse"
    if found.high < 0 and found.median <= -relevant_s:
        return "better"
    return "same"
