"""Records a call as it is heard: the caller left, the agent right, no card numbers."""

from collections.abc import Callable

from pipecat.frames.frames import (
    CancelFrame,
    EndFrame,
    Frame,
    InputAudioRawFrame,
    InterruptionFrame,
    OutputAudioRawFrame,
    UserStartedSpeakingFrame,
    UserStoppedSpeakingFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor

SAMPLE_BYTES = 2
"""Both sides are 16-bit samples at the pipeline's one rate."""

_CHUNK_S = 1.0
"""Sound is handed on in pieces of at least this length: a write a second."""

_JOIN_S = 0.2
"""A pause of ours shorter than this is jitter, and closed up."""

_LONE_S = 2.0
"""When we have spoken this far ahead of the caller's sound, theirs is missing: silence stands in.
The most that is ever sent ahead of its time is a fraction of it."""


class CallRecorder(FrameProcessor):
    """Puts the two sides of a call side by side and hands them to `write` as stereo samples.

    Its place is behind the output transport, which passes sound on as it sends it. The carrier
    sends the caller's sound without a gap, so that is the clock: what we say begins where the
    caller's sound is at that moment, and an interruption takes away what was sent ahead of it and
    never heard. Pipecat's `AudioBufferProcessor` keeps both.

    The caller's sound waits until the words in it are known: until `lag_s` after the turn it
    belongs to, but never longer than `hold_back_s`, the bound of what is kept in memory. `hide`
    silences the open turn from its beginning to its end; what is still open when the call ends is
    silenced if `number_open` says that it may be part of a card number. While `may_go_on` says that
    the next turn may bring the rest of one, the turns that begin it stay open together.
    """

    def __init__(
        self,
        write: Callable[[bytes], None],
        *,
        sample_rate_hz: int,
        lag_s: float,
        hold_back_s: float,
        number_open: Callable[[], bool],
        may_go_on: Callable[[], bool] = lambda: False,
    ) -> None:
        super().__init__(enable_direct_mode=True)
        self._write = write
        self._rate = sample_rate_hz
        self._lag = self._samples(lag_s)
        self._hold_back = self._samples(hold_back_s)
        self._number_open = number_open
        self._may_go_on = may_go_on
        self._caller = bytearray()
        self._agent = bytearray()
        self._turn_at: int | None = None
        """Bytes of `_caller` before the turn that is open."""
        self._in_turn = self._speaking = self._hiding = False

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Take down sound, follow the caller's turns, and pass all on."""
        await super().process_frame(frame, direction)
        if direction is FrameDirection.DOWNSTREAM:
            self._take(frame)
        await self.push_frame(frame, direction)

    def hide(self) -> None:
        """Silence the caller's open turn, or what is still held back when none is open."""
        self._hiding = True
        self._silence(self._turn_at or 0)

    def _take(self, frame: Frame) -> None:
        match frame:
            case InputAudioRawFrame():
                self._hear(frame.audio)
            case OutputAudioRawFrame():
                self._say(frame.audio)
            case InterruptionFrame():
                del self._agent[len(self._caller) :]
            case VADUserStartedSpeakingFrame():
                self._speaking = True
                self._open()
            case VADUserStoppedSpeakingFrame():
                self._speaking = False
                self._close()
            case UserStartedSpeakingFrame():
                self._in_turn = True
                self._open()
            case UserStoppedSpeakingFrame():
                self._in_turn = False
                self._close()
            case EndFrame() | CancelFrame():
                self._finish()

    def _hear(self, audio: bytes) -> None:
        self._caller += audio
        if self._turn_at is not None:
            self._close()
        self._flush()

    def _say(self, audio: bytes) -> None:
        behind = len(self._caller) - len(self._agent)
        if behind > self._samples(_JOIN_S):
            self._agent += bytes(behind)
        self._agent += audio
        ahead = len(self._agent) - len(self._caller)
        if ahead > self._samples(_LONE_S):
            self._caller += bytes(ahead)
            self._flush()

    def _flush(self) -> None:
        settled = self._settled()
        if settled >= self._samples(_CHUNK_S):
            self._hand_on(settled)

    def _open(self) -> None:
        """Note where the turn began: a little before it was noticed."""
        if self._turn_at is None:
            self._turn_at = max(0, len(self._caller) - self._lag)

    def _close(self) -> None:
        if self._in_turn or self._speaking or self._number_open():
            return
        if self._may_go_on() and not self._hiding:
            return
        if self._hiding:
            self._silence(self._turn_at or 0)
        self._turn_at = None
        self._hiding = False

    def _settled(self) -> int:
        """Return how many bytes of the caller's sound need no longer wait."""
        held = self._lag if self._turn_at is None else len(self._caller) - self._turn_at
        return len(self._caller) - min(max(held, self._lag), self._hold_back)

    def _hand_on(self, size: int) -> None:
        caller, agent = self._caller[:size], self._agent[:size]
        agent += bytes(size - len(agent))
        del self._caller[:size], self._agent[:size]
        if self._turn_at is not None:
            self._turn_at = max(0, self._turn_at - size)
        if size:
            self._write(_side_by_side(caller, agent))

    def _finish(self) -> None:
        if self._hiding or self._number_open():
            self._silence(self._turn_at or 0)
        self._hand_on(len(self._caller))
        self._agent.clear()

    def _silence(self, start: int) -> None:
        self._caller[start:] = bytes(len(self._caller) - start)

    def _samples(self, seconds: float) -> int:
        """Return the bytes of so many seconds of one side."""
        return int(seconds * self._rate) * SAMPLE_BYTES


def _side_by_side(left: bytearray, right: bytearray) -> bytes:
    both = bytearray(2 * len(left))
    both[0::4], both[1::4] = left[0::2], left[1::2]
    both[2::4], both[3::4] = right[0::2], right[1::2]
    return bytes(both)
