"""`python -m sandbox`: the service left running on this machine, with a telephone to reach it."""

import argparse
import asyncio
import contextlib
import signal
import socket
import sys
from collections.abc import Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.latency import ProfileName
from sandbox.postgres import PostgresError
from sandbox.serving import bound, serving
from sandbox.softphone import softphone
from sandbox.story import Records
from sandbox.valkey import ValkeyError
from sandbox.world import (
    INBOUND_CALL,
    ROOT,
    SHOP_NUMBER,
    Service,
    ServiceError,
    World,
    service,
    world,
)

KEEP = ROOT / ".run"
"""Where databases, log and credentials stay between runs, unless --data names another folder."""

CONSOLE_PORT = 8000
SOFTPHONE_PORT = 8001
"""Taken when free: a browser remembers the microphone's permission by address."""

DEMO_CALLER = "+15035550142 (Dana Whitfield)"

POLL_S = 0.25
LAST_LINES = 15
"""How much of its log is shown when the service has ended by itself."""


class CannotRunError(Exception):
    """What stands in the way, as one sentence for the terminal."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asks for; `port` None means the usual one or else any."""

    port: int | None
    profile: ProfileName
    data: Path


def main(arguments: list[str] | None = None) -> int:
    """Run until Ctrl-C or SIGTERM (0) or until the service dies (1)."""
    options = _options(arguments)
    try:
        return asyncio.run(_until_signalled(_run(options)))
    except CannotRunError as exc:
        print(f"sandbox: {exc}", file=sys.stderr)
    except PostgresError as exc:
        print(f"sandbox: {_in_the_way(exc)}", file=sys.stderr)
    except (ServiceError, ValkeyError) as exc:
        print(f"\nsandbox: {exc}", file=sys.stderr)
    return 1


def _options(arguments: list[str] | None) -> Options:
    parser = argparse.ArgumentParser(
        prog="python -m sandbox",
        description="Run the service on this machine, with stand-ins for its vendors and a"
        " softphone. Nothing leaves the machine; data stay between runs.",
    )
    parser.add_argument(
        "--port",
        type=_port,
        help=f"the service's port; 0 takes a free one (default: {CONSOLE_PORT}, or a free one"
        " when that is taken)",
    )
    parser.add_argument(
        "--profile",
        choices=("none", "design", "published"),
        default="design",
        help="how slow the stand-ins are (default: %(default)s)",
    )
    parser.add_argument(
        "--data",
        type=Path,
        default=KEEP,
        help="the folder that keeps the databases between runs (default: .run/)",
    )
    given = parser.parse_args(arguments)
    return Options(given.port, given.profile, given.data.absolute())


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port (0 to 65535)")
    return int(text)


async def _until_signalled(work: Coroutine[Any, Any, int]) -> int:
    """Do `work` until it is done or a signal asks to stop; then let it clean up, undisturbed."""
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, asked.set)
    working, asking = asyncio.create_task(work), asyncio.create_task(asked.wait())
    await asyncio.wait((working, asking), return_when=asyncio.FIRST_COMPLETED)
    asking.cancel()
    if working.done():
        return working.result()
    _tell("\nStopping ...")
    working.cancel()
    await asyncio.wait((working,))
    if not working.cancelled() and (error := working.exception()):
        raise error
    _tell("Stopped.")
    return 0


async def _run(options: Options) -> int:
    port = _service_port(options.port)
    _tell(f"Starting Bayline on this machine (data in {_short(options.data)}/)")

    def progress(line: str) -> None:
        _tell(f"  {line}")

    # Bound before the service starts, since its console links there.
    async with contextlib.AsyncExitStack() as stack:
        listener = stack.enter_context(bound(_free(SOFTPHONE_PORT)))
        link = {"SOFTPHONE_URL": f"http://127.0.0.1:{listener.getsockname()[1]}"}
        place = await stack.enter_async_context(
            world(keep=options.data, profile=options.profile, progress=progress)
        )
        running = await stack.enter_async_context(
            service(place, port=port, progress=progress, **link)
        )
        phone_url = await stack.enter_async_context(serving(_softphone(place, running), listener))
        _tell(_summary(running, phone_url))
        while running.exit_code is None:  # noqa: ASYNC110 - a process has no event
            await asyncio.sleep(POLL_S)
        lines = running.log.read_text(errors="replace").splitlines()[-LAST_LINES:]
        said = "\n".join(f"  {line}" for line in lines)
        raise ServiceError(
            f"the service ended by itself (exit code {running.exit_code}). It said last:\n"
            f"{said}\nThe whole log: {_short(running.log)}"
        )


def _softphone(place: World, running: Service) -> Any:
    return softphone(
        place.carrier,
        webhook_url=f"{running.url}{INBOUND_CALL}",
        shop_number=SHOP_NUMBER,
        records=Records(place.redis_url, place.database_url),
    )


def _summary(running: Service, phone_url: str) -> str:
    return f"""
Bayline is running.

  Console        {running.url}/
  Softphone      {phone_url}/   phone in with your browser's microphone
  Shop's number  {SHOP_NUMBER}
  Demo caller    {DEMO_CALLER}
  Server's log   {_short(running.log)}

Ctrl-C stops it."""


def _service_port(wanted: int | None) -> int:
    """Choose the service's port; raises CannotRunError when the one asked for is taken."""
    if wanted is None:
        return _free(CONSOLE_PORT)
    if wanted and not _free(wanted):
        raise CannotRunError(
            f"port {wanted} is in use by another program, or not ours to take;"
            " name another with --port, or leave it out."
        )
    return wanted


def _free(port: int) -> int:
    """Return `port` when it can be listened on, else 0: a free one."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the server will
        try:
            probe.bind(("127.0.0.1", port))
            probe.listen()
        except OSError:
            return 0
    return port


def _in_the_way(error: PostgresError) -> str:
    if "is using" not in str(error):
        return str(error)
    return f"it is running already: {error}. Stop that one first (Ctrl-C in its terminal)."


def _short(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _tell(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
