"""A caller who interrupts is heard: our speech stops, and their words are answered."""

import asyncio

import pytest
from phoning import call_log, dial, lines, recording

from qa.audio import speech
from qa.caller import Caller
from sandbox.world import Service, World

pytestmark = [
    pytest.mark.call,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(120),
    pytest.mark.xdist_group("calls"),
]

STOP_WITHIN_S = 1.0
"""Voice detection needs 0.2 s, the way to the carrier and back a little; a second is failure."""


async def test_a_barge_in_clears_the_line_and_is_answered(place: World, running: Service) -> None:
    """Speaking into the greeting empties the carrier's buffer, cuts the line, gets an answer."""
    leg = await dial(place, running)
    caller = Caller(leg)
    await caller.hear_first_sound()
    await asyncio.sleep(0.8)  # into the first sentence, as a person would
    await caller.speak(recording("1-asks"))
    await caller.listen()
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
    whole = "Hi Dana, thanks for calling Bayline Auto Care. How can I help you today?"
    assert whole.startswith(first["text"]) and len(first["text"]) < len(whole) * 0.7
    assert "oil change" in " ".join(lines(log, "caller")).lower()
    assert "free" in lines(log, "agent")[-1]
