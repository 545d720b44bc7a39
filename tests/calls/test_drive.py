"""A recorded caller driven into a service that runs already, as a QA person does it."""

import asyncio
import json
from pathlib import Path

import numpy as np
import pytest
import soundfile  # type: ignore[import-untyped]  # ships no types

from qa.__main__ import main
from qa.audio import RATE_HZ
from qa.voices import speak
from sandbox.world import AUTH_TOKEN, Service, World

pytestmark = [
    pytest.mark.call,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(120),
]


async def test_a_stereo_recording_is_driven_turn_by_turn(
    place: World,
    running: Service,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Two turns on the left side of an ogg file are heard, answered and told from the log."""
    questions = ("Hi, what are your opening hours?", "No, that's all. Goodbye.")
    gap = np.zeros(2 * RATE_HZ, np.int16)
    left = np.concatenate([part for text in questions for part in (gap, await speak(text))])
    path = tmp_path / "call.ogg"
    soundfile.write(path, np.stack([left, np.zeros_like(left)], axis=1), RATE_HZ)
    monkeypatch.chdir(tmp_path)  # no .env of the developer's
    monkeypatch.delenv("PUBLIC_URL", raising=False)
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", AUTH_TOKEN)
    monkeypatch.setenv("DATABASE_URL", place.database_url)
    monkeypatch.setenv("REDIS_URL", place.redis_url)

    arguments = ["drive", str(path), "--url", running.url, "--from", "+15415550177"]
    code = await asyncio.to_thread(main, [*arguments, "--out", str(tmp_path / "out")])

    printed = capsys.readouterr().out
    assert code == 0, printed
    assert "turn 2 (call.ogg #2) is answered" in printed and "The agent hung up" in printed
    told = json.loads((tmp_path / "out" / "call.json").read_text())
    transcript = told["log"]["transcript"]
    assert [line["role"] for line in transcript[:3]] == ["agent", "caller", "agent"]
    assert "opening hour" in transcript[1]["text"].lower()
    assert transcript[1]["text"] in printed
    assert (told["log"]["ended_by"], told["call"]["hung_up_by"]) == ("agent", "agent")
