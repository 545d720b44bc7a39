"""What `report.json` holds: every call of a run with its checks, words, tools and measurements."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict

from qa.measure.call import MeasuredCall
from qa.measure.totals import Totals

VERSION: Final = 1
"""Raised when a reader of the file must change; `qa compare` refuses files of another version."""

Outcome = Literal["passed", "failed", "error"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CheckMade(_Part):
    """One thing that had to hold; `found` is what was there."""

    wanted: str
    holds: bool
    found: str = ""


class Line(_Part):
    """A line of the transcript; times in seconds of the recording, null when not known."""

    role: str
    text: str
    start_s: float | None = None
    end_s: float | None = None
    interrupted: bool = False


class ToolCall(_Part):
    """A tool call. `stable` are its arguments without what differs from run to run.

    Days and ids that the scenario names are named there, others are `{date}` and `{id}`.
    """

    name: str
    arguments: dict[str, Any]
    stable: dict[str, Any]
    outcome: str
    ms: float | None = None
    at_s: float | None = None


class CaseReport(_Part):
    """One call. `recording` is relative to the report's folder, null when none was made."""

    name: str
    proves: str
    verdict: Outcome
    seconds: float
    error: str = ""
    checks: tuple[CheckMade, ...] = ()
    outcome: str = ""
    ended_by: str = ""
    tools: tuple[ToolCall, ...] = ()
    transcript: tuple[Line, ...] = ()
    measured: MeasuredCall | None = None
    recording: str | None = None


class RunReport(_Part):
    """A run. `finished_at` is null when it was interrupted or goes on; `planned` are all its cases.

    `pending` names scenarios that were not played because they are marked so.
    """

    version: Literal[1] = VERSION
    started_at: datetime
    finished_at: datetime | None = None
    planned: tuple[str, ...] = ()
    pending: tuple[str, ...] = ()
    cases: tuple[CaseReport, ...] = ()
    totals: Totals

    def of(self, *verdicts: Outcome) -> Sequence[CaseReport]:
        """Return the cases with one of these verdicts."""
        return [case for case in self.cases if case.verdict in verdicts]

    @property
    def missing(self) -> list[str]:
        """The cases that were to be played and were not."""
        played = {case.name for case in self.cases}
        return [name for name in self.planned if name not in played]
