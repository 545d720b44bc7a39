"""`python -m qa mutants`: the command line."""

import argparse
import asyncio
import time
from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qa.mutants.planting import Mutant


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = commands.add_parser(
        "mutants",
        help="plant known bugs in the service and see whether the scenarios notice",
        description="Runs the service with one bug at a time (the product's own code is as it is)"
        " and plays the scenarios that should notice, then the rest of the library when none does."
        " First the same scenarios are played without any bug: none may fail. Fails when a bug is"
        " missed.",
    )
    parser.add_argument("mutants", nargs="*", metavar="BUG", help="all when none is given")
    parser.add_argument("--list", action="store_true", help="tell the bugs instead")
    parser.set_defaults(run=_run)


def _run(given: argparse.Namespace) -> int:
    # Not before it is asked for: the bugs load the whole product.
    from qa.mutants import talking, working  # noqa: F401, PLC0415 - they register their bugs
    from qa.mutants.planting import MUTANTS  # noqa: PLC0415

    if given.list:
        for mutant in MUTANTS.values():
            print(f"{mutant.name:<28} {mutant.does}")
        return 0
    for name in given.mutants:
        if name not in MUTANTS:
            near = get_close_matches(name, MUTANTS, 1)
            meant = f"; did you mean {near[0]!r}?" if near else "; see --list"
            print(f"no bug {name!r}{meant}")
            return 2
    return asyncio.run(_hunt([MUTANTS[name] for name in given.mutants or MUTANTS]))


async def _hunt(mutants: "list[Mutant]") -> int:
    from qa.mutants import run  # noqa: PLC0415

    since_s = time.monotonic()
    if failed := await run.control(mutants, print):
        print(f"{len(failed)} scenarios fail without any bug: mend that first.")
        return 1
    hunts = await run.hunt(mutants, lambda one: print(one.told(), flush=True))
    caught = sum(one.caught for one in hunts)
    rate = 100 * caught / len(hunts)
    took_s = time.monotonic() - since_s
    print(f"{caught} of {len(hunts)} bugs caught ({rate:.0f} %), in {took_s:.0f} s")
    return 0 if caught == len(hunts) else 1
