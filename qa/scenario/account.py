"""A verdict as a report holds it: on the recording's clock, with arguments that can be compared."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from qa.measure.call import seconds
from qa.report.form import CaseReport, CheckMade, Line, Outcome, ToolCall
from qa.scenario.verdict import Verdict

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")

_TELLING = 8
"""Shorter names (a time, "Tuesday") do not change from run to run, and may stand for anything."""

_NEAR_S = 0.3


def account(verdict: Verdict, folder: Path) -> CaseReport:
    """Return the report of a case; `folder` is the report's, in which the recording lies."""
    log = verdict.log
    recording = verdict.recording
    return CaseReport(
        name=verdict.case.name,
        proves=verdict.case.scenario.proves,
        verdict=_outcome(verdict),
        seconds=verdict.seconds,
        error=verdict.error,
        checks=tuple(
            CheckMade(wanted=check.wanted, holds=check.holds, found=check.found)
            for check in verdict.checks
        ),
        outcome=str(log.get("outcome") or ""),
        ended_by=str(log.get("ended_by") or ""),
        tools=tuple(_tool(verdict, use) for use in log.get("tool_calls") or ()),
        transcript=tuple(_line(verdict, line) for line in log.get("transcript") or ()),
        measured=verdict.measured,
        recording=None if recording is None else str(recording.relative_to(folder)),
    )


def stable(value: Any, names: Mapping[str, str], key: str = "") -> Any:
    """Return arguments of a tool with names for what differs from run to run.

    A day or number that the scenario names becomes its name, any other date `{date}`, any other id
    `{id}`: two runs in different weeks compare, and a wrong day still differs.
    """
    if isinstance(value, Mapping):
        return {part: stable(found, names, str(part)) for part, found in sorted(value.items())}
    if isinstance(value, list):
        return [stable(found, names, key) for found in value]
    if key.endswith("_id") and value is not None:
        known = [name for name, text in names.items() if name.endswith("_id")]
        return next((f"{{{n}}}" for n in known if names[n] == str(value) and n == key), "{id}")
    if not isinstance(value, str):
        return value
    for name, text in sorted(names.items(), key=lambda item: (-len(item[1]), item[0])):
        if len(text) >= _TELLING and text != "None" and not name.endswith((".weekday", ".time")):
            value = value.replace(text, f"{{{name}}}")
    return _DATE.sub("{date}", value)


def _outcome(verdict: Verdict) -> Outcome:
    if verdict.error:
        return "error"
    return "passed" if verdict.passed else "failed"


def _tool(verdict: Verdict, use: Mapping[str, Any]) -> ToolCall:
    arguments = use.get("arguments")
    given = dict(arguments) if isinstance(arguments, Mapping) else {"": arguments}
    return ToolCall(
        name=str(use["name"]),
        arguments=given,
        stable=stable(given, verdict.names),
        outcome=str(use.get("outcome")),
        ms=use.get("ms"),
        at_s=seconds(use["at"], verdict.answered_at) if verdict.answered_at else None,
    )


def _line(verdict: Verdict, line: Mapping[str, Any]) -> Line:
    start_s, end_s = _heard(verdict, line)
    return Line(
        role=str(line["role"]),
        text=str(line["text"]),
        start_s=start_s,
        end_s=end_s,
        interrupted=bool(line.get("interrupted")),
    )


def _heard(verdict: Verdict, line: Mapping[str, Any]) -> tuple[float | None, float | None]:
    """Return when a line was heard: what was audible of that side during its turn in the log."""
    if verdict.answered_at is None:
        return None, None
    end_s = start_s = seconds(line["at"], verdict.answered_at)
    for turn in verdict.log.get("turns") or ():
        if turn.get("role") == line["role"] and turn.get("ended_at") == line["at"]:
            start_s = seconds(turn["began_at"], verdict.answered_at)
            end_s = seconds(turn.get("speech_ended_at") or line["at"], verdict.answered_at)
    audible = _audible(verdict, str(line["role"]))
    within = [p for p in audible if p[1] > start_s - _NEAR_S and p[0] < end_s]
    return (within[0][0], within[-1][1]) if within else (start_s, end_s)


def _audible(verdict: Verdict, role: str) -> Sequence[tuple[float, float]]:
    if verdict.measured is None:
        return ()
    return verdict.measured.agent_s if role == "agent" else verdict.measured.caller_s
