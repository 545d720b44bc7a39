"""Plays the scenarios that should notice each planted bug, beside the same without any."""

import asyncio
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from qa.mutants.planting import Mutant
from qa.scenario.file import FOLDER
from qa.scenario.run import cases, play_all
from qa.scenario.verdict import Verdict
from sandbox.world import SERVER, world

CALLS_AT_ONCE, MUTANTS_AT_ONCE = 3, 2
"""What two cores bear: a bug must not be caught by a machine that is too slow."""


@dataclass(frozen=True, slots=True)
class Hunt:
    """What came of one bug."""

    mutant: Mutant
    caught_by: Sequence[Verdict]
    played: int

    @property
    def caught(self) -> bool:
        """Whether a scenario failed."""
        return bool(self.caught_by)

    def told(self) -> str:
        """Tell which scenarios noticed what."""
        if not self.caught:
            return (
                f"MISSED  {self.mutant.name}: {self.mutant.does} ({self.played} scenarios passed)"
            )
        lines = [f"caught  {self.mutant.name}: {self.mutant.does}"]
        return "\n".join([*lines, *(f"          {_why(verdict)}" for verdict in self.caught_by)])


def _why(verdict: Verdict) -> str:
    failed = next((check for check in verdict.checks if not check.holds), None)
    return f"{verdict.case.name}: {failed.wanted if failed else verdict.error}"


async def control(mutants: Sequence[Mutant], tell: Callable[[str], None]) -> list[Verdict]:
    """Play all scenarios that are to catch something on the service as it is.

    Returns those that failed: what they say of a bug proves nothing.
    """
    names = sorted({name for one in mutants for name in one.scenarios})
    tell(f"Without any bug: {len(names)} scenarios ...")
    failed = [verdict for verdict in await _play(names, SERVER) if not verdict.passed]
    for verdict in failed:
        tell(verdict.told())
    return failed


async def hunt(mutants: Sequence[Mutant], tell: Callable[[Hunt], None]) -> list[Hunt]:
    """Play each bug's own scenarios, and the rest of the library when none of them notices."""
    slots = asyncio.Semaphore(MUTANTS_AT_ONCE)
    found: list[Hunt] = []

    async def one(mutant: Mutant) -> None:
        async with slots:
            found.append(await _hunt(mutant))
            tell(found[-1])

    async with asyncio.TaskGroup() as hunts:
        for mutant in mutants:
            hunts.create_task(one(mutant))
    return found


async def _hunt(mutant: Mutant) -> Hunt:
    program = ("-m", "qa.mutants.serve", mutant.name)
    others = [path.stem for path in sorted(FOLDER.glob("*.yaml"))]
    played: list[Verdict] = []
    for names in (mutant.scenarios, [name for name in others if name not in mutant.scenarios]):
        played += await _play(names, program)
        if any(not verdict.passed for verdict in played):
            break
    return Hunt(mutant, [verdict for verdict in played if not verdict.passed], len(played))


async def _play(names: Sequence[str], program: Sequence[str | Path]) -> list[Verdict]:
    """Play scenarios in a world of their own: what a bug leaves in the books is nobody else's."""
    played: list[Verdict] = []
    with tempfile.TemporaryDirectory(prefix="bayline-mutant-") as folder:
        async with world(profile="none") as place:
            given = cases([FOLDER / f"{name}.yaml" for name in names])
            await play_all(
                place,
                [case for case in given if not case.scenario.pending],
                played.append,
                at_once=CALLS_AT_ONCE,
                out=Path(folder),
                program=program,
            )
    return played
