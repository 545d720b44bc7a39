"""Commands on the database: `python -m store` with `migrate`, `demo-data` or `messages`."""

import argparse
import sys

import psycopg

from settings import SettingsError, StoreSettings, load
from shop.clock import SystemClock, to_shop
from shop.shopfile import Shop, ShopFileError, load_shop
from store.demo import fill
from store.messages import Message, read_open
from store.migrate import CONNECT_TIMEOUT_S, MigrationError, migrate, place, sync_capacity


def main(arguments: list[str] | None = None) -> int:
    """Run one command; 0 when done, 1 with one line on stderr when it cannot be done."""
    parser = argparse.ArgumentParser(prog="python -m store", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("migrate", help="bring the database to the current schema")
    commands.add_parser("demo-data", help="fill an empty shop with customers and a week of visits")
    commands.add_parser("messages", help="list the messages that nobody has answered yet")
    chosen = parser.parse_args(arguments)
    try:
        settings = load(StoreSettings)
        shop = load_shop(settings.shop_file)
        applied = migrate(settings.database_url)
        with psycopg.connect(
            settings.database_url, autocommit=True, connect_timeout=CONNECT_TIMEOUT_S
        ) as conn:
            sync_capacity(conn, shop.bays)
            if chosen.command == "demo-data":
                print(fill(conn, shop, SystemClock().now()))  # noqa: T201 - the command's answer
                return 0
            if chosen.command == "messages":
                for one in read_open(conn):
                    print(_line(one, shop))  # noqa: T201
                return 0
    except (SettingsError, ShopFileError, MigrationError) as exc:
        print(f"store: {exc}", file=sys.stderr)  # noqa: T201
        return 1
    except psycopg.Error as exc:
        reason = " ".join(str(exc).split())
        print(f"store: {place(settings.database_url)}: {reason}", file=sys.stderr)  # noqa: T201
        return 1
    done = ", ".join(f"{one.version:04} {one.name}" for one in applied) or "nothing to do"
    print(f"{place(settings.database_url)}: {done}")  # noqa: T201
    return 0


def _line(message: Message, shop: Shop) -> str:
    """Write an open message: by when, whether that has passed, whom to call, and what about."""
    due = message.due_at
    by = f"{to_shop(due, shop.zone):%a %Y-%m-%d %H:%M}" if due else "no deadline"
    late = " OVERDUE" if message.overdue(SystemClock().now()) else ""
    who = f"{message.name or 'no name'} {message.from_number or 'no number'}"
    return f"{message.id}  {by}{late}  {who}: {' '.join(message.text.split())}"


if __name__ == "__main__":
    sys.exit(main())
