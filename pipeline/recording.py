"""The recording of one call: a stereo WAV file that grows while the call goes on."""

import asyncio
import hashlib
import os
import re
import struct
from pathlib import Path
from typing import BinaryIO

from loguru import logger

CHANNELS = 2
BITS = 16

WAITING_CHUNKS = 120
"""Pieces of a second or more that a slow disk may be behind; beyond that the recording ends."""

CLOSE_TIMEOUT_S = 5.0
"""How long the end of a call waits for the last of its sound to reach the disk."""

_HEADER_BYTES = 44
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


class Recording:
    """A WAV file named by its call, left the caller, right the agent.

    Its header is right after every write, so that the file can be played whenever the process dies.
    Nothing that happens to the disk disturbs the call: the recording ends, and one line says so.
    """

    def __init__(self, folder: Path, call_sid: str, sample_rate_hz: int) -> None:
        name = call_sid if _PLAIN_NAME.fullmatch(call_sid) else _hashed(call_sid)
        self.path = folder / f"{name}.wav"
        self._rate = sample_rate_hz
        self._log = logger.bind(call_sid=call_sid)
        self._waiting: asyncio.Queue[bytes | None] = asyncio.Queue(WAITING_CHUNKS)
        self._size = 0
        self._failed = False
        self._writing = asyncio.create_task(self._work())

    def write(self, stereo: bytes) -> None:
        """Add samples; never waits."""
        if self._failed:
            return
        try:
            self._waiting.put_nowait(stereo)
        except asyncio.QueueFull:
            self._fail("the disk is too slow")

    async def close(self) -> Path | None:
        """Finish the file; returns where it is, None when there is nothing in it."""
        try:
            async with asyncio.timeout(CLOSE_TIMEOUT_S):
                await self._waiting.put(None)
                await self._writing
        except TimeoutError:
            self._fail("the disk is too slow")
        return self.path if self._size else None

    async def _work(self) -> None:
        file: BinaryIO | None = None
        try:
            while (stereo := await self._waiting.get()) is not None:
                if file is None:
                    file = await asyncio.to_thread(self._create)
                await asyncio.to_thread(self._append, file, stereo)
        except OSError as exc:
            self._fail(type(exc).__name__)
        finally:
            if file is not None:
                file.close()

    def _create(self) -> BinaryIO:
        # For the eyes of the service's own user: people speak here.
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        file = open(descriptor, "wb")  # noqa: PTH123, SIM115 - the descriptor carries the mode
        file.write(_header(0, self._rate))
        return file

    def _append(self, file: BinaryIO, stereo: bytes) -> None:
        file.seek(_HEADER_BYTES + self._size)
        file.write(stereo)
        self._size += len(stereo)
        file.seek(0)
        file.write(_header(self._size, self._rate))
        file.flush()

    def _fail(self, reason: str) -> None:
        if not self._failed:
            self._failed = True
            self._log.bind(reason=reason).error("recording_failed")


def _header(size: int, rate_hz: int) -> bytes:
    """Return the header of a WAV file with `size` bytes of samples."""
    frame = CHANNELS * BITS // 8
    form = struct.pack("<HHIIHH", 1, CHANNELS, rate_hz, rate_hz * frame, frame, BITS)
    return (
        struct.pack("<4sI4s4sI", b"RIFF", size + 36, b"WAVE", b"fmt ", 16)
        + form
        + (struct.pack("<4sI", b"data", size))
    )


def _hashed(call_sid: str) -> str:
    return hashlib.sha256(call_sid.encode()).hexdigest()[:34]
