"""Everything that is remembered: PostgreSQL, Redis, Google Calendar and NHTSA's facts."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import httpx

from settings import Settings
from shop.shopfile import Shop
from store.appointments import Appointments
from store.cache import Cache
from store.calendar import Calendar
from store.call_logs import CallLogs
from store.customers import Customers
from store.holds import Holds
from store.messages import Messages
from store.mirror import Mirror
from store.pool import Pool
from store.relay import Relay
from store.vehicles import Vehicles
from store.vin import TIMEOUT_S, VinDecoder


@dataclass(frozen=True, slots=True)
class Store:
    """All that one process remembers with; made by `open_store`."""

    customers: Customers
    vehicles: Vehicles
    appointments: Appointments
    holds: Holds
    call_logs: CallLogs
    messages: Messages
    calendar: Calendar
    mirror: Mirror
    cache: Cache
    vin: VinDecoder
    relay: Relay
    pool: Pool

    async def ping_database(self, timeout_s: float) -> None:
        """Return when the database answers with its schema in place.

        Raises DatabaseUnavailable after `timeout_s` at the latest.
        """
        await self.pool.ping(timeout_s)


@asynccontextmanager
async def open_store(settings: Settings, shop: Shop) -> AsyncIterator[Store]:
    """Open everything for the length of the block, starting no work of its own.

    Whatever is away - database, Redis, Google, NHTSA - does not stop this: each says so when it is
    used. Raises CalendarUnavailable when the credentials file cannot be read.
    """
    async with AsyncExitStack() as stack:
        pool = await stack.enter_async_context(
            Pool(
                settings.database_url,
                min_size=settings.database_pool_min,
                max_size=settings.database_pool_max,
            )
        )
        cache = Cache(settings.redis_url)
        stack.push_async_callback(cache.close)
        client = await stack.enter_async_context(httpx.AsyncClient(timeout=TIMEOUT_S))
        calendar = Calendar(
            calendar_id=settings.google_calendar_id,
            credentials_path=settings.google_credentials_path,
            api_root=settings.google_api_base_url,
            zone=shop.zone,
        )
        stack.push_async_callback(calendar.close)
        own = {one.calendar_id: one.bay or one.technician for one in shop.own_calendars}
        own.pop(calendar.calendar_id, None)
        mirror = Mirror(pool, calendar, {calendar.calendar_id: None, **own}, shop.horizon_days)
        stack.push_async_callback(mirror.close)
        customers = Customers(pool, cache)
        relay = Relay(pool, calendar, {one.code: one.name for one in shop.services})
        stack.push_async_callback(relay.close)
        yield Store(
            customers=customers,
            vehicles=Vehicles(pool, cache),
            appointments=Appointments(pool, customers),
            holds=Holds(pool),
            call_logs=CallLogs(pool),
            messages=Messages(pool),
            calendar=calendar,
            mirror=mirror,
            cache=cache,
            vin=VinDecoder(client, cache, settings.nhtsa_base_url),
            relay=relay,
            pool=pool,
        )
