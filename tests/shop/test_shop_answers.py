"""What the agent asked for, and whether what was said answers it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.answers import (
    Expect,
    Verdict,
    expected,
    goes_on,
    is_backchannel,
    is_complete,
    may_become_backchannel,
    owes_goodbye,
    takes_the_floor,
)
from shop.numerals import digits
from shop.spelling import NATO

pytestmark = pytest.mark.unit

DIGITS = st.text("0123456789", min_size=10, max_size=10).filter(lambda d: d[0] not in "01")
VIN_CHARACTERS = st.text("ABCDEFGHJKLMNPRSTUVWXYZ0123456789", min_size=17, max_size=17)


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        ("Which car is it for, the Honda or the Tacoma?", "choice"),
        ("I have nine or ten in the morning. Which suits you best?", "choice"),
        ("I have Tuesday at two or Wednesday at ten. Would one of those work?", "choice"),
        ("Do you want the morning or the afternoon?", "choice"),
        ("What's the VIN?", "vin"),
        ("Could you read me the seventeen characters?", "vin"),
        ("What is the plate number?", "plate"),
        ("What number can we reach you at?", "phone"),
        ("What's the phone number we have on file for you?", "phone"),
        ("Could you say the phone number digit by digit?", "phone"),
        ("What's your email address?", "email"),
        ("What's your last name? Could you spell it?", "name"),
        ("Please spell your last name.", "name"),
        ("May I have your first and last name?", "name"),
        ("What day would you like to come in?", "day_time"),
        ("Which day suits you, for example Tuesday?", "day_time"),
        ("When would you like to come in?", "day_time"),
        ("Shall I book it?", "yes_no"),
        ("Should I put that down for you, yes or no?", "yes_no"),
        ("Is this the best number to reach you at?", "yes_no"),
        ("Would you like me to send it to your email?", "yes_no"),
        ("Are you still there?", "yes_no"),
        ("What's the VIN? Are you still there?", "vin"),
        ("I'm sorry, I lost you for a moment. Could you say that again?", "open"),
        ("How does Tuesday at two sound?", "yes_no"),
        ("Hi, thanks for calling Bayline. How can I help you today?", "open"),
        ("You're booked for Tuesday at two. Anything else?", "open"),
        ("You're all set for Tuesday.", "open"),
        ("¿Cuál es su número de teléfono?", "phone"),
        ("¿Me puede deletrear su apellido?", "name"),
        ("¿Qué día le gustaría venir?", "day_time"),
        ("¿Prefiere la mañana o la tarde?", "choice"),
        ("¿Lo reservo?", "yes_no"),
        ("¿En qué le puedo ayudar?", "open"),
        ("", "open"),
    ],
)
def test_the_last_question_tells_what_is_expected(asked: str, wanted: Expect) -> None:
    """The kind of answer follows from the last thing that was asked."""
    assert expected(asked) == wanted


@pytest.mark.parametrize(
    ("expect", "said", "verdict"),
    [
        ("yes_no", "Yes.", "complete"),
        ("yes_no", "No, thanks.", "complete"),
        ("yes_no", "Yeah, that works.", "complete"),
        ("yes_no", "Um, yes, please.", "complete"),
        ("yes_no", "Yes, I do.", "complete"),
        ("yes_no", "no, Wed-", "unfinished"),
        ("yes_no", "Yes, but", "unfinished"),
        ("yes_no", "No, I", "unfinished"),
        ("yes_no", "No, Wednesday.", "unsure"),
        ("phone", "(503) 555-0142.", "complete"),
        ("phone", "five oh three five five five oh one four two", "complete"),
        ("phone", "five oh three five five five oh one for two", "complete"),
        ("phone", "1 503 555 0142", "complete"),
        ("phone", "555-0142", "complete"),
        ("phone", "1-503-555-01", "unfinished"),
        ("phone", "My number is 503", "unfinished"),
        ("phone", "Sure, it's", "unfinished"),
        ("phone", "Sure.", "unfinished"),
        ("phone", "Sure, three seven seven", "unfinished"),
        ("phone", "No.", "complete"),
        ("phone", "503 555 014", "unsure"),
        ("phone", "The one I'm calling from.", "unsure"),
        ("vin", "1HGCM82633A004352", "complete"),
        ("vin", "It's one hotel golf charlie mike eight two six", "unfinished"),
        ("vin", "I don't have it.", "unsure"),
        (
            "vin",
            "one M L R two seven five one nine C A eight seven six five four three",
            "complete",
        ),
        ("email", "It's Dana at mail dot example dot Ork.", "unsure"),
        ("plate", "8ABC123", "complete"),
        ("plate", "eight a b", "unfinished"),
        ("email", "dana at example dot com", "complete"),
        ("email", "dana@example.com.", "complete"),
        ("email", "dana dot miller at g mail", "unfinished"),
        ("email", "That would be Alex dot Miller", "unfinished"),
        ("email", "I don't have one.", "unsure"),
        ("name", "Dana Miller.", "unsure"),
        ("name", "M I L L", "unfinished"),
        ("name", "Miller, M I L L E R.", "complete"),
        ("name", "No back. N o v a k.", "unsure"),
        ("name", "Maria Walsh, W A L", "unfinished"),
        ("day_time", "Tuesday at", "unfinished"),
        ("day_time", "Tuesday at two in the afternoon.", "complete"),
        ("day_time", "Tuesday.", "unsure"),
        ("choice", "The first one, please.", "complete"),
        ("choice", "The", "unfinished"),
        ("choice", "I need it", "unfinished"),
        ("choice", "The Honda.", "unsure"),
        ("open", "I need an oil change for", "unfinished"),
        ("open", "I'd like to", "unfinished"),
        ("open", "Um, let me see.", "unfinished"),
        ("open", "Hi.", "unfinished"),
        ("open", "My number is five oh three", "unfinished"),
        ("yes_no", "No, it's one hotel golf charlie", "unfinished"),
        ("day_time", "Tuesday at ten thirty.", "unsure"),
        ("open", "My number is five oh three five five five oh one four two", "unsure"),
        ("open", "I was wondering.", "unfinished"),
        ("day_time", "Any time after", "unfinished"),
        ("open", "I need an oil change.", "unsure"),
        ("open", "When can I come in?", "unsure"),
        ("open", "The check engine light came on.", "unsure"),
        ("open", "I'd like you to fix it.", "unsure"),
        ("open", "I'd rather not.", "unsure"),
        ("open", "I'd like you to look at", "unfinished"),
        ("yes_no", "Sí, por favor.", "complete"),
        ("yes_no", "No, gracias.", "complete"),
        ("phone", "cinco cero tres cinco cinco cinco cero uno cuatro dos", "complete"),
        ("phone", "Es el cinco cero tres", "unfinished"),
        ("email", "dana arroba example punto com", "complete"),
        ("open", "Necesito un cambio de aceite para", "unfinished"),
        ("open", "No, that's all, thank you. Bye.", "complete"),
        ("open", "Yes.", "unsure"),
        ("open", "", "unsure"),
    ],
)
def test_an_answer_is_judged_by_what_was_asked(expect: Expect, said: str, verdict: Verdict) -> None:
    """An answer is whole, certainly not whole, or left to others to judge."""
    assert is_complete(expect, said) == verdict


@given(number=DIGITS, zero=st.sampled_from(["zero", "oh"]), heard=st.integers(1, 8))
def test_a_phone_number_is_whole_with_its_tenth_digit(number: str, zero: str, heard: int) -> None:
    """Ten spoken digits are a number; fewer are not, wherever the caller pauses."""
    words = digits(number, zero).split()
    assert is_complete("phone", " ".join(words)) == "complete"
    assert is_complete("phone", " ".join(words[:heard])) == "unfinished"


@given(vin=VIN_CHARACTERS, heard=st.integers(2, 16))
def test_a_vin_is_whole_with_its_seventeenth_character(vin: str, heard: int) -> None:
    """Seventeen characters in NATO words and digits are a VIN; fewer are not."""
    words = [NATO.get(c) or digits(c) for c in vin]
    assert is_complete("vin", " ".join(words)) == "complete"
    assert is_complete("vin", " ".join(words[:heard])) == "unfinished"


@pytest.mark.parametrize(
    "text", ["mm-hm", "Uh-huh.", "Okay.", "Okay, yeah.", "I see, got it.", "All right, cool.", "Hm"]
)
def test_a_listener_says_nothing(text: str) -> None:
    """Words that only show that somebody listens are a backchannel."""
    assert is_backchannel(text)


@pytest.mark.parametrize(
    "text", ["", "stop", "no", "wait", "Okay, stop.", "right, but", "yeah I need Tuesday"]
)
def test_whoever_wants_something_is_no_listener(text: str) -> None:
    """One word with a wish in it, and it is no backchannel."""
    assert not is_backchannel(text)


@pytest.mark.parametrize(
    ("text", "may"),
    [
        ("Got", True),
        ("Okay, I", True),
        ("Got it", True),
        ("Got a", False),
        ("I. C.", True),
        ("A.", True),
        ("Stop", False),
        ("", False),
    ],
)
def test_a_guess_may_become_a_backchannel(text: str, may: bool) -> None:
    """While it is being said, "got it" is heard as "got" first."""
    assert may_become_backchannel(text) is may


@pytest.mark.parametrize(
    ("said", "owes"),
    [
        ("No, that's all.", True),
        ("No.", True),
        ("No, thanks.", True),
        ("No, that's all, thank you. Goodbye.", False),
        ("That's it, have a nice day.", False),
        ("No, Wednesday.", False),
        ("Yes.", False),
    ],
)
def test_who_wants_nothing_more_may_still_say_goodbye(said: str, owes: bool) -> None:
    """Thanks and goodbye come after a breath."""
    assert owes_goodbye(said) is owes


@pytest.mark.parametrize(
    ("text", "takes"),
    [
        ("Stop.", True),
        ("No.", True),
        ("Excuse me.", True),
        ("oh, hang on", True),
        ("¡Perdón!", True),
        ("Double.", False),
        ("Well,", False),
        ("Know", False),
        ("the other day", False),
        ("", False),
    ],
)
def test_some_words_take_the_floor(text: str, takes: bool) -> None:
    """Whoever says "wait" wants to speak; other words may be anybody's."""
    assert takes_the_floor(text) is takes


