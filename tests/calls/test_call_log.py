"""The log of a call tells every turn, its recording holds both sides, and neither a card number."""

import asyncio
import json
import wave
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pytest_asyncio
from phoning import call_log, dial, lines, recording, until_agent_said
from voiced import in_one_breath, voiced

from qa.audio import Pcm, speech
from qa.caller import Caller
from sandbox.world import Service, World, service

pytestmark = [
    pytest.mark.call,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(180),
]

CARD = "5555555555554444"
ALIGNED_S = 0.15
"""The carrier hears us a little after we sent it: a packet, and its own buffer."""

ROUNDED_MS = 6
"""Nine parts in whole milliseconds may miss their total by so much."""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def recording_service(
    place: World, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[Service, Path]]:
    """Start a service that records."""
    folder = tmp_path_factory.mktemp("recordings")
    async with service(place, RECORDINGS_PATH=str(folder)) as started:
        yield started, folder


def _sides(log: dict[str, Any]) -> Pcm:
    """Return the service's own recording, one column a side."""
    with wave.open(log["recording_path"]) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), dtype=np.int16)
    return samples.reshape(-1, 2)


async def test_turns_latency_and_recording_of_a_call(
    place: World, recording_service: tuple[Service, Path]
) -> None:
    """A barge-in is in the turns and in the recording; the parts of each wait make its total."""
    running, folder = recording_service
    leg = await dial(place, running)
    caller = Caller(leg)
    await caller.hear_first_sound()
    await asyncio.sleep(0.8)  # into the first sentence, as a person would
    await caller.speak(recording("1-asks"))
    await caller.listen()
    await leg.hang_up()
    log = await call_log(place, leg.call_sid)

    agent, asked = log["turns"][:2]
    assert (agent["role"], agent["ended_by"]) == ("agent", "barge_in")
    assert asked["barge_in"] and asked["cut_agent"] == agent["text"]
    assert asked["ended_by"] in ("smart_turn", "time_out")  # the latter on a busy machine
    assert asked["began_at"] < asked["speech_ended_at"] < asked["ended_at"]
    for turn in log["turns"]:
        if parts := turn.get("latency_ms"):
            total = parts.pop("total")
            assert abs(sum(parts.values()) - total) <= ROUNDED_MS
            assert {"endpointing", "recognition", "model", "voice"} <= parts.keys()
    assert log["outcome_detail"] == "Dana Whitfield asked for free times and changed nothing."
    assert Path(log["recording_path"]) == folder / f"{leg.call_sid}.wav"

    ours, (_, carriers) = _sides(log), leg.recording()
    for side in (0, 1):
        mine, theirs = speech(ours[:, side])[0], speech(carriers[:, side])[0]
        assert abs(mine.start_s - theirs.start_s) < ALIGNED_S
        assert abs(mine.end_s - theirs.end_s) < ALIGNED_S


async def test_a_card_number_is_nowhere(
    place: World, recording_service: tuple[Service, Path]
) -> None:
    """Neither log, table, model's context nor recording has it, and the caller is told once."""
    running, _ = recording_service
    leg = await dial(place, running, "+15035550138")
    caller = Caller(leg)
    await caller.listen()
    # In one breath: the offline ears make nothing of four digits alone.
    fives = "five five five five, "
    said = f"My card is {fives}{fives}{fives}four four four four."
    await caller.speak(in_one_breath(await voiced(said)))
    await until_agent_said(place, leg.call_sid, "card numbers here")
    await caller.wait_for_quiet(1.0)
    await caller.speak(await voiced("I need an oil change next Friday."))
    await caller.listen()
    await leg.hang_up()
    log = await call_log(place, leg.call_sid)

    assert "[card number]" in " ".join(lines(log, "caller")), log["transcript"]
    assert "Please don't say card numbers here" in " ".join(lines(log, "agent"))
    everything = json.dumps([log["transcript"], log["turns"], log["tool_calls"]])
    everything += running.log.read_text()
    assert CARD not in "".join(c for c in everything if c.isdigit())
    for quarter in ("5555", "4444"):
        assert quarter not in json.dumps([log["transcript"], log["turns"]])

    _, carriers = leg.recording()
    number, wish = speech(carriers[:, 0])
    kept = speech(_sides(log)[:, 0])
    assert not any(part.start_s < number.end_s for part in kept)
    assert abs(kept[-1].end_s - wish.end_s) < ALIGNED_S
