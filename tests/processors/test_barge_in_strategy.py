"""Who may stop the agent: words do, a listener's noises do not, and a false stop is mended."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

import pytest
from pipecat.frames.frames import (
    BotStartedSpeakingFrame,
    BotStoppedSpeakingFrame,
    Frame,
    FunctionCallResultFrame,
    FunctionCallsStartedFrame,
    InputAudioRawFrame,
    InterimTranscriptionFrame,
    TranscriptionFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)

from processors.barge_in import BargeIn, BargeInUserTurnStartStrategy
from processors.barge_in_times import BargeInTimes
from processors.ear import SaidWord, Stretch
from processors.playback_frames import HoldPlaybackFrame, ResumePlaybackFrame
from processors.words_wanted import WordsWantedFrame

pytestmark = pytest.mark.unit

TIMES = BargeInTimes(
    hold_after=0.6,
    fluent_after=0.4,
    fluent_syllables=3,
    insist_after=1.4,
    ask_after=0.1,
    take_turn_after=0.4,
    gap=0.2,
    resume_after=0.8,
    hold_limit=2.0,
    wordless=3.0,
    latest_words=3.0,
    late_words=10.0,
    answer_overlap=0.5,
)
STEP_S = 0.02
VAD_S = 0.2


@dataclass
class FakeEar:
    """Hears what the test says; remembers what it was told."""

    voiced: bool = False
    is_near: bool = True
    crowded: bool = False
    syllables: int = 1
    disregarded: int = 0
    turns: list[bool] = field(default_factory=list)
    judged: list[Stretch | None] = field(default_factory=list)
    learnt: list[Stretch | None] = field(default_factory=list)

    near_parts: tuple[Stretch, ...] | None = None
    """When the near voice spoke; None: all the time that is asked for."""

    @property
    def near_now(self) -> bool:
        """Whatever is voice is near, unless told otherwise."""
        return self.voiced and self.is_near

    def near(self, stretch: Stretch | None = None) -> tuple[Stretch, ...]:
        """Answer as told."""
        self.judged.append(stretch)
        if not self.is_near:
            return ()
        return (stretch or (0.0, 1.0),) if self.near_parts is None else self.near_parts

    def disregard(self) -> None:
        """Count."""
        self.disregarded += 1
        self.voiced = False

    def cannot_tell(self, stretch: Stretch | None = None) -> bool:
        """Say that there is always something to go by."""
        return False

    def learn_caller(self, stretch: Stretch | None = None) -> None:
        """Take note."""
        self.learnt.append(stretch)

    def turn(self, of_caller: bool) -> None:
        """Take note."""
        self.turns.append(of_caller)


@dataclass
class Line:
    """One call's strategy, its clock driven by 20 ms of audio at a time."""

    ear: FakeEar = field(default_factory=FakeEar)
    did: list[str] = field(default_factory=list)
    told: list[BargeIn] = field(default_factory=list)
    asked: int = 0

    def __post_init__(self) -> None:
        self.strategy = BargeInUserTurnStartStrategy(
            TIMES, self.ear, self.told.append, words_said=lambda frame: frame.result or ()
        )
        self.vad = False
        for event, handler in (
            ("on_push_frame", self._pushed),
            ("on_user_turn_started", self._started),
            ("on_reset_aggregation", self._dropped),
        ):
            self.strategy.add_event_handler(event, handler)

    async def _pushed(self, _: object, frame: Frame, *__: object) -> None:
        if isinstance(frame, WordsWantedFrame):
            self.asked += 1
            return
        assert isinstance(frame, HoldPlaybackFrame | ResumePlaybackFrame)
        self.did.append("hold" if isinstance(frame, HoldPlaybackFrame) else "resume")

    async def _started(self, *_: object) -> None:
        self.did.append("turn")
        await self.strategy.handle_user_turn_started()

    async def _dropped(self, _: object) -> None:
        self.did.append("drop")

    async def give(self, *frames: Frame) -> None:
        for frame in frames:
            await self.strategy.process_frame(frame)

    async def greeted(self) -> None:
        """The agent has said something and waits."""
        await self.give(BotStartedSpeakingFrame(), BotStoppedSpeakingFrame())
        await self.quiet(2.0)

    async def voice(self, seconds: float) -> None:
        """The caller makes a sound that the detector takes for voice."""
        await self._audio(seconds, voiced=True)

    async def quiet(self, seconds: float) -> None:
        await self._audio(seconds, voiced=False)

    async def _audio(self, seconds: float, *, voiced: bool) -> None:
        for step in range(round(seconds / STEP_S)):
            self.ear.voiced = voiced
            await self.give(InputAudioRawFrame(bytes(320), 8000, 1))
            if (step + 1) * STEP_S >= VAD_S and self.vad is not voiced:
                self.vad = voiced
                vad = VADUserStartedSpeakingFrame if voiced else VADUserStoppedSpeakingFrame
                await self.give(vad())

    async def interim(self, text: str) -> None:
        await self.give(InterimTranscriptionFrame(text, "", ""))

    async def final(self, text: str, said: Stretch | None = None) -> None:
        """Give final words, evenly spread over the time in which they were said."""
        words = text.split()
        times = []
        if said is not None:
            each_s = (said[1] - said[0]) / len(words)
            times = [
                SaidWord(word, said[0] + n * each_s, said[0] + (n + 1) * each_s)
                for n, word in enumerate(words)
            ]
        await self.give(TranscriptionFrame(text, "", "", result=times))


