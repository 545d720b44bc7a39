"""The fixture the tools' tests share."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from tools_place import CALENDAR_ID, NOW, Place

from sandbox import google, nhtsa
from sandbox.google import CalendarWorld, write_credentials
from sandbox.latency import Latency
from sandbox.serving import serving
from settings import EXAMPLE_SHOP_FILE, Settings
from shop.clock import FixedClock
from shop.shopfile import load_shop
from store import open_store


@pytest.fixture
async def place(database_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[Place]:
    """Open a shop with nobody on file."""
    calendar = CalendarWorld()
    app = FastAPI()
    app.include_router(google.router(calendar))
    app.include_router(nhtsa.router(latency=Latency(), known={}))
    shop = load_shop(EXAMPLE_SHOP_FILE)
    async with serving(app) as url:
        credentials = tmp_path / "credentials.json"
        write_credentials(credentials, token_uri=f"{url}/token")
        settings = Settings(
            _env_file=None,
            public_url="http://127.0.0.1",
            twilio_account_sid="AC1",
            twilio_auth_token="t",
            twilio_phone_number="+15035550100",
            deepgram_api_key="d",
            openai_api_key="o",
            database_url=database_url,
            redis_url=redis_url,
            google_calendar_id=CALENDAR_ID,
            google_credentials_path=credentials,
            google_api_base_url=url,
            nhtsa_base_url=f"{url}/api",
            database_pool_min=1,
            database_pool_max=10,
        )
        async with open_store(settings, shop) as store:
            yield Place(store, shop, FixedClock(NOW), calendar)
