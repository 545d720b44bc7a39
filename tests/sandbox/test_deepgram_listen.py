"""The listen stand-in behaves towards Deepgram's own client, and bad ones, as the vendor."""

import asyncio
import base64
import json
import time
from dataclasses import replace
from typing import Any

import httpx
import numpy as np
import pytest
from deepgram.core.api_error import ApiError
from deepgram.listen.v1.types import (
    ListenV1Metadata,
    ListenV1Results,
    ListenV1SpeechStarted,
    ListenV1UtteranceEnd,
)
from deepgram_standin import (
    KEY,
    LISTEN_QUERY,
    hibari,
    messages,
    quiet,
    raw,
    say,
    sdk,
    standin,
    transcript,
    until,
)
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import InvalidStatus

from sandbox.deepgram import ListenLimits
from sandbox.deepgram.codec import encode
from sandbox.deepgram.segments import Pacing
from sandbox.ears import Pcm, ScriptedEars
from sandbox.latency import Latency

pytestmark = [
    pytest.mark.unit,
    # The vendor's SDK looks for exceptions of websockets' old client.
    pytest.mark.filterwarnings("ignore:websockets.*deprecated:DeprecationWarning"),
]

LINE = "Hi, I need an oil change next Tuesday at two."
PATH = f"/v1/listen?{LISTEN_QUERY}"
PATIENT = PATH.replace("endpointing=200", "endpointing=2000")


async def spoken(lead_s: float = 0.3, tail_s: float = 0.0) -> Pcm:
    """The line with silence around it."""
    return np.concatenate([quiet(lead_s), await hibari().synthesise(LINE), quiet(tail_s)])


async def knowing() -> ScriptedEars:
    """Ears that know the line."""
    return ScriptedEars([(await hibari().synthesise(LINE), LINE)])


async def play(ws: ClientConnection, pcm: Pcm) -> None:
    """Send PCM in 20 ms messages, as fast as they go."""
    for start in range(0, len(pcm), 160):
        await ws.send(pcm[start : start + 160].tobytes())


