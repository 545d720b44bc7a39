"""The sender alone, before a carrier that plays at once: what goes out, and what goes on."""

from typing import Any

import pytest
from pipecat.frames.frames import (
    BotStartedSpeakingFrame,
    BotStoppedSpeakingFrame,
    Frame,
    InterruptionFrame,
    OutputAudioRawFrame,
    StartFrame,
    TTSAudioRawFrame,
    TTSStartedFrame,
    TTSStoppedFrame,
    TTSTextFrame,
)
from pipecat.tests.utils import SleepFrame, run_test
from pipecat.transports.base_output import BaseOutputTransport
from pipecat.transports.base_transport import TransportParams

from pipeline.heard_sender import HeardSender
from pipeline.playout import Piece
from processors.playback_frames import PlayedFrame

pytestmark = pytest.mark.unit


class Output(BaseOutputTransport):
    """A way out with one sender, whose carrier plays and echoes at once, or never."""

    def __init__(self, *, echoes: bool) -> None:
        params = TransportParams(audio_out_enabled=True, audio_out_10ms_chunks=8)
        super().__init__(params)
        self.echoes = echoes
        self.sent: list[bytes] = []
        self.clears = 0
        self.sender: HeardSender | None = None

    async def start(self, frame: StartFrame) -> None:
        """Start the sender."""
        await super().start(frame)
        more: dict[str, Any] = {"destination": None, "params": self._params}
        self.sender = HeardSender(
            self, carrier=self, sample_rate=8000, audio_chunk_size=1280, **more
        )
        self._media_senders[None] = self.sender
        await self.sender.start(frame)

    async def process_frame(self, frame: Frame, direction: Any) -> None:
        """Interrupt as the real way out does."""
        if isinstance(frame, InterruptionFrame) and self.sender:
            await self.sender.cut()
            await super().process_frame(frame, direction)
            self.sender.go_on()
        else:
            await super().process_frame(frame, direction)

    async def send_piece(self, frame: OutputAudioRawFrame, piece: Piece) -> None:
        """Take a piece."""
        self.sent.append(frame.audio)
        if self.echoes and self.sender:
            self.sender.echo(piece.mark)

    async def clear_carrier(self) -> None:
        """Count a clear."""
        self.clears += 1


def speech(pieces: int) -> list[Frame]:
    """Return an utterance of pieces of 80 ms and half a piece."""
    sound = [TTSAudioRawFrame(bytes([n + 1]) * 1280, 8000, 1) for n in range(pieces)]
    return [
        TTSStartedFrame(context_id="a"),
        TTSTextFrame("Good morning.", "sentence", context_id="a"),
        *sound,
        TTSAudioRawFrame(b"\x09" * 640, 8000, 1),
        TTSStoppedFrame(context_id="a"),
    ]


def kinds(frames: Any) -> list[str]:
    """Return what came out, in order, runs of one kind told once."""
    names = [type(frame).__name__ for frame in frames]
    return [name for at, name in enumerate(names) if at == 0 or names[at - 1] != name]


async def test_sound_goes_on_when_it_was_heard_and_the_rest_behind_it() -> None:
    """The order of frames is kept, the last piece is filled up, and positions count up."""
    output = Output(echoes=True)
    down, _ = await run_test(output, frames_to_send=[*speech(2), SleepFrame(0.1)])
    assert output.sent == [b"\x01" * 1280, b"\x02" * 1280, b"\x09" * 640 + bytes(640)]
    assert [f.played_ms for f in down if isinstance(f, PlayedFrame)] == [80, 160, 240]
    order = kinds(
        f
        for f in down
        if isinstance(f, TTSStartedFrame | TTSAudioRawFrame | TTSStoppedFrame | TTSTextFrame)
    )
    assert order == ["TTSStartedFrame", "TTSTextFrame", "TTSAudioRawFrame", "TTSStoppedFrame"]
    speaking = [f for f in down if isinstance(f, BotStartedSpeakingFrame | BotStoppedSpeakingFrame)]
    assert kinds(speaking) == ["BotStartedSpeakingFrame", "BotStoppedSpeakingFrame"]


async def test_no_more_than_the_lead_goes_out_ahead() -> None:
    """A carrier that has played nothing yet is not given more than 400 ms."""
    output = Output(echoes=False)
    await run_test(output, frames_to_send=[*speech(9)[:-2], SleepFrame(0.02), InterruptionFrame()])
    assert len(output.sent) == 5


async def test_an_interruption_drops_what_waits() -> None:
    """One clear, nothing more goes out, and nothing is said to have been heard that was not."""
    output = Output(echoes=False)
    down, _ = await run_test(
        output, frames_to_send=[*speech(9), SleepFrame(0.02), InterruptionFrame(), SleepFrame(0.2)]
    )
    assert output.clears == 1
    assert len(output.sent) == 5
    played = [f.played_ms for f in down if isinstance(f, PlayedFrame)]
    assert played and max(played) < 80
    assert not any(isinstance(f, TTSStoppedFrame) for f in down)
