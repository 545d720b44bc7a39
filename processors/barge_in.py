"""Decides whether a caller who makes a sound takes the turn, listens, or only coughed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from pipecat.frames.frames import (
    BotStartedSpeakingFrame,
    BotStoppedSpeakingFrame,
    Frame,
    FunctionCallCancelFrame,
    FunctionCallResultFrame,
    FunctionCallsStartedFrame,
    InputAudioRawFrame,
    InterimTranscriptionFrame,
    InterruptionFrame,
    TranscriptionFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.processors.frame_processor import FrameDirection
from pipecat.turns.types import ProcessFrameResult
from pipecat.turns.user_start import BaseUserTurnStartStrategy

from processors.barge_in_times import BargeInTimes
from processors.ear import Ear, SaidWord, Stretch, Words, near_words
from processors.playback_frames import HoldPlaybackFrame, ResumePlaybackFrame
from processors.words_wanted import WordsWantedFrame
from shop.answers import is_backchannel, may_become_backchannel, takes_the_floor


@dataclass(frozen=True, slots=True)
class BargeIn:
    """One time that the caller's sound stopped the agent's."""

    cause: Literal["words", "false_stop"]
    """Words took the turn, or none came and the agent went on where it was."""
    text: str
    """The words, as far as they had been recognised."""
    after_s: float
    """From the first of the caller's sound to the decision that stopped the agent's."""


_SHORT_RESULT = 4
"""A near sound and so few words are one: "hold on, hold on", whatever their times within it."""


@dataclass(frozen=True, slots=True)
class _Hold:
    at_s: float
    speaking: bool


class BargeInUserTurnStartStrategy(BaseUserTurnStartStrategy):
    """Starts the caller's turns; while the agent speaks, only for what is meant for it.

    The agent waits: voice or words start a turn. The agent speaks: words other than a listener's
    "mm-hm" start one at once; voice longer than such a word stops the sound, and either words
    follow, or the agent goes on where it was. A reply is being prepared: voice keeps it back, words
    or lasting voice take the turn.

    The clock is the audio itself, which arrives without a break as long as the line is up.
    """

    def __init__(
        self,
        times: BargeInTimes,
        ear: Ear,
        on_barge_in: Callable[[BargeIn], None] = lambda _: None,
        words_said: Callable[[Words], Sequence[SaidWord]] = lambda _: (),
    ) -> None:
        """Follow one call; `words_said` knows when words were said, on the clock of the audio."""
        super().__init__()
        self._times = times
        self._ear = ear
        self._on_barge_in = on_barge_in
        self._words_said = words_said
        self._now_s = 0.0
        self._began_s = float("-inf")
        self._voiced_s = float("-inf")
        self._audible_s = float("-inf")
        self._asked = True
        self._vad = False
        self._speaking = False
        self._spoke_s = self._stopped_s = float("-inf")
        self._reply_due = True  # the greeting
        self._tools = 0
        self._hold: _Hold | None = None
        self._in_turn = False
        self._turn_has_words = False
        self._turn_is_near = False
        self._turn_softly: list[Stretch | None] = []
        self._last_sign_s = 0.0

    async def handle_user_turn_started(self) -> None:
        """Follow the turn: what was held is dropped by the interruption that comes with it."""
        self._in_turn = True
        self._turn_has_words = False
        self._last_sign_s = self._now_s
        self._reply_due = self._speaking = False
        self._hold = None
        self._ear.turn(True)

    async def handle_user_turn_stopped(self) -> None:
        """Expect the agent's reply, if there is something to reply to."""
        if not self._turn_is_near:
            self._learn_softly()
        self._in_turn = self._turn_is_near = False
        self._turn_softly = []
        self._reply_due = self._turn_has_words
        self._ear.turn(False)

    async def process_frame(self, frame: Frame) -> ProcessFrameResult:
        """Take note of `frame`, and hold or resume the agent or start a turn if that is due."""
        self._follow_agent(frame)
        if isinstance(frame, InputAudioRawFrame):
            await self._on_audio(frame)
        elif isinstance(frame, VADUserStartedSpeakingFrame):
            self._vad = True
            await self._on_voice()
        elif isinstance(frame, VADUserStoppedSpeakingFrame):
            self._vad = False
        elif isinstance(frame, InterimTranscriptionFrame | TranscriptionFrame):
            await self._on_words(frame)
        elif isinstance(frame, BotStoppedSpeakingFrame) and self._vad and self._sounding:
            await self._on_voice()  # the caller began while the agent said its last words
        return ProcessFrameResult.CONTINUE

    @property
    def _talking(self) -> bool:
        """Whether the agent is heard, or would be if it had not been stopped for a moment."""
        return self._speaking or (self._hold is not None and self._hold.speaking)

    @property
    def _preparing(self) -> bool:
        return self._reply_due or self._tools > 0

    @property
    def _sounding(self) -> bool:
        return self._now_s - self._voiced_s <= self._times.gap

    def _lasts(self, seconds: float) -> bool:
        return self._sounding and self._voiced_s - self._began_s >= seconds

    def _follow_agent(self, frame: Frame) -> None:
        if isinstance(frame, BotStartedSpeakingFrame):
            if not self._speaking:
                self._spoke_s = self._now_s
            self._speaking = True
            self._reply_due = False
        elif isinstance(frame, BotStoppedSpeakingFrame):
            self._speaking = False
            self._stopped_s = self._now_s
        elif isinstance(frame, FunctionCallsStartedFrame):
            self._tools += len(frame.function_calls)
        elif isinstance(frame, FunctionCallResultFrame | FunctionCallCancelFrame):
            self._tools = max(0, self._tools - 1)
            self._reply_due |= isinstance(frame, FunctionCallResultFrame)
        elif isinstance(frame, InterruptionFrame):
            self._hold = None

    async def _on_audio(self, frame: InputAudioRawFrame) -> None:
        self._now_s += frame.num_frames / frame.sample_rate
        if self._ear.voiced:
            self._audible_s = self._now_s
        if self._ear.near_now:
            if not self._sounding:
                self._began_s = self._now_s
                self._asked = False
            self._voiced_s = self._now_s
        if self._in_turn:
            if self._vad and self._is_wordless():
                self._last_sign_s = self._now_s
                self._disregard()
        elif self._talking and self._insists():
            await self._start()
        elif self._hold is not None:
            await self._judge(self._hold)
        elif self._speaking and self._outlasts_a_listener() and self._is_near():
            await self._hold_agent()
        if self._talking and not self._in_turn:
            await self._ask()

    def _outlasts_a_listener(self) -> bool:
        times = self._times
        fluent = self._ear.syllables >= times.fluent_syllables
        return self._lasts(times.fluent_after if fluent else times.hold_after)

    def _insists(self) -> bool:
        """Say whether somebody near goes on talking, whatever the recogniser makes of it."""
        times = self._times
        return self._lasts(times.insist_after) and self._ear.syllables >= times.fluent_syllables

    async def _ask(self) -> None:
        """Ask what a short stretch of voice was, sooner than the detector finds it has ended."""
        quiet = self._now_s - self._audible_s >= self._times.ask_after
        if not self._asked and (quiet or not self._sounding):  # others may talk on
            self._asked = True
            await self.push_frame(WordsWantedFrame(), FrameDirection.UPSTREAM)

    async def _judge(self, hold: _Hold) -> None:
        """Go on after quiet; take the turn before a reply has begun; do not wait for ever."""
        if self._now_s - self._voiced_s >= self._times.resume_after:
            await self._resume(hold)
        elif not hold.speaking and self._lasts(self._times.take_turn_after):
            await self._start()
        elif self._now_s - hold.at_s >= self._times.hold_limit:
            self._disregard()
            await self._resume(hold)

    async def _on_voice(self) -> None:
        if self._in_turn or self._talking:
            return  # `_on_audio` knows how long it lasts
        if not self._preparing:
            await self._start()
        elif self._hold is None:
            await self._hold_agent()

    async def _on_words(self, frame: Words) -> None:
        text = frame.text.strip()
        if not any(character.isalnum() for character in text):
            return  # nothing, or a sign for music
        final = isinstance(frame, TranscriptionFrame)
        self._last_sign_s = self._now_s
        if self._in_turn:
            self._turn_has_words = True
            if final:
                said = self._said(frame)
                self._learn((said[0].start_s, said[-1].end_s) if said else None)
        elif self._meant_for_agent(text, frame):
            await self._start(text)
        elif final:
            # The aggregator has it already, and would put it before the next turn's words.
            await self.trigger_reset_aggregation()  # type: ignore[no-untyped-call]
            if self._hold is not None and not self._sounding:
                await self._resume(self._hold)

    def _learn(self, stretch: Stretch | None) -> None:
        """Let the ear learn the caller's voice; a softer one only if the turn has no other."""
        self._turn_softly = [stretch]
        if self._ear.near(stretch):
            self._learn_softly()
            self._turn_is_near = True

    def _learn_softly(self) -> None:
        for stretch in self._turn_softly:
            self._ear.learn_caller(stretch)
        self._turn_softly = []

    def _is_near(self) -> bool:
        return bool(self._ear.near((self._began_s, self._voiced_s)))

    def _said(self, frame: Words) -> Sequence[SaidWord]:
        """Return when the words of `frame` were said, if its times can be of this audio."""
        said = self._words_said(frame)
        return said if said and 0 <= self._now_s - said[-1].end_s < self._times.latest_words else ()

    def _meant_for_agent(self, text: str, frame: Words) -> bool:
        if self._talking:
            if self._is_of_last_turn(frame):
                return not is_backchannel(text)
            return self._takes_turn(text, frame)
        if self._preparing:
            return True  # the caller goes on: the turn was taken for finished too early
        # Of an agent that has just stopped: was it said while it still spoke of something else?
        before_s = self._stopped_s - self._voiced_s
        early = self._times.answer_overlap < before_s < self._times.latest_words
        fresh = self._now_s - self._stopped_s < self._times.resume_after
        return not (early and fresh and is_backchannel(text))

    def _takes_turn(self, text: str, frame: Words) -> bool:
        """Say whether words over the agent's are the caller's, and more than a listener's."""
        if is_backchannel(text):
            return False
        final = isinstance(frame, TranscriptionFrame)
        near = near_words(text, self._said(frame), self._ear, final=final)
        asks = takes_the_floor(text if len(text.split()) <= _SHORT_RESULT else near)
        if not near:
            # An ear may miss a soft "stop"; a recogniser does not write it for a noise.
            return final and asks and not self._ear.crowded
        # Also of final words: a recogniser that is asked early answers with half of "got it".
        if may_become_backchannel(near):
            return False
        # A cough is credited with a word of other people that was recognised at that moment.
        sure = near == text and not self._ear.crowded
        return asks or sure or self._hold is not None or len(near.split()) > 1

    def _is_of_last_turn(self, frame: Words) -> bool:
        """Say whether a slow recogniser's words were said before the agent began to answer.

        They are the caller's own, and the agent is answering less than was said.
        """
        said = self._words_said(frame)
        if not said or said[-1].end_s > self._spoke_s:
            return False
        if self._now_s - said[-1].end_s >= self._times.late_words:
            return False
        stretch = (said[0].start_s, said[-1].end_s)
        return bool(self._ear.near(stretch)) or self._ear.cannot_tell(stretch)

    async def _hold_agent(self) -> None:
        self._hold = _Hold(self._now_s, self._speaking)
        await self.push_frame(HoldPlaybackFrame())

    def _is_wordless(self) -> bool:
        """Say whether a turn's sound is no speech: it goes on, and no words come of it.

        A slow recogniser must not make the ear deaf to the caller, so a near voice has longer.
        """
        waited_s = self._now_s - self._last_sign_s
        if waited_s < self._times.wordless:
            return False
        return waited_s >= self._times.late_words or not self._ear.near()

    def _disregard(self) -> None:
        """What has gone on for so long without a word is noise, not a stretch of voice."""
        self._ear.disregard()
        self._voiced_s = float("-inf")

    async def _resume(self, hold: _Hold) -> None:
        self._hold = None
        if hold.speaking:
            self._tell("false_stop", "", hold.at_s)
        await self.push_frame(ResumePlaybackFrame())

    async def _start(self, text: str = "") -> None:
        if self._talking:
            self._tell("words", text, self._hold.at_s if self._hold else self._now_s)
        await self.trigger_user_turn_started()
        self._turn_has_words = bool(text)

    def _tell(self, cause: Literal["words", "false_stop"], text: str, stopped_s: float) -> None:
        # Words may come of a voice too quiet for the detector: then there is nothing to count from.
        began_s = self._began_s if self._now_s - self._voiced_s < 2.0 else stopped_s
        self._on_barge_in(BargeIn(cause, text, max(0.0, stopped_s - began_s)))
