"""The shop's file: what it holds, how services are named, and every way it can be wrong."""

import contextlib
import pickle
from datetime import date, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shop.shopfile import Shop, ShopFileError, UnknownService, load_shop

pytestmark = pytest.mark.unit


def test_the_example(shop: Shop) -> None:
    """The shop that ships has the hours, bays and services that others rely on."""
    assert (shop.name, shop.time_zone, shop.bays) == ("Bayline Auto Care", "America/Los_Angeles", 2)
    assert shop.transfer_number == "+15035550199"
    assert shop.lunch == (time(12), time(13))
    assert shop.hours_on(date(2026, 11, 24)) == (time(9), time(17))
    assert shop.hours_on(date(2026, 11, 28)) == (time(9), time(15))
    assert shop.hours_on(date(2026, 11, 29)) is None
    assert shop.hours_on(date(2026, 12, 25)) is None
    lengths = {service.code: service.duration_minutes for service in shop.services}
    for code in ("oil_change", "tire_rotation", "brake_inspection", "state_inspection"):
        assert lengths[code] == 60
    assert lengths["diagnostic"] == 120
    assert shop.service("oil_change").price_low == Decimal(45)


def test_a_shop_can_be_handed_to_another_process(shop: Shop) -> None:
    """A shop survives pickling, also after its names were searched."""
    shop.service("oil change")
    assert pickle.loads(pickle.dumps(shop)) == shop  # noqa: S301


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("oil_change", "oil_change"),
        ("an oil and filter change", "oil_change"),
        ("I'd like to get my oil changed, please", "oil_change"),
        ("oil chains", "oil_change"),
        ("Oil Change", "oil_change"),
        ("brakes", "brake_inspection"),
        ("my brakes are squeaking", "brake_inspection"),
        ("check engine light", "diagnostic"),
        ("the check engine light came on", "diagnostic"),
        ("an oil leak", "diagnostic"),
        ("smog", "state_inspection"),
        ("a smog check", "state_inspection"),
        ("inspection sticker", "state_inspection"),
        ("state inspection", "state_inspection"),
        ("inspection of my brakes", "brake_inspection"),
        ("rotate my tires", "tire_rotation"),
        ("tire rotations", "tire_rotation"),
        ("the A/C", "air_conditioning"),
    ],
)
def test_services_as_people_say_them(shop: Shop, said: str, code: str) -> None:
    """A service is found by its code and by what people call it."""
    assert shop.service(said).code == code


@pytest.mark.parametrize("said", ["", "pizza", "service", "oil", "x" * 10_000, "😀\u202e\x00"])
def test_unknown_services(shop: Shop, said: str) -> None:
    """What names no service is refused, with at most three to offer and little of the text."""
    with pytest.raises(UnknownService) as caught:
        shop.service(said)
    assert 1 <= len(caught.value.nearest) <= 3
    assert len(caught.value.text) <= 80
    assert caught.value.text.isprintable()


def test_two_services_at_once(shop: Shop) -> None:
    """Two services in one breath are not guessed between; both are offered."""
    with pytest.raises(UnknownService) as caught:
        shop.service("an oil change and a tire rotation")
    assert {s.code for s in caught.value.nearest} == {"oil_change", "tire_rotation"}


@given(st.text(max_size=300))
def test_any_text_is_a_service_or_unknown(shop: Shop, said: str) -> None:
    """No text raises anything but UnknownService."""
    with contextlib.suppress(UnknownService):
        assert shop.service(said) in shop.services


def problems_of(tmp_path: Path, text: str | bytes) -> tuple[str, ...]:
    """Write `text` to a file, expect it to be refused and return the reasons."""
    path = tmp_path / "shop.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ShopFileError) as caught:
        load_shop(path)
    assert all(problem in str(caught.value) for problem in caught.value.problems)
    return caught.value.problems


def changed(example_path: Path, **fields: Any) -> str:
    """Return the example with some fields exchanged."""
    content = yaml.load(example_path.read_text(), Loader=yaml.BaseLoader)  # noqa: S506 - text only
    content.update(fields)
    return yaml.safe_dump(content)


