"""The planted bugs: each can be planted, has scenarios to notice it, and is asked for by name."""

import subprocess
import sys

import pytest

from qa.__main__ import main
from qa.mutants import talking, working  # noqa: F401 - they register their bugs
from qa.mutants.planting import MUTANTS, replace
from qa.scenario.file import FOLDER, load

pytestmark = pytest.mark.unit

PLANT_ALL = """
from qa.mutants import talking, working
from qa.mutants.planting import MUTANTS
for mutant in MUTANTS.values():
    mutant.plant()
"""


def test_every_bug_can_be_planted() -> None:
    """What they replace is there, in a process of their own: this one stays healthy."""
    subprocess.run([sys.executable, "-c", PLANT_ALL], check=True, timeout=60)


@pytest.mark.parametrize("name", list(MUTANTS))
def test_every_bug_has_scenarios_that_are_played(name: str) -> None:
    """They are of the library, and not pending."""
    assert MUTANTS[name].scenarios
    for scenario in MUTANTS[name].scenarios:
        assert not load(FOLDER / f"{scenario}.yaml").pending


def test_a_bug_cannot_be_planted_beside_the_product() -> None:
    """Something that has been renamed is not replaced in silence."""
    with pytest.raises(AttributeError):
        replace(object(), "renamed_long_ago", None)


def test_an_unknown_bug_is_told_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    """A typing mistake costs no quarter of an hour."""
    assert main(["mutants", "ignores-bargein"]) == 2
    assert "did you mean 'ignores-barge-in'?" in capsys.readouterr().out


def test_the_list_tells_what_each_does(capsys: pytest.CaptureFixture[str]) -> None:
    """Name and deed, a line each."""
    assert main(["mutants", "--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(MUTANTS) >= 20
    assert any(line.startswith("forgets-to-clear") and "buffer" in line for line in lines)
