"""What must be true of a whole history, one function a rule; pure."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from itertools import combinations, pairwise

from qa.bookings.history import Attempt, Event, History, Version, Violation

COMMIT_SLACK_S = 2.0
"""A row's version carries the time of its statement; until the commit others see the one before."""

ABOUT_PLACES = frozenset({"slot_taken", "vehicle_busy"})
"""Refusals that mean somebody else was quicker."""


def check(history: History) -> list[Violation]:
    """Return every violation of every rule, in their order."""
    return [found for rule in RULES for found in rule(history)]


def overlap(history: History) -> Iterator[Violation]:
    """No bay, technician or car has two live visits at once, at any moment of the history."""
    live: dict[int, Version] = {}
    for version in _in_order(history):
        live.pop(version.id, None)
        if version.live:
            for other in live.values():
                yield from _shared(version, other)
            live[version.id] = version
    for one, other in combinations([row for row in history.rows if row.live], 2):
        yield from _shared(one, other)


def _shared(one: Version, other: Version) -> Iterator[Violation]:
    # A car may come back while its bay is still being cleaned.
    together = one.start < other.end and other.start < one.end
    if together and one.vehicle_id is not None and one.vehicle_id == other.vehicle_id:
        yield Violation("car in two places", f"{_row(one)} and {_row(other)}")
    if one.start < other.blocked_until and other.start < one.blocked_until:
        if one.bay == other.bay:
            yield Violation("overlap on a bay", f"{_row(one)} and {_row(other)}")
        if one.technician is not None and one.technician == other.technician:
            yield Violation("overlap of a technician", f"{_row(one)} and {_row(other)}")


def one_for_one_wish(history: History) -> Iterator[Violation]:
    """A wish, however often repeated, never has two live visits, nor a second while one lives."""
    live: dict[str, dict[int, Version]] = defaultdict(dict)
    for version in _in_order(history):
        of_wish = live[version.wish]
        of_wish.pop(version.id, None)
        if version.live:
            of_wish[version.id] = version
            if len(of_wish) > 1:
                both = " and ".join(_row(one) for one in of_wish.values())
                yield Violation("two visits for one wish", f"{version.wish}: {both}")


def everything_was_asked_for(history: History) -> Iterator[Violation]:
    """Each change of the books was asked for by somebody who was not told that it failed."""
    may = [one for one in history.attempts if one.may_have_worked]
    booked = {(one.wish, one.start) for one in may if one.kind == "book"}
    moved = {(one.appointment_id, one.start) for one in may if one.kind == "move"}
    ended = {one.appointment_id for one in may if one.kind == "cancel"}
    for versions in _by_row(history).values():
        first = versions[0]
        if (first.wish, first.start) not in booked:
            yield Violation("a visit nobody may have", _told(history, first, "book"))
        for before, after in pairwise(versions):
            if after.live and after.start != before.start and (after.id, after.start) not in moved:
                yield Violation("moved although refused", _told(history, after, "move"))
            if before.live and not after.live and after.id not in ended:
                yield Violation("ended although nobody cancelled", _told(history, after, "cancel"))
            if after.live and not before.live:
                yield Violation("alive again", _row(after))


def promises_kept(history: History) -> Iterator[Violation]:
    """Whatever was announced as done stood in the books at that moment, and as announced."""
    rows = _by_row(history)
    for one in history.attempts:
        if one.outcome != "success" or one.kind == "look":
            continue
        row_id = one.told_id if one.kind == "book" else one.appointment_id
        seen = _seen(rows.get(row_id or 0, []), one)
        if not seen:
            yield Violation("announced but not in the books", _said(one))
        elif one.kind == "cancel":
            if all(version.live for version in seen):
                yield Violation(
                    "announced as cancelled but live", f"{_said(one)}: {_row(seen[-1])}"
                )
        elif not any(version.live and version.start == one.told_start for version in seen):
            yield Violation("announced but not so", f"{_said(one)}: {_row(seen[-1])}")
        elif one.kind == "book" and seen[0].wish != one.wish:
            yield Violation("announced somebody else's visit", f"{_said(one)}: {_row(seen[0])}")


def refusals_kept(history: History) -> Iterator[Violation]:
    """Nobody is told no about a visit that stood before they asked, nor as the last word.

    Two who ask at the same moment may hear no and yes: the place came free between the two.
    """
    wishes: dict[str, list[Attempt]] = defaultdict(list)
    visits: dict[str, list[Version]] = defaultdict(list)
    for one in history.attempts:
        if one.kind == "book" and one.actor == "caller":
            wishes[one.wish].append(one)
    for versions in _by_row(history).values():
        visits[versions[0].wish] += versions
    standing = {row.wish: row for row in history.rows if row.live}
    for wish, attempts in wishes.items():
        for one in attempts:
            found = _at(visits[wish], one.ended_at)
            if one.outcome != "refused" or one.code not in ABOUT_PLACES or found is None:
                continue
            told = (other.ended_at for other in attempts if other.told_id == found.id)
            if min(found.at + COMMIT_SLACK_S, *told, float("inf")) <= one.began_at:
                yield Violation("told no of a visit that stands", f"{_said(one)}: {_row(found)}")
        last = max(attempts, key=lambda one: one.ended_at)
        never = all(one.outcome != "success" for one in attempts)
        if never and last.outcome == "refused" and wish in standing:
            yield Violation("told no, but booked", f"{_said(last)}: {_row(standing[wish])}")


