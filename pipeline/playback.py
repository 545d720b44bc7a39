"""The way out to the carrier: sends with a lead, and passes on what the caller has heard.

Pipecat's output transport sends a chunk ahead of the clock and takes for heard what it has sent.
This one keeps more at the carrier, so that a stall of the event loop makes no gap, follows Twilio's
marks, and lets nothing past it before it was heard: what stands behind it in the pipeline (the
context, the call log, a recording, `BotStoppedSpeakingFrame`) goes by the caller's ear.
"""

import asyncio

from fastapi import WebSocket
from pipecat.frames.frames import (
    Frame,
    InterruptionFrame,
    OutputAudioRawFrame,
    OutputTransportReadyFrame,
    StartFrame,
)
from pipecat.processors.frame_processor import FrameDirection
from pipecat.transports.base_output import BaseOutputTransport
from pipecat.transports.websocket.fastapi import (
    FastAPIWebsocketClient,
    FastAPIWebsocketOutputTransport,
    FastAPIWebsocketParams,
    FastAPIWebsocketTransport,
)

from pipeline import turns
from pipeline.heard_sender import HeardSender
from pipeline.playout import Piece
from pipeline.telephony import MediaStreamSerializer
from processors.playback_frames import HoldPlaybackFrame, ResumePlaybackFrame, WordTimesFrame


class PlaybackOutput(FastAPIWebsocketOutputTransport):
    """Pipecat's output with one `HeardSender`, `clear` before anything else, and marks."""

    def __init__(
        self,
        transport: FastAPIWebsocketTransport,
        client: FastAPIWebsocketClient,
        params: FastAPIWebsocketParams,
        serializer: MediaStreamSerializer,
    ) -> None:
        super().__init__(transport, client, params)
        self._serializer = serializer
        self._sender: HeardSender | None = None

    async def set_transport_ready(self, frame: StartFrame) -> None:
        """Start the one sender there is."""
        self._sender = HeardSender(
            self,
            carrier=self,
            destination=None,
            sample_rate=self.sample_rate,
            audio_chunk_size=self.audio_chunk_size,
            params=self._params,
        )
        self._serializer.on_mark = self._sender.echo
        self._media_senders[None] = self._sender
        await self._sender.start(frame)
        await self.push_frame(OutputTransportReadyFrame(), FrameDirection.UPSTREAM)

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Stop, hold and resume at once; everything else goes Pipecat's way."""
        sender = self._sender
        if sender is None:
            await super().process_frame(frame, direction)
        elif isinstance(frame, InterruptionFrame):
            await sender.cut()
            # Past FastAPI's transport, which would send `clear` a second time.
            await BaseOutputTransport.process_frame(self, frame, direction)
            sender.go_on()
        else:
            if isinstance(frame, HoldPlaybackFrame):
                await sender.hold()
            elif isinstance(frame, ResumePlaybackFrame):
                await sender.resume()
            elif isinstance(frame, WordTimesFrame):
                sender.note_words(frame)
            await super().process_frame(frame, direction)

    async def clear_carrier(self) -> None:
        """Make the carrier forget what it has not played."""
        await self._write_frame(InterruptionFrame())

    async def send_piece(self, frame: OutputAudioRawFrame, piece: Piece) -> None:
        """Send sound with the mark behind it; a carrier that has stopped reading ends the line."""
        if self._client.is_closing or not self._client.is_connected or not self.is_usable:
            return
        timeout_s = self._params.audio_out_write_timeout_secs
        try:
            async with asyncio.timeout(timeout_s):
                await self._write_frame(frame)
                await self._client.send(self._serializer.mark(piece.mark))
        except TimeoutError as exc:
            await self.push_error(
                f"the carrier has taken no sound for {timeout_s} s",
                exception=exc,
                force_treat_as_permanent=True,
            )


class PlaybackTransport(FastAPIWebsocketTransport):
    """Pipecat's WebSocket transport with that way out."""

    def __init__(
        self,
        websocket: WebSocket,
        params: FastAPIWebsocketParams,
        serializer: MediaStreamSerializer,
    ) -> None:
        pieces = {"serializer": serializer, "audio_out_10ms_chunks": round(turns.PIECE_S * 100)}
        super().__init__(websocket, params.model_copy(update=pieces))
        self._output = PlaybackOutput(self, self._client, self._params, serializer)
