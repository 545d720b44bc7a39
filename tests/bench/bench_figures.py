"""Figures of a benchmark: percentiles, what they must and should be, and a table of them."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from qa.measure.figures import percentile


@dataclass(frozen=True, slots=True)
class Measure:
    """One thing measured, and what its p99 must and should stay below (ms).

    `beside` is the bare database in the same run: where that alone takes half of what this may, the
    machine is busy with other things and nothing can be said.
    """

    name: str
    once: Callable[[], Awaitable[float]]
    must_ms: float | None = None
    goal_ms: float | None = None
    beside: "Measure | None" = None
    taken_ms: list[float] = field(default_factory=list)

    def percentile(self, percent: float) -> float:
        """Return a percentile in ms; raises IndexError when nothing was measured."""
        found = percentile(self.taken_ms, percent / 100)
        if found is None:
            raise IndexError(f"{self.name} was not measured")
        return found


def table(measures: list[Measure]) -> str:
    """Return the figures as a table."""
    lines = [f"{'ms':<40} {'p50':>7} {'p95':>7} {'p99':>7}   {'must':>5} {'goal':>5}"]
    for one in measures:
        p50, p95, p99 = (one.percentile(percent) for percent in (50, 95, 99))
        must = f"< {one.must_ms:g}" if one.must_ms else ""
        goal = f"< {one.goal_ms:g}" if one.goal_ms else ""
        lines.append(
            f"{one.name:<40} {p50:7.2f} {p95:7.2f} {p99:7.2f}   {must:>5} {goal:>5}  {mark(one)}"
        )
    return "\n".join(lines)


def mark(one: Measure) -> str:
    """Return what is to be said of a figure; `MISSED` when it is above what it must be."""
    p99 = one.percentile(99)
    if one.must_ms is not None and p99 >= one.must_ms:
        busy = one.beside is not None and one.beside.percentile(99) >= one.must_ms / 2
        return "not judged: the machine is busy" if busy else "MISSED"
    if one.goal_ms is None:
        return ""
    return "ok" if p99 < one.goal_ms else "above the goal"
