"""The library of scenarios, played: each file of qa/scenarios/ is a test of its own.

Calls are made several at once, in real time, from the first test on; each test waits for its own.
"""

import asyncio
import contextlib
import warnings
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest
import pytest_asyncio

from qa.scenario.file import FOLDER, load
from qa.scenario.run import cases, play_all
from qa.scenario.verdict import Verdict
from sandbox.world import World

pytestmark = [
    pytest.mark.call,
    pytest.mark.asyncio(loop_scope="session"),
    # Not of one call (LONGEST_CALL_S bounds that): of all that are played before it.
    pytest.mark.timeout(600),
]

PLAYED = [path for path in sorted(FOLDER.glob("*.yaml")) if not load(path).pending]
Verdicts = Mapping[str, "asyncio.Future[Verdict]"]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def verdicts(
    place: World, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Verdicts]:
    """Play the scenarios whose tests were selected, and promise a verdict for each."""
    given = cases(_selected(request.session.items))
    promised: dict[str, asyncio.Future[Verdict]] = {
        case.name: asyncio.get_running_loop().create_future() for case in given
    }
    out = tmp_path_factory.mktemp("scenarios")

    def tell(verdict: Verdict) -> None:
        if not promised[verdict.case.name].done():  # its test may have given up
            promised[verdict.case.name].set_result(verdict)

    async def play() -> None:
        error = "the scenarios were stopped"
        try:
            await play_all(place, given, tell, out=out)
        except Exception as exc:
            error = f"the scenarios could not be played: {exc!r}"
            raise
        finally:
            for promise in promised.values():
                if not promise.done():
                    promise.set_exception(RuntimeError(error))
                    promise.exception()  # nobody may be waiting for it

    playing = asyncio.create_task(play())
    yield promised
    if not all(promise.done() for promise in promised.values()):
        playing.cancel()  # otherwise it is stopping its services, and is not to be disturbed
    with contextlib.suppress(asyncio.CancelledError):
        await playing


def _selected(items: list[pytest.Item]) -> list[Path]:
    marks = [getattr(item, "callspec", None) for item in items if item.path == Path(__file__)]
    return [mark.params["path"] for mark in marks if mark]


async def _again(place: World, path: Path, folder: Path) -> Verdict:
    """Play a scenario by itself, as another caller."""
    copy = folder / f"{path.stem}-again.yaml"
    copy.write_bytes(path.read_bytes())  # noqa: ASYNC240 - a few hundred bytes
    told: list[Verdict] = []
    await play_all(place, cases([copy]), told.append, out=folder)
    return told[0]


@pytest.mark.parametrize("path", PLAYED, ids=lambda path: path.stem)
async def test_scenario(path: Path, verdicts: Verdicts, place: World, tmp_path: Path) -> None:
    """What the scenario's file expects comes true; otherwise its story is told.

    Beside several others on two cores the stand-in's ears, which are all calls' together, may come
    seconds too late: what failed there gets a call to itself, and that has to hold. The first
    failure is told as a warning all the same.
    """
    verdict = await verdicts[path.stem]
    if not verdict.passed:
        warnings.warn(f"played again, alone: {verdict.told()}", stacklevel=1)
        verdict = await _again(place, path, tmp_path)
    assert verdict.passed, "\n" + verdict.told()
