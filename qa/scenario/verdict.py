"""What came of a scenario, told so that a reader sees what happened without listening to it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from qa.measure.call import MeasuredCall
from qa.scenario.checks import Check
from qa.scenario.form import Scenario
from qa.telling import line_text, tool_text


@dataclass(frozen=True, slots=True)
class Case:
    """A scenario with its name and the phone number that is its caller's alone."""

    name: str
    scenario: Scenario
    phone: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a scenario."""

    case: Case
    checks: Sequence[Check] = ()
    error: str = ""
    log: Mapping[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    recording: Path | None = None
    measured: MeasuredCall | None = None
    answered_at: datetime | None = None
    """The time of the recording's first sample."""
    names: Mapping[str, str] = field(default_factory=dict)
    """What the scenario's `{names}` stood for."""

    @property
    def passed(self) -> bool:
        """Whether everything held."""
        return not self.error and all(check.holds for check in self.checks)

    def told(self, *, whole: bool = False) -> str:
        """Tell it: one line when it passed; every check, the call and the tools when not.

        `whole` tells all of it either way.
        """
        mark = "pass" if self.passed else "FAIL"
        head = f"{mark}  {self.case.name} ({self.seconds:.0f} s): {self.case.scenario.proves}"
        return head if self.passed and not whole else "\n".join([head, *self._story()])

    def _story(self) -> Iterator[str]:
        if self.error:
            yield f"      {self.error}"
        for check in self.checks:
            found = "" if check.holds or not check.found else f"; found: {check.found}"
            yield f"      {'ok  ' if check.holds else 'FAIL'}  {check.wanted}{found}"
        said = [
            (line["at"], line["role"], line_text(line)) for line in self.log.get("transcript", ())
        ]
        used = [(tool["at"], "tool", tool_text(tool)) for tool in self.log.get("tool_calls", ())]
        for at, role, text in sorted([*said, *used]):
            yield f"        {at[14:21]}  {role:<7} {text}"
        if self.recording:
            yield f"      recording: {self.recording} (left: caller, right: agent)"
