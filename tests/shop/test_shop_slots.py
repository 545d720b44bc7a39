"""Free slots: the rules of hours, lunch, bays, lead time and horizon."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.clock import from_shop, iso_local, shop_day, to_shop
from shop.shopfile import Service, Shop
from shop.slots import (
    Refusal,
    SlotRefused,
    best_slots,
    check_slot,
    free_slots,
    last_day,
    occupied,
    open_intervals,
)
from shop.types import Busy, Interval, Slot

pytestmark = pytest.mark.unit

NOW = datetime(2026, 11, 22, 20, tzinfo=UTC)
TUESDAY = date(2026, 11, 24)
SATURDAY = date(2026, 11, 28)


def at(shop: Shop, hour: int, minute: int = 0, day: date = TUESDAY) -> datetime:
    """Return the instant of a wall time."""
    return from_shop(datetime.combine(day, time(hour, minute)), shop.zone)


def clock_times(shop: Shop, slots: list[Slot]) -> list[str]:
    """Return the slots' starts as the wall clock shows them."""
    return [iso_local(slot.start, shop.zone)[11:16] for slot in slots]


def test_a_free_day(shop: Shop) -> None:
    """An hour's work is offered every half hour, never into lunch or past closing."""
    slots = free_slots(shop, shop.service("oil_change"), TUESDAY, [], NOW)
    morning = ["09:00", "09:30", "10:00", "10:30", "11:00"]
    afternoon = ["13:00", "13:30", "14:00", "14:30", "15:00", "15:30", "16:00"]
    assert clock_times(shop, slots) == morning + afternoon
    assert {slot.bay for slot in slots} == {1}
    assert all(slot.end - slot.start == timedelta(hours=1) for slot in slots)


def test_saturday_sunday_holiday(shop: Shop) -> None:
    """Saturday ends at three; Sundays and holidays have no slots."""
    oil = shop.service("oil_change")
    assert clock_times(shop, free_slots(shop, oil, SATURDAY, [], NOW))[-1] == "14:00"
    assert free_slots(shop, oil, date(2026, 11, 29), [], NOW) == []
    assert free_slots(shop, oil, date(2026, 12, 25), [], NOW) == []


def test_taken_bays(shop: Shop) -> None:
    """A taken bay moves the slot to the next; both taken, or the whole shop, remove it."""
    oil = shop.service("oil_change")
    two = Interval(at(shop, 14), at(shop, 15))

    def at_two(busy: list[Busy]) -> list[int]:
        slots = free_slots(shop, oil, TUESDAY, busy, NOW)
        return [slot.bay for slot in slots if slot.start == two.start]

    assert at_two([Busy(two, 1)]) == [2]
    assert at_two([Busy(two, 1), Busy(two, 2)]) == []
    assert at_two([Busy(two, None)]) == []
    assert at_two([Busy(Interval(at(shop, 13), at(shop, 14)), None)]) == [1]


def test_buffer_stays_before_closing(shop: Shop) -> None:
    """A buffer counts against lunch and closing but not towards the visit's own end."""
    slow = shop.service("oil_change").model_copy(update={"buffer_minutes": 30})
    slots = free_slots(shop, slow, TUESDAY, [], NOW)
    assert clock_times(shop, slots)[-1] == "15:30"
    assert "11:00" not in clock_times(shop, slots)
    assert slots[0].end - slots[0].start == timedelta(hours=1)
    assert occupied(slow, slots[0].start).end - slots[0].end == timedelta(minutes=30)


def test_lead_time_and_horizon(shop: Shop) -> None:
    """Nothing is offered within the hour, in the past or beyond ninety days."""
    oil = shop.service("oil_change")
    assert clock_times(shop, free_slots(shop, oil, TUESDAY, [], at(shop, 13, 1)))[0] == "14:30"
    assert free_slots(shop, oil, TUESDAY, [], at(shop, 9, day=date(2026, 11, 25))) == []
    last = last_day(shop, NOW)
    assert last == date(2027, 2, 20)
    assert free_slots(shop, oil, last, [], NOW)
    assert free_slots(shop, oil, last + timedelta(days=2), [], NOW) == []


@pytest.mark.parametrize(
    ("day", "hour", "minute", "reason"),
    [
        (date(2026, 11, 20), 10, 0, "in_past"),
        (date(2026, 11, 22), 12, 30, "too_soon"),
        (date(2027, 2, 22), 10, 0, "beyond_horizon"),
        (date(2026, 11, 29), 10, 0, "closed"),
        (date(2026, 12, 25), 10, 0, "closed"),
        (TUESDAY, 12, 0, "lunch"),
        (TUESDAY, 11, 30, "lunch"),
        (TUESDAY, 8, 30, "outside_hours"),
        (TUESDAY, 16, 30, "outside_hours"),
        (TUESDAY, 18, 0, "outside_hours"),
        (TUESDAY, 10, 0, "taken"),
    ],
)
def test_refusals(shop: Shop, day: date, hour: int, minute: int, reason: Refusal) -> None:
    """Each reason for which a visit is refused is named."""
    busy = [Busy(Interval(at(shop, 10), at(shop, 11)), None)]
    with pytest.raises(SlotRefused) as caught:
        check_slot(shop, shop.service("oil_change"), at(shop, hour, minute, day), busy, NOW)
    assert caught.value.reason == reason


