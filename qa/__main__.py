"""The QA driver: `python -m qa --help` tells what it can do; each command has its own module."""

import argparse
import sys

from qa import demo
from qa.compare import command as compare
from qa.drive import command as drive
from qa.mutants import command as mutants
from qa.report import command as report
from qa.scenario import command as scenarios

COMMANDS = (demo, drive, scenarios, report, compare, mutants)
"""Each adds its parser, whose `run` default takes the parsed arguments and returns an exit code."""


def main(arguments: list[str] | None = None) -> int:
    """Run one QA command; returns its exit code: 2 for bad input, 130 when stopped by Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m qa", description="Phone the service.")
    commands = parser.add_subparsers(dest="command", required=True)
    for command in COMMANDS:
        command.add(commands)
    given = parser.parse_args(arguments)
    try:
        code: int = given.run(given)
    except KeyboardInterrupt:
        print("\nStopped.")
        return 130
    return code


if __name__ == "__main__":
    sys.exit(main())
