"""The speak stand-in behaves towards Deepgram's own client, and towards bad ones, as the vendor."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Literal

import httpx
import numpy as np
import pytest
from deepgram.speak.v1.types import (
    SpeakV1Flushed,
    SpeakV1Metadata,
    SpeakV1Text,
    SpeakV1Warning,
)
from deepgram_standin import KEY, SPEAK_QUERY, messages, raw, say, sdk, standin, until
from websockets.exceptions import InvalidStatus

from sandbox.deepgram import SpeakLimits
from sandbox.deepgram.codec import Decoder
from sandbox.deepgram.sentences import split_ready
from sandbox.ears import Pcm
from sandbox.latency import Latency
from sandbox.voice import ToneVoice

pytestmark = [
    pytest.mark.unit,
    # The vendor's SDK looks for exceptions of websockets' old client.
    pytest.mark.filterwarnings("ignore:websockets.*deprecated:DeprecationWarning"),
]

PATH = f"/v1/speak?{SPEAK_QUERY}"
LINE = "Good morning, this is Bayline Auto Care."
AT_ONCE = SpeakLimits(pace=0)


class NotingVoice(ToneVoice):
    """A voice that notes what it was asked to say."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    async def synthesise(self, text: str) -> Pcm:
        """Note and speak."""
        self.asked.append(text)
        return await super().synthesise(text)


async def test_the_vendors_client_gets_speech() -> None:
    """Metadata first, then audio in chunks, Flushed after the last, and a clean close."""
    async with (
        standin(speak_limits=AT_ONCE) as port,
        sdk(port).speak.v1.connect(
            model="aura-2-asteria-en", encoding="linear16", sample_rate=8000
        ) as connection,
    ):
        await connection.send_text(SpeakV1Text(text=LINE))
        await connection.send_flush()
        received: list[object] = []
        while not received or not isinstance(received[-1], SpeakV1Flushed):
            received.append(await connection.recv())
        await connection.send_clear()
        cleared = await connection.recv()
        # The client takes the first class that fits its fields: SpeakV1Flushed, of type "Cleared".
        assert isinstance(cleared, SpeakV1Flushed) and cleared.type == "Cleared"
        await connection.send_close()
        assert [message async for message in connection] == []
    assert isinstance(received[0], SpeakV1Metadata)
    assert received[0].model_name == "aura-2-asteria-en"
    audio = b"".join(m for m in received if isinstance(m, bytes))
    assert audio == (await ToneVoice().synthesise(LINE)).tobytes()
    assert len(received) > 10


async def test_speech_begins_at_the_end_of_a_sentence() -> None:
    """A comma starts nothing; a full stop with a blank after it does, before any Flush."""
    voice = NotingVoice()
    async with standin(voice=voice, speak_limits=AT_ONCE) as port, raw(port, PATH) as ws:
        await until(ws, "Metadata")
        for piece in ("Well, ", "let me see, ", "one moment"):
            await say(ws, type="Speak", text=piece)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(ws.recv(), 0.1)
        assert voice.asked == []
        await say(ws, type="Speak", text=". And")
        assert isinstance(await ws.recv(), bytes)
        assert voice.asked == ["Well, let me see, one moment."]
        await say(ws, type="Flush")
        await until(ws, "Flushed")
        assert voice.asked[1:] == ["And"]


@pytest.mark.parametrize(
    ("text", "ready", "rest"),
    [
        ("It costs $49.95. Is that all", ["It costs $49.95."], " Is that all"),
        ("Ask for Dr. Lee at 2 p.m. on Friday", [], "Ask for Dr. Lee at 2 p.m. on Friday"),
        ("Really?! Yes. ", ["Really?!", "Yes."], " "),
        ("A, b; c: d", [], "A, b; c: d"),
        ("Done.", [], "Done."),
        ("", [], ""),
    ],
)
def test_sentences_are_cut_where_they_end(text: str, ready: list[str], rest: str) -> None:
    """Amounts, titles, initials and commas end nothing."""
    assert split_ready(text) == (ready, rest)


async def test_flushes_are_numbered() -> None:
    """Each Flush is answered with the next sequence_id, even with nothing to say."""
    async with standin(speak_limits=AT_ONCE) as port, raw(port, PATH) as ws:
        for expected in range(3):
            await say(ws, type="Flush")
            assert (await until(ws, "Flushed"))[0]["sequence_id"] == expected


async def test_clear_stops_within_a_chunk() -> None:
    """After Cleared comes no more of the old speech, and no Flushed for it; new speech works."""
    async with standin() as port, raw(port, PATH) as ws:
        await say(ws, type="Speak", text=LINE * 20)
        await say(ws, type="Flush")
        await ws.recv()
        assert isinstance(await ws.recv(), bytes)
        await say(ws, type="Clear")
        _, late = await until(ws, "Cleared")
        assert len(late) <= 3 * 1600
        await say(ws, type="Speak", text="Yes?")
        await say(ws, type="Flush")
        _, audio = await until(ws, "Flushed")
    assert audio == (await ToneVoice().synthesise("Yes?")).tobytes()


