"""The clock and the two conversions."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.clock import (
    BadTime,
    FixedClock,
    NoSuchLocalTime,
    SystemClock,
    from_shop,
    iso_local,
    opening_instant,
    parse_date,
    parse_wall_time,
    shop_day,
    to_shop,
)

pytestmark = pytest.mark.unit

LA = ZoneInfo("America/Los_Angeles")
ZONES = st.sampled_from(
    [ZoneInfo(name) for name in ("America/Los_Angeles", "Europe/Berlin", "Asia/Kathmandu", "UTC")]
    + [ZoneInfo("Australia/Lord_Howe"), ZoneInfo("America/Havana")]
)
INSTANTS = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1)).map(
    lambda naive: naive.replace(tzinfo=UTC)
)


@given(INSTANTS, ZONES)
def test_there_and_back(instant: datetime, zone: ZoneInfo) -> None:
    """An instant's wall time means that instant, or the one before it in a fold."""
    wall = to_shop(instant, zone).replace(tzinfo=None)
    back = from_shop(wall, zone)
    assert back <= instant
    assert instant - back in (timedelta(0), timedelta(hours=1), timedelta(minutes=30))
    assert to_shop(back, zone).replace(tzinfo=None, fold=0) == wall.replace(fold=0)


def test_gap_is_refused() -> None:
    """Half past two on the day the clock is put forward is refused and the jump is named."""
    with pytest.raises(NoSuchLocalTime) as caught:
        parse_wall_time("2026-03-08T02:30:00", LA)
    assert caught.value.resumes_at == datetime(2026, 3, 8, 10, tzinfo=UTC)
    assert opening_instant(date(2026, 3, 8), time(2, 30), LA) == caught.value.resumes_at


def test_fold_takes_the_first() -> None:
    """Half past one on the day the clock is put back means the first of the two."""
    assert from_shop(datetime(2026, 11, 1, 1, 30), LA) == datetime(2026, 11, 1, 8, 30, tzinfo=UTC)
    second = datetime(2026, 11, 1, 1, 30, fold=1)
    assert from_shop(second, LA) == datetime(2026, 11, 1, 8, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2026, 3, 8), 23), (date(2026, 11, 1), 25), (date(2026, 11, 24), 24)]
)
def test_days_of_the_shop(day: date, hours: int) -> None:
    """A shop day lasts 23, 24 or 25 hours."""
    stretch = shop_day(day, LA)
    assert stretch.end - stretch.start == timedelta(hours=hours)


@given(st.dates(date(1990, 1, 1), date(2100, 1, 1)), ZONES)
def test_days_follow_one_another(day: date, zone: ZoneInfo) -> None:
    """Each shop day ends where the next begins, and its first instant bears its date."""
    stretch = shop_day(day, zone)
    assert stretch.end == shop_day(day + timedelta(days=1), zone).start
    assert to_shop(stretch.start, zone).date() == day


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2025-01-21T14:00:00", "2025-01-21T22:00:00+00:00"),
        ("2025-01-21 14:00", "2025-01-21T22:00:00+00:00"),
        ("2025-07-21T14:00", "2025-07-21T21:00:00+00:00"),
        ("2025-01-21T14:00:00Z", "2025-01-21T14:00:00+00:00"),
        ("2025-01-21T14:00:00.000-05:00", "2025-01-21T19:00:00+00:00"),
    ],
)
def test_wall_times_are_read(text: str, utc: str) -> None:
    """Without an offset a time is the shop's; an offset is honoured."""
    assert parse_wall_time(text, LA).isoformat() == utc


@pytest.mark.parametrize(
    "text",
    [
        *("", "2025-01-21", "14:00", "tomorrow", "2025-02-30T10:00", "2025-01-21T25:00"),
        *("0001-01-01T00:00", "9999-12-31T23:59:59", "2025-01-21T14:00:00+99:99"),
        *("2025-W04-2T14:00", "x" * 10_000),
    ],
)
def test_bad_times_are_refused(text: str) -> None:
    """Garbage, missing parts and dates that do not exist are BadTime."""
    with pytest.raises(BadTime):
        parse_wall_time(text, LA)


@given(st.text(max_size=60) | st.from_regex(r"\d{4}-\d\d-\d\dT\d\d:\d\d", fullmatch=True))
def test_any_text_is_read_or_refused(text: str) -> None:
    """No text raises anything but BadTime, as a time or as a date."""
    try:
        parse_wall_time(text, LA)
    except BadTime as exc:
        assert exc.reason
    try:
        parse_date(text)
    except BadTime as exc:
        assert exc.reason


def test_dates() -> None:
    """Dates are ISO dates that exist."""
    assert parse_date(" 2026-11-24 ") == date(2026, 11, 24)
    for text in ("2026-02-29", "24.11.2026", "2026-11-24T10:00"):
        with pytest.raises(BadTime):
            parse_date(text)


def test_edges_of_the_calendar_are_bad_times() -> None:
    """Dates at either end of the calendar are refused, not a crash."""
    with pytest.raises(BadTime):
        shop_day(date.max, LA)
    with pytest.raises(BadTime):
        from_shop(datetime.max, LA)
    with pytest.raises(BadTime):
        to_shop(datetime.min.replace(tzinfo=UTC), LA)


def test_iso_local() -> None:
    """An instant is written in the shop's zone, without offset or fraction."""
    assert iso_local(datetime(2025, 1, 21, 22, 0, 0, 5, UTC), LA) == "2025-01-21T14:00:00"


def test_clocks() -> None:
    """A fixed clock stands where it was put; the system's is aware; naive instants are refused."""
    clock = FixedClock(datetime(2026, 11, 22, 12, tzinfo=LA))
    assert clock.now() == datetime(2026, 11, 22, 20, tzinfo=UTC)
    clock.set(datetime(2026, 11, 23, tzinfo=UTC))
    assert clock.now().day == 23
    assert SystemClock().now().utcoffset() == timedelta(0)
    with pytest.raises(TypeError):
        FixedClock(datetime(2026, 11, 22))
    with pytest.raises(TypeError):
        from_shop(datetime(2026, 11, 22, tzinfo=UTC), LA)