def test_off_the_grid(shop: Shop) -> None:
    """A caller may ask for ten past two."""
    slot = check_slot(shop, shop.service("oil_change"), at(shop, 14, 10), [], NOW)
    assert slot == Slot(at(shop, 14, 10), at(shop, 15, 10), 1)


def busy_times(shop: Shop) -> st.SearchStrategy[list[Busy]]:
    """Draw up to eight stretches in which a bay or the whole shop is taken."""
    day = shop_day(TUESDAY, shop.zone).start
    one = st.builds(
        lambda start, length, bay: Busy(
            Interval(day + timedelta(minutes=start), day + timedelta(minutes=start + length)), bay
        ),
        st.integers(400, 1100),
        st.integers(1, 300),
        st.none() | st.integers(1, 3),
    )
    return st.lists(one, max_size=8)


@given(st.data())
def test_every_slot_fits(shop: Shop, data: st.DataObject) -> None:
    """Every slot passes the check, lies in one open stretch and meets nothing on its bay."""
    busy = data.draw(busy_times(shop))
    service = data.draw(st.sampled_from(shop.services)).model_copy(
        update={"buffer_minutes": data.draw(st.integers(0, 60))}
    )
    now = NOW + timedelta(minutes=data.draw(st.integers(0, 3000)))
    slots = free_slots(shop, service, TUESDAY, busy, now)
    assert [s.start for s in slots] == sorted({s.start for s in slots})
    for slot in slots:
        assert check_slot(shop, service, slot.start, busy, now) == slot
        needed = occupied(service, slot.start)
        assert any(
            i.start <= needed.start and needed.end <= i.end for i in open_intervals(shop, TUESDAY)
        )
        assert not any(b.interval.overlaps(needed) and b.bay in (None, slot.bay) for b in busy)


@given(st.data())
def test_no_slot_is_withheld(shop: Shop, data: st.DataObject) -> None:
    """A time on the grid is either offered or refused by the check."""
    busy = data.draw(busy_times(shop))
    service: Service = data.draw(st.sampled_from(shop.services))
    start = at(shop, 9) + timedelta(minutes=30 * data.draw(st.integers(0, 5)))
    offered = {slot.start for slot in free_slots(shop, service, TUESDAY, busy, NOW)}
    if start in offered:
        return
    with pytest.raises(SlotRefused):
        check_slot(shop, service, start, busy, NOW)


@pytest.mark.parametrize("day", [date(2026, 3, 8), date(2026, 11, 1)])
def test_days_of_the_time_change(shop: Shop, day: date) -> None:
    """On the days the clock changes the shop opens and closes by the wall clock."""
    sunday = shop.model_copy(update={"hours": dict.fromkeys(shop.hours, (time(1), time(17)))})
    stretches = open_intervals(sunday, day)
    shown = [to_shop(edge, shop.zone).hour for s in stretches for edge in (s.start, s.end)]
    assert shown == [1, 12, 13, 17]
    hours = sum((s.end - s.start for s in stretches), timedelta()) / timedelta(hours=1)
    assert hours == (14 if day.month == 3 else 16)


def test_best_slots_spread(shop: Shop) -> None:
    """Without a wish the slots are spread over the day, the earliest first."""
    slots = free_slots(shop, shop.service("oil_change"), TUESDAY, [], NOW)
    assert clock_times(shop, best_slots(slots, 3)) == ["09:00", "13:30", "16:00"]
    assert clock_times(shop, best_slots(slots, 1)) == ["09:00"]
    assert best_slots(slots, 50) == slots
    assert best_slots(slots, 0) == best_slots([], 3) == []


def test_best_slots_near(shop: Shop) -> None:
    """With a wished time the closest comes first and its neighbours follow in order."""
    oil = shop.service("oil_change")
    slots = free_slots(shop, oil, TUESDAY, [], NOW)
    near = best_slots(slots, 3, near=time(14), zone=shop.zone)
    assert clock_times(shop, near) == ["14:00", "13:30", "14:30"]
    assert best_slots(slots, 3, near=time(14, tzinfo=shop.zone)) == near
    later = free_slots(shop, oil, TUESDAY + timedelta(days=1), [], NOW)
    without = [slot for slot in slots if slot.start != at(shop, 14)]
    assert best_slots(without + later, 1, time(14), shop.zone)[0].start == at(shop, 13, 30)
    with pytest.raises(TypeError):
        best_slots(slots, 3, near=time(14))


@given(st.lists(st.integers(0, 15), unique=True), st.integers(1, 6), st.none() | st.times())
def test_best_slots_are_some_of_them(
    shop: Shop, starts: list[int], count: int, near: time | None
) -> None:
    """As many slots are chosen as asked for, none twice, all but the first in order."""
    slots = [
        Slot(at(shop, 9) + timedelta(minutes=30 * n), at(shop, 10) + timedelta(minutes=30 * n), 1)
        for n in starts
    ]
    chosen = best_slots(slots, count, near, shop.zone)
    assert len(chosen) == len(set(chosen)) == min(count, len(slots))
    assert set(chosen) <= set(slots)
    assert chosen[1:] == sorted(chosen[1:], key=lambda slot: slot.start)
