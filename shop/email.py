"""Email addresses: read as written or as spoken, checked for form and never for existence."""

import re

LONGEST_EMAIL = 254
"""RFC 5321, 4.5.3.1.3, less the angle brackets."""

_ADDRESS = re.compile(
    r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}",
    re.ASCII | re.IGNORECASE,
)
_SAID = (
    (re.compile(r"\s+at\s+", re.IGNORECASE), "@"),
    (re.compile(r"\s+dot\s+", re.IGNORECASE), "."),
    (re.compile(r"\s+underscore\s+", re.IGNORECASE), "_"),
    (re.compile(r"\s+(?:dash|hyphen)\s+", re.IGNORECASE), "-"),
)
_LONGEST_LOCAL_PART = 64


class BadEmail(ValueError):
    """Not an email address; `reason` says why in plain words."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def parse_email(text: str) -> str:
    """Return an address such as dana@example.com, also from "dana at example dot com".

    The part after the @ comes back in small letters. Raises BadEmail.
    """
    if len(text) > LONGEST_EMAIL:
        raise BadEmail("that is too long for an email address")
    address = text.strip()
    if "@" not in address:
        for said, sign in _SAID:
            address = said.sub(sign, address)
    address = re.sub(r"\s*([@.])\s*", r"\1", address).rstrip(".")
    local, _, domain = address.rpartition("@")
    if not _ADDRESS.fullmatch(address) or len(local) > _LONGEST_LOCAL_PART:
        raise BadEmail("that is not an email address")
    return f"{local}@{domain.lower()}"