async def test_audio_leaves_in_order_and_faster_than_it_plays() -> None:
    """Several sentences arrive as one run of audio in a fraction of its length."""
    sentences = ["Number one is the first.", "Then follows two.", "Three is the last."]
    async with standin() as port, raw(port, PATH) as ws:
        begun = time.monotonic()
        await say(ws, type="Speak", text=" ".join(sentences))
        await say(ws, type="Flush")
        _, audio = await until(ws, "Flushed")
        took = time.monotonic() - begun
    voice = ToneVoice()
    assert audio == b"".join([(await voice.synthesise(s)).tobytes() for s in sentences])
    assert took < len(audio) / 16_000 / 5


async def test_the_profile_decides_when_the_first_audio_comes() -> None:
    """At the design profile it takes 300 ms from Flush, and no more for what follows."""
    async with standin(latency=Latency("design")) as port, raw(port, PATH) as ws:
        await until(ws, "Metadata")
        asked = time.monotonic()
        await say(ws, type="Speak", text=LINE)
        await say(ws, type="Flush")
        assert isinstance(await ws.recv(), bytes)
        assert 0.3 <= time.monotonic() - asked < 0.4


async def test_close_speaks_the_rest() -> None:
    """What was not flushed is spoken before the socket closes with 1000."""
    async with standin(speak_limits=AT_ONCE) as port, raw(port, PATH) as ws:
        await say(ws, type="Speak", text="Goodbye")
        await say(ws, type="Close")
        audio = b"".join([m async for m in ws if isinstance(m, bytes)])
        assert ws.close_code == 1000
    assert audio == (await ToneVoice().synthesise("Goodbye")).tobytes()


@pytest.mark.parametrize("law", ["mulaw", "alaw"])
async def test_other_encodings(law: Literal["mulaw", "alaw"]) -> None:
    """The same speech comes in the encoding asked for."""
    path = f"/v1/speak?model=aura-2-asteria-en&encoding={law}&sample_rate=8000"
    async with standin(speak_limits=AT_ONCE) as port, raw(port, path) as ws:
        await say(ws, type="Speak", text=LINE)
        await say(ws, type="Flush")
        _, audio = await until(ws, "Flushed")
    expected = await ToneVoice().synthesise(LINE)
    assert len(audio) == len(expected)
    error = Decoder(law, 8000).decode(audio).astype(int) - expected
    assert np.abs(error).max() <= np.abs(expected.astype(int)).max() / 25


async def test_another_rate() -> None:
    """At 24 kHz there are three times as many samples."""
    path = PATH.replace("8000", "24000")
    async with standin(speak_limits=AT_ONCE) as port, raw(port, path) as ws:
        await say(ws, type="Speak", text=LINE)
        await say(ws, type="Flush")
        _, audio = await until(ws, "Flushed")
    assert len(audio) == pytest.approx(6 * len(await ToneVoice().synthesise(LINE)), abs=20)


async def test_the_twenty_first_flush_is_ignored() -> None:
    """Within a minute it gets a Warning, which the client knows, and no Flushed."""
    async with (
        standin(speak_limits=AT_ONCE) as port,
        sdk(port).speak.v1.connect(model="aura-2-asteria-en", encoding="mulaw") as connection,
    ):
        for _ in range(21):
            await connection.send_flush()
        received = [await connection.recv() for _ in range(22)]
    assert sum(isinstance(m, SpeakV1Flushed) for m in received) == 20
    [warning] = [m for m in received if isinstance(m, SpeakV1Warning)]
    assert "Flush" in warning.description


async def test_the_window_of_a_limit_passes() -> None:
    """When the window is over, Flush works again."""
    limits = SpeakLimits(pace=0, flushes_per_window=1, window_s=0.1)
    async with standin(speak_limits=limits) as port, raw(port, PATH) as ws:
        await say(ws, type="Flush")
        await until(ws, "Flushed")
        await say(ws, type="Flush")
        await until(ws, "Warning")
        await asyncio.sleep(0.12)  # the window itself is what is tested
        await say(ws, type="Flush")
        assert (await until(ws, "Flushed"))[0]["sequence_id"] == 1


@pytest.mark.parametrize("enforced", [True, False])
async def test_characters_are_limited_by_the_minute(enforced: bool) -> None:
    """Text beyond 2400 characters a minute is ignored with a Warning, unless limits are off."""
    voice = NotingVoice()
    limits = SpeakLimits(pace=0, enforced=enforced)
    async with standin(voice=voice, speak_limits=limits) as port, raw(port, PATH) as ws:
        for letter in "ab":
            await say(ws, type="Speak", text=f"{letter * 1500}. ")
        await say(ws, type="Close")
        kinds = [m["type"] for m in await messages(ws)]
    assert len(voice.asked) == (1 if enforced else 2)
    assert ("Warning" in kinds) is enforced


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ("{", 1008),
        ("[" * 50_000, 1008),
        ('"Speak"', 1008),
        ('{"type": "Sing"}', 1008),
        ('{"type": "Speak"}', 1008),
        ('{"type": "Speak", "text": 7}', 1008),
        (json.dumps({"type": "Speak", "text": "x" * 2001}), 1008),
        ("x" * 100_000, 1009),
        (b"\0\0", 1003),
    ],
)
async def test_hostile_messages_close_the_socket(sent: str | bytes, code: int) -> None:
    """An Error message, a close code, and the next client is served."""
    async with standin(speak_limits=AT_ONCE) as port:
        async with raw(port, PATH) as ws:
            await ws.send(sent)
            assert [m["type"] for m in await messages(ws)] == ["Metadata", "Error"]
            assert ws.close_code == code
        async with raw(port, PATH) as ws:
            await say(ws, type="Flush")
            await until(ws, "Flushed")


