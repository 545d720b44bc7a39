"""Measurements against recordings made for it, whose gaps and overlaps are known to the sample."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from qa.audio import RATE_HZ, Pcm, Speech
from qa.measure import eva
from qa.measure.call import Course, MeasuredCall, course, measure
from qa.measure.figures import percentile, spread
from qa.measure.panel import panel
from qa.measure.parts import PARTS
from qa.measure.timeline import Kind, Spoken
from qa.measure.totals import totals
from sandbox.twilio import mulaw
from sandbox.twilio.leg import Event

pytestmark = pytest.mark.unit

WITHIN_S = 0.02
ZERO = datetime(2026, 11, 26, 1, 0, tzinfo=UTC)
Span = tuple[float, float]


def voice(seconds: float, seed: int = 1) -> Pcm:
    """Return syllables: a buzz of changing pitch that is never quite silent, but for its ends."""
    t = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    rng = np.random.default_rng(seed)
    pitch_hz = 140 + 30 * np.sin(2 * np.pi * 1.3 * t + rng.uniform(0, 6))
    buzz = sum(np.sin(2 * np.pi * n * np.cumsum(pitch_hz) / RATE_HZ) / n for n in range(1, 9))
    loud: Pcm = (3000 * buzz * (0.7 + 0.3 * np.sin(2 * np.pi * 4 * t))).astype(np.int16)
    return loud


def stereo(
    caller: Sequence[Span], agent: Sequence[Span], length_s: float, noise_rms: float = 0.0
) -> Pcm:
    """Return a recording as the carrier makes it, through mu-law, with noise around the caller."""
    sides = np.zeros((round(length_s * RATE_HZ), 2), np.float64)
    for side, spans in enumerate((caller, agent)):
        for number, (start_s, end_s) in enumerate(spans):
            first = round(start_s * RATE_HZ)
            sound = voice(end_s - start_s, number)
            sides[first : first + len(sound), side] += sound
    sides[:, 0] += np.random.default_rng(5).normal(0, noise_rms or 1e-9, len(sides))
    pcm = np.clip(sides, -32768, 32767).astype(np.int16)
    return np.stack([mulaw.decode(mulaw.encode(pcm[:, side])) for side in (0, 1)], axis=1)


def known(spans: Sequence[tuple[float, float, Kind]]) -> list[Spoken]:
    """Return what the caller is known to have said, with a clock that is up to 0.2 s off."""
    return [
        Spoken(start_s + 0.2 * (-1) ** number, voice(end_s - start_s, number), kind)
        for number, (start_s, end_s, kind) in enumerate(spans)
    ]


def measured(
    caller: Sequence[Span], agent: Sequence[Span], length_s: float = 20.0, **more: Any
) -> MeasuredCall:
    """Measure a made recording; the agent's spans are also what the carrier played."""
    noise_rms = more.pop("noise_rms", 0.0)
    plays = more.pop("plays", tuple(Speech(*span) for span in agent))
    seen = Course(Speech(more.pop("stream_s", 0.0), length_s), plays, more.pop("clears_s", ()))
    return measure(stereo(caller, agent, length_s, noise_rms), seen, **more)


@pytest.mark.parametrize("noise_rms", [0.0, 200.0, 700.0])
@pytest.mark.parametrize("gap_s", [0.13, 0.8, 1.237, 4.0])
def test_a_wait_is_measured_to_within_a_frame(gap_s: float, noise_rms: float) -> None:
    """From the caller's last sound to the agent's first, in quiet and noisy rooms."""
    call = measured([(2.003, 4.5)], [(0.5, 1.5), (4.5 + gap_s, 9.9)], noise_rms=noise_rms)
    assert call.turns[0].latency_s == pytest.approx(gap_s, abs=WITHIN_S)
    assert call.turns[0].outcome == "answered"
    assert call.greeting_s == pytest.approx(0.5, abs=WITHIN_S)


@pytest.mark.parametrize("noise_rms", [0.0, 700.0, 3000.0])
def test_what_the_caller_is_known_to_have_said_is_found_again(noise_rms: float) -> None:
    """Known samples are placed exactly, also in noise as loud as they are."""
    call = measured(
        [(2.0, 4.5), (8.0, 9.0)],
        [(0.5, 1.5), (5.2, 7.0), (9.75, 12.0)],
        noise_rms=noise_rms,
        spoken=known([(2.0, 4.5, "turn"), (8.0, 9.0, "turn")]),
    )
    waits = [turn.latency_s for turn in call.turns]
    assert waits == pytest.approx([0.7, 0.75], abs=WITHIN_S)


