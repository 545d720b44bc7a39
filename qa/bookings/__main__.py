"""The booking torture test from a terminal: `python -m qa.bookings --seconds 120 --seed 7`."""

import argparse
import asyncio
import secrets
import sys
from collections import Counter
from collections.abc import Mapping

from qa.bookings.torture import Plan, Verdict, torture
from sandbox.world import ROOT

MOST_SHOWN = 25
HISTORY = ROOT / ".run" / "bookings" / "history.jsonl"


def report(verdict: Verdict, plan: Plan) -> str:
    """Return what happened and the verdict, as lines for people."""
    asked = [one for one in verdict.history.attempts if one.kind != "look"]
    kinds = Counter(f"{one.actor} {one.kind}" for one in asked)
    outcomes = Counter(str(one.outcome) for one in asked)
    codes = Counter(one.code for one in asked if one.code)
    changes = len(verdict.history.versions)
    live = sum(row.live for row in verdict.history.rows)
    settled = "never" if verdict.settled_s is None else f"{verdict.settled_s:.1f} s"
    if plan.sabotage:
        settled = "not waited for (sabotage)"
    lines = [
        f"  callers       {plan.callers}, {verdict.calls} calls, {plan.workers} workers",
        f"  attempts      {len(asked)} ({_listed(kinds)})",
        f"  answers       {_listed(outcomes)}",
        f"  codes         {_listed(codes)}",
        f"  books         {changes} changes, {live} live visits at the end",
        f"  killed (-9)   {_listed(verdict.kills)}",
        f"  Google        troubles ordered: {_listed(verdict.faults)}",
        f"                requests that failed: {_listed(verdict.google_failures)}",
        f"  agreement     {settled} after the last misfortune",
        f"  seed          {plan.seed}",
    ]
    if not verdict.violations:
        return "\n".join([*lines, "\nPASSED: no rule was broken."])
    rules = Counter(one.rule for one in verdict.violations)
    lines.append(f"\nFAILED: {len(verdict.violations)} violations ({_listed(rules)})")
    lines += [f"  {one.rule}: {one.evidence}" for one in verdict.violations[:MOST_SHOWN]]
    if len(verdict.violations) > MOST_SHOWN:
        lines.append(f"  ... and {len(verdict.violations) - MOST_SHOWN} more")
    return "\n".join([*lines, f"The whole history: {HISTORY.relative_to(ROOT)}"])


def main(arguments: list[str] | None = None) -> int:
    """Run the test; 0 when no rule was broken, 1 otherwise."""
    parser = argparse.ArgumentParser(prog="python -m qa.bookings", description=__doc__)
    parser.add_argument("--seconds", type=float, default=120.0, help="how long callers phone")
    parser.add_argument("--seed", type=int, default=None, help="repeats the choices of a run")
    parser.add_argument("--callers", type=int, default=220)
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument(
        "--sabotage",
        choices=("no-constraint",),
        help="take the database's referees away: the test must then fail",
    )
    given = parser.parse_args(arguments)
    plan = Plan(
        seed=secrets.randbelow(1_000_000) if given.seed is None else given.seed,
        seconds=given.seconds,
        callers=given.callers,
        workers=given.workers,
        sabotage=given.sabotage is not None,
    )
    print(f"Booking torture test: {plan.seconds:.0f} s of trouble, seed {plan.seed}", flush=True)
    try:
        verdict = asyncio.run(torture(plan, lambda line: print(f"  {line}", flush=True)))
    except KeyboardInterrupt:
        print("\nStopped.")
        return 130
    HISTORY.parent.mkdir(parents=True, exist_ok=True)
    verdict.history.write(HISTORY)
    print(report(verdict, plan))
    return 1 if verdict.violations else 0


def _listed(counts: Mapping[str, int] | Mapping[int, int]) -> str:
    ordered = sorted(counts.items(), key=lambda one: -one[1])
    return ", ".join(f"{count} {name}" for name, count in ordered) or "none"


if __name__ == "__main__":
    sys.exit(main())
