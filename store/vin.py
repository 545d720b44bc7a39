"""VIN decoding by NHTSA's vPIC service, remembered for long: a VIN never changes its meaning."""

import asyncio
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import quote

import httpx
from loguru import logger

from store.cache import Cache
from store.errors import VinUnavailable

TIMEOUT_S = 4.0
"""NHTSA takes 0.8 s on an ordinary day; longer than this is silence on the line."""
CACHED_S = 90 * 24 * 3600
YEARS = range(1900, 2101)
LONGEST_NAME = 80
ACRONYMS = frozenset({"BMW", "GMC"})


@dataclass(frozen=True, slots=True)
class VinFacts:
    """What a VIN says about a car."""

    year: int
    make: str
    model: str


class VinDecoder:
    """Asks `{base_url}/vehicles/DecodeVinValues/{vin}?format=json`, the cache first."""

    def __init__(self, client: httpx.AsyncClient, cache: Cache, base_url: str) -> None:
        self._client = client
        self._cache = cache
        self._base_url = base_url.rstrip("/")

    async def decode(self, vin: str) -> VinFacts | None:
        """Return year, make and model, None when NHTSA does not know all three.

        Raises VinUnavailable when it does not answer, or not with what it should.
        """
        key = f"vin:{vin}"
        cached = await self._cache.get_json(key)
        if cached is not None:
            try:
                known = _facts(cached["year"], cached["make"], cached["model"])
            except (KeyError, TypeError, ValueError):
                known = None
            if known is not None:
                return known
            await self._cache.delete(key)
        facts = await self._ask(vin)
        if facts is not None:
            await self._cache.set_json(key, asdict(facts), CACHED_S)
        return facts

    async def _ask(self, vin: str) -> VinFacts | None:
        url = f"{self._base_url}/vehicles/DecodeVinValues/{quote(vin, safe='')}"
        try:
            async with asyncio.timeout(TIMEOUT_S):
                answer = await self._client.get(url, params={"format": "json"})
            answer.raise_for_status()
            found: Any = answer.json()["Results"][0]
            return _facts(int(found["ModelYear"] or 0), _spoken(found["Make"]), found["Model"])
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, TimeoutError) as exc:
            logger.bind(part="nhtsa", error=type(exc).__name__).warning("VIN not decoded")
            raise VinUnavailable(f"NHTSA: {type(exc).__name__}") from exc
        except (ValueError, KeyError, IndexError, TypeError, AttributeError) as exc:
            logger.bind(part="nhtsa", error=type(exc).__name__).warning("VIN answer not understood")
            raise VinUnavailable("NHTSA sent something else than its format") from exc


def _facts(year: object, make: object, model: object) -> VinFacts | None:
    """Return the facts, None when some are blank; raises ValueError or TypeError on nonsense."""
    if not (isinstance(year, int) and isinstance(make, str) and isinstance(model, str)):
        raise TypeError("not the facts of a VIN")
    make, model = make.strip(), model.strip()
    if not (year and make and model):
        return None
    words = f"{make} {model}"
    if year not in YEARS or len(words) > LONGEST_NAME or not words.isprintable():
        raise ValueError("no car is called that")
    return VinFacts(year, make, model)


def _spoken(make: str) -> str:
    """Return HONDA as Honda and MERCEDES-BENZ as Mercedes-Benz."""
    return make if make in ACRONYMS else make.title()
