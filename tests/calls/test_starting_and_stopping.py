"""A server that lacks settings says so; one that is told to stop finishes its calls."""

import asyncio
import os
import signal
import sys

import httpx
import pytest
from phoning import call_log, dial, recording

from qa.caller import Caller
from sandbox.world import ROOT, World, service

pytestmark = [
    pytest.mark.call,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(120),
]


async def test_a_server_without_settings_lists_what_is_missing() -> None:
    """It exits 2 with one message, and starts nothing."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        ROOT / "server.py",
        env={"PATH": os.environ["PATH"]},
        stderr=asyncio.subprocess.PIPE,
        cwd="/",
    )
    _, said = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 2
    assert "missing    TWILIO_AUTH_TOKEN" in said.decode()
    assert "missing    DATABASE_URL" in said.decode()
    assert "Traceback" not in said.decode()


async def test_one_call_too_many_is_turned_away_politely(place: World) -> None:
    """With as many calls as allowed the next caller hears a sentence, and the others go on."""
    async with service(place, MAX_CALLS="2") as running:
        legs = [await dial(place, running) for _ in range(2)]
        extra = await dial(place, running)
        await asyncio.wait_for(extra.ended.wait(), 15)
        assert extra.stream_sid is None
        assert "lines are busy" in extra.spoken_by_twiml[0]
        assert not any(leg.ended.is_set() for leg in legs)
        await legs[0].hang_up()
        await call_log(place, legs[0].call_sid)
        await _until_calls(running.url, 1)
        again = await dial(place, running)
        assert again.stream_sid is not None
        for leg in (legs[1], again):
            await leg.hang_up()
            await call_log(place, leg.call_sid)


@pytest.mark.parametrize("workers", ["1", "2"])
async def test_sigterm_lets_the_call_in_progress_finish(place: World, workers: str) -> None:
    """After SIGTERM readiness says no, new callers are turned away, the old call goes on."""
    async with service(place, WORKERS=workers) as running:
        leg = await dial(place, running)
        caller = Caller(leg)
        await caller.listen()
        os.kill(running.pid, signal.SIGTERM)
        await _until_stopping(running.url)
        late = await dial(place, running)
        await asyncio.wait_for(late.ended.wait(), 15)
        assert late.stream_sid is None
        await caller.speak(recording("1-asks"))
        await caller.listen()
        assert not leg.ended.is_set()
        await leg.hang_up()
        log = await call_log(place, leg.call_sid)
        assert [use["name"] for use in log["tool_calls"]] == ["get_available_slots"]
        assert await running.ended(20.0) == 0


async def _until_stopping(url: str) -> None:
    """Wait until every process says no, so often in a row that none was missed."""
    refused = 0
    async with asyncio.timeout(15):
        while refused < 8:
            try:
                async with httpx.AsyncClient() as client:  # a new one may reach another process
                    ready = (await client.get(f"{url}/readyz")).status_code == 200
            except httpx.HTTPError:
                ready = False  # reached a process that has just gone
            refused = 0 if ready else refused + 1
            await asyncio.sleep(0.05)


async def _until_calls(url: str, number: int) -> None:
    async with asyncio.timeout(10), httpx.AsyncClient() as client:
        while (await client.get(f"{url}/readyz")).json()["calls"] != number:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
