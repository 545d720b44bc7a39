"""Recorded callers played into a service: what they say when, what is kept, what is told."""

import asyncio
import json
import socket
import wave
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import soundfile  # type: ignore[import-untyped]  # ships no types
from tone_agent import ANSWERS_AFTER_S, TOKEN, ToneAgent, tone_agent

from qa import audio
from qa.__main__ import main
from qa.audio import BadRecording, Speech
from qa.drive.call import Said
from qa.drive.drive import Options, drive
from qa.drive.script import Turn, load
from qa.drive.server import Access, running
from qa.drive.verdict import answers

pytestmark = pytest.mark.unit

Wave = npt.NDArray[np.float64]


def burst(seconds: float) -> Wave:
    """A caller's word, as a tone at 16 kHz."""
    at = np.arange(int(seconds * 16000)) / 16000
    return np.asarray(0.3 * np.sin(2 * np.pi * 400 * at))


def silence(seconds: float) -> Wave:
    """Nothing."""
    return np.zeros(int(seconds * 16000))


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """One long recording: turns at 0.5-1.0, 2.5-3.3 and 5.0-5.4 s, as mp3."""
    parts = [silence(0.5), burst(0.5), silence(1.5), burst(0.8), silence(1.7), burst(0.4)]
    path = tmp_path / "caller.mp3"
    soundfile.write(path, np.concatenate([*parts, silence(0.3)]), 16000)
    return path


@pytest.fixture
async def agent(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> AsyncIterator[ToneAgent]:
    """A service that answers with tones, whose token is in the environment."""
    monkeypatch.chdir(tmp_path)  # no .env of the developer's
    for name in ("PUBLIC_URL", "DATABASE_URL", "REDIS_URL", "TWILIO_PHONE_NUMBER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", TOKEN)
    async with tone_agent() as running_agent:
        yield running_agent


async def qa_drive(*arguments: object) -> int:
    """Run the command as a person does."""
    return await asyncio.to_thread(main, ["drive", *map(str, arguments)])


def account(out: Path) -> dict[str, Any]:
    """Read what was kept of the call."""
    told: dict[str, Any] = json.loads((out / "call.json").read_text())
    return told


def caller_side(out: Path) -> list[Speech]:
    """Return when the caller spoke, from the recording of the call."""
    with wave.open(str(out / "call.wav")) as file:
        assert (file.getnchannels(), file.getframerate()) == (2, 8000)
        both = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2)
    return audio.speech(both[:, 0].astype(np.int16), bridge_s=0.3)


def test_one_long_recording_is_several_turns(recording: Path) -> None:
    """Split at its pauses, each with its place in the whole."""
    script = load([recording])
    assert [turn.name for turn in script.turns] == [f"caller.mp3 #{n}" for n in (1, 2, 3)]
    began = [turn.whole.start_s for turn in script.turns]
    assert began == pytest.approx([0.3, 2.3, 4.8], abs=0.06)
    assert script.turns[1].speech_ends_s == pytest.approx(1.0, abs=0.06)
    assert len(load([recording], pause_s=3.0).turns) == 1


def test_a_folder_is_one_turn_a_file(tmp_path: Path) -> None:
    """By name, whatever the pauses within a file, without the silence around it."""
    for name in ("10.flac", "2.wav"):
        parts = [silence(2), burst(0.5), silence(1.5), burst(0.5), silence(2)]
        soundfile.write(tmp_path / name, np.concatenate(parts), 16000)
    script = load([tmp_path])
    assert [turn.name for turn in script.turns] == ["2.wav", "10.flac"]
    assert [len(turn.pcm) / 8000 for turn in script.turns] == pytest.approx([2.9, 2.9], abs=0.05)
    assert script.turns[1].whole.start_s == pytest.approx(6.5 + 1.8, abs=0.05)


def test_every_bad_file_is_told_at_once(tmp_path: Path) -> None:
    """Whoever mends a folder mends it once."""
    (tmp_path / "1.wav").touch()
    soundfile.write(tmp_path / "2.wav", silence(1), 16000)
    with pytest.raises(BadRecording, match=r"(?s)1\.wav: is empty.*2\.wav: is silent"):
        load([tmp_path])


