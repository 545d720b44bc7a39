"""A run that is reported: one scenario, played, measured and read again from its report."""

from pathlib import Path

import pytest

from qa.report import file, junit, page
from qa.report.writer import Writer
from qa.scenario import reported
from qa.scenario.file import FOLDER
from qa.scenario.run import cases
from qa.scenario.verdict import Verdict
from sandbox.world import World

pytestmark = [pytest.mark.call, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(180)]


async def test_a_played_scenario_is_measured_and_reported(place: World, tmp_path: Path) -> None:
    """The wait is in the report with parts that add up to it, beside its words and recording."""
    # Another name, another number: the library's own may be played in the same place.
    copy = tmp_path / "asks-what-is-coming-up-reported.yaml"
    copy.write_bytes((FOLDER / "asks-what-is-coming-up.yaml").read_bytes())
    given = cases([copy])
    verdicts: list[Verdict] = []
    report = Writer(tmp_path, [case.name for case in given])
    await reported.play(place, given, report, verdicts, at_once=1)
    report.finish()
    case = file.read(tmp_path).cases[0]
    assert case.measured is not None
    turn = case.measured.turns[0]
    assert turn.words == "When is my next appointment?"
    assert turn.latency_s is not None
    assert 0.3 < turn.latency_s < 8
    assert turn.parts_ms is not None
    assert sum(turn.parts_ms.values()) == pytest.approx(turn.latency_s * 1000, abs=1)
    assert "get_upcoming_appointments" in turn.tools
    assert case.measured.greeting_s is not None
    starts = [line.start_s for line in case.transcript]
    assert all(start_s is not None for start_s in starts)
    assert case.recording is not None
    assert (tmp_path / case.recording).stat().st_size > 100_000
    assert (tmp_path / junit.NAME).is_file()
    assert "data:audio/ogg" in (tmp_path / page.NAME).read_text(encoding="utf-8")
