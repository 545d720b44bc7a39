"""What a scenario's caller is heard saying: recordings of any format, and a person's voice."""

from pathlib import Path

import numpy as np
import pytest
import soundfile  # type: ignore[import-untyped]  # ships no types
from tone_agent import TOKEN, tone_agent

from qa import human
from qa.audio import BadRecording, Pcm
from qa.scenario.call import Filler, perform, prepare
from qa.scenario.form import Turn
from sandbox.twilio.carrier import Carrier
from sandbox.twilio.mulaw import decode, encode
from sandbox.world import INBOUND_CALL

pytestmark = pytest.mark.unit


async def sound(**turn: object) -> Pcm:
    """Return the sound that is made for a turn."""
    (deed,) = await prepare([Turn.model_validate(turn)], "woman", Filler({"day": "may first"}))
    assert deed.pcm is not None
    return deed.pcm


async def test_a_recording_is_one_that_ships_or_any_file(tmp_path: Path) -> None:
    """By its name without .wav, or by its path, whatever its format and rate."""
    shipped = await sound(play="demo/2-car")
    assert len(shipped) > 8000
    path = tmp_path / "mine.mp3"
    soundfile.write(path, 0.3 * np.sin(np.arange(44100) / 10), 44100)
    assert len(await sound(play=str(path))) == pytest.approx(8000, rel=0.1)
    with pytest.raises(BadRecording, match="is not there"):
        await sound(play="demo/no-such-recording")


async def test_a_persons_voice_says_a_day_with_a_pause() -> None:
    """Placeholders and pauses work as for the other voices."""
    said = await sound(say="{day} [500 ms] at ten o'clock", voice="human")
    parts = [human.speak("may first"), human.speak("at ten o'clock")]
    assert len(said) == sum(map(len, parts)) + 4000


async def test_the_line_is_bad_from_its_turn_on_until_another_says_otherwise() -> None:
    """The gap lies in the first turn, where it says; nothing of the second is lost."""
    turns = [
        Turn.model_validate(
            {"play": "demo/1-asks", "line": {"gaps": [{"at_s": 1, "length_s": 0.5}], "loss": 0.1}}
        ),
        Turn.model_validate({"play": "demo/2-car", "line": {}}),
        Turn.model_validate({"hang_up": True}),
    ]
    deeds = await prepare(turns, "woman", Filler({}))
    async with (
        tone_agent() as agent,
        Carrier(account_sid="AC" + "0" * 32, auth_token=TOKEN) as carrier,
    ):
        leg = await carrier.dial(
            agent.url + INBOUND_CALL, from_number="+15035550142", to_number="+15035550100"
        )
        await perform(leg, deeds, agent_ends=False)
    (gap,) = [event for event in leg.events if event.kind == "gap"]
    assert gap.detail == "0.5"
    first, second = [decode(encode(deed.pcm)) for deed in deeds[:2] if deed.pcm is not None]
    left = leg.recording()[1][:, 0]
    frames, whole = loudest(left), loudest(first)
    # The moment of an event is that of a late tick; the sound itself says to the frame where it is.
    noted = round((gap.at_s - (leg.recording_started_at_s or 0)) / 0.02) - 50
    began = max(range(noted - 3, noted + 4), key=lambda at: (frames[at:][:50] == whole[:50]).sum())
    arrived = frames[began:]
    assert not arrived[50:75].any() and whole[50:75].all()
    lost = (arrived[:50] == 0) & (whole[:50] > 0)
    assert 2 <= lost.sum() <= 15
    assert np.array_equal(arrived[:50][~lost], whole[:50][~lost])
    # Of the second turn every sample arrived.
    assert any(
        np.array_equal(left[at : at + len(second)], second) for at in range(0, len(left), 160)
    )


def loudest(pcm: Pcm) -> Pcm:
    """Return the loudest sample of each frame."""
    found: Pcm = np.abs(pcm[: len(pcm) // 160 * 160]).reshape(-1, 160).max(axis=1)
    return found
