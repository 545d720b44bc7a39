"""A whole world for the service on this machine: databases, vendors, carrier, and the settings."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx

from sandbox.children import free_port, start_child, stop_child
from sandbox.google import write_credentials
from sandbox.latency import ProfileName
from sandbox.nhtsa import Car
from sandbox.postgres import EmbeddedPostgres
from sandbox.twilio.carrier import Carrier
from sandbox.valkey import EmbeddedValkey
from sandbox.vendors import DEEPGRAM_KEY, OPENAI_KEY, Vendors, vendors

ROOT = Path(__file__).parent.parent

ACCOUNT_SID = "AC" + "5a" * 16
AUTH_TOKEN = "sandbox-auth-token"
SHOP_NUMBER = "+15035550100"
CALENDAR_ID = "shop@bayline.example"

INBOUND_CALL = "/api/v1/webhooks/inbound-call"
"""Where the service takes calls."""

SERVER = (ROOT / "server.py",)
"""The program that is the service."""

START_TIMEOUT_S = 60.0
"""How long a server may take until it is ready; two seconds here, longer on a busy machine."""

Progress = Callable[[str], None]


class ServiceError(Exception):
    """The service did not come up; the message ends with what it said."""


@dataclass(frozen=True, slots=True)
class World:
    """Everything around the service, running; `env` are the settings that point it here."""

    env: Mapping[str, str]
    vendors: Vendors
    database_url: str
    redis_url: str
    folder: Path

    @property
    def carrier(self) -> Carrier:
        """The phone network."""
        return self.vendors.carrier


@dataclass(frozen=True, slots=True)
class Service:
    """The running service: its address and its log."""

    url: str
    log: Path
    process: "subprocess.Popen[bytes]"

    @property
    def pid(self) -> int:
        """The process id of the running server."""
        return self.process.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs; negative when a signal ended it."""
        return self.process.poll()

    async def ended(self, timeout_s: float) -> int:
        """Wait until it has ended by itself; return its exit code. Raises TimeoutExpired."""
        return await asyncio.to_thread(self.process.wait, timeout_s)


@contextlib.asynccontextmanager
async def world(
    *,
    keep: Path | None = None,
    profile: ProfileName = "design",
    cars: Mapping[str, Car] | None = None,
    progress: Progress = lambda _: None,
) -> AsyncIterator[World]:
    """Start databases and vendors; with `keep`, the data stay in that folder between runs."""
    async with contextlib.AsyncExitStack() as stack:
        folder = keep or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bayline-")))
        folder.mkdir(parents=True, exist_ok=True)
        took = _Stopwatch(progress)
        postgres = await stack.enter_async_context(
            EmbeddedPostgres(keep / "postgres" if keep else None, durable=keep is not None)
        )
        took("PostgreSQL")
        valkey = await stack.enter_async_context(EmbeddedValkey(keep / "redis" if keep else None))
        took("Redis")
        carrier = await stack.enter_async_context(
            Carrier(account_sid=ACCOUNT_SID, auth_token=AUTH_TOKEN, chars_per_s=15)
        )
        standins = await stack.enter_async_context(
            vendors(
                carrier,
                profile=profile,
                cars=cars,
                calendar_file=keep / "calendar.json" if keep else None,
            )
        )
        took("Twilio, Deepgram, OpenAI, Google, NHTSA stand-ins")
        credentials = folder / "google-credentials.json"
        write_credentials(credentials, token_uri=f"{standins.url}/token")
        env = _settings(standins.url, postgres.url, valkey.url, credentials)
        yield World(env, standins, postgres.url, valkey.url, folder)


@contextlib.asynccontextmanager
async def service(
    place: World,
    *,
    port: int = 0,
    progress: Progress = lambda _: None,
    program: Sequence[str | Path] = SERVER,
    **settings: str,
) -> AsyncIterator[Service]:
    """Run `server.py` or another `program` in `place` until the block ends; SIGTERM ends it.

    Its database is migrated and filled with demo data first. Raises ServiceError with its last
    words when it does not become ready.
    """
    took = _Stopwatch(progress)
    port = port or free_port()
    url = f"http://127.0.0.1:{port}"
    own = {"HOST": "127.0.0.1", "PORT": str(port), "PUBLIC_URL": url}
    env = {**_bare_environment(), **place.env, **own, **settings}
    await _run(env, "-m", "store", "migrate")
    await _run(env, "-m", "store", "demo-data")
    took("database schema and demo data")
    log = place.folder / "server.log"
    with log.open("wb") as file:
        process = start_child(
            [sys.executable, *program],
            log=file,
            signal_on_orphan=signal.SIGTERM,
            env=env,
            cwd=ROOT,
        )
    try:
        await _until_ready(process, url, log)
        took("the service")
        yield Service(url, log, process)
    finally:
        await asyncio.to_thread(stop_child, process, (signal.SIGTERM,), 15.0)


def _settings(
    vendors_url: str, database_url: str, redis_url: str, credentials: Path
) -> dict[str, str]:
    return {
        "TWILIO_ACCOUNT_SID": ACCOUNT_SID,
        "TWILIO_AUTH_TOKEN": AUTH_TOKEN,
        "TWILIO_PHONE_NUMBER": SHOP_NUMBER,
        "TWILIO_API_BASE_URL": vendors_url,
        "DEEPGRAM_API_KEY": DEEPGRAM_KEY,
        "DEEPGRAM_BASE_URL": vendors_url,
        "OPENAI_API_KEY": OPENAI_KEY,
        "OPENAI_BASE_URL": f"{vendors_url}/v1",
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "GOOGLE_CALENDAR_ID": CALENDAR_ID,
        "GOOGLE_CREDENTIALS_PATH": str(credentials),
        "GOOGLE_API_BASE_URL": vendors_url,
        "NHTSA_BASE_URL": f"{vendors_url}/api",
    }


def _bare_environment() -> dict[str, str]:
    """Leave out what the developer's own environment or `.env` says about real vendors."""
    kept = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "VIRTUAL_ENV", "SHOP_FILE", "WORKERS")
    return {name: os.environ[name] for name in kept if name in os.environ}


async def _run(env: Mapping[str, str], *arguments: str) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *arguments,
        env=dict(env),
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    if process.returncode != 0:
        raise ServiceError(f"python {' '.join(arguments)} failed:\n{said.decode(errors='replace')}")


async def _until_ready(process: "subprocess.Popen[bytes]", url: str, log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    async with httpx.AsyncClient() as client:
        while process.poll() is None and time.monotonic() < deadline:
            with contextlib.suppress(httpx.HTTPError):
                if (await client.get(f"{url}/readyz")).status_code == 200:
                    return
            await asyncio.sleep(0.05)
    said = log.read_text(errors="replace")[-3000:]  # noqa: ASYNC240 - a few kB, and then it is over
    raise ServiceError(f"the service did not become ready at {url}; it said:\n{said}")


class _Stopwatch:
    """Tells how long each part took since the one before."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._since = time.perf_counter()

    def __call__(self, part: str) -> None:
        now = time.perf_counter()
        self._progress(f"{part} ({now - self._since:.1f} s)")
        self._since = now
