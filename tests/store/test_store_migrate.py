"""Tests of the migrations and of rows that others write by hand."""

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from settings import EXAMPLE_SHOP_FILE
from store.migrate import MigrationError, migrate, read_migrations

pytestmark = pytest.mark.db

ROOT = Path(__file__).parents[2]


def start(command: str, url: str) -> "subprocess.Popen[bytes]":
    """Run `python -m store` in a process of its own."""
    env = {"PATH": os.environ["PATH"], "DATABASE_URL": url, "SHOP_FILE": str(EXAMPLE_SHOP_FILE)}
    return subprocess.Popen(
        [sys.executable, "-m", "store", command],
        cwd=ROOT,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def test_migrating_twice_does_nothing_the_second_time(empty_database_url: str) -> None:
    """The first run applies every file in order, the second none."""
    assert migrate(empty_database_url) == read_migrations()
    assert migrate(empty_database_url) == []


def test_two_machines_may_migrate_at_once(empty_database_url: str) -> None:
    """Both succeed and each migration is applied once."""
    both = [start("migrate", empty_database_url) for _ in range(2)]
    said = [one.communicate(timeout=50) for one in both]
    assert [one.returncode for one in both] == [0, 0], said
    with psycopg.connect(empty_database_url) as conn:
        applied = conn.execute("SELECT version FROM schema_migrations ORDER BY version").fetchall()
    assert [row[0] for row in applied] == [one.version for one in read_migrations()]


def test_an_unreachable_database_is_one_line() -> None:
    """The command says which database and why, without the password, and exits 1."""
    one = start("migrate", "postgresql://bayline:s3cret@127.0.0.1:1/bayline")
    out, err = one.communicate(timeout=50)
    assert one.returncode == 1
    assert out == b""
    assert len(err.splitlines()) == 1
    assert b"127.0.0.1:1" in err
    assert b"s3cret" not in err


def test_a_changed_migration_is_refused(empty_database_url: str, tmp_path: Path) -> None:
    """A file edited after it was applied stops the run before anything else happens."""
    (tmp_path / "0001_first.sql").write_text("CREATE TABLE one ();")
    migrate(empty_database_url, tmp_path)
    (tmp_path / "0001_first.sql").write_text("CREATE TABLE two ();")
    with pytest.raises(MigrationError, match="was changed"):
        migrate(empty_database_url, tmp_path)


def test_a_failing_migration_leaves_nothing(empty_database_url: str, tmp_path: Path) -> None:
    """Of a file whose second statement fails, the first is not kept either."""
    (tmp_path / "0001_first.sql").write_text("CREATE TABLE one ();\nCREATE TABLE one ();\n")
    with pytest.raises(MigrationError, match="already exists"):
        migrate(empty_database_url, tmp_path)
    with psycopg.connect(empty_database_url) as conn:
        assert conn.execute("SELECT to_regclass('one')").fetchone() == (None,)


def test_older_code_does_not_touch_a_newer_database(
    empty_database_url: str, tmp_path: Path
) -> None:
    """A database that knows more migrations than the program is left alone, with a reason."""
    (tmp_path / "0001_first.sql").write_text("SELECT 1;")
    (tmp_path / "0002_second.sql").write_text("SELECT 2;")
    migrate(empty_database_url, tmp_path)
    (tmp_path / "0002_second.sql").unlink()
    with pytest.raises(MigrationError, match="update it"):
        migrate(empty_database_url, tmp_path)


def test_a_gap_in_the_numbers_may_be_filled_later(empty_database_url: str, tmp_path: Path) -> None:
    """A file that arrives with a lower number than what was applied is applied as well."""
    (tmp_path / "0001_first.sql").write_text("SELECT 1;")
    (tmp_path / "0010_tenth.sql").write_text("SELECT 10;")
    assert [one.version for one in migrate(empty_database_url, tmp_path)] == [1, 10]
    (tmp_path / "0002_second.sql").write_text("SELECT 2;")
    assert [one.version for one in migrate(empty_database_url, tmp_path)] == [2]


def test_a_number_used_twice_is_refused(tmp_path: Path) -> None:
    """Two people's files with one number collide visibly."""
    (tmp_path / "0002_second.sql").write_text("SELECT 1;")
    (tmp_path / "0002_too.sql").write_text("SELECT 1;")
    with pytest.raises(MigrationError, match="same number"):
        read_migrations(tmp_path)
