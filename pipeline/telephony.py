"""What Twilio says and wants to hear: signatures, TwiML, stream tokens, the media stream's wire."""

import base64
import binascii
import hashlib
import hmac
import json
import re
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, get_args

from fastapi import WebSocket, WebSocketDisconnect
from pipecat.frames.frames import Frame
from pipecat.serializers.twilio import TwilioFrameSerializer
from twilio.request_validator import RequestValidator
from twilio.twiml.voice_response import VoiceResponse

from shop.identity import Trust

TOKEN_LIFE_S = 120
"""Twilio opens the stream within a second or two of our answer; two minutes forgive a slow one."""

MAX_MESSAGE_BYTES = 16 * 1024
"""A 20 ms frame is about 300 bytes of JSON; nothing Twilio sends comes near this."""

START_MESSAGES = 5
"""`connected`, then `start`: whoever needs more messages than this is not Twilio."""


_E164 = re.compile(r"\+[1-9]\d{7,14}", re.ASCII)
_WITHHELD = ("+266696687", "+7378742833", "+2562533", "+8656696", "+86282452253")
"""ANONYMOUS, RESTRICTED, BLOCKED, UNKNOWN and UNAVAILABLE as keypad digits."""


class StreamRefused(Exception):
    """The peer of the media stream did not bring what our webhook handed out."""


@dataclass(frozen=True, slots=True)
class StreamStart:
    """What the `start` message of a media stream says."""

    stream_sid: str
    call_sid: str
    from_number: str | None
    to_number: str
    token: str
    attestation: Trust = "full"


def signature_is_valid(
    auth_token: str, public_url: str, path: str, form: Mapping[str, Any], signature: str
) -> bool:
    """Check Twilio's signature of a form posted to `path` (with its query) under `public_url`.

    The public address counts, not the one a proxy forwarded to.
    """
    validator = RequestValidator(auth_token)
    return bool(validator.validate(public_url + path, form, signature))


def connect_stream(stream_url: str, parameters: Mapping[str, str], before: str = "") -> str:
    """Return TwiML that connects the call to our media stream, after saying what goes before.

    Values travel as `<Parameter>`s, since Twilio drops the query of a stream's address.
    """
    response = VoiceResponse()
    if before:
        response.say(before)
    stream = response.connect().stream(url=stream_url)
    for name, value in parameters.items():
        stream.parameter(name=name, value=value)
    return str(response)


def phone_number(raw: str) -> str | None:
    """Return the caller's number in E.164, None where the carrier withheld it.

    Twilio writes a withheld number as a word or as that word typed on a keypad.
    """
    if raw in _WITHHELD or not _E164.fullmatch(raw):
        return None
    return raw


def turn_away(sentence: str, language: str = "en") -> str:
    """Return TwiML that says one sentence, in the carrier's voice for `language`, and hangs up."""
    response = VoiceResponse()
    response.say(sentence, **({"language": "es-MX"} if language == "es" else {}))
    response.hangup()
    return str(response)


