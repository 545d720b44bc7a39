"""Keeps a run's report while it goes on, so that an interrupted run leaves what it has."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from qa.measure.totals import totals
from qa.report import file, junit, page
from qa.report.form import CaseReport, RunReport


class Writer:
    """Writes `report.json` and `junit.xml` after each case, and `report.html` at the end.

    A page is made of all recordings, so it is not made each time: `qa report` makes it of what a
    killed run has left.
    """

    def __init__(self, folder: Path, planned: Sequence[str], pending: Sequence[str] = ()) -> None:
        self.folder = folder
        self._planned = tuple(planned)
        self._pending = tuple(pending)
        self._started_at = datetime.now(UTC)
        self._cases: list[CaseReport] = []
        (folder / page.NAME).unlink(missing_ok=True)  # of an earlier run
        self._write(None)

    def add(self, case: CaseReport) -> None:
        """Add a case that is over."""
        self._cases.append(case)
        self._write(None)

    def finish(self) -> RunReport:
        """Write all of it; the run counts as finished when every planned case was played."""
        played = {case.name for case in self._cases}
        done = played >= set(self._planned)
        report = self._write(datetime.now(UTC) if done else None)
        page.write(self.folder, report)
        return report

    def _write(self, finished_at: datetime | None) -> RunReport:
        report = RunReport(
            started_at=self._started_at,
            finished_at=finished_at,
            planned=self._planned,
            pending=self._pending,
            cases=tuple(sorted(self._cases, key=lambda case: case.name)),
            totals=totals(case.measured for case in self._cases if case.measured),
        )
        file.write(self.folder, report)
        junit.write(self.folder, report)
        return report
