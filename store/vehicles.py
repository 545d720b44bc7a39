"""Vehicles: the cars on file, each belonging to one customer."""

from dataclasses import asdict, dataclass

from shop.types import Vehicle
from store.cache import Cache
from store.errors import NotFound
from store.pool import Connection, Pool, Row

_COLUMNS = "id, customer_id, year, make, model, vin, license_plate"
_BY_ID = f"SELECT {_COLUMNS} FROM vehicles WHERE id = %(id)s"  # noqa: S608 - constants only

# Locking the owner makes two that put the same car on file wait for each other.
_OWNER = "SELECT phone FROM customers WHERE id = %(customer_id)s FOR NO KEY UPDATE"
_SAME = f"""
SELECT {_COLUMNS} FROM vehicles
WHERE customer_id = %(customer_id)s
  AND (upper(vin) = upper(%(vin)s::text)
       OR (upper(license_plate) = upper(%(license_plate)s::text)
           AND (vin IS NULL OR %(vin)s::text IS NULL))  -- a plate may move to another car
       OR (%(vin)s::text IS NULL AND %(license_plate)s::text IS NULL
           AND year IS NOT DISTINCT FROM %(year)s::integer
           AND lower(make) = lower(%(make)s) AND lower(model) = lower(%(model)s)))
ORDER BY upper(vin) = upper(%(vin)s::text) DESC NULLS LAST, id
LIMIT 1
"""  # noqa: S608
_COMPLETE = f"""
UPDATE vehicles
SET vin = coalesce(vin, %(vin)s), license_plate = coalesce(license_plate, %(license_plate)s)
WHERE id = %(id)s
RETURNING {_COLUMNS}
"""  # noqa: S608
_INSERT = f"""
INSERT INTO vehicles (customer_id, year, make, model, vin, license_plate)
VALUES (%(customer_id)s, %(year)s, %(make)s, %(model)s, %(vin)s, %(license_plate)s)
RETURNING {_COLUMNS}
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class NewVehicle:
    """A car to put on file; VIN and plate are upper case without blanks."""

    year: int | None
    make: str
    model: str
    vin: str | None = None
    license_plate: str | None = None


class Vehicles:
    """The table `vehicles`."""

    def __init__(self, pool: Pool, cache: Cache) -> None:
        self._pool = pool
        self._cache = cache

    async def by_id(self, vehicle_id: int) -> Vehicle | None:
        """Return a vehicle, None when there is no such id; raises DatabaseUnavailable."""
        row = await self._pool.row(_BY_ID, {"id": vehicle_id})
        return vehicle_from(row) if row else None

    async def create(  # noqa: PLR0917 - the columns, in their order
        self,
        customer_id: int,
        year: int | None,
        make: str,
        model: str,
        vin: str | None = None,
        license_plate: str | None = None,
    ) -> Vehicle:
        """Put a customer's car on file, or return it when it is there already.

        The same car is the same VIN, the same plate, or, when neither is given, the same year,
        make and model; a VIN or plate not known before is added to it. Raises NotFound for an
        unknown customer, DatabaseUnavailable, Rejected.
        """
        new = NewVehicle(year, make, model, vin, license_plate)

        phone: str | None = None

        async def insert(conn: Connection) -> Vehicle:
            nonlocal phone
            vehicle, phone = await insert_vehicle(conn, customer_id, new)
            return vehicle

        try:
            return await self._pool.transaction(insert, repeatable=True)
        finally:  # also when cancelled: the commit may have gone through
            if phone is not None:
                await self._cache.changed(f"customer:{phone}")


async def insert_vehicle(
    conn: Connection, customer_id: int, new: NewVehicle
) -> tuple[Vehicle, str]:
    """Insert within the caller's transaction; return the vehicle and its owner's phone number."""
    values = {**asdict(new), "customer_id": customer_id}
    owner = await (await conn.execute(_OWNER, values)).fetchone()
    if owner is None:
        raise NotFound(f"there is no customer {customer_id}")
    same = await (await conn.execute(_SAME, values)).fetchone()
    if same is None:
        row = await (await conn.execute(_INSERT, values)).fetchone()
    else:
        row = await (await conn.execute(_COMPLETE, {**values, "id": same["id"]})).fetchone()
    assert row is not None  # noqa: S101 - both statements return their row
    return vehicle_from(row), str(owner["phone"])


def vehicle_from(row: Row) -> Vehicle:
    """Build a vehicle from its row."""
    return Vehicle(**row)
