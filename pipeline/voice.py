"""The agent's voice: Deepgram's, sentence by sentence, so that it is known where each one is.

Deepgram tells no word times and labels no audio. A `Flush` behind every sentence makes it say
`Flushed` when the sentence's whole sound has been sent; from that sound and the text follow the
times of the words (shop/wordtimes.py).
"""

import json
import time
from collections import deque
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from loguru import logger
from pipecat.frames.frames import (
    ErrorFrame,
    Frame,
    TTSAudioRawFrame,
    TTSStoppedFrame,
)
from pipecat.services.deepgram.tts import DeepgramTTSService
from pipecat.services.websocket_service import WebsocketService

from pipeline import turns
from pipeline.pronouncing import as_written
from processors.playback_frames import WordTimesFrame
from shop.wordtimes import WINDOW_MS, expected_ms, word_times


@dataclass(slots=True)
class _Stretch:
    """One or more sentences between two Flushes: the words, and the sound as it comes in."""

    context_id: str
    first_word: int
    starts_ms: int
    words: list[str] = field(default_factory=list)
    sound: bytearray = field(default_factory=bytearray)
    dropped: bool = False


@dataclass(slots=True)
class _Utterance:
    """What has been asked of the voice and has come back in one of Pipecat's audio contexts."""

    words: int = 0
    sound_bytes: int = 0
    complete: bool = False


