"""Plays scenarios by name, tells each as it ends, and keeps the report of the run."""

import time
from collections.abc import Sequence
from pathlib import Path

from qa.report import page
from qa.report.terminal import summary
from qa.report.writer import Writer
from qa.scenario.account import account
from qa.scenario.file import ScenarioError, find
from qa.scenario.run import CALLS, cases, play_all
from qa.scenario.verdict import Case, Verdict
from sandbox.world import ServiceError, World, world


async def run(names: Sequence[str], *, at_once: int, pending: bool, whole: bool, out: Path) -> int:
    """Play scenarios, print and report their verdicts; 0 only when every one passed."""
    try:
        given = cases(find(names))
    except ScenarioError as exc:
        print(exc)
        return 2
    waiting = [case for case in given if case.scenario.pending and not pending]
    given = [case for case in given if case not in waiting]
    try:
        report = Writer(out, [case.name for case in given], [case.name for case in waiting])
    except OSError as exc:
        print(f"the report cannot be written to {out}: {exc}")
        return 2
    began_s = time.monotonic()
    verdicts: list[Verdict] = []
    try:
        async with world(profile="none") as place:
            await play(place, given, report, verdicts, at_once=at_once, whole=whole)
    except* ServiceError as group:
        print(*group.exceptions, sep="\n")
    finally:
        print(summary(report.finish()))
        print(f"report: {out / page.NAME}")
    passed = sum(verdict.passed for verdict in verdicts)
    print(
        f"{passed} of {len(given)} passed in {time.monotonic() - began_s:.0f} s"
        + (f"; pending, not run: {', '.join(case.name for case in waiting)}" if waiting else "")
    )
    return 0 if passed == len(given) else 1


async def play(
    place: World,
    given: Sequence[Case],
    report: Writer,
    verdicts: list[Verdict],
    *,
    at_once: int,
    whole: bool = False,
) -> None:
    """Play cases in a world; each is told, reported and added to `verdicts` as it ends."""

    def tell(verdict: Verdict) -> None:
        verdicts.append(verdict)
        report.add(account(verdict, report.folder))
        print(f"{len(verdicts):>3}/{len(given)} {verdict.told(whole=whole)}", flush=True)

    await play_all(place, given, tell, at_once=at_once, out=report.folder / CALLS.name)
