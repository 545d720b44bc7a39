"""Whether a driven call went as a call should: answered, greeted, every turn answered in time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from qa import audio
from qa.audio import Speech
from qa.drive.call import Course, Said
from qa.drive.script import Script
from qa.scenario.checks import Check
from sandbox.twilio.leg import EndReason, Leg

Who = Literal["caller", "agent", "nobody"]

_HUNG_UP: Mapping[EndReason, tuple[Who, str]] = {
    "caller_hung_up": ("caller", "the caller hung up"),
    "server_hung_up": ("agent", "the agent hung up"),
    "stream_closed": ("agent", "the agent hung up (it closed the stream)"),
    "twiml_hangup": ("agent", "the service hung up"),
    "twiml_ended": ("agent", "the service hung up (it had nothing more to say)"),
    "rejected": ("agent", "the service rejected the call"),
    "application_error": ("nobody", "the service failed, and the carrier ended the call"),
    "not_answered": ("nobody", "nobody took the call"),
}


@dataclass(frozen=True, slots=True)
class Answered:
    """A turn and the agent's answer: the first sound after it, in seconds of the recording."""

    said: Said
    answer_began_s: float | None

    @property
    def latency_s(self) -> float | None:
        """How long the caller waited from their last word; None without an answer."""
        return None if self.answer_began_s is None else self.answer_began_s - self.said.ended_s


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of the call."""

    turns: Sequence[Answered]
    agent_spoke: Sequence[Speech]
    hung_up_by: Who
    how: str
    """Who hung up, in words."""
    checks: Sequence[Check]

    @property
    def passed(self) -> bool:
        """Whether everything held."""
        return all(check.holds for check in self.checks)


def judge(leg: Leg, script: Script, course: Course, within_s: float) -> Verdict:
    """Judge a call that is over from what was on the line."""
    _, stereo = leg.recording()
    spoke = audio.speech(stereo[:, 1], bridge_s=0.3)
    turns = answers(course.said, spoke)
    who, how = _hung_up(leg)
    taken = leg.stream_sid is not None
    checks = [Check("the call is answered", taken, "" if taken else _turned_away(leg, how))]
    if taken:
        first_s = spoke[0].start_s if spoke else None
        checks.append(_in_time("the agent greets", first_s, within_s, "it never spoke"))
        checks += [
            _in_time(
                f"turn {number} ({turn.said.turn.name}) is answered",
                turn.latency_s,
                within_s,
                "no answer",
            )
            for number, turn in enumerate(turns, 1)
        ]
        left = len(script.turns) - len(course.said)
        found = course.gave_up or f"{how} before turn {len(course.said) + 1} was over"
        checks.append(
            Check(f"all {len(script.turns)} turns are said", not left, found if left else "")
        )
    return Verdict(turns, spoke, who, how, checks)


def answers(said: Sequence[Said], spoke: Sequence[Speech]) -> list[Answered]:
    """Return for each turn the first sound of the agent after its last word, before the next's."""
    found: list[Answered] = []
    for index, turn in enumerate(said):
        until_s = said[index + 1].ended_s if index + 1 < len(said) else float("inf")
        began = [part.start_s for part in spoke if turn.ended_s <= part.start_s < until_s]
        found.append(Answered(turn, began[0] if began else None))
    return found


def _in_time(what: str, took_s: float | None, within_s: float, never: str) -> Check:
    wanted = f"{what} within {within_s:g} s"
    if took_s is None:
        return Check(wanted, holds=False, found=never)
    return Check(wanted, took_s <= within_s, f"after {took_s:.2f} s")


def _hung_up(leg: Leg) -> tuple[Who, str]:
    """Say who ended the call; a stream that nobody closed was not hung up by the agent."""
    broke = [event.detail for event in leg.events if event.kind == "stream_broke"]
    if broke and leg.end_reason == "stream_closed":
        return "nobody", f"the service broke off the stream without a goodbye (code {broke[-1]})"
    return _HUNG_UP[leg.end_reason or "application_error"]


def _turned_away(leg: Leg, how: str) -> str:
    said = " ".join(leg.spoken_by_twiml)
    return f"{how}" + (f'; the caller heard "{said}"' if said else "")
