"""What came of a call, in one word and one sentence, from the tools' answers alone."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pytest

from shop.facts import gather
from shop.outcome import Outcome, outcome
from shop.shopfile import Shop

pytestmark = pytest.mark.unit

BOOKED = (
    "book_appointment",
    {
        "success": True,
        "appointment_id": 7,
        "scheduled_at": "2026-11-24T14:00:00",
        "service_type": "oil_change",
        "message": "You're booked: an oil change on Tuesday the twenty-fourth at two.",
    },
)
MOVED = (
    "reschedule_appointment",
    {
        "success": True,
        "appointment_id": 7,
        "scheduled_at": "2026-11-25T10:30:00",
        "message": "Your oil change is now Wednesday at ten thirty.",
    },
)
CANCELLED = ("cancel_appointment", {"success": True, "appointment_id": 7, "message": "Cancelled."})
REFUSED = ("book_appointment", {"success": False, "error": "slot_taken", "message": "Taken."})
Results = Sequence[tuple[str, Mapping[str, Any]]]


def _outcome(shop: Shop, results: Results, name: str | None = "Dana Whitfield", **how: Any) -> Any:
    how = {"caller_spoke": True, "wrong_number": False, "ended_by": "caller", **how}
    facts = gather(results, shop, date(2026, 11, 22))
    asked = [tool for tool, result in results if result["success"]]
    return outcome(facts, name, asked, **how)


@pytest.mark.parametrize(
    ("results", "word", "sentence"),
    [
        (
            [BOOKED],
            "booked",
            "Dana Whitfield booked an oil change for Tuesday the twenty-fourth at two in the "
            "afternoon.",
        ),
        (
            [BOOKED, MOVED],
            "moved",
            "Dana Whitfield moved an oil change to Wednesday the twenty-fifth at ten thirty in the "
            "morning.",
        ),
        (
            [BOOKED, CANCELLED],
            "cancelled",
            "Dana Whitfield cancelled an oil change for Tuesday the twenty-fourth at two in the "
            "afternoon.",
        ),
        ([CANCELLED], "cancelled", "Dana Whitfield cancelled a visit."),
        ([REFUSED], "answered", "Dana Whitfield asked a question and changed nothing."),
        ([], "answered", "Dana Whitfield asked a question and changed nothing."),
        (
            [("get_available_slots", {"success": True})],
            "answered",
            "Dana Whitfield asked for free times and changed nothing.",
        ),
    ],
)
def test_the_last_change_counts(shop: Shop, results: Results, word: str, sentence: str) -> None:
    """The sentence names who, what and when, as people say it."""
    assert _outcome(shop, results) == Outcome(word, sentence)


def test_a_stranger_is_called_so(shop: Shop) -> None:
    """Nobody's name is made up."""
    assert _outcome(shop, [BOOKED], None).sentence.startswith("A caller not on file booked an oil")


def test_how_it_ended_counts_when_nothing_was_done(shop: Shop) -> None:
    """Errors, silence and wrong numbers have words of their own; a booking outweighs them."""
    assert _outcome(shop, [], ended_by="error").word == "error"
    assert _outcome(shop, [], caller_spoke=False).word == "abandoned"
    assert _outcome(shop, [], wrong_number=True).word == "wrong_number"
    assert _outcome(shop, [BOOKED], ended_by="error").word == "booked"


@pytest.mark.parametrize(
    ("did", "word"), [("take_message", "message"), ("transfer", "transferred")]
)
def test_what_the_service_did_counts_before_how_it_ended(shop: Shop, did: str, word: str) -> None:
    """A message taken or a transfer is told, unless the books were changed."""
    assert _outcome(shop, [], did=[did], ended_by="error").word == word
    assert _outcome(shop, [BOOKED], did=[did]).word == "booked"
