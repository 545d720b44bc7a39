"""Commands on the database: `python -m store migrate`, `python -m store demo-data`."""

import argparse
import sys

import psycopg

from settings import SettingsError, StoreSettings, load
from shop.clock import SystemClock
from shop.shopfile import ShopFileError, load_shop
from store.demo import fill
from store.migrate import CONNECT_TIMEOUT_S, MigrationError, migrate, place, sync_capacity


def main(arguments: list[str] | None = None) -> int:
    """Run one command; 0 when done, 1 with one line on stderr when it cannot be done."""
    parser = argparse.ArgumentParser(prog="python -m store", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("migrate", help="bring the database to the current schema")
    commands.add_parser("demo-data", help="fill an empty shop with customers and a week of visits")
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


if __name__ == "__main__":
    sys.exit(main())
