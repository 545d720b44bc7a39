"""All vendors of one machine on one port, each under the paths its clients know."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

import uvicorn
from fastapi import FastAPI

from sandbox import deepgram, google, nhtsa, openai
from sandbox.ears import Ears, MoonshineEars
from sandbox.google import CalendarWorld
from sandbox.latency import Latency, ProfileName
from sandbox.nhtsa import Car
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
) -> AsyncIterator[Vendors]:
    """Serve every vendor on a free port of 127.0.0.1, with a real recogniser and a real voice."""
    ears, voice = await asyncio.gather(
        asyncio.to_thread(MoonshineEars), asyncio.to_thread(HibariVoice)
    )
    await asyncio.gather(ears.warm(), voice.warm())
    calendar = CalendarWorld()
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
        voice.close()
        ears.close()


@contextlib.asynccontextmanager
async def serving(app: FastAPI) -> AsyncIterator[str]:
    """Serve `app` on a free port of 127.0.0.1 in this event loop; yields its http:// root."""
    config = uvicorn.Config(
        app, log_config=None, access_log=False, ws_per_message_deflate=False, lifespan="off"
    )
    server = uvicorn.Server(config)
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        # Not `serve`, which would take the signals of whoever runs this event loop.
        task = asyncio.create_task(server._serve([listener]))
        try:
            while not server.started:
                await asyncio.sleep(0.005)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.should_exit = True
            await task
