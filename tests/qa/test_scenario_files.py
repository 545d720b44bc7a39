"""Scenario files: what may stand in them, and how mistakes are told."""

from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import pytest

from qa.scenario.days import resolve
from qa.scenario.file import FOLDER, SCHEMA_FILE, ScenarioError, find, load, schema
from qa.scenario.form import Tag
from qa.scenario.run import cases
from settings import EXAMPLE_SHOP_FILE
from shop.clock import to_shop
from shop.shopfile import load_shop

pytestmark = pytest.mark.unit

LIBRARY = sorted(FOLDER.glob("*.yaml"))
GOOD = """\
proves: A caller is answered.
covers: [repertoire]
days:
  visit: tuesday in 3 weeks 14:00
turns:
  - say: An oil change on {visit} please.
expect:
  outcome: answered
"""


def problem(tmp_path: Path, text: str) -> str:
    """Return what is said about a scenario file with this text."""
    path = tmp_path / "wrong.yaml"
    path.write_text(text)
    with pytest.raises(ScenarioError) as error:
        load(path)
    return str(error.value).replace(str(path), "wrong.yaml")


@pytest.mark.parametrize("path", LIBRARY, ids=lambda path: path.stem)
def test_every_scenario_of_the_library_can_be_read(path: Path) -> None:
    """Each file is well formed and tells editors where its schema lies."""
    assert load(path).proves.endswith(".")
    assert path.read_text().startswith("# yaml-language-server: $schema=schema.json\n")


def test_the_schema_is_current() -> None:
    """The schema that ships is the one the models make; `python -m qa run --schema` writes it."""
    assert SCHEMA_FILE.read_text() == schema()


def test_every_part_of_the_conversation_is_covered() -> None:
    """Each tag stands over at least one scenario that is played."""
    covered = {tag for path in LIBRARY if not load(path).pending for tag in load(path).covers}
    assert covered == set(get_args(Tag))


def test_scenarios_share_neither_numbers_nor_days() -> None:
    """No caller has another's phone number, and no two scenarios fill the same day of the shop."""
    given = cases(LIBRARY)
    assert len({case.phone for case in given}) == len(given)
    shop, now = load_shop(EXAMPLE_SHOP_FILE), datetime.now(UTC)
    taken: dict[object, str] = {}
    for case in given:
        for text in case.scenario.days.values():
            day = resolve(text, shop, now).wall.date()
            if "weeks" in text:
                assert taken.setdefault(day, case.name) == case.name, (day, text)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("proves:", "prooves:"), 'wrong.yaml:1:1: prooves: "prooves" is not known here; did you '
                                  'mean "proves"?'),
        (("  - say:", "  - sya:"), 'wrong.yaml:6:5: turns.0.sya: "sya" is not known here; did you '
                                   'mean "say"?'),
        (("[repertoire]", "[repertory]"), 'did you mean "repertoire"?'),
        (("{visit}", "{visti}"), 'wrong.yaml:6:10: "{visti}" names no day of this scenario; did '
                                 'you mean "visit"?'),
        (("{visit}", "{visit.dai}"), 'wrong.yaml:6:10: a day has no "dai"; did you mean "day"?'),
        (("tuesday in 3 weeks", "teusday in 3 weeks"), "wrong.yaml:4:10: days.visit: must be like"),
        (("tuesday in 3 weeks", "tuesday in 1 weeks"), "must be 3 to 11 weeks ahead"),
        (("please.", "please.\n    press: 1"), "a turn does exactly one thing"),
        (("please.", "please.\n    into_ms: soon"), "wrong.yaml:7:14: turns.0.into_ms: Input"),
        (("please.", "please.\n    line: {loss: 0.7}"), "wrong.yaml:7:11: turns.0.line: to "
                                                        "lose 70%, burst must be larger than 1"),
        (("please.", "please.\n    line: {looss: 0.1}"), 'did you mean "loss"?'),
        (("please.", "please.\n    line: {gaps: [{at_s: 1}]}"), '"length_s" is missing'),
        (("say: An oil change on {visit} please.", "wait_s: 1\n    voice: human"),
         "voice needs words to say"),
        (("turns:", "turns"), "wrong.yaml:6:"),
        (("covers:", "proves:"), 'wrong.yaml:2:1: "proves" is given twice'),
        (("expect:", "model: [{say: Hi}]\ncaller: {number: withheld}\nexpect:"), "withheld"),
    ],
)  # fmt: skip
def test_mistakes_are_told_with_place_and_remedy(
    tmp_path: Path, change: tuple[str, str], told: str
) -> None:
    """Line, column, the key, and what was probably meant."""
    assert told in problem(tmp_path, GOOD.replace(*change))


@pytest.mark.parametrize("text", ["", "[]", "just words", "a: [", "\t", "a: *b", "x: &y {}"])
def test_what_is_no_scenario_at_all_is_refused(tmp_path: Path, text: str) -> None:
    """Rubbish gets a message with a place, never a trace."""
    assert problem(tmp_path, text).startswith("wrong.yaml")


def test_all_mistakes_of_a_file_are_told_at_once(tmp_path: Path) -> None:
    """Whoever mends a file mends it once."""
    told = problem(tmp_path, GOOD.replace("proves:", "prove:").replace("outcome:", "outcom:"))
    assert 'did you mean "proves"' in told and 'did you mean "outcome"' in told


def test_a_file_given_twice_is_played_once_and_a_name_given_twice_is_a_mistake(
    tmp_path: Path,
) -> None:
    """Two callers of one number would meet on file; two recordings of one name be one."""
    library = FOLDER / "wrong-number.yaml"
    assert [case.name for case in cases([library, library])] == ["wrong-number"]
    other = tmp_path / library.name
    other.write_bytes(library.read_bytes())
    with pytest.raises(ScenarioError, match="has the same name; rename one"):
        cases([library, other])


def test_a_scenario_that_is_not_there_is_named_with_the_nearest() -> None:
    """A typo on the command line is answered like one in a file."""
    with pytest.raises(ScenarioError, match='did you mean "known-caller-books"'):
        find(["known-caler-books"])


@pytest.mark.parametrize("day", range(7))
def test_named_days_lie_ahead_of_the_demonstration_week_whatever_today_is(day: int) -> None:
    """Three to eleven weeks ahead, on the weekday named, within what the shop takes."""
    shop = load_shop(EXAMPLE_SHOP_FILE)
    now = datetime(2026, 11, 22 + day, 7, 30, tzinfo=UTC)  # before and after the shop's midnight
    today = to_shop(now, shop.zone).date()
    for weeks in (3, 11):
        moment = resolve(f"thursday in {weeks} weeks 14:30", shop, now)
        assert f"{moment.wall:%A %H:%M}" == "Thursday 14:30"
        assert to_shop(moment.instant, shop.zone).replace(tzinfo=None) == moment.wall
        assert 9 < (moment.wall.date() - today).days <= shop.horizon_days