@pytest.mark.parametrize("noise_rms", [0.0, 300.0])
def test_what_never_reached_the_line_is_no_turn(noise_rms: float) -> None:
    """The agent hung up while the caller was about to speak; half a sentence is half a turn."""
    gone = [*known([(2.0, 4.5, "turn")]), Spoken(9.0, voice(2.0, 7))]
    call = measured([(2.0, 4.5)], [(0.5, 1.5), (5.0, 6.0)], spoken=gone, noise_rms=noise_rms)
    assert [turn.start_s for turn in call.turns] == pytest.approx([2.0], abs=WITHIN_S)
    cut = measured([(2.0, 3.2)], [], 3.2, spoken=known([(2.0, 4.5, "turn")]), noise_rms=noise_rms)
    assert cut.turns[0].end_s == pytest.approx(3.2, abs=WITHIN_S)


@pytest.mark.parametrize("over_s", [0.3, 0.9, 1.6])
def test_a_barge_in_is_timed_until_the_agent_is_silent(over_s: float) -> None:
    """Time to stop, talk-over, and the wait for what is said then."""
    call = measured([(5.0, 7.0)], [(1.0, 5.0 + over_s), (8.0, 9.0)], clears_s=(5.25,))
    turn = call.turns[0]
    assert turn.stop_s == pytest.approx(over_s, abs=WITHIN_S)
    assert turn.clear_s == pytest.approx(0.25, abs=WITHIN_S)
    assert turn.latency_s == pytest.approx(1.0, abs=WITHIN_S)
    assert call.caller_over_agent_s == pytest.approx(over_s, abs=WITHIN_S)
    assert call.agent_over_caller_s == 0
    assert panel([call.events]).yield_latency_s == pytest.approx(over_s, abs=WITHIN_S)


def test_an_agent_that_stops_just_after_a_short_interruption_is_waited_for() -> None:
    """'Stop' is over before the agent is silent; what it says next is the answer."""
    call = measured([(5.0, 5.4)], [(1.0, 5.7), (6.6, 8.0)])
    assert call.turns[0].latency_s == pytest.approx(1.2, abs=WITHIN_S)
    assert call.turns[0].stop_s == pytest.approx(0.7, abs=WITHIN_S)


def test_an_agent_that_talks_on_has_not_yielded() -> None:
    """Through the whole interruption and two seconds more: no yield, no wait, no points."""
    call = measured([(3.0, 4.0)], [(1.0, 9.0)])
    assert call.turns[0].outcome == "talked_through"
    found = panel([call.events])
    assert (found.yield_rate, found.yield_latency_s, found.interruptions) == (0.0, None, 1)
    assert call.eva_score == 0


def test_an_agent_that_speaks_into_a_pause_interrupts() -> None:
    """A caller who is known to go on is cut in on; the overlap is what both say at once."""
    pause = np.concatenate([voice(1.0), np.zeros(RATE_HZ, np.int16), voice(1.0, 2)])
    recording = stereo([], [(0.5, 1.5), (4.5, 5.5), (8.0, 9.0)], 12.0)
    recording[round(3.0 * RATE_HZ) : round(6.0 * RATE_HZ), 0] = pause
    seen = Course(Speech(0.0, 12.0), (), ())
    call = measure(recording, seen, spoken=[Spoken(3.1, pause)])
    turn = call.turns[0]
    assert (turn.cut_ins, turn.outcome) == (1, "answered")
    assert turn.cut_in_s == pytest.approx(0.5, abs=WITHIN_S)
    assert call.agent_over_caller_s == pytest.approx(0.5, abs=WITHIN_S)
    assert turn.latency_s == pytest.approx(2.0, abs=WITHIN_S)
    assert panel([call.events]).interruption_rate == 1.0
    assert call.eva_score == pytest.approx(0.5 * (1 - 0.5 / 2), abs=0.02)


def test_an_unanswered_turn_counts_against_the_response_rate() -> None:
    """Who has to speak again was not answered; the last words of a call need no answer."""
    spoken = known([(2.0, 3.0, "turn"), (9.0, 10.0, "turn"), (13.0, 14.0, "turn")])
    spans = [(2.0, 3.0), (9.0, 10.0), (13.0, 14.0)]
    call = measured(spans, [(0.5, 1.5), (11.0, 12.0)], spoken=spoken)
    assert [turn.outcome for turn in call.turns] == ["unanswered", "answered", "last"]
    found = panel([call.events])
    assert (found.response_rate, found.turns) == (0.5, 2)
    assert found.response_latency_s == pytest.approx(1.0, abs=WITHIN_S)


