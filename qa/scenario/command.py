"""`python -m qa run`: the command line of scenarios."""

import argparse
import asyncio
from pathlib import Path

from qa.report.file import RUN
from qa.scenario import file, reported, run


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = commands.add_parser(
        "run",
        help="play scenario files and judge what came of them",
        description=f"Plays scenarios, those of {file.FOLDER.name}/ by name, others as"
        " files or folders; all of the library when none is given. Each calls the service over"
        " signed webhooks and Media Streams in real time. The report (report.html, report.json,"
        " junit.xml) and the recordings lie in the folder of --out.",
    )
    parser.add_argument("scenarios", nargs="*", metavar="SCENARIO", help="a name, file or folder")
    parser.add_argument(
        "--at-once",
        type=int,
        default=run.AT_ONCE,
        metavar="N",
        help="calls at once (default: %(default)s)",
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=RUN,
        metavar="DIR",
        help="where the report goes (default: %(default)s)",
    )
    parser.add_argument("--pending", action="store_true", help="also those marked pending")
    parser.add_argument("--whole", action="store_true", help="tell the calls that passed, too")
    parser.add_argument(
        "--schema", action="store_true", help="print the JSON schema of scenario files instead"
    )
    parser.set_defaults(run=_run)


def _run(given: argparse.Namespace) -> int:
    if given.schema:
        print(file.schema(), end="")
        return 0
    return asyncio.run(
        reported.run(
            given.scenarios,
            at_once=given.at_once,
            pending=given.pending,
            whole=given.whole,
            out=given.out,
        )
    )
