"""What the tests of the Deepgram stand-in share: engines made once, a server, and its clients."""

import asyncio
import contextlib
import functools
import json
import socket
import warnings
from collections.abc import AsyncIterator
from typing import Any

import httpx
import numpy as np
import uvicorn
from fastapi import FastAPI
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from sandbox.deepgram import ListenLimits, SpeakLimits, router
from sandbox.ears import Ears, MoonshineEars, Pcm, ScriptedEars
from sandbox.latency import Latency
from sandbox.voice import HibariVoice, ToneVoice, Voice

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # the SDK uses websockets' old client
    from deepgram import AsyncDeepgramClient, DeepgramClientEnvironment

KEY = "a-key"
LISTEN_QUERY = (
    "model=nova-2-phonecall&encoding=linear16&sample_rate=8000&interim_results=true"
    "&punctuate=true&endpointing=200"
)
SPEAK_QUERY = "model=aura-2-asteria-en&encoding=linear16&sample_rate=8000"


@functools.cache
def moonshine() -> MoonshineEars:
    """The real ears, loaded once."""
    return MoonshineEars()


@functools.cache
def hibari() -> HibariVoice:
    """The real voice, loaded once."""
    return HibariVoice()


@contextlib.asynccontextmanager
async def standin(
    *,
    ears: Ears | None = None,
    voice: Voice | None = None,
    latency: Latency | None = None,
    listen_limits: ListenLimits | None = None,
    speak_limits: SpeakLimits | None = None,
) -> AsyncIterator[int]:
    """The stand-in on a free port of 127.0.0.1; gives the port."""
    app = FastAPI()
    app.include_router(
        router(
            ears=ears or ScriptedEars(),
            voice=voice or ToneVoice(),
            latency=latency or Latency("none"),
            api_key=KEY,
            listen_limits=listen_limits,
            speak_limits=speak_limits,
        )
    )
    bound = socket.socket()
    bound.bind(("127.0.0.1", 0))
    config = uvicorn.Config(
        app, log_config=None, lifespan="off", ws_per_message_deflate=False, access_log=False
    )
    server = _Server(config)
    serving = asyncio.create_task(server.serve([bound]))
    await server.ready.wait()
    try:
        yield bound.getsockname()[1]
    finally:
        server.should_exit = True
        server.force_exit = True
        await serving


class _Server(uvicorn.Server):
    """A server that tells when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then say so."""
        await super().startup(sockets)
        self.ready.set()


def sdk(
    port: int, key: str = KEY, http_client: httpx.AsyncClient | None = None
) -> AsyncDeepgramClient:
    """Deepgram's own client, pointed at the stand-in and otherwise unmodified."""
    http, ws = f"http://127.0.0.1:{port}", f"ws://127.0.0.1:{port}"
    environment = DeepgramClientEnvironment(base=http, production=ws, agent=ws, agent_rest=http)
    return AsyncDeepgramClient(api_key=key, environment=environment, httpx_client=http_client)


def raw(port: int, path: str, key: str = KEY) -> connect:
    """A bare WebSocket, to see bytes and close codes."""
    headers = {"Authorization": f"Token {key}"}
    return connect(f"ws://127.0.0.1:{port}{path}", additional_headers=headers)


async def messages(ws: ClientConnection) -> list[dict[str, Any]]:
    """All JSON messages until the server closes; audio is left out."""
    received: list[dict[str, Any]] = []
    with contextlib.suppress(ConnectionClosed):
        while True:
            message = await ws.recv()
            if isinstance(message, str):
                received.append(json.loads(message))
    return received


async def until(ws: ClientConnection, kind: str) -> tuple[dict[str, Any], bytes]:
    """The next message of that type, and the audio before it."""
    audio = b""
    while True:
        message = await ws.recv()
        if isinstance(message, bytes):
            audio += message
        elif (parsed := json.loads(message))["type"] == kind:
            return parsed, audio


async def say(ws: ClientConnection, **message: object) -> None:
    """Send one JSON message."""
    await ws.send(json.dumps(message))


def quiet(seconds: float) -> Pcm:
    """Digital silence at 8 kHz."""
    return np.zeros(int(seconds * 8000), np.int16)


def transcript(result: dict[str, Any]) -> str:
    """The text of a Results message."""
    return str(result["channel"]["alternatives"][0]["transcript"])
