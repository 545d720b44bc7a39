"""The figures of a run: as a table for people, as JSON for machines."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from qa.measure.figures import percentile
from qa.turns.measure import InterruptionFigures, InterruptionPlayed, TurnFigures, TurnPlayed

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class TurnRow:
    """One caller's turn and what came of it; `ended` is the log's word for why it ended."""

    played: TurnPlayed
    figures: TurnFigures
    call_sid: str


@dataclass(frozen=True, slots=True)
class InterruptionRow:
    """One interruption and what came of it; words are counted only where the agent stopped."""

    played: InterruptionPlayed
    figures: InterruptionFigures
    words_heard: int | None
    words_logged: int | None
    call_sid: str


def turn_table(rows: Sequence[TurnRow]) -> list[str]:
    """Tell cut-offs and waits by kind of answer and by room, pauses apart."""
    lines = ["Turn ends", f"  {'':<22}{'turns':>6}{'cut off':>9}{'decided p50/p95':>18}"]
    lines[-1] += f"{'first sound p50/p95':>22}{'none':>6}"
    for title, group in (
        *_by(rows, lambda row: row.played.utterance.kind),
        *_by(rows, lambda row: "paused" if row.played.utterance.pauses_s else "in one go"),
        *_by(rows, lambda row: row.played.room.name),
        ("all", rows),
    ):
        cut = sum(row.figures.cut_off for row in group)
        fine = [row.figures for row in group if not row.figures.cut_off]
        decided = [f.decided_s for f in fine if f.decided_s is not None]
        first = [f.response_s for f in fine if f.response_s is not None]
        lines.append(
            f"  {title:<22}{len(group):>6}{cut:>4} {_share(cut, len(group)):>4}"
            f"{_spread(decided):>18}{_spread(first):>22}{len(fine) - len(first):>6}"
        )
    return lines


def interruption_table(rows: Sequence[InterruptionRow]) -> list[str]:
    """Tell false stops, missed barge-ins and the time to `clear`, by kind and by room."""
    lines = ["Interruptions", f"  {'':<22}{'count':>6}{'stopped':>13}{'went on':>9}"]
    lines[-1] += f"{'clear p50/p95':>18}"
    for title, group in (
        *_by(rows, lambda row: row.played.interruption.kind),
        *_by(rows, lambda row: f"{_meaning(row)}, {row.played.room.name}"),
        *_by(rows, _meaning),
    ):
        stopped = [row.figures for row in group if row.figures.stopped]
        clears = [f.clear_s for f in stopped if f.clear_s is not None]
        lines.append(
            f"  {title:<22}{len(group):>6}{len(stopped):>7} {_share(len(stopped), len(group)):>5}"
            f"{sum(f.went_on for f in stopped):>9}{_spread(clears):>18}"
        )
    return lines


def heard_table(rows: Sequence[InterruptionRow]) -> list[str]:
    """Tell how far the log's cut lines are from what was heard, in words."""
    off = [e for row in rows if (e := word_error(row)) is not None]
    missing = sum(row.words_heard is not None and row.words_logged is None for row in rows)
    near = sum(abs(e) <= 1 for e in off)
    lines = ["Heard text (words logged less words heard)"]
    lines.append(f"  within one word {near} of {len(off)} {_share(near, len(off))}")
    counts = {e: off.count(e) for e in sorted(set(off))}
    lines.append("  " + ", ".join(f"{error:+d}: {count}" for error, count in counts.items()))
    lines.append(f"  no such line in the log: {missing}")
    return lines


def verdict_lines(turns: Sequence[TurnRow], interruptions: Sequence[InterruptionRow]) -> list[str]:
    """Set the figures that count against their goals."""
    return [
        f"  {name:<24}{'-' if value is None else f'{value:.3g} {unit}':>12}   {goal}"
        for name, value, unit, goal in headline(turns, interruptions)
    ]


