"""The sentences of our own tools always pass after their results, and are lies without them."""

import ast
from datetime import timedelta
from pathlib import Path

import pytest
from claim_world import (
    HONDA,
    SHOP,
    TACOMA,
    Result,
    booked,
    cancelled,
    free,
    known,
    listed,
    moved,
    working_days,
)

from shop.truth import find_lie

pytestmark = pytest.mark.unit


async def results() -> list[Result]:
    """Run the real tools over many days, times, services and both cars."""
    found: list[Result] = []
    for n, day in enumerate(working_days()):
        service = SHOP.services[n % len(SHOP.services)].code
        for hour, minute in ((9, 0), (10, 30), (13, 0)):
            at = day.replace(hour=hour, minute=minute)
            car = (HONDA, TACOMA)[(n + hour) % 2]
            found += [await booked(at, service, car), await cancelled(at, service)]
            found += [await listed(at, service, car), await free(day, service)]
            found.append(await moved(at + timedelta(days=1), at, service))
    return found


async def test_every_message_passes_after_its_result() -> None:
    """Whatever the day, time, service and car, and whole or sentence by sentence."""
    told = await results()
    passed = 0
    for name, answer in told:
        assert answer["success"] or name == "reschedule_appointment", (name, answer)
        assert find_lie(answer["message"], known((name, answer))) is None, answer["message"]
        passed += 1
    assert passed >= 200


async def test_no_message_of_a_change_passes_without_its_result() -> None:
    """The same words are a lie where nothing was done, or something else was."""
    told = [(n, a) for n, a in await results() if n.endswith("_appointment") and a["success"]]
    for name, answer in told:
        assert find_lie(answer["message"], known()) is not None, (name, answer["message"])
    for (name, answer), (_, other) in zip(told, told[7:], strict=False):
        if answer["message"] != other["message"]:
            assert find_lie(other["message"], known((name, answer))) is not None


def test_every_refusal_passes_after_itself() -> None:
    """All the texts in the tools that callers may hear as a refusal pass when it was given."""
    sentences = [text for path in sorted(Path("tools").glob("*.py")) for text in _texts(path)]
    assert len(sentences) > 20
    for text in sentences:
        failed = ("book_appointment", {"success": False, "error": "x", "message": text})
        assert find_lie(text, known(failed)) is None, text


def _texts(path: Path) -> list[str]:
    """Return the whole sentences written in a source file, without its docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docs = {ast.get_docstring(node, clean=False) for node in ast.walk(tree) if isinstance(
        node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)}  # fmt: skip
    bare = {n.value.value for n in ast.walk(tree) if isinstance(n, ast.Expr)
            and isinstance(n.value, ast.Constant)}  # fmt: skip
    texts = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    return [
        text for text in texts
        if isinstance(text, str) and text not in docs | bare and text[:1].isupper()
        and text.endswith((".", "?")) and " " in text
    ]  # fmt: skip
