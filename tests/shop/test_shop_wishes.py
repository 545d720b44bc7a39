"""What callers want of people, against sentences that say so and sentences that only sound so."""

import pytest

from shop.wishes import agrees, calls_it_off, only_acknowledges, wants_message, wants_person

pytestmark = pytest.mark.unit

PERSON = [
    "Quiero hablar con una persona, por favor.",
    "¿Puedo hablar con alguien?",
    "Páseme con el gerente.",
    "Operadora.",
    "Can I talk to a real person?",
    "Representative.",
    "Operator",
    "operator please",
    "Can I speak to someone at the shop?",
    "I want a human.",
    "I'd like to speak with Mike.",
    "Could I talk to Mike, please?",
    "Is Mike there?",
    "Is the manager in?",
    "Let me talk to the manager.",
    "Get me a manager.",
    "Give me a person, please.",
    "I want to talk to a human being.",
    "Transfer me, please.",
    "Can you transfer me to the service desk?",
    "Connect me with someone.",
    "Please connect me to a representative.",
    "Put me through to the shop.",
    "Can you put someone on the line?",
    "Just put a person on.",
    "I need to speak to a mechanic.",
    "I would rather talk to a person.",
    "I'd prefer to speak to a human.",
    "I don't want to talk to a robot.",
    "I don't want to talk to a machine, okay?",
    "I hate talking to computers.",
    "I'm sick of talking to this machine.",
    "Stop. Real person.",
    "A real person, please.",
    "Live agent.",
    "agent",
    "Human!",
    "No, a human.",
    "Speak to an agent.",
    "Talk to a representative.",
    "Is there someone I can talk to?",
    "Is there anybody there I could speak to?",
    "Is there a person I can talk to about this?",
    "Can't I just talk to somebody?",
    "Why can't I speak to a person?",
    "Could you please get me somebody from the shop?",
    "How do I get through to a person?",
    "How can I reach a human?",
    "Hey, um, can I, uh, talk to somebody?",
    "This isn't working, I want to talk to someone.",
    "Look, I just want to speak to the owner.",
    "May I speak with your supervisor?",
    "I'd like to speak to one of your mechanics.",
    "Can I speak to your service manager?",
    "Get a person on the phone.",
    "I need a person.",
    "I need a human please",
    "I want someone from the shop on the phone. Let me speak to them, get me someone.",
    "Would you mind if I talked to someone? I want to talk to someone.",
    "Please let me speak to customer service.",
    "Can I have a human instead?",
    "Is there someone who speaks Spanish?",
    "Could I get a real person on the line?",
    "Okay, can you transfer this call?",
    "Forward me to the front desk.",
    "You know what, just connect me to the office.",
    "I want to cancel, but I'd like to talk to a person first.",
    "Do you mind if I speak with the owner?",
    "I said representative!",
    "Somebody else please",
    "Is a human available?",
    "Do you think I could talk to a technician?",
    "Switch me over to a person.",
    "Hand me over to someone.",
    "I need to talk to someone about my bill.",
    "Can I talk with Rosa about my brakes?",
    "I wanna talk to somebody.",
    "Can someone there talk to me? I'd like to speak to a person.",
    "Let me speak with a live person.",
    "I'd like to talk to the guys in the garage.",
    "Is the owner around?",
    "Could you connect me to Mike?",
    "Please transfer me to a human.",
    "You're not helping, get me a human.",
    "I'd really like to speak to someone.",
    "I would like to be connected to someone. Put me through.",
    "Speak to the manager please.",
    "Is Rosa available?",
    "Can I get a hold of someone at the shop?",
    "Do you have a person I can talk to?",
    "Could I please have a word? I want to speak to your boss.",
    "Can we talk to the mechanic?",
    "Give me somebody who knows cars, let me talk to a mechanic.",
    "I don't want to deal with a bot.",
]

NO_PERSON = [
    "No quiero hablar con una persona.",
    "Hablé con alguien ayer.",
    "Mi persona favorita es el mecánico.",
    "Is this a real person?",
    "Are you a real person?",
    "Am I talking to a human?",
    "Are you a robot?",
    "Am I speaking to a machine?",
    "No need for a person.",
    "I don't need a representative.",
    "I don't want to talk to a person.",
    "You don't have to transfer me.",
    "Please don't transfer me.",
    "Don't put me through to anyone.",
    "Do I need to talk to a person to cancel?",
    "I need an oil change.",
    "Can someone look at my brakes?",
    "Could somebody check my car on Tuesday?",
    "I need someone to look at my brakes.",
    "I need a mechanic to look at it.",
    "The last person I talked to said Tuesday.",
    "I talked to Mike yesterday.",
    "I spoke with someone last week about this.",
    "Somebody told me you open at nine.",
    "I need to talk to my wife first.",
    "Let me talk to my husband and call back.",
    "I'll speak to my boss about the time.",
    "Can I speak Spanish?",
    "Can you speak up?",
    "Can you speak slower please?",
    "I want to talk about my car.",
    "Can I talk to you about my brakes?",
    "I was speaking to someone and we got cut off.",
    "It's like talking to a person.",
    "My name is Mike.",
    "Mike Manager",
    "I'm the manager of a taxi company.",
    "I'm calling for my son.",
    "Is anyone there?",
    "Hello? Is somebody there?",
    "Is there a slot on Tuesday?",
    "Is there someone else's car in the bay?",
    "Is the car ready?",
    "Is it in the shop?",
    "Will a real person work on my car?",
    "Does a technician check the oil?",
    "Who is the owner of the shop?",
    "Where is the shop?",
    "Can I bring the car to the shop tomorrow?",
    "Can you get me in on Tuesday?",
    "Give me a minute.",
    "Get me an appointment with the mechanic for Tuesday.",
    "Give me the first one.",
    "I'd like two in the afternoon.",
    "Put me down for Tuesday at two.",
    "Put me on the schedule.",
    "Can you transfer my appointment to Friday?",
    "Connect the battery please.",
    "Can a mechanic call my insurance agent?",
    "I'm an insurance agent.",
    "Yes please.",
    "No thanks.",
    "Goodbye.",
    "I have a person with me who drives it.",
    "There are four people in the car.",
    "What do people usually pay?",
    "I'd rather not talk to anyone.",
    "If I need to talk to someone, when are you open?",
    "Can I pay for someone else?",
    "Can you send someone to pick up the car?",
    "My mechanic said I need new pads.",
    "I want someone to rotate the tires.",
    "My wife has a Honda and I have a Toyota.",
    "I already talked to someone about that.",
    "Does the shop have a waiting room?",
    "What time does the manager open the shop?",
    "Is someone going to call me when it's done?",
    "I told the person at the desk on Monday.",
    "Can people wait while it's done?",
    "Is the car in there already?",
    "I'm at the office.",
    "The mechanic said to come back in May.",
    "I'd like to bring someone with me.",
    "My boss has the keys.",
    "Can you talk me through the price?",
    "Does anyone speak to the insurance for me?",
    "Is Tuesday available?",
    "Is two o'clock available?",
    "Is Monday in the morning possible?",
    "That person isn't me.",
    "I'm talking to my wife, hold on.",
    "Sorry, I was talking to someone here.",
    "Are you a human being?",
]