def test_dead_air_is_what_nobody_fills() -> None:
    """Total, longest, long gaps, and the part in which it was the agent's turn."""
    call = measured([(3.0, 4.0)], [(1.0, 2.0), (8.5, 9.0)], 10.0, stream_s=0.25)
    air = call.dead_air
    assert air.total_s == pytest.approx(0.75 + 1.0 + 4.5 + 1.0, abs=2 * WITHIN_S)
    assert (air.longest_s, air.longest_wait_s) == pytest.approx((4.5, 4.5), abs=WITHIN_S)
    assert air.waiting_s == pytest.approx(0.75 + 4.5, abs=2 * WITHIN_S)
    assert air.long_gaps == 1
    assert call.greeting_s == pytest.approx(0.75, abs=WITHIN_S)


def test_pauses_of_one_play_are_within_what_the_agent_says() -> None:
    """The carrier plays on between two sentences: the second is no new answer."""
    spans = [(1.0, 2.0), (2.9, 4.0)]
    together = measured([(2.4, 6.0)], spans, plays=(Speech(1.0, 4.0),))
    apart = measured([(2.4, 6.0)], spans)
    assert together.turns[0].stop_s == pytest.approx(1.6, abs=WITHIN_S)
    assert (apart.turns[0].stop_s, apart.turns[0].cut_ins) == (None, 1)


SIDE: list[tuple[Kind, Sequence[Span], str, float | None]] = [
    ("backchannel", [(1.0, 9.0)], "backchannel", 1.0),
    ("backchannel", [(1.0, 3.6)], "backchannel", 0.0),
    ("backchannel", [(0.5, 1.0)], "backchannel", None),
    ("tic", [(1.0, 9.0)], "vocal_tic", 1.0),
    ("tic", [(1.0, 3.5)], "vocal_tic", 0.0),
    ("tic", [(0.5, 1.0), (4.0, 6.0)], "vocal_tic", 0.0),
    ("tic", [(0.5, 1.0)], "vocal_tic", 1.0),
    ("aside", [(1.0, 9.0)], "non_directed", 1.0),
    ("aside", [(0.5, 1.0), (4.9, 6.0)], "non_directed", 0.0),
    ("aside", [(0.5, 1.0), (7.0, 8.0)], "non_directed", 1.0),
]


@pytest.mark.parametrize(("kind", "agent", "figure", "wanted"), SIDE)
def test_selectivity(kind: Kind, agent: Sequence[Span], figure: str, wanted: float | None) -> None:
    """Talking on, or staying silent, is right; stopping within 1 s or answering in 2 s is not."""
    call = measured([(3.0, 3.4)], agent, spoken=known([(3.0, 3.4, kind)]))
    assert getattr(panel([call.events]), figure) == wanted
    assert call.turns == ()


def test_a_line_that_was_over_has_not_yielded() -> None:
    """The call log says that the agent had said all: "mm-hm" did not stop it."""
    log = {"turns": [{"role": "agent", "ended_by": "said", "ended_at": _at(3.6)}]}
    call = measured(
        [(3.0, 3.4)], [(1.0, 3.6)], spoken=known([(3.0, 3.4, "backchannel")]), log=log,
        answered_at=ZERO,
    )  # fmt: skip
    assert panel([call.events]).backchannel == 1.0


def _at(second: float) -> str:
    return (ZERO + timedelta(seconds=second)).isoformat()


LOG: dict[str, Any] = {
    "turns": [
        {
            "role": "caller", "speech_ended_at": _at(4.6),
            "latency_ms": {"endpointing": 200, "recognition": 100, "turn_end": 50, "model": 300,
                           "tools": 40, "voice": 150, "playout": 5, "other": 5, "total": 850},
        },
        {"role": "caller", "speech_ended_at": _at(11.0)},
    ],
    "tool_calls": [{"name": "get_available_slots", "at": _at(5.0)}],
}  # fmt: skip


