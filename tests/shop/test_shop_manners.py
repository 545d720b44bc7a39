"""Hold on, recordings, and never the same sentence twice in a row."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.holding import asks_to_hold, is_aside
from shop.machines import is_machine
from shop.variety import Variety

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    "text",
    [
        "Hold on a second.",
        "Hold on.",
        "hang on a sec",
        "One moment.",
        "One moment please.",
        "Just a minute.",
        "Give me a second.",
        "Okay, give me just a second.",
        "Wait a minute.",
        "Let me get my card.",
        "Let me grab my registration.",
        "Um, let me go find the registration.",
        "Hang on, let me get my registration.",
        "Can you hold on a moment please?",
        "Could you hold?",
        "I need to get my card.",
        "I'll go get it.",
        "Let me check my calendar.",
        "Hold on, let me ask my wife.",
        "Sorry, bear with me.",
        "Let me think.",
    ],
)
def test_a_caller_may_ask_us_to_wait(text: str) -> None:
    """Asking for time, alone or with what for, is no question for the model."""
    assert asks_to_hold(text)


@pytest.mark.parametrize(
    "text",
    [
        "Hold on, that's the wrong day.",
        "Wait, I said Wednesday.",
        "Just a moment ago you said nine.",
        "I need to get an oil change on Tuesday at two.",
        "I need to check if you have anything on Friday.",
        "One oil change please.",
        "Let me get that appointment on Tuesday.",
        "I want to book an appointment.",
        "Can you hold the car until six?",
        "No.",
        "",
    ],
)
def test_a_wish_is_not_taken_for_waiting(text: str) -> None:
    """Whatever holds an answer or a wish goes to the model."""
    assert not asks_to_hold(text)


@pytest.mark.parametrize("text", ["um", "Where is it", "hold on", "hmm, let's see", "almost there"])
def test_muttering_does_not_end_a_hold(text: str) -> None:
    """Words said to oneself are not answered."""
    assert is_aside(text)


@pytest.mark.parametrize("text", ["Okay.", "Okay, I'm back.", "Hello?", "It's 7KLM204.", "Yes"])
def test_words_for_us_end_a_hold(text: str) -> None:
    """A plain okay is how people come back."""
    assert not is_aside(text)


@pytest.mark.parametrize(
    "text",
    [
        "You have reached the voicemail of Jim Baker.",
        "Please leave a message after the tone.",
        "I can't come to the phone right now, leave your name after the beep.",
        "For sales, press one. For service, press two.",
        "Press 1 to speak to an agent.",
        "We have been trying to reach you about your car's extended warranty is about to expire.",
        "Your call is important to us. Please stay on the line.",
        "This is an automated message from your bank.",
        "The number you have dialed is not in service.",
    ],
)
def test_a_recording_gives_itself_away(text: str) -> None:
    """Mailboxes, menus and advertising machines say what people do not."""
    assert is_machine(text)


@pytest.mark.parametrize(
    "text",
    [
        "Can I leave a message for the mechanic?",
        "My car makes a beep when I brake.",
        "Is my car under warranty?",
        "The brake pedal is hard to press, one time it did not stop.",
        "I'd like an oil change. Is Tuesday available?",
        "I got your message yesterday.",
        "My husband is not available on Tuesday, call me instead.",
        "I pressed one and nothing happened.",
    ],
)
def test_people_are_not_taken_for_machines(text: str) -> None:
    """The same words in a person's sentence are no recording."""
    assert not is_machine(text)


@given(st.lists(st.sampled_from([("a",), ("a", "b"), ("b", "c", "a"), ("c", "d")]), max_size=30))
def test_nothing_is_said_twice_in_a_row(lists: list[tuple[str, ...]]) -> None:
    """Except where there is only one way to say it."""
    variety = Variety()
    said = [variety.pick(ways) for ways in lists]
    for (one, other), ways in zip(pairwise(said), lists[1:], strict=True):
        assert one != other or ways == ("a",)
