"""Whether what a scenario expects came true, one readable check for each expectation."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from qa import audio
from qa.scenario.books import Row
from qa.scenario.call import Filler
from qa.scenario.days import Moment
from qa.scenario.form import AppointmentRow, Cut, Expect, MessageRow

_AGENT_ENDS = ("server_hung_up", "stream_closed", "twiml_hangup", "twiml_ended")


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that had to hold; `found` says what was there instead."""

    wanted: str
    holds: bool
    found: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything known about a call that is over."""

    log: Row
    end_reason: str
    clears: int
    recording: audio.Pcm
    server_log: str
    appointments: Sequence[Row]
    events: Mapping[int, Row]
    """Live calendar events by the visit's id."""
    customer: Row | None
    messages: Sequence[Row]
    days: Mapping[str, Moment]
    person_heard: Sequence[str] = ()

    def lines(self, role: str) -> list[Row]:
        """Return what one side said."""
        return [line for line in self.log["transcript"] if line["role"] == role]

    def text(self, role: str) -> str:
        """Return what one side said, a line each."""
        return "\n".join(str(line["text"]) for line in self.lines(role))


def judge(expect: Expect, seen: Evidence, fill: Filler) -> list[Check]:
    """Return a check for each expectation."""
    return [
        *_end(expect, seen),
        *_tools(expect, seen, fill),
        *(_appointment(row, seen) for row in expect.appointments),
        *_on_file(expect, seen, fill),
        *_words(expect, seen, fill),
        *_sound(expect, seen),
        *_log(expect, seen, fill),
    ]


def _end(expect: Expect, seen: Evidence) -> Iterator[Check]:
    if expect.outcome is not None:
        outcome = str(seen.log["outcome"])
        yield Check(f"outcome is {expect.outcome}", outcome == expect.outcome, outcome)
    if expect.ended_by is not None:
        by = "agent" if seen.end_reason in _AGENT_ENDS else "caller"
        yield Check(f"the {expect.ended_by} ends the call", by == expect.ended_by, seen.end_reason)


def _tools(expect: Expect, seen: Evidence, fill: Filler) -> Iterator[Check]:
    used = list(seen.log["tool_calls"])
    told = ", ".join(f"{use['name']}({json.dumps(use['arguments'])})" for use in used) or "none"
    left = iter(used)
    for wanted in expect.tools:
        for name, arguments in wanted.items():
            given = {key: _filled(value, fill) for key, value in arguments.items()}
            holds = any(use["name"] == name and _matches(given, use["arguments"]) for use in left)
            yield Check(f"calls {name}({json.dumps(given) if given else ''})", holds, told)
    for name in expect.no_tools:
        yield Check(f"never calls {name}", all(use["name"] != name for use in used), told)


def _filled(value: Any, fill: Filler) -> Any:
    if isinstance(value, Mapping):
        return {key: _filled(part, fill) for key, part in value.items()}
    return fill(str(value))


def _matches(wanted: Any, given: Any) -> bool:
    """Say whether everything in `wanted` is in `given`; texts are compared without case."""
    if isinstance(wanted, Mapping):
        return isinstance(given, Mapping) and all(
            key in given and _matches(value, given[key]) for key, value in wanted.items()
        )
    return str(wanted).casefold() == str(given).casefold()


def _appointment(wanted: AppointmentRow, seen: Evidence) -> Check:
    found = [row for row in seen.appointments if _is(wanted, row, seen)]
    facts = {k: v for k, v in wanted.model_dump().items() if v is not None and k != "there"}
    what = ", ".join(f"{key} {value}" for key, value in facts.items()) or "any"
    told = "; ".join(_visit(row, seen) for row in seen.appointments) or "none"
    verb = "there is" if wanted.there else "there is no"
    return Check(f"{verb} visit: {what}", bool(found) == wanted.there, told)


def _is(wanted: AppointmentRow, row: Row, seen: Evidence) -> bool:
    at = seen.days[wanted.at].instant if wanted.at else None
    return (
        (at is None or row["scheduled_at"] == at)
        and wanted.service in (None, row["service_type"])
        and wanted.status in (None, row["status"])
        and (wanted.vehicle or "").casefold() in str(row["vehicle"]).casefold()
        and wanted.in_calendar in (None, _in_calendar(row, seen))
    )


def _in_calendar(row: Row, seen: Evidence) -> bool:
    """Say whether the calendar shows the visit, at its own time."""
    event = seen.events.get(row["id"])
    return event is not None and (
        datetime.fromisoformat(event["start"]["dateTime"]) == row["scheduled_at"]
    )


