"""The recording holds what was heard, side by side, and nothing of what must not be kept."""

from collections.abc import Sequence

import pytest
from pipecat.frames.frames import (
    Frame,
    InputAudioRawFrame,
    InterruptionFrame,
    OutputAudioRawFrame,
    UserStartedSpeakingFrame,
    UserStoppedSpeakingFrame,
)
from pipecat.tests.utils import run_test

from processors.call_recorder import CallRecorder

pytestmark = pytest.mark.unit

RATE_HZ = 1000
PACKET_MS = 20


def heard(value: int, ms: int = PACKET_MS) -> list[Frame]:
    """Return the caller's sound, in packets, each sample `value`."""
    packet = value.to_bytes(2, "little") * (RATE_HZ * PACKET_MS // 1000)
    return [InputAudioRawFrame(packet, RATE_HZ, 1) for _ in range(ms // PACKET_MS)]


def said(value: int, ms: int) -> Frame:
    """Return our sound."""
    return OutputAudioRawFrame(value.to_bytes(2, "little") * (RATE_HZ * ms // 1000), RATE_HZ, 1)


class Tape:
    """Takes what the recorder hands on."""

    def __init__(self) -> None:
        self.chunks: list[bytes] = []
        self.recorder: CallRecorder | None = None
        self.number_open = False
        self.may_go_on = False

    async def record(self, frames: Sequence[Frame], hold_back_s: float = 5.0) -> None:
        """Let frames pass through a recorder, in order: system frames would overtake the others."""
        self.recorder = CallRecorder(
            self.chunks.append,
            sample_rate_hz=RATE_HZ,
            lag_s=0.1,
            hold_back_s=hold_back_s,
            number_open=lambda: self.number_open,
            may_go_on=lambda: self.may_go_on,
        )
        for frame in frames:
            self.recorder._take(frame)

    def side(self, channel: int) -> list[int]:
        """Return the samples of one side, one for each 20 ms."""
        whole = b"".join(self.chunks)
        samples = [
            int.from_bytes(whole[at : at + 2], "little") for at in range(2 * channel, len(whole), 4)
        ]
        return samples[:: RATE_HZ * PACKET_MS // 1000]


@pytest.fixture
def tape() -> Tape:
    """Return an empty tape."""
    return Tape()


def _end() -> Frame:
    from pipecat.frames.frames import EndFrame  # noqa: PLC0415

    return EndFrame()


async def test_frames_pass_untouched() -> None:
    """The recorder takes nothing out of the pipeline."""
    recorder = CallRecorder(
        lambda _: None, sample_rate_hz=RATE_HZ, lag_s=0.1, hold_back_s=5, number_open=lambda: False
    )
    frames = [*heard(1), said(2, 40)]
    down, _ = await run_test(recorder, frames_to_send=frames)
    assert {type(frame) for frame in down} == {InputAudioRawFrame, OutputAudioRawFrame}


async def test_the_two_sides_are_aligned(tape: Tape) -> None:
    """What we say begins where the caller's sound is at that moment."""
    await tape.record([*heard(1, 400), said(7, 200), *heard(2, 400), _end()])
    assert tape.side(0) == [1] * 20 + [2] * 20
    assert tape.side(1) == [0] * 20 + [7] * 10 + [0] * 10


async def test_what_was_sent_ahead_and_never_heard_is_not_kept(tape: Tape) -> None:
    """An interruption cuts our side where the caller's sound is."""
    frames = [*heard(1, 400), said(7, 200), *heard(2, 100), InterruptionFrame(), *heard(2, 300)]
    await tape.record([*frames, _end()])
    assert tape.side(1) == [0] * 20 + [7] * 5 + [0] * 15


async def test_a_turn_with_a_secret_is_silent_and_the_rest_is_not(tape: Tape) -> None:
    """From a little before the turn was noticed until its end nothing of the caller is kept."""
    await tape.record([*heard(1, 1000), UserStartedSpeakingFrame(), *heard(5, 600)])
    assert tape.recorder is not None
    tape.recorder.hide()
    for frame in [*heard(5, 400), UserStoppedSpeakingFrame(), *heard(2, 400), _end()]:
        tape.recorder._take(frame)
    assert tape.side(0) == [1] * 45 + [0] * 55 + [2] * 20


async def test_an_open_turn_waits_for_its_words(tape: Tape) -> None:
    """Nothing of a turn reaches the disk while it goes on, whatever its length up to the bound."""
    await tape.record([*heard(1, 200), UserStartedSpeakingFrame(), *heard(5, 3000)])
    assert 5 not in tape.side(0)
    assert tape.recorder is not None
    tape.recorder._take(UserStoppedSpeakingFrame())
    for frame in heard(2, 200):
        tape.recorder._take(frame)
    assert 5 in tape.side(0)


async def test_memory_is_bounded(tape: Tape) -> None:
    """A turn longer than the bound is written from its beginning on."""
    await tape.record([UserStartedSpeakingFrame(), *heard(5, 9000)], hold_back_s=2.0)
    assert tape.recorder is not None
    assert len(tape.recorder._caller) <= 2 * (2.0 + 1.0 + 0.02) * RATE_HZ
    assert len(tape.side(0)) >= 6000 / PACKET_MS


async def test_half_a_number_at_the_end_of_the_call_is_silent(tape: Tape) -> None:
    """A caller who hangs up within what may be a card number leaves no sound of it."""
    await tape.record([*heard(1, 400), UserStartedSpeakingFrame(), *heard(5, 400)])
    assert tape.recorder is not None
    tape.number_open = True
    tape.recorder._take(_end())
    assert 5 not in tape.side(0) and tape.side(0)[:15] == [1] * 15


async def test_without_the_callers_sound_ours_is_kept(tape: Tape) -> None:
    """A carrier that sends nothing costs neither our side nor memory."""
    await tape.record([said(7, 1000) for _ in range(6)])
    assert tape.recorder is not None
    for frame in [*heard(1, 100), _end()]:
        tape.recorder._take(frame)
    assert tape.side(1)[:250] == [7] * 250


async def test_turns_that_together_are_a_number_are_silent_together(tape: Tape) -> None:
    """A turn that may begin a number waits for the next one, and is silenced with it."""
    tape.may_go_on = True
    await tape.record(
        [*heard(1, 1000), UserStartedSpeakingFrame(), *heard(5, 600), UserStoppedSpeakingFrame()]
    )
    assert tape.recorder is not None
    for frame in [*heard(2, 600), UserStartedSpeakingFrame(), *heard(5, 400)]:
        tape.recorder._take(frame)
    tape.recorder.hide()
    tape.may_go_on = False
    for frame in [UserStoppedSpeakingFrame(), *heard(2, 400), _end()]:
        tape.recorder._take(frame)
    assert tape.side(0) == [1] * 45 + [0] * 85 + [2] * 20


async def test_a_phone_number_at_the_end_is_kept(tape: Tape) -> None:
    """Digits that nothing follows were no card number."""
    tape.may_go_on = True
    frames = [*heard(1, 400), UserStartedSpeakingFrame(), *heard(5, 400)]
    await tape.record([*frames, UserStoppedSpeakingFrame(), *heard(1, 400), _end()])
    assert tape.side(0) == [1] * 20 + [5] * 20 + [1] * 20
