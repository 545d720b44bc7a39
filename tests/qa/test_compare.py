"""The gate: what counts as worse than an earlier run, and what is noise."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from qa.__main__ import main
from qa.audio import Speech
from qa.compare.bootstrap import FEWEST_CASES, median_interval
from qa.compare.findings import Findings, compare
from qa.measure.call import Course, MeasuredCall, measure
from qa.measure.totals import totals
from qa.measure.turns import MeasuredTurn
from qa.report import file
from qa.report.form import CaseReport, CheckMade, Outcome, RunReport, ToolCall

pytestmark = pytest.mark.unit

NAMES = [f"case-{number}" for number in range(12)]
BARE = measure(np.zeros((8000, 2), np.int16), Course(Speech(0.0, 1.0), (), ()))


def call(waits: Sequence[float]) -> MeasuredCall:
    """Return a measured call with these waits; every second turn has a tool."""
    turns = tuple(
        MeasuredTurn(
            number, 1.0, 2.0, "", "answered", 2.0 + wait_s, wait_s,
            ("book_appointment",) if number % 2 else (), None, None, 0, 0.0,
        )
        for number, wait_s in enumerate(waits)
    )  # fmt: skip
    return replace(BARE, turns=turns, greeting_s=0.6)


def case(
    name: str, waits: Sequence[float] = (), verdict: Outcome = "passed", day: str = "{visit.date}"
) -> CaseReport:
    """Return a case with one tool call."""
    tool = ToolCall(
        name="get_available_slots", arguments={}, stable={"date": day}, outcome="ok", ms=5, at_s=2
    )
    checks = (CheckMade(wanted="outcome is booked", holds=verdict != "failed"),)
    return CaseReport(
        name=name, proves="", verdict=verdict, seconds=9, checks=checks, tools=(tool,),
        error="no answer" if verdict == "error" else "", measured=call(waits),
        recording=f"calls/{name}.wav",
    )  # fmt: skip


def run(cases: Sequence[CaseReport], *, finished: bool = True) -> RunReport:
    """Return the report of a run."""
    return RunReport(
        started_at=datetime(2026, 11, 26, tzinfo=UTC),
        finished_at=datetime(2026, 11, 26, 1, tzinfo=UTC) if finished else None,
        planned=tuple(c.name for c in cases) + (() if finished else ("lost",)),
        cases=tuple(cases),
        totals=totals(c.measured for c in cases if c.measured),
    )


def timed(seed: int, slower_s: float = 0.0, spread_s: float = 0.08) -> RunReport:
    """Return a run of all cases, four turns each, with a machine's noise."""
    rng = np.random.default_rng(seed)
    return run(
        [case(name, (1.2 + slower_s + rng.normal(0, spread_s, 4)).tolist()) for name in NAMES]
    )


def plain(found: Findings) -> str:
    """Return the judgement on plain turns."""
    return found.latencies[0].judgement


@pytest.mark.parametrize("seed", range(20))
def test_noise_is_no_regression(seed: int) -> None:
    """Two runs of one program never differ beyond what is relevant."""
    assert not compare(timed(seed), timed(seed + 100)).regressed


@pytest.mark.parametrize("seed", range(20))
def test_a_slower_run_is_one(seed: int) -> None:
    """200 ms more at the median are found in noise of 80 ms, and less are found as better."""
    slow = compare(timed(seed), timed(seed + 100, 0.2))
    assert (plain(slow), slow.regressed) == ("worse", True)
    assert slow.latencies[1].judgement == "worse"
    fast = compare(timed(seed, 0.2), timed(seed + 100))
    assert (plain(fast), fast.regressed) == ("better", False)


def test_a_sure_difference_may_be_too_small_to_matter() -> None:
    """40 ms without any noise are certain, and irrelevant unless asked for."""
    old, new = timed(1, spread_s=0.001), timed(2, 0.04, spread_s=0.001)
    assert plain(compare(old, new)) == "same"
    assert plain(compare(old, new, relevant_s=0.03)) == "worse"


def test_a_large_difference_may_be_unsure() -> None:
    """What half of the calls contradict is not judged worse."""
    old = run([case(name, [1.0]) for name in NAMES])
    news = [0.5 if number % 2 else 1.8 for number in range(len(NAMES))]
    new = run([case(name, [wait]) for name, wait in zip(NAMES, news, strict=True)])
    assert plain(compare(old, new)) == "same"


