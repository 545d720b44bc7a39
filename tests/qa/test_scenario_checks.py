"""The judge of scenarios: each expectation is kept by one call and broken by another."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from qa.audio import RATE_HZ
from qa.scenario.call import Filler
from qa.scenario.checks import Check, Evidence, judge
from qa.scenario.days import resolve
from qa.scenario.form import Expect, Scenario
from qa.scenario.verdict import Case, Verdict
from settings import EXAMPLE_SHOP_FILE
from shop.shopfile import load_shop

pytestmark = pytest.mark.unit

VISIT = resolve(
    "tuesday in 3 weeks 14:00", load_shop(EXAMPLE_SHOP_FILE), datetime(2026, 11, 26, tzinfo=UTC)
)
AT = "2026-11-26T01:00:0{}.000+00:00"
LOG: dict[str, Any] = {
    "outcome": "booked",
    "transcript": [
        {"role": "agent", "text": "Hi Nora, thanks for", "at": AT.format(0), "interrupted": True},
        {"role": "caller", "text": "An oil change, please.", "at": AT.format(1)},
        {"role": "agent", "text": "You're booked for Tuesday. Goodbye.", "at": AT.format(4)},
    ],
    "tool_calls": [
        {"name": "get_available_slots", "arguments": {"date": "2026-12-15"}, "outcome": "ok",
         "ms": 8, "at": AT.format(2)},
        {"name": "book_appointment", "arguments": {"vehicle": {"make": "Subaru", "year": 2016}},
         "outcome": "ok", "ms": 40, "at": AT.format(3)},
    ],
    "ended_by": "agent",
}  # fmt: skip
ROW = {
    "id": 4, "service_type": "oil_change", "status": "scheduled", "scheduled_at": VISIT.instant,
    "vehicle": "2016 Subaru Forester", "calendar_event_id": "e4",
}  # fmt: skip


def _recording(wait_s: float) -> "np.ndarray[Any, np.dtype[np.int16]]":
    """Return a second of the caller, a wait, and a second of the agent."""
    loud = np.resize(np.array([3000, -3000], np.int16), RATE_HZ)
    quiet, gap = np.zeros(RATE_HZ, np.int16), np.zeros(int(wait_s * RATE_HZ), np.int16)
    caller = np.concatenate([loud, gap, quiet])
    return np.stack([caller, np.concatenate([quiet, gap, loud])], axis=1)


SEEN = Evidence(
    log=LOG,
    end_reason="server_hung_up",
    clears=1,
    recording=_recording(0.8),
    server_log='{"event": "call_started"}',
    appointments=[ROW],
    events={4: {"start": {"dateTime": VISIT.instant.isoformat()}}},
    customer={"first_name": "Nora", "vehicle": "2016 Subaru Forester"},
    messages=[{"text": "My brakes squeak.", "done_at": None, "due_at": VISIT.instant}],
    days={"visit": VISIT},
    person_heard=["Nora is calling. Press 1 to take the call."],
)
BOOKS: dict[str, Any] = {"book_appointment": {}}
FILL = Filler({"visit.date": "2026-12-15", "visit.weekday": "Tuesday"})


def failing(expect: Mapping[str, Any], seen: Evidence = SEEN) -> list[str]:
    """Return what does not hold."""
    checks = judge(Expect.model_validate(expect), seen, FILL)
    assert any("answers within" not in check.wanted for check in checks)
    return [check.wanted for check in checks if not check.holds]


@pytest.mark.parametrize(
    ("kept", "broken"),
    [
        ({"outcome": "booked"}, {"outcome": "moved"}),
        ({"ended_by": "agent"}, {"ended_by": "caller"}),
        (
            {"tools": [{"get_available_slots": {"date": "{visit.date}"}}, BOOKS]},
            {"tools": [{"book_appointment": {}}, {"get_available_slots": {}}]},
        ),
        (
            {"tools": [{"book_appointment": {"vehicle": {"make": "subaru", "year": "2016"}}}]},
            {"tools": [{"book_appointment": {"vehicle": {"make": "Honda"}}}]},
        ),
        (
            {"tools": [{"book_appointment": {}}]},
            {"tools": [{"book_appointment": {}}, {"book_appointment": {}}]},
        ),
        ({"no_tools": ["cancel_appointment"]}, {"no_tools": ["book_appointment"]}),
        (
            {"appointments": [{"at": "visit", "service": "oil_change", "vehicle": "forester"}]},
            {"appointments": [{"at": "visit", "service": "diagnostic"}]},
        ),
        (
            {"appointments": [{"in_calendar": True, "status": "scheduled"}]},
            {"appointments": [{"in_calendar": False}]},
        ),
        (
            {"appointments": [{"status": "cancelled", "there": False}]},
            {"appointments": [{"there": False}]},
        ),
        ({"customer": {"first_name": "nora"}}, {"customer": {"first_name": "Dora"}}),
        (
            {"message": {"contains": "brakes", "promised": True}},
            {"message": {"contains": "engine"}},
        ),
        ({"message": {"open": True}}, {"message": {"open": False}}),
        ({"heard": ["BOOKED.*{visit.weekday}"]}, {"heard": ["booked.*Monday"]}),
        ({"not_heard": ["oil change"]}, {"not_heard": ["thanks"]}),
        ({"heard_last": "goodbye"}, {"heard_last": "thanks for"}),
        ({"understood": ["oil change"]}, {"understood": ["goodbye"]}),
        ({"person_heard": ["press 1"]}, {"person_heard": ["dana"]}),
        ({"cut": {"begins": "hi nora", "words": [3, 5]}}, {"cut": {"begins": "You're booked"}}),
        ({"cut": {"begins": "Hi"}}, {"cut": {"begins": "Hi", "words": [5, 9]}}),
        ({"cut": {"begins": "Hi"}}, {"cut": {"begins": "Hi", "without": "thanks"}}),
        ({"uninterrupted": False, "clears": [1, 1]}, {"uninterrupted": True}),
        ({"clears": [1, 3]}, {"clears": [0, 0]}),
        ({"outcome": "booked", "longest_wait_s": 0.85}, {"longest_wait_s": 0.75}),
        ({"log": {"ended_by": "^agent$"}}, {"log": {"ended_by": "caller"}}),
        ({"never": ["4111"]}, {"never": ["oil change, please"]}),
        ({"never": ["4111"]}, {"never": ["call_started"]}),
        ({"recording": False}, {"recording": True}),
    ],
)  # fmt: skip
def test_an_expectation_is_kept_or_broken(kept: Mapping[str, Any], broken: Any) -> None:
    """What happened passes; what did not happen fails, and only that."""
    assert failing(kept) == []
    checks = judge(Expect.model_validate(broken), SEEN, FILL)
    assert [check.holds for check in checks].count(False) == 1


def test_a_visit_in_the_calendar_at_another_time_is_not_in_the_calendar() -> None:
    """An event counts for a visit only at the visit's own time."""
    late = {4: {"start": {"dateTime": (VISIT.instant + timedelta(hours=1)).isoformat()}}}
    assert failing({"appointments": [{"in_calendar": True}]}, replace(SEEN, events=late))
    assert failing({"appointments": [{"in_calendar": True}]}, replace(SEEN, events={}))


