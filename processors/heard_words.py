"""Lets the agent's words into the context only as the caller hears them."""

import re
from dataclasses import dataclass, field

from pipecat.frames.frames import (
    Frame,
    InterruptionFrame,
    LLMAssistantPushAggregationFrame,
    LLMFullResponseEndFrame,
    TTSStartedFrame,
    TTSStoppedFrame,
    TTSTextFrame,
)
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.utils.text.base_text_aggregator import TextType

from processors.playback_frames import HeardWordFrame, PlayedFrame, WordTimesFrame
from shop.wordtimes import expected_ms

CUT_OFF = "—"
"""What stands in the context behind the last word heard of a line that was interrupted."""

_ENDS_SENTENCE = re.compile(r"[.?!]['\")]*$")


@dataclass(frozen=True, slots=True)
class _Word:
    text: str
    of: TTSTextFrame


@dataclass(slots=True)
class _Utterance:
    """What is known of one stretch of speech: its words, their times, and how far it was heard."""

    words: list[_Word] = field(default_factory=list)
    heard_at_ms: dict[int, int] = field(default_factory=dict)
    timed_until_ms: int = 0
    played_ms: int = 0
    released: int = 0
    started: bool = False

    def due(self, *, all_timed: bool = False) -> list[_Word]:
        """Take the words that have been heard; at the end, all whose sound there was."""
        first = self.released
        while self.released < len(self.words) and self._is_heard(self.released, all_timed):
            self.released += 1
        return self.words[first : self.released]

    def _is_heard(self, index: int, all_timed: bool) -> bool:
        known_ms = self.heard_at_ms.get(index)
        if known_ms is not None:
            return all_timed or known_ms <= self.played_ms
        return self._guess_ms(index) <= self.played_ms

    def _guess_ms(self, index: int) -> float:
        """Where most of a word has been said whose sentence's sound is not complete yet."""
        first = max(self.heard_at_ms, default=-1) + 1
        before = sum(expected_ms(word.text) for word in self.words[first:index])
        return self.timed_until_ms + before + expected_ms(self.words[index].text) / 2


class HeardWords(FrameProcessor):
    """Holds text back until its sound has been heard, and lets it go word by word.

    Pipecat releases a sentence before the first of its sound, so that a caller who interrupts
    leaves the whole of it in the context and in the call log as if it had been said. Here a word
    goes on when most of it was heard: the output transport says how far an utterance has been
    played (`PlayedFrame`), the voice when its words are said (`WordTimesFrame`); of a sentence
    whose sound is still coming in, they are guessed. Words whose sound never came are not heard.

    An utterance that is cut ends in CUT_OFF, so that the model knows that the rest was not said.
    Its place is behind the output transport, whose order it keeps: it has no queue of its own.
    `lead_in_ms` is the silence with which the voice begins, as long as its sound is not known.
    """

    def __init__(self, lead_in_ms: int) -> None:
        super().__init__(enable_direct_mode=True)
        self._lead_in_ms = lead_in_ms
        self._utterances: dict[str | None, _Utterance] = {}
        self._last_heard = ""

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Hold words, and let go of those that have been heard."""
        await super().process_frame(frame, direction)
        if isinstance(frame, PlayedFrame):
            utterance = self._utterance(frame.context_id)
            utterance.played_ms = max(utterance.played_ms, frame.played_ms)
            await self._release(utterance)
        elif isinstance(frame, WordTimesFrame):
            await self._note_times(frame)
        elif isinstance(frame, TTSTextFrame):
            await self._hold(frame)
        else:
            await self._follow(frame)
            await self.push_frame(frame, direction)

    async def _follow(self, frame: Frame) -> None:
        """Let utterances begin and end with the frames that say so."""
        if isinstance(frame, TTSStartedFrame):
            self._utterance(frame.context_id).started = True
        elif isinstance(frame, InterruptionFrame):
            await self._cut()
        elif isinstance(frame, LLMFullResponseEndFrame | LLMAssistantPushAggregationFrame):
            # All that has begun is over: this frame comes behind its sound.
            for context_id in [key for key, known in self._utterances.items() if known.started]:
                await self._end(context_id)
            self._last_heard = ""
        elif isinstance(frame, TTSStoppedFrame):
            await self._end(frame.context_id)

    async def _end(self, context_id: str | None) -> None:
        utterance = self._utterances.pop(context_id, None)
        if utterance is not None:
            await self._release(utterance, all_timed=True)

    def _utterance(self, context_id: str | None) -> _Utterance:
        new = _Utterance(timed_until_ms=self._lead_in_ms)
        return self._utterances.setdefault(context_id, new)

    async def _hold(self, frame: TTSTextFrame) -> None:
        utterance = self._utterance(frame.context_id)
        text = frame.raw_text or frame.text
        utterance.words += [_Word(word, frame) for word in text.split()]
        await self._release(utterance)

    async def _note_times(self, frame: WordTimesFrame) -> None:
        utterance = self._utterance(frame.context_id)
        for index, time in enumerate(frame.times, start=frame.first):
            utterance.heard_at_ms[index] = time.heard_ms
            utterance.timed_until_ms = time.end_ms
        await self._release(utterance)

    async def _release(self, utterance: _Utterance, *, all_timed: bool = False) -> None:
        for word in utterance.due(all_timed=all_timed):
            await self._let_go(word.text, word.of)

    async def _let_go(self, text: str, of: TTSTextFrame) -> None:
        frame = HeardWordFrame(text, TextType.WORD, context_id=of.context_id)
        frame.append_to_context = of.append_to_context
        frame.interruptible = of.interruptible
        if of.append_to_context:
            self._last_heard = text
        await self.push_frame(frame)

    async def _cut(self) -> None:
        """Forget what was not heard, and show where the line was cut."""
        kept = {}
        for context_id, utterance in self._utterances.items():
            words = utterance.words
            if words and not words[0].of.interruptible:
                kept[context_id] = utterance
            elif utterance.started and utterance.released and self._last_heard:
                unheard = words[utterance.released :]
                if unheard or not _ENDS_SENTENCE.search(words[-1].text):
                    await self._let_go(CUT_OFF, words[0].of)
        self._utterances = kept
        self._last_heard = ""