def moves_are_atomic(history: History) -> Iterator[Violation]:
    """While a visit is being moved there is exactly one of it, at the old place or the new."""
    rows = _by_row(history)
    ended = {
        one.appointment_id
        for one in history.attempts
        if one.kind == "cancel" and one.may_have_worked
    }
    for one in history.attempts:
        if one.kind != "move" or one.appointment_id not in rows:
            continue
        for version in rows[one.appointment_id]:
            during = one.began_at <= version.at <= one.ended_at + COMMIT_SLACK_S
            if during and not version.live and version.id not in ended:
                yield Violation("gone while it was moved", f"{_said(one)}: {_row(version)}")
        for version in history.versions:
            twin = version.wish == rows[one.appointment_id][0].wish
            during = one.began_at <= version.at <= one.ended_at
            if twin and during and version.live and version.id != one.appointment_id:
                yield Violation("two while it was moved", f"{_said(one)}: {_row(version)}")


def calendar_agrees(history: History) -> Iterator[Violation]:
    """In the end each live visit has exactly one event with its times, and no event is left."""
    events: dict[int, list[Event]] = defaultdict(list)
    for event in history.events:
        events[event.appointment_id].append(event)
    live = {row.id: row for row in history.rows if row.live}
    for row in live.values():
        found = events[row.id]
        if not found:
            yield Violation("no event", _row(row))
        if len(found) > 1:
            yield Violation("several events", f"{_row(row)}: {[event.id for event in found]}")
        for event in found:
            if (event.start, event.end) != (row.start, row.end):
                times = f"{event.start:.0f} to {event.end:.0f}"
                yield Violation("event at another time", f"{_row(row)}: event at {times}")
    for row_id, found in events.items():
        if row_id not in live:
            ids = [event.id for event in found]
            yield Violation("event without a live visit", f"visit {row_id}: {ids}")


def books_add_up(history: History) -> Iterator[Violation]:
    """The table is what the recorded changes make it: the record itself may be believed."""
    last = {row_id: versions[-1] for row_id, versions in _by_row(history).items()}
    expected = {row_id: _state(row) for row_id, row in last.items() if not row.gone}
    found = {row.id: _state(row) for row in history.rows}
    for row_id in sorted(expected.keys() | found.keys()):
        if expected.get(row_id) != found.get(row_id):
            both = f"recorded {expected.get(row_id)}, in the table {found.get(row_id)}"
            yield Violation("the record is incomplete", f"visit {row_id}: {both}")


def always_an_answer(history: History) -> Iterator[Violation]:
    """No tool fails in a way it does not know, and none stays silent."""
    for one in history.attempts:
        if one.outcome in ("bug", "silence"):
            yield Violation(one.outcome, f"{_said(one)}: {one.detail}")


RULES: tuple[Callable[[History], Iterator[Violation]], ...] = (
    overlap,
    one_for_one_wish,
    everything_was_asked_for,
    promises_kept,
    refusals_kept,
    moves_are_atomic,
    calendar_agrees,
    books_add_up,
    always_an_answer,
)


def _in_order(history: History) -> list[Version]:
    return sorted(history.versions, key=lambda version: version.seq)


def _by_row(history: History) -> dict[int, list[Version]]:
    rows: dict[int, list[Version]] = defaultdict(list)
    for version in _in_order(history):
        rows[version.id].append(version)
    return rows


def _seen(versions: list[Version], one: Attempt) -> list[Version]:
    """Return the versions of a row that somebody could have read while `one` was under way."""
    ends = [*(after.at + COMMIT_SLACK_S for after in versions[1:]), float("inf")]
    return [
        version
        for version, until in zip(versions, ends, strict=False)  # of no version, no end either
        if version.at <= one.ended_at and until >= one.began_at
    ]


def _at(versions: list[Version], at: float) -> Version | None:
    """Return the live visit among the versions of one wish that stood at a moment."""
    last: dict[int, Version] = {}
    for version in versions:
        if version.at <= at:
            last[version.id] = version
    return next((version for version in last.values() if version.live), None)


def _state(row: Version) -> tuple[str, float, float, int, str | None]:
    return row.status, row.start, row.end, row.bay, row.technician


def _row(row: Version) -> str:
    state = "deleted" if row.gone else row.status
    where = f"bay {row.bay}" + (f", {row.technician}" if row.technician else "")
    when = f"{row.start:.0f} to {row.blocked_until:.0f}"
    return (
        f"visit {row.id} ({state}, {when}, {where}, car {row.vehicle_id}, {row.wish or 'no note'})"
    )


def _said(one: Attempt) -> str:
    about = f" visit {one.appointment_id}" if one.appointment_id is not None else ""
    when = f" to {one.start:.0f}" if one.start is not None else ""
    what = f"{one.actor}: {one.kind}{about}{when}, {one.wish or 'no note'}"
    return f"attempt {one.id} ({what}) {one.outcome}"


def _told(history: History, version: Version, kind: str) -> str:
    about = [
        one
        for one in history.attempts
        if one.kind == kind and (version.wish == one.wish or version.id == one.appointment_id)
    ]
    told = Counter(f"{one.outcome} {one.code}".strip() for one in about)
    return f"{_row(version)}; answers about it: {dict(told) or 'nobody asked'}"
