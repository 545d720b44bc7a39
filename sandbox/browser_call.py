"""One call of a browser: sound and news between its socket and a leg of the carrier."""

import asyncio
import contextlib
import json
import re
from collections.abc import Mapping
from typing import Any

import numpy as np
from fastapi import WebSocket, WebSocketDisconnect, status

from sandbox.story import Records
from sandbox.twilio import mulaw
from sandbox.twilio.leg import Leg
from sandbox.twilio.mulaw import Pcm

SAMPLE_BYTES = 2
FRAME_BYTES = mulaw.FRAME_BYTES * SAMPLE_BYTES
"""20 ms of 8 kHz PCM16."""

START_BYTES = 3 * FRAME_BYTES
"""60 ms wait before speech begins to flow: a browser's timers are late by up to about 40 ms."""
CALM_BYTES = 6 * FRAME_BYTES
"""More than 120 ms is a burst that has left delay behind: pauses are shortened until it is gone."""
MOST_BYTES = 15 * FRAME_BYTES
"""Of a burst, the newest 300 ms are kept."""
QUIET = 300
"""Samples below this (-41 dBFS) are a pause."""

MOST_WAITING = 50
"""Messages that may wait for a slow browser; more sound than that (1 s) is dropped."""
LARGEST_MESSAGE = 64 * 1024

_KEYS = re.compile(r"[0-9*#]{1,32}")

_ENDINGS: Mapping[str, str] = {
    "caller_hung_up": "You hung up.",
    "server_hung_up": "The shop hung up.",
    "twiml_hangup": "The shop hung up.",
    "stream_closed": "The shop hung up.",
    "twiml_ended": "The shop ended the call.",
    "rejected": "The shop did not take the call.",
    "application_error": "The service did not answer as it should; its log says why.",
}


class BadMessage(Exception):
    """Something that no softphone sends; `code` closes its socket and the message says why."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code


class Microphone:
    """Speech on its way from a browser, which sends unevenly, to the line, which takes 20 ms."""

    def __init__(self) -> None:
        self._samples = bytearray()
        self._flowing = False

    def hear(self, samples: bytes) -> None:
        """Add PCM16 samples; of more than MOST_BYTES the oldest are dropped."""
        self._samples += samples
        excess = len(self._samples) - MOST_BYTES
        if excess > 0:
            del self._samples[:excess]

    def next_frame(self) -> Pcm | None:
        """Take 20 ms; None while too little is there to go on without a gap."""
        if len(self._samples) < (FRAME_BYTES if self._flowing else START_BYTES):
            self._flowing = False
            return None
        self._flowing = True
        frame = self._take()
        if len(self._samples) >= CALM_BYTES and int(np.abs(frame.astype(np.int32)).max()) < QUIET:
            frame = self._take()
        return frame

    def _take(self) -> Pcm:
        frame = np.frombuffer(bytes(self._samples[:FRAME_BYTES]), dtype="<i2").astype(np.int16)
        del self._samples[:FRAME_BYTES]
        return frame


class BrowserCall:
    """One browser on one leg, until either is gone."""

    def __init__(self, ws: WebSocket, leg: Leg, records: Records | None) -> None:
        self._ws = ws
        self._leg = leg
        self._records = records
        self._microphone = Microphone()
        self._outbox: asyncio.Queue[bytes | Mapping[str, Any]] = asyncio.Queue()
        leg.on_audio = self._hear

    async def run(self) -> None:
        """Carry sound and news both ways; at the end the leg is hung up and the socket closed."""
        receiving = asyncio.create_task(self._receive())
        working = [asyncio.create_task(self._send()), asyncio.create_task(self._tell())]
        code, reason = status.WS_1000_NORMAL_CLOSURE, ""
        try:
            await asyncio.wait((receiving, *working), return_when=asyncio.FIRST_COMPLETED)
            if receiving.done():
                receiving.result()
        except BadMessage as exc:
            code, reason = exc.code, str(exc)
        finally:
            self._leg.on_audio = None
            for task in (receiving, *working):
                task.cancel()
            done = await asyncio.gather(receiving, *working, return_exceptions=True)
            await self._leg.hang_up()
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):  # closed from the other side
            await self._ws.close(code, reason)
        for result in done:
            if isinstance(result, Exception) and not isinstance(result, _EXPECTED):
                raise result

    def _hear(self, frame: bytes, _at_s: float) -> None:
        """Move 20 ms each way; the line calls this on its own clock."""
        if self._outbox.qsize() < MOST_WAITING:
            self._outbox.put_nowait(mulaw.decode(frame).astype("<i2").tobytes())
        if self._leg.stream and self._leg.line.speaking_ms == 0:
            spoken = self._microphone.next_frame()
            if spoken is not None:
                self._leg.say(spoken)

    async def _receive(self) -> None:
        while True:
            message = await self._ws.receive()
            if message["type"] == "websocket.disconnect":
                return
            self._obey(message.get("bytes"), message.get("text"))

    def _obey(self, samples: bytes | None, text: str | None) -> None:
        if len(samples or text or "") > LARGEST_MESSAGE:
            raise BadMessage(status.WS_1009_MESSAGE_TOO_BIG, "A message of at most 64 KiB.")
        if samples is not None:
            if len(samples) % SAMPLE_BYTES:
                raise BadMessage(_MALFORMED, "Sound is whole 16-bit samples.")
            self._microphone.hear(samples)
            return
        wish = _wish(text or "")
        if keys := wish.get("press"):
            if not isinstance(keys, str) or not _KEYS.fullmatch(keys):
                raise BadMessage(_MALFORMED, "Keys are 0 to 9, * and #.")
            self._leg.press(keys)
        if wish.get("hang_up") is True:
            self._leg.end("caller_hung_up")

    async def _send(self) -> None:
        while True:
            message = await self._outbox.get()
            if isinstance(message, bytes):
                await self._ws.send_bytes(message)
            else:
                await self._ws.send_text(json.dumps(message))
            self._outbox.task_done()

    async def _tell(self) -> None:
        """Tell the page how the call goes; returns when it is over and all is told."""
        leg = self._leg
        self._outbox.put_nowait({"state": "ringing", "call_sid": leg.call_sid})
        story = asyncio.create_task(self._tell_story())
        try:
            await leg.connected.wait()
            if not leg.ended.is_set():
                self._outbox.put_nowait({"state": "talking"})
            await leg.ended.wait()
            self._outbox.put_nowait({"state": "ended", "reason": _ending(leg)})
            await story
        finally:
            story.cancel()
        await self._outbox.join()

    async def _tell_story(self) -> None:
        if self._records:
            async for news in self._records.follow(self._leg.call_sid, self._leg.ended):
                self._outbox.put_nowait(news)


_MALFORMED = status.WS_1007_INVALID_FRAME_PAYLOAD_DATA
_EXPECTED = (BadMessage, WebSocketDisconnect)


def _wish(text: str) -> Mapping[str, Any]:
    try:
        wish = json.loads(text)
    except (ValueError, RecursionError):
        wish = None
    if not isinstance(wish, dict):
        raise BadMessage(_MALFORMED, "Text is one JSON object.")
    return wish


def _ending(leg: Leg) -> str:
    """Say how a call ended, in words for the page."""
    said = " ".join(leg.spoken_by_twiml)
    why = _ENDINGS.get(leg.end_reason or "", "The call is over.")
    return f"{why} It said: {said}" if said else why
