"""Tests of reading email addresses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.email import BadEmail, parse_email

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("said", "address"),
    [
        ("dana@example.com", "dana@example.com"),
        (" Dana.W+x@Mail.Example.COM ", "Dana.W+x@mail.example.com"),
        ("dana at example dot com", "dana@example.com"),
        ("d dot w underscore b at my dash mail dot example dot org", "d.w_b@my-mail.example.org"),
        ("dana @ example . com", "dana@example.com"),
        ("dana@example.com.", "dana@example.com"),
    ],
)  # fmt: skip
def test_addresses_are_read_as_written_or_said(said: str, address: str) -> None:
    """Spoken signs become signs, and the domain small letters."""
    assert parse_email(said) == address


@pytest.mark.parametrize(
    "said",
    [
        "", "dana", "@", "dana@", "@example.com", "dana@example", "a@b@example.com", "a b@c.de",
        "dana@-example.com", "dana@exa_mple.com", "..@example.com", "dana@example..com",
        "x" * 65 + "@example.com", "x@" + "y" * 300 + ".com", "\u202edana@example.com",
        "dana@example.com; DROP TABLE customers", "<dana@example.com>",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused(said: str) -> None:
    """Missing parts, two addresses and hostile text are refused."""
    with pytest.raises(BadEmail) as refusal:
        parse_email(said)
    assert refusal.value.reason


@given(st.text())
def test_what_is_read_reads_the_same_again(said: str) -> None:
    """No text breaks it, and an address stays itself."""
    try:
        address = parse_email(said)
    except BadEmail:
        return
    assert parse_email(address) == address
