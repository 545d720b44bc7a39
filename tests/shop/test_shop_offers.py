"""What the agent's own sentences offer, announce or admit."""

import pytest

from shop.offers import announces_transfer, did_not_understand, offers

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    "said",
    [
        "¿Quiere que le pase con alguien del taller?",
        "Shall I get someone for you?",
        "I'm sorry. Would you like me to put you through to someone?",
        "Would you like to speak with a person?",
        "Should I transfer you to the shop?",
        "Do you want me to connect you with someone?",
        "Can I get someone from the shop on the line?",
        "I'm having trouble. Shall I get someone from the shop on the line?",
    ],
)
def test_an_offer_of_a_person_is_known(said: str) -> None:
    """A yes to these means that somebody is to be called."""
    assert offers(said) == "person"


@pytest.mark.parametrize(
    "said",
    [
        "May someone from the shop call you back?",
        "I'm sorry, our books don't answer right now. May someone from the shop call you back?",
        "¿Quiere dejar un mensaje?",
        "¿Quiere que alguien le llame?",
        "Shall I take a message?",
        "Would you like to leave a message?",
        "Would you like a call back?",
        "Should I have someone call you back?",
    ],
)
def test_an_offer_of_a_message_is_known(said: str) -> None:
    """A yes to these means that a message is to be taken."""
    assert offers(said) == "message"


@pytest.mark.parametrize(
    "said",
    [
        "What can I do for you?",
        "Would you like two or three?",
        "I'll put you through.",
        "Someone will call you.",
        "Shall I book it?",
        "Can you tell me the day?",
        "Shall I take a message? Or would you like Tuesday at two?",
    ],
)
def test_other_sentences_offer_no_one(said: str) -> None:
    """A yes to these is the model's to understand."""
    assert offers(said) is None


@pytest.mark.parametrize(
    "said",
    [
        "Le paso con alguien.",
        "Le comunico con el taller.",
        "I'll put you through to someone.",
        "Sure. Let me put you through.",
        "I'll transfer you now.",
        "Let me get someone for you.",
        "I'll get someone on the line.",
        "Let me connect you with the shop.",
        "One moment, I'll put you through.",
        "I am going to transfer you to a person.",
        "Of course, I'll connect you to a manager.",
        "I'm transferring you now.",
        "You're being connected to the shop.",
        "I've put you through.",
        "I'll put you through now, please hold.",
    ],
)
def test_an_announced_transfer_is_known(said: str) -> None:
    """These words must become true."""
    assert announces_transfer(said)


@pytest.mark.parametrize(
    "said",
    [
        "I can't put you through.",
        "I'll put you down for Tuesday.",
        "Shall I put you through?",
        "Let me get you booked.",
        "If you like, I'll put you through.",
        "I'm not able to transfer you.",
        "Let me check the times.",
        "Someone will call you back.",
        "I'll get the price for you.",
    ],
)
def test_other_announcements_are_no_transfer(said: str) -> None:
    """Offers, denials and other errands call nobody."""
    assert not announces_transfer(said)


@pytest.mark.parametrize(
    ("said", "lost"),
    [
        ("I didn't catch that.", True),
        ("Perdón, no le entendí. ¿Puede repetirlo?", True),
        ("I'm sorry, I didn't quite understand. Could you say that again?", True),
        ("Could you repeat that?", True),
        ("I lost you for a moment. Could you say that again?", True),
        ("I have ten and eleven free.", False),
        ("Could you tell me your name?", False),
    ],
)
def test_an_agent_that_did_not_understand_says_so(said: str, lost: bool) -> None:
    """Asking again is told from asking on."""
    assert did_not_understand(said) is lost
