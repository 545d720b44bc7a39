"""Days that scenarios name: always ahead of the demonstration week, whatever today is."""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Annotated

from pydantic import AfterValidator

from shop.clock import from_shop, to_shop
from shop.fields import WEEKDAYS
from shop.shopfile import Shop
from shop.speech import speak_date, speak_time

FIRST_WEEK, LAST_WEEK = 3, 11
"""The demonstration data fill the next nine days; visits are taken 90 days ahead."""

_DAY = re.compile(
    rf"(?:(?P<weekday>{'|'.join(WEEKDAYS)}) in (?P<weeks>\d+) weeks|(?P<today>today)"
    r"|(?P<ago>\d+) days ago) (?P<hour>\d{1,2}):(?P<minute>\d\d)"
)


def _day(text: str) -> str:
    found = _DAY.fullmatch(text)
    if not found:
        raise ValueError(
            'must be like "tuesday in 4 weeks 14:00", "today 9:00" or "2 days ago 9:00"'
        )
    if found["weeks"] and not FIRST_WEEK <= int(found["weeks"]) <= LAST_WEEK:
        raise ValueError(f"must be {FIRST_WEEK} to {LAST_WEEK} weeks ahead")
    if int(found["hour"]) > 23 or int(found["minute"]) > 59:
        raise ValueError("must name a time of day, 0:00 to 23:59")
    return text


DayText = Annotated[str, AfterValidator(_day)]
"""A weekday some weeks after this one and a time of day on the shop's clock."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment of a scenario: by the shop's clock, and as people say it."""

    wall: datetime
    instant: datetime
    today: date

    def written(self, part: str) -> str:
        """Return one form of it: "" and "spoken" for the whole, or a part by name."""
        match part:
            case "iso":
                return f"{self.wall:%Y-%m-%dT%H:%M:%S}"
            case "date":
                return f"{self.wall:%Y-%m-%d}"
            case "day":
                # Without the comma: a voice pauses there, and a pause may end a turn.
                return speak_date(self.wall.date(), self.today).replace(",", "")
            case "weekday":
                return f"{self.wall:%A}"
            case "time":
                return speak_time(self.wall)
            case _:
                # Two is in the afternoon, as people say it to a shop; a voice pauses before that.
                time_of_day = self.written("time").removesuffix(" in the afternoon")
                return f"{self.written('day')} at {time_of_day}"


PARTS = ("iso", "date", "day", "weekday", "time", "spoken")


def resolve(text: DayText, shop: Shop, now: datetime) -> Moment:
    """Return the moment that `text` names, seen from `now` (aware)."""
    found = _DAY.fullmatch(text)
    assert found, text  # noqa: S101 - validated when the scenario was read
    today = to_shop(now, shop.zone).date()
    if found["weekday"]:
        monday = today - timedelta(days=today.weekday())
        ahead = 7 * int(found["weeks"]) + WEEKDAYS.index(found["weekday"])
        day = monday + timedelta(days=ahead)
    else:
        day = today - timedelta(days=int(found["ago"] or 0))
    wall = datetime.combine(day, time(int(found["hour"]), int(found["minute"])))
    return Moment(wall, from_shop(wall, shop.zone), today)
