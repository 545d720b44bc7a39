"""Customers: people on file, found by phone number or by what they say about themselves."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from shop.types import Customer, Vehicle
from store.cache import Cache
from store.errors import NotFound, PhoneTaken
from store.pool import Connection, Pool, Row

CACHED_S = 900
"""A change made by hand in the database, unseen by us, shows after this long at the latest."""

LONGEST_QUERY = 200
LONGEST_PACKED = 60
PLATE_LENGTHS = range(3, 9)

_CUSTOMER = """
SELECT c.id, c.first_name, c.last_name, c.phone, c.email, coalesce(
    (SELECT json_agg(json_build_object(
        'id', v.id, 'customer_id', v.customer_id, 'year', v.year, 'make', v.make,
        'model', v.model, 'vin', v.vin, 'license_plate', v.license_plate) ORDER BY v.id)
     FROM vehicles v WHERE v.customer_id = c.id), '[]') AS vehicles
FROM customers c
"""
_BY_PHONE = _CUSTOMER + "WHERE c.phone = %(phone)s"
_BY_ID = _CUSTOMER + "WHERE c.id = %(id)s"

_INSERT = """
INSERT INTO customers (first_name, last_name, phone, email)
VALUES (%(first_name)s, %(last_name)s, %(phone)s, %(email)s)
ON CONFLICT (phone) DO NOTHING
RETURNING id
"""
_ID_BY_PHONE = "SELECT id FROM customers WHERE phone = %(phone)s"

_SAME_PERSON = """
SELECT id FROM customers
WHERE phone = %(phone)s
  AND lower(first_name) = lower(%(first_name)s) AND lower(last_name) = lower(%(last_name)s)
"""
_LOCK = "SELECT phone FROM customers WHERE id = %(id)s FOR UPDATE"
_CHANGE_PHONE = "UPDATE customers SET phone = %(phone)s WHERE id = %(id)s"

_TOUCH = """
UPDATE customers SET last_contact = greatest(last_contact, %(at)s) WHERE id = %(id)s
"""

# What identifies one person weighs most; a first name alone says little.
_HITS = """
WITH hits (id, weight) AS (
    SELECT id, 8 FROM customers WHERE right(phone, 10) = ANY(%(phones)s)
    UNION ALL SELECT id, 8 FROM customers WHERE lower(email) = ANY(%(emails)s)
    UNION ALL SELECT id, 3 FROM customers WHERE lower(last_name) = ANY(%(names)s)
    UNION ALL SELECT id, 2 FROM customers WHERE lower(first_name) = ANY(%(names)s)
    UNION ALL SELECT id, 1 FROM customers WHERE lower(last_name) LIKE ANY(%(prefixes)s)
    UNION ALL SELECT id, 1 FROM customers WHERE lower(first_name) LIKE ANY(%(prefixes)s)
    UNION ALL SELECT customer_id, 8 FROM vehicles WHERE upper(vin) = ANY(%(vins)s)
    UNION ALL SELECT customer_id, 6 FROM vehicles WHERE right(upper(vin), 6) = ANY(%(tails)s)
    UNION ALL SELECT customer_id, 6 FROM vehicles WHERE upper(license_plate) = ANY(%(plates)s)
), best AS (
    SELECT id, sum(weight) AS weight FROM hits GROUP BY id
)
"""
_BEST_FIRST = """
JOIN best ON best.id = c.id
ORDER BY best.weight DESC, c.last_contact DESC NULLS LAST, c.id
LIMIT %(limit)s
"""
_SEARCH = _HITS + _CUSTOMER + _BEST_FIRST


@dataclass(frozen=True, slots=True)
class NewCustomer:
    """Somebody to put on file; `phone` is E.164."""

    first_name: str
    last_name: str
    phone: str
    email: str | None = None


class Customers:
    """The table `customers`, with each customer's vehicles."""

    def __init__(self, pool: Pool, cache: Cache) -> None:
        self._pool = pool
        self._cache = cache

    async def by_phone(self, phone: str) -> Customer | None:
        """Return who calls from `phone` (E.164), None for a stranger; from the cache if it can.

        Raises DatabaseUnavailable.
        """
        key = _key(phone)
        cached = await self._cache.get_json(key)
        if cached is not None:
            try:
                return _cached(cached, phone)
            except (KeyError, TypeError, ValueError):
                await self._cache.delete(key)
        customer = await self.on_file(phone)
        if customer is not None:
            await self._cache.set_json_unless_changed(key, asdict(customer), CACHED_S)
        return customer

    async def on_file(self, phone: str) -> Customer | None:
        """Return who has `phone` (E.164), straight from the database: as slow for a stranger.

        Raises DatabaseUnavailable.
        """
        row = await self._pool.row(_BY_PHONE, {"phone": phone})
        return _customer(row) if row else None

    async def by_id(self, customer_id: int) -> Customer | None:
        """Return a customer, None when there is no such id; raises DatabaseUnavailable."""
        row = await self._pool.row(_BY_ID, {"id": customer_id})
        return _customer(row) if row else None

    async def search(self, query: str, limit: int = 5) -> list[Customer]:
        """Return the customers whom `query` may mean, best first.

        Names, phone numbers, email addresses, plates, VINs and last sixes of VINs are recognised
        anywhere in the words, also spelled out with blanks. Raises DatabaseUnavailable.
        """
        clues = _clues(query)
        if not any(clues.values()):
            return []
        rows = await self._pool.rows(_SEARCH, {**clues, "limit": limit})
        return [_customer(row) for row in rows]

    async def create(
        self, first_name: str, last_name: str, phone: str, email: str | None = None
    ) -> Customer:
        """Put somebody on file, or return who already has that phone number, unchanged.

        Raises DatabaseUnavailable, Rejected.
        """
        new = NewCustomer(first_name, last_name, phone, email)

        async def insert(conn: Connection) -> int:
            return await _insert(conn, new) or await _id_by_phone(conn, phone)

        try:
            customer_id = await self._pool.transaction(insert, repeatable=True)
        finally:  # also when cancelled: the commit may have gone through
            await self._cache.changed(_key(phone))
        found = await self.by_id(customer_id)
        if found is None:
            raise NotFound(f"customer {customer_id} was deleted at once")
        return found

    async def change_phone(self, customer_id: int, phone: str) -> Customer:
        """Give a customer another phone number (E.164) and return them as they are then.

        Raises PhoneTaken when somebody else has it, NotFound, DatabaseUnavailable.
        """
        old: str | None = None

        async def change(conn: Connection) -> None:
            nonlocal old
            values = {"id": customer_id, "phone": phone}
            row = await (await conn.execute(_LOCK, values)).fetchone()
            if row is None:
                raise NotFound(f"there is no customer {customer_id}")
            old = row["phone"]
            await conn.execute(_CHANGE_PHONE, values)

        try:
            await self._pool.transaction(change, repeatable=True)
        finally:
            for number in {phone, old or phone}:
                await self._cache.changed(_key(number))
        found = await self.by_id(customer_id)
        if found is None:
            raise NotFound(f"customer {customer_id} was deleted at once")
        return found

    async def touch_last_contact(self, customer_id: int, at: datetime) -> None:
        """Note that the customer was on the phone at `at`; never moves backwards."""
        await self._pool.execute(_TOUCH, {"id": customer_id, "at": at})

    async def changed(self, phone: str) -> None:
        """Forget what is cached about `phone`, after a commit that changed it or its vehicles."""
        await self._cache.changed(_key(phone))