MESSAGE = [
    "Quiero dejar un mensaje.",
    "¿Me pueden llamar más tarde?",
    "Can I leave a message?",
    "Please have someone call me back.",
    "Could someone call me back?",
    "Just take a message please.",
    "I'd like a call back.",
    "Can you have Mike call me?",
    "Tell him to call me back.",
    "Can you pass a message on to the mechanic?",
    "I want someone to call me.",
    "Can you get the manager to call me?",
    "Could you call me back this afternoon?",
]

NO_MESSAGE = [
    "I got a message from you.",
    "I don't want to leave a message.",
    "You said someone would call me back.",
    "I missed your call.",
    "Nobody called me back.",
    "I'll call back later.",
    "Can you call a tow truck?",
    "Call me Dana.",
    "I'm returning your call.",
    "My name is Dana, you can call me D.",
]


@pytest.mark.parametrize("said", PERSON)
def test_a_wish_for_a_person_is_heard(said: str) -> None:
    """However it is put, somebody who wants a human being is understood."""
    assert wants_person(said)


@pytest.mark.parametrize("said", NO_PERSON)
def test_what_only_mentions_people_is_no_wish(said: str) -> None:
    """Questions about persons, refusals, stories and other errands do not start a transfer."""
    assert not wants_person(said)


@pytest.mark.parametrize("said", MESSAGE)
def test_a_wish_to_leave_word_is_heard(said: str) -> None:
    """Leaving a message and being called back are the same wish."""
    assert wants_message(said)


@pytest.mark.parametrize("said", [*NO_MESSAGE, *NO_PERSON])
def test_other_talk_of_calls_is_no_message(said: str) -> None:
    """What was called or said before, or will be, is no wish to leave word."""
    assert not wants_message(said)


@pytest.mark.parametrize(
    "said",
    ["No importa.",
     "Never mind.", "Oh, never mind, I'll call later.", "Stop calling.", "Forget it.",
     "Cancel that.", "Actually, don't bother.", "Okay, you can do it.", "Let me call back."],
)  # fmt: skip
def test_a_caller_may_call_it_off(said: str) -> None:
    """Somebody who no longer wants to wait is understood."""
    assert calls_it_off(said)


@pytest.mark.parametrize(
    "said", ["Okay, thanks.", "How long will it take?", "I need an oil change.", "Still ringing?"]
)
def test_waiting_callers_who_talk_go_on_waiting(said: str) -> None:
    """Other words of somebody who waits do not end the waiting."""
    assert not calls_it_off(said)


@pytest.mark.parametrize(
    ("said", "meant"),
    [("Sí, por favor.", True), ("Claro.", True), ("No, gracias.", False),
     ("Yes.", True), ("Yes, please.", True), ("Sure.", True), ("Okay.", True), ("Uh, yeah.", True),
     ("That would be great.", True), ("Please do.", True), ("I'd like that.", True),
     ("No.", False), ("No thanks.", False), ("Nah, I'm good.", False), ("Not now.", False),
     ("I'm okay, thanks.", False), ("Never mind.", False), ("Don't.", False),
     ("That's okay, thank you.", False), ("I would rather not.", False),
     ("Tuesday at two.", None), ("What does it cost?", None), ("My car is a Honda.", None)],
)  # fmt: skip
def test_yes_and_no_are_told_apart(said: str, meant: bool | None) -> None:
    """An answer to an offer is yes, no, or neither."""
    assert agrees(said) is meant


@pytest.mark.parametrize(
    ("said", "only"),
    [("Okay.", True), ("Okay, thank you so much.", True), ("Sure, I'll wait.", True),
     ("Mm-hmm.", True), ("Take your time.", True), ("Okay, what are your hours?", False),
     ("Thanks, and the price?", False), ("", False)],
)  # fmt: skip
def test_an_acknowledgement_needs_no_answer(said: str, only: bool) -> None:
    """Thanks and patience are told from words that want something."""
    assert only_acknowledges(said) is only


def test_long_rubbish_is_answered_at_once() -> None:
    """No text makes the patterns run away."""
    for rubbish in ("do not talk to " * 2000, "a " * 10_000, "is there someone " * 2000):
        assert not wants_message(rubbish)
        wants_person(rubbish)
        calls_it_off(rubbish)
        only_acknowledges(rubbish)
