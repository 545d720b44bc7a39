"""What is said in the corpus: the agent's questions, callers' answers, and talk to interrupt."""

from collections.abc import Mapping

Part = str | float
"""Words, or a pause: a number of seconds, or THINKS or BREATHES to be drawn when it is used."""

BREATHES = "<breathes>"
"""A short pause (0.3 to 0.8 s) at a place where the turn might as well be over."""

THINKS = "<thinks>"
"""A pause of any length (0.3 to 2 s) at a place where the turn cannot be over."""

GREETING = "Hi, thanks for calling Bayline Auto Care. How can I help you today?"
"""Asked by the service itself, so that the first turn of a call is always an open one."""

QUESTIONS: Mapping[str, tuple[str, ...]] = {
    "yes_no": (
        "Shall I put that down for you?",
        "Is this the best number to reach you at?",
        "Would you like us to take a look at it?",
        "Should I note that for the shop, yes or no?",
    ),
    "phone": ("What number can we reach you at?", "What's the best phone number for you?"),
    "vin": ("What's the VIN?", "Could you read me the seventeen characters of the VIN?"),
    "email": ("What's your email address?", "Which email address should we use?"),
    "name": (
        "What's your last name? Could you spell it?",
        "May I have your first and last name?",
    ),
    "day_time": ("What day would you like to come in?", "What time works best for you?"),
    "choice": (
        "Which car is it for, the Honda or the Tacoma?",
        "Do you want the morning or the afternoon?",
    ),
    "open": (
        "What seems to be wrong with the car?",
        "Could you tell me a little more about it?",
    ),
}

YES_NO: tuple[tuple[Part, ...], ...] = (
    ("Yes.",),
    ("Yes, please.",),
    ("Yeah, that works.",),
    ("No, thanks.",),
    ("No.",),
    ("Sure.",),
    ("That's right.",),
    ("Yes, that would be great.",),
    ("Okay, sounds good.",),
    ("Yep.",),
    ("Correct.",),
    ("No, thank you.",),
    ("Yes, I do.",),
    ("Um,", BREATHES, "yes, please."),
    ("Yes, but", THINKS, "I need it back before five."),
    ("No, I", THINKS, "I'd rather come on Wednesday."),
)

DAY_TIME: tuple[tuple[Part, ...], ...] = (
    ("Tuesday at two in the afternoon.",),
    ("Tomorrow morning, if you can.",),
    ("How about Thursday?",),
    ("Let me see,", THINKS, "maybe Friday at ten."),
    ("It would have to be", THINKS, "next Wednesday."),
    ("Any time after", THINKS, "three o'clock is fine."),
)

CHOICE: tuple[tuple[Part, ...], ...] = (
    ("The Honda.",),
    ("The first one, please.",),
    ("It's for the", THINKS, "the Tacoma, I think."),
    ("The afternoon would be better for me.",),
    ("Um,", THINKS, "the second one."),
)

OPEN: tuple[tuple[Part, ...], ...] = (
    ("I need an oil change for my Honda Civic.",),
    ("My brakes make a grinding noise when I stop.",),
    ("I'd like to bring my truck in this week.",),
    ("There's a light on the dashboard that won't go away.",),
    ("Do you have anything free on Saturday?",),
    ("I need an oil change for", THINKS, "my Honda Civic."),
    ("I was wondering if", THINKS, "you could look at my brakes."),
    ("My car makes a noise when I", THINKS, "turn the wheel to the left."),
    ("I'd like to make an appointment for um,", THINKS, "for a tire rotation."),
    ("So the engine light came on and", THINKS, "now it runs a little rough."),
    ("Hi,", BREATHES, "I'd like to bring my car in for an oil change."),
    ("It started last week,", BREATHES, "and it gets worse when it rains."),
)

LAST_NAMES = ("Miller", "Nguyen", "Garcia", "Walsh", "Becker", "Sandoval", "Chen", "Novak")
FIRST_NAMES = ("Dana", "Robin", "Maria", "Peter", "Alex", "Susan")
MAIL_HOSTS = ("example dot com", "mail dot example dot org", "example dot net")

BACKCHANNELS = (
    "Okay.",
    "Yeah.",
    "Right.",
    "I see.",
    "Got it.",
    "Uh huh.",
    "Sure.",
    "Oh, okay.",
    "Yeah, okay.",
    "Alright.",
)

ONE_WORD = ("Stop.", "Wait.", "No.")
PHRASES = ("Hold on.", "Excuse me.", "Wait a second.", "Stop, please.", "Actually, no.")
SENTENCES = (
    "Actually, I'd rather come on Thursday.",
    "Sorry, can I ask you something else?",
    "I already know that, I only want an oil change.",
    "Can you tell me how long it takes?",
    "No, that's not what I need.",
    "Let me stop you there, it's for my truck.",
)

GO_ON = "Please go on."
"""What the caller says to hear the next stretch of talk."""

ALL_RIGHT = "All right."
"""What the agent answers to an interruption."""

TALK = (
    "Parking is right beside the building, next to the green fence and the big oak tree. "
    "You can leave the car there and walk in through the glass door on the left side.",
    "Inside the shop you will find a quiet room with coffee, water and a few comfortable chairs. "
    "Many people bring a book or a laptop along, since there is a table by the window as well.",
    "Keys go to the person at the front desk, who writes a short note about the car with you. "
    "After that one of the mechanics walks around it and looks at the tires and the lights.",
    "Every car gets a careful look underneath while it is up on the lift in the back of the shop. "
    "If something looks worn out there, somebody comes and shows it to you before any work starts.",
    "Winter is hard on batteries around here, and so we always look at the battery as well. "
    "A weak one often gives no warning at all until the first really cold morning of the year.",
    "Tires lose a little pressure every month, even when nothing at all is wrong with them. "
    "It helps to look at them when you fill up, because soft tires wear out along both edges.",
    "Brakes make many kinds of noises, and most of them are harmless, like a squeak after rain. "
    "A deep grinding sound is another story, and you should not wait long when you hear it.",
    "Wipers are a small thing that people forget, although they matter on a dark and wet evening. "
    "New blades take a minute to put on, and the difference on the glass is easy to see.",
    "Filters keep dust and pollen away from the engine and from the people inside the car too. "
    "When the air from the vents smells old, a dirty filter is nearly always the reason for it.",
    "Lights are easy to test when somebody stands behind the car while you press the pedal. "
    "A burned out bulb is quickly changed, and it keeps you out of trouble on the road at night.",
)
"""What the agent says at length, so that it can be interrupted; each begins with another word."""
