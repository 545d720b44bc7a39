"""A small service that takes calls: a signed TwiML webhook, an echoing or scripted media stream."""

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from fastapi import FastAPI, Request, Response, WebSocket, WebSocketDisconnect
from twilio.request_validator import RequestValidator

ACCOUNT = "AC" + "0" * 32
TOKEN = "the-auth-token"

Message = dict[str, Any]
Talk = Callable[["Conversation"], Awaitable[None]]


@contextlib.asynccontextmanager
async def serving(app: FastAPI) -> AsyncIterator[str]:
    """Serve an app on a free port of the loopback and give its root URL."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(app, log_level="error", lifespan="off", ws="websockets-sansio")
        server = uvicorn.Server(config)
        running = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            await running


@dataclass
class Conversation:
    """The service's end of one stream."""

    ws: WebSocket
    received: list[Message]
    stream_sid: str = ""

    async def hear(self) -> Message:
        """Wait for the carrier's next message."""
        message: Message = json.loads(await self.ws.receive_text())
        self.received.append(message)
        if message["event"] == "start":
            self.stream_sid = message["streamSid"]
        return message

    async def hear_event(self, event: str) -> Message:
        """Wait for the carrier's next message of one kind."""
        while (message := await self.hear())["event"] != event:
            pass
        return message

    async def send(self, event: str, **detail: Any) -> None:
        """Send one message on this stream."""
        await self.ws.send_text(
            json.dumps({"event": event, "streamSid": self.stream_sid, **detail})
        )


@dataclass
class Service:
    """What the service was told, and what it answers: set `twiml` and `talk` before a call."""

    url: str = ""
    twiml: dict[str, str] = field(default_factory=dict)
    forms: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    stream_headers: dict[str, str] = field(default_factory=dict)
    received: list[Message] = field(default_factory=list)
    talk: Talk | None = None
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    def connect(self, *, after: str = "", parameters: str = "", attributes: str = "") -> str:
        """TwiML that opens the media stream."""
        return (
            f'<Response><Connect><Stream url="{self.url.replace("http", "ws")}/media?lost=1"'
            f" {attributes}>{parameters}</Stream></Connect>{after}</Response>"
        )

    async def told(self, path: str, count: int = 1) -> list[dict[str, str]]:
        """Wait until a path was called so often, and give the forms."""
        while len(forms := [form for at, form in self.forms if at == path]) < count:
            self.arrived.clear()
            await self.arrived.wait()
        return forms

    def app(self) -> FastAPI:
        """Build the web application."""
        app = FastAPI()
        app.add_api_route("/{path:path}", self._webhook, methods=["GET", "POST"])
        app.add_api_websocket_route("/media", self._media)
        return app

    async def _webhook(self, request: Request, path: str) -> Response:
        form = {key: str(value) for key, value in (await request.form()).items()}
        host, scheme = request.headers["host"], request.headers.get("x-forwarded-proto", "http")
        url = f"{scheme}://{host}{request.url.path}"
        if request.url.query:
            url += f"?{request.url.query}"
        signature = request.headers.get("x-twilio-signature", "")
        valid = RequestValidator(TOKEN).validate(url, form, signature)
        self.headers.append(dict(request.headers))
        self.forms.append((f"/{path}", form))
        self.arrived.set()
        if not valid:
            return Response("forged", status_code=403)
        return Response(self.twiml.get(f"/{path}", "<Response/>"), media_type="text/xml")

    async def _media(self, ws: WebSocket) -> None:
        await ws.accept()
        self.stream_headers = dict(ws.headers) | {"path": str(ws.url)}
        conversation = Conversation(ws, self.received)
        with contextlib.suppress(WebSocketDisconnect):
            await (self.talk or echo)(conversation)
            await ws.close()


async def echo(conversation: Conversation) -> None:
    """Send back every frame, until the carrier stops."""
    while (message := await conversation.hear())["event"] != "stop":
        if message["event"] == "media":
            await conversation.send("media", media={"payload": message["media"]["payload"]})


@contextlib.asynccontextmanager
async def service() -> AsyncIterator[Service]:
    """Run the service."""
    told = Service()
    async with serving(told.app()) as url:
        told.url = url
        yield told
