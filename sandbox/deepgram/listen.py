"""Speech to text on the vendor's wire: the /v1/listen WebSocket."""

import asyncio
import contextlib
import hashlib
import json
import time
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from sandbox.deepgram.codec import Decoder
from sandbox.deepgram.recogniser import Final, Interim, Recogniser
from sandbox.deepgram.request import (
    ListenOptions,
    RefusedError,
    check_key,
    listen_options,
    new_request_id,
    refuse,
)
from sandbox.deepgram.results import Heard, results
from sandbox.deepgram.rules import BrokenRuleError, ListenLimits, parse
from sandbox.deepgram.segments import FRAME_MS, Cue, Segment, Segmenter
from sandbox.ears import Ears
from sandbox.latency import Latency


class Listen:
    """Serves /v1/listen for any number of clients with one pair of ears."""

    def __init__(
        self, ears: Ears, latency: Latency, *, api_key: str | None, limits: ListenLimits
    ) -> None:
        self.ears = ears
        self.latency = latency
        self.limits = limits
        self._api_key = api_key

    async def serve(self, websocket: WebSocket) -> None:
        """One WebSocket from handshake to close."""
        request_id = new_request_id()
        try:
            subprotocol = check_key(websocket.headers, self._api_key)
            options = listen_options(websocket.query_params)
        except RefusedError as refused:
            await refuse(websocket, refused, request_id)
            return
        await websocket.accept(subprotocol, [(b"dg-request-id", request_id.encode())])
        await _Stream(self, websocket, options, request_id).run()


@dataclass(frozen=True, slots=True)
class _Outgoing:
    """A message that leaves at `due_s`; an interim one is dropped when its segment is final."""

    due_s: float
    text: str
    interim_of: Segment | None = None


