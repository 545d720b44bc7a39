"""The shop as its YAML file describes it: hours, holidays, bays, services and their names."""

from collections.abc import Iterator, Mapping
from datetime import date, time
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import Annotated, Self
from zoneinfo import ZoneInfo

import yaml
from pydantic import BeforeValidator, Field, ValidationError, field_validator, model_validator

from shop.crew import (
    MAX_BAYS,
    MAX_TECHNICIANS,
    Bay,
    OwnCalendar,
    Technician,
    crew_problems,
    numbered,
)
from shop.fields import (
    WEEKDAYS,
    Code,
    FromFile,
    OpenOrClosed,
    Pause,
    PhoneNumber,
    Price,
    Span,
    Text,
    TimeZone,
    Weekday,
)
from shop.naming import ServiceNames, spoken_key
from shop.textyaml import TextLoader

__all__ = [
    "WEEKDAYS", "Bay", "OwnCalendar", "Service", "Shop", "ShopFileError", "Span", "Technician",
    "UnknownService", "load_shop",
]  # fmt: skip

_LARGEST_FILE_BYTES = 200_000


class ShopFileError(Exception):
    """The shop's file cannot be used; `problems` holds every reason, one a field."""

    def __init__(self, path: Path, problems: tuple[str, ...]) -> None:
        listed = "".join(f"\n  {problem}" for problem in problems)
        super().__init__(f"The shop file {path} cannot be used:{listed}")
        self.path = path
        self.problems = problems


class Service(FromFile):
    """One kind of work: how long it takes, what it costs (dollars) and what people call it."""

    code: Code
    name: Text
    duration_minutes: Annotated[int, Field(ge=5, le=1440)]
    buffer_minutes: Annotated[int, Field(ge=0, le=480)] = 0
    aliases: Annotated[tuple[Text, ...], Field(max_length=100)] = ()
    price_low: Price = None
    price_high: Price = None
    may_wait: bool = True

    @model_validator(mode="after")
    def _prices_in_order(self) -> Self:
        low, high = self.price_low, self.price_high
        if low is not None and high is not None and low > high:
            raise ValueError("price_low is above price_high")
        return self


class UnknownService(ValueError):
    """No single service goes by this name; `nearest` holds up to three to offer instead."""

    def __init__(self, text: str, nearest: tuple[Service, ...]) -> None:
        self.text = "".join(c for c in text[:80] if c.isprintable())
        self.nearest = nearest
        super().__init__(f'no service is called "{self.text}"')


class Shop(FromFile):
    """A shop and its rules. Durations are minutes; opening hours are wall time in `time_zone`."""

    name: Text
    address: Text
    phone: PhoneNumber = None
    transfer_number: PhoneNumber = None
    time_zone: TimeZone
    hours: Mapping[Weekday, OpenOrClosed]
    lunch: Pause = None
    holidays: tuple[date, ...] = ()
    bay_list: Annotated[
        tuple[Bay, ...],
        BeforeValidator(numbered),
        Field(alias="bays", min_length=1, max_length=MAX_BAYS),
    ]
    technicians: Annotated[tuple[Technician, ...], Field(max_length=MAX_TECHNICIANS)] = ()
    lead_time_minutes: Annotated[int, Field(ge=0, le=43_200)] = 60
    horizon_days: Annotated[int, Field(ge=1, le=730)] = 90
    slot_step_minutes: Annotated[int, Field(ge=5, le=480)] = 30
    services: Annotated[tuple[Service, ...], Field(max_length=200)]

    @cached_property
    def zone(self) -> ZoneInfo:
        """The shop's time zone."""
        return ZoneInfo(self.time_zone)

    @property
    def bays(self) -> int:
        """How many cars can be worked on at once; bays are numbered from 1, in the file's order."""
        return len(self.bay_list)

    @property
    def own_calendars(self) -> tuple[OwnCalendar, ...]:
        """The calendars of single bays and technicians; what is busy there blocks only these."""
        of_bays = ((bay.calendar_id, n, None) for n, bay in enumerate(self.bay_list, 1))
        of_people = ((one.calendar_id, None, one.name) for one in self.technicians)
        return tuple(
            OwnCalendar(calendar_id, bay, technician)
            for calendar_id, bay, technician in (*of_bays, *of_people)
            if calendar_id is not None
        )

    def hours_on(self, day: date) -> Span | None:
        """Return opening and closing time on `day`, None when closed (weekday or holiday)."""
        return None if day in self.holidays else self.hours[WEEKDAYS[day.weekday()]]

    def service(self, text: str) -> Service:
        """Find the service meant by a code or by a name as people say it.

        Raises UnknownService, with the nearest ones, when none or more than one is meant.
        """
        found, nearest = self._names.find(text)
        if found is None:
            raise UnknownService(text, nearest)
        return found

    @cached_property
    def _names(self) -> ServiceNames[Service]:
        return ServiceNames(self.services, _said)

    @field_validator("hours", mode="after")
    @classmethod
    def _whole_week(cls, hours: Mapping[Weekday, Span | None]) -> Mapping[Weekday, Span | None]:
        missing = [day for day in WEEKDAYS if day not in hours]
        if missing:
            raise ValueError(f"says nothing about {', '.join(missing)} (write closed)")
        if not any(hours.values()):
            raise ValueError("the shop is never open")
        return {day: hours[day] for day in WEEKDAYS}

    @field_validator("services", mode="after")
    @classmethod
    def _told_apart(cls, services: tuple[Service, ...]) -> tuple[Service, ...]:
        if not services:
            raise ValueError("there is none")
        owners: dict[tuple[str, ...], str] = {}
        problems = []
        codes = [service.code for service in services]
        problems += [
            f"{code} appears twice" for code in sorted(set(codes)) if codes.count(code) > 1
        ]
        for service in services:
            for said in _said(service):
                owner = owners.setdefault(spoken_key(said), service.code)
                if owner != service.code:
                    problems.append(f'"{said}" could be {owner} or {service.code}')
        if problems:
            raise ValueError("; ".join(problems))
        return services

    @model_validator(mode="after")
    def _services_fit(self) -> Self:
        longest = max(self._open_minutes(), default=0)
        too_long = [
            service.code
            for service in self.services
            if service.duration_minutes + service.buffer_minutes > longest
        ]
        if too_long:
            raise ValueError(
                f"services: {', '.join(too_long)} would fit on no day: the shop is open for at "
                f"most {longest} minutes in one stretch"
            )
        return self

    @model_validator(mode="after")
    def _somebody_does_it(self) -> Self:
        codes = [service.code for service in self.services]
        problems = crew_problems(codes, self.bay_list, self.technicians)
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def _open_minutes(self) -> Iterator[int]:
        for span in self.hours.values():
            if span is None:
                continue
            opens, closes = (_minute(edge) for edge in span)
            if self.lunch is None:
                yield closes - opens
                continue
            pause, resume = (_minute(edge) for edge in self.lunch)
            yield min(max(pause, opens), closes) - opens
            yield closes - max(min(resume, closes), opens)


