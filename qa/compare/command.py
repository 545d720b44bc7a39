"""`python -m qa compare` and `python -m qa bless`: a run against the blessed one, and a new one."""

import argparse
from pathlib import Path

from qa.compare.findings import RELEVANT_S, SEED, compare
from qa.compare.table import table
from qa.report import file
from qa.report.file import NAME, RUN, ReportError
from qa.report.form import RunReport

BASELINE = RUN.parent / "baseline"


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add both commands."""
    _add_compare(commands)
    _add_bless(commands)


def _add_compare(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "compare",
        help="tell whether a run is worse than an earlier one, beyond noise",
        description="Fails (1) when a verdict got worse, a case was not played, tool calls changed,"
        " or a latency rose: its median difference, paired by call and turn, is above --relevant-ms"
        " and surely (95 %%) above zero.",
    )
    parser.add_argument(
        "old",
        nargs="?",
        type=Path,
        default=BASELINE,
        metavar="OLD",
        help="a run's folder or report.json (default: the blessed one, %(default)s)",
    )
    parser.add_argument(
        "new", nargs="?", type=Path, default=RUN, metavar="NEW", help="default: %(default)s"
    )
    parser.add_argument(
        "--relevant-ms",
        type=float,
        default=RELEVANT_S * 1000,
        metavar="MS",
        help="a median that rose by less is no regression (default: %(default)g)",
    )
    parser.add_argument("--seed", type=int, default=SEED, help="of the bootstrap")
    parser.add_argument(
        "--common",
        action="store_true",
        help="compare only what both played: the rest may be missing",
    )
    parser.set_defaults(run=_compare)


def _add_bless(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "bless",
        help="make a run the one that later runs are compared with",
        description="Stores report.json of a finished run, without its audio, as the baseline.",
    )
    parser.add_argument(
        "run_folder", nargs="?", type=Path, default=RUN, metavar="DIR", help="default: %(default)s"
    )
    parser.add_argument(
        "--to", type=Path, default=BASELINE, metavar="PATH", help="default: %(default)s"
    )
    parser.set_defaults(run=_bless)


def _compare(given: argparse.Namespace) -> int:
    try:
        old, new = file.read(given.old), file.read(given.new)
    except ReportError as exc:
        print(exc)
        if given.old == BASELINE and not BASELINE.exists():
            print("No run was blessed yet: `qa bless` stores the last one as the baseline.")
        return 2
    found = compare(
        old,
        new,
        relevant_s=given.relevant_ms / 1000,
        seed=given.seed,
        common_only=given.common,
    )
    if not old.cases or not set(_names(old)) & set(_names(new)):
        print("The two runs have no case in common: there is nothing to compare.")
        return 2
    print(table(found))
    return 1 if found.regressed else 0


def _bless(given: argparse.Namespace) -> int:
    try:
        report = file.read(given.run_folder)
    except ReportError as exc:
        print(exc)
        return 2
    if report.finished_at is None:
        print(
            f"{given.run_folder} was not played to its end ({', '.join(report.missing)} missing):"
            " a baseline has to be whole."
        )
        return 2
    bare = [case.model_copy(update={"recording": None}) for case in report.cases]
    where: Path = given.to
    folder = where.parent if where.suffix == ".json" else where
    kept = file.write(
        folder,
        report.model_copy(update={"cases": tuple(bare)}),
        where.name if where.suffix == ".json" else NAME,
    )
    failing = [case.name for case in report.of("failed", "error")]
    print(f"Blessed {len(report.cases)} cases: {kept}")
    if failing:
        print(f"{len(failing)} of them fail and may go on failing: {', '.join(failing)}")
    return 0


def _names(report: RunReport) -> list[str]:
    return [case.name for case in report.cases]
