"""A carrier with its REST API on a socket, and our client of it, for the tests of the pipeline."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from fastapi import FastAPI

from pipeline.carrier import Carrier
from sandbox.serving import serving
from sandbox.twilio.carrier import Carrier as PhoneNetwork
from sandbox.twilio.rest import RestFault, router

ACCOUNT = "AC" + "0" * 32
TOKEN = "the-auth-token"
CALLER, PERSON, SHOP_NUMBER = "+15035550142", "+15035550199", "+15035550100"


@dataclass
class Network:
    """The phone network, its API's address, our client of it, and what goes wrong."""

    carrier: PhoneNetwork
    calls: Carrier
    url: str
    faults: list[RestFault] = field(default_factory=list)


@contextlib.asynccontextmanager
async def network() -> AsyncIterator[Network]:
    """Run a phone network whose <Say> takes no time."""
    faults: list[RestFault] = []
    async with PhoneNetwork(account_sid=ACCOUNT, auth_token=TOKEN) as carrier:
        app = FastAPI()
        app.include_router(router(carrier, faults=faults))
        async with serving(app) as url:
            calls = Carrier(
                account_sid=ACCOUNT, auth_token=TOKEN, from_number=SHOP_NUMBER, base_url=url
            )
            try:
                yield Network(carrier, calls, url, faults)
            finally:
                await calls.close()
