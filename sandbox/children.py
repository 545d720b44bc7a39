"""How a stand-in starts a process of its own, which ends with its parent."""

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

PR_SET_PDEATHSIG = 1
"""From Linux's `prctl(2)`: the signal a process receives when the thread that forked it ends."""


def free_port() -> int:
    """Return a TCP port of 127.0.0.1 that was free a moment ago; binding it may still fail."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def start_child(
    argv: Sequence[str | Path],
    *,
    log: IO[bytes],
    signal_on_orphan: signal.Signals,
    stdin: int | None = subprocess.DEVNULL,
    account: tuple[int, int] | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> subprocess.Popen[bytes]:
    """Start `argv` in a session of its own, as `account` (uid, gid) if given, output into `log`.

    On Linux it receives `signal_on_orphan` when the *thread* that called this ends, hence also
    when this process dies in any way: call it from a thread that lasts (the main thread).
    Elsewhere nothing ends it but its own handle.
    """
    uid, gid = account if account else (None, None)
    return subprocess.Popen(
        [str(part) for part in argv],
        env=env,
        cwd=cwd,
        stdin=stdin,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,  # Ctrl-C in a terminal must not stop it before its users stopped
        user=uid,
        group=gid,
        extra_groups=None if account is None else [],
        preexec_fn=_orphan_signal(signal_on_orphan),  # noqa: PLW1509 - one system call, no locks
    )


def stop_child(
    process: subprocess.Popen[bytes],
    signals: Sequence[signal.Signals],
    timeout_s: float,
) -> None:
    """Send each of `signals` in turn, waiting up to `timeout_s` after each, until it has ended."""
    for number in (*signals, signal.SIGKILL):
        if process.poll() is not None:
            return
        process.send_signal(number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout_s)


def _orphan_signal(number: signal.Signals) -> Callable[[], None] | None:
    if sys.platform != "linux":
        return None
    # Everything is looked up before the fork: the child of a threaded process may take no lock.
    prctl = ctypes.CDLL(None).prctl
    parent, getppid, leave, value = os.getpid(), os.getppid, os._exit, int(number)

    def arm() -> None:
        prctl(PR_SET_PDEATHSIG, value, 0, 0, 0)
        if getppid() != parent:  # died before the signal was armed
            leave(1)

    return arm
