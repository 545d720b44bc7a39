"""A caller of any words: sentences spoken by the sandbox's voice, made once in a process."""

import asyncio
from functools import cache

import numpy as np

from qa.audio import Pcm
from sandbox.voice import HibariVoice


@cache
def _voice() -> HibariVoice:
    return HibariVoice()


async def voiced(text: str) -> Pcm:
    """Return `text` as a person would say it, 8 kHz."""
    return await asyncio.wait_for(_voice().synthesise(text), 30)


def in_one_breath(pcm: Pcm) -> Pcm:
    """Return speech whose pauses are too short to end a segment of the recogniser."""
    packets = [pcm[start : start + _PACKET] for start in range(0, len(pcm), _PACKET)]
    kept, pause = [], 0
    for packet in packets:
        pause = pause + 1 if np.abs(packet.astype(float)).mean() < _QUIET else 0
        if pause <= _LONGEST_PAUSE:
            kept.append(packet)
    return np.concatenate(kept)


_PACKET = 160
_QUIET = 150
_LONGEST_PAUSE = 3
"""Packets of 20 ms."""
