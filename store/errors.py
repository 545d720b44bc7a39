"""What can go wrong with what is remembered, and which vendor error means which of these.

StoreError
|- SlotTaken             no bay is free then, or somebody was quicker
|- VehicleBusy           that car already has a visit then
|- PhoneTaken            another customer has that number
|- NotFound              no such row
|- Rejected              the database will not take such a value
|- Unavailable           a part does not answer; trying later may help
|  |- DatabaseUnavailable
|  |- CalendarUnavailable
|  |  |- CalendarTimeout
|  |  |- CalendarQuota     too many requests; says how long to wait
|  |  |- EventChanged      somebody changed the event since we read it
|  |  `- SyncExpired       changes since then are not told any more: list everything
|  |- CacheUnavailable
|  `- VinUnavailable
`- StoreFault            a statement was wrong: a bug of ours
"""

import http.client

import google.auth.exceptions
import googleapiclient.errors
import httplib2
import httpx
import psycopg
import psycopg.errors
import redis.exceptions


class StoreError(Exception):
    """Anything that `store` raises on purpose."""


class SlotTaken(StoreError):
    """No bay is free at that time."""


class VehicleBusy(StoreError):
    """The vehicle already has a live visit that overlaps."""


class PhoneTaken(StoreError):
    """Another customer has that phone number."""


class NotFound(StoreError):
    """There is no such row."""


class Rejected(StoreError):
    """A value cannot be stored: too large, of the wrong form, or against a rule of the table."""


class Unavailable(StoreError):
    """A part does not answer."""


class DatabaseUnavailable(Unavailable):
    """PostgreSQL does not answer, or has not been migrated."""


class CalendarUnavailable(Unavailable):
    """Google does not answer, or answers with an error."""


class CalendarTimeout(CalendarUnavailable):
    """Google did not answer in time; what was asked may still happen."""


class CalendarQuota(CalendarUnavailable):
    """Google has had too many requests; `retry_after_s` is its own wish, 0 when it had none."""

    retry_after_s: float = 0.0


class EventChanged(CalendarUnavailable):
    """The event is not any more as it was when it was read."""


class SyncExpired(CalendarUnavailable):
    """Google tells no changes since that sync token; a full list is needed."""


class CacheUnavailable(Unavailable):
    """Redis does not answer; never leaves `store.cache`, where it is a miss."""


class VinUnavailable(Unavailable):
    """NHTSA does not answer, or not with what it should."""


class StoreFault(StoreError):
    """The database understood us and says the statement is wrong: a bug."""


VENDOR_ERRORS: dict[type[Exception], type[StoreError]] = {
    psycopg.Error: StoreFault,
    psycopg.InterfaceError: DatabaseUnavailable,
    psycopg.OperationalError: DatabaseUnavailable,  # also psycopg_pool.PoolTimeout and PoolClosed
    psycopg.DataError: Rejected,
    psycopg.IntegrityError: Rejected,
    psycopg.errors.ForeignKeyViolation: NotFound,
    psycopg.errors.ExclusionViolation: SlotTaken,
    psycopg.errors.UndefinedTable: DatabaseUnavailable,
    psycopg.errors.UndefinedColumn: DatabaseUnavailable,
    redis.exceptions.RedisError: CacheUnavailable,
    httpx.HTTPError: VinUnavailable,
    httpx.InvalidURL: VinUnavailable,
    httpx.StreamError: VinUnavailable,
    googleapiclient.errors.Error: CalendarUnavailable,
    google.auth.exceptions.GoogleAuthError: CalendarUnavailable,
    httplib2.error.HttpLib2Error: CalendarUnavailable,
    http.client.HTTPException: CalendarUnavailable,  # comes through httplib2 as it is
}
"""Vendor error -> ours; the nearest ancestor of an error's class decides."""

_CONSTRAINTS: dict[str, type[StoreError]] = {
    "appointments_vehicle_once": VehicleBusy,
    "customers_phone_key": PhoneTaken,
}


def meaning(kind: type[BaseException]) -> type[StoreError] | None:
    """Return what a vendor's class of errors means here, None when it is no vendor's."""
    return next((VENDOR_ERRORS[c] for c in kind.__mro__ if c in VENDOR_ERRORS), None)


def translated(exc: Exception) -> StoreError | None:
    """Return what a vendor's error means here, None when it is no vendor's.

    The text is for the log, not for callers. Use it as `raise translated(exc) from exc`.
    """
    kind = meaning(type(exc))
    if kind is None:
        return None
    if isinstance(exc, psycopg.errors.UndefinedTable | psycopg.errors.UndefinedColumn):
        return kind("the database is not at the current schema: run python -m store migrate")
    if isinstance(exc, psycopg.Error):
        kind = _CONSTRAINTS.get(exc.diag.constraint_name or "", kind)
        if exc.diag.message_primary:  # without DETAIL, which quotes the row's values
            return kind(f"{exc.diag.sqlstate}: {exc.diag.message_primary}")
    return kind(f"{type(exc).__name__}: {' '.join(str(exc).split())[:200]}")