async def insert_customer(conn: Connection, new: NewCustomer) -> int:
    """Insert within the caller's transaction and return the id.

    Also of one already there who goes by the same name: the same wish, come twice. Raises
    PhoneTaken when that number is somebody else's, who must not be booked for unasked.
    """
    customer_id = await _insert(conn, new)
    if customer_id is not None:
        return customer_id
    row = await (await conn.execute(_SAME_PERSON, asdict(new))).fetchone()
    if row is None:
        raise PhoneTaken("another customer has that phone number")
    return int(row["id"])


async def _insert(conn: Connection, new: NewCustomer) -> int | None:
    row = await (await conn.execute(_INSERT, asdict(new))).fetchone()
    return int(row["id"]) if row else None


async def _id_by_phone(conn: Connection, phone: str) -> int:
    row = await (await conn.execute(_ID_BY_PHONE, {"phone": phone})).fetchone()
    if row is None:  # deleted between the two statements
        raise NotFound("the customer with that phone number was just deleted")
    return int(row["id"])


def _key(phone: str) -> str:
    return f"customer:{phone}"


def _customer(row: Row | Mapping[str, Any]) -> Customer:
    return Customer(
        id=row["id"],
        first_name=row["first_name"],
        last_name=row["last_name"],
        phone=row["phone"],
        email=row["email"],
        vehicles=tuple(Vehicle(**vehicle) for vehicle in row["vehicles"]),
    )


def _cached(entry: Mapping[str, Any], phone: str) -> Customer:
    """Build a customer from cached JSON; raises on anything of the wrong form, or of the wrong
    person: whoever lies under a number that is not theirs must not become the caller.
    """
    customer = _customer(entry)
    texts = (customer.first_name, customer.last_name, customer.phone)
    if type(customer.id) is not int or not all(isinstance(text, str) for text in texts):
        raise TypeError("not a customer")
    if customer.phone != phone or not isinstance(customer.email, str | None):
        raise TypeError("not this customer")
    for car in customer.vehicles:
        words = isinstance(car.make, str) and isinstance(car.model, str)
        marks = isinstance(car.vin, str | None) and isinstance(car.license_plate, str | None)
        numbers = type(car.id) is int and type(car.year) in (int, type(None))
        if not (words and marks and numbers) or car.customer_id != customer.id:
            raise TypeError("not a customer's vehicles")
    return customer


def _clues(query: str) -> dict[str, list[str]]:
    """Read out of what somebody said everything that could name a person or a car."""
    text = unicodedata.normalize("NFC", query)[:LONGEST_QUERY].replace("\0", " ")
    words = [w.lower() for w in re.findall(r"[^\W\d_]+(?:['’-][^\W\d_]+)*", text)]
    pairs = [" ".join(pair) for pair in pairwise(words)]
    tokens = [t.upper() for t in re.findall(r"[A-Za-z0-9]+", text)]
    packed = "".join(tokens)[-LONGEST_PACKED:]
    digits = re.sub(r"\D", "", text)
    pieces = {packed[i : i + n] for n in PLATE_LENGTHS for i in range(len(packed) - n + 1)}
    return {
        "names": [*words, *pairs],
        "prefixes": [f"{word}%" for word in words if len(word) >= 3],
        "phones": [digits[i : i + 10] for i in range(len(digits) - 9)],
        "emails": [found.lower() for found in re.findall(r"[^\s,;<>]+@[^\s,;<>]+\w", text)],
        "vins": [packed[i : i + 17] for i in range(len(packed) - 16)],
        "tails": sorted(piece for piece in pieces if len(piece) == 6),
        # Letters only are a word far more often than a plate, unless said as one word.
        "plates": sorted({p for p in pieces if any(c.isdigit() for c in p)} | set(tokens)),
    }
