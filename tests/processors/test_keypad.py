"""Keys become the caller's turns, or go nowhere."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from pipecat.audio.dtmf.types import KeypadEntry
from pipecat.frames.frames import (
    BotStartedSpeakingFrame,
    Frame,
    InputDTMFFrame,
    InterruptionFrame,
    LLMMessagesAppendFrame,
    TTSSpeakFrame,
)
from pipecat.tests.utils import SleepFrame, run_test

from processors.keypad import Keypad
from shop.keys import NO_CARDS, YES_OR_NO

pytestmark = pytest.mark.unit

SHALL_I = "Tuesday at two is free. Shall I book it?"
PHONE = "What's the phone number we have on file for you?"


@dataclass
class Line:
    """One call's keypad and all that comes of it."""

    asked: str
    answers: list[str] = field(default_factory=list)
    persons: list[str] = field(default_factory=list)
    presses: int = 0
    hint: bool = False
    """Whether what is asked becomes our own hint once a key was pressed."""
    down: Sequence[Frame] = ()

    async def press(self, *keys: str | Frame) -> "Line":
        """Press keys, with whatever else happens between."""
        frames = [InputDTMFFrame(KeypadEntry(k)) if isinstance(k, str) else k for k in keys]
        keypad = Keypad(
            pause_s=0.1,
            whole_s=0.05,
            asked=lambda: YES_OR_NO if self.hint and self.presses > 1 else self.asked,
            keyed=self._keyed,
            person=self._person,
            pressed=self._press,
        )
        self.down, _ = await run_test(keypad, frames_to_send=frames)
        return self

    @property
    def turns(self) -> list[str]:
        """What the model is told that the caller said."""
        appended = [f for f in self.down if isinstance(f, LLMMessagesAppendFrame)]
        assert all(frame.run_llm for frame in appended)
        return [str(m["content"]) for f in appended for m in f.messages if isinstance(m, dict)]

    @property
    def spoken(self) -> list[str]:
        """What the caller hears about the keys."""
        return [frame.text for frame in self.down if isinstance(frame, TTSSpeakFrame)]

    async def _keyed(self, text: str) -> None:
        self.answers.append(text)

    async def _person(self, reason: str) -> None:
        self.persons.append(reason)

    async def _press(self) -> None:
        self.presses += 1


async def test_one_after_a_question_is_yes_and_stops_the_agent() -> None:
    """The key interrupts, and is the caller's turn at once."""
    line = await Line(SHALL_I).press("1")
    assert line.turns == line.answers == ["Yes."]
    assert sum(isinstance(frame, InterruptionFrame) for frame in line.down) == 1
    assert not any(isinstance(frame, InputDTMFFrame) for frame in line.down)


async def test_a_finger_that_bounces_answers_once() -> None:
    """Until the agent has spoken again, a second key is no second answer."""
    assert (await Line(SHALL_I).press("1", "1", "2")).turns == ["Yes."]
    again = await Line(SHALL_I).press("1", SleepFrame(), BotStartedSpeakingFrame(), "2")
    assert again.turns == ["Yes.", "No."]


async def test_a_number_is_taken_when_no_eleventh_digit_follows() -> None:
    """A phone number becomes a sentence that the model understands, with one interruption."""
    line = await Line(PHONE).press(*"5035550142", SleepFrame())
    assert line.turns == ["My phone number is 503-555-0142."]
    assert sum(isinstance(frame, InterruptionFrame) for frame in line.down) == 1
    assert line.presses == 10


async def test_a_number_cut_short_is_asked_for_after_a_pause() -> None:
    """Too few digits bring help, not a turn."""
    line = await Line(PHONE).press(*"50355", SleepFrame(0.3))
    assert line.turns == [] and len(line.spoken) == 1


async def test_zero_is_a_person_at_any_time() -> None:
    """Also right after an answer."""
    assert (await Line("How can I help you?").press("0")).persons == ["key"]
    line = await Line(SHALL_I).press("1", "0")
    assert line.persons == ["key"] and line.turns == ["Yes."]


async def test_a_wrong_key_gets_help_and_the_question_still_stands() -> None:
    """Seven is no answer; our hint asks nothing new, so the next key still answers."""
    line = Line(SHALL_I)

    line.asked = SHALL_I
    line.hint = True
    await line.press("7", SleepFrame(), "2")
    assert line.spoken == [YES_OR_NO] and line.turns == ["No."]


@pytest.mark.parametrize("asked", [PHONE, "How can I help you?", SHALL_I.replace("?", ", or not?")])
async def test_a_card_number_goes_nowhere(asked: str) -> None:
    """Neither log nor model get any of it; the caller is told that we need none."""
    card = "4242424242424242"
    line = await Line(asked).press(*card, "#")
    told = "".join([*line.turns, *line.answers, *line.spoken])
    assert not any(card[i : i + 5] in told.replace("-", "") for i in range(len(card) - 4))


async def test_a_long_number_is_refused_with_a_sentence() -> None:
    """Sixteen digits and a pause bring the hint about cards."""
    line = await Line("How can I help you?").press(*"4242424242424242", SleepFrame(0.3))
    assert line.spoken == [NO_CARDS] and line.turns == []