class SentenceVoice(DeepgramTTSService):
    """Pipecat's Deepgram voice with a Flush a sentence and the times of words.

    Beyond stock it pushes a `WordTimesFrame` for each sentence; closes an audio context at its last
    `Flushed` and not at the first; drops audio that was under way when `Clear` went out; flushes
    less often before the vendor's limit is reached; and after a broken connection says the rest of
    what it had begun.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._utterances: dict[str, _Utterance] = {}
        self._open: _Stretch | None = None
        self._flushed_out: deque[_Stretch] = deque()
        self._flushes_at_s: deque[float] = deque()
        self._clears = 0
        self._cleared_by_s = 0.0

    # Speaking

    async def run_tts(self, text: str, context_id: str) -> AsyncGenerator[Frame | None, None]:
        """Ask for one sentence's sound; it comes in through the receive task."""
        utterance = self._utterances.setdefault(context_id, _Utterance())
        first_word, words = utterance.words, as_written(text).split()
        utterance.words += len(words)
        self._begin(context_id, first_word, words)
        async for frame in super().run_tts(text, context_id):
            if isinstance(frame, ErrorFrame):
                self._forget_last(len(words))
            yield frame
        if self._may_flush():
            await self._flush()

    def _begin(self, context_id: str, first_word: int, words: list[str]) -> None:
        """Note words that are asked for: a stretch of their own, or more of the open one."""
        if self._open is None or self._open.context_id != context_id:
            self._open = _Stretch(context_id, first_word, 0)
        self._open.words += words

    def _forget_last(self, words: int) -> None:
        if self._open is not None:
            del self._open.words[-words:]
            if not self._open.words:
                self._open = None

    def _may_flush(self) -> bool:
        now_s = time.monotonic()
        while self._flushes_at_s and now_s - self._flushes_at_s[0] > turns.FLUSH_WINDOW_S:
            self._flushes_at_s.popleft()
        return len(self._flushes_at_s) < turns.SENTENCE_FLUSHES_AT_MOST

    async def _flush(self) -> None:
        """Ask for `Flushed` behind what was asked for."""
        if self._open is not None:
            stretch, self._open = self._open, None
            self._flushed_out.append(stretch)
            self._flushes_at_s.append(time.monotonic())
            await super().flush_audio(stretch.context_id)

    async def flush_audio(self, context_id: str | None = None) -> None:
        """End a turn: its context closes when the last of its sound is there."""
        utterance = self._utterances.get(context_id or "")
        if context_id is None or utterance is None:
            return
        utterance.complete = True
        await self._flush()
        await self._close_if_over(context_id)

    # What comes back

    async def _receive_messages(self) -> None:
        async for message in self._get_websocket():  # type: ignore[no-untyped-call]
            if isinstance(message, bytes):
                await self._take_sound(message)
                continue
            try:
                known = json.loads(message)
            except ValueError:
                known = None
            if isinstance(known, dict):
                await self._take_message(known)
            else:
                logger.bind(size=len(message)).warning("voice_message_malformed")

    async def _take_sound(self, sound: bytes) -> None:
        stretch = self._flushed_out[0] if self._flushed_out else self._open
        if self._is_clearing() or stretch is None or stretch.dropped:
            return
        utterance = self._utterances.setdefault(stretch.context_id, _Utterance())
        if not stretch.sound:
            stretch.starts_ms = self._ms(utterance.sound_bytes)
        stretch.sound += sound
        utterance.sound_bytes += len(sound)
        frame = TTSAudioRawFrame(sound, self.sample_rate, 1, context_id=stretch.context_id)
        await self.append_to_audio_context(stretch.context_id, frame)

    def _ms(self, size: int) -> int:
        return size * 1000 // (2 * self.sample_rate)

    def _is_clearing(self) -> bool:
        """Whether what comes in was under way when Clear went out; a lost Cleared is survived."""
        if self._clears and time.monotonic() > self._cleared_by_s:
            logger.warning("voice_cleared_missing")
            self._clears = 0
        return self._clears > 0

    async def _take_message(self, message: dict[str, Any]) -> None:
        kind = message.get("type")
        if kind == "Flushed" and not self._is_clearing() and self._flushed_out:
            stretch = self._flushed_out.popleft()
            if not stretch.dropped:
                await self._tell_times(stretch)
                await self._close_if_over(stretch.context_id)
        elif kind == "Cleared":
            self._clears = max(0, self._clears - 1)
        elif kind in ("Warning", "Error"):
            told = message.get("warn_msg") or message.get("description")
            self._heed(str(message.get("code") or ""), str(told or ""))

    def _heed(self, code: str, description: str) -> None:
        """Note what the vendor complains of; a Flush that it ignored will never be answered."""
        logger.bind(code=code, description=description).warning("voice_warning")
        if "FLUSH" in code.upper() and self._flushed_out:
            ignored = self._flushed_out.pop()
            if self._open is not None and self._open.context_id == ignored.context_id:
                ignored.words += self._open.words
            self._open = ignored
            # Its window began earlier than ours: no more for a whole one.
            self._flushes_at_s = deque([time.monotonic()] * turns.SENTENCE_FLUSHES_AT_MOST)

    async def _tell_times(self, stretch: _Stretch) -> None:
        if stretch.words and stretch.sound:
            times = word_times(stretch.words, _loudness(bytes(stretch.sound), self.sample_rate))
            shifted = tuple(word.later(stretch.starts_ms) for word in times)
            await self.push_frame(WordTimesFrame(stretch.context_id, stretch.first_word, shifted))

    async def _close_if_over(self, context_id: str) -> None:
        """Close a context whose turn is over once nothing more comes."""
        utterance = self._utterances.get(context_id)
        if utterance is None or not utterance.complete or self._outstanding(context_id):
            return
        del self._utterances[context_id]
        await self.append_to_audio_context(context_id, TTSStoppedFrame(context_id=context_id))
        await self.remove_audio_context(context_id)

    def _outstanding(self, context_id: str | None = None) -> list[_Stretch]:
        """Return what is still to come, of one context or of all."""
        asked = [*self._flushed_out, *([self._open] if self._open else [])]
        return [
            stretch
            for stretch in asked
            if not stretch.dropped and context_id in (None, stretch.context_id)
        ]

    async def on_audio_context_completed(self, context_id: str) -> None:
        """Time what there is of a context that was closed because no more sound came."""
        await super().on_audio_context_completed(context_id)
        for stretch in self._outstanding(context_id):
            await self._tell_times(stretch)

    # Interruption

    async def on_audio_context_interrupted(self, context_id: str) -> None:
        """Drop a context; Clear goes out when nothing else is under way."""
        await self.stop_all_metrics()  # type: ignore[no-untyped-call]
        self._utterances.pop(context_id, None)
        dropped = self._outstanding(context_id)
        for stretch in dropped:
            stretch.dropped = True
        if dropped and not self._outstanding():
            self._flushed_out.clear()
            self._open = None
            await self._clear()
        elif self._open is not None and self._open.dropped:
            await self._flush()  # its sound ends at a Flushed, before another's begins

    async def _clear(self) -> None:
        if self._websocket:
            self._clears += 1
            self._cleared_by_s = time.monotonic() + turns.CLEARED_WITHIN_S
            try:
                await self._websocket.send(json.dumps({"type": "Clear"}))
            except Exception as exc:
                logger.bind(error=type(exc).__name__).warning("voice_clear_failed")
                self._clears = 0

    # Connection

    async def _disconnect(self) -> None:
        await super()._disconnect()  # type: ignore[no-untyped-call]
        self._flushed_out.clear()
        self._open = None
        self._clears = 0

    async def _reconnect_websocket(self, attempt_number: int) -> bool:
        """Connect again and say what is left; stock closes what was begun."""
        connected = await WebsocketService._reconnect_websocket(self, attempt_number)
        await self._speak_the_rest()
        return connected

    async def _speak_the_rest(self) -> None:
        unfinished = self._outstanding()
        self._flushed_out.clear()
        self._open = None
        self._clears = 0
        for stretch in unfinished:
            if self.audio_context_available(stretch.context_id):
                await self._speak_again(stretch)

    async def _speak_again(self, stretch: _Stretch) -> None:
        """Say the words of a stretch of which no sound has come."""
        said = _words_in(stretch, self._ms(len(stretch.sound)))
        rest = stretch.words[said:]
        stretch.words = stretch.words[:said]
        await self._tell_times(stretch)
        if rest:
            logger.bind(words=len(rest)).info("voice_speaks_the_rest")
            self._begin(stretch.context_id, stretch.first_word + said, rest)
            speak = {"type": "Speak", "text": " ".join(rest) + " "}
            socket = self._get_websocket()  # type: ignore[no-untyped-call]
            await socket.send(json.dumps(speak))
            await self._flush()


def _words_in(stretch: _Stretch, sound_ms: int) -> int:
    """How many of a stretch's words its unfinished sound holds, at an ordinary pace."""
    until_ms = float(turns.LEAD_IN_MS)
    for count, word in enumerate(stretch.words):
        length_ms = expected_ms(word)
        if until_ms + length_ms / 2 > sound_ms:
            return count
        until_ms += length_ms
    return len(stretch.words)


def _loudness(sound: bytes, rate_hz: int) -> list[float]:
    """Return the root mean square of each window of 16-bit samples."""
    size = rate_hz * WINDOW_MS // 1000
    samples = np.frombuffer(sound[: len(sound) // 2 * 2], "<i2").astype(np.float64)
    windows = samples[: len(samples) // size * size].reshape(-1, size)
    return [float(level) for level in np.sqrt(np.mean(np.square(windows), axis=1))]
