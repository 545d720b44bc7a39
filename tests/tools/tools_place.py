"""A shop on a Sunday afternoon: real databases, the calendar and NHTSA stand-ins, one customer."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sandbox.google import CalendarWorld
from shop.clock import FixedClock
from shop.identity import Trust
from shop.shopfile import Shop
from shop.types import Customer
from store import Store
from tools import TOOLS
from tools.call import Call

CALENDAR_ID = "shop@bayline.example"
NOW = datetime(2026, 11, 22, 21, 5, tzinfo=UTC)
TUESDAY_AT_TWO = "2026-11-24T14:00:00"


@dataclass(frozen=True, slots=True)
class Place:
    """The shop's store and the world around it."""

    store: Store
    shop: Shop
    clock: FixedClock
    calendar: CalendarWorld

    def call(
        self,
        phone: str | None = None,
        customer: Customer | None = None,
        sid: str = "CA1",
        trust: Trust = "full",
    ) -> Call:
        """Return a call from `phone` by a caller who is known as `customer`."""
        return Call(sid, phone, self.store, self.shop, self.clock, customer, trust)

    async def dana(self) -> Customer:
        """Put Dana with her two cars on file."""
        made = await self.store.customers.create("Dana", "Whitfield", "+15035550142", None)
        await self.store.vehicles.create(made.id, 2019, "Honda", "CR-V", None, "7KLM204")
        await self.store.vehicles.create(made.id, 2015, "Toyota", "Tacoma", None, None)
        found = await self.store.customers.by_id(made.id)
        assert found is not None
        return found


async def use(call: Call, name: str, **arguments: Any) -> dict[str, Any]:
    """Run a tool as the model does."""
    tool = next(tool for tool in TOOLS if tool.name == name)
    return await tool.run(call, arguments)
