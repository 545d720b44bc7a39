"""Who spoke when in a recorded call, to within one window of 10 ms.

All times are seconds from the first sample of the carrier's recording.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from qa.audio import AUDIBLE_RMS, RATE_HZ, WINDOW_MS, Pcm, Speech, speech

Kind = Literal["turn", "backchannel", "tic", "aside", "noise"]
"""What a caller's sound is: words for the agent, "mm-hm", a cough or an "um", words for somebody
else, or no voice at all (a door, music)."""

ONE_BREATH_S = 0.3
"""A pause up to this is within a word or between two, whoever speaks."""

_OVER_NOISE = 2.0
"""Speech is what is so many times (6 dB) louder than the quietest fifth of a channel: a window of
80 samples of noise strays from its mean by 8 %, so noise alone never is."""

_NEAR_S = 0.5
"""How far from where the clock says a sound is searched for: a stalled machine plays it later."""

_LIKE = 0.25
"""A correlation below this is chance. Half of a sound, or one in noise as loud, has 0.7."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """A sound that the caller made: its samples, about when, and what it was meant as."""

    at_s: float
    pcm: Pcm
    kind: Kind = "turn"
    words: str = ""


@dataclass(frozen=True, slots=True)
class Talk:
    """A stretch in which one side has the floor; `parts` are its audible ones, pauses left out."""

    start_s: float
    end_s: float
    parts: tuple[Speech, ...]
    kind: Kind = "turn"
    words: str = ""


@dataclass(frozen=True, slots=True)
class Timeline:
    """Both sides of a call, in the order of time."""

    length_s: float
    caller: tuple[Talk, ...]
    agent: tuple[Talk, ...]

    @property
    def turns(self) -> tuple[Talk, ...]:
        """The caller's turns: what is meant for the agent."""
        return tuple(talk for talk in self.caller if talk.kind == "turn")


def timeline(
    recording: Pcm, *, spoken: Sequence[Spoken] | None = None, plays: Sequence[Speech] = ()
) -> Timeline:
    """Find both sides in a stereo recording (left caller, right agent, 8 kHz).

    `spoken` is what the caller is known to have said: each is found again in the left channel, so
    that noise and pauses in a sentence cannot be taken for turns. Without it speech is what stands
    out from the channel's noise, and a pause that nobody used is within the turn. `plays` are the
    stretches in which the carrier played the agent's audio without a break: pauses between the
    sentences of one are not the end of what the agent says.
    """
    agent = _agent(recording[:, 1], plays)
    if spoken is None:
        caller = _caller(recording[:, 0], agent)
    else:
        caller = [found for one in spoken if (found := _placed(recording[:, 0], one))]
    return Timeline(len(recording) / RATE_HZ, tuple(caller), tuple(agent))


def voiced(pcm: Pcm, *, bridge_s: float = ONE_BREATH_S) -> list[Speech]:
    """Return where somebody speaks, also where there is a steady noise all the time."""
    return speech(pcm, bridge_s=bridge_s, audible_rms=max(AUDIBLE_RMS, _OVER_NOISE * _floor(pcm)))


def overlap_s(ones: Iterable[Speech], others: Sequence[Speech]) -> float:
    """Return for how long a part of both goes on at once."""
    return sum(
        max(0.0, min(one.end_s, other.end_s) - max(one.start_s, other.start_s))
        for one in ones
        for other in others
    )


def _floor(pcm: Pcm) -> float:
    """Return the loudness of the quietest fifth, as a root mean square."""
    size = RATE_HZ * WINDOW_MS // 1000
    windows = pcm[: len(pcm) // size * size].reshape(-1, size).astype(np.float64)
    if not len(windows):
        return 0.0
    return float(np.quantile(np.sqrt(np.mean(np.square(windows), axis=1)), 0.2))


def _agent(channel: Pcm, plays: Sequence[Speech]) -> list[Talk]:
    talks: list[Talk] = []
    for part in voiced(channel):
        if talks and _one_play(talks[-1].end_s, part.start_s, plays):
            before = talks.pop()
            talks.append(Talk(before.start_s, part.end_s, (*before.parts, part)))
        else:
            talks.append(Talk(part.start_s, part.end_s, (part,)))
    return talks


def _one_play(end_s: float, start_s: float, plays: Sequence[Speech]) -> bool:
    slack_s = WINDOW_MS / 1000
    return any(p.start_s <= end_s + slack_s and start_s <= p.end_s + slack_s for p in plays)


def _caller(channel: Pcm, agent: Sequence[Talk]) -> list[Talk]:
    talks: list[Talk] = []
    for part in voiced(channel):
        answered = talks and any(
            talks[-1].end_s <= other.start_s <= part.start_s for other in agent
        )
        if talks and not answered:
            before = talks.pop()
            talks.append(Talk(before.start_s, part.end_s, (*before.parts, part)))
        else:
            talks.append(Talk(part.start_s, part.end_s, (part,)))
    return talks


def _placed(channel: Pcm, one: Spoken) -> Talk | None:
    """Find a known sound where it correlates best.

    None for one without anything audible, and for one that is not there: the line was dead.
    """
    first = max(0, round((one.at_s - _NEAR_S) * RATE_HZ))
    window = channel[first : first + len(one.pcm) + round(2 * _NEAR_S * RATE_HZ)]
    lag, likeness = _best_lag(window, one.pcm)
    if likeness < _LIKE:
        return None
    at_s, length_s = (first + lag) / RATE_HZ, len(channel) / RATE_HZ
    there = tuple(
        Speech(part.start_s + at_s, min(part.end_s + at_s, length_s))
        for part in speech(one.pcm, bridge_s=ONE_BREATH_S)
        if part.start_s + at_s < length_s
    )
    return Talk(there[0].start_s, there[-1].end_s, there, one.kind, one.words) if there else None


def _best_lag(window: Pcm, clip: Pcm) -> tuple[int, float]:
    """Return where in a window a clip fits best, and how alike they are there (0 to 1)."""
    if not len(window) or not len(clip):
        return 0, 0.0
    long, short = window.astype(np.float64), clip.astype(np.float64)
    size = len(long) + len(short)
    match = np.fft.irfft(np.fft.rfft(long, size) * np.conj(np.fft.rfft(short, size)), size)
    lag = int(np.argmax(match[: len(long)]))
    there = long[lag : lag + len(short)]
    loud = float(np.linalg.norm(there) * np.linalg.norm(short[: len(there)]))
    return lag, float(match[lag]) / loud if loud else 0.0
