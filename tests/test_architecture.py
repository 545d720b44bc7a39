"""The import directions of the house, checked on the source."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parent.parent
OURS = {
    "settings", "server", "reminders", "shop", "store", "tools", "processors", "pipeline",
    "console", "sandbox", "qa",
}  # fmt: skip

MAY_IMPORT: dict[str, set[str]] = {
    "shop": set(),
    "settings": set(),
    "store": {"shop", "settings"},
    "tools": {"shop", "store"},
    "processors": {"shop"},
    "pipeline": {"processors", "tools", "store", "shop", "settings"},
    "console": {"store", "shop"},
    "server": OURS - {"sandbox", "qa"},
    "reminders": OURS - {"sandbox", "qa"},
    "sandbox": set(),
    "qa": {"sandbox", "settings", "shop"},
    "qa/mutants": OURS,  # a bug has to be planted somewhere
}

MUST_NOT_IMPORT: dict[str, set[str]] = {
    "shop": {"pipecat", "psycopg", "redis", "gcsa", "httpx", "fastapi", "twilio", "openai"},
    "store": {"pipecat", "fastapi", "twilio", "openai"},
    "tools": {"pipecat", "psycopg", "redis", "gcsa", "httpx", "fastapi", "twilio", "openai"},
    "processors": {"psycopg", "redis", "gcsa", "httpx", "fastapi", "twilio", "openai"},
    "console": {"pipecat", "psycopg", "redis", "gcsa", "twilio", "openai"},
}


def _sources(part: str) -> list[Path]:
    folder = ROOT / part
    if folder.is_dir():
        inner = [ROOT / other for other in MAY_IMPORT if other.startswith(f"{part}/")]
        found = sorted(folder.rglob("*.py"))
        return [path for path in found if not any(path.is_relative_to(one) for one in inner)]
    return [path] if (path := ROOT / f"{part}.py").exists() else []


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are written out, not relative"
            yield (node.module or "").partition(".")[0]


@pytest.mark.parametrize("part", sorted(MAY_IMPORT))
def test_imports_run_only_where_they_may(part: str) -> None:
    """No folder imports one that the house's table does not allow it."""
    for path in _sources(part):
        for name in _imports(path):
            where = path.relative_to(ROOT)
            assert name not in OURS or name == part or name in MAY_IMPORT[part], (where, name)
            assert name not in MUST_NOT_IMPORT.get(part, set()), (where, name)


def test_every_package_and_module_says_what_it_knows() -> None:
    """Every module of the product begins with a docstring."""
    for part in MAY_IMPORT:
        for path in _sources(part):
            assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))), path


def test_the_checker_sees_a_wrong_import(tmp_path: Path) -> None:
    """The reader of imports finds plain, dotted and from-imports."""
    source = tmp_path / "wrong.py"
    source.write_text("import sandbox.voice\nfrom qa import audio\n")
    assert list(_imports(source)) == ["sandbox", "qa"]
