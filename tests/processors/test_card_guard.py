"""Card numbers in what was heard never pass the guard, however they are broken up."""

import asyncio

import pytest
from pipecat.frames.frames import (
    Frame,
    InterimTranscriptionFrame,
    TextFrame,
    TranscriptionFrame,
    UserStoppedSpeakingFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.tests.utils import run_test

from processors.card_guard import CardGuard

pytestmark = pytest.mark.unit

_SOON_S = 0.05
_NEVER_S = 60.0


class _Turns(FrameProcessor):
    """Ends a turn at every ")", telling of it upstream as the aggregator does."""

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        if type(frame) is TextFrame:
            await self.push_frame(UserStoppedSpeakingFrame(), FrameDirection.UPSTREAM)
            return
        await self.push_frame(frame, direction)


class _Recogniser(FrameProcessor):
    """Goes on after a ")" only when the turn has ended, as time does in a call."""

    def __init__(self) -> None:
        super().__init__()
        self._ended = asyncio.Event()

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        await self.push_frame(frame, direction)
        if isinstance(frame, UserStoppedSpeakingFrame):
            self._ended.set()
        elif type(frame) is TextFrame:
            await self._ended.wait()
            self._ended.clear()


class _Heard:
    """What the guard reported."""

    def __init__(self) -> None:
        self.found = 0
        self.told = 0

    def note(self) -> None:
        self.found += 1

    async def tell(self) -> None:
        self.told += 1


async def _pass(
    *said: str, hold_s: float = _NEVER_S, asked: bool = False, interim: bool = False
) -> tuple[list[str], _Heard]:
    """Return the texts that come out of the guard."""
    heard = _Heard()
    guard = CardGuard(hold_s=hold_s, number_asked=lambda: asked, found=heard.note, tell=heard.tell)
    kind = InterimTranscriptionFrame if interim else TranscriptionFrame
    frames: list[Frame] = [TextFrame(text) if text == ")" else kind(text, "", "") for text in said]
    down, _ = await run_test(Pipeline([_Recogniser(), guard, _Turns()]), frames_to_send=frames)
    return [frame.text for frame in down if isinstance(frame, kind)], heard


async def test_everyday_talk_passes() -> None:
    """What is no secret is not changed, nor held."""
    texts, heard = await _pass("I need an oil change", "my number is 503 555 0142", "for a 2019")
    assert texts == ["I need an oil change", "my number is 503 555 0142", "for a 2019"]
    assert heard.found == 0


async def test_a_number_in_one_final_is_replaced() -> None:
    """The caller's words go on without the number."""
    texts, heard = await _pass("it's 4111 1111 1111 1111 okay")
    assert texts == ["it's [card number] okay"]
    assert heard.found == 1


async def test_a_number_in_several_finals_is_replaced_in_each() -> None:
    """The first half waits for the second, and neither passes."""
    texts, heard = await _pass("my card is", "4111 1111", "1111 1111", "thanks")
    assert texts == ["my card is", "[card number]", "[end of card number]", "thanks"]
    assert heard.found == 1


async def test_four_pieces_are_one_number() -> None:
    """A number said in four breaths is found when the last one is said."""
    texts, _ = await _pass("card number is 4111", "1111", "1111", "1111")
    assert texts == ["card number is [card number]", *["[end of card number]"] * 3]


async def test_half_a_number_that_stays_alone_passes_after_a_while() -> None:
    """Eight digits that nothing follows are let go at the latest at the end of the call."""
    texts, heard = await _pass("4111 1111", hold_s=_SOON_S)
    assert texts == ["4111 1111"]
    assert heard.found == 0


async def test_digits_that_were_asked_for_are_not_held() -> None:
    """A caller who is asked for a number is not kept waiting."""
    texts, _ = await _pass("4111 1111", asked=True)
    assert texts == ["4111 1111"]


async def test_the_code_after_the_card_is_replaced_too() -> None:
    """An announcement in one final tells what the digits of the next are."""
    texts, heard = await _pass("and the security code is", "one two three")
    assert texts == ["and the security code is", "[security code]"]
    assert heard.found == 1


async def test_a_number_over_two_turns_is_found() -> None:
    """A turn that ended in half a number is read together with the next one."""
    texts, _ = await _pass("4111 1111", ")", "1111 1111", ")", asked=True)
    assert texts == ["4111 1111", "[end of card number]"]


async def test_a_number_over_four_turns_is_found() -> None:
    """One group a turn, as when every pause is taken for the end: the last group never passes."""
    texts, heard = await _pass("5555", ")", "5555,", ")", "5555.", ")", "4444", ")")
    assert texts == ["5555", "5555,", "5555.", "[end of card number]"]
    assert (heard.found, heard.told) == (1, 1)


async def test_a_year_and_a_phone_number_of_two_turns_are_not_joined() -> None:
    """Digits that are no half of a card are forgotten when their turn is over."""
    texts, heard = await _pass("a 2019", ")", "503 555 0142", ")")
    assert texts == ["a 2019", "503 555 0142"] and heard.found == 0


async def test_the_caller_is_told_once_a_call() -> None:
    """The request not to say such numbers comes after the turn, and only once."""
    _, heard = await _pass("4111 1111 1111 1111", ")", "4242 4242 4242 4242", ")", "hello", ")")
    assert (heard.found, heard.told) == (2, 1)


async def test_interim_words_are_replaced_and_prove_nothing() -> None:
    """Guesses of the recogniser lose their numbers; only a final counts as found."""
    texts, heard = await _pass("it's 4111 1111 1111 1111", interim=True)
    assert texts == ["it's [card number]"] and heard.found == 0