def test_a_recording_counts_when_its_file_is_there(tmp_path: Path) -> None:
    """The log's word for it is not enough."""
    path = tmp_path / "call.wav"
    seen = replace(SEEN, log=LOG | {"recording_path": str(path)})
    assert failing({"recording": True}, seen)
    path.write_bytes(b"RIFF")
    assert failing({"recording": True}, seen) == []


def test_a_failed_scenario_tells_its_story() -> None:
    """Each check with what was found, and the call with its tools in the order they happened."""
    scenario = Scenario.model_validate(
        {"proves": "It works.", "covers": ["tools"], "expect": {"outcome": "moved"}}
    )
    case = Case("works", scenario, "+19715550100")
    checks = [Check("outcome is moved", False, "booked"), Check("hears /x/", True)]
    verdict = Verdict(case, checks, log=LOG, seconds=12.0, recording=Path("call.wav"))
    assert not verdict.passed
    told = verdict.told().splitlines()
    assert told[0] == "FAIL  works (12 s): It works."
    assert told[1] == "      FAIL  outcome is moved; found: booked"
    assert told[2] == "      ok    hears /x/"
    roles = [line.split()[1] for line in told[3:8]]
    assert roles == ["agent", "caller", "tool", "tool", "agent"]
    assert "[interrupted]" in told[3] and "call.wav" in told[8]
    good = replace(verdict, checks=[checks[1]])
    assert good.passed and good.told() == "pass  works (12 s): It works."
    assert not replace(good, error="the agent said nothing for 15 s").passed