def run(script: Coroutine[Any, Any, None]) -> None:
    """Play a script to its end."""
    asyncio.run(script)


async def speaking() -> Line:
    """A line on which the agent has been speaking for a while."""
    line = Line()
    await line.give(BotStartedSpeakingFrame())
    await line.quiet(1.0)
    return line


def test_voice_starts_a_turn_while_the_agent_waits() -> None:
    """An agent that has finished lets the caller's voice begin a turn as soon as it is detected."""

    async def script() -> None:
        line = Line()
        await line.greeted()
        await line.voice(VAD_S)
        assert line.did == ["turn"]
        assert line.told == []

    run(script())


def test_a_backchannel_answers_a_waiting_agent() -> None:
    """ "Okay" without a detected voice is an answer when the agent has stopped to listen."""

    async def script() -> None:
        line = Line()
        await line.greeted()
        await line.final("Okay.")
        assert line.did == ["turn"]

    run(script())


@pytest.mark.parametrize("text", ["Mm-hm.", "Okay.", "Yeah, okay.", "Uh-huh.", "I see."])
def test_a_listener_is_not_an_interrupter(text: str) -> None:
    """A short listener's noise changes nothing, and its words are not kept for a later turn."""

    async def script() -> None:
        line = await speaking()
        await line.voice(0.5)
        await line.quiet(0.3)
        await line.interim(text)
        await line.final(text)
        await line.quiet(2.0)
        assert line.did == ["drop"]
        assert line.told == []

    run(script())


def test_a_short_noise_without_words_does_nothing() -> None:
    """A cough or a door, too short to be more than a backchannel, leaves no trace."""

    async def script() -> None:
        line = await speaking()
        await line.voice(0.4)
        await line.quiet(3.0)
        assert line.did == []

    run(script())


@pytest.mark.parametrize("text", ["Stop.", "Wait.", "No.", "Hold on.", "Hello?", "What?"])
@pytest.mark.parametrize("final", [False, True])
def test_one_word_meant_for_the_agent_stops_it(text: str, final: bool) -> None:
    """The transcript of a short word interrupts as it comes, interim or final."""

    async def script() -> None:
        line = await speaking()
        await line.voice(0.4)
        await line.quiet(0.3)
        await (line.final(text) if final else line.interim(text))
        assert line.did == ["turn"]
        [stopped] = line.told
        assert (stopped.cause, stopped.text) == ("words", text)
        assert stopped.after_s == pytest.approx(0.68, abs=0.05)

    run(script())


def test_words_no_detector_heard_stop_the_agent() -> None:
    """A word too soft for the voice detector counts as soon as it is recognised."""

    async def script() -> None:
        line = await speaking()
        await line.final("Stop.")
        assert line.did == ["turn"]
        assert line.told[0].after_s == 0.0

    run(script())


def test_an_okay_that_goes_on_stops_the_agent_once() -> None:
    """An "okay" alone is passed over; with a wish behind it, it takes the turn, whole."""

    async def script() -> None:
        line = await speaking()
        await line.voice(0.3)
        await line.interim("Okay")
        assert line.did == []
        await line.voice(0.2)
        await line.interim("Okay but I need Thursday")
        await line.final("Okay, but I need Thursday.")
        assert line.did == ["turn"]

    run(script())


def test_lasting_voice_holds_and_words_interrupt() -> None:
    """Voice longer than a backchannel stops the sound at once; the words that follow take over."""

    async def script() -> None:
        line = await speaking()
        await line.voice(0.64)
        assert line.did == ["hold"]
        await line.voice(0.5)
        await line.interim("Actually can we")
        assert line.did == ["hold", "turn"]
        [stopped] = line.told
        assert stopped.after_s == pytest.approx(TIMES.hold_after, abs=0.03)

    run(script())


