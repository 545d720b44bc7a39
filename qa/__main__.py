"""The QA driver: `python -m qa demo`."""

import argparse
import sys

from qa import demo


def main(arguments: list[str] | None = None) -> int:
    """Run one QA command; returns its exit code."""
    parser = argparse.ArgumentParser(prog="python -m qa", description="Phone the service.")
    commands = parser.add_subparsers(dest="command", required=True)
    show = commands.add_parser("demo", help="a recorded caller books an oil change on this machine")
    show.add_argument(
        "--profile",
        choices=("none", "design", "published"),
        default="design",
        help="how slow the stand-ins for the vendors are (default: %(default)s)",
    )
    given = parser.parse_args(arguments)
    return demo.run(given.profile)


if __name__ == "__main__":
    sys.exit(main())
