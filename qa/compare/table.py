"""The findings of a comparison, as a table for a terminal."""

from collections.abc import Iterator, Sequence

from qa.compare.bootstrap import FEWEST_CASES
from qa.compare.findings import Changed, Findings, Latency


def table(found: Findings) -> str:
    """Return everything that differs, worst first, and the verdict of the gate."""
    return "\n".join(
        [
            *_changes("verdicts that got worse", found.worse),
            *_changes("tool calls that changed", found.tools),
            *_names("not played in the new run", found.missing),
            *_changes("verdicts that got better", found.better),
            *_names("new", found.added),
            *_latencies(found.latencies),
            "regressed" if found.regressed else "no regression",
        ]
    )


def _changes(title: str, changed: Sequence[Changed]) -> Iterator[str]:
    if changed:
        yield title
    for one in changed:
        yield f"  {one.case}"
        yield f"    was  {one.old}"
        yield f"    is   {one.new}"


def _names(title: str, names: Sequence[str]) -> Iterator[str]:
    if names:
        yield f"{title}: {', '.join(names)}"


def _latencies(found: Sequence[Latency]) -> Iterator[str]:
    yield (
        f"{'median, paired (ms)':<34}{'calls':>6}{'pairs':>6}{'old':>7}{'new':>7}"
        f"{'change':>8}  {'95 % between':<16}"
    )
    for one in found:
        yield f"  {one.name:<32}{one.cases:>6}{one.turns:>6}" + _values(one)


def _values(one: Latency) -> str:
    medians = f"{_ms(one.old_s):>7}{_ms(one.new_s):>7}"
    if one.difference is None:
        return f"{medians}{'':>8}  fewer than {FEWEST_CASES} calls: not judged"
    between = f"{one.difference.low * 1000:+.0f} and {one.difference.high * 1000:+.0f}"
    return f"{medians}{one.difference.median * 1000:>+8.0f}  {between:<16}{one.judgement}"


def _ms(value_s: float | None) -> str:
    return "-" if value_s is None else f"{value_s * 1000:.0f}"
