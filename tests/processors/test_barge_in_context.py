"""What a listener's noises leave in the model's context: nothing, whatever comes after them."""

from typing import Any

import pytest
from pipecat.frames.frames import (
    BotStartedSpeakingFrame,
    BotStoppedSpeakingFrame,
    Frame,
    InterruptionFrame,
    LLMContextFrame,
    TranscriptionFrame,
)
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import (
    LLMUserAggregator,
    LLMUserAggregatorParams,
)
from pipecat.tests.utils import SleepFrame, run_test
from pipecat.turns.types import ProcessFrameResult
from pipecat.turns.user_stop import BaseUserTurnStopStrategy
from pipecat.turns.user_turn_strategies import UserTurnStrategies

from pipeline import turns
from processors.barge_in import BargeInUserTurnStartStrategy
from processors.ear import Stretch

pytestmark = pytest.mark.unit


class OpenEar:
    """Takes everything for a voice near the telephone, and hears none itself."""

    voiced = near_now = False
    crowded = False
    syllables = 0

    def near(self, stretch: Stretch | None = None) -> tuple[Stretch, ...]:
        """Say yes."""
        return (stretch or (0.0, 1.0),)

    def cannot_tell(self, stretch: Stretch | None = None) -> bool:
        """Say that there is always something to go by."""
        return False

    def learn_caller(self, stretch: Stretch | None = None) -> None:
        """Learn nothing."""

    def disregard(self) -> None:
        """Disregard nothing."""

    def turn(self, of_caller: bool) -> None:
        """Take no note."""


class EndsWithFinal(BaseUserTurnStopStrategy):
    """Ends a turn with its first final words."""

    async def process_frame(self, frame: Frame) -> ProcessFrameResult:
        """Look for final words."""
        if isinstance(frame, TranscriptionFrame):
            await self.trigger_user_turn_stopped()
        return ProcessFrameResult.CONTINUE


async def play(*frames: Frame) -> tuple[list[Any], int, int]:
    """Send frames one after the other; returns the context, and how often it was cut and asked."""
    context = LLMContext()
    strategies = UserTurnStrategies(
        start=[BargeInUserTurnStartStrategy(turns.BARGE_IN, OpenEar())], stop=[EndsWithFinal()]
    )
    caller = LLMUserAggregator(
        context, params=LLMUserAggregatorParams(user_turn_strategies=strategies)
    )
    # System frames overtake words; the pause is run_test's way to keep the order.
    spaced = [part for frame in frames for part in (frame, SleepFrame(0.02))]
    down, _ = await run_test(caller, frames_to_send=spaced)
    cut = sum(isinstance(frame, InterruptionFrame) for frame in down)
    asked = sum(isinstance(frame, LLMContextFrame) for frame in down)
    return list(context.messages), cut, asked


def said(text: str) -> TranscriptionFrame:
    """Return final words of the caller."""
    return TranscriptionFrame(text, "", "")


async def test_a_backchannel_leaves_nothing_in_the_next_turn() -> None:
    """An "okay" over the agent's speech interrupts nothing and is not put before the next words."""
    messages, cut, asked = await play(
        BotStartedSpeakingFrame(),
        said("Okay."),
        said("Mm-hm."),
        BotStoppedSpeakingFrame(),
        said("What about Wednesday?"),
    )
    assert [message["content"] for message in messages] == ["What about Wednesday?"]
    assert (cut, asked) == (1, 1)


async def test_an_interruption_keeps_all_its_words() -> None:
    """The words that interrupt are the turn; what was said before them, listening, is not."""
    messages, cut, asked = await play(
        BotStartedSpeakingFrame(), said("Yeah."), said("No, I said Wednesday.")
    )
    assert [message["content"] for message in messages] == ["No, I said Wednesday."]
    assert (cut, asked) == (1, 1)


async def test_only_backchannels_ask_the_model_nothing() -> None:
    """A caller who just listens is never taken to have said anything."""
    messages, cut, asked = await play(
        BotStartedSpeakingFrame(), said("Okay."), said("Uh-huh."), said("♪"), said("I see.")
    )
    assert (messages, cut, asked) == ([], 0, 0)


async def test_okay_answers_a_question() -> None:
    """The same word is an answer once the agent has finished."""
    turned = [BotStartedSpeakingFrame(), BotStoppedSpeakingFrame()]
    messages, _, asked = await play(*turned, said("Hello."), *turned, said("Okay."))
    assert [message["content"] for message in messages] == ["Hello.", "Okay."]
    assert asked == 2
