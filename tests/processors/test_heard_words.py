"""Only what was heard reaches the context."""

import pytest
from pipecat.frames.frames import (
    Frame,
    InterruptionFrame,
    TTSAudioRawFrame,
    TTSStoppedFrame,
    TTSTextFrame,
)
from pipecat.tests.utils import SleepFrame, run_test

from processors.heard_words import HeardWords

pytestmark = pytest.mark.unit

SENTENCE = "Tuesday at two in the afternoon is free for you"  # 48 characters with a last blank


def audio(seconds: float) -> TTSAudioRawFrame:
    """Return that much sent audio."""
    return TTSAudioRawFrame(b"\0\0" * int(8000 * seconds), 8000, 1)


async def words(frames: list[Frame]) -> str:
    """Return the text that came through, joined."""
    down, _ = await run_test(HeardWords(), frames_to_send=frames)
    return " ".join(frame.text for frame in down if isinstance(frame, TTSTextFrame))


async def test_an_utterance_played_to_its_end_is_whole() -> None:
    """All words are let go by the time the voice has stopped."""
    text = TTSTextFrame(SENTENCE, text_type="sentence")
    assert await words([text, audio(1.0), TTSStoppedFrame()]) == SENTENCE


async def test_no_word_passes_before_its_sound() -> None:
    """Text alone is held back."""
    assert await words([TTSTextFrame(SENTENCE, text_type="sentence")]) == ""


async def test_an_interrupted_utterance_is_cut_to_what_was_played() -> None:
    """After one second at the typical pace two words have been heard, and the rest is gone."""
    frames = [
        TTSTextFrame(SENTENCE, text_type="sentence"),
        audio(1.0),
        SleepFrame(),  # an interruption overtakes whatever is queued
        InterruptionFrame(),
        audio(5.0),
    ]
    assert await words(frames) == "Tuesday at two"


async def test_the_pace_is_learned_from_what_was_played_whole() -> None:
    """A slow voice's second utterance is cut by its own pace, not the typical one."""
    frames: list[Frame] = [TTSTextFrame(SENTENCE, text_type="sentence")]
    frames += [audio(0.5) for _ in range(12)]
    frames += [
        TTSStoppedFrame(),
        TTSTextFrame(SENTENCE, text_type="sentence"),
        audio(1.4),
        SleepFrame(),
        InterruptionFrame(),
    ]
    heard = await words(frames)
    assert heard == f"{SENTENCE} Tuesday at"
