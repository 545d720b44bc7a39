"""Bringing a database to the current schema: numbered SQL files, each applied once, in order."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from loguru import logger
from psycopg import sql

MIGRATIONS = Path(__file__).parent / "migrations"
CONNECT_TIMEOUT_S = 10
LOCK_KEY = 4_702_394_921_427_289_928
"""Any number, the same for all: whoever holds this advisory lock changes the schema."""

_FILE_NAME = re.compile(r"(\d{4})_([a-z0-9_]+)\.sql")

_HISTORY = """
CREATE TABLE IF NOT EXISTS schema_migrations (
    version    integer PRIMARY KEY,
    name       text NOT NULL,
    checksum   text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
)
"""
_RECORD = "INSERT INTO schema_migrations (version, name, checksum) VALUES (%s, %s, %s)"
_KNOWN = "SELECT checksum FROM schema_migrations WHERE version = %s"
_NEWEST = "SELECT coalesce(max(version), 0) FROM schema_migrations"
_CAPACITY = "UPDATE shop_capacity SET bays = %(bays)s WHERE bays <> %(bays)s"


class MigrationError(Exception):
    """The schema cannot be brought up to date; the message is one line that says why."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One SQL file: `0001_shop.sql` is version 1, named `shop`."""

    version: int
    name: str
    text: str

    @property
    def checksum(self) -> str:
        """Tell two versions of the file apart, whatever the line endings."""
        return hashlib.sha256("\n".join(self.text.splitlines()).encode()).hexdigest()


def read_migrations(folder: Path = MIGRATIONS) -> list[Migration]:
    """Return the migrations in order; raises MigrationError on a number used twice or a bad name.

    Numbers may be left out: parts that grow side by side reserve theirs.
    """
    found = []
    for path in sorted(folder.glob("*.sql")):
        match = _FILE_NAME.fullmatch(path.name)
        if match is None:
            raise MigrationError(f"{path.name} is not named like 0001_what_it_does.sql")
        found.append(Migration(int(match[1]), match[2], path.read_text(encoding="utf-8")))
    numbers = [one.version for one in found]
    if len(set(numbers)) < len(numbers):
        raise MigrationError(f"two migrations in {folder} have the same number")
    return found


def migrate(database_url: str, folder: Path = MIGRATIONS) -> list[Migration]:
    """Apply what is missing and return it; safe to run twice and on several machines at once.

    What is missing may have a lower number than what is there: every file is looked at.

    Raises MigrationError when the database is out of reach, was migrated by newer code or by a
    file that has changed since, or refuses a statement. A migration that fails leaves nothing.
    """
    migrations = read_migrations(folder)
    try:
        with psycopg.connect(
            database_url, autocommit=True, connect_timeout=CONNECT_TIMEOUT_S
        ) as conn:
            applied = [one for one in migrations if _apply(conn, one)]
            newest = _scalar(conn, _NEWEST)
    except psycopg.OperationalError as exc:
        raise MigrationError(f"{place(database_url)}: {_one_line(exc)}") from exc
    except psycopg.Error as exc:
        raise MigrationError(f"{place(database_url)} refused: {_one_line(exc)}") from exc
    known = max((one.version for one in migrations), default=0)
    if isinstance(newest, int) and newest > known:
        raise MigrationError(
            f"the database is at version {newest}, this program knows {known}: update it"
        )
    return applied


def sync_capacity(conn: psycopg.Connection, bays: int) -> None:
    """Tell the database how many bays the shop's file names."""
    conn.execute(_CAPACITY, {"bays": bays})


def place(database_url: str) -> str:
    """Return host, port and name of a database, without its password."""
    parts = urlsplit(database_url)
    return f"database {parts.path.lstrip('/') or '?'} at {parts.hostname}:{parts.port or 5432}"


def _apply(conn: psycopg.Connection, migration: Migration) -> bool:
    # The lock belongs to the transaction: another machine waits here, then finds it applied.
    with conn.transaction():
        conn.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK_KEY])
        conn.execute("SET LOCAL client_min_messages = warning")
        conn.execute(_HISTORY)
        known = _scalar(conn, _KNOWN, migration.version)
        if known == migration.checksum:
            return False
        if known is not None:
            raise MigrationError(
                f"migration {migration.version:04} ({migration.name}) was changed after it was "
                "applied here: restore it and write a new one"
            )
        conn.execute(sql.SQL(migration.text))
        conn.execute(_RECORD, [migration.version, migration.name, migration.checksum])
    logger.bind(version=migration.version, migration=migration.name).info("migration applied")
    return True


def _scalar(conn: psycopg.Connection, query: str, *values: object) -> object:
    row = conn.execute(query.encode(), values).fetchone()
    return row[0] if row else None


def _one_line(exc: Exception) -> str:
    return " ".join(str(exc).split()) or type(exc).__name__
