"""Reports: what a run leaves, how it is read again, and a page that carries text as text."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from qa import audio
from qa.__main__ import main
from qa.audio import RATE_HZ, Speech
from qa.measure.call import Course, measure
from qa.measure.totals import totals
from qa.report import file, junit, page
from qa.report.file import ReportError
from qa.report.form import CaseReport, RunReport
from qa.report.sound import embedded
from qa.report.terminal import summary
from qa.report.writer import Writer
from qa.scenario.account import account, stable
from qa.scenario.checks import Check
from qa.scenario.form import Scenario
from qa.scenario.verdict import Case, Verdict

pytestmark = pytest.mark.unit

ZERO = datetime(2026, 11, 26, 1, 0, tzinfo=UTC)
NASTY = "</script><script>alert(1)</script><img src=x onerror=alert(2)> & \u2028 '\""
SCENARIO = Scenario.model_validate(
    {"proves": NASTY, "covers": ["tools"], "turns": [{"say": "Hello."}], "expect": {}}
)
NAMES = {
    "visit": "Tuesday, December fifteenth at two in the afternoon",
    "visit.iso": "2026-12-15T14:00:00",
    "visit.date": "2026-12-15",
    "visit.weekday": "Tuesday",
    "customer_id": "14",
    "vehicle_id": "21",
    "appointment_id": "None",
}


def at(second: float) -> str:
    """Return a time of the call log."""
    return (ZERO + timedelta(seconds=second)).isoformat()


LOG: Mapping[str, Any] = {
    "outcome": "booked",
    "ended_by": "agent",
    "transcript": [
        {"role": "agent", "text": "Hi Nora.", "at": at(1.9), "interrupted": False},
        {"role": "caller", "text": NASTY, "at": at(3.6), "interrupted": False},
    ],
    "turns": [
        {"role": "agent", "began_at": at(0.4), "ended_at": at(1.9), "ended_by": "said"},
        {
            "role": "caller", "began_at": at(2.1), "speech_ended_at": at(3.1), "ended_at": at(3.6),
            "latency_ms": {"endpointing": 200, "model": 500, "total": 700},
        },
    ],
    "tool_calls": [
        {"name": "book_appointment", "outcome": "ok", "ms": 40, "at": at(3.7), "result": {},
         "arguments": {"scheduled_at": "2026-12-15T14:00:00", "vehicle_id": 21}},
    ],
}  # fmt: skip


def recording() -> audio.Pcm:
    """Return a call: the agent from 0.5 to 1.5 and from 4 to 5 s, the caller from 2 to 3 s."""
    sides = np.zeros((6 * RATE_HZ, 2), np.int16)
    loud = np.resize(np.array([3000, -3000], np.int16), RATE_HZ)
    for start_s, side in ((0.5, 1), (2.0, 0), (4.0, 1)):
        first = int(start_s * RATE_HZ)
        sides[first : first + RATE_HZ, side] = loud
    return sides


def verdict(folder: Path, name: str = "books", *, holds: bool = True, error: str = "") -> Verdict:
    """Return the verdict of a call that was recorded into the report's folder."""
    path = folder / "calls" / f"{name}.wav"
    audio.write_wav(path, recording())
    seen = Course(Speech(0.0, 6.0), (), ())
    return Verdict(
        Case(name, SCENARIO, "+15415550101"),
        [Check("outcome is booked", holds, "answered")],
        error,
        LOG,
        7.5,
        path,
        measured=measure(recording(), seen, log=LOG, answered_at=ZERO),
        answered_at=ZERO,
        names=NAMES,
    )


def written(folder: Path) -> RunReport:
    """Return the report of a whole run of three calls."""
    keeper = Writer(folder, ["books", "broken", "lost"], ["later"])
    keeper.add(account(verdict(folder), folder))
    keeper.add(account(verdict(folder, "broken", holds=False), folder))
    keeper.add(account(verdict(folder, "lost", error="nobody \x01 answered"), folder))
    return keeper.finish()


def test_a_report_holds_the_call_and_is_read_again(tmp_path: Path) -> None:
    """Everything of a call, on the recording's clock, survives the file."""
    made = written(tmp_path)
    read = file.read(tmp_path)
    assert [case.verdict for case in read.cases] == ["passed", "failed", "error"]
    case = read.cases[0]
    assert case.tools[0].stable == {"scheduled_at": "{visit.iso}", "vehicle_id": "{vehicle_id}"}
    assert case.tools[0].at_s == pytest.approx(3.7)
    times = [(line.start_s, line.end_s) for line in case.transcript]
    assert times == [pytest.approx((0.5, 1.5), abs=0.02), pytest.approx((2.0, 3.0), abs=0.02)]
    assert case.measured is not None
    turn = case.measured.turns[0]
    assert turn.latency_s == pytest.approx(1.0, abs=0.02)
    assert sum((turn.parts_ms or {}).values()) == pytest.approx(1000, abs=20)
    assert (tmp_path / (case.recording or "")).is_file()
    assert read.finished_at is not None
    assert read.totals.latency.count == 3
    assert read.totals == totals(c.measured for c in read.cases if c.measured)
    assert made.planned == read.planned


def test_an_interrupted_run_leaves_what_it_has(tmp_path: Path) -> None:
    """After each call the files are whole; what was not played is named, and fails in CI."""
    keeper = Writer(tmp_path, ["books", "broken"])
    assert file.read(tmp_path).cases == ()
    keeper.add(account(verdict(tmp_path), tmp_path))
    read = file.read(tmp_path)
    assert ([case.name for case in read.cases], read.missing) == (["books"], ["broken"])
    assert read.finished_at is None
    suite = _suite(tmp_path)
    assert (suite.get("tests"), suite.get("errors")) == ("2", "1")
    assert keeper.finish().finished_at is None
    assert "not played: broken" in summary(file.read(tmp_path))