def _visit(row: Row, seen: Evidence) -> str:
    calendar = "in" if _in_calendar(row, seen) else "not in"
    return (
        f"{row['service_type']} {row['scheduled_at']:%Y-%m-%d %H:%M}Z {row['vehicle']},"
        f" {row['status']}, {calendar} the calendar"
    )


def _on_file(expect: Expect, seen: Evidence, fill: Filler) -> Iterator[Check]:
    if expect.customer is not None:
        row = seen.customer or {}
        for name, value in expect.customer.model_dump(exclude_none=True).items():
            wanted, there = fill(value), str(row.get(name))
            holds = bool(re.search(wanted, there, re.IGNORECASE))
            yield Check(f"on file: {name} {wanted}", holds, there if row else "nobody")
    if expect.message is not None:
        told = "; ".join(str(dict(row)) for row in seen.messages) or "none"
        holds = any(_is_message(expect.message, row, fill) for row in seen.messages)
        yield Check(f"a message: {expect.message.model_dump(exclude_none=True)}", holds, told)


def _is_message(wanted: MessageRow, row: Row, fill: Filler) -> bool:
    text = str(row.get("text") or row.get("body") or row.get("message") or "")
    return (
        re.search(fill(wanted.contains or ""), text, re.IGNORECASE) is not None
        and (row.get("done_at") is None) == wanted.open
        and (not wanted.promised or row.get("due_at") is not None)
    )


def _words(expect: Expect, seen: Evidence, fill: Filler) -> Iterator[Check]:
    agent, caller = seen.text("agent"), seen.text("caller")
    for pattern in expect.heard:
        yield Check(f"hears /{fill(pattern)}/", _in(fill(pattern), agent))
    for pattern in expect.not_heard:
        yield Check(f"never hears /{fill(pattern)}/", not _in(fill(pattern), agent))
    if expect.heard_last is not None:
        last = str(seen.lines("agent")[-1]["text"]) if seen.lines("agent") else ""
        pattern = fill(expect.heard_last)
        yield Check(f"hears last /{pattern}/", _in(pattern, last), last)
    for pattern in expect.understood:
        yield Check(f"is understood as /{fill(pattern)}/", _in(fill(pattern), caller))
    for pattern in expect.person_heard:
        told = "\n".join(seen.person_heard)
        yield Check(f"the person hears /{fill(pattern)}/", _in(fill(pattern), told), told)
    cut = [str(line["text"]) for line in seen.lines("agent") if line.get("interrupted")]
    if expect.uninterrupted:
        yield Check("interrupts no line of the agent", not cut, "; ".join(cut))
    if expect.cut is not None:
        yield _cut(expect.cut, cut, fill)


def _in(pattern: str, text: str) -> bool:
    return re.search(pattern, text, re.IGNORECASE) is not None


def _cut(wanted: Cut, cut: Sequence[str], fill: Filler) -> Check:
    fewest, most = wanted.words or (0, 10_000)
    begins = fill(wanted.begins).casefold()
    holds = any(
        text.casefold().startswith(begins)
        and fewest <= len(text.split()) <= most
        and (wanted.without is None or not _in(fill(wanted.without), text))
        for text in cut
    )
    what = f"interrupts {wanted.begins!r}"
    what += f" after {fewest} to {most} words" if wanted.words else ""
    return Check(what, holds, "; ".join(cut) or "no line was interrupted")


def _sound(expect: Expect, seen: Evidence) -> Iterator[Check]:
    if expect.clears is not None:
        fewest, most = expect.clears
        holds = fewest <= seen.clears <= most
        yield Check(f"empties the line {fewest} to {most} times", holds, str(seen.clears))
    if expect.longest_wait_s is not None:
        waits = [turn.latency_s for turn in audio.turns(seen.recording) if turn.latency_s]
        longest = max(waits, default=0.0)
        holds = longest <= expect.longest_wait_s
        yield Check(f"answers within {expect.longest_wait_s:.1f} s", holds, f"{longest:.1f} s")


def _log(expect: Expect, seen: Evidence, fill: Filler) -> Iterator[Check]:
    for column, pattern in expect.log.items():
        there = seen.log.get(column)
        text = there if isinstance(there, str) else json.dumps(there, default=str)
        yield Check(f"log: {column} is /{fill(pattern)}/", _in(fill(pattern), text), text[:500])
    everywhere = json.dumps(dict(seen.log), default=str) + seen.server_log
    for secret in expect.never:
        yield Check(f"nothing stores or logs {secret!r}", secret not in everywhere, "it is there")
    if expect.recording is not None:
        path = seen.log.get("recording_path")
        there = bool(path) and Path(str(path)).is_file()
        yield Check(f"recording: {expect.recording}", there == expect.recording, str(path))
