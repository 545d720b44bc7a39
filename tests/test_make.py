"""`make` says what it does, and what it lacks."""

import shutil
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parent.parent


def make(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run make in a folder, with nothing but the system's own tools."""
    return subprocess.run(
        ["make", *arguments],
        cwd=folder,
        env={"PATH": "/usr/local/bin:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """Return a folder with the Makefile and nothing installed."""
    for name in ("Makefile", "requirements-dev.txt"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def test_help_lists_the_targets(bare: Path) -> None:
    """Without a target, make explains itself."""
    said = make(bare).stdout
    for target in ("install", "demo", "run", "test"):
        assert f"make {target} " in said


@pytest.mark.parametrize(
    ("body", "named"),
    [('[ "$1" = -V ] && echo Python 3.9.2; exit 1', "Python 3.9.2"), (None, "not found")],
)
def test_a_machine_without_the_needed_python_is_told_so(
    bare: Path, body: str | None, named: str
) -> None:
    """An old Python, and none at all, give one clear message and no traceback."""
    python = bare / "python-of-this-machine"
    if body is not None:
        python.write_text(f"#!/bin/sh\n{body}\n")
        python.chmod(0o755)
    done = make(bare, "demo", f"PYTHON={python}")
    assert done.returncode != 0
    assert "Bayline needs Python 3.11 or newer" in done.stderr
    assert named in done.stderr
    assert "Traceback" not in done.stderr
    assert not (bare / ".venv").exists()