def test_a_false_stop_is_resumed_after_quiet() -> None:
    """No word within a moment after a long noise: the agent goes on where it was."""

    async def script() -> None:
        line = await speaking()
        await line.voice(1.0)
        await line.quiet(TIMES.resume_after - 0.1)
        assert line.did == ["hold"]
        await line.quiet(0.2)
        assert line.did == ["hold", "resume"]
        assert [stopped.cause for stopped in line.told] == ["false_stop"]

    run(script())


def test_a_long_backchannel_is_resumed_as_soon_as_it_is_known() -> None:
    """The transcript of a drawn-out "okay, yeah" lets a stopped agent go on without more delay."""

    async def script() -> None:
        line = await speaking()
        await line.voice(0.8)
        await line.quiet(0.3)
        await line.final("Okay, yeah.")
        assert line.did == ["hold", "drop", "resume"]

    run(script())


def test_words_that_were_said_before_the_answer_and_come_during_it_are_not_lost() -> None:
    """A recogniser that hangs for seconds: the agent answers half a turn, and is interrupted."""

    async def script(near: tuple[Stretch, ...], expected: list[str]) -> None:
        line = Line()
        await line.greeted()
        await line.voice(3.0)
        await line.final("Hi,", (2.1, 2.4))
        await line.quiet(1.5)
        await line.strategy.handle_user_turn_stopped()
        await line.give(BotStartedSpeakingFrame())
        line.ear.near_parts = near  # nothing is said over the agent
        await line.quiet(3.0)
        await line.final("I need my brakes checked.", (2.6, 5.0))
        assert line.did == expected

    run(script(((2.1, 5.0),), ["turn", "turn"]))
    run(script((), ["turn", "drop"]))  # it was somebody else in the room


def test_late_words_still_interrupt_after_a_resume() -> None:
    """A recogniser that answers late does not cost the caller the turn."""

    async def script() -> None:
        line = await speaking()
        await line.voice(0.8)
        await line.quiet(1.0)
        await line.final("That's not my car.")
        assert line.did == ["hold", "resume", "turn"]

    run(script())


def test_endless_sound_holds_the_agent_only_for_a_moment() -> None:
    """Music without words is disregarded: one stop at most, and real words still interrupt."""

    async def script() -> None:
        line = await speaking()
        await line.voice(TIMES.hold_after + TIMES.hold_limit + 0.1)
        assert line.did == ["hold", "resume"]
        assert line.ear.disregarded == 1
        await line.quiet(5.0)  # what the ear makes of the music from now on
        assert line.did == ["hold", "resume"]
        await line.interim("Hello")
        assert line.did == ["hold", "resume", "turn"]

    run(script())


def test_a_turn_that_is_only_noise_is_brought_to_its_end() -> None:
    """Sound in the caller's turn that brings no word for long is disregarded, so that it ends."""

    async def script() -> None:
        line = Line()
        line.ear.is_near = False
        await line.greeted()
        await line.voice(TIMES.wordless - 0.1)
        assert line.ear.disregarded == 0
        await line.voice(0.5)
        assert line.ear.disregarded == 1

    run(script())


def test_a_caller_whose_words_are_slow_to_come_stays_heard() -> None:
    """A near voice is not taken for noise because the recogniser hangs, or only after long."""

    async def script() -> None:
        line = Line()
        await line.greeted()
        await line.voice(TIMES.late_words - 0.5)
        assert line.ear.disregarded == 0
        await line.voice(1.0)
        assert line.ear.disregarded == 1

    run(script())


def test_a_long_turn_of_words_is_never_taken_for_noise() -> None:
    """A caller who talks without a pause stays heard as long as words keep coming."""

    async def script() -> None:
        line = Line()
        await line.greeted()
        for count in range(10):
            await line.voice(1.0)
            await line.interim("word " * (count + 1))
        assert line.ear.disregarded == 0

    run(script())


def test_a_distant_voice_neither_stops_nor_takes_over() -> None:
    """A radio far quieter than the caller does not stop the agent, not even with its words."""

    async def script() -> None:
        line = await speaking()
        line.ear.is_near = False
        await line.voice(2.0)
        await line.interim("The home team won")
        await line.final("The home team won the game.")
        assert line.did == ["drop"]

    run(script())


