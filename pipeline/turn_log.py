"""Every turn of a call: when it began and ended and why, and where the wait for its answer went."""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from pipecat.frames.frames import (
    BotStartedSpeakingFrame,
    Frame,
    FunctionCallInProgressFrame,
    FunctionCallResultFrame,
    InterruptionFrame,
    LLMFullResponseStartFrame,
    LLMTextFrame,
    MetricsFrame,
    TranscriptionFrame,
    TTSAudioRawFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.observers.base_observer import FramePushed
from pipecat.observers.user_bot_latency_observer import LatencyBreakdown, UserBotLatencyObserver
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor

from shop.clock import Clock
from shop.redact import redact_turns

PARTS: Mapping[str, str] = {
    "endpointing_wait": "endpointing",
    "transcription": "recognition",
    "turn_detection": "turn_end",
    "llm_inference": "model",
    "llm_tool_call": "model",
    "function_handler": "tools",
    "sentence_aggregation": "voice",
    "speech_synthesis": "voice",
    "output_transport": "playout",
}
"""Pipecat's names for the stretches of a wait, and ours; what has none here is `other`.
`docs/call-log.md` says what each part means."""


TIME_OUT = "time_out"
"""Why a turn ended that no strategy ended: Pipecat's time-out did (`turns.TURN_STOP_TIMEOUT_S`)."""


@dataclass(slots=True)
class Turn:
    """One turn; instants are ISO 8601 UTC. What only a caller's turn has is None in the agent's.

    `speech_ended_at` is when the caller fell silent, `ended_at` when that was taken for the end.
    `cut_agent` is what the caller had heard of us when they barged in. `latency_ms` are the parts
    of the wait from the caller's last sound to our first one, and their `total`.
    """

    role: Literal["caller", "agent"]
    began_at: str
    speech_ended_at: str | None = None
    ended_at: str | None = None
    text: str = ""
    ended_by: str = "unknown"
    barge_in: bool = False
    cut_agent: str | None = None
    latency_ms: dict[str, int] | None = None


@dataclass(slots=True)
class TurnLog:
    """The turns of one call as they happen."""

    clock: Clock
    turns: list[Turn] = field(default_factory=list)
    why: str = TIME_OUT
    """Why the caller's turn ended, as the strategy that ends it says just before it does."""

    _caller: Turn | None = None
    _agent: Turn | None = None
    _cut: str | None = None
    """What was heard of a turn of ours that ended by an interruption nobody has claimed yet."""

    def caller_began(self) -> None:
        """Note that the caller's turn began."""
        self._caller = self._add("caller")
        if self._cut is not None:
            self._caller.barge_in = True
            self._caller.cut_agent, self._cut = self._cut, None

    def speech_ended(self, at: datetime) -> None:
        """Note that the caller fell silent, which may be the end of their turn."""
        if self._caller is not None:
            self._caller.speech_ended_at = _iso(at)

    def caller_ended(self, text: str) -> None:
        """Note what was heard in the caller's turn, and that it was taken for over."""
        turn = self._caller or self._add("caller")
        turn.text, turn.ended_by, turn.ended_at = text, self.why, self._now()
        self.why = TIME_OUT
        self._caller = None
        self._cut = None

    def agent_began(self) -> None:
        """Note that we began to speak, or to think of what to say."""
        if self._agent is None:
            self._agent = self._add("agent")

    def agent_ended(self, text: str, *, interrupted: bool) -> None:
        """Note what the caller heard of our turn.

        A caller who goes on before they heard anything of it has not barged in.
        """
        turn = self._agent or self._add("agent")
        turn.text, turn.ended_at = text, self._now()
        turn.ended_by = "barge_in" if interrupted else "said"
        self._agent = None
        if not interrupted or not text.strip():
            return
        if self._caller is not None:
            self._caller.barge_in, self._caller.cut_agent = True, text
        else:
            self._cut = text

    def answered(self, total_ms: int, parts: Mapping[str, int]) -> None:
        """Note how long the caller waited for the first sound after their last turn."""
        turn = next((t for t in reversed(self.turns) if t.role == "caller"), None)
        if turn is not None and turn.latency_ms is None:
            turn.latency_ms = {**parts, "total": total_ms}

    def rows(self) -> list[dict[str, Any]]:
        """Return the turns as `call_logs.turns` holds them, without what they do not have.

        Turns of ours in which nothing was heard, such as a call of a tool, are left out. Card
        numbers are taken out, also such as were said over several turns.
        """
        rows = [
            {key: value for key, value in asdict(turn).items() if value not in (None, False, "")}
            for turn in self.turns
            if turn.role == "caller" or turn.text.strip()
        ]
        spoken = [row for row in rows if row["role"] == "caller" and "text" in row]
        for row, text in zip(spoken, redact_turns([row["text"] for row in spoken]), strict=True):
            row["text"] = text
        return rows

    def _add(self, role: Literal["caller", "agent"]) -> Turn:
        turn = Turn(role, self._now())
        self.turns.append(turn)
        return turn

    def _now(self) -> str:
        return _iso(self.clock.now())


def _iso(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds")


_BORN = (
    BotStartedSpeakingFrame,
    FunctionCallInProgressFrame,
    FunctionCallResultFrame,
    InterruptionFrame,
    LLMFullResponseStartFrame,
    LLMTextFrame,
    MetricsFrame,
    TranscriptionFrame,
    TTSAudioRawFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
"""The frames from which Pipecat's observer measures."""

_REMEMBERED = 64
"""Frames that may be on their way past a second of the processors that are listened to."""


class LatencyWatch(UserBotLatencyObserver):
    """Pipecat's measure of the wait for an answer, fed from the processors that make its frames.

    An observer that is registered with the worker is told of every frame at every processor, which
    costs 0.12 ms for each packet of audio, a tenth of all the work in a call; so this one is not,
    and listens where its frames are born (`listen`). It needs `enable_metrics` for the parts.
    """

    def __init__(self, log: TurnLog) -> None:
        super().__init__()
        self._log = log
        self._total_ms = 0
        self._known: deque[int] = deque(maxlen=_REMEMBERED)
        self.add_event_handler("on_latency_measured", self._measured)
        self.add_event_handler("on_latency_breakdown", self._broken_down)

    def listen(self, processors: Sequence[FrameProcessor]) -> None:
        """Follow the frames that these processors push first."""
        for processor in processors:
            processor.add_event_handler("on_before_push_frame", self._pushed)

    async def _pushed(self, source: FrameProcessor, frame: Frame) -> None:
        # A broadcast frame goes down first; its sibling, on the way up, is the same event.
        if not isinstance(frame, _BORN):
            return
        if frame.id in self._known or frame.broadcast_sibling_id in self._known:
            return
        self._known.append(frame.id)
        if isinstance(frame, VADUserStoppedSpeakingFrame):
            self._log.speech_ended(
                datetime.fromtimestamp(frame.timestamp - frame.stop_secs, tz=UTC)
            )
        await self.on_push_frame(FramePushed(source, source, frame, FrameDirection.DOWNSTREAM, 0))

    async def _measured(self, _: object, seconds: float) -> None:
        self._total_ms = round(seconds * 1000)

    async def _broken_down(self, _: object, breakdown: LatencyBreakdown) -> None:
        if breakdown.user_turn_start_time is None:
            return
        parts: dict[str, float] = {}
        for part in breakdown.contributions:
            name = PARTS.get(part.key, "other")
            parts[name] = parts.get(name, 0.0) + part.duration_secs * 1000
        self._log.answered(self._total_ms, {name: round(ms) for name, ms in parts.items()})
