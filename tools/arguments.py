"""What a model may hand a tool: text made clean, ids made numbers, everything else left to fail."""

import math
import re
import unicodedata
from collections.abc import Mapping
from typing import Any

ID_ARGUMENTS = frozenset({"customer_id", "vehicle_id", "appointment_id"})

NO_ID = 2**63
"""Stands for every number that no row can have: one more than the database can count to."""

LONGEST_CLEANED = 20_000
"""Longer text is refused as it is, before any work is done on it."""

_DEEPEST = 2
_ID_TEXT = re.compile(r"-?\d{1,19}", re.ASCII)
_DIGITS_TEXT = re.compile(r"-?\d{20,}", re.ASCII)
_KEPT_IN_NAMES = frozenset(" '\N{RIGHT SINGLE QUOTATION MARK}-.,&/()")


class NotAnArgument:
    """A value of a kind that no argument has, such as a list; every argument refuses it."""


def cleaned(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments with clean text, without the ones that say nothing.

    Models fill optional arguments with "" or null when they have nothing to say.
    """
    return _object(raw, 0)


def clean_text(text: str) -> str:
    """Return one line of text without control characters, bidirectional marks and lone surrogates.

    A database refuses NUL and lone surrogates; the rest makes a screen show what is not there.
    """
    if len(text) > LONGEST_CLEANED:
        return text
    plain = "".join(
        " " if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"} else c
        for c in unicodedata.normalize("NFC", text)
    )
    return " ".join(plain.split())


def clean_name(text: str) -> str:
    """Return a name or a car's make without what no name has, such as quotes, brackets or emoji."""
    kept = "".join(c for c in text if c in _KEPT_IN_NAMES or unicodedata.category(c)[0] in "LMN")
    return " ".join(kept.split()).strip(" -.,&/()") if any(map(str.isalnum, kept)) else ""


def _object(raw: Mapping[str, Any], depth: int) -> dict[str, Any]:
    given = {str(key): _value(str(key), value, depth) for key, value in raw.items()}
    return {key: value for key, value in given.items() if value not in (None, "", {})}


def _value(name: str, value: Any, depth: int) -> Any:
    if name in ID_ARGUMENTS and value is not None and value != "":
        return _id(value)
    if isinstance(value, str):
        return clean_text(value)
    # No argument is a yes or no, and pydantic would read a true as the number one.
    if isinstance(value, bool):
        return NotAnArgument()
    if isinstance(value, int):
        return value if value.bit_length() < 64 else NotAnArgument()
    if value is None or isinstance(value, float):
        return value
    if isinstance(value, Mapping) and depth < _DEEPEST:
        return _object(value, depth + 1)
    return NotAnArgument()


def _id(value: Any) -> Any:
    """Return a row's number from 12, 12.0 or "12"; one that no row can have as NO_ID."""
    if isinstance(value, str):
        text = value.strip()
        if _DIGITS_TEXT.fullmatch(text):
            return NO_ID
        value = int(text) if _ID_TEXT.fullmatch(text) else NotAnArgument()
    if isinstance(value, float) and math.isfinite(value) and value == int(value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return NotAnArgument()
    return value if -NO_ID <= value < NO_ID else NO_ID