def finals(received: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Final results that have words."""
    return [m for m in received if m["type"] == "Results" and m["is_final"] and transcript(m)]


async def test_the_vendors_client_hears_a_whole_utterance() -> None:
    """SpeechStarted, interim results, one final with speech_final, UtteranceEnd, then Metadata."""
    async with standin(ears=await knowing()) as port:
        connecting = sdk(port).listen.v1.connect(
            model="nova-2-phonecall",
            encoding="mulaw",
            sample_rate=8000,
            interim_results=True,
            smart_format=True,
            endpointing=300,
            utterance_end_ms=1000,
            vad_events=True,
        )
        async with connecting as connection:
            audio = encode(await spoken(tail_s=1.6), "mulaw")
            for start in range(0, len(audio), 800):
                await connection.send_media(audio[start : start + 800])
                await asyncio.sleep(0)
            await connection.send_close_stream()
            received = [message async for message in connection]
    kinds = [type(message) for message in received]
    assert kinds[0] is ListenV1SpeechStarted
    assert kinds[-1] is ListenV1Metadata
    assert ListenV1UtteranceEnd in kinds
    results = [m for m in received if isinstance(m, ListenV1Results)]
    [final] = [m for m in results if m.is_final]
    assert final.speech_final and not final.from_finalize
    best = final.channel.alternatives[0]
    assert best.transcript == LINE
    assert [w.punctuated_word for w in best.words] == LINE.split()
    assert best.words[0].word == "hi" and best.words[-1].word == "two"
    assert final.metadata.model_info.name == "2-phonecall-nova"
    assert 0.25 < best.words[0].start < 0.8 < best.words[-1].end < 3.8


async def test_interim_results_grow_about_once_a_second() -> None:
    """In real time each interim is the beginning of the final, and they are a second apart."""
    async with standin(ears=await knowing()) as port, raw(port, PATH) as ws:
        pcm = await spoken(tail_s=0.5)
        begun = time.monotonic()
        for start in range(0, len(pcm), 800):
            await ws.send(pcm[start : start + 800].tobytes())
            await asyncio.sleep(max(0.0, begun + start / 8000 - time.monotonic()))
        await say(ws, type="CloseStream")
        received = await messages(ws)
    interims = [m for m in received if m["type"] == "Results" and not m["is_final"]]
    assert 2 <= len(interims) <= 4
    assert all(LINE.startswith(transcript(m)) for m in interims)
    lengths = [len(transcript(m)) for m in interims]
    assert lengths == sorted(lengths) and lengths[0] < lengths[-1]


async def test_finalize_returns_what_is_buffered() -> None:
    """The answer holds the words so far, is final, and says where it comes from."""
    async with standin(ears=await knowing()) as port, raw(port, PATIENT) as ws:
        await play(ws, await spoken())
        await say(ws, type="Finalize")
        received, _ = await until(ws, "Results")
        while not received["is_final"]:
            received, _ = await until(ws, "Results")
        assert received["from_finalize"] and transcript(received) == LINE


async def test_finalize_with_nothing_buffered_is_not_answered() -> None:
    """After a final result there is nothing left to flush, and the vendor promises no answer."""
    async with standin(ears=await knowing()) as port, raw(port, PATH) as ws:
        await play(ws, await spoken(tail_s=0.1))
        await say(ws, type="Finalize")
        await say(ws, type="CloseStream")
        received = await messages(ws)
    assert [m["from_finalize"] for m in finals(received)] == [False]
    assert not any(m.get("from_finalize") for m in received)


async def test_finalize_after_silence_is_answered_empty() -> None:
    """A second of silence is audio to process: the answer is marked, and empty."""
    async with standin() as port, raw(port, PATH) as ws:
        await play(ws, quiet(1.0))
        await say(ws, type="Finalize")
        received, _ = await until(ws, "Results")
        assert received["from_finalize"] and transcript(received) == ""


@pytest.mark.parametrize("punctuate", [True, False])
async def test_punctuation_is_the_clients_choice(punctuate: bool) -> None:
    """Without it the transcript is lower case and bare, and words have no punctuated form."""
    path = PATH if punctuate else PATH.replace("punctuate=true", "punctuate=false")
    async with standin(ears=await knowing()) as port, raw(port, path) as ws:
        await play(ws, await spoken())
        await say(ws, type="CloseStream")
        [final] = finals(await messages(ws))
    words = final["channel"]["alternatives"][0]["words"]
    plain = "hi i need an oil change next tuesday at two"
    assert transcript(final) == (LINE if punctuate else plain)
    assert all(("punctuated_word" in word) is punctuate for word in words)


async def test_long_speech_is_cut_into_finals() -> None:
    """Fifteen seconds without a pause come as several finals, only the last speech_final."""
    word = (await hibari().synthesise("Monday"))[1000:]
    loud = np.abs(word.astype(int)) > 300
    voiced = word[loud.argmax() : len(word) - loud[::-1].argmax()]
    speech = np.tile(voiced, int(15 * 8000 / len(voiced)))
    async with standin() as port, raw(port, PATH) as ws:
        await play(ws, np.concatenate([speech, quiet(0.5)]))
        await say(ws, type="CloseStream")
        received = [m for m in await messages(ws) if m["type"] == "Results" and m["is_final"]]
    assert len(received) >= 2
    assert [m["speech_final"] for m in received] == [False] * (len(received) - 1) + [True]
    covered = sum(m["duration"] for m in received)
    assert covered == pytest.approx(len(speech) / 8000, abs=1.0)


async def test_the_profile_decides_when_the_final_comes() -> None:
    """At the design profile the answer to Finalize takes 150 ms."""
    ears = await knowing()
    async with standin(ears=ears, latency=Latency("design")) as port, raw(port, PATIENT) as ws:
        await play(ws, await spoken())
        await until(ws, "Results")
        asked = time.monotonic()
        await say(ws, type="Finalize")
        while not (await until(ws, "Results"))[0]["from_finalize"]:
            pass
        assert 0.15 <= time.monotonic() - asked < 0.25


async def test_a_silent_client_is_cut_off() -> None:
    """Neither audio nor KeepAlive for the time-out: closed with 1011 and NET-0001."""
    async with (
        standin(listen_limits=ListenLimits(idle_s=0.1)) as port,
        raw(port, PATH) as ws,
    ):
        await ws.wait_closed()
        assert ws.close_code == 1011
        assert ws.close_reason is not None and "NET-0001" in ws.close_reason


async def test_keep_alive_keeps_alive() -> None:
    """Text frames with KeepAlive hold the socket open beyond the time-out, unanswered."""
    async with standin(listen_limits=ListenLimits(idle_s=0.3)) as port, raw(port, PATH) as ws:
        for _ in range(6):
            await say(ws, type="KeepAlive")
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(ws.recv(), 0.1)
        await say(ws, type="CloseStream")
        assert [m["type"] for m in await messages(ws)] == ["Metadata"]
        assert ws.close_code == 1000


async def test_silence_is_reported_empty() -> None:
    """Stretches without words come as final results without a transcript."""
    limits = ListenLimits(pacing=replace(Pacing(), silent_result_ms=500))
    async with standin(listen_limits=limits) as port, raw(port, PATH) as ws:
        await play(ws, quiet(0.6))
        received, _ = await until(ws, "Results")
    assert received["is_final"] and transcript(received) == ""


async def test_a_wrong_key_is_refused() -> None:
    """401 with the reason in dg-error; the vendor's client reports the status."""
    async with standin() as port:
        with pytest.raises(InvalidStatus) as refused:
            await raw(port, PATH, key="wrong")
        response = refused.value.response
        assert response.status_code == 401
        assert response.headers["dg-error"] == "Invalid credentials."
        assert "dg-request-id" in response.headers
        with pytest.raises(ApiError) as error:
            async with sdk(port, "wrong").listen.v1.connect(model="nova-2-phonecall"):
                pass
        assert error.value.status_code == 401


@pytest.mark.parametrize(
    "change",
    [
        ("encoding=linear16", "encoding=mp9"),
        ("sample_rate=8000", "sample_rate=eight"),
        ("sample_rate=8000", "sample_rate=700"),
        ("sample_rate=8000", "channels=2"),
        ("model=nova-2-phonecall", "model=nonsense"),
        ("interim_results=true", "interim_results=perhaps"),
        ("endpointing=200", "endpointing=-1"),
        ("punctuate=true", "utterance_end_ms=x%00y"),
    ],
)
async def test_a_wrong_query_is_refused(change: tuple[str, str]) -> None:
    """400 with the reason in dg-error."""
    async with standin() as port:
        with pytest.raises(InvalidStatus) as refused:
            await raw(port, PATH.replace(*change))
    assert refused.value.response.status_code == 400
    assert refused.value.response.headers["dg-error"]


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ("{", 1008),
        ("[]", 1008),
        ("[" * 50_000, 1008),
        ('{"type": "Dance"}', 1008),
        ('{"type": ["KeepAlive"]}', 1008),
        ("x" * 100_000, 1009),
        (b"\0" * 2_000_000, 1009),
    ],
)
async def test_hostile_messages_close_the_socket(sent: str | bytes, code: int) -> None:
    """An error in the vendor's form, a close code, and the next client is served."""
    async with standin(ears=await knowing()) as port:
        async with raw(port, PATH) as ws:
            await ws.send(sent)
            received = await messages(ws)
            assert ws.close_code == code
            assert [m["type"] for m in received] == (["Error"] if code == 1008 else [])
        async with raw(port, PATH) as ws:
            await play(ws, await spoken())
            await say(ws, type="CloseStream")
            assert [transcript(m) for m in finals(await messages(ws))] == [LINE]


