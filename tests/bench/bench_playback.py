"""Figures of the way out: time to `clear`, gaps under stalls, words against the ear.

Run with `make bench-playback`; takes half a minute.
"""

import asyncio
import random
import statistics
import sys
import time

from loguru import logger
from phone_line import Talk, talk, tone
from pipecat.frames.frames import (
    BotStoppedSpeakingFrame,
    Frame,
    InterruptionFrame,
    TTSAudioRawFrame,
    TTSStartedFrame,
    TTSStoppedFrame,
    TTSTextFrame,
)

from processors.heard_words import CUT_OFF
from processors.playback_frames import HeardWordFrame, WordTimesFrame
from shop.wordtimes import WordTime

INTERRUPTIONS = 20
STALLS_S = 0.3


def speech(context_id: str, words: int = 14) -> list[Frame]:
    """Return an utterance of a word each 100 ms, its sound in one piece as a fast voice has it."""
    times = tuple(WordTime(100 * at, 100 * at + 100) for at in range(words))
    return [
        TTSStartedFrame(context_id=context_id),
        TTSTextFrame(" ".join("word" for _ in times), "sentence", context_id=context_id),
        WordTimesFrame(context_id, 0, times),
        TTSAudioRawFrame(tone(14) * (words // 14), 8000, 1),
        TTSStoppedFrame(context_id=context_id),
    ]


def tell(line: str) -> None:
    """Print a figure."""
    sys.stdout.write(line + "\n")


async def interruptions(call: Talk) -> None:
    """Interrupt at random moments; print the time to `clear` and the error in words."""
    rng, waits_ms, errors = random.Random(1), list[float](), list[float]()
    for number in range(INTERRUPTIONS):
        before = len(call.phone.heard())
        words = len(call.sink.of(HeardWordFrame))
        await call.send(*speech(f"i{number}"))
        await call.heard_for(before / 8000 + rng.uniform(0.1, 1.2))
        asked_at_s = time.monotonic()
        await call.send(InterruptionFrame())
        await call.sink.wait_for(BotStoppedSpeakingFrame, number + 1)
        waits_ms.append((await call.cleared(number + 1) - asked_at_s) * 1000)
        said = [f for f in call.sink.of(HeardWordFrame)[words:] if f.text != CUT_OFF]  # type: ignore[attr-defined]
        errors.append(abs(len(said) - (len(call.phone.heard()) - before) / 800))
    waits_ms.sort()
    tell(
        f"InterruptionFrame to clear at the carrier, n={INTERRUPTIONS}:"
        f" p50 {statistics.median(waits_ms):.1f} ms, worst {waits_ms[-1]:.1f} ms"
    )
    tell(
        f"words of 100 ms against the ear: mean error {statistics.mean(errors):.2f},"
        f" worst {max(errors):.2f} words"
    )


async def stalls(call: Talk) -> None:
    """Stall the event loop at random moments of a long utterance; print the gaps."""
    rng, count = random.Random(2), 0
    stopped = len(call.sink.of(BotStoppedSpeakingFrame))
    before = len(call.phone.at("underrun"))
    heard = len(call.phone.heard()) / 8000
    await call.send(*speech("stalls", words=112))
    for at_s in range(1, 11):
        await call.heard_for(heard + at_s + rng.uniform(-0.2, 0.2))
        time.sleep(STALLS_S)  # noqa: ASYNC251 - the stall
        count += 1
    await call.sink.wait_for(BotStoppedSpeakingFrame, stopped + 1)
    gaps = len(call.phone.at("underrun")) - before
    tell(f"stalls of {STALLS_S * 1000:.0f} ms: {count}, gaps: {gaps}")


async def main() -> None:
    """Print all figures."""
    async with talk() as call:
        await interruptions(call)
        await stalls(call)


if __name__ == "__main__":
    logger.remove()
    asyncio.run(main())
