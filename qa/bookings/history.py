"""What was asked, what was answered, what the books and the calendar say: the evidence, as values.

Instants are seconds since 1970, all of this machine's clock.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

LIVE = frozenset({"scheduled", "confirmed"})

Kind = Literal["book", "move", "cancel", "look"]
Actor = Literal["caller", "desk", "calendar"]
Outcome = Literal["success", "refused", "ambiguous", "bug", "silence"]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One thing that somebody tried: a caller, the desk (by SQL) or people in the calendar.

    `wish` names what is wanted, the same for every repetition; it is also the visit's note. `start`
    is the time wished for. `ambiguous` says that whoever asked could not know what came of it.
    """

    id: int
    actor: Actor
    kind: Kind
    wish: str
    began_at: float
    ended_at: float
    outcome: Outcome
    code: str = ""
    appointment_id: int | None = None
    start: float | None = None
    told_id: int | None = None
    told_start: float | None = None
    detail: str = ""

    @property
    def may_have_worked(self) -> bool:
        """Say whether it could have changed the books."""
        return self.outcome != "refused"


@dataclass(frozen=True, slots=True)
class Version:
    """A row of `appointments` as one committed statement left it; `seq` is their order."""

    seq: int
    at: float
    id: int
    wish: str
    status: str
    start: float
    end: float
    blocked_until: float
    bay: int
    technician: str | None
    vehicle_id: int | None
    gone: bool = False

    @property
    def live(self) -> bool:
        """Say whether it occupies its bay."""
        return not self.gone and self.status in LIVE


@dataclass(frozen=True, slots=True)
class Event:
    """An event of ours in the calendar that is not cancelled."""

    id: str
    appointment_id: int
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule that was broken, and the evidence in one line."""

    rule: str
    evidence: str


@dataclass(frozen=True, slots=True)
class History:
    """Everything the checker looks at; `rows` are the table at the end."""

    attempts: tuple[Attempt, ...] = ()
    versions: tuple[Version, ...] = ()
    rows: tuple[Version, ...] = ()
    events: tuple[Event, ...] = ()

    def write(self, path: Path) -> None:
        """Write it as JSON lines, each with the name of its kind."""
        parts: dict[str, Iterable[Any]] = {
            "attempt": self.attempts,
            "version": self.versions,
            "row": self.rows,
            "event": self.events,
        }
        with path.open("w", encoding="utf-8") as file:
            for name, values in parts.items():
                file.writelines(json.dumps({"is": name} | asdict(one)) + "\n" for one in values)

    @classmethod
    def read(cls, path: Path) -> "History":
        """Read what `write` wrote."""
        attempts, versions, rows, events = [], [], [], []
        for line in path.read_text(encoding="utf-8").splitlines():
            values = json.loads(line)
            match values.pop("is"):
                case "attempt":
                    attempts.append(Attempt(**values))
                case "version":
                    versions.append(Version(**values))
                case "row":
                    rows.append(Version(**values))
                case "event":
                    events.append(Event(**values))
        return cls(tuple(attempts), tuple(versions), tuple(rows), tuple(events))


@dataclass(slots=True)
class Journal:
    """Collects attempts while they happen, numbering them."""

    attempts: list[Attempt] = field(default_factory=list)
    _next: int = 0

    def number(self) -> int:
        """Return the id of the next attempt."""
        self._next += 1
        return self._next

    def add(self, attempt: Attempt) -> Attempt:
        """Note an attempt that has ended."""
        self.attempts.append(attempt)
        return attempt
