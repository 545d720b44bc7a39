"""Keys, hold and recordings in the chain of a call, with Pipecat's own aggregators."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from pipecat.audio.dtmf.types import KeypadEntry
from pipecat.frames.frames import (
    Frame,
    InputDTMFFrame,
    LLMContextFrame,
    LLMFullResponseEndFrame,
    LLMFullResponseStartFrame,
    LLMMessagesAppendFrame,
    LLMTextFrame,
    TTSSpeakFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineWorker
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import LLMContextAggregatorPair
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.tests.utils import SleepFrame, run_test

from pipeline import prompt
from pipeline.manners import Manners
from pipeline.record import CallRecord
from pipeline.turns import Patience
from processors.reception import Reception
from shop.clock import FixedClock
from shop.shopfile import Shop
from store import Store
from tools.call import Call

pytestmark = pytest.mark.unit

ASKED = "Tuesday at two is free. Shall I book it?"


class Model(FrameProcessor):
    """Answers every context with the same sentence, and notes what it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Take contexts; pass all else on."""
        await super().process_frame(frame, direction)
        if not isinstance(frame, LLMContextFrame):
            await self.push_frame(frame, direction)
            return
        last = cast(dict[str, Any], frame.context.messages[-1])
        self.asked.append(str(last["content"]))
        answer = (LLMFullResponseStartFrame(), LLMTextFrame(ASKED), LLMFullResponseEndFrame())
        for part in answer:
            await self.push_frame(part)


@dataclass
class Line:
    """One call's chain without its sound: what the model is asked, what is said and logged."""

    asked: list[str] = field(default_factory=list)
    logged: list[str] = field(default_factory=list)
    queued: list[Frame] = field(default_factory=list)

    async def queue_frame(self, frame: Frame) -> None:
        """Take a frame, as the call's worker does."""
        self.queued.append(frame)

    async def queue_frames(self, frames: Sequence[Frame]) -> None:
        """Take some."""
        self.queued += frames

    @property
    def said(self) -> list[str]:
        """What the service said of its own accord."""
        return [frame.text for frame in self.queued if isinstance(frame, TTSSpeakFrame)]

    async def go(self, *events: str | Frame) -> "Line":
        """Let the caller say sentences and press keys (single characters)."""
        clock = FixedClock(datetime(2026, 11, 22, tzinfo=UTC))
        call = Call("CA1", None, cast(Store, None), cast(Shop, None), clock)
        record = CallRecord(call, "inbound", "+15035550100", clock.now(), clock)
        manners = Manners(record, Patience(key_whole_s=0.05, key_pause_s=0.1))
        model = Model()
        caller, agent = LLMContextAggregatorPair(LLMContext())
        manners.begin(cast(PipelineWorker, self))
        chain = [manners.keypad, caller, Reception(manners.hear), model, manners.silent, agent]
        frames = [f for e in events for f in _frames(e)]
        down, _ = await run_test(Pipeline(chain), frames_to_send=frames)
        self.queued += [frame for frame in down if isinstance(frame, TTSSpeakFrame)]
        await manners.end()
        self.asked = model.asked
        self.logged = [line.text for line in record.lines]
        return self


def _frames(event: str | Frame) -> list[Frame]:
    if isinstance(event, Frame):
        return [event]
    if len(event) == 1:
        return [InputDTMFFrame(KeypadEntry(event)), SleepFrame()]
    said = [{"role": "user", "content": event}]
    return [LLMMessagesAppendFrame(cast(Any, said), run_llm=True), SleepFrame()]


async def test_a_key_answers_what_was_asked() -> None:
    """The model's question is answered by one, in the context, in the log as keyed."""
    line = await Line().go("Tuesday at two please", "1")
    assert line.asked == ["Tuesday at two please", "Yes."]
    assert line.logged == ["Yes. (keyed)"]


async def test_zero_asks_for_a_person_in_words() -> None:
    """Unless somebody else sees to it, the wish goes to the model as if it had been said."""
    line = await Line().go("0")
    [append] = [frame for frame in line.queued if isinstance(frame, LLMMessagesAppendFrame)]
    assert append.messages == [{"role": "user", "content": prompt.WANTS_PERSON}]
    assert line.logged == [f"{prompt.WANTS_PERSON} (keyed)"]


async def test_while_holding_the_model_is_not_asked_about_the_room() -> None:
    """Hold, mutter, come back: the model hears of the last only."""
    line = await Line().go("Hold on, let me get my card", "um where is it", "Okay, I'm back")
    assert line.asked == ["Okay, I'm back"]
    assert line.said == [prompt.HOLDING[0]]


async def test_a_noise_during_a_hold_is_no_turn() -> None:
    """What Pipecat tells the model about a turn without words waits as well, unlike at others."""
    cough = LLMMessagesAppendFrame(
        cast(Any, [{"role": "developer", "content": "The turn held no words."}]), run_llm=True
    )
    line = await Line().go("one moment please", cough, SleepFrame(), "hello?", cough, SleepFrame())
    assert line.asked == ["hello?", "The turn held no words."]


async def test_a_key_ends_a_hold() -> None:
    """Who presses a key is back."""
    line = await Line().go("Tuesday at two please", "one moment please", "1")
    assert line.asked == ["Tuesday at two please", "Yes."]


async def test_a_recording_is_not_answered_by_the_model() -> None:
    """It hears one line, and the call ends."""
    line = await Line().go("You have reached the voicemail of Jim.")
    assert line.asked == [] and line.said == [prompt.TO_A_MACHINE]
