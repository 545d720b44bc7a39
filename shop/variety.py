"""Choosing among ways to say the same thing, so that a caller never hears one twice in a row."""

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(slots=True)
class Variety:
    """Goes round each list of sentences, and never repeats what was said just before."""

    _next: dict[tuple[str, ...], int] = field(default_factory=dict)
    _last: str | None = None

    def pick(self, ways: Sequence[str]) -> str:
        """Return the next of `ways`; the same one twice in a row only where there is no other."""
        key = tuple(ways)
        place = self._next.get(key, 0)
        if len(key) > 1 and key[place % len(key)] == self._last:
            place += 1
        self._next[key] = place + 1
        self._last = key[place % len(key)]
        return self._last
