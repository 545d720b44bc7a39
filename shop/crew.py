"""Where and by whom work is done: bays and technicians, what each can do and when."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated

from pydantic import Field

from shop.fields import WEEKDAYS, CalendarId, Codes, FromFile, OpenOrClosed, Span, Text, Weekday

MAX_BAYS = 100
MAX_TECHNICIANS = 200


class Bay(FromFile):
    """One place for a car; `services` is None where all work can be done there."""

    name: Text
    services: Codes = None
    calendar_id: CalendarId = None

    def takes(self, code: str) -> bool:
        """Say whether the service can be done on this bay."""
        return self.services is None or code in self.services


class Technician(FromFile):
    """One who does the work; `skills` is None for one who can do all of it.

    Without `hours` they work whenever the shop does; with them, only then, days not named are off.
    """

    name: Annotated[Text, Field(max_length=80)]
    skills: Codes = None
    hours: Mapping[Weekday, OpenOrClosed] | None = None
    calendar_id: CalendarId = None

    def can(self, code: str) -> bool:
        """Say whether they have the skill for the service."""
        return self.skills is None or code in self.skills

    def hours_on(self, day: date, opening: Span) -> Span | None:
        """Return when they work on `day` of a shop open `opening`, None on a day off."""
        return opening if self.hours is None else self.hours.get(WEEKDAYS[day.weekday()])


@dataclass(frozen=True, slots=True)
class OwnCalendar:
    """A calendar of one bay (by number) or one technician (by name), beside the shop's."""

    calendar_id: str
    bay: int | None
    technician: str | None


def numbered(value: object) -> object:
    """Turn a number of bays, as the file may give it, into as many bays named by their number."""
    if not isinstance(value, str | int):
        return value
    count = int(value) if str(value).isascii() and str(value).isdigit() else 0
    if not 1 <= count <= MAX_BAYS:
        raise ValueError(f"must be a number from 1 to {MAX_BAYS}, or a list of bays")
    return [{"name": f"Bay {number}"} for number in range(1, count + 1)]


def crew_problems(
    codes: list[str], bays: tuple[Bay, ...], technicians: tuple[Technician, ...]
) -> list[str]:
    """Return what is wrong between the services and those who should do them."""
    problems = []
    calendars = [bay.calendar_id for bay in bays] + [one.calendar_id for one in technicians]
    for field, names in (
        ("bays", [bay.name for bay in bays]),
        ("technicians", [one.name for one in technicians]),
        ("calendar_id", [one for one in calendars if one]),
    ):
        twice = sorted({name for name in names if names.count(name) > 1})
        problems += [f'{field}: "{name}" appears twice' for name in twice]
    limits = [("bays", bay.name, bay.services) for bay in bays]
    limits += [("technicians", one.name, one.skills) for one in technicians]
    for field, name, named in limits:
        unknown = [code for code in named or () if code not in codes]
        problems += [f'{field}: "{name}" names an unknown service, {code}' for code in unknown]
    for code in codes:
        if not any(bay.takes(code) for bay in bays):
            problems.append(f"bays: no bay takes {code}")
        if technicians and not any(one.can(code) for one in technicians):
            problems.append(f"technicians: nobody can do {code}")
    return problems
