"""What the system prompt says about today, the shop and the caller."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import lru_cache

from sandbox.openai.cars import Car
from sandbox.openai.chat import Message
from sandbox.openai.understand import Offered


@dataclass(frozen=True, slots=True)
class Briefing:
    """The facts a model is given before the first word; what is not said stays empty."""

    today: date
    shop: str = ""
    address: str = ""
    hours: str = ""
    caller: str = "unlooked"
    """known, unknown (number not on file), withheld, or unlooked (nothing is said)."""
    first_name: str = ""
    customer_id: int | None = None
    cars: tuple[Car, ...] = ()
    services: dict[str, str] = field(default_factory=dict)
    """Code -> name."""
    prices: dict[str, str] = field(default_factory=dict)
    minutes: dict[str, int] = field(default_factory=dict)

    @property
    def offered(self) -> Offered:
        """Give code and name of each service."""
        return tuple(self.services.items())

    def service_name(self, code: str) -> str:
        """Say a service without its article."""
        return self.services.get(code) or code.replace("_", " ")


def read_briefing(messages: Iterable[Message]) -> Briefing:
    """Read the lines a system prompt may hold; missing ones are no error."""
    read = _read("\n".join(m.text for m in messages if m.role in ("system", "developer")))
    return read if read.today != _UNKNOWN else replace(read, today=datetime.now(UTC).date())


@lru_cache(maxsize=256)
def _read(text: str) -> Briefing:
    services, prices, minutes = _services(text)
    caller, first_name, customer_id = _caller(text)
    return Briefing(
        today=_today(text),
        shop=_shop(text),
        address=_line(text, "Address") or _line(text, "Location"),
        hours=_line(text, "Hours") or _line(text, "Opening hours"),
        caller=caller,
        first_name=first_name,
        customer_id=customer_id,
        cars=_cars(text),
        services=services,
        prices=prices,
        minutes=minutes,
    )


_UNKNOWN = date.min


def _today(text: str) -> date:
    found = re.search(r"Today is[^.\n]*?(\d{4}-\d{2}-\d{2})", text) or re.search(
        r"\b(\d{4}-\d{2}-\d{2})\b", text
    )
    if found:
        try:
            return date.fromisoformat(found[1])
        except ValueError:
            pass
    return _UNKNOWN


def _line(text: str, name: str) -> str:
    found = re.search(rf"^[\s*-]*{name}\s*:\s*(.+)$", text, re.MULTILINE | re.IGNORECASE)
    return found[1].strip().strip(".") if found else ""


def _shop(text: str) -> str:
    named = _line(text, "Shop") or _line(text, "Shop name") or _line(text, "Name")
    if named:
        return re.split(r"[,;(]", named)[0].strip()
    found = re.search(
        r"(?:receptionist|assistant|phone|calls?) (?:of|at|for) (?:the )?"
        r"([A-Z][\w'&-]*(?: [A-Z&][\w'&-]*)*)",
        text,
    )
    return found[1] if found else ""


def _caller(text: str) -> tuple[str, str, int | None]:
    line = _line(text, "Caller")
    if not line:
        return "unlooked", "", None
    known = re.match(r"(.+?)\s*\(customer_id\s*:?\s*(\d{1,18})\)", line)
    if known:
        return "known", known[1].split()[0], int(known[2])
    if re.search(r"withheld|anonymous|hidden|no number|foreign", line, re.IGNORECASE):
        return "withheld", "", None
    return "unknown", "", None


def _cars(text: str) -> tuple[Car, ...]:
    cars = []
    for part in _line(text, "Vehicles").split(";"):
        found = re.match(r"\s*\[(\d{1,18})\]\s*(?:(\d{4})\s+)?([^,]+)", part)
        if found:
            make, _, model = found[3].strip().partition(" ")
            if make == "Land" and model.startswith("Rover"):
                make, model = "Land Rover", model[6:].strip()
            cars.append(Car(int(found[1]), int(found[2]) if found[2] else None, make, model))
    return tuple(cars)


def _services(text: str) -> tuple[dict[str, str], dict[str, str], dict[str, int]]:
    block = re.search(r"^[\s*-]*Services\s*:(.*(?:\n\s*[-*]?\s*[a-z_]+ \(.*)*)", text, re.MULTILINE)
    names: dict[str, str] = {}
    prices: dict[str, str] = {}
    minutes: dict[str, int] = {}
    for found in re.finditer(r"\b([a-z][a-z_0-9]*)\s*\(([^()]*)\)", block[1] if block else ""):
        code, inside = found[1], found[2]
        parts = [part.strip() for part in inside.split(",")]
        names[code] = parts[0] or code.replace("_", " ")
        for part in parts[1:]:
            if "$" in part or "dollar" in part:
                prices[code] = part
            elif lasting := re.match(r"(\d{1,4}) ?min", part):
                minutes[code] = int(lasting[1])
    return names, prices, minutes