def test_few_calls_are_not_judged() -> None:
    """An interval of four calls would be a guess."""
    cases = NAMES[: FEWEST_CASES - 1]
    old, new = run([case(n, [1.0]) for n in cases]), run([case(n, [3.0]) for n in cases])
    found = compare(old, new)
    assert (plain(found), found.regressed) == ("too few", False)


def test_only_turns_of_both_runs_are_paired() -> None:
    """A turn that one run does not have says nothing."""
    old = run([case(name, [1.0, 1.0, 9.0]) for name in NAMES])
    new = run([case(name, [1.0, 1.0]) for name in NAMES])
    found = compare(old, new)
    assert (found.latencies[0].turns, found.latencies[0].new_s) == (12, 1.0)
    assert not found.regressed


def test_the_bootstrap_is_seeded_and_draws_calls() -> None:
    """The same seed gives the same interval; turns of one call count as one draw."""
    rng = np.random.default_rng(3)
    calls = [rng.normal(mean, 0.01, 30).tolist() for mean in rng.normal(0, 1, 8)]
    one = median_interval(calls, 1)
    assert one == median_interval(calls, 1)
    assert one is not None
    assert one.high - one.low > 0.3  # as wide as the calls differ, not as 240 values would be
    assert one.low <= one.median <= one.high
    assert median_interval([[], []], 1) is None


@pytest.mark.parametrize(
    ("old", "new", "worse", "better"),
    [("passed", "failed", 1, 0), ("failed", "error", 1, 0), ("error", "passed", 0, 1),
     ("failed", "failed", 0, 0)],
)  # fmt: skip
def test_verdicts(old: Outcome, new: Outcome, worse: int, better: int) -> None:
    """From passed to failed to error is worse; what fails as before is not."""
    found = compare(run([case("a", verdict=old)]), run([case("a", verdict=new)]))
    assert (len(found.worse), len(found.better), found.regressed) == (worse, better, bool(worse))


def test_tool_calls_and_missing_cases() -> None:
    """Another day is a change, a case that was not played a hole, a new one is neither."""
    changed = compare(run([case("a")]), run([case("a", day="{date}")]))
    assert "{visit.date}" in changed.tools[0].old
    assert changed.regressed
    missing = compare(run([case("a"), case("b")]), run([case("a"), case("c")]))
    assert (missing.missing, missing.added, missing.regressed) == (("b",), ("c",), True)
    both = run([case("a"), case("b")])
    assert not compare(both, run([case("a")]), common_only=True).regressed


def test_bless_and_compare(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The command line: a baseline without audio, exit codes 0 and 1, and a table."""
    file.write(tmp_path / "old", timed(1))
    file.write(tmp_path / "new", timed(2, 0.3))
    base = tmp_path / "base"
    assert main(["bless", str(tmp_path / "old"), "--to", str(base)]) == 0
    assert all(one.recording is None for one in file.read(base).cases)
    assert main(["bless", str(tmp_path / "old"), "--to", str(tmp_path / "base.json")]) == 0
    assert file.read(tmp_path / "base.json") == file.read(base)
    assert main(["compare", str(base), str(tmp_path / "old")]) == 0
    assert "no regression" in capsys.readouterr().out
    assert main(["compare", str(base), str(tmp_path / "new" / "report.json")]) == 1
    told = capsys.readouterr().out
    assert told.endswith("regressed\n")
    assert any("plain turns" in line and "worse" in line for line in told.splitlines())


def test_bad_input_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No baseline, an unfinished run, nothing in common: exit code 2 and what to do."""
    file.write(tmp_path / "run", run([case("a")], finished=False))
    file.write(tmp_path / "other", run([case("b")]))
    assert main(["compare", str(tmp_path / "none"), str(tmp_path / "run")]) == 2
    assert "is not there" in capsys.readouterr().out
    assert main(["bless", str(tmp_path / "run"), "--to", str(tmp_path / "base")]) == 2
    assert "lost" in capsys.readouterr().out
    assert not (tmp_path / "base").exists()
    assert main(["compare", str(tmp_path / "run"), str(tmp_path / "other")]) == 2
    assert "nothing to compare" in capsys.readouterr().out
