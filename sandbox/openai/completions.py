"""OpenAI's Chat Completions on the wire: routes, streamed chunks, usage, errors."""

import asyncio
import json
import logging
import secrets
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from starlette.requests import ClientDisconnect

from sandbox.latency import Latency
from sandbox.openai.chat import ChatRequest, Receptionist, Reply, ToolCall
from sandbox.openai.receptionist import answer
from sandbox.openai.tokens import PromptCache, count, pieces
from sandbox.openai.validation import Rejected, read_request

_TOKEN_PACE_S = 0.015  # about 65 tokens a second, an ordinary GPT-4o stream
_SNAPSHOTS = {
    "gpt-4o": "gpt-4o-2024-08-06",
    "gpt-4o-mini": "gpt-4o-mini-2024-07-18",
    "gpt-4.1": "gpt-4.1-2025-04-14",
    "gpt-4.1-mini": "gpt-4.1-mini-2025-04-14",
}
_log = logging.getLogger("sandbox.openai")


@dataclass(frozen=True, slots=True)
class _Completion:
    """One answer on its way: what every chunk of it carries."""

    id: str
    created: int
    model: str
    request: ChatRequest
    reply: Reply
    usage: Mapping[str, Any]
    finish_reason: str

    def chunk(self, choices: list[dict[str, Any]], usage: Any = None) -> bytes:
        body: dict[str, Any] = {
            "id": self.id,
            "object": "chat.completion.chunk",
            "created": self.created,
            "model": self.model,
            "service_tier": "default",
            "system_fingerprint": "fp_07871e2ad8",
            "choices": choices,
        }
        if self.request.include_usage:
            body["usage"] = usage
        if self.request.include_obfuscation:
            body["obfuscation"] = secrets.token_urlsafe(9)[: 4 + secrets.randbelow(8)]
        return b"data: " + json.dumps(body, separators=(",", ":")).encode() + b"\n\n"

    def delta(self, delta: dict[str, Any], finish_reason: str | None = None) -> bytes:
        """Make a chunk of the only choice."""
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        return self.chunk([choice])


def router(
    *, latency: Latency, api_key: str | None = None, receptionist: Receptionist = answer
) -> APIRouter:
    """Build the vendor's routes, `/v1/...`; without `api_key` any non-empty key is accepted."""
    routes = APIRouter()
    cache = PromptCache()

    @routes.post("/v1/chat/completions")
    async def create(request: Request) -> Response:
        started = time.monotonic()
        try:
            _authorize(request, api_key)
            body = await _json_body(request)
            chat = read_request(body)
        except Rejected as refusal:
            return _refuse(refusal)
        except ClientDisconnect:  # interrupted while it was still asking: nobody hears an answer
            return Response(status_code=499)
        completion = _complete(chat, receptionist, cache.measure(body))
        delay_s = latency.sample_s("llm_first_token")
        pace_s = 0.0 if latency.profile == "none" else _TOKEN_PACE_S
        if chat.stream:
            return StreamingResponse(
                _paced(request, completion, delay_s, pace_s),
                media_type="text/event-stream",
                headers=_headers(started),
            )
        await asyncio.sleep(delay_s + pace_s * completion.usage["completion_tokens"])
        return JSONResponse(_whole(completion), headers=_headers(started))

    @routes.get("/v1/models")
    async def models(request: Request) -> Response:
        try:
            _authorize(request, api_key)
        except Rejected as refusal:
            return _refuse(refusal)
        listed = [_model(name) for pair in _SNAPSHOTS.items() for name in pair]
        return JSONResponse({"object": "list", "data": listed}, headers=_headers(time.monotonic()))

    @routes.get("/v1/models/{name}")
    async def model(request: Request, name: str) -> Response:
        try:
            _authorize(request, api_key)
        except Rejected as refusal:
            return _refuse(refusal)
        if name not in {*_SNAPSHOTS, *_SNAPSHOTS.values()}:
            return _refuse(
                Rejected(f"The model '{name}' does not exist", status=404, code="model_not_found")
            )
        return JSONResponse(_model(name), headers=_headers(time.monotonic()))

    return routes


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": 1715367049, "owned_by": "system"}


def _headers(started: float) -> dict[str, str]:
    return {
        "x-request-id": f"req_{secrets.token_hex(16)}",
        "openai-processing-ms": str(round((time.monotonic() - started) * 1000)),
        "openai-organization": "bayline",
        "openai-version": "2020-10-01",
        "x-ratelimit-limit-requests": "10000",
        "x-ratelimit-remaining-requests": "9999",
        "x-ratelimit-limit-tokens": "2000000",
        "x-ratelimit-remaining-tokens": "1999000",
        "x-ratelimit-reset-requests": "6ms",
        "x-ratelimit-reset-tokens": "30ms",
    }


def _refuse(refusal: Rejected) -> Response:
    return JSONResponse(
        refusal.body, status_code=refusal.status, headers=_headers(time.monotonic())
    )


