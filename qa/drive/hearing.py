"""What is said on the line as a listener understands it: for services whose log is out of reach."""

import asyncio
from collections.abc import Callable

import numpy as np

from qa.audio import AUDIBLE_RMS, RATE_HZ, Pcm, loudness
from sandbox.ears import MoonshineEars
from sandbox.twilio.mulaw import FRAME_S, decode

SENTENCE_S = 0.6
"""Silence of the agent after which what it said is worth recognising."""

LONGEST_S = 20.0
"""An agent that does not stop is recognised in pieces of this length."""


class Hearing:
    """Recognises, on this machine, what both sides say, and tells it line by line.

    `tell(role, text)` is called in the order in which the lines were said. Recognition costs about
    a tenth of a core; it is done beside the call and may lag behind it.
    """

    def __init__(self, tell: Callable[[str, str], None]) -> None:
        self._tell = tell
        self._lines: asyncio.Queue[tuple[str, Pcm] | None] = asyncio.Queue()
        self._frames: list[Pcm] = []
        self._quiet_s = 0.0

    def take(self, frame: bytes, _at_s: float) -> None:
        """Hear 20 ms of the agent."""
        pcm = decode(frame)
        audible = loudness(pcm) >= AUDIBLE_RMS
        self._quiet_s = 0.0 if audible else self._quiet_s + FRAME_S
        if audible or self._frames:
            self._frames.append(pcm)
        if self._quiet_s >= SENTENCE_S or len(self._frames) * FRAME_S >= LONGEST_S:
            self._finish()

    def said(self, pcm: Pcm) -> None:
        """Hear a whole turn of the caller."""
        self._lines.put_nowait(("caller", pcm))

    def end(self) -> None:
        """Say that nothing more will be heard: `run` returns when it has told everything."""
        self._finish()
        self._lines.put_nowait(None)

    async def run(self) -> None:
        """Recognise and tell, until `end`."""
        ears = await asyncio.to_thread(MoonshineEars)
        try:
            while (line := await self._lines.get()) is not None:
                role, pcm = line
                text = " ".join(word.text for word in await ears.transcribe(pcm))
                if text:
                    self._tell(role, text)
        finally:
            await asyncio.to_thread(ears.close)

    def _finish(self) -> None:
        frames, self._frames = self._frames, []
        if len(frames) * FRAME_S > SENTENCE_S:
            # The recogniser is surer of a first word with a little silence before it.
            before = np.zeros(RATE_HZ // 10, np.int16)
            self._lines.put_nowait(("agent", np.concatenate([before, *frames])))