@given(expect=st.sampled_from(["yes_no", "phone", "vin", "email", "name", "open"]), said=st.text())
def test_anything_can_be_judged(expect: Expect, said: str) -> None:
    """No text, however odd, is too much for the judge."""
    assert is_complete(expect, said) in {"complete", "unfinished", "unsure"}
    assert expected(said) is not None
    assert is_backchannel(said) in {True, False}


@pytest.mark.parametrize(
    ("expect", "said", "verdict"),
    [
        ("open", "It started last week,", "unsure"),
        ("open", "It started last week.", "unsure"),
        ("yes_no", "No,", "complete"),
        ("yes_no", "No.", "complete"),
        ("phone", "five oh three, five five five, oh one four two,", "complete"),
        ("name", "Miller,", "unsure"),
        ("name", "Dana Miller.", "unsure"),
        ("name", "Miller, M, I, L, L, E, R,", "complete"),
        ("vin", "One. But. Do what?", "unfinished"),
        ("vin", "Where do I find that?", "unsure"),
        ("phone", "Sure. In the same Revenue.", "unfinished"),
        ("phone", "Sure, the same as before.", "unsure"),
    ],
)
def test_misheard_pieces_are_no_end(expect: Expect, said: str, verdict: str) -> None:
    """A number's misheard words are not a question, and a comma spoils no whole answer."""
    assert is_complete(expect, said) == verdict


def test_a_comma_is_a_voice_that_did_not_fall() -> None:
    """Where nothing is listed, a recogniser's comma at the end says that more may come."""
    assert goes_on("open", "It started last week,")
    assert goes_on("name", "Miller,")
    assert not goes_on("open", "It started last week.")
    assert not goes_on("phone", "five, five, five,")