def test_a_soft_stop_that_was_understood_stops_the_agent() -> None:
    """An ear may miss it in noise; only where others talk it may be somebody else's."""

    async def script(text: str, expected: list[str], *, crowded: bool) -> None:
        line = await speaking()
        line.ear.is_near, line.ear.crowded = False, crowded
        await line.voice(0.3)
        await line.final(text)
        assert line.did == expected

    run(script("Hold on.", ["turn"], crowded=False))
    run(script("Hold on.", ["drop"], crowded=True))
    run(script("Thursday.", ["drop"], crowded=False))


def test_only_the_words_of_the_near_voice_count() -> None:
    """A listener's "okay" within what a radio says is still a listener's; a near "stop" counts."""

    async def script(text: str, said: Stretch, expected: list[str]) -> None:
        line = await speaking()
        await line.quiet(2.0)
        line.ear.near_parts = ((2.75, 3.0),)
        await line.final(text, said)
        assert line.did == expected

    run(script("The home team won okay", (0.5, 3.0), ["drop"]))
    run(script("The home team won stop", (0.5, 3.0), ["turn"]))
    run(script("The home team won the game", (0.0, 2.4), ["drop"]))
    run(script("The home team won game", (0.5, 3.0), ["drop"]))  # a cough, at this moment
    run(script("Wait a second", (0.5, 3.0), ["turn"]))  # its words' times are a guess
    run(script("The home team take Thursday", (1.5, 3.25), ["turn"]))


def test_where_others_talk_a_short_sound_needs_a_word_that_asks_for_the_floor() -> None:
    """A cough is credited with a word of the room; a near voice that lasts is not in doubt."""

    async def script(text: str, voice_s: float, expected: list[str], *, crowded: bool) -> None:
        line = await speaking()
        line.ear.crowded = crowded
        await line.voice(voice_s)
        await line.final(text)
        assert line.did == expected

    run(script("game", 0.2, ["drop"], crowded=True))
    run(script("game", 0.2, ["turn"], crowded=False))
    run(script("the game", 0.2, ["turn"], crowded=True))
    run(script("Stop.", 0.2, ["turn"], crowded=True))
    run(script("Thursday instead.", 0.8, ["hold", "turn"], crowded=True))


def test_three_syllables_stop_the_agent_sooner() -> None:
    """No listener's noise has three syllables in half a second: that is the start of a sentence."""

    async def script(syllables: int, expected: list[str]) -> None:
        line = await speaking()
        line.ear.syllables = syllables
        await line.voice(0.5)
        assert line.did == expected

    run(script(2, []))
    run(script(3, ["hold"]))


def test_a_caller_who_insists_is_heard_without_words() -> None:
    """Somebody near who talks on takes the turn, though the recogniser hears nothing in it."""

    async def script() -> None:
        line = await speaking()
        line.ear.syllables = 5
        await line.voice(1.3)
        await line.interim("Oh, yeah")
        assert line.did == ["hold"]
        await line.voice(0.2)
        assert line.did == ["hold", "turn"]

    run(script())


def test_the_recogniser_is_asked_what_a_short_voice_said() -> None:
    """As soon as a short stretch of voice is over, once, and never in the caller's own turn."""

    async def script() -> None:
        line = await speaking()
        await line.voice(0.3)
        await line.quiet(0.08)
        assert line.asked == 0
        await line.quiet(0.5)
        assert line.asked == 1
        waiting = Line()
        await waiting.greeted()
        await waiting.voice(0.3)
        await waiting.quiet(0.5)
        assert waiting.asked == 0

    run(script())


def test_signs_without_letters_are_no_words() -> None:
    """What a recogniser writes for music does not interrupt."""

    async def script() -> None:
        line = await speaking()
        await line.final("♪♪")
        assert line.did == []

    run(script())


def test_words_are_judged_by_the_sound_at_the_time_they_were_said() -> None:
    """The ear is asked about the words' own stretch, unless its times cannot be of this audio."""

    async def script() -> None:
        line = await speaking()
        line.ear.is_near = False
        await line.final("Stop.", (0.5, 0.9))
        await line.final("Stop.", (7.0, 7.5))
        await line.quiet(5.0)
        await line.final("Stop.", (0.5, 0.9))
        await line.final("The home team won. Stop.", (3.0, 5.5))
        assert line.ear.judged == [(0.5, 0.9), None, None, (3.0, 5.5)]

    run(script())


