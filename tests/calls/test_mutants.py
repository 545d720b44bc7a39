"""A scenario that passes on the service as it is fails on one with the bug that it is there for."""

from pathlib import Path

import pytest

from qa.mutants import talking  # noqa: F401 - it registers its bugs
from qa.mutants.planting import MUTANTS
from qa.scenario.file import FOLDER
from qa.scenario.run import cases, play_all
from qa.scenario.verdict import Verdict
from sandbox.world import World

pytestmark = [
    pytest.mark.call,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(180),
]


async def test_a_service_that_believes_its_model_is_caught(place: World, tmp_path: Path) -> None:
    """The check that fails is the one about what was heard."""
    mutant = MUTANTS["believes-the-model"]
    copy = tmp_path / "lying-model-of-a-mutant.yaml"
    copy.write_bytes((FOLDER / "lying-model.yaml").read_bytes())
    told: list[Verdict] = []
    program = ("-m", "qa.mutants.serve", mutant.name)
    await play_all(place, cases([copy]), told.append, out=tmp_path, program=program)
    [verdict] = told
    assert not verdict.error
    failed = [check.wanted for check in verdict.checks if not check.holds]
    assert any(wanted.startswith("never hears") for wanted in failed), verdict.told(whole=True)