class StreamTokens:
    """One-use tokens that tie a media stream to the webhook that was answered for its call.

    A token is `expiry.nonce.signature`, bound to the call's sid, both numbers and what the
    caller's is worth, so that any process with the same Twilio credentials can check it and none
    of them needs a shared store. `claim` says whether a nonce is fresh (shared memory such as
    Redis; None when that is away): then this process's own memory has to do.
    """

    def __init__(
        self, auth_token: str, claim: Callable[[str, int], Awaitable[bool | None]]
    ) -> None:
        self._key = hashlib.sha256(b"media-stream token\0" + auth_token.encode()).digest()
        self._claim = claim
        self._seen: dict[str, float] = {}

    def issue(
        self,
        call_sid: str,
        from_number: str,
        to_number: str,
        now_s: float | None = None,
        *,
        attestation: Trust = "full",
    ) -> str:
        """Return a fresh token for this call, good for TOKEN_LIFE_S seconds."""
        expiry = int((time.time() if now_s is None else now_s) + TOKEN_LIFE_S)
        body = f"{expiry}.{secrets.token_urlsafe(16)}"
        return f"{body}.{self._sign(body, call_sid, from_number, to_number, attestation)}"

    async def redeem(self, start: StreamStart, now_s: float | None = None) -> None:
        """Use up a stream's token; raises StreamRefused when it is forged, stale or used."""
        now_s = time.time() if now_s is None else now_s
        body, _, signature = start.token.rpartition(".")
        expected = self._sign(
            body, start.call_sid, start.from_number or "", start.to_number, start.attestation
        )
        if not hmac.compare_digest(signature.encode(), expected.encode()):
            raise StreamRefused("the token was not issued for this call")
        expiry, _, nonce = body.partition(".")
        if int(expiry) < now_s:
            raise StreamRefused("the token has expired")
        fresh_here = self._remember(nonce, now_s)
        fresh_anywhere = await self._claim(f"token:{nonce}", TOKEN_LIFE_S)
        if not fresh_here or fresh_anywhere is False:
            raise StreamRefused("the token was used already")

    def _remember(self, nonce: str, now_s: float) -> bool:
        self._seen = {n: until for n, until in self._seen.items() if until > now_s}
        if nonce in self._seen:
            return False
        self._seen[nonce] = now_s + TOKEN_LIFE_S
        return True

    def _sign(self, *parts: str) -> str:
        digest = hmac.new(self._key, "\0".join(parts).encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")


async def read_start(websocket: WebSocket) -> StreamStart:
    """Wait for the stream's `start`; raises StreamRefused on anything Twilio would not send."""
    for _ in range(START_MESSAGES):
        try:
            message = parse_message(await websocket.receive_text())
        except (KeyError, WebSocketDisconnect) as exc:
            raise StreamRefused("the stream closed or sent bytes before it started") from exc
        if message is None:
            raise StreamRefused("the stream sent something malformed")
        if message.get("event") == "start":
            return _start(message)
    raise StreamRefused("the stream did not start")


def _start(message: dict[str, Any]) -> StreamStart:
    start = message.get("start")
    custom = start.get("customParameters") if isinstance(start, dict) else None
    if not isinstance(start, dict) or not isinstance(custom, dict):
        raise StreamRefused("the start message is incomplete")
    given = {
        "stream_sid": start.get("streamSid"),
        "call_sid": start.get("callSid"),
        **{name: custom.get(name) for name in ("token", "from", "to")},
    }
    if not all(isinstance(value, str) and len(value) <= 500 for value in given.values()):
        raise StreamRefused("the start message is incomplete")
    attestation = custom.get("attestation", "full")
    if attestation not in get_args(Trust):
        raise StreamRefused("the start message is incomplete")
    return StreamStart(
        stream_sid=str(given["stream_sid"]),
        call_sid=str(given["call_sid"]),
        from_number=given["from"] or None,
        to_number=str(given["to"]),
        token=str(given["token"]),
        attestation=attestation,
    )


def parse_message(data: str | bytes) -> dict[str, Any] | None:
    """Return a media stream message, None for anything that cannot be one."""
    if isinstance(data, bytes) or len(data) > MAX_MESSAGE_BYTES:
        return None
    try:
        message = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return message if isinstance(message, dict) else None


class MediaStreamSerializer(TwilioFrameSerializer):
    """Pipecat's Twilio serializer, deaf to malformed messages, and aware of `stop`.

    Pipecat's own raises on JSON that is no object and on bad base64, which would end the call's
    receive loop, and ignores `stop`; `on_stop` is awaited when Twilio says the stream is over.
    It ignores marks too: `on_mark` is called with the name of each that comes back.
    """

    on_stop: Callable[[], Awaitable[None]] | None = None
    on_mark: Callable[[str], None] | None = None

    def mark(self, name: str) -> str:
        """Return the message that asks for `name` back once the sound before it was played."""
        return json.dumps({"event": "mark", "streamSid": self._stream_sid, "mark": {"name": name}})

    def caller_is_gone(self) -> None:
        """Leave the hang-up out: there is no call any more that could be ended."""
        self._hangup_attempted = True

    async def deserialize(self, data: str | bytes) -> Frame | None:
        """Return the frame of one message, None for what is malformed or not for the pipeline."""
        message = parse_message(data)
        if message is None or message.get("streamSid", self._stream_sid) != self._stream_sid:
            return None
        event = message.get("event")
        if event == "stop":
            self.caller_is_gone()
            if self.on_stop:
                await self.on_stop()
            return None
        if event == "mark":
            name = _mark_name(message.get("mark"))
            if name and self.on_mark:
                self.on_mark(name)
            return None
        if event == "media" and not _is_audio(message.get("media")):
            return None
        if event == "dtmf" and not isinstance(message.get("dtmf"), dict):
            return None
        return await super().deserialize(data)


def _mark_name(mark: Any) -> str | None:
    name = mark.get("name") if isinstance(mark, dict) else None
    return name if isinstance(name, str) else None


def _is_audio(media: Any) -> bool:
    if not isinstance(media, dict) or media.get("track", "inbound") != "inbound":
        return False
    try:
        return bool(base64.b64decode(media["payload"], validate=True))
    except (KeyError, TypeError, ValueError, binascii.Error):
        return False
