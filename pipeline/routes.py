"""What the carrier, the load balancer and Prometheus call: webhooks, the media stream, health."""

import asyncio
import time
from typing import Any
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from fastapi import APIRouter, Request, Response, WebSocket
from fastapi.responses import JSONResponse
from loguru import logger
from prometheus_client import CONTENT_TYPE_LATEST

from pipeline import prompt, telephony
from pipeline.call import Switchboard, answer
from pipeline.sentences import sentences
from pipeline.telephony import StreamRefused
from shop.identity import number_trust
from store.errors import DatabaseUnavailable

START_TIMEOUT_S = 10.0
"""Twilio sends `start` with the first messages; a peer that stays silent is not Twilio."""

MAX_FORM_BYTES = 64 * 1024
"""Twilio's forms are about 2 kB; more is refused before it is read."""

PING_TIMEOUT_S = 1.0
"""How long a readiness check waits for each dependency."""

POLICY_VIOLATION = 1008
"""The WebSocket close code for a peer that may not have what it asks for."""

routes = APIRouter()


def switchboard(connection: Request | WebSocket) -> Switchboard:
    """Return what the server's lifespan built."""
    board: Switchboard = connection.app.state.switchboard
    return board


@routes.post("/api/v1/webhooks/inbound-call")
async def inbound_call(request: Request) -> Response:
    """Answer a ringing call with TwiML that connects it to the media stream."""
    began = time.perf_counter()
    board = switchboard(request)
    form = await signed_form(request, board)
    if form is None:
        board.metrics.refused.labels("signature").inc()
        return Response("Forbidden: X-Twilio-Signature is missing or wrong\n", status_code=403)
    call_sid, to_number = form.get("CallSid", ""), form.get("To", "")
    log = logger.bind(call_sid=call_sid)
    if board.calls.draining or board.calls.full:
        reason = "draining" if board.calls.draining else "full"
        board.metrics.refused.labels(reason).inc()
        log.bind(reason=reason).warning("call_turned_away")
        sentence = prompt.NOT_OPEN_YET if board.calls.draining else prompt.ALL_BUSY
        language = board.settings.language
        return _twiml(telephony.turn_away(sentences(language)(sentence), language))
    board.calls.expect(call_sid)
    phone = telephony.phone_number(form.get("From", ""))
    # Looked up while it rings, so that the cache is warm when the stream opens.
    trust = number_trust(form.get("StirVerstat", ""))
    call = await board.who_is(phone, call_sid, trust)
    token = board.tokens.issue(call_sid, phone or "", to_number, attestation=trust)
    twiml = telephony.connect_stream(
        stream_url(board),
        {"token": token, "from": phone or "", "to": to_number, "attestation": trust},
    )
    seconds = time.perf_counter() - began
    board.metrics.webhook.observe(seconds)
    log.bind(ms=round(seconds * 1000), known=call.customer is not None).info("call_ringing")
    return _twiml(twiml)


@routes.websocket("/api/v1/voice/media-stream")
async def media_stream(websocket: WebSocket) -> None:
    """Hold a call, for a stream that brings the token its webhook handed out."""
    board = switchboard(websocket)
    await websocket.accept()
    try:
        async with asyncio.timeout(START_TIMEOUT_S):
            start = await telephony.read_start(websocket)
            await board.tokens.redeem(start)
    except (StreamRefused, TimeoutError) as exc:
        board.metrics.refused.labels("stream").inc()
        logger.bind(reason=str(exc) or "no start in time").warning("stream_refused")
        await close_quietly(websocket)
        return
    await answer(board, websocket, start)


@routes.get("/healthz")
async def healthz() -> dict[str, str]:
    """Say that the process lives."""
    return {"status": "alive"}


@routes.get("/readyz")
async def readyz(request: Request) -> Response:
    """Say whether this server takes calls, and what is degraded."""
    board = switchboard(request)
    degraded = [] if await board.store.cache.ping() else ["redis"]
    degraded += ["calendar"] if board.store.mirror.stale else []
    reasons = []
    try:
        await board.store.ping_database(PING_TIMEOUT_S)
    except DatabaseUnavailable as exc:
        reasons.append(f"database: {exc}")
    if board.calls.draining:
        reasons.append("the server is stopping")
    body: dict[str, Any] = {
        "status": "unavailable" if reasons else "ready",
        "reasons": reasons,
        "degraded": degraded,
        "calls": len(board.calls.records),
        "max_calls": board.calls.limit,
    }
    return JSONResponse(body, status_code=503 if reasons else 200)


@routes.get("/metrics")
async def metrics(request: Request) -> Response:
    """Return Prometheus metrics."""
    return Response(switchboard(request).metrics.render(), media_type=CONTENT_TYPE_LATEST)


async def signed_form(request: Request, board: Switchboard) -> dict[str, str] | None:
    """Return the form Twilio signed, None when its signature is missing or wrong.

    The signature covers the address Twilio called, which is PUBLIC_URL's, whatever a proxy made
    of it on the way here.
    """
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_FORM_BYTES:
            return None
    fields = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    signature = request.headers.get("X-Twilio-Signature", "")
    settings = board.settings
    if not telephony.signature_is_valid(
        settings.twilio_auth_token, settings.public_url, path, fields, signature
    ):
        return None
    return fields


async def close_quietly(websocket: WebSocket) -> None:
    """Close a stream that was refused; a peer that is gone already needs no closing."""
    try:
        await websocket.close(POLICY_VIOLATION)
    except RuntimeError:
        logger.debug("the peer closed first")


def stream_url(board: Switchboard) -> str:
    """Return the media stream's address under PUBLIC_URL."""
    parts = urlsplit(board.settings.public_url)
    scheme = "ws" if parts.scheme == "http" else "wss"
    path = parts.path + "/api/v1/voice/media-stream"
    return urlunsplit((scheme, parts.netloc, path, "", ""))


def _twiml(text: str) -> Response:
    return Response(text, media_type="text/xml")
