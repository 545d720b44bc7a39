"""The summary of a run in a terminal: latency, turn-taking, and what failed."""

from collections.abc import Iterator

from qa.measure.figures import Spread
from qa.measure.panel import Panel
from qa.report.form import RunReport


def summary(report: RunReport) -> str:
    """Return the tables of a run."""
    return "\n".join([*_figures(report), *_panel(report.totals.panel), *_failures(report)])


def _figures(report: RunReport) -> Iterator[str]:
    found = report.totals
    yield f"{'measured at the carrier (s)':<34}{'n':>5}{'p50':>8}{'p95':>8}{'p99':>8}{'most':>8}"
    for name, one in (
        ("voice to voice, plain turns", found.plain),
        ("voice to voice, turns with tools", found.with_tools),
        ("stop after a barge-in", found.stop),
        ("first greeting", found.greeting),
        ("agent talks over caller, a call", found.agent_over_caller),
        ("longest wait of a call", found.longest_wait),
    ):
        yield _row(name, one, 1.0)
    yield f"{'where a wait went (ms)':<34}"
    for name, one in found.parts_ms.items():
        yield _row(f"  {name}", one, 0.0)


def _row(name: str, one: Spread, scale: float) -> str:
    values = (one.p50, one.p95, one.p99, one.longest)
    form = ".2f" if scale else ".0f"
    cells = "".join(f"{'-' if value is None else format(value, form):>8}" for value in values)
    return f"  {name:<32}{one.count:>5}{cells}"


def _panel(one: Panel) -> Iterator[str]:
    yield "turn-taking (tau-voice's panel; in brackets of how many)"
    yield (
        f"  response {_share(one.response_rate)} in {_s(one.response_latency_s)} ({one.turns}),"
        f" yield {_share(one.yield_rate)} in {_s(one.yield_latency_s)} ({one.interruptions}),"
        f" agent interrupts {_share(one.interruption_rate)}"
    )
    yield (
        f"  talks on through: mm-hm {_share(one.backchannel)} ({one.backchannels}),"
        f" cough {_share(one.vocal_tic)} ({one.vocal_tics}),"
        f" words for others {_share(one.non_directed)} ({one.non_directeds})"
    )


def _share(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.0f} %"


def _s(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f} s"


def _failures(report: RunReport) -> Iterator[str]:
    if report.totals.eva_score is not None:
        yield f"  EVA's turn-taking score {report.totals.eva_score:.2f}"
    bad = report.of("failed", "error")
    if bad:
        yield "failed"
    for case in bad:
        broken = [check.wanted for check in case.checks if not check.holds]
        yield f"  {case.name}: {case.error or '; '.join(broken)}"
    if report.missing:
        yield f"not played: {', '.join(report.missing)}"