def test_junit_tells_failures_errors_and_what_waits(tmp_path: Path) -> None:
    """Counts and messages are what CI shows; signs that XML forbids are replaced."""
    written(tmp_path)
    suite = _suite(tmp_path)
    counts = [suite.get(name) for name in ("tests", "failures", "errors", "skipped")]
    assert counts == ["4", "1", "1", "1"]
    failure = suite.find("testcase[@name='broken']/failure")
    assert failure is not None
    assert failure.get("message") == "outcome is booked"
    assert NASTY in str(failure.text)
    error = suite.find("testcase[@name='lost']/error")
    assert error is not None
    assert error.get("message") == "nobody \ufffd answered"


def _suite(folder: Path) -> ET.Element:
    found = ET.fromstring((folder / junit.NAME).read_text(encoding="utf-8")).find("testsuite")  # noqa: S314
    assert found is not None
    return found


class _Tags(HTMLParser):
    """Collects a page's elements, attributes and the text of its scripts."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "script":
            self.scripts.append("")

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1][0] == "script":
            self.scripts[-1] += data


def test_the_page_is_one_file_and_carries_words_as_data(tmp_path: Path) -> None:
    """No element, address or script of a transcript's making; audio and waveform are inside."""
    written(tmp_path)
    html = (tmp_path / page.NAME).read_text(encoding="utf-8")
    tags = _Tags()
    tags.feed(html)
    names = [tag for tag, _ in tags.tags]
    assert names.count("script") == 2
    assert "img" not in names
    for _, attributes in tags.tags:
        assert all(
            str(attributes[a]).startswith("data:") for a in ("src", "href") if a in attributes
        )
    assert not re.search(r"https?://|url\(|@import", html)
    assert "innerHTML" not in html
    data = json.loads(tags.scripts[0])
    assert data["cases"][0]["proves"] == NASTY
    assert data["cases"][0]["audio"].startswith("data:audio/ogg;base64,")
    assert len(data["cases"][0]["peaks"]) == 2


def test_sound_is_small_and_as_long_as_it_was(tmp_path: Path) -> None:
    """Under 5 kB a second, and a bar of the waveform for each 25 ms."""
    path = tmp_path / "call.wav"
    audio.write_wav(path, recording())
    made = embedded(path)
    assert len(made.audio) < 5000 * 6
    assert all(len(side) == pytest.approx(6 / 0.025 * 4 / 3, abs=4) for side in made.peaks)


def test_a_recording_that_is_gone_leaves_a_page_without_it(tmp_path: Path) -> None:
    """The page is made all the same, and says why there is no sound."""
    made = written(tmp_path)
    (tmp_path / "calls" / "books.wav").unlink()
    assert '"silent":' in page.page(made, tmp_path)


def test_the_report_command_makes_the_page_anew(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """From report.json alone; the figures are told again."""
    written(tmp_path)
    (tmp_path / page.NAME).unlink()
    assert main(["report", str(tmp_path)]) == 0
    told = capsys.readouterr().out
    assert (tmp_path / page.NAME).is_file()
    assert re.search(r"voice to voice, turns with tools +3 +1\.00 ", told)
    assert "broken: outcome is booked" in told


BAD: list[tuple[str | None, str]] = [
    (None, r"is not there: `qa run --out"),
    ("{", "cannot be read as a report"),
    ("[]", "no report of version 1"),
    ('{"version": 9}', "says 9"),
    ('{"version": 1, "started_at": 4, "totals": {}}', "damaged at totals"),
]


@pytest.mark.parametrize(("text", "told"), BAD)
def test_bad_reports_are_told(
    tmp_path: Path, text: str | None, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Which file, what is wrong, exit code 2; no trace."""
    if text is not None:
        (tmp_path / file.NAME).write_text(text)
    with pytest.raises(ReportError, match=told):
        file.read(tmp_path)
    assert main(["report", str(tmp_path)]) == 2
    assert str(tmp_path) in capsys.readouterr().out


def test_arguments_are_named_so_that_other_weeks_compare() -> None:
    """Named days and ids by name, others without their value; a wrong day still differs."""
    given = {
        "scheduled_at": "2026-12-15T14:00:00", "date": "2026-12-15", "vehicle_id": 21,
        "customer_id": 15, "appointment_id": 77, "notes": ["For 2027-01-01, Tuesday"], "days": 3,
    }  # fmt: skip
    assert stable(given, NAMES) == {
        "scheduled_at": "{visit.iso}", "date": "{visit.date}", "vehicle_id": "{vehicle_id}",
        "customer_id": "{id}", "appointment_id": "{id}", "notes": ["For {date}, Tuesday"],
        "days": 3,
    }  # fmt: skip
    assert stable({"date": "2026-12-16"}, NAMES) != stable({"date": "2026-12-15"}, NAMES)


def test_a_call_that_was_never_answered_is_reported(tmp_path: Path) -> None:
    """No log, no recording, no measurement: an error with its reason."""
    bare = replace(
        verdict(tmp_path, error="the call was not answered"),
        checks=(), log={}, recording=None, measured=None, answered_at=None,
    )  # fmt: skip
    told: CaseReport = account(bare, tmp_path)
    assert (told.verdict, told.transcript, told.measured) == ("error", (), None)
