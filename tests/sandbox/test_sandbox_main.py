"""`python -m sandbox` as a terminal sees it: what it prints, how it stops, what it refuses."""

import asyncio
import os
import re
import shutil
import signal
import socket
import sys
import tempfile
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from sandbox.__main__ import main
from sandbox.postgres import EmbeddedPostgres
from sandbox.world import ROOT


@pytest.fixture
def data() -> Iterator[Path]:
    """A folder that PostgreSQL's own account can reach, unlike pytest's."""
    folder = Path(tempfile.mkdtemp(prefix="bayline-test-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
async def running(data: Path) -> AsyncIterator[Process]:
    """The command, started; killed at the end if it still runs."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "sandbox", "--port", "0", "--profile", "none", "--data", str(data)),
        cwd=ROOT,
        stdout=PIPE,
        stderr=STDOUT,
    )
    yield process
    if process.returncode is None:
        process.kill()
    await process.wait()


async def read_until(process: Process, words: str) -> str:
    """Read what it prints until `words` appear; fails when it ends before."""
    assert process.stdout
    said = ""
    while words not in said:
        line = (await process.stdout.readline()).decode()
        assert line, said
        said += line
    return said


async def rest(process: Process) -> str:
    """Read what it still prints, and wait for its end."""
    assert process.stdout
    said = (await process.stdout.read()).decode()
    await process.wait()
    return said


def server_of(pid: int) -> int:
    """Find the server among the children of the command."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8").split()
    commands = {int(child): Path(f"/proc/{child}/cmdline").read_bytes() for child in children}
    (server,) = (child for child, command in commands.items() if b"server.py" in command)
    return server


@pytest.mark.unit
def test_help_names_the_options(capsys: pytest.CaptureFixture[str]) -> None:
    """--help explains port, profile and data folder, and exits 0."""
    with pytest.raises(SystemExit) as left:
        main(["--help"])
    assert left.value.code == 0
    said = capsys.readouterr().out
    assert all(word in said for word in ("--port", "--profile", "--data", "softphone"))


@pytest.mark.unit
@pytest.mark.parametrize("port", ["abc", "-1", "65536", "8000.5", ""])
def test_what_is_no_port_is_refused(port: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A port is a number from 0 to 65535."""
    with pytest.raises(SystemExit) as left:
        main([f"--port={port}"])
    assert left.value.code == 2
    assert "is no port" in capsys.readouterr().err


@pytest.mark.unit
def test_an_occupied_port_is_said_in_one_sentence(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A port that another program listens on is named; nothing is started."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main([f"--port={port}", f"--data={data}"]) == 1
    said = capsys.readouterr()
    assert re.fullmatch(rf"sandbox: port {port} is in use .*\n", said.err)
    assert list(data.iterdir()) == []


@pytest.mark.db
def test_a_second_run_says_that_one_is_running(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """While PostgreSQL runs on the data folder, another start ends with one clear sentence."""
    with EmbeddedPostgres(data / "postgres", durable=False):
        assert main([f"--data={data}", "--port=0"]) == 1
    said = capsys.readouterr().err
    assert re.fullmatch(r"sandbox: it is running already: .*\n", said)


@pytest.mark.call
async def test_it_runs_until_it_is_told_to_stop(running: Process, data: Path) -> None:
    """It prints where everything is, serves console and softphone, and SIGTERM ends it with 0."""
    said = await read_until(running, "Ctrl-C stops it")
    addresses = dict(re.findall(r"(Console|Softphone) +(http://127\.0\.0\.1:\d+/)", said))
    assert "+15035550100" in said
    assert "+15035550142" in said
    assert str(data / "server.log") in said
    async with httpx.AsyncClient() as client:
        assert (await client.get(addresses["Console"])).status_code == 200
        assert "Softphone" in (await client.get(addresses["Softphone"])).text
        shop = (await client.get(f"{addresses['Softphone']}shop.json")).json()
    assert shop["callers"][0]["name"] == "Dana Whitfield"
    running.send_signal(signal.SIGTERM)
    assert (await rest(running)).split() == ["Stopping", "...", "Stopped."]
    assert running.returncode == 0


@pytest.mark.call
@pytest.mark.skipif(sys.platform != "linux", reason="finds the server through /proc")
async def test_a_service_that_dies_is_told(running: Process) -> None:
    """When the server is killed the command says so with its last lines, and exits 1."""
    await read_until(running, "Ctrl-C stops it")
    os.kill(server_of(running.pid), signal.SIGKILL)
    said = await rest(running)
    assert "the service ended by itself (exit code -9). It said last:" in said
    assert "Traceback" not in said
    assert running.returncode == 1
