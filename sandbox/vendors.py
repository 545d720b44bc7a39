"""All vendors of one machine on one port, each under the paths its clients know."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from fastapi import FastAPI

from sandbox import deepgram, google, nhtsa, openai
from sandbox.ears import Ears, MoonshineEars
from sandbox.google import CalendarWorld
from sandbox.latency import Latency, ProfileName
from sandbox.nhtsa import Car
from sandbox.serving import serving
from sandbox.twilio import rest
from sandbox.twilio.carrier import Carrier
from sandbox.voice import HibariVoice, Voice

OPENAI_KEY = "sk-sandbox"
DEEPGRAM_KEY = "sandbox"


@dataclass(frozen=True, slots=True)
class Vendors:
    """The running stand-ins: where they are, and the worlds behind them."""

    url: str
    carrier: Carrier
    calendar: CalendarWorld
    voice: Voice
    ears: Ears


@contextlib.asynccontextmanager
async def vendors(
    carrier: Carrier,
    *,
    profile: ProfileName = "none",
    seed: int = 0,
    cars: Mapping[str, Car] | None = None,
    calendar_file: Path | None = None,
) -> AsyncIterator[Vendors]:
    """Serve every vendor on a free port of 127.0.0.1, with a real recogniser and a real voice.

    With `calendar_file` the calendar's events are taken from it and written back at the end.
    """
    ears, voice = await asyncio.gather(
        asyncio.to_thread(MoonshineEars), asyncio.to_thread(HibariVoice)
    )
    await asyncio.gather(ears.warm(), voice.warm())
    calendar = CalendarWorld()
    if calendar_file:
        calendar.load(calendar_file)
    latency = Latency(profile, seed=seed)
    app = FastAPI(title="Vendors", docs_url=None, redoc_url=None)
    app.include_router(
        deepgram.router(ears=ears, voice=voice, latency=latency, api_key=DEEPGRAM_KEY)
    )
    app.include_router(openai.router(latency=latency, api_key=OPENAI_KEY))
    app.include_router(google.router(calendar, latency=latency))
    app.include_router(nhtsa.router(latency=latency, known=cars or {}))
    app.include_router(rest.router(carrier))
    try:
        async with serving(app) as url:
            yield Vendors(url, carrier, calendar, voice, ears)
    finally:
        if calendar_file:
            calendar.save(calendar_file)
        voice.close()
        ears.close()
