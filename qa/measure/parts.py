"""Where the time of a wait went: the call log's parts, set on the carrier's clock.

The call log (docs/call-log.md) tells the parts as the service sees them, from the voice detector's
last sound to the first bytes of the voice. What the caller hears begins earlier and ends later: the
difference at the front is the detector's, that at the back the way out. So the parts here add up to
the wait that was heard.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

PARTS = ("endpointing", "recognition", "model", "tools", "voice", "playout", "ours")
"""In the order of time. `endpointing` is everything that decides that the caller has finished: the
detector's own delay, its silence and the turn's end. `voice` has the silence with which a voice
begins in it, `playout` the way to the caller's ear, `ours` is what the service does between."""

_SAME_END_S = 1.0
"""How far the detector's idea of a turn's end may lie from the recording's."""


def log_turn(
    end_s: float, log: Mapping[str, Any], answered_at: datetime
) -> Mapping[str, Any] | None:
    """Return the call log's turn that ended nearest to `end_s` and was answered, None without.

    `answered_at` is the time of the recording's first sample.
    """
    found = [
        turn
        for turn in log.get("turns") or ()
        if turn.get("role") == "caller" and turn.get("latency_ms") and turn.get("speech_ended_at")
    ]
    near: Mapping[str, Any] | None = min(
        found, key=lambda turn: abs(ended_s(turn, answered_at) - end_s), default=None
    )
    if near is None or abs(ended_s(near, answered_at) - end_s) > _SAME_END_S:
        return None
    return near


def ended_s(turn: Mapping[str, Any], answered_at: datetime) -> float:
    """Return when the service thought that the caller's voice ended."""
    return (datetime.fromisoformat(turn["speech_ended_at"]) - answered_at).total_seconds()


def parts_ms(
    end_s: float,
    answered_at_s: float,
    turn: Mapping[str, Any],
    answered_at: datetime,
    starts_s: Sequence[float] = (),
) -> dict[str, float]:
    """Return the parts of a wait in ms; they add up to what was heard.

    `starts_s` are the times at which the carrier began to play. A part can be a little below zero
    where the detector took the voice for ended before it was.
    """
    told = {name: float(ms) for name, ms in turn["latency_ms"].items() if name != "total"}
    believed_s = ended_s(turn, answered_at)
    sent_s = believed_s + sum(told.values()) / 1000
    begun = [at_s for at_s in starts_s if end_s <= at_s <= answered_at_s]
    silence_s = answered_at_s - begun[-1] if begun else 0.0
    return {
        "endpointing": told.get("endpointing", 0.0)
        + told.get("turn_end", 0.0)
        + (believed_s - end_s) * 1000,
        "recognition": told.get("recognition", 0.0),
        "model": told.get("model", 0.0),
        "tools": told.get("tools", 0.0),
        "voice": told.get("voice", 0.0) + silence_s * 1000,
        "playout": told.get("playout", 0.0) + (answered_at_s - silence_s - sent_s) * 1000,
        "ours": told.get("other", 0.0),
    }