def test_the_parts_of_a_wait_add_up_to_what_was_heard() -> None:
    """The log's parts are set on the carrier's clock: nothing is left over."""
    call = measured(
        [(2.0, 4.5), (8.0, 9.0)], [(0.5, 1.5), (5.8, 7.0), (10.0, 11.0)], log=LOG, answered_at=ZERO,
        plays=(Speech(0.4, 1.5), Speech(5.5, 7.0), Speech(9.8, 11.0)),
    )  # fmt: skip
    first, second = call.turns
    assert first.parts_ms is not None
    assert first.latency_s is not None
    assert tuple(first.parts_ms) == PARTS
    assert sum(first.parts_ms.values()) == pytest.approx(first.latency_s * 1000, abs=1e-6)
    wanted = {
        "endpointing": 200 + 50 + 100, "recognition": 100, "model": 300, "tools": 40,
        "voice": 150 + 300, "playout": 5 + 50, "ours": 5,
    }  # fmt: skip
    assert first.parts_ms == pytest.approx(wanted, abs=1000 * WITHIN_S)
    assert first.tools == ("get_available_slots",)
    assert (second.parts_ms, second.tools) == (None, ())


def test_events_are_read_on_the_recordings_clock() -> None:
    """The stream, the plays and the clears; a play that never ended lasts to the end."""
    happened = [
        Event(100.5, "stream_opened"), Event(101.0, "audio_started"), Event(102.0, "clear", "300"),
        Event(102.02, "audio_ended"), Event(103.0, "audio_started"),
    ]  # fmt: skip
    seen = course(happened, 100.0, 9.0)
    assert seen.stream == Speech(0.5, 9.0)
    assert [play.start_s for play in seen.plays] == [1.0, 3.0]
    assert [play.end_s for play in seen.plays] == pytest.approx([2.02, 9.0])
    assert seen.clears_s == (2.0,)


def test_what_follows_the_stream_is_not_the_agents() -> None:
    """A person to whom the call was put through answers nothing of ours."""
    recording = stereo([(3.0, 4.0), (8.0, 9.0)], [(1.0, 2.0), (4.5, 5.0), (9.5, 11.0)], 12.0)
    call = measure(recording, Course(Speech(0.0, 7.0), (), ()))
    assert [turn.latency_s for turn in call.turns] == pytest.approx([0.5], abs=WITHIN_S)
    assert (call.length_s, len(call.agent_s)) == (12.0, 2)
    assert call.dead_air.total_s == pytest.approx(1.0 + 1.0 + 0.5 + 2.0, abs=2 * WITHIN_S)


def test_a_silent_recording_has_no_figures() -> None:
    """Nobody spoke: nothing is made up."""
    call = measured([], [], 5.0)
    assert (call.greeting_s, call.turns, call.eva_score) == (None, (), None)
    assert call.dead_air.total_s == pytest.approx(5.0)
    assert totals([call]).latency == spread([])


@pytest.mark.parametrize(
    ("latency_s", "tool", "wanted"),
    [(-0.6, False, 0.0), (0.0, False, 0.5), (0.5, False, 1.0), (2.0, False, 1.0),
     (2.75, False, 0.5), (3.5, False, 0.0), (2.75, True, 1.0), (4.0, True, 0.5), (5.0, True, 0.0)],
)  # fmt: skip
def test_evas_curve(latency_s: float, tool: bool, wanted: float) -> None:
    """The corners and slopes of the published curve."""
    assert eva.latency_score(latency_s, tool=tool) == pytest.approx(wanted)


def test_turns_with_tools_are_told_apart() -> None:
    """Percentiles of a run, plain turns and turns with a tool by themselves."""
    call = measured(
        [(2.0, 4.5), (8.0, 9.0)], [(0.5, 1.5), (5.8, 7.0), (9.6, 11.0)], log=LOG, answered_at=ZERO
    )
    found = totals([call, call])
    assert (found.calls, found.latency.count, found.plain.count, found.with_tools.count) == (
        2, 4, 2, 2,
    )  # fmt: skip
    assert found.with_tools.p50 == pytest.approx(1.3, abs=WITHIN_S)
    assert found.plain.p99 == pytest.approx(0.6, abs=WITHIN_S)


def test_percentiles_are_values_that_occurred() -> None:
    """The nearest rank, and nothing of nothing."""
    assert percentile([3.0, 1.0, 2.0], 0.5) == 2.0
    assert percentile([1.0, 2.0], 0.5) == 1.0
    assert percentile([1.0, 2.0], 0.95) == 2.0
    assert percentile(range(1, 101), 0.07) == 7
    assert percentile(range(1, 101), 0.99) == 99
    assert percentile([], 0.5) is None
