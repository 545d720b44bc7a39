"""`python -m qa report`: the page of a run, made anew from what it left."""

import argparse
from pathlib import Path

from qa.report import file, junit, page
from qa.report.file import RUN, ReportError
from qa.report.terminal import summary


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = commands.add_parser(
        "report",
        help="make the page of a run anew, and tell its figures",
        description="Reads report.json of a run's folder and writes report.html and junit.xml"
        " there, also for a run that was interrupted.",
    )
    parser.add_argument(
        "folder", nargs="?", type=Path, default=RUN, metavar="DIR", help="default: %(default)s"
    )
    parser.set_defaults(run=_run)


def _run(given: argparse.Namespace) -> int:
    folder: Path = given.folder
    try:
        report = file.read(folder)
    except ReportError as exc:
        print(exc)
        return 2
    home = folder if folder.is_dir() else folder.parent
    junit.write(home, report)
    print(summary(report))
    print(f"page: {page.write(home, report)}")
    return 0
