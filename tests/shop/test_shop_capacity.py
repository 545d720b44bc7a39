"""Free slots where bays and technicians differ, against a model that tries every minute."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.clock import from_shop, to_shop
from shop.shopfile import Service, Shop
from shop.slots import SlotRefused, check_slot, free_slots, occupied
from shop.types import Busy, Interval, Slot

pytestmark = pytest.mark.unit

NOW = datetime(2026, 11, 22, 20, tzinfo=UTC)
TUESDAY = date(2026, 11, 24)
NAMES = ("Al", "Bo", "Cy")
CODES = ("quick", "long")


def at(shop: Shop, minute: int) -> datetime:
    """Return the instant of a minute of Tuesday."""
    return from_shop(datetime.combine(TUESDAY, time(minute // 60, minute % 60)), shop.zone)


def span(first: int, length: int) -> str:
    """Write a stretch of whole half hours as the file does."""
    begins, ends = first * 30, min((first + length) * 30, 23 * 60 + 30)
    return f"{begins // 60}:{begins % 60:02}-{ends // 60}:{ends % 60:02}"


def shop_with(**fields: Any) -> Shop:
    """Return a small shop, open from nine to five with lunch at noon."""
    week = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    content: dict[str, Any] = {
        "name": "Small",
        "address": "Here",
        "time_zone": "America/Los_Angeles",
        "hours": dict.fromkeys(week, "9:00-17:00"),
        "lunch": "12:00-13:00",
        "bays": 2,
        "services": [
            {"code": "quick", "name": "quick one", "duration_minutes": 60},
            {"code": "long", "name": "long one", "duration_minutes": 120},
        ],
        **fields,
    }
    return Shop.model_validate(content)


@st.composite
def shops(draw: st.DrawFn) -> Shop:
    """Draw a shop whose bays and technicians differ; the last of each can do everything."""
    some = st.none() | st.lists(st.sampled_from(CODES), unique=True)
    bays = [{"name": f"B{n}", "services": draw(some)} for n in range(draw(st.integers(0, 2)))]
    crew: list[dict[str, Any]] = []
    for name in NAMES[: draw(st.integers(0, 3))]:
        hours = draw(
            st.none()
            | st.just({})
            | st.builds(span, st.integers(16, 32), st.integers(1, 14)).map(
                lambda one: {"tuesday": one}
            )
        )
        crew.append({"name": name, "skills": draw(some), "hours": hours})
    if crew:
        crew[-1]["skills"] = None
    buffers = [draw(st.sampled_from([0, 10, 30, 45])) for _ in CODES]
    services = [
        {"code": code, "name": code, "duration_minutes": length, "buffer_minutes": buffer}
        for code, length, buffer in zip(CODES, (60, 120), buffers, strict=True)
    ]
    return shop_with(
        bays=[*bays, {"name": "Last"}],
        technicians=crew,
        services=services,
        slot_step_minutes=draw(st.sampled_from([15, 30, 45])),
    )


@st.composite
def days(draw: st.DrawFn) -> tuple[Shop, Service, list[Busy]]:
    """Draw a shop, a service and what is taken on Tuesday, in whole five minutes."""
    shop = draw(shops())
    who = st.none() | st.sampled_from(NAMES)
    where = st.none() | st.integers(1, shop.bays)
    busy = [
        Busy(Interval(at(shop, first * 5), at(shop, first * 5 + length * 5)), bay, technician)
        for first, length, bay, technician in draw(
            st.lists(st.tuples(st.integers(96, 200), st.integers(1, 30), where, who), max_size=6)
        )
    ]
    return shop, draw(st.sampled_from(shop.services)), busy


def minutes_taken(shop: Shop, busy: list[Busy]) -> set[tuple[int | str | None, int]]:
    """Return every (bay number, technician or None for all, minute of the day) that is taken."""
    taken: set[tuple[int | str | None, int]] = set()
    for one in busy:
        first, last = (to_shop(edge, shop.zone) for edge in (one.interval.start, one.interval.end))
        for minute in range(first.hour * 60 + first.minute, last.hour * 60 + last.minute):
            named = {one.bay, one.technician} - {None} or {None}
            taken.update((key, minute) for key in named)
    return taken


def places(shop: Shop, service: Service, start: int, busy: list[Busy]) -> set[tuple[int, str]]:
    """Return every bay and technician for a visit from minute `start`, by trying each minute."""
    taken = minutes_taken(shop, busy)
    minutes = range(start, start + service.duration_minutes + service.buffer_minutes)
    if any(not (540 <= m < 720 or 780 <= m < 1020) or (None, m) in taken for m in minutes):
        return set()
    found = set()
    for bay in range(1, shop.bays + 1):
        codes = shop.bay_list[bay - 1].services
        if (codes is not None and service.code not in codes) or any(
            (bay, m) in taken for m in minutes
        ):
            continue
        if not shop.technicians:
            found.add((bay, ""))
        for one in shop.technicians:
            works = {"tuesday": (time(9), time(17))} if one.hours is None else one.hours
            hours = works.get("tuesday")
            skilled = one.skills is None or service.code in one.skills
            if hours is None or not skilled:
                continue
            begins, ends = (edge.hour * 60 + edge.minute for edge in hours)
            if all(begins <= m < ends and (one.name, m) not in taken for m in minutes):
                found.add((bay, one.name))
    return found


@given(days())
def test_slots_are_exactly_those_of_the_model(day: tuple[Shop, Service, list[Busy]]) -> None:
    """Every start on the grid is offered if and only if some bay and technician are free."""
    shop, service, busy = day
    step = shop.slot_step_minutes
    grid = [*range(540, 720, step), *range(780, 1020, step)]
    expected = {at(shop, m): found for m in grid if (found := places(shop, service, m, busy))}
    slots = free_slots(shop, service, TUESDAY, busy, NOW)
    assert [slot.start for slot in slots] == sorted(expected)
    for slot in slots:
        found = expected[slot.start]
        assert (slot.bay, slot.technician or "") in found
        assert {bay for bay, _ in found} == set(slot.bays)
        assert {name for _, name in found} == set(slot.technicians or [""])
        assert slot.bay == slot.bays[0]


@given(days(), st.integers(500, 1040))
def test_any_minute_is_judged_as_the_model_does(
    day: tuple[Shop, Service, list[Busy]], minute: int
) -> None:
    """A time off the grid is taken if and only if the model finds a place for it."""
    shop, service, busy = day
    try:
        slot = check_slot(shop, service, at(shop, minute), busy, NOW)
    except SlotRefused:
        assert not places(shop, service, minute, busy)
    else:
        assert (slot.bay, slot.technician or "") in places(shop, service, minute, busy)


@given(days(), st.data())
def test_filling_a_day_never_overlaps(
    day: tuple[Shop, Service, list[Busy]], data: st.DataObject
) -> None:
    """Booking offered slots until none is left puts no bay and nobody in two places at once."""
    shop, _, busy = day
    made: list[tuple[Slot, Interval]] = []
    while len(made) < 30:
        service = data.draw(st.sampled_from(shop.services))
        slots = free_slots(shop, service, TUESDAY, busy, NOW)
        if not slots:
            break
        slot = data.draw(st.sampled_from(slots))
        needed = occupied(service, slot.start)
        for other, interval in made:
            if interval.overlaps(needed):
                assert other.bay != slot.bay
                assert slot.technician is None or other.technician != slot.technician
        made.append((slot, needed))
        busy = [*busy, Busy(needed, slot.bay, slot.technician)]


def test_one_technician_for_two_bays() -> None:
    """With two bays and one technician a second car has to come when the first is done."""
    shop = shop_with(technicians=[{"name": "Al"}])
    quick = shop.service("quick")
    first = check_slot(shop, quick, at(shop, 840), [], NOW)
    assert (first.bay, first.technician, first.bays) == (1, "Al", (1, 2))
    busy = [Busy(occupied(quick, first.start), first.bay, first.technician)]
    with pytest.raises(SlotRefused) as caught:
        check_slot(shop, quick, at(shop, 870), busy, NOW)
    assert caught.value.reason == "taken"
    assert check_slot(shop, quick, at(shop, 900), busy, NOW).technician == "Al"


def test_a_buffer_keeps_the_next_car_waiting() -> None:
    """A visit's buffer blocks its bay for the next one."""
    shop = shop_with(bays=1)
    quick = shop.service("quick").model_copy(update={"buffer_minutes": 30})
    busy = [Busy(occupied(quick, at(shop, 840)), 1)]
    with pytest.raises(SlotRefused):
        check_slot(shop, quick, at(shop, 900), busy, NOW)
    assert check_slot(shop, quick, at(shop, 930), busy, NOW).bay == 1


def test_days_off() -> None:
    """Nobody is offered on a day on which all who can do the work are off."""
    shop = shop_with(technicians=[{"name": "Al", "hours": {"monday": "9:00-17:00"}}])
    quick = shop.service("quick")
    assert free_slots(shop, quick, TUESDAY, [], NOW) == []
    assert free_slots(shop, quick, TUESDAY + timedelta(days=6), [], NOW)
