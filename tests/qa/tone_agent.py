"""A service that answers every turn of a caller with a tone: quick, and sure of what it hears."""

import asyncio
import base64
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from aiohttp import WSMsgType, web
from twilio.request_validator import RequestValidator

from sandbox.twilio import mulaw
from sandbox.world import INBOUND_CALL

TOKEN = "the-service's-own-token"

TONE_S = 0.4
ANSWERS_AFTER_S = 0.3
"""Silence of the caller after which it answers."""


@dataclass
class ToneAgent:
    """How it behaves, and what it was told. `hangs_up_after` counts answers; None: never."""

    url: str = ""
    public_url: str = ""
    hangs_up_after: int | None = None
    mute: bool = False
    dies: bool = False
    """It breaks off where it would hang up."""
    twiml: str = ""
    forms: list[dict[str, str]] = field(default_factory=list)

    async def _webhook(self, request: web.Request) -> web.Response:
        form = {key: str(value) for key, value in (await request.post()).items()}
        self.forms.append(form)
        signature = request.headers.get("X-Twilio-Signature", "")
        public = self.public_url or self.url
        if not RequestValidator(TOKEN).validate(public + INBOUND_CALL, form, signature):
            return web.Response(status=403)
        stream = f'<Connect><Stream url="{public.replace("http", "ws", 1)}/stream"/></Connect>'
        return web.Response(text=self.twiml or f"<Response>{stream}</Response>")

    async def _stream(self, request: web.Request) -> web.WebSocketResponse:
        ws = web.WebSocketResponse()
        await ws.prepare(request)
        answered, quiet, spoken = -1, 0, True  # it owes a greeting
        async for message in ws:
            if message.type is not WSMsgType.TEXT:
                break
            told: dict[str, Any] = json.loads(message.data)
            if told["event"] != "media":
                continue
            frame = mulaw.decode(base64.b64decode(told["media"]["payload"]))
            loud = int(np.abs(frame.astype(np.int32)).max()) > 1000
            spoken, quiet = spoken or loud, 0 if loud else quiet + 1
            if spoken and quiet * 0.02 >= ANSWERS_AFTER_S and not self.mute:
                answered, spoken = answered + 1, False
                await ws.send_json(_tone(told["streamSid"]))
                if answered == self.hangs_up_after:
                    await asyncio.sleep(TONE_S + 0.1)
                    if self.dies and request.transport:
                        request.transport.abort()
                    break
        await ws.close()
        return ws


def _tone(stream_sid: str) -> dict[str, Any]:
    at = np.arange(int(TONE_S * 8000)) / 8000
    pcm = (8000 * np.sin(2 * np.pi * 600 * at)).astype(np.int16)
    payload = base64.b64encode(mulaw.encode(pcm)).decode()
    return {"event": "media", "streamSid": stream_sid, "media": {"payload": payload}}


@contextlib.asynccontextmanager
async def tone_agent() -> AsyncIterator[ToneAgent]:
    """Run one on a free port of the loopback."""
    agent = ToneAgent()
    app = web.Application()
    app.router.add_post(INBOUND_CALL, agent._webhook)
    app.router.add_get("/stream", agent._stream)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    agent.url = f"http://{host}:{port}"
    try:
        yield agent
    finally:
        await runner.cleanup()