class _Stream:
    """One open socket: a reader, the recogniser, a writer and a watchdog."""

    def __init__(
        self, owner: Listen, websocket: WebSocket, options: ListenOptions, request_id: str
    ) -> None:
        self._owner = owner
        self._socket = websocket
        self._options = options
        self._request_id = request_id
        self._limits = owner.limits
        self._decoder = Decoder(options.encoding, options.rate_hz)
        self._segmenter = Segmenter(options.endpointing_ms, owner.limits.pacing)
        self._recogniser = Recogniser(owner.ears, self._deliver)
        self._outgoing: deque[_Outgoing] = deque()
        self._written = asyncio.Event()
        self._pending = asyncio.Event()
        self._hash = hashlib.sha256()
        self._alive_s = time.monotonic()
        self._voice_s = time.monotonic()
        self._last_word_end_s: float | None = None

    async def run(self) -> None:
        """Until either side closes."""
        serving = [asyncio.create_task(self._recogniser.run()), asyncio.create_task(self._write())]
        taking = [asyncio.create_task(self._read()), asyncio.create_task(self._watch())]
        tasks = [*serving, *taking]
        try:
            await _first_of(tasks)
            tasks.append(asyncio.create_task(self._say_goodbye()))
            await _first_of([*serving, tasks[-1]])
        except BrokenRuleError as broken:
            await self._fail(broken)
        except (WebSocketDisconnect, RuntimeError):
            pass  # The client is gone, possibly in the middle of a message to it.
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _read(self) -> None:
        """Take audio and messages until CloseStream."""
        while True:
            message = await self._socket.receive()
            if message["type"] == "websocket.disconnect":
                raise WebSocketDisconnect(message.get("code", 1005))
            self._alive_s = time.monotonic()
            audio, text = message.get("bytes"), message.get("text")
            if audio:
                await self._on_audio(audio)
            elif text is None or self._on_text(text):
                return  # CloseStream, or the empty audio message that used to mean it

    async def _on_audio(self, audio: bytes) -> None:
        if len(audio) > self._limits.audio_bytes:
            raise BrokenRuleError(1009, "BIG-0000", "The audio message is too large.")
        self._hash.update(audio)
        pcm = self._decoder.decode(audio)
        for start in range(0, len(pcm), 8000):
            if start:
                await asyncio.sleep(0)  # other streams first, when a whole file comes at once
            for cue, segment in self._segmenter.feed(pcm[start : start + 8000]):
                self._on_cue(cue, segment)
            if self._recogniser.waiting > self._limits.finals_waiting:
                await self._recogniser.drained()
        self._note_voice()

    def _note_voice(self) -> None:
        segment, position = self._segmenter.open, self._segmenter.position
        if segment is not None and segment.voiced_end == position:
            self._voice_s = self._alive_s
        wait_ms, last_s = self._options.utterance_end_ms, self._last_word_end_s
        if wait_ms is None or last_s is None or segment is not None:
            return
        if (self._segmenter.position_s - last_s) * 1000 >= wait_ms:
            self._last_word_end_s = None
            self._queue(type="UtteranceEnd", channel=[0, 1], last_word_end=round(last_s, 3))

    def _on_cue(self, cue: Cue, segment: Segment | None) -> None:
        now_s = time.monotonic()
        if segment is None:
            self._queue_silence()
        elif cue is Cue.STARTED:
            if self._options.vad_events:
                at_s = round(segment.start * FRAME_MS / 1000, 3)
                self._queue(type="SpeechStarted", channel=[0, 1], timestamp=at_s)
        elif cue is Cue.PROGRESS:
            if self._options.interim_results:
                due_s = now_s + self._owner.latency.sample_s("stt_final")
                self._recogniser.look(Interim(segment, due_s))
        elif cue is Cue.PAUSED:
            self._recogniser.look(Interim(segment, None))
        else:
            ended = cue is Cue.ENDED and self._options.endpointing_ms is not None
            spoken_s = self._voice_s if cue is Cue.ENDED else now_s
            self._finish(segment, spoken_s, speech_final=ended, from_finalize=False)

    def _finish(
        self, segment: Segment, since_s: float, *, speech_final: bool, from_finalize: bool
    ) -> None:
        due_s = since_s + self._owner.latency.sample_s("stt_final")
        self._recogniser.finish(Final(segment, due_s, speech_final, from_finalize))

    def _on_text(self, text: str) -> bool:
        """Do what a control message asks for; true after CloseStream."""
        match parse(text, self._limits.text_bytes).get("type"):
            case "KeepAlive":
                return False
            case "Finalize":
                self._on_finalize()
            case "Configure":
                self._on_configure()
            case "CloseStream":
                return True
            case _:
                raise BrokenRuleError(
                    1008, "DATA-0000", "The text message could not be understood.", text[:500]
                )
        return False

    def _on_configure(self) -> None:
        """Keyterms can be changed with nova-3 only; they change nothing here."""
        if self._options.model.startswith("nova-3"):
            self._queue(type="ConfigureSuccess", request_id=self._request_id)
            return
        self._queue(
            type="ConfigureFailure",
            request_id=self._request_id,
            code="CONFIGURE_KEYTERMS_NOT_SUPPORTED",
            description="The model of this stream takes no keyterms while it runs.",
        )

    def _on_finalize(self) -> None:
        """Flush. With next to nothing buffered the vendor promises no answer: none comes."""
        covered = self._segmenter.final_until
        segment = self._segmenter.close()
        now_s = time.monotonic()
        if segment is not None:
            self._finish(segment, now_s, speech_final=True, from_finalize=True)
        elif (self._segmenter.position - covered) * FRAME_MS >= self._limits.finalize_ms:
            empty = Segment(-1, covered, [], covered)
            self._finish(empty, now_s, speech_final=True, from_finalize=True)
            self._segmenter.final_until = self._segmenter.position

    def _queue_silence(self) -> None:
        """The vendor also reports stretches without words, as empty final results."""
        start_s = self._segmenter.final_until * FRAME_MS / 1000
        heard = Heard(start_s, self._segmenter.position_s - start_s, [])
        self._put(_Outgoing(0.0, self._results(heard, is_final=True)))

    def _results(
        self, heard: Heard, *, is_final: bool, speech_final: bool = False, finalize: bool = False
    ) -> str:
        return results(
            heard,
            self._options,
            self._request_id,
            is_final=is_final,
            speech_final=speech_final,
            from_finalize=finalize,
        )

    def _deliver(self, job: Final | Interim, heard: Heard) -> None:
        """Take a recognised job from the recogniser."""
        if isinstance(job, Interim):
            if heard.words:
                text = self._results(heard, is_final=False)
                self._put(_Outgoing(job.due_s or 0.0, text, job.segment))
            return
        for stale in [o for o in self._outgoing if o.interim_of is job.segment]:
            self._outgoing.remove(stale)
        if heard.words:
            self._last_word_end_s = heard.words[-1].end_s
        text = self._results(
            heard, is_final=True, speech_final=job.speech_final, finalize=job.from_finalize
        )
        self._put(_Outgoing(job.due_s, text))

    def _queue(self, **message: object) -> None:
        self._put(_Outgoing(0.0, json.dumps(message)))

    def _put(self, outgoing: _Outgoing) -> None:
        self._outgoing.append(outgoing)
        self._written.clear()
        self._pending.set()

    async def _write(self) -> None:
        """Send what is queued, in order, each when it is due."""
        while True:
            while not self._outgoing:
                self._written.set()
                self._pending.clear()
                await self._pending.wait()
            first = self._outgoing[0]
            if (wait_s := first.due_s - time.monotonic()) > 0:
                await asyncio.sleep(wait_s)
            if self._outgoing and self._outgoing[0] is first:  # may have gone stale meanwhile
                self._outgoing.popleft()
                await self._socket.send_text(first.text)

    async def _watch(self) -> None:
        """Close the socket when neither audio nor KeepAlive comes."""
        while True:
            left_s = self._alive_s + self._limits.idle_s - time.monotonic()
            if left_s <= 0:
                raise BrokenRuleError(
                    1011, "NET-0001", "No audio data or text message came within the time-out."
                )
            await asyncio.sleep(left_s)

    async def _say_goodbye(self) -> None:
        """Final results for everything heard, then Metadata, then close."""
        if (segment := self._segmenter.close()) is not None:
            self._finish(segment, time.monotonic(), speech_final=True, from_finalize=False)
        await self._recogniser.drained()
        if self._outgoing:
            await self._written.wait()
        await self._send_metadata()
        await self._close(1000, "")

    async def _send_metadata(self) -> None:
        message = {
            "type": "Metadata",
            "transaction_key": "deprecated",
            "request_id": self._request_id,
            "sha256": self._hash.hexdigest(),
            "created": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "duration": round(self._segmenter.position_s, 3),
            "channels": 1,
        }
        await self._socket.send_text(json.dumps(message))

    async def _fail(self, broken: BrokenRuleError) -> None:
        message = {"type": "Error", "variant": "SchemaError", "description": str(broken)}
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            if broken.close_code == 1008:
                await self._socket.send_text(json.dumps(message | {"message": broken.sent}))
            await self._close(broken.close_code, f"{broken.code}: {broken}")

    async def _close(self, code: int, reason: str) -> None:
        if self._socket.application_state is WebSocketState.CONNECTED:
            await self._socket.close(code, reason[:120])


async def _first_of(tasks: list[asyncio.Task[None]]) -> None:
    """Wait for the first task to end, and raise what it raised."""
    done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in done:
        task.result()
