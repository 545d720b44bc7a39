"""What came of a call, in one word and one sentence, from what its tools answered."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from shop.facts import Facts, Visit
from shop.shopfile import Shop, UnknownService
from shop.speech import speak_date, speak_time

CHANGES = ("booked", "moved", "cancelled")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a call: a word that is counted, and a sentence that is read."""

    word: str
    sentence: str


def outcome(
    facts: Facts,
    name: str | None,
    asked: Sequence[str],
    *,
    caller_spoke: bool,
    wrong_number: bool,
    ended_by: str,
    did: Collection[str] = (),
) -> Outcome:
    """Return what came of a call.

    The last change on the books counts most; then what the service did itself (`did`: `transfer`,
    `take_message`); then how the call ended. `name` is the caller's, None when they are not on
    file; `asked` are the names of the tools that answered with success.
    """
    who = name or "A caller not on file"
    changes = [(kind, visit) for kind, visit in facts.done if kind in CHANGES]
    if changes:
        kind, visit = changes[-1]
        return Outcome(kind, f"{who} {kind} {_visit(facts, kind, visit)}.")
    if "transfer" in did:
        return Outcome("transferred", f"{who} was put through to a person.")
    if "take_message" in did:
        return Outcome("message", f"{who} left a message and waits for a call back.")
    if ended_by == "error":
        return Outcome("error", f"The call of {_object(who)} broke off on an error of ours.")
    if wrong_number:
        return Outcome("wrong_number", f"{who} had dialled the wrong number.")
    if not caller_spoke:
        return Outcome("abandoned", f"{who} said nothing.")
    return Outcome("answered", f"{who} {_asked(asked)} and changed nothing.")


def a_service(shop: Shop, code: str | None) -> str:
    """Return a service with its article: "an oil change", "a visit" where it is not known."""
    try:
        name = shop.service(code).name.lower() if code else "visit"
    except UnknownService:
        name = "visit"
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


def spoken_moment(visit: Visit, today: date) -> str | None:
    """Return when a visit is, as people say it, None when that is not known."""
    if visit.at is None:
        return None
    return f"{speak_date(visit.at.date(), today)} at {speak_time(visit.at)}"


def _visit(facts: Facts, kind: str, visit: Visit | None) -> str:
    if visit is None:
        return "a visit"
    named = a_service(facts.shop, visit.service)
    when = spoken_moment(visit, facts.today)
    if when is None:
        return named
    return f"{named} {'to' if kind == 'moved' else 'for'} {when}"


def _asked(tools: Sequence[str]) -> str:
    if "get_available_slots" in tools:
        return "asked for free times"
    if "get_upcoming_appointments" in tools:
        return "asked about visits on the books"
    return "asked a question"


def _object(who: str) -> str:
    return who[0].lower() + who[1:] if who.startswith("A caller") else who
