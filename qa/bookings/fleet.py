"""Several processes of the service that take orders over pipes, and die and rise again."""

import asyncio
import contextlib
import itertools
import json
import random
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping
from pathlib import Path
from typing import Any

START_TIMEOUT_S = 30.0
STOP_TIMEOUT_S = 20.0
ANSWER_TIMEOUT_S = 20.0
"""A tool's budget is six seconds: one that has not answered by then, never will."""
MAX_LINE_BYTES = 1 << 20


class WorkerDied(Exception):
    """The process that was asked has been killed: what it was asked may or may not be done."""


class Silence(Exception):
    """The process lives and does not answer."""


class Worker:
    """One process; `ask` sends it an order."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._numbers = itertools.count(1)
        self.ready = asyncio.Event()
        self.dead = False
        self._reading = asyncio.create_task(self._read())

    async def ask(self, order: Mapping[str, Any]) -> dict[str, Any]:
        """Return the answer to an order; raises WorkerDied or Silence."""
        number = next(self._numbers)
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        if self.dead or self._process.stdin is None:
            raise WorkerDied
        self._answers[number] = answer
        try:
            self._process.stdin.write((json.dumps({**order, "id": number}) + "\n").encode())
            async with asyncio.timeout(ANSWER_TIMEOUT_S):
                return await answer
        except TimeoutError as exc:
            raise Silence from exc
        finally:
            self._answers.pop(number, None)

    async def kill(self) -> None:
        """End the process with SIGKILL, whatever it is doing."""
        self.dead = True
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGKILL)
        await self._process.wait()
        await self._reading

    async def freeze(self, seconds: float) -> None:
        """Stop the process where it is, for a while."""
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGSTOP)
        await asyncio.sleep(seconds)
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGCONT)

    async def stop(self) -> None:
        """Let the process end by itself, or end it."""
        if self._process.stdin is not None and not self.dead:
            self._process.stdin.close()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._process.wait(), STOP_TIMEOUT_S)
        await self.kill()

    async def _read(self) -> None:
        assert self._process.stdout is not None  # noqa: S101 - a pipe was asked for
        while line := await self._process.stdout.readline():
            try:
                said = json.loads(line)
            except ValueError:
                break  # cut off in the middle of a line
            if said.get("ready"):
                self.ready.set()
                continue
            answer = self._answers.get(said["id"])
            if answer is not None and not answer.done():
                answer.set_result(said)
        self.dead = True
        self.ready.set()
        for waiting in self._answers.values():
            if not waiting.done():
                waiting.set_exception(WorkerDied())


class Fleet:
    """The processes, always `size` of them but for the moments after a death."""

    def __init__(
        self, script: Path, env: Mapping[str, str], cwd: Path, log: Path, size: int
    ) -> None:
        self._script = script
        self._env = dict(env)
        self._cwd = cwd
        self._log = log
        self._size = size
        self._workers: list[Worker] = []

    async def start(self) -> None:
        """Start all processes and wait until they take orders."""
        self._workers = [await self._spawn() for _ in range(self._size)]
        for worker in self._workers:
            await self._until_ready(worker)

    async def stop(self) -> None:
        """End all processes."""
        await asyncio.gather(*(worker.stop() for worker in self._workers))

    async def kill_one(self, choice: random.Random) -> None:
        """Kill one process in the middle of its work and start another in its place."""
        place = choice.randrange(self._size)
        await self._workers[place].kill()
        self._workers[place] = await self._spawn()

    async def freeze_one(self, choice: random.Random, seconds: float) -> None:
        """Freeze one process for a while; what it is asked meanwhile waits."""
        await choice.choice(self._workers).freeze(seconds)

    async def all_ready(self) -> None:
        """Wait until every process takes orders."""
        for worker in self._workers:
            await self._until_ready(worker)

    async def ask(self, order: Mapping[str, Any], choice: random.Random) -> dict[str, Any]:
        """Ask any process that is up; raises WorkerDied or Silence."""
        while not (up := [one for one in self._workers if one.ready.is_set() and not one.dead]):  # noqa: ASYNC110 - any of them will do
            await asyncio.sleep(0.05)
        return await choice.choice(up).ask(order)

    async def _spawn(self) -> Worker:
        with self._log.open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                str(self._script),
                env=self._env,
                cwd=self._cwd,
                stdin=PIPE,
                stdout=PIPE,
                stderr=log,
                limit=MAX_LINE_BYTES,
                start_new_session=True,
            )
        return Worker(process)

    async def _until_ready(self, worker: Worker) -> None:
        async with asyncio.timeout(START_TIMEOUT_S):
            await worker.ready.wait()
        if worker.dead:
            said = self._log.read_text(errors="replace")[-2000:]
            raise RuntimeError(f"a worker did not start; its log ends with:\n{said}")
