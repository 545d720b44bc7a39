"""The few times that everybody wants: some open days of the shop, every half hour."""

import random
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from shop.clock import from_shop, to_shop
from shop.shopfile import Shop

FIRST_DAY_AHEAD = 2
"""Not tomorrow: nothing here may come to lie in the past while it is moved about."""
ON_THE_HOUR = 0.8
"""Most want the hour, so that they meet."""


@dataclass(frozen=True, slots=True)
class Grid:
    """The days, and the wall times at which a visit may begin."""

    zone: ZoneInfo
    days: tuple[date, ...]
    starts: tuple[datetime, ...]

    @classmethod
    def of(cls, shop: Shop, now: datetime, days: int) -> "Grid":
        """Return the times of the next `days` open days."""
        day = to_shop(now, shop.zone).date() + timedelta(days=FIRST_DAY_AHEAD)
        found: list[date] = []
        starts: list[datetime] = []
        while len(found) < days:
            span = shop.hours_on(day)
            if span is not None:
                found.append(day)
                at = datetime.combine(day, span[0])
                while at < datetime.combine(day, span[1]):
                    starts.append(at)
                    at += timedelta(minutes=30)
            day += timedelta(days=1)
        return cls(shop.zone, tuple(found), tuple(starts))

    def has(self, wall: str) -> bool:
        """Say whether a wall time lies on one of the days."""
        return datetime.fromisoformat(wall).date() in self.days

    def any_start(self, choice: random.Random) -> str:
        """Return some time as tools take it, mostly a full hour."""
        whole = [at for at in self.starts if at.minute == 0 and at.hour != 12]
        some = whole if choice.random() < ON_THE_HOUR else self.starts
        return choice.choice(some).isoformat()

    def epoch_s(self, wall: str) -> float:
        """Return a wall time of the shop as seconds since 1970."""
        return from_shop(datetime.fromisoformat(wall), self.zone).timestamp()

    def instant(self, wall: str) -> datetime:
        """Return a wall time of the shop as an instant."""
        return from_shop(datetime.fromisoformat(wall), self.zone)
