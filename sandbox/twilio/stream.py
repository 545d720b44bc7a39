"""One media stream: the WebSocket from the carrier to the service while <Connect><Stream> lasts."""

import asyncio
from collections.abc import Callable, Mapping

import aiohttp
from yarl import URL

from sandbox.twilio import wire
from sandbox.twilio.playout import PlayOut

_STALLED_MESSAGES = 1500
"""Half a minute of frames that the service did not read: the stream is given up."""

_CLOSE_S = 2.0

_CLOSED = (aiohttp.WSCloseCode.OK, aiohttp.WSCloseCode.GOING_AWAY)
"""How a service closes a stream; anything else is a service that died or failed (error 31903)."""


class StreamRefusedError(Exception):
    """The service did not accept the WebSocket (error 31920)."""


class MediaStream:
    """Carries frames both ways between a line and a WebSocket; the `Far` end of that line."""

    def __init__(
        self,
        messages: wire.StreamMessages,
        *,
        note: Callable[[str, str], None],
        clock: Callable[[], float],
    ) -> None:
        self._messages = messages
        self._note = note
        self._clock = clock
        self._playout = PlayOut(note=note, echo=self._echo, clock=clock)
        self._outbox: asyncio.Queue[str | None] = asyncio.Queue()
        self._started_at_s = 0.0
        self._sent_media = False
        self._got_media = False

    @property
    def queued_ms(self) -> int:
        """How much received audio waits to be heard, in ms."""
        return self._playout.queued_ms

    def send_frame(self, frame: bytes, at_s: float) -> None:
        """Send one frame of the caller."""
        if not self._sent_media:
            self._sent_media = True
            self._note("first_media_sent", "")
        timestamp_ms = max(0, round((at_s - self._started_at_s) * 1000))
        self._outbox.put_nowait(self._messages.media(frame, timestamp_ms))

    def next_frame(self) -> bytes:
        """Take the next frame for the caller's ear."""
        return self._playout.next_frame()

    def press(self, digit: str) -> None:
        """Send one key press."""
        self._outbox.put_nowait(self._messages.dtmf(digit))

    async def run(
        self,
        session: aiohttp.ClientSession,
        address: str,
        *,
        headers: Mapping[str, str],
        parameters: Mapping[str, str],
        opened: Callable[["MediaStream"], None],
    ) -> None:
        """Open the stream and carry it until the service closes it; raises StreamRefusedError.

        Cancelling sends `stop` and closes: that is how the carrier ends a stream.
        """
        try:
            ws = await session.ws_connect(
                URL(address, encoded=True),
                headers=headers,
                timeout=aiohttp.ClientWSTimeout(ws_close=_CLOSE_S),
                max_msg_size=0,
            )
        except (aiohttp.ClientError, TimeoutError, OSError) as exc:
            raise StreamRefusedError(str(exc)) from exc
        sender = asyncio.create_task(self._send_all(ws))
        try:
            self._started_at_s = self._clock()
            self._outbox.put_nowait(self._messages.connected())
            self._outbox.put_nowait(self._messages.start(parameters))
            opened(self)
            await self._receive_all(ws)
            if ws.close_code not in _CLOSED:
                self._note("stream_broke", str(ws.close_code))
        except asyncio.CancelledError:
            await self._send_stop(sender)
            raise
        finally:
            sender.cancel()
            await asyncio.gather(sender, return_exceptions=True)
            await ws.close()

    async def _receive_all(self, ws: aiohttp.ClientWebSocketResponse) -> None:
        async for message in ws:
            if message.type is not aiohttp.WSMsgType.TEXT:
                self._note("bad_message", f"{message.type.name.lower()} message")
                continue
            try:
                self._receive(wire.parse_server_message(message.data, self._messages.stream_sid))
            except ValueError as exc:
                self._note("bad_message", str(exc))

    def _receive(self, message: wire.ServerMessage) -> None:
        if message.event == "media":
            if not self._got_media:
                self._got_media = True
                self._note("first_media_received", "")
            self._playout.media(message.audio)
        elif message.event == "mark":
            self._playout.mark(message.name)
        else:
            self._playout.clear()

    def _echo(self, name: str) -> None:
        self._outbox.put_nowait(self._messages.mark(name))

    async def _send_all(self, ws: aiohttp.ClientWebSocketResponse) -> None:
        try:
            while (text := await self._outbox.get()) is not None:
                await ws.send_str(text)
                if self._outbox.qsize() > _STALLED_MESSAGES:
                    self._note("stream_error", "the service does not read")
                    await ws.close()
        except (aiohttp.ClientError, ConnectionError):
            return  # the service has gone: the receiving side sees it too

    async def _send_stop(self, sender: asyncio.Task[None]) -> None:
        self._outbox.put_nowait(self._messages.stop())
        self._outbox.put_nowait(None)
        self._note("stop", "")
        await asyncio.wait([sender], timeout=_CLOSE_S)