def test_all_problems_at_once(tmp_path: Path) -> None:
    """Every field that is wrong is named, once, with its reason."""
    problems = problems_of(
        tmp_path,
        """
        name: X
        adress: y
        lunch: 13-12
        time_zone: Mars/Base
        hours: {monday: 9:00-17:00, tusday: closed, sunday: 17:00, friday: 17:00-9:00}
        bays: none
        phone: 555
        services: [{code: Oil, duration_minutes: 0, price_lo: 3}]
        """,
    )
    expected = ["address: is missing", 'unknown key "adress"; did you mean "address"?']
    expected += ['hours: unknown key "tusday"; did you mean "tuesday"?']
    expected += ['services[0]: unknown key "price_lo"; did you mean "price_low"?']
    expected += ["services[0].name: is missing"]
    assert set(expected) <= set(problems)
    for field in ("lunch", "time_zone", "hours.sunday", "hours.friday", "bays", "phone"):
        assert sum(problem.startswith(f"{field}: ") for problem in problems) == 1, field
    assert sum(problem.startswith("services[0].code: ") for problem in problems) == 1
    assert len(problems) == 13


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"hours": {"monday": "9:00-17:00"}}, "says nothing about tuesday"),
        ({"services": []}, "services: there is none"),
        ({"holidays": ["2026-02-30"]}, "holidays[0]: "),
        ({"lunch": "9:00-17:00"}, "would fit on no day"),
        ({"time_zone": "../../etc/passwd"}, "no IANA time zone"),
        ({"bays": "0"}, "bays: must be a number from 1 to 100, or a list"),
        ({"bays": []}, "bays: "),
        ({"bays": [{"name": "A"}, {"name": "A"}]}, 'bays: "A" appears twice'),
        ({"bays": [{"name": "A", "services": ["oil"]}, {"name": "B"}]}, "unknown service, oil"),
        ({"bays": [{"name": "A", "servces": "all"}]}, 'did you mean "services"'),
        ({"technicians": [{"name": "A", "hours": {"mondy": "9:00-17:00"}}]}, '"monday"'),
        ({"technicians": [{"name": "A", "hours": {"monday": "9-17"}}]}, "hours.monday"),
        ({"technicians": [{"name": "A"}, {"name": "A"}]}, 'technicians: "A" appears twice'),
        (
            {
                "bays": [{"name": "B", "calendar_id": "c@x"}],
                "technicians": [{"name": "A", "calendar_id": "c@x"}],
            },
            'calendar_id: "c@x" appears twice',
        ),
    ],
)
def test_single_problems(
    tmp_path: Path, example_path: Path, fields: dict[str, Any], reason: str
) -> None:
    """A shop that could not work is refused with the reason."""
    problems = problems_of(tmp_path, changed(example_path, **fields))
    assert len(problems) == 1
    assert reason in problems[0]


def test_work_that_nobody_can_do(tmp_path: Path, example_path: Path) -> None:
    """A service that no bay takes or for which nobody has the skill is named."""
    only_oil = ["oil_change"]
    (problem,) = problems_of(
        tmp_path,
        changed(
            example_path,
            bays=[{"name": "Pit", "services": only_oil}],
            technicians=[{"name": "Al", "skills": [*only_oil]}],
        ),
    )
    assert "bays: no bay takes diagnostic" in problem
    assert "technicians: nobody can do diagnostic" in problem
    assert "oil_change" not in problem


def test_bays_and_technicians_as_lists(tmp_path: Path, example_path: Path) -> None:
    """Bays and technicians keep the file's order; skills, days and calendars are optional."""
    path = tmp_path / "shop.yaml"
    path.write_text(
        changed(
            example_path,
            bays=[
                {"name": "Rack", "services": ["oil_change"], "calendar_id": "r@x"},
                {"name": "B"},
            ],
            technicians=[
                {"name": "Al", "skills": "all", "hours": {"monday": "9:00-12:00"}},
                {"name": "Bo", "skills": ["oil_change"], "calendar_id": "b@x"},
            ],
        )
    )
    shop = load_shop(path)
    assert shop.bays == 2
    assert [bay.takes("diagnostic") for bay in shop.bay_list] == [False, True]
    al, bo = shop.technicians
    assert [one.can("diagnostic") for one in (al, bo)] == [True, False]
    opening = (time(9), time(17))
    assert al.hours_on(date(2026, 11, 23), opening) == (time(9), time(12))
    assert al.hours_on(date(2026, 11, 24), opening) is None
    assert bo.hours_on(date(2026, 11, 24), opening) == opening
    assert [(c.calendar_id, c.bay, c.technician) for c in shop.own_calendars] == [
        ("r@x", 1, None),
        ("b@x", None, "Bo"),
    ]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"services": [{"code": "x", "name": "x", "duration_minutes": "60"}]}, "services[0].code"),
        ({"slot_step_minutes": "1"}, "slot_step_minutes"),
    ],
)
def test_fields_out_of_range(
    tmp_path: Path, example_path: Path, fields: dict[str, Any], reason: str
) -> None:
    """A value that is too short or too small is named with its place."""
    (problem,) = problems_of(tmp_path, changed(example_path, **fields))
    assert reason in problem


def test_names_that_clash(tmp_path: Path, example_path: Path) -> None:
    """Two services that people would call the same, and codes used twice, are refused."""
    one = {"code": "one", "name": "brake check", "duration_minutes": "60"}
    two = {"code": "two", "name": "other", "duration_minutes": "60", "aliases": ["Brake checks"]}
    (problem,) = problems_of(tmp_path, changed(example_path, services=[one, two]))
    assert '"Brake checks" could be one or two' in problem
    (problem,) = problems_of(tmp_path, changed(example_path, services=[one, dict(one)]))
    assert "one appears twice" in problem


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "just text",
            "- a list",
            "a: [",
            "\t",
            "name: A\nname: B",
            "a: &x 1\nb: *x",
            "? [1]\n: 2",
        ),
        *("[" * 5000, b"\xff\xfe\x00", b"a: \x00", b"x" * 300_000, "!!python/object:os.system {}"),
    ],
)
def test_what_is_no_shop_file(tmp_path: Path, text: str | bytes) -> None:
    """Anything but YAML fields is refused with one sentence, never a traceback."""
    assert problems_of(tmp_path, text)


def test_no_file(tmp_path: Path) -> None:
    """A file that is not there or is a folder is refused."""
    for path in (tmp_path / "none.yaml", tmp_path):
        with pytest.raises(ShopFileError):
            load_shop(path)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode()))
def test_any_bytes_are_refused(tmp_path: Path, content: bytes) -> None:
    """No small random file loads or raises anything but ShopFileError."""
    assert problems_of(tmp_path, content)
