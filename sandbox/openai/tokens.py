"""How many tokens a text is and which part of a prompt the vendor would have cached."""

import hashlib
import json
import re
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any

_PIECE = re.compile(r"\s?\w+|\s?[^\w\s]+|\s+")
_CACHE_STEP, _CACHE_MIN = 128, 1024


def pieces(text: str) -> list[str]:
    """Cut a text into pieces of about a word, which joined give the text again."""
    return _PIECE.findall(text)


def count(text: str) -> int:
    """Estimate the tokens of a text: a word is one, a long one more."""
    return sum(1 + (len(piece.strip()) - 1) // 8 for piece in pieces(text)) if text else 0


class PromptCache:
    """Remembers prompt prefixes as the vendor does: from 1024 tokens, in steps of 128."""

    def __init__(self, limit: int = 2000) -> None:
        self._seen: OrderedDict[str, None] = OrderedDict()
        self._limit = limit

    def measure(self, body: Mapping[str, Any]) -> tuple[int, int]:
        """Give the prompt's tokens and how many of them were cached, and remember the prompt."""
        parts: Sequence[Any] = [body.get("tools") or [], *body.get("messages", [])]
        digest = hashlib.sha256()
        total, cached, fresh = 3, 0, []
        for part in parts:
            text = json.dumps(part, sort_keys=True)
            digest.update(text.encode())
            total += 3 + count(re.sub(r'[{}\[\]":,]+', " ", text))
            key = digest.hexdigest()
            if key in self._seen:
                cached = total
                self._seen.move_to_end(key)
            else:
                fresh.append(key)
        for key in fresh:
            self._seen[key] = None
        while len(self._seen) > self._limit:
            self._seen.popitem(last=False)
        return total, cached // _CACHE_STEP * _CACHE_STEP if cached >= _CACHE_MIN else 0