def headline(
    turns: Sequence[TurnRow], interruptions: Sequence[InterruptionRow]
) -> list[tuple[str, float | None, str, str]]:
    """Return name, figure, unit and goal of what the bench is there for."""
    nuisances = [row for row in interruptions if not row.played.interruption.meant]
    meant = [row for row in interruptions if row.played.interruption.meant]
    clears = [row.figures.clear_s for row in meant if row.figures.clear_s is not None]
    off = [e for row in interruptions if (e := word_error(row)) is not None]
    clear_s = percentile(clears, 0.5)
    return [
        ("false cut-offs", _percent([r.figures.cut_off for r in turns]), "%", "goal 2, under 5"),
        (
            "false interruptions",
            _percent([r.figures.stopped for r in nuisances]),
            "%",
            "goal 2, under 5",
        ),
        (
            "  not resumed",
            _percent([r.figures.stopped and not r.figures.went_on for r in nuisances]),
            "%",
            "",
        ),
        (
            "missed barge-ins",
            _percent([not r.figures.stopped or r.figures.went_on for r in meant]),
            "%",
            "goal 0, under 2",
        ),
        ("first sound to clear p50", clear_s and clear_s * 1000, "ms", "goal 250"),
        ("heard text in one word", _percent([abs(e) <= 1 for e in off]), "%", "goal 99"),
    ]


def as_json(
    turns: Sequence[TurnRow], interruptions: Sequence[InterruptionRow], seed: int
) -> dict[str, Any]:
    """Return everything, row by row, with the headline first."""
    return {
        "seed": seed,
        "headline": {name.strip(): value for name, value, _, _ in headline(turns, interruptions)},
        "turns": [_turn_json(row) for row in turns],
        "interruptions": [_interruption_json(row) for row in interruptions],
    }


def word_error(row: InterruptionRow) -> int | None:
    """Return by how many words the log differs from what was heard; None when not to be told."""
    if row.words_heard is None or row.words_logged is None:
        return None
    return row.words_logged - row.words_heard


def _meaning(row: InterruptionRow) -> str:
    return "meant" if row.played.interruption.meant else "not meant"


def _by(rows: Sequence[Row], key: Callable[[Row], str]) -> list[tuple[str, Sequence[Row]]]:
    names = dict.fromkeys(key(row) for row in rows)
    return [(name, [row for row in rows if key(row) == name]) for name in sorted(names)]


def _percent(flags: Sequence[bool]) -> float | None:
    return 100 * sum(flags) / len(flags) if flags else None


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f}%" if whole else "-"


def _spread(values: Sequence[float]) -> str:
    half, most = percentile(values, 0.5), percentile(values, 0.95)
    return "-" if half is None or most is None else f"{half * 1000:.0f} / {most * 1000:.0f} ms"


def _turn_json(row: TurnRow) -> dict[str, Any]:
    utterance = row.played.utterance
    return {
        "call_sid": row.call_sid,
        "kind": utterance.kind,
        "room": row.played.room.name,
        "voice": utterance.voice,
        "said": " | ".join(map(str, utterance.parts)),
        "start_s": round(row.played.start_s, 3),
        "length_s": round(row.played.end_s - row.played.start_s, 3),
        "asked_s": [round(at_s - row.played.end_s, 3) for at_s in row.played.asked_s],
        "understood": row.played.understood,
        "cut_off": row.figures.cut_off,
        "decided_s": row.figures.decided_s,
        "response_s": row.figures.response_s,
    }


def _interruption_json(row: InterruptionRow) -> dict[str, Any]:
    played, one = row.played, row.played.interruption
    return {
        "call_sid": row.call_sid,
        "kind": one.kind,
        "room": played.room.name,
        "voice": one.voice,
        "said": one.text,
        "at_s": round(played.start_s, 3),
        "into_talk_s": round(played.start_s - played.talk_start_s, 3),
        "clears_s": [round(at_s - played.start_s, 3) for at_s in played.clears_s],
        "asked_s": [round(at_s - played.start_s, 3) for at_s in played.asked_s],
        "stopped": row.figures.stopped,
        "went_on": row.figures.went_on,
        "words_heard": row.words_heard,
        "words_logged": row.words_logged,
    }