def load_shop(path: Path) -> Shop:
    """Read and check the shop's YAML file; raises ShopFileError with every reason at once."""
    try:
        raw = path.read_bytes()[: _LARGEST_FILE_BYTES + 1]
        if len(raw) > _LARGEST_FILE_BYTES:
            raise ShopFileError(path, (f"it is larger than {_LARGEST_FILE_BYTES} bytes",))
        content = TextLoader(raw.decode("utf-8-sig")).get_single_data()
    except OSError as exc:
        raise ShopFileError(path, (f"it cannot be read: {exc.strerror or exc}",)) from exc
    except UnicodeDecodeError as exc:
        raise ShopFileError(path, ("it is not UTF-8 text",)) from exc
    except yaml.MarkedYAMLError as exc:
        where = f" in line {exc.problem_mark.line + 1}" if exc.problem_mark else ""
        raise ShopFileError(path, (f"it is not YAML: {exc.problem}{where}",)) from exc
    except (yaml.YAMLError, RecursionError) as exc:
        raise ShopFileError(path, ("it is not YAML that describes a shop",)) from exc
    if not isinstance(content, dict):
        raise ShopFileError(path, ("it is not a list of fields such as `name: ...`",))
    try:
        return Shop.model_validate(content)
    except ValidationError as exc:
        raise ShopFileError(path, tuple(_explain(exc))) from exc


def _explain(exc: ValidationError) -> Iterator[str]:
    for error in exc.errors(include_url=False):
        path, kind = error["loc"], error["type"]
        where = _joined(path)
        if kind == "missing":
            yield f"{where}: is missing"
        elif kind == "extra_forbidden" or path[-1:] == ("[key]",):
            yield _unknown_key(path[:-1] if path[-1] == "[key]" else path)
        else:
            what = error["msg"].removeprefix("Value error, ")
            yield f"{where}: {what}" if where else what


def _joined(path: tuple[int | str, ...]) -> str:
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return "".join(parts).removeprefix(".")


def _unknown_key(path: tuple[int | str, ...]) -> str:
    known: dict[str, tuple[str, ...]] = {
        "hours": WEEKDAYS,
        "services": tuple(Service.model_fields),
        "bays": tuple(Bay.model_fields),
        "technicians": WEEKDAYS if "hours" in path else tuple(Technician.model_fields),
    }
    key = str(path[-1])[:40]
    fields = tuple(field.alias or name for name, field in Shop.model_fields.items())
    names = known.get(str(path[0]), ()) if len(path) > 1 else fields
    near = get_close_matches(key.lower(), names, n=1, cutoff=0.5)
    hint = f'did you mean "{near[0]}"?' if near else f"known are {', '.join(names)}"
    inside = _joined(path[:-1])
    return f'{inside}{": " if inside else ""}unknown key "{key}"; {hint}'


def _said(service: Service) -> tuple[str, ...]:
    return (service.code, service.name, *service.aliases)


def _minute(edge: time) -> int:
    return edge.hour * 60 + edge.minute