def test_the_answer_to_a_turn_is_the_first_sound_after_its_last_word() -> None:
    """One that begins before is none, nor one that comes after the next turn."""
    turn = Turn("a", np.zeros(0, np.int16), Speech(0, 1))
    said = [Said(turn, 1.0, 2.0), Said(turn, 5.0, 6.0), Said(turn, 8.0, 9.0)]
    spoke = [Speech(0.1, 0.9), Speech(1.9, 2.5), Speech(3.0, 4.0), Speech(9.5, 9.8)]
    assert [one.latency_s for one in answers(said, spoke)] == [1.0, None, 0.5]


async def test_a_call_that_goes_well(
    agent: ToneAgent, recording: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each turn when the agent has finished; everything is kept; the exit code is 0."""
    agent.hangs_up_after = 3
    out = tmp_path / "out"
    code = await qa_drive(recording, "--url", agent.url, "--out", out, "--from", "+15035550177")
    printed = capsys.readouterr().out
    assert code == 0, printed
    assert agent.forms[0]["From"] == "+15035550177" and agent.forms[0]["CallStatus"] == "ringing"
    told = account(out)
    assert told["passed"] and told["call"]["hung_up_by"] == "agent"
    assert [turn["said"] for turn in told["turns"]] == [True] * 3
    for turn in told["turns"]:
        assert ANSWERS_AFTER_S <= turn["latency_s"] < ANSWERS_AFTER_S + 0.5
    spoke = caller_side(out)
    for turn, part in zip(told["turns"], spoke, strict=True):
        assert turn["ended_s"] == pytest.approx(part.end_s, abs=0.03)
    # The second turn waits for the end of the answer and QUIET_S, whatever the recording does.
    answer_ended = told["agent_spoke"][1]["end_s"]
    assert spoke[1].start_s == pytest.approx(answer_ended + 1.4, abs=0.4)
    kinds = [event["kind"] for event in told["events"]]
    assert {"webhook", "stream_opened", "stream_closed", "ended"} <= set(kinds)
    assert told["log"] is None
    assert "turn 3 (caller.mp3 #3) is answered within 10 s" in printed
    assert "The agent hung up" in printed


async def test_the_recordings_own_gaps(agent: ToneAgent, recording: Path, tmp_path: Path) -> None:
    """`--timing original` says everything when it was said, whatever the agent does."""
    out = tmp_path / "out"
    arguments = ("--url", agent.url, "--out", out, "--timing", "original", "--within", 2)
    assert await qa_drive(recording, *arguments) == 0
    spoke = caller_side(out)
    assert [part.end_s - part.start_s for part in spoke] == pytest.approx([0.5, 0.8, 0.4], abs=0.04)
    gaps = [after.start_s - before.end_s for before, after in pairwise(spoke)]
    assert gaps == pytest.approx([1.5, 1.7], abs=0.04)
    told = account(out)
    assert told["call"]["hung_up_by"] == "caller"
    ends = [turn["ended_s"] for turn in told["turns"]]
    assert ends == pytest.approx([part.end_s for part in spoke], abs=0.03)


async def test_an_agent_that_hangs_up_in_the_middle(
    agent: ToneAgent, recording: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The verdict says before which turn, what there is is kept, the exit code is 1."""
    agent.hangs_up_after = 1
    assert await qa_drive(recording, "--url", agent.url, "--out", tmp_path / "out") == 1
    printed = capsys.readouterr().out
    assert "FAIL  all 3 turns are said: the agent hung up" in printed
    assert "before turn 2 was over" in printed
    assert [turn["said"] for turn in account(tmp_path / "out")["turns"]] == [True, False, False]


async def test_a_service_that_dies_is_not_told_as_one_that_hangs_up(
    agent: ToneAgent, recording: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The stream ends without being closed."""
    agent.hangs_up_after, agent.dies = 1, True
    assert await qa_drive(recording, "--url", agent.url, "--out", tmp_path / "out") == 1
    assert "The service broke off the stream without a goodbye" in capsys.readouterr().out
    assert account(tmp_path / "out")["call"]["hung_up_by"] == "nobody"


async def test_an_agent_that_says_nothing(
    agent: ToneAgent, recording: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every turn is said and fails, and the caller hangs up."""
    agent.mute = True
    arguments = ("--url", agent.url, "--out", tmp_path / "out", "--within", "0.4")
    assert await qa_drive(recording, *arguments) == 1
    printed = capsys.readouterr().out
    assert "FAIL  the agent greets within 0.4 s: it never spoke" in printed
    assert printed.count("no answer") == 3
    assert account(tmp_path / "out")["call"]["hung_up_by"] == "caller"


async def test_a_service_that_turns_the_call_away(
    agent: ToneAgent, recording: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is there and takes our signature: that the call is not answered is the verdict."""
    agent.twiml = "<Response><Say>All lines are busy.</Say><Hangup/></Response>"
    assert await qa_drive(recording, "--url", agent.url, "--out", tmp_path / "out") == 1
    printed = capsys.readouterr().out
    assert 'the service hung up; the caller heard "All lines are busy."' in printed
    assert not account(tmp_path / "out")["passed"]


async def test_a_service_behind_another_address(
    agent: ToneAgent, recording: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Requests are signed for its PUBLIC_URL and arrive at --url, the stream's too."""
    agent.public_url = "https://phone.example.com"
    agent.hangs_up_after = 3
    monkeypatch.setenv("PUBLIC_URL", "https://phone.example.com/")
    assert await qa_drive(recording, "--url", agent.url, "--out", tmp_path / "out") == 0


async def test_a_log_that_is_elsewhere_is_missed(
    agent: ToneAgent,
    recording: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Databases that are not this service's, or not there, cost the transcript and nothing else."""
    agent.hangs_up_after = 3
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing")
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1/0")
    assert await qa_drive(recording, "--url", agent.url, "--out", tmp_path / "out") == 0
    assert "There is no log of this call where DATABASE_URL leads" in capsys.readouterr().out
    monkeypatch.setenv("REDIS_URL", "localhost")
    assert await qa_drive(recording, "--url", agent.url, "--out", tmp_path / "out") == 2


async def test_a_refused_signature_says_what_was_signed(
    agent: ToneAgent,
    recording: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """With a wrong token, and without any; the token itself is never printed."""
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", "quite-another-token")
    assert await qa_drive(recording, "--url", agent.url, "--out", tmp_path / "out") == 2
    printed = capsys.readouterr().out
    assert "refuses the signature (403)" in printed and f"signed for {agent.url}" in printed
    assert "quite-another-token" not in printed
    monkeypatch.delenv("TWILIO_AUTH_TOKEN")
    assert await qa_drive(recording, "--url", agent.url, "--out", tmp_path / "out") == 2
    assert "TWILIO_AUTH_TOKEN is not set" in capsys.readouterr().out


@pytest.fixture
def free_port() -> int:
    """A port at which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("https://phone.example.com", "TWILIO_AUTH_TOKEN is missing"),
        ("phone.example.com", "must be like http://127.0.0.1:8000"),
        ("http://127.0.0.1:{free}", "nobody answers at"),
        ("{agent}/nowhere", "is no webhook for calls (404)"),
    ],
)
async def test_where_no_call_can_be_made_the_reason_is_told(
    agent: ToneAgent,
    recording: Path,
    free_port: int,
    url: str,
    told: str,
    *,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Exit code 2, one sentence, no trace."""
    monkeypatch.delenv("TWILIO_AUTH_TOKEN")
    url = url.format(free=free_port, agent=agent.url)
    assert await qa_drive(recording, "--url", url) == 2
    assert told in capsys.readouterr().out


@pytest.mark.parametrize(
    "wrong",
    [
        ["nowhere.wav"],
        ["caller.mp3", "--loss", "0.9"],
        ["caller.mp3", "--out", "caller.mp3"],
        ["nothing"],
    ],
)
async def test_bad_input_never_gets_as_far_as_a_call(
    agent: ToneAgent, recording: Path, wrong: list[str]
) -> None:
    """Files, lines and folders that cannot be are refused first."""
    recording.with_name("nothing").mkdir()
    assert await qa_drive(*wrong, "--url", agent.url) == 2
    assert agent.forms == []


@pytest.mark.parametrize("wrong", [["--from", "Dana"], ["--within", "soon"], ["--pause", "0"], []])
def test_the_command_line_is_checked(wrong: list[str], recording: Path) -> None:
    """As argparse does it."""
    with pytest.raises(SystemExit) as ended:
        main(["drive", *([str(recording)] if wrong else []), *wrong])
    assert ended.value.code == 2


async def test_what_there_is_of_a_call_is_kept_when_it_is_stopped(
    agent: ToneAgent, recording: Path, tmp_path: Path
) -> None:
    """As Ctrl-C does: the caller hangs up, the recording and the account are written."""
    async with running(agent.url, None, Access()) as server:
        driving = asyncio.create_task(drive(server, load([recording]), Options(tmp_path, None)))
        await asyncio.sleep(4)
        driving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await driving
    told = account(tmp_path)
    assert told["call"]["how"] == "the caller hung up" and not told["passed"]
    assert caller_side(tmp_path)
