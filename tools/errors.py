"""What a tool may answer instead of a result: a stable code and a sentence a caller may hear.

ToolError
|- AskCaller    arguments wrong or missing      -> the model asks again
|- Refused      the shop says no                -> the model offers the next best thing
`- Unavailable  calendar or database is away    -> the model apologises once, offers a call back
"""

from collections.abc import Mapping
from typing import Any


class ToolError(Exception):
    """A failure the model is told about: `code` is stable, `say` may be spoken as it stands."""

    def __init__(self, code: str, say: str, details: Mapping[str, Any] | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.say = say
        self.details = dict(details or {})


class AskCaller(ToolError):
    """Something is missing or cannot be right; the caller can put it right."""


class Refused(ToolError):
    """Understood, and the answer is no."""


class Unavailable(ToolError):
    """A part this needs does not answer; nothing was changed."""


def not_authorized() -> Refused:
    """Refuse an id that is not the verified caller's; says nothing about whether it exists."""
    return Refused(
        "not_authorized",
        "I can only look at visits and cars that belong to you. "
        "Could you tell me your full name and the phone number we have on file?",
    )


def who_are_you() -> Refused:
    """Ask for a second fact; the same words whether anybody matched the first one or not."""
    return Refused(
        "verification_needed",
        "Thank you. To be sure who I'm speaking with, could you also tell me your full name "
        "or the license plate of your car?",
    )


def one_fact_more() -> Refused:
    """Ask a caller who is known by an unconfirmed number alone for one fact before a change."""
    return Refused(
        "verification_needed",
        "Before I change anything, could you tell me your full name "
        "or the license plate of your car?",
    )
