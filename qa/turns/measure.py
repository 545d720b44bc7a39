"""What happened in a call, from what the carrier recorded: cut-offs, waits, stops and misses.

All times are seconds from the start of the call's recording.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from qa.audio import Speech
from qa.turns.corpus import Interruption, Room, Utterance

FRAME_S = 0.02
BROKEN_OFF_S = 0.5
"""Talk that ends this much before its time was broken off."""

TALKED_ON_S = 0.3
"""This much of the agent's voice after it had stopped means that it went on talking."""


@dataclass(frozen=True, slots=True)
class TurnPlayed:
    """A caller's turn as it was played, until the agent had answered it (or had not)."""

    utterance: Utterance
    room: Room
    start_s: float
    end_s: float
    until_s: float
    asked_s: tuple[float, ...]
    """When the model was asked, between `start_s` and `until_s`."""
    understood: tuple[str, ...]
    """What the caller had said each time, as the service understood it."""


@dataclass(frozen=True, slots=True)
class TurnFigures:
    """`decided_s` and `response_s` run from the end of the caller's speech; None: cut off."""

    cut_off: bool
    decided_s: float | None
    response_s: float | None


def judge_turn(turn: TurnPlayed, agent: Sequence[Speech]) -> TurnFigures:
    """Say whether the caller was cut off, and otherwise how long they waited.

    Cut off is who is still speaking, or pausing, when the model is asked or the agent begins.
    """
    last_s = turn.end_s - FRAME_S
    began = [part.start_s for part in agent if turn.start_s < part.start_s < turn.until_s]
    if any(turn.start_s < at_s < last_s for at_s in (*turn.asked_s, *began)):
        return TurnFigures(True, None, None)
    answers = [at_s for at_s in began if at_s >= turn.end_s]
    decided = [at_s for at_s in turn.asked_s if at_s >= last_s]
    return TurnFigures(
        cut_off=False,
        decided_s=decided[0] - turn.end_s if decided else None,
        response_s=answers[0] - turn.end_s if answers else None,
    )


@dataclass(frozen=True, slots=True)
class InterruptionPlayed:
    """An interruption as it was played; `talk_s` is how long the talk is when nobody disturbs."""

    interruption: Interruption
    room: Room
    talk_start_s: float
    talk_s: float
    start_s: float
    until_s: float
    clears_s: tuple[float, ...]
    asked_s: tuple[float, ...]
    """`clear`s received, and when the model was asked, between `start_s` and `until_s`."""


@dataclass(frozen=True, slots=True)
class InterruptionFigures:
    """What the agent did; `clear_s` runs from the caller's first sound to the `clear`."""

    stopped: bool
    went_on: bool
    clear_s: float | None
    heard_s: tuple[float, float]
    """From when to when the talk was heard, up to the `clear` or the end."""


def judge_interruption(played: InterruptionPlayed, agent: Sequence[Speech]) -> InterruptionFigures:
    """Say whether the agent stopped, how fast, and whether it went on with what it was saying.

    It has stopped when the carrier was told to `clear`, or when its talk ends well before its time.
    """
    clear_at = played.clears_s[0] if played.clears_s else None
    natural_end_s = played.talk_start_s + played.talk_s
    answered_s = next((at_s for at_s in played.asked_s), played.until_s)
    talk = [part for part in agent if played.talk_start_s - 0.1 <= part.start_s < answered_s]
    ended_s = max((part.end_s for part in talk), default=played.talk_start_s)
    stopped = clear_at is not None or ended_s < natural_end_s - BROKEN_OFF_S
    stop_s = clear_at if clear_at is not None else ended_s
    went_on = stopped and _voice_s(talk, stop_s + 0.1, answered_s) > TALKED_ON_S
    return InterruptionFigures(
        stopped=stopped,
        went_on=went_on,
        clear_s=None if clear_at is None else clear_at - played.start_s,
        heard_s=(played.talk_start_s, stop_s),
    )


def _voice_s(parts: Sequence[Speech], from_s: float, until_s: float) -> float:
    """Add up how long somebody spoke between two times."""
    return sum(max(0.0, min(part.end_s, until_s) - max(part.start_s, from_s)) for part in parts)