def _authorize(request: Request, api_key: str | None) -> None:
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    key = key.strip()
    if scheme.lower() != "bearer" or not key:
        raise Rejected(
            "You didn't provide an API key. You need to provide your API key in an Authorization "
            "header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY).",
            status=401,
        )
    if api_key is not None and not secrets.compare_digest(key.encode(), api_key.encode()):
        shown = f"{key[:4]}***{key[-4:]}" if len(key) > 12 else "***"
        raise Rejected(f"Incorrect API key provided: {shown}.", status=401, code="invalid_api_key")


async def _json_body(request: Request) -> Any:
    try:
        return json.loads(await request.body())
    except (ValueError, RecursionError):
        raise Rejected(
            "We could not parse the JSON body of your request. (HINT: This likely means you "
            "aren't using your HTTP library correctly. The OpenAI API expects a JSON payload, "
            "but what was sent was not valid JSON.)"
        ) from None


def _complete(
    chat: ChatRequest, receptionist: Receptionist, prompt: tuple[int, int]
) -> _Completion:
    reply, cut = _cut(_with_ids(receptionist(chat), chat), chat.max_tokens)
    prompt_tokens, cached_tokens = prompt
    completion_tokens = max(1, _reply_tokens(reply))
    usage = {
        "prompt_tokens": prompt_tokens,
        "completion_tokens": completion_tokens,
        "total_tokens": prompt_tokens + completion_tokens,
        "prompt_tokens_details": {"cached_tokens": cached_tokens, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": 0,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }
    named = chat.tool_choice not in ("none", "auto", "required")
    # With a function forced by name the vendor ends with "stop" although a call was made.
    finish = "tool_calls" if reply.tool_calls and not named else "stop"
    return _Completion(
        id=f"chatcmpl-{secrets.token_hex(14)}",
        created=int(time.time()),
        model=_SNAPSHOTS.get(chat.model, chat.model),
        request=chat,
        reply=reply,
        usage=usage,
        finish_reason="length" if cut else finish,
    )


def _with_ids(reply: Reply, chat: ChatRequest) -> Reply:
    calls = reply.tool_calls if chat.parallel_tool_calls else reply.tool_calls[:1]
    return Reply(
        reply.text,
        tuple(
            ToolCall(c.name, c.arguments, c.id or f"call_{secrets.token_hex(12)}") for c in calls
        ),
    )


def _cut(reply: Reply, max_tokens: int | None) -> tuple[Reply, bool]:
    if max_tokens is None or _reply_tokens(reply) <= max_tokens:
        return reply, False
    text, used = "", 0
    for piece in pieces(reply.text):
        used += count(piece)
        if used > max_tokens:
            break
        text += piece
    return Reply(text), True


def _reply_tokens(reply: Reply) -> int:
    return count(reply.text) + sum(6 + count(c.arguments) for c in reply.tool_calls)


def _whole(completion: _Completion) -> dict[str, Any]:
    reply = completion.reply
    message: dict[str, Any] = {
        "role": "assistant",
        "content": reply.text if reply.text or not reply.tool_calls else None,
        "refusal": None,
        "annotations": [],
    }
    if reply.tool_calls:
        message["tool_calls"] = [
            {
                "id": call.id,
                "type": "function",
                "function": {"name": call.name, "arguments": call.arguments},
            }
            for call in reply.tool_calls
        ]
    return {
        "id": completion.id,
        "object": "chat.completion",
        "created": completion.created,
        "model": completion.model,
        "choices": [
            {
                "index": 0,
                "message": message,
                "logprobs": None,
                "finish_reason": completion.finish_reason,
            }
        ],
        "usage": completion.usage,
        "service_tier": "default",
        "system_fingerprint": "fp_07871e2ad8",
    }


def _chunks(completion: _Completion) -> Iterator[bytes]:
    """Yield the stream's events, the first carrying the role."""
    reply = completion.reply
    first: dict[str, Any] = {"role": "assistant", "content": None, "refusal": None}
    if reply.text or not reply.tool_calls:
        yield completion.delta({**first, "content": ""})
        first = {}
        for piece in pieces(reply.text):
            yield completion.delta({"content": piece})
    for index, call in enumerate(reply.tool_calls):
        head = {
            "index": index,
            "id": call.id,
            "type": "function",
            "function": {"name": call.name, "arguments": ""},
        }
        yield completion.delta({**first, "tool_calls": [head]})
        first = {}
        for piece in pieces(call.arguments):
            part = {"index": index, "function": {"arguments": piece}}
            yield completion.delta({"tool_calls": [part]})


async def _paced(
    request: Request, completion: _Completion, delay_s: float, pace_s: float
) -> AsyncIterator[bytes]:
    """Send the events at a model's pace; stops when the client has gone."""
    sent = 0
    finished = False
    try:
        await asyncio.sleep(delay_s)
        for event in _chunks(completion):
            if await request.is_disconnected():
                return
            yield event
            sent += 1
            await asyncio.sleep(pace_s)
        yield completion.delta({}, completion.finish_reason)
        if completion.request.include_usage:
            yield completion.chunk([], usage=completion.usage)
        yield b"data: [DONE]\n\n"
        finished = True
    finally:
        if not finished:
            _log.info("%s stopped after %d events: the client has gone", completion.id, sent)