@pytest.mark.parametrize("audio", [b"\x01", b"\xff" * 999, bytes(range(256)) * 77])
async def test_odd_audio_is_borne(audio: bytes) -> None:
    """Half samples and noise end in Metadata like anything else."""
    async with standin() as port, raw(port, PATH) as ws:
        for _ in range(5):
            await ws.send(audio)
        await ws.send(b"")
        assert (await messages(ws))[-1]["type"] == "Metadata"
        assert ws.close_code == 1000


async def test_a_client_that_vanishes_leaves_others_alone() -> None:
    """Sockets dropped in the middle of speech, or right after CloseStream, disturb nobody."""
    async with standin(ears=await knowing()) as port:
        async with raw(port, PATH) as ws:
            await play(ws, (await spoken())[:16_000])
            ws.transport.abort()
        async with raw(port, PATH) as ws:
            await play(ws, await spoken())
            await say(ws, type="CloseStream")
            ws.transport.abort()
        async with raw(port, PATH) as ws:
            await play(ws, await spoken())
            await say(ws, type="CloseStream")
            assert [transcript(m) for m in finals(await messages(ws))] == [LINE]


async def test_many_scripted_calls_side_by_side() -> None:
    """Twenty streams that say different things at once each get their own words."""
    lines = [f"Tuesday the {n} of May, please" for n in ("first", "second", "third", "fourth")]
    recordings = [(await hibari().synthesise(line), line) for line in lines]

    async def call(port: int, pcm: Pcm) -> list[str]:
        async with raw(port, PATH) as ws:
            await play(ws, np.concatenate([quiet(0.2), pcm, quiet(0.4)]))
            await say(ws, type="CloseStream")
            return [transcript(m) for m in finals(await messages(ws))]

    async with standin(ears=ScriptedEars(recordings)) as port:
        heard = await asyncio.gather(*(call(port, pcm) for pcm, _ in recordings * 5))
    assert heard == [[line] for line in lines * 5]


async def test_a_load_generator_registers_its_recordings() -> None:
    """POST /sandbox/script teaches one, DELETE forgets them, silence is refused."""
    ears = ScriptedEars()
    pcm = await spoken()
    async with standin(ears=ears) as port, httpx.AsyncClient() as http:
        address = f"http://127.0.0.1:{port}/sandbox/script"
        body = {"text": LINE, "mulaw": base64.b64encode(encode(pcm, "mulaw")).decode()}
        assert (await http.post(address, json=body)).status_code == 204
        assert " ".join(w.text for w in await ears.transcribe(pcm)) == LINE
        silent = {"text": LINE, "mulaw": base64.b64encode(b"\xff" * 800).decode()}
        assert (await http.post(address, json=silent)).status_code == 422
        assert (await http.post(address, json={"text": "x", "mulaw": "*"})).status_code == 422
        assert (await http.delete(address)).status_code == 204
        assert await ears.transcribe(pcm) == []


async def test_the_key_may_come_as_a_subprotocol() -> None:
    """Browsers, which cannot set headers, name the key in Sec-WebSocket-Protocol."""
    from websockets.asyncio.client import connect  # noqa: PLC0415
    from websockets.typing import Subprotocol  # noqa: PLC0415

    async with standin() as port:
        offered = [Subprotocol("token"), Subprotocol(KEY)]
        async with connect(f"ws://127.0.0.1:{port}{PATH}", subprotocols=offered) as ws:
            assert ws.subprotocol == "token"
            await ws.send(json.dumps({"type": "CloseStream"}))
            assert [m["type"] for m in await messages(ws)] == ["Metadata"]