async def test_a_voice_that_breaks_ends_the_session() -> None:
    """The client is not left waiting for audio that will never come."""

    class Broken(ToneVoice):
        async def synthesise(self, text: str) -> Pcm:
            raise RuntimeError("no breath")

    async with standin(voice=Broken()) as port, raw(port, PATH) as ws:
        await say(ws, type="Speak", text="Hello. ")
        await say(ws, type="Flush")
        await asyncio.wait_for(ws.wait_closed(), 2)
        assert ws.close_code != 1000


async def test_a_session_has_an_end() -> None:
    """After its longest time the socket is closed with 1011."""
    async with standin(speak_limits=SpeakLimits(session_s=0.1)) as port, raw(port, PATH) as ws:
        await ws.wait_closed()
        assert ws.close_code == 1011


async def test_a_client_that_vanishes_leaves_others_alone() -> None:
    """A socket dropped in the middle of its audio disturbs nobody."""
    async with standin() as port:
        async with raw(port, PATH) as ws:
            await say(ws, type="Speak", text=LINE * 10)
            await say(ws, type="Close")
            await ws.recv()
            ws.transport.abort()
        async with raw(port, PATH) as ws:
            await say(ws, type="Flush")
            await until(ws, "Flushed")


@pytest.mark.parametrize(
    ("path", "key", "status"),
    [
        (PATH, "wrong", 401),
        (PATH.replace("linear16", "mp3"), KEY, 400),
        (PATH.replace("8000", "7999"), KEY, 400),
        (PATH.replace("aura-2-asteria-en", "aura"), KEY, 400),
        (PATH + "&container=wav", KEY, 400),
        (PATH + "&speed=9", KEY, 400),
        (PATH + "&speed=%0d%0aX", KEY, 400),
    ],
)
async def test_bad_requests_are_refused(path: str, key: str, status: int) -> None:
    """The handshake fails with the reason in dg-error."""
    async with standin() as port:
        with pytest.raises(InvalidStatus) as refused:
            await raw(port, path, key=key)
    assert refused.value.response.status_code == status
    assert refused.value.response.headers["dg-error"]


async def body(chunks: AsyncIterator[bytes]) -> bytes:
    """All of a streamed answer."""
    return b"".join([chunk async for chunk in chunks])


async def test_the_vendors_client_posts_text() -> None:
    """POST answers with the audio: bare, or as a WAV file."""
    expected = (await ToneVoice().synthesise(LINE)).tobytes()
    async with standin() as port, httpx.AsyncClient() as http:
        audio = sdk(port, http_client=http).speak.v1.audio
        bare = audio.generate(text=LINE, encoding="linear16", sample_rate=8000, container="none")
        assert await body(bare) == expected
        wav = await body(audio.generate(text=LINE, encoding="linear16", sample_rate=8000))
    assert wav[:4] == b"RIFF" and wav[8:16] == b"WAVEfmt "
    assert int.from_bytes(wav[24:28], "little") == 8000
    assert wav[44:] == expected


@pytest.mark.parametrize(
    ("content", "query", "key", "status"),
    [
        (b'{"text": "hello"}', SPEAK_QUERY, "wrong", 401),
        (b'{"text": "hello"}', "model=aura-2-asteria-en&encoding=mp9", KEY, 400),
        (b'{"text": ""}', SPEAK_QUERY, KEY, 400),
        (b'{"words": "hello"}', SPEAK_QUERY, KEY, 400),
        (b"[[[", SPEAK_QUERY, KEY, 400),
        (b"\xff\xfe", SPEAK_QUERY, KEY, 400),
        (b"[" * 60_000, SPEAK_QUERY, KEY, 400),
        (b'{"text": "' + b"x" * 2001 + b'"}', SPEAK_QUERY, KEY, 413),
        (b"x" * 200_000, SPEAK_QUERY, KEY, 413),
    ],
)
async def test_bad_posts_are_refused(content: bytes, query: str, key: str, status: int) -> None:
    """A JSON error with a code, a message and the request's id."""
    async with standin() as port, httpx.AsyncClient() as http:
        response = await http.post(
            f"http://127.0.0.1:{port}/v1/speak?{query}",
            content=content,
            headers={"Authorization": f"Token {key}"},
        )
    assert response.status_code == status
    assert set(response.json()) == {"err_code", "err_msg", "request_id"}
