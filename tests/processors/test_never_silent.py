"""Waits are filled with a few true words, once they are waits; nothing ends in silence."""

from collections.abc import Sequence

import pytest
from pipecat.frames.frames import (
    BotStartedSpeakingFrame,
    BotStoppedSpeakingFrame,
    CancelFrame,
    EndFrame,
    Frame,
    FunctionCallFromLLM,
    FunctionCallResultFrame,
    FunctionCallsStartedFrame,
    InterruptionFrame,
    LLMFullResponseEndFrame,
    LLMFullResponseStartFrame,
    LLMTextFrame,
    TTSSpeakFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.tests.utils import SleepFrame, run_test

from processors.never_silent import NeverSilent, Waits

pytestmark = pytest.mark.unit

WAITS = Waits(tool_s=0.1, again_s=0.3, model_s=0.2, most=3)


def processor(waits: Waits = WAITS, said: list[str] | None = None) -> NeverSilent:
    """Return one whose fillers name the tool and count."""
    heard = said if said is not None else []
    return NeverSilent(
        waits,
        filler=lambda tool, n: f"filler {n} {tool or 'model'}",
        apology=lambda: "Say again?",
        said=heard.append,
    )


def tool(name: str = "book_appointment") -> list[Frame]:
    """Return the start of a response that calls a tool."""
    call = FunctionCallFromLLM(name, "t1", {}, None)
    return [
        LLMFullResponseStartFrame(),
        FunctionCallsStartedFrame([call]),
        LLMFullResponseEndFrame(),
    ]


def result() -> Frame:
    """Return the tool's answer."""
    return FunctionCallResultFrame("book_appointment", "t1", {}, {"success": True})


async def spoken(frames: Sequence[Frame], waits: Waits = WAITS) -> list[str]:
    """Return what the processor itself says, fillers and apologies."""
    down, _ = await run_test(processor(waits), frames_to_send=frames)
    return [frame.text for frame in down if isinstance(frame, TTSSpeakFrame)]


async def test_a_quick_tool_needs_no_filler() -> None:
    """An answer within a moment is all the caller hears."""
    assert await spoken([*tool(), SleepFrame(0.05), result(), SleepFrame(0.2)]) == []


async def test_a_slow_tool_is_covered_and_a_very_slow_one_twice() -> None:
    """The first filler is the tool's, the second comes after a longer quiet."""
    frames = [*tool(), SleepFrame(0.2), SleepFrame(0.35), result(), SleepFrame(0.4)]
    assert await spoken(frames) == ["filler 0 book_appointment", "filler 1 book_appointment"]


async def test_a_tool_that_hangs_is_not_talked_about_for_ever() -> None:
    """After the last filler it is quiet until the tool's own time-out speaks."""
    waits = Waits(tool_s=0.03, again_s=0.03, model_s=1, most=2)
    assert len(await spoken([*tool(), SleepFrame(0.4)], waits)) == 2


async def test_fillers_stay_out_of_the_context_and_are_told_to_the_log() -> None:
    """Between a tool's call and its answer the model sees nothing of ours."""
    said: list[str] = []
    frames = [*tool(), SleepFrame(0.2), result()]
    down, _ = await run_test(processor(said=said), frames_to_send=frames)
    [filler] = [frame for frame in down if isinstance(frame, TTSSpeakFrame)]
    assert filler.append_to_context is False
    assert said == [filler.text]


async def test_what_the_model_says_with_its_call_is_the_first_filler() -> None:
    """After "Let me check" only the long wait counts, whichever of the two overtakes the other."""
    text = LLMTextFrame("Let me check.")
    start, call, end = tool()
    frames: list[Frame] = [start, text, SleepFrame(0.05), call, end, SleepFrame(0.2), result()]
    assert await spoken(frames) == []
    assert await spoken([start, call, text, end, SleepFrame(0.2), result()]) == []


async def test_no_filler_speaks_over_the_agent() -> None:
    """While the agent still speaks, the wait has not begun."""

    class Speaker(FrameProcessor):
        """Stands for the transport: reports each speech it is sent as begun."""

        async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
            await super().process_frame(frame, direction)
            if isinstance(frame, LLMTextFrame):
                await self.push_frame(BotStartedSpeakingFrame(), FrameDirection.UPSTREAM)
            if isinstance(frame, LLMFullResponseEndFrame):
                await self.push_frame(BotStoppedSpeakingFrame(), FrameDirection.UPSTREAM)
            await self.push_frame(frame, direction)

    start, call, end = tool()
    frames = [start, LLMTextFrame("Well."), call, SleepFrame(0.5), end, SleepFrame(0.1), result()]
    chain = Pipeline([processor(), Speaker()])
    down, _ = await run_test(chain, frames_to_send=frames)
    assert [frame for frame in down if isinstance(frame, TTSSpeakFrame)] == []


async def test_a_slow_model_gets_a_filler() -> None:
    """The first word is late: something is said; it comes in time: nothing is."""
    slow = [LLMFullResponseStartFrame(), SleepFrame(0.3), LLMTextFrame("Yes."), SleepFrame(0.3)]
    assert await spoken([*slow, LLMFullResponseEndFrame()]) == ["filler 0 model"]
    quick = [LLMFullResponseStartFrame(), LLMTextFrame("Yes."), LLMFullResponseEndFrame()]
    assert await spoken([*quick, SleepFrame(0.3)]) == []


async def test_an_interruption_ends_the_wait() -> None:
    """A caller who speaks into the wait, or into the filler, hears no more of it."""
    before: list[Frame] = [*tool(), SleepFrame(0.05), InterruptionFrame(), SleepFrame(0.3)]
    assert await spoken(before) == []
    during: list[Frame] = [*tool(), SleepFrame(0.2), InterruptionFrame(), SleepFrame(0.5)]
    assert len(await spoken(during)) == 1


@pytest.mark.parametrize("end", [EndFrame, CancelFrame])
async def test_nobody_is_talked_to_after_the_call(end: type[Frame]) -> None:
    """The caller hangs up while a tool runs: no filler, and no timer is left."""
    down, _ = await run_test(
        processor(), frames_to_send=[*tool(), end(), SleepFrame(0.2)], send_end_frame=False
    )
    assert not any(isinstance(frame, TTSSpeakFrame) for frame in down)


@pytest.mark.parametrize("text", ["", "  "])
async def test_an_empty_reply_asks_again(text: str) -> None:
    """A reply without words and without a tool's call does not end in silence."""
    frames = [LLMFullResponseStartFrame(), LLMTextFrame(text), LLMFullResponseEndFrame()]
    assert await spoken(frames) == ["Say again?"]


@pytest.mark.parametrize("interrupted", [True, False])
async def test_a_reply_with_a_tool_or_cut_short_is_not_empty(interrupted: bool) -> None:
    """A response that calls a tool, or that the caller interrupted, needs no apology."""
    start, call, end = tool()
    middle = InterruptionFrame() if interrupted else call
    frames = [start, SleepFrame(0.02), middle, SleepFrame(0.02), end, result()]
    assert await spoken(frames) == []


async def test_an_error_and_its_empty_reply_are_one_failure() -> None:
    """Whichever is told first, the caller hears one apology; after half a reply, one as well."""
    silent = processor()

    class Failing(FrameProcessor):
        """Stands for the pipeline's error handler: reports each end of a response as failed."""

        async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
            await super().process_frame(frame, direction)
            await self.push_frame(frame, direction)
            if isinstance(frame, LLMFullResponseEndFrame):
                await silent.model_failed()

    frames = [
        *(LLMFullResponseStartFrame(), LLMFullResponseEndFrame()),
        *(LLMFullResponseStartFrame(), LLMTextFrame("I have ni"), LLMFullResponseEndFrame()),
    ]
    down, _ = await run_test(Pipeline([silent, Failing()]), frames_to_send=frames)
    assert [f.text for f in down if isinstance(f, TTSSpeakFrame)] == ["Say again?"] * 2


async def test_it_knows_what_was_said_and_what_is_owed() -> None:
    """The agent's last words without fillers are at hand, and whether an answer is under way."""
    owing: list[bool] = []
    words: list[str] = []

    def filler(_tool: str | None, _n: int) -> str:
        owing.append(silent.owing)
        words.append(silent.words)
        return "Moment."

    silent = NeverSilent(WAITS, filler=filler, apology=lambda: "Say again?")
    frames = [
        *(LLMFullResponseStartFrame(), LLMTextFrame("Nine is free."), LLMTextFrame("Shall I?")),
        *(LLMFullResponseEndFrame(), SleepFrame(0.02), *tool(), SleepFrame(0.2), result()),
        *(LLMFullResponseStartFrame(), LLMTextFrame("Done."), LLMFullResponseEndFrame()),
    ]
    await run_test(silent, frames_to_send=frames)
    assert words == ["Nine is free. Shall I?"] and silent.words == "Done."
    assert owing == [True] and not silent.owing
