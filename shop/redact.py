"""What was said or written, without card and social-security numbers.

A shop takes no card by telephone: such a number is of no use to it and must be nowhere, neither in
a log nor with a vendor. `shop/card_numbers.py` knows them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shop.card_numbers import (
    MARKS,
    Secret,
    before_rest,
    dangling,
    is_card_number,
    scheme_card,
    secrets,
)
from shop.said_digits import runs


@dataclass(frozen=True, slots=True)
class Redacted:
    """A text without its secrets, and whether it had any."""

    text: str
    found: bool


def redact(text: str) -> Redacted:
    """Return `text` with card numbers, codes and social-security numbers replaced by `MARKS`."""
    found = secrets(text)
    for secret in reversed(found):
        text = text[: secret.start] + MARKS[secret.kind] + text[secret.end :]
    return Redacted(text, bool(found))


def redact_joined(parts: Sequence[str]) -> list[str]:
    """Return the parts of one utterance, such as a turn's finals, without the secrets of the whole.

    A number that is spread over several of them is replaced in each.
    """
    return _replaced(parts, secrets(" ".join(parts)))


def redact_across(parts: Sequence[str]) -> list[str]:
    """Return parts of several utterances without card numbers that run through them.

    Only numbers that are a known scheme's count: what is said in different turns need not belong
    together, and one chance number in ten passes the Luhn check.
    """
    whole = " ".join(parts)
    found = [s for run in runs(whole) if (s := scheme_card(run) or before_rest(whole, run))]
    return _replaced(parts, found)


def redact_turns(turns: Sequence[str]) -> list[str]:
    """Return what one person said in several turns without secrets.

    A turn that ends in digits is read together with the next one if that begins with some.
    """
    redacted: list[str] = []
    chain: list[str] = []
    for turn in turns:
        if chain and not (open_digits(chain[-1]) and _goes_on(turn)):
            redacted += _redact_chain(chain)
            chain = []
        chain.append(turn)
    return redacted + _redact_chain(chain)


def open_digits(text: str) -> str:
    """Return the digits with which `text` breaks off, as they stand there; "" when with none."""
    found = runs(text)
    return text[found[-1].start : found[-1].end] if found and found[-1].ends(text) else ""


def _redact_chain(chain: list[str]) -> list[str]:
    if len(chain) > 1 and dangling(" ".join(chain[:-1])):
        return redact_joined(chain)
    return redact_across([redact(turn).text for turn in chain])


def _goes_on(text: str) -> bool:
    if text.startswith((MARKS["card"], MARKS["rest"])):
        return True
    found = runs(f"0 {text}")
    return bool(found) and len(found[0].groups) > 1


def _replaced(parts: Sequence[str], found: Sequence[Secret]) -> list[str]:
    redacted, start = [], 0
    for part in parts:
        end = start + len(part)
        text = part
        for secret in reversed(found):
            if secret.start < end and secret.end > start:
                head, tail = max(secret.start - start, 0), min(secret.end - start, len(part))
                goes_on = secret.kind == "card" and secret.start < start
                text = text[:head] + MARKS["rest" if goes_on else secret.kind] + text[tail:]
        redacted.append(text)
        start = end + 1
    return redacted


def redact_json(value: Any) -> Any:
    """Return JSON with the secrets in its texts and numbers replaced."""
    if isinstance(value, str):
        return redact(value).text
    if isinstance(value, Mapping):
        return {key: redact_json(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [redact_json(inner) for inner in value]
    if isinstance(value, int) and not isinstance(value, bool) and is_card_number(str(value)):
        return MARKS["card"]
    return value
