"""A caller who listens aloud is not taken to interrupt; one who means it stops us with a word."""

import asyncio

import numpy as np
import pytest
from phoning import DANA, call_log, dial, lines

from qa.audio import Pcm, speech
from qa.caller import Caller
from qa.voices import speak
from sandbox.twilio.leg import Leg
from sandbox.world import Service, World

pytestmark = [
    pytest.mark.call,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(120),
]

GREETING = "Hi Dana, thanks for calling Bayline Auto Care. How can I help you today?"

STOP_WITHIN_S = 1.2
"""A word is about 0.45 s long, recognised 0.35 s after its end; more is failure."""


async def _over_the_greeting(place: World, running: Service, words: Pcm) -> tuple[Leg, float]:
    """Call, say something into the greeting, hear it out; returns the leg and when that was."""
    leg = await dial(place, running, DANA)
    caller = Caller(leg)
    await caller.hear_first_sound()
    await asyncio.sleep(0.8)  # into the first sentence, as a person would
    began_s = leg.clock()
    await caller.speak(words)
    await caller.listen()
    await leg.hang_up()
    return leg, began_s


async def test_okay_does_not_stop_the_agent(place: World, running: Service) -> None:
    """A short "okay" sends no `clear`, and is no line of the call."""
    leg, _ = await _over_the_greeting(place, running, await speak("Okay."))
    assert not [event for event in leg.events if event.kind == "clear"]
    log = await call_log(place, leg.call_sid)
    assert lines(log, "agent")[0] == GREETING
    assert lines(log, "caller") == []


async def test_a_false_stop_goes_on_where_it_was(place: World, running: Service) -> None:
    """A drawn-out "okay, yeah, okay" may stop the sound, but the whole greeting is heard."""
    pause = np.zeros(800, np.int16)
    words = [await speak(text) for text in ("Okay,", "yeah,", "okay.")]
    leg, _ = await _over_the_greeting(
        place, running, np.concatenate([words[0], pause, words[1], pause, words[2]])
    )
    assert [event for event in leg.events if event.kind == "clear"]
    _, stereo = leg.recording()
    heard_s = sum(part.end_s - part.start_s for part in speech(stereo[:, 1], bridge_s=0.3))
    quiet, _ = await _over_the_greeting(place, running, np.zeros(800, np.int16))
    _, undisturbed = quiet.recording()
    whole_s = sum(part.end_s - part.start_s for part in speech(undisturbed[:, 1], bridge_s=0.3))
    assert heard_s > whole_s - 0.5
    log = await call_log(place, leg.call_sid)
    assert lines(log, "agent")[0] == GREETING
    assert lines(log, "caller") == []
    assert not log["transcript"][0]["interrupted"]


async def test_one_word_stops_the_agent(place: World, running: Service) -> None:
    """The word "stop" alone clears the line within about a second, and is the caller's turn."""
    leg, began_s = await _over_the_greeting(place, running, await speak("Stop."))
    clears = [event.at_s for event in leg.events if event.kind == "clear"]
    assert clears and clears[0] - began_s < STOP_WITHIN_S
    log = await call_log(place, leg.call_sid)
    assert log["transcript"][0]["interrupted"]
    assert GREETING.startswith(log["transcript"][0]["text"])
    assert "stop" in " ".join(lines(log, "caller")).lower()