def test_the_ear_knows_whose_turn_it_is_and_learns_the_callers_voice() -> None:
    """The caller's own turns teach the ear their loudness; between them it hears the room."""

    async def script() -> None:
        line = Line()
        await line.greeted()
        await line.voice(1.0)
        await line.final("I need an oil change.", (2.1, 2.9))
        await line.strategy.handle_user_turn_stopped()
        assert line.ear.turns == [True, False]
        assert line.ear.learnt == [(2.1, 2.9)]

    run(script())


def test_the_room_does_not_teach_the_ear_the_callers_voice() -> None:
    """In a turn with the caller's voice, softer words are not theirs; in one without, they are."""

    async def script() -> None:
        line = Line()
        await line.greeted()
        await line.voice(1.0)
        await line.final("I need an oil change.", (2.1, 2.9))
        line.ear.is_near = False
        await line.final("The home team won.", (2.3, 3.0))
        await line.strategy.handle_user_turn_stopped()
        assert line.ear.learnt == [(2.1, 2.9)]
        await line.strategy.handle_user_turn_started()
        await line.final("Hello?", (2.5, 3.0))
        await line.strategy.handle_user_turn_stopped()
        assert line.ear.learnt == [(2.1, 2.9), (2.5, 3.0)]

    run(script())


def test_a_noise_does_not_cost_the_caller_the_reply() -> None:
    """A cough while the reply is being prepared keeps it back for a moment and no more."""

    async def script() -> None:
        line = Line()
        await line.greeted()
        await line.voice(1.0)
        await line.final("I need an oil change.")
        await line.quiet(0.3)
        await line.strategy.handle_user_turn_stopped()
        line.did.clear()
        await line.voice(0.3)
        await line.quiet(1.0)
        assert line.did == ["hold", "resume"]
        assert line.told == []

    run(script())


def test_a_caller_who_goes_on_takes_the_turn_back() -> None:
    """Lasting voice, or any word, in the pause before the reply continues the caller's turn."""

    async def script(words: bool) -> None:
        line = Line()
        await line.greeted()
        await line.voice(1.0)
        await line.final("I need an oil change and")
        await line.quiet(0.3)
        await line.strategy.handle_user_turn_stopped()
        line.did.clear()
        if words:
            await line.final("Okay.")
            assert line.did == ["turn"]
        else:
            await line.voice(0.5)
            assert line.did == ["hold", "turn"]

    for words in (False, True):
        run(script(words))


def test_a_tool_at_work_counts_as_a_reply_being_prepared() -> None:
    """After a filler the agent is silent but not waiting: a cough does not cancel the tool."""

    async def script() -> None:
        line = Line()
        await line.greeted()
        await line.give(FunctionCallsStartedFrame([object()]))  # type: ignore[list-item]
        await line.give(BotStartedSpeakingFrame(), BotStoppedSpeakingFrame())
        await line.voice(0.3)
        await line.quiet(1.0)
        assert line.did == ["hold", "resume"]
        line.did.clear()
        await line.give(FunctionCallResultFrame("f", "1", {}, {}))
        await line.voice(0.3)
        assert line.did == ["hold"]

    run(script())


def test_yes_over_the_end_of_a_question_is_an_answer() -> None:
    """A "yeah" begun with the agent's last word is not a backchannel."""

    async def script() -> None:
        line = await speaking()
        await line.voice(0.4)
        await line.give(BotStoppedSpeakingFrame())
        await line.quiet(0.3)
        await line.final("Yeah.")
        assert "turn" in line.did and "drop" not in line.did

    run(script())


def test_a_backchannel_whose_words_come_late_starts_no_turn() -> None:
    """An "okay" from the middle of what the agent said is dropped though the agent has finished."""

    async def script() -> None:
        line = await speaking()
        await line.voice(0.3)
        await line.quiet(0.6)
        await line.give(BotStoppedSpeakingFrame())
        await line.final("Okay.")
        assert line.did == ["drop"]

    run(script())


def test_voice_that_outlasts_the_agent_begins_the_turn_with_it() -> None:
    """A caller who began over the agent's last word has the turn when the agent is done."""

    async def script() -> None:
        line = await speaking()
        await line.voice(0.4)
        await line.give(BotStoppedSpeakingFrame())
        assert line.did == ["turn"]

    run(script())


def test_the_agent_stopping_because_it_is_held_hands_over_nothing() -> None:
    """A transport that reports silence during a hold does not make a noise into a turn."""

    async def script() -> None:
        line = await speaking()
        await line.voice(0.7)
        await line.give(BotStoppedSpeakingFrame())
        await line.voice(0.5)
        await line.quiet(1.0)
        assert line.did == ["hold", "resume"]

    run(script())
