"""What the stand-in says, the stand-in understands: voice and ears over both wires."""

import asyncio
import re

import numpy as np
import pytest
from deepgram_standin import (
    hibari,
    messages,
    moonshine,
    quiet,
    raw,
    say,
    standin,
    transcript,
    until,
)

from sandbox.deepgram import SpeakLimits

pytestmark = pytest.mark.unit

SENTENCES = [
    "Hi, I need an oil change next Tuesday at two.",
    "Can I bring my Honda in for a brake inspection on Friday morning?",
    "My license plate is seven K L M two zero four.",
    "It is the truck, the Toyota Tacoma.",
    "What times do you have on Wednesday afternoon?",
    "I would like to cancel my appointment for the tire rotation.",
    "Could we move it to Thursday at ten thirty instead?",
    "The check engine light is on and it makes a grinding noise.",
    "Yes, that works for me, thank you.",
    "How much is a state inspection and how long does it take?",
]
SPEAK = "/v1/speak?model=aura-2-asteria-en&encoding=mulaw&sample_rate=8000"
LISTEN = (
    "/v1/listen?model=nova-2-phonecall&encoding=mulaw&sample_rate=8000"
    "&interim_results=true&smart_format=true&endpointing=300"
)
_DIGITS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]


def normal(text: str) -> list[str]:
    """Words for comparison: lower case, times and digits spelled out, letters apart."""
    text = re.sub(r"\b(10):(30)\b", "ten thirty", text.lower())
    text = re.sub(r"\b10\b", "ten", text)
    text = re.sub(r"\d", lambda m: f" {_DIGITS[int(m.group())]} ", text)
    return re.sub(r"[^\w ]", " ", text.replace("klm", " k l m ")).split()


def errors(said: list[str], heard: list[str]) -> int:
    """Insertions, deletions and substitutions between two lists of words."""
    row = list(range(len(heard) + 1))
    for i, word in enumerate(said, start=1):
        above, row = row, [i]
        for j, other in enumerate(heard, start=1):
            row.append(min(above[j] + 1, row[-1] + 1, above[j - 1] + (word != other)))
    return row[-1]


async def speak(port: int, sentence: str) -> bytes:
    """The sentence as mu-law, from the WebSocket."""
    async with raw(port, SPEAK) as ws:
        await say(ws, type="Speak", text=sentence)
        await say(ws, type="Flush")
        return (await until(ws, "Flushed"))[1]


async def listen(port: int, audio: bytes) -> str:
    """What final results say about mu-law audio."""
    silence = b"\xff" * 4000
    async with raw(port, LISTEN) as ws:
        whole = silence + audio + silence
        for start in range(0, len(whole), 160):
            await ws.send(whole[start : start + 160])
        await say(ws, type="CloseStream")
        results = [m for m in await messages(ws) if m["type"] == "Results" and m["is_final"]]
    return " ".join(transcript(m) for m in results)


async def test_ten_sentences_survive_the_round_trip(capsys: pytest.CaptureFixture[str]) -> None:
    """The word error rate over mu-law and both sockets is below 15 %."""
    wrong = total = 0
    lines = []
    limits = SpeakLimits(pace=0)
    async with standin(ears=moonshine(), voice=hibari(), speak_limits=limits) as port:
        for sentence in SENTENCES:
            heard = await listen(port, await speak(port, sentence))
            mistakes = errors(normal(sentence), normal(heard))
            lines.append(f"{mistakes} {sentence} -> {heard}")
            wrong, total = wrong + mistakes, total + len(normal(sentence))
    with capsys.disabled():
        print(  # noqa: T201 - the figure is the point
            f"\nword error rate {wrong / total:.1%} ({wrong} of {total} words)"
        )
    assert wrong / total < 0.15, "\n".join(lines)


async def test_finalize_finds_the_words_ready() -> None:
    """With real ears, the answer to Finalize after a pause comes from what was recognised in it."""
    audio = np.concatenate([quiet(0.3), await hibari().synthesise(SENTENCES[0]), quiet(0.05)])
    path = LISTEN.replace("mulaw", "linear16").replace("endpointing=300", "endpointing=1000")
    loop = asyncio.get_running_loop()
    async with standin(ears=moonshine()) as port, raw(port, path) as ws:
        begun = loop.time()
        for start in range(0, len(audio), 160):
            await ws.send(audio[start : start + 160].tobytes())
            await asyncio.sleep(max(0.0, begun + start / 8000 - loop.time()))
        asked = loop.time()
        await say(ws, type="Finalize")
        while not (result := (await until(ws, "Results"))[0])["from_finalize"]:
            pass
        took = loop.time() - asked
    assert "oil change next Tuesday" in transcript(result)
    assert took < 0.5
