"""A store over real servers and the calendar stand-in."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from store_world import CALENDAR_ID, Caller, Rows, serving

from sandbox.google import CalendarWorld, router, write_credentials
from settings import EXAMPLE_SHOP_FILE, Settings
from shop.shopfile import Shop, load_shop
from store import Store, open_store


@pytest.fixture(scope="session")
def shop() -> Shop:
    """The example shop: two bays."""
    return load_shop(EXAMPLE_SHOP_FILE)


@pytest.fixture
def google() -> CalendarWorld:
    """The shop's calendar as Google has it."""
    return CalendarWorld((CALENDAR_ID,))


@pytest.fixture
async def google_url(google: CalendarWorld) -> AsyncIterator[str]:
    """Where the calendar stand-in listens."""
    app = FastAPI()
    app.include_router(router(google))
    async with serving(app) as url:
        yield url


@pytest.fixture
def settings(tmp_path: Path, database_url: str, redis_url: str, google_url: str) -> Settings:
    """Settings that point everything at this test's own servers."""
    credentials = tmp_path / "google.json"
    write_credentials(credentials, f"{google_url}/token")
    return Settings(
        _env_file=None,
        database_url=database_url,
        redis_url=redis_url,
        google_calendar_id=CALENDAR_ID,
        google_credentials_path=credentials,
        google_api_base_url=google_url,
        nhtsa_base_url=f"{google_url}/no-nhtsa-here",
        public_url="https://bayline.example",
        twilio_account_sid="AC" + "0" * 32,
        twilio_auth_token="x",
        twilio_phone_number="+15035550100",
        deepgram_api_key="x",
        openai_api_key="x",
        database_pool_min=1,
        database_pool_max=20,
    )


@pytest.fixture
async def store(settings: Settings, shop: Shop) -> AsyncIterator[Store]:
    """An open store on an empty database."""
    async with open_store(settings, shop) as opened:
        yield opened


@pytest.fixture
def rows(database_url: str) -> Rows:
    """Run SQL as another program would."""
    return Rows(database_url)


@pytest.fixture
async def dana(store: Store) -> Caller:
    """A customer with a car, on file."""
    customer = await store.customers.create("Dana", "Whitfield", "+15035550142", "dana@example.com")
    vehicle = await store.vehicles.create(customer.id, 2019, "Honda", "CR-V", None, "7KLM204")
    return Caller(customer, vehicle)
