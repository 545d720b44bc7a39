"""Tests of VIN decoding against the stand-in and against nonsense."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from store_world import serving

from sandbox import nhtsa
from store.cache import Cache
from store.errors import VinUnavailable
from store.vin import VinDecoder, VinFacts

pytestmark = pytest.mark.db

VIN = "2HKRW2H89KH612204"


@pytest.fixture
async def cache(redis_url: str) -> AsyncIterator[Cache]:
    """A cache on an empty Valkey."""
    opened = Cache(redis_url)
    yield opened
    await opened.close()


def decoder(answer: httpx.Response | Exception, cache: Cache) -> VinDecoder:
    """A decoder whose server always answers so."""

    def handle(_: httpx.Request) -> httpx.Response:
        if isinstance(answer, Exception):
            raise answer
        return answer

    client = httpx.AsyncClient(transport=httpx.MockTransport(handle))
    return VinDecoder(client, cache, "http://nhtsa.example/api")


def found(**fields: object) -> httpx.Response:
    """What NHTSA answers about a car."""
    return httpx.Response(200, json={"Results": [fields]})


async def test_the_stand_in_is_understood_and_remembered(cache: Cache) -> None:
    """Year, make and model come from NHTSA once, then from the cache with NHTSA gone."""
    app = FastAPI()
    app.include_router(nhtsa.router(known={VIN: (2019, "HONDA", "CR-V")}))
    async with serving(app) as url, httpx.AsyncClient() as client:
        facts = await VinDecoder(client, cache, f"{url}/api").decode(VIN)
    assert facts == VinFacts(2019, "Honda", "CR-V")
    assert await cache.get_json(f"vin:{VIN}") == {"year": 2019, "make": "Honda", "model": "CR-V"}
    gone = decoder(httpx.ConnectError("gone"), cache)
    assert await gone.decode(VIN) == facts


@pytest.mark.parametrize(
    "fields",
    [
        {"ModelYear": "", "Make": "", "Model": ""},
        {"ModelYear": "2019", "Make": "HONDA", "Model": ""},
        {"ModelYear": "0", "Make": "HONDA", "Model": "CR-V"},
    ],
)
async def test_what_nhtsa_does_not_know_is_none(cache: Cache, fields: dict[str, object]) -> None:
    """All three facts or nothing, and nothing is remembered."""
    assert await decoder(found(**fields), cache).decode(VIN) is None
    assert await cache.get_json(f"vin:{VIN}") is None


@pytest.mark.parametrize(
    "answer",
    [
        httpx.ConnectError("x"),
        httpx.ReadTimeout("x"),
        httpx.Response(429),
        httpx.Response(500, text="oops"),
        httpx.Response(200, text="<html>"),
        httpx.Response(200, json=[]),
        httpx.Response(200, json={"Results": []}),
        httpx.Response(200, json={"Results": [None]}),
        httpx.Response(200, json={"Results": [{"Make": 3, "Model": [], "ModelYear": "x"}]}),
        found(ModelYear="99999", Make="HONDA", Model="CR-V"),
        found(ModelYear="2019", Make="H" * 10_000, Model="CR-V"),
        found(ModelYear="2019", Make="HONDA", Model="CR\0V"),
    ],
)
async def test_an_answer_that_is_none_is_unavailable(
    cache: Cache, answer: httpx.Response | Exception
) -> None:
    """Silence, errors and nonsense are the same thing: not available."""
    with pytest.raises(VinUnavailable):
        await decoder(answer, cache).decode(VIN)


@pytest.mark.parametrize(
    "rubbish",
    [
        {},
        {"year": "x"},
        {"year": 2015, "make": "Kia"},
        {"year": 0, "make": "", "model": ""},
        {"year": 2015, "make": ["Kia"], "model": None},
        {"year": 99_999, "make": "Kia", "model": "Soul"},
        {"year": 2015, "make": "Kia", "model": "S" * 10_000},
        {"year": 2015, "make": "Kia\0", "model": "Soul"},
    ],
)
async def test_rubbish_in_the_cache_is_asked_again(cache: Cache, rubbish: dict[str, Any]) -> None:
    """A cached value of another form is replaced by NHTSA's."""
    await cache.set_json(f"vin:{VIN}", rubbish, 60)
    answer = found(ModelYear="2015", Make="TOYOTA", Model="Tacoma")
    assert await decoder(answer, cache).decode(VIN) == VinFacts(2015, "Toyota", "Tacoma")
    assert (await cache.get_json(f"vin:{VIN}") or {})["model"] == "Tacoma"
