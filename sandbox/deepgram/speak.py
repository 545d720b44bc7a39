"""Text to speech on the vendor's wire: the /v1/speak WebSocket and its POST twin."""

import asyncio
import contextlib
import json
import time
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from sandbox.deepgram.codec import encode, resample, wav_header
from sandbox.deepgram.request import (
    RefusedError,
    SpeakOptions,
    check_key,
    new_request_id,
    refuse,
    speak_options,
)
from sandbox.deepgram.rules import BrokenRuleError, SpeakLimits, WindowedCount, parse
from sandbox.deepgram.sentences import as_words, split_ready
from sandbox.latency import Latency
from sandbox.voice import Voice

_MODEL_UUID = "ecb76e9d-f2db-4127-8060-79b05590d22f"


@dataclass(frozen=True, slots=True)
class _Sentence:
    text: str
    due_s: float


@dataclass(frozen=True, slots=True)
class _Mark:
    """The point in the speech at which to say Flushed, or (None) to end."""

    sequence_id: int | None


class Speak:
    """Serves /v1/speak for any number of clients with one voice."""

    def __init__(
        self, voice: Voice, latency: Latency, *, api_key: str | None, limits: SpeakLimits
    ) -> None:
        self.voice = voice
        self.latency = latency
        self.limits = limits
        self._api_key = api_key

    async def serve(self, websocket: WebSocket) -> None:
        """One WebSocket from handshake to close."""
        request_id = new_request_id()
        try:
            subprotocol = check_key(websocket.headers, self._api_key)
            options = speak_options(websocket.query_params, websocket=True)
        except RefusedError as refused:
            await refuse(websocket, refused, request_id)
            return
        await websocket.accept(subprotocol, [(b"dg-request-id", request_id.encode())])
        await _Session(self, websocket, options, request_id).run()

    async def post(self, request: Request) -> Response:
        """One text, answered with its audio as it is made."""
        request_id = new_request_id()
        asked_s = time.monotonic()
        try:
            check_key(request.headers, self._api_key)
            options = speak_options(request.query_params, websocket=False)
            text = await self._body_text(request)
        except RefusedError as refused:
            return refused.response(request_id)
        except ClientDisconnect:
            return Response(status_code=499)
        headers = {
            "dg-request-id": request_id,
            "dg-model-name": options.model,
            "dg-model-uuid": _MODEL_UUID,
            "dg-char-count": str(len(text)),
        }
        due_s = asked_s + self.latency.sample_s("tts_first_audio")
        media_type = {"linear16": "audio/l16", "mulaw": "audio/mulaw", "alaw": "audio/alaw"}
        kind = "audio/wav" if options.container == "wav" else media_type[options.encoding]
        return StreamingResponse(
            self._stream(text, options, due_s), headers=headers, media_type=kind
        )

    async def _body_text(self, request: Request) -> str:
        body = b""
        async for piece in request.stream():
            body += piece
            if len(body) > self.limits.message_bytes:
                raise RefusedError(413, "PAYLOAD_TOO_LARGE", "The request body is too large.")
        try:
            text = json.loads(body)["text"]
        except (ValueError, KeyError, TypeError, RecursionError):
            text = None
        if not isinstance(text, str):
            raise RefusedError(400, "INVALID_JSON", "The body must be JSON with a string 'text'.")
        if not text.strip():
            raise RefusedError(400, "EMPTY_TEXT", "The text must not be empty.")
        if len(text) > self.limits.chars_per_message:
            raise RefusedError(413, "TEXT_TOO_LONG", "The text is longer than 2000 characters.")
        return text

    async def _stream(self, text: str, options: SpeakOptions, due_s: float) -> AsyncIterator[bytes]:
        sentences, rest = split_ready(text)
        parts = [encode(await self._say(s, options), options.encoding) for s in [*sentences, rest]]
        if options.container == "wav":
            size = sum(len(part) for part in parts)
            parts.insert(0, wav_header(options.encoding, options.rate_hz, size))
        await asyncio.sleep(max(0.0, due_s - time.monotonic()))
        for part in parts:
            yield part

    async def _say(self, text: str, options: SpeakOptions) -> Any:
        return resample(await self.voice.synthesise(text.strip()), options.rate_hz)


