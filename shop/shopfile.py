"""The shop as its YAML file describes it: hours, holidays, bays, services and their names."""

from collections.abc import Iterator, Mapping
from datetime import date, time
from decimal import Decimal
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal, Self, get_args
from zoneinfo import ZoneInfo

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from shop.naming import ServiceNames, spoken_key
from shop.textyaml import TextLoader

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
Span = tuple[time, time]

WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)
"""Monday first, so that `WEEKDAYS[day.weekday()]` names a date's weekday."""

_LARGEST_FILE_BYTES = 200_000
_NOTHING = ("", "~", "null", "none")


class ShopFileError(Exception):
    """The shop's file cannot be used; `problems` holds every reason, one a field."""

    def __init__(self, path: Path, problems: tuple[str, ...]) -> None:
        listed = "".join(f"\n  {problem}" for problem in problems)
        super().__init__(f"The shop file {path} cannot be used:{listed}")
        self.path = path
        self.problems = problems


def _time_of_day(text: str) -> time:
    hours, colon, minutes = text.strip().partition(":")
    if not (colon and len(hours) in (1, 2) and len(minutes) == 2):
        raise ValueError(f'"{text.strip()[:20]}" is not a time of day like 9:00 or 17:30')
    try:
        return time(int(hours), int(minutes))
    except ValueError:
        raise ValueError(f'"{text.strip()[:20]}" is not a time of day like 9:00') from None


def _span(value: object) -> object:
    if not isinstance(value, str):
        return value
    opens, dash, closes = value.partition("-")
    if not dash:
        raise ValueError(f'"{value.strip()[:20]}" is not a stretch of time like 9:00-17:00')
    span = _time_of_day(opens), _time_of_day(closes)
    if span[0] >= span[1]:
        raise ValueError(f'"{value.strip()[:20]}" ends before it begins')
    return span


def _nothing(value: object) -> object:
    return None if isinstance(value, str) and value.strip().lower() in _NOTHING else value


def _closed(value: object) -> object:
    return None if isinstance(value, str) and value.strip().lower() == "closed" else _span(value)


def _e164(value: str) -> str:
    digits = value.removeprefix("+")
    if value == digits or not (digits.isascii() and digits.isdigit() and 8 <= len(digits) <= 15):
        raise ValueError("must be a phone number in E.164, such as +15035550100")
    return value


def _time_zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ValueError, OSError, KeyError):  # ZoneInfoNotFoundError is a KeyError
        raise ValueError(f'"{value}" is no IANA time zone like America/Los_Angeles') from None
    return value


Text = Annotated[str, Field(min_length=1, max_length=200)]
PhoneNumber = Annotated[str, AfterValidator(_e164)]
Price = Annotated[Decimal, Field(ge=0, le=100_000, decimal_places=2)]


class _FromFile(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Service(_FromFile):
    """One kind of work: how long it takes, what it costs (dollars) and what people call it."""

    code: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,39}$")]
    name: Text
    duration_minutes: Annotated[int, Field(ge=5, le=1440)]
    buffer_minutes: Annotated[int, Field(ge=0, le=480)] = 0
    aliases: Annotated[tuple[Text, ...], Field(max_length=100)] = ()
    price_low: Annotated[Price | None, BeforeValidator(_nothing)] = None
    price_high: Annotated[Price | None, BeforeValidator(_nothing)] = None

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


class Shop(_FromFile):
    """A shop and its rules. Durations are minutes; opening hours are wall time in `time_zone`."""

    name: Text
    address: Text
    phone: Annotated[PhoneNumber | None, BeforeValidator(_nothing)] = None
    transfer_number: Annotated[PhoneNumber | None, BeforeValidator(_nothing)] = None
    time_zone: Annotated[Text, AfterValidator(_time_zone)]
    hours: Mapping[Weekday, Annotated[Span | None, BeforeValidator(_closed)]]
    lunch: Annotated[Span | None, BeforeValidator(lambda value: _span(_nothing(value)))] = None
    holidays: tuple[date, ...] = ()
    bays: Annotated[int, Field(ge=1, le=100)]
    lead_time_minutes: Annotated[int, Field(ge=0, le=43_200)] = 60
    horizon_days: Annotated[int, Field(ge=1, le=730)] = 90
    slot_step_minutes: Annotated[int, Field(ge=5, le=480)] = 30
    services: Annotated[tuple[Service, ...], Field(max_length=200)]

    @cached_property
    def zone(self) -> ZoneInfo:
        """The shop's time zone."""
        return ZoneInfo(self.time_zone)

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
        where = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
        where = where.removeprefix(".")
        if kind == "missing":
            yield f"{where}: is missing"
        elif kind == "extra_forbidden" or path[-1:] == ("[key]",):
            yield _unknown_key(path[:-1] if path[-1] == "[key]" else path)
        else:
            what = error["msg"].removeprefix("Value error, ")
            yield f"{where}: {what}" if where else what


def _unknown_key(path: tuple[int | str, ...]) -> str:
    known: dict[str, tuple[str, ...]] = {
        "hours": WEEKDAYS,
        "services": tuple(Service.model_fields),
    }
    key = str(path[-1])[:40]
    names = known.get(str(path[0]), ()) if len(path) > 1 else tuple(Shop.model_fields)
    near = get_close_matches(key.lower(), names, n=1, cutoff=0.5)
    hint = f'did you mean "{near[0]}"?' if near else f"known are {', '.join(names)}"
    inside = "".join(f"[{part}]" if isinstance(part, int) else str(part) for part in path[:-1])
    return f'{inside}{": " if inside else ""}unknown key "{key}"; {hint}'


def _said(service: Service) -> tuple[str, ...]:
    return (service.code, service.name, *service.aliases)


def _minute(edge: time) -> int:
    return edge.hour * 60 + edge.minute
