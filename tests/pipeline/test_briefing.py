"""What a person hears before they take a call over."""

from typing import Any

import pytest
from handover_world import DANA, desk

from pipeline.briefing import LONGEST_QUOTE, briefing
from pipeline.record import ToolUse
from shop.types import Customer

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("customer", "phone", "who"),
    [
        (DANA, "+15035550142", "On the line is Dana Whitfield."),
        (None, "+15035550190", "On the line is a caller whose number ends in 0 1 9 0."),
        (None, None, "On the line is a caller without a number."),
    ],
)
def test_it_says_who_is_on_the_line(customer: Customer | None, phone: str | None, who: str) -> None:
    """By name when we know it, by the end of the number otherwise."""
    at = desk(customer=customer, phone=phone)
    assert briefing(at.record) == f"A call for Bayline Auto Care. {who}"


@pytest.mark.parametrize(
    ("arguments", "about"),
    [
        ({"service_type": "oil change", "scheduled_at": "2026-11-26T14:00:00"},
         "about oil change on Thursday the twenty-sixth at two in the afternoon."),
        ({"date": "2026-11-25", "service_type": "brake_inspection"},
         "about brake inspection tomorrow."),
        ({"appointment_id": 3, "new_scheduled_at": "2026-11-26T09:00:00"},
         "about a visit on Thursday the twenty-sixth at nine in the morning."),
        ({"service_type": "nonsense", "date": "someday"}, "Dana Whitfield."),
        ({"query": "Dana"}, "Dana Whitfield."),
    ],
)  # fmt: skip
def test_it_says_what_the_call_was_about(arguments: dict[str, Any], about: str) -> None:
    """Service and day of the last tool call, as far as they can be understood."""
    at = desk()
    at.record.used(ToolUse("some_tool", arguments, "ok", 1, ""))
    assert briefing(at.record).endswith(about)


def test_the_callers_own_words_are_quoted_briefly() -> None:
    """The last thing they said, cut where it goes on and on."""
    at = desk()
    at.record.say("caller", "My brakes squeal.")
    at.record.say("agent", "One moment.")
    assert briefing(at.record).endswith("They said: My brakes squeal.")
    at.record.say("caller", "and then it went bang " * 30)
    said = briefing(at.record).partition("They said: ")[2]
    assert said.endswith("and so on.") and len(said) < LONGEST_QUOTE + 20