class _Session:
    """One open /v1/speak socket: text comes in, and a second task speaks it in order."""

    def __init__(
        self, owner: Speak, websocket: WebSocket, options: SpeakOptions, request_id: str
    ) -> None:
        self._owner = owner
        self._socket = websocket
        self._options = options
        self._request_id = request_id
        self._limits = owner.limits
        self._buffer = ""
        self._jobs: deque[_Sentence | _Mark] = deque()
        self._arrived = asyncio.Event()
        self._generation = 0
        self._flushes = 0
        self._clears = 0
        self._chars = WindowedCount(self._limits.chars_per_window, self._limits.window_s)
        self._flush_rate = WindowedCount(self._limits.flushes_per_window, self._limits.window_s)

    async def run(self) -> None:
        """Until either side closes."""
        await self._send(
            type="Metadata",
            request_id=self._request_id,
            model_name=self._options.model,
            model_version="2025-05-06.0",
            model_uuid=_MODEL_UUID,
        )
        tasks = {asyncio.create_task(self._read()), asyncio.create_task(self._speak())}
        try:
            async with asyncio.timeout(self._limits.session_s):
                done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
            for task in done:
                task.result()
            await self._close(1000, "")
        except BrokenRuleError as broken:
            with contextlib.suppress(WebSocketDisconnect, RuntimeError):
                await self._send(type="Error", description=str(broken), code=broken.code)
                await self._close(broken.close_code, f"{broken.code}: {broken}")
        except TimeoutError:
            await self._close(1011, "NET-0001: the socket was open for too long")
        except (WebSocketDisconnect, RuntimeError):
            pass  # The client is gone, possibly in the middle of a message to it.
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _read(self) -> None:
        """Take messages until Close."""
        while True:
            message = await self._socket.receive()
            if message["type"] == "websocket.disconnect":
                raise WebSocketDisconnect(message.get("code", 1005))
            text = message.get("text")
            if text is None:
                raise BrokenRuleError(1003, "MESSAGE-0000", "Only text messages are understood.")
            if await self._take(parse(text, self._limits.message_bytes)):
                return

    async def _take(self, message: dict[str, Any]) -> bool:
        """Do what one message asks for; true after Close."""
        match message.get("type"):
            case "Speak":
                await self._on_speak(message.get("text"))
            case "Flush":
                await self._on_flush()
            case "Clear":
                await self._on_clear()
            case "Close":
                self._queue_rest()
                self._queue(_Mark(None))
                return True
            case _:
                raise BrokenRuleError(1008, "DATA-0000", "The message type is not known.")
        return False

    async def _on_speak(self, text: object) -> None:
        if not isinstance(text, str):
            raise BrokenRuleError(1008, "DATA-0000", "Speak needs a string 'text'.")
        if len(text) > self._limits.chars_per_message:
            raise BrokenRuleError(1008, "DATA-0001", "Speak takes at most 2000 characters.")
        if self._limits.enforced and not self._chars.admit(len(text), time.monotonic()):
            await self._warn("TEXT_RATE_LIMIT", "More than 2400 characters in a minute: ignored.")
            return
        ready, self._buffer = split_ready(as_words(self._buffer + text))
        for sentence in ready:
            self._queue_sentence(sentence)

    async def _on_flush(self) -> None:
        if self._limits.enforced and not self._flush_rate.admit(1, time.monotonic()):
            await self._warn("EXCESSIVE_FLUSH", "More than 20 Flush in 60 seconds: ignored.")
            return
        self._queue_rest()
        self._queue(_Mark(self._flushes))
        self._flushes += 1

    async def _on_clear(self) -> None:
        self._generation += 1
        self._buffer = ""
        self._jobs.clear()
        sequence_id, self._clears = self._clears, self._clears + 1
        await self._send(type="Cleared", sequence_id=sequence_id)

    def _queue_rest(self) -> None:
        if self._buffer.strip():
            self._queue_sentence(self._buffer.strip())
        self._buffer = ""

    def _queue_sentence(self, text: str) -> None:
        due_s = time.monotonic() + self._owner.latency.sample_s("tts_first_audio")
        self._queue(_Sentence(text, due_s))

    def _queue(self, job: _Sentence | _Mark) -> None:
        self._jobs.append(job)
        self._arrived.set()

    async def _speak(self) -> None:
        """Speak what is queued, in order, until the end mark."""
        while True:
            while not self._jobs:
                self._arrived.clear()
                await self._arrived.wait()
            job = self._jobs.popleft()
            if isinstance(job, _Sentence):
                await self._say(job)
            elif job.sequence_id is None:
                return
            else:
                await self._send(type="Flushed", sequence_id=job.sequence_id)

    async def _say(self, job: _Sentence) -> None:
        generation = self._generation
        pcm = resample(await self._owner.voice.synthesise(job.text), self._options.rate_hz)
        await asyncio.sleep(max(0.0, job.due_s - time.monotonic()))
        step = self._options.rate_hz * self._limits.chunk_ms // 1000
        gap_s = self._limits.chunk_ms / 1000 / self._limits.pace if self._limits.pace else 0.0
        for start in range(0, len(pcm), step):
            if generation != self._generation:
                return
            chunk = encode(pcm[start : start + step], self._options.encoding)
            await self._socket.send_bytes(chunk)
            await asyncio.sleep(gap_s)  # lets a Clear in, even with no pace

    async def _warn(self, code: str, description: str) -> None:
        await self._send(type="Warning", description=description, code=code)

    async def _send(self, **message: object) -> None:
        await self._socket.send_text(json.dumps(message))

    async def _close(self, code: int, reason: str) -> None:
        if self._socket.application_state is WebSocketState.CONNECTED:
            await self._socket.close(code, reason[:120])
