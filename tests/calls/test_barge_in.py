"""A caller who interrupts is heard: our speech stops, and their words are answered."""

import asyncio

import pytest
from phoning import call_log, dial, lines, recording, until_agent_said

from qa.audio import speech
from qa.caller import Caller
from qa.heard.truth import TimedHibari
from sandbox.twilio.leg import Leg
from sandbox.world import Service, World

pytestmark = [
    pytest.mark.call,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(120),
]

STOP_WITHIN_S = 1.0
"""Voice detection needs 0.2 s, the way to the carrier and back a little; a second is failure."""

GREETING = "Hi Dana, thanks for calling Bayline Auto Care. How can I help you today?"


def words_played(leg: Leg) -> int:
    """Return how many words of the greeting the caller heard most of, by the carrier's clock.

    The voice's own durations tell when each was said in the sound that was played until `clear`.
    """
    at = {kind: [e.at_s for e in leg.events if e.kind == kind] for kind in ("clear", "underrun")}
    began_at_s = next(e.at_s for e in leg.events if e.kind == "audio_started")
    assert not at["underrun"]
    played_s = at["clear"][0] - began_at_s
    spans = TimedHibari().say(GREETING).spans
    return sum((start + end) / 2 <= played_s for start, end in spans)


@pytest.mark.parametrize("into_it_s", [0.8, 1.7])
async def test_a_barge_in_clears_the_line_and_is_answered(
    place: World, running: Service, into_it_s: float
) -> None:
    """Speaking into the greeting empties the carrier's buffer, cuts the line, gets an answer.

    The log holds the greeting as far as it was heard, to within a word.
    """
    leg = await dial(place, running)
    caller = Caller(leg)
    await caller.hear_first_sound()
    await asyncio.sleep(into_it_s)  # into the first sentence, as a person would
    await caller.speak(recording("1-asks"))
    await until_agent_said(place, leg.call_sid, "free")
    await leg.hang_up()

    assert any(event.kind == "clear" for event in leg.events)
    _, stereo = leg.recording()
    asked = speech(stereo[:, 0])[0]
    greeting, *answers = speech(stereo[:, 1])
    assert asked.start_s < greeting.end_s < asked.start_s + STOP_WITHIN_S
    assert answers and answers[0].start_s > asked.end_s

    log = await call_log(place, leg.call_sid)
    first = log["transcript"][0]
    assert first["interrupted"]
    heard, whole = first["text"].split(), GREETING.split()
    assert heard == whole[: len(heard)]
    assert abs(len(heard) - words_played(leg)) <= 1
    assert "oil change" in " ".join(lines(log, "caller")).lower(), log["transcript"]
