"""A service set up for scenarios: its shop file, its model, its faults, its person to call."""

import contextlib
import itertools
import tempfile
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from qa.scenario.form import Surroundings
from qa.scripted_model import ScriptedModel, scripted_model
from sandbox.google.world import Fault
from sandbox.twilio import callees
from sandbox.twilio.outbound import Callee
from sandbox.world import SERVER, Service, World, service
from settings import EXAMPLE_SHOP_FILE
from shop.clock import to_shop
from shop.shopfile import WEEKDAYS, Shop, load_shop
from shop.textyaml import TextLoader

_PERSONS = itertools.cycle(f"+13605550{n}" for n in range(100, 200))
"""Whom a stage's calls for a person reach: each stage has somebody of its own."""

RINGS_S = 1.0
LISTENS_S = 2.5
"""How long a person's phone rings, and how long they listen before they decide."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A running service for scenarios with the same surroundings."""

    place: World
    service: Service
    shop: Shop
    model: ScriptedModel
    folder: Path
    person: str
    """The number of whoever is called for a transfer."""

    def server_log(self) -> str:
        """Return what the service has logged so far."""
        return self.service.log.read_text(errors="replace")


@contextlib.asynccontextmanager
async def stage(
    place: World, around: Surroundings, program: Sequence[str | Path] = SERVER
) -> AsyncIterator[Stage]:
    """Run a service of its own in `place`, with these surroundings, until the end of the block."""
    async with contextlib.AsyncExitStack() as stack:
        kept = tempfile.TemporaryDirectory(prefix="bayline-scenarios-")
        folder = Path(stack.enter_context(kept))
        shop_file = folder / "shop.yaml"
        person = next(_PERSONS)
        shop = _shop(around) | {"transfer_number": person}
        shop_file.write_text(yaml.safe_dump(shop), encoding="utf-8")
        url, model = await stack.enter_async_context(scripted_model())
        own = {k: v.replace("{folder}", str(folder)) for k, v in around.settings.items()}
        # A handful of calls: several services share one PostgreSQL here.
        own = {"DATABASE_POOL_MIN": "4", "DATABASE_POOL_MAX": "16"} | own
        place.carrier.expect(person, _person(around))
        running = await stack.enter_async_context(
            service(
                replace(place, folder=folder),
                port=0,
                progress=lambda _: None,
                program=program,
                SHOP_FILE=str(shop_file),
                OPENAI_BASE_URL=url,
                **own,
            )
        )
        stack.enter_context(_faults(place, around))
        yield Stage(place, running, load_shop(shop_file), model, folder, person)


def _shop(around: Surroundings) -> dict[str, Any]:
    """Return the example shop, without holidays: scenarios' days must not rot with the date."""
    text = EXAMPLE_SHOP_FILE.read_text(encoding="utf-8")
    shop: dict[str, Any] = yaml.load(text, TextLoader)  # noqa: S506 - every value stays text
    zone = load_shop(EXAMPLE_SHOP_FILE).zone
    shop["holidays"] = []
    if around.shop == "open":
        shop["hours"] = dict.fromkeys(WEEKDAYS, "0:00-23:59")
        del shop["lunch"]
    elif around.shop == "closed":
        today = to_shop(datetime.now(UTC), zone).date()
        shop["holidays"] = [str(today + timedelta(days=n)) for n in range(2)]
    return shop


@contextlib.contextmanager
def _faults(place: World, around: Surroundings) -> Any:
    """Let every writing to the calendar take its time."""
    faults = place.vendors.calendar.faults
    slow = Fault(times=10_000, operation="events.insert", hang_s=around.slow_calendar_s)
    if around.slow_calendar_s:
        faults.append(slow)
    try:
        yield
    finally:
        if slow in faults:
            faults.remove(slow)


def _person(around: Surroundings) -> Callee:
    match around.person:
        case "nobody":
            return replace(callees.NOBODY, after_s=RINGS_S)
        case "busy":
            return callees.BUSY
        case "voicemail":
            return callees.listens(RINGS_S)
        case "accepts":
            return callees.presses("1", after_s=LISTENS_S, rings_s=RINGS_S)
        case "declines":
            return callees.hangs_up(after_s=LISTENS_S, rings_s=RINGS_S)
