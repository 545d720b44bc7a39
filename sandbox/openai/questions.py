"""The questions a receptionist asks, in two wordings, and how to tell which one was asked."""

import re

QUESTIONS: dict[str, tuple[str, str, str]] = {
    # key: (first wording, second wording, how it is recognised in what the caller heard)
    "help": ("How can I help you?", "What can I do for your car?",
             r"how (can|may) (i|we) help|what can (i|we) do for|what('s| is) it\?"),
    "service": ("What would you like us to do?",
                "Which service is it, for example an oil change or a brake inspection?",
                r"what would you like us to do|which service is it|did you mean|don't do that one"),
    "day": ("What day would you like to come in?", "Which day suits you, for example Tuesday?",
            r"(what|which)( other)? (day|date)|could it be (sooner|a little later)|"
            r"other day or time|which other time"),
    "offer": ("Which would you like?", "Which of those times suits you best?",
              r"which would you like|would (that|one of (those|these|them)) work|could offer|"
              r"which of those times|next i have is"),
    "which_car": ("Which car is it for?", "Sorry, which of your cars should we look at?",
                  r"which (car|vehicle)|which of your cars"),
    "confirm_book": ("Shall I book it?", "Should I put that down for you, yes or no?",
                     r"shall i book it|should i put that down"),
    "confirm_move": ("Shall I move it there?", "Should I move your visit to then, yes or no?",
                     r"shall i move it there|should i move your visit"),
    "move_instead": ("Shall I move that one instead?", "Should I move that one, yes or no?",
                     r"move that one"),
    "confirm_cancel": ("Shall I cancel it?", "Should I cancel it, yes or no?",
                       r"(shall|should) i cancel"),
    "which_visit": ("Which one do you mean?", "Which of those visits is it?",
                    r"which one do you mean|which of those visits"),
    "identity": ("What's your full name, or the license plate of your car?",
                 "Could you tell me your first and last name, or your license plate?",
                 r"full name|license plate (of|we)|or your license plate"),
    "name": ("May I have your first and last name?",
             "Could you say your first and last name once more?",
             r"first and last name(\?| for| once)|your name\b"),
    "last_name": ("And your last name?", "Could you say your last name again?", r"your last name"),
    "phone": ("What's the phone number we have on file for you?",
              "Could you say the phone number digit by digit?",
              r"phone number we have on file for|what('s| is) the (best )?phone number|"
              r"digit by digit|another number|phone number is it under"),
    "new_car": ("What's the year, make and model of your car?",
                "Which car is it, for example a 2018 Ford Escape?",
                r"year,? make,? and model|year, make|which car is it, for|read it again|"
                r"(year|make|model) (is it|of it)\?|what (year|make|model)"),
    "callback": ("Shall someone from the shop call you back?",
                 "Would you like a call back, yes or no?",
                 r"call you( back)?\?|like a call back"),
    "person": ("Shall I put you through to a person?",
               "Would you like to speak to a person, yes or no?",
               r"put you through to a person\?|speak to a person, yes"),
    "adult": ("Could you get a grown-up to the phone for me?", "Is there a grown-up near you?",
              r"grown-up (to the phone|near you)"),
    "anything_else": ("Anything else?", "Is there anything else?", r"anything else"),
}  # fmt: skip

_PATTERNS = {key: re.compile(pattern) for key, (_, _, pattern) in QUESTIONS.items()}
# "Which car is it, for example a ..." asks about a new car although it begins like `which_car`;
# "What's your full name, or the phone number" asks who somebody is although it names a number.
_STRONGER = (("new_car", "which_car"), ("identity", "phone"), ("identity", "name"),
             ("identity", "last_name"), ("name", "last_name"))  # fmt: skip


def asked_in(text: str) -> str | None:
    """Name the last question in what the agent said, as far as it was heard."""
    lowered = text.lower().replace("’", "'")
    found: dict[str, int] = {}
    for key, pattern in _PATTERNS.items():
        ends = [match.start() for match in pattern.finditer(lowered)]
        if ends:
            found[key] = ends[-1]
    for stronger, weaker in _STRONGER:
        if stronger in found and weaker in found and abs(found[stronger] - found[weaker]) < 90:
            del found[weaker]
    return max(found, key=lambda key: found[key]) if found else None


def question(key: str, *, again: bool = False) -> str:
    """Word a question; `again` gives the second wording."""
    return QUESTIONS[key][1 if again else 0]
