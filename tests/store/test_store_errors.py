"""Tests of the map from vendors' errors to ours."""

import http.client
from collections.abc import Iterator

import google.auth.exceptions
import googleapiclient.errors
import httplib2
import httpx
import psycopg
import psycopg_pool
import pytest
import redis.exceptions

from store.errors import (
    CalendarUnavailable,
    StoreError,
    Unavailable,
    VinUnavailable,
    meaning,
    translated,
)

pytestmark = pytest.mark.unit

BASES = (
    psycopg.Error,
    psycopg_pool.PoolClosed,
    psycopg_pool.PoolTimeout,
    psycopg_pool.TooManyRequests,
    redis.exceptions.RedisError,
    googleapiclient.errors.Error,
    google.auth.exceptions.GoogleAuthError,
    httplib2.error.HttpLib2Error,
    http.client.HTTPException,
    httpx.HTTPError,
    httpx.InvalidURL,
    httpx.StreamError,
)


def descendants(kind: type[Exception]) -> Iterator[type[Exception]]:
    """Yield a class and everything below it."""
    yield kind
    for child in kind.__subclasses__():
        yield from descendants(child)


@pytest.mark.parametrize("base", BASES, ids=lambda kind: kind.__name__)
def test_every_vendor_error_has_a_meaning(base: type[Exception]) -> None:
    """No error class of a client library is left without one of ours."""
    for kind in descendants(base):
        found = meaning(kind)
        assert found is not None, kind
        assert issubclass(found, StoreError)


def test_absent_vendors_are_unavailable() -> None:
    """A database that is gone, a closed pool, a lost Google and NHTSA all mean: not available."""
    for gone in (psycopg.OperationalError("x"), psycopg_pool.PoolTimeout("x")):
        assert isinstance(translated(gone), Unavailable)
    assert isinstance(translated(httplib2.ServerNotFoundError("x")), CalendarUnavailable)
    assert isinstance(translated(httpx.ReadTimeout("x")), VinUnavailable)


def test_other_errors_are_not_taken_for_vendors() -> None:
    """A bug of ours stays what it is."""
    assert translated(KeyError("x")) is None
