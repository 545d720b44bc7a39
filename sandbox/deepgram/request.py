"""What a client may ask for: credentials and query parameters, and how the vendor refuses them."""

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast, get_args

from starlette.datastructures import Headers, QueryParams
from starlette.responses import JSONResponse
from starlette.websockets import WebSocket

from sandbox.deepgram.codec import Encoding
from sandbox.ears import RATE_HZ


class RefusedError(Exception):
    """A request turned down before anything is done, with the vendor's status and error code."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code

    def response(self, request_id: str) -> JSONResponse:
        """The vendor's answer: the reason in the body and, for WebSockets, in `dg-error`."""
        body = {"err_code": self.code, "err_msg": str(self), "request_id": request_id}
        headers = {"dg-error": str(self), "dg-request-id": request_id}
        return JSONResponse(body, self.status, headers)


@dataclass(frozen=True, slots=True)
class ListenOptions:
    """Query of /v1/listen, as far as it changes the answers."""

    model: str
    encoding: Encoding
    rate_hz: int
    interim_results: bool
    endpointing_ms: int | None
    utterance_end_ms: int | None
    vad_events: bool
    punctuate: bool


@dataclass(frozen=True, slots=True)
class SpeakOptions:
    """Query of /v1/speak, as far as it changes the answers."""

    model: str
    encoding: Encoding
    rate_hz: int
    container: str


def new_request_id() -> str:
    """A request id like the vendor's."""
    return str(uuid.uuid4())


def check_key(headers: Headers, api_key: str | None) -> str | None:
    """Compare the client's key with ours, if we want one; returns the subprotocol to accept with.

    The key comes as `Authorization: Token KEY` (or Bearer), or, from browsers, as the subprotocols
    `token, KEY`. Raises RefusedError (401).
    """
    scheme, _, key = headers.get("authorization", "").partition(" ")
    subprotocol = None
    if not key:
        offered = [p.strip() for p in headers.get("sec-websocket-protocol", "").split(",")]
        if len(offered) == 2 and offered[0].lower() in {"token", "bearer"}:
            scheme, key, subprotocol = offered[0], offered[1], offered[0]
    if api_key is None:
        return subprotocol
    if scheme.lower() not in {"token", "bearer"} or key.strip() != api_key:
        raise RefusedError(401, "INVALID_AUTH", "Invalid credentials.")
    return subprotocol


async def refuse(websocket: WebSocket, refused: RefusedError, request_id: str) -> None:
    """Answer the handshake with the refusal instead of 101."""
    await websocket.send_denial_response(refused.response(request_id))


def listen_options(query: QueryParams) -> ListenOptions:
    """Check the query of /v1/listen; raises RefusedError (400)."""
    model = query.get("model", "base-general")
    if not re.match(r"(nova|enhanced|base|whisper)\b", model):
        raise _bad("No such model/language/tier combination found.")
    if not query.get("encoding"):
        raise _bad("encoding: this stand-in takes raw audio only; name its encoding.")
    if _number(query, "channels", 1, 1, 16) != 1 or _flag(query, "multichannel", False):
        raise _bad("channels: this stand-in takes one channel.")
    for name in ("diarize", "dictation", "numerals", "profanity_filter", "detect_entities"):
        _flag(query, name, False)
    return ListenOptions(
        model=model,
        encoding=_encoding(query, ""),
        rate_hz=_number(query, "sample_rate", None, RATE_HZ, 48_000),
        interim_results=_flag(query, "interim_results", False),
        endpointing_ms=_endpointing(query.get("endpointing", "10")),
        utterance_end_ms=_number(query, "utterance_end_ms", 0, 0, 60_000) or None,
        vad_events=_flag(query, "vad_events", False),
        punctuate=_flag(query, "punctuate", False) or _flag(query, "smart_format", False),
    )


def speak_options(query: QueryParams, *, websocket: bool) -> SpeakOptions:
    """Check the query of /v1/speak; raises RefusedError (400)."""
    model = query.get("model", "aura-asteria-en")
    if not re.fullmatch(r"aura(-2)?-[a-z]+-[a-z]{2}", model):
        raise _bad("No such model found.")
    encoding = _encoding(query, "linear16")
    default = 24_000 if encoding == "linear16" else RATE_HZ
    container = query.get("container", "none" if websocket else "wav")
    if container not in {"none", "wav"} or (websocket and container != "none"):
        raise _bad(f"container: unsupported value {container[:40]!a}.")
    if (speed := query.get("speed")) is not None and not _is_speed(speed):
        raise _bad("speed: must be between 0.7 and 1.5.")
    rate_hz = _number(query, "sample_rate", default, RATE_HZ, 48_000)
    return SpeakOptions(model, encoding, rate_hz, container)


def _bad(message: str) -> RefusedError:
    return RefusedError(400, "INVALID_QUERY_PARAMETER", message)


def _is_speed(text: str) -> bool:
    try:
        return 0.7 <= float(text) <= 1.5
    except ValueError:
        return False


def _flag(query: Mapping[str, str], name: str, default: bool) -> bool:
    text = query.get(name)
    if text is None:
        return default
    if text.lower() not in {"true", "false"}:
        raise _bad(f"{name}: expected true or false, got {text[:40]!a}.")
    return text.lower() == "true"


def _number(query: Mapping[str, str], name: str, default: int | None, low: int, high: int) -> int:
    text = query.get(name)
    text = text and text[:40]
    if text is None and default is not None:
        return default
    if text is None or not re.fullmatch(r"[0-9]{1,9}", text) or not low <= int(text) <= high:
        raise _bad(f"{name}: expected {low} to {high}, got {text!a}.")
    return int(text)


def _encoding(query: Mapping[str, str], default: str) -> Encoding:
    text = query.get("encoding", default)
    if text not in get_args(Encoding):
        raise _bad(f"encoding: unsupported value {text[:40]!a}.")
    return cast("Encoding", text)


def _endpointing(text: str) -> int | None:
    """Milliseconds of silence that end an utterance; None when switched off."""
    if text.lower() == "false":
        return None
    if text.lower() == "true":
        return 10
    return _number({"endpointing": text}, "endpointing", None, 0, 60_000)
