"""Whole conversations with the stand-in receptionist: what is heard, what is called, what is said.

A script is a table: the caller's line as it was recognised, then what must follow. `> tool a=b` is
a tool call with (at least) these arguments; anything else must stand in what is said at the end of
that turn, and `! word` must not.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from sandbox.openai.chat import ChatRequest, Message, ToolCall, ToolSpec
from sandbox.openai.receptionist import answer
from sandbox.openai.wording import moment

pytestmark = pytest.mark.unit

TOOLS = tuple(
    ToolSpec(name)
    for name in (
        "lookup_customer",
        "search_customers",
        "get_available_slots",
        "book_appointment",
        "get_upcoming_appointments",
        "cancel_appointment",
        "reschedule_appointment",
    )
)
SHOP = """You answer the phone for Bayline Auto Care.
Address: 1480 Harbor Way, Portland, Oregon 97201
Today is Sunday, 2026-11-22, 13:05 (America/Los_Angeles).
Services: oil_change (oil change, 60 min, $49 to $79), tire_rotation (tire rotation, 60 min, $25 to $40), brake_inspection (brake inspection, 60 min, $60 to $90), diagnostic (diagnostic, 120 min, $120 to $150), state_inspection (state inspection, 60 min, $25 to $50), battery_replacement (battery replacement, 30 min)
Hours: monday 09:00-17:00, tuesday 09:00-17:00, wednesday 09:00-17:00, thursday 09:00-17:00, friday 09:00-17:00, saturday 09:00-15:00, sunday closed; lunch 12:00-13:00; closed on 2026-12-25
"""  # noqa: E501 - the prompt has long lines
DANA = (
    SHOP
    + """Caller: Dana Whitfield (customer_id 1), calling from +15035550142.
Vehicles: [11] 2019 Honda CR-V, plate 7KLM204; [12] 2015 Toyota Tacoma
"""
)
MARCUS = (
    SHOP
    + """Caller: Marcus Lee (customer_id 2), calling from +15035550143.
Vehicles: [21] 2018 Ford Escape
"""
)
STRANGER = SHOP + "Caller: not on file, calling from +15035550199.\n"
WITHHELD = SHOP + "Caller: number withheld.\n"
DANA_RECORD = {
    "id": 1,
    "first_name": "Dana",
    "last_name": "Whitfield",
    "phone": "+15035550142",
    "vehicles": [
        {"id": 11, "year": 2019, "make": "Honda", "model": "CR-V"},
        {"id": 12, "year": 2015, "make": "Toyota", "model": "Tacoma"},
    ],
}


def visit(number: int, at: str, service: str, car: str = "2019 Honda CR-V") -> dict[str, Any]:
    """Make an appointment as the tool lists it."""
    return {
        "appointment_id": number,
        "scheduled_at": at,
        "service_type": service,
        "status": "scheduled",
        "vehicle": car,
    }


@dataclass
class Shop:
    """A shop behind the tools: free every half hour, except what is taken."""

    taken: set[str] = field(default_factory=set)
    visits: list[dict[str, Any]] = field(default_factory=list)
    refusals: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def run(self, call: ToolCall) -> dict[str, Any]:
        """Answer a tool call as the product would."""
        queue = self.refusals.get(call.name)
        if queue:
            return {"success": False, **queue.pop(0)}
        answered: dict[str, Any] = getattr(self, call.name)(**call.parsed())
        return {"success": True, **answered} if "error" not in answered else answered

    def lookup_customer(self, phone: str = "") -> dict[str, Any]:
        if phone in ("", "+15035550142"):
            return {"customer": DANA_RECORD, "message": "I have Dana Whitfield on file."}
        return {
            "success": False,
            "error": "customer_not_found",
            "message": "I don't have this number on file yet. May I have your first and last name?",
        }

    def search_customers(self, query: str) -> dict[str, Any]:
        if "whitfield" in query.lower() and "dana" in query.lower():
            return {"customers": [DANA_RECORD], "message": "Thank you, Dana, I found you."}
        return {
            "customers": [],
            "message": "I can't find you by that alone. Could you also give me the phone number or "
            "the license plate we have on file?",
        }

    def get_available_slots(
        self, date: str, service_type: str = "", days: int = 1
    ) -> dict[str, Any]:
        slots = []
        for n in range(days):
            day = datetime.fromisoformat(date) + timedelta(days=n)
            if day.weekday() == 6:
                continue
            for half in range(18, 32):
                start = day.replace(hour=half // 2, minute=30 * (half % 2))
                if start.hour != 12 and start.isoformat() not in self.taken:
                    slots.append({"start": start.isoformat(), "spoken": moment(start)})
        if not slots:
            return {"slots": [], "message": "We're closed on Sunday."}
        return {"slots": slots, "message": "I have some."}

    def book_appointment(self, scheduled_at: str, **rest: Any) -> dict[str, Any]:
        at = datetime.fromisoformat(scheduled_at)
        return {
            "appointment_id": 77,
            "calendar_link": None,
            "scheduled_at": scheduled_at,
            "service_type": rest["service_type"],
            "message": f"You're booked: {moment(at)}.",
        }

    def get_upcoming_appointments(self, **_: Any) -> dict[str, Any]:
        if not self.visits:
            return {"appointments": [], "message": "You have no upcoming visits with us."}
        return {"appointments": self.visits, "message": f"You have {len(self.visits)} coming up."}

    def cancel_appointment(self, appointment_id: int, **_: Any) -> dict[str, Any]:
        return {"appointment_id": appointment_id, "status": "cancelled", "message": "Cancelled."}

    def reschedule_appointment(self, appointment_id: int, new_scheduled_at: str) -> dict[str, Any]:
        at = datetime.fromisoformat(new_scheduled_at)
        return {
            "appointment_id": appointment_id,
            "scheduled_at": new_scheduled_at,
            "message": f"Done, you now have {moment(at)}.",
        }


class Line:
    """A phone line to the receptionist: keeps the messages, runs the tools."""

    def __init__(self, prompt: str, shop: Shop, greeting: str = "") -> None:
        self.shop = shop
        self.messages = [Message("system", prompt)]
        if greeting:
            self.messages.append(Message("assistant", greeting))

    def turn(self, text: str, *, role: str = "user") -> tuple[str, list[ToolCall]]:
        """Say a line; gives what is said in the end and what was called on the way."""
        self.messages.append(Message(role, text))
        made: list[ToolCall] = []
        for _ in range(6):
            reply = answer(ChatRequest("gpt-4o", tuple(self.messages), TOOLS))
            calls = tuple(
                ToolCall(c.name, c.arguments, f"call_{len(self.messages)}_{i}")
                for i, c in enumerate(reply.tool_calls)
            )
            self.messages.append(Message("assistant", reply.text, calls))
            if not calls:
                return reply.text, made
            made.extend(calls)
            for call in calls:
                result = json.dumps(self.shop.run(call))
                self.messages.append(Message("tool", result, (), call.id))
        raise AssertionError(f"no end of tool calls: {made}")


Script = Sequence[tuple[str, ...]]
HI = "Hi Dana, thanks for calling Bayline Auto Care. How can I help you today?"


def play(script: Script, prompt: str = DANA, shop: Shop | None = None, greeting: str = HI) -> Line:
    """Play a script and compare turn by turn; the failure shows the conversation so far."""
    line = Line(prompt, shop or Shop(), greeting)
    log: list[str] = []
    for said, *expected in script:
        text, calls = line.turn(said)
        log += [
            f"CALLER {said}",
            *(f"   > {c.name} {c.arguments}" for c in calls),
            f"AGENT  {text}",
        ]
        shown = "\n".join(log)
        wanted = [e for e in expected if e.startswith(">")]
        assert len(calls) == len(wanted), f"{shown}\nexpected calls: {wanted}"
        for call, want in zip(calls, wanted, strict=True):
            name, *pairs = want[1:].split()
            assert call.name == name, f"{shown}\nexpected {want}"
            for key, value in (pair.split("=", 1) for pair in pairs):
                assert str(call.parsed().get(key)) == value, f"{shown}\nexpected {want}"
        for phrase in (e for e in expected if not e.startswith(">")):
            if phrase.startswith("!"):
                assert phrase[1:].strip() not in text, f"{shown}\nunwanted: {phrase}"
            else:
                assert phrase in text, f"{shown}\nexpected: {phrase}"
        _speakable(text, shown)
    return line


def _speakable(text: str, shown: str) -> None:
    assert text.strip(), shown
    assert not re.search(r"[*#_`\[\]{}]|customer_id|\b\d{4}-\d\d", text), shown
    assert text.count("?") <= 2, shown


CAR_Q = "Which car is it for, the Honda CR-V or the Toyota Tacoma?"
OIL_SLOT = "> get_available_slots date=2026-11-24 service_type=oil_change"
OIL_BOOK = (
    "> book_appointment scheduled_at=2026-11-24T14:00:00 service_type=oil_change customer_id=1 "
)
FREE = "Tuesday, November twenty-fourth at two in the afternoon is free."

BOOKING: dict[str, Script] = {
    "the demo call": [
        ("Hi, I'd like an oil change next Tuesday at two, please.", OIL_SLOT, FREE, CAR_Q),
        ("The Honda.", OIL_BOOK + "vehicle_id=11", "You're booked", "Anything else?"),
        ("No, that's all. Thank you.", "Goodbye."),
    ],
    "all of it misheard": [
        ("Hi I need an all change next choose day at to.", OIL_SLOT, FREE, CAR_Q),
        ("the hunda", OIL_BOOK + "vehicle_id=11", "You're booked"),
        ("know thanks, that's it.", "Goodbye."),
    ],
    "one thing at a time": [
        ("I need to make an appointment.", "What would you like us to do?"),
        ("An oil and filter.", "What day would you like to come in?"),
        ("tomorrow", "> get_available_slots date=2026-11-23 service_type=oil_change",
         "I have Monday, November twenty-third at", "Which would you like?"),
        ("uh, two thirty", "two thirty in the afternoon is free", CAR_Q),
        ("the truck", "> book_appointment scheduled_at=2026-11-23T14:30:00 vehicle_id=12"),
        ("thanks bye", "Goodbye."),
    ],
    "the car is named at once": [
        ("My brakes are squealing on the Tacoma, can I come in on the 24th at half past two?",
         "> get_available_slots date=2026-11-24 service_type=brake_inspection",
         "> book_appointment scheduled_at=2026-11-24T14:30:00 vehicle_id=12", "You're booked"),
    ],
    "morning, the second one": [
        ("I'd like a tired rotation on Wednesday in the morning.",
         "> get_available_slots date=2026-11-25 service_type=tire_rotation", "in the morning",
         "! afternoon"),
        ("The second one.", CAR_Q),
        ("see our vee", "> book_appointment scheduled_at=2026-11-25T10:30:00 vehicle_id=11"),
    ],
    "corrected day": [
        ("Oil change Tuesday at two.", OIL_SLOT, FREE),
        ("no, Wednesday", "> get_available_slots date=2026-11-25", "twenty-fifth at two", CAR_Q),
        ("the twenty fifteen", "> book_appointment scheduled_at=2026-11-25T14:00:00 vehicle_id=12"),
    ],
    "corrected time": [
        ("Oil change Tuesday at two.", OIL_SLOT, FREE),
        ("actually make it three", "at three in the afternoon is free", CAR_Q),
        ("Honda", "> book_appointment scheduled_at=2026-11-24T15:00:00 vehicle_id=11"),
    ],
    "corrected after the booking": [
        ("Oil change Tuesday at two for the Honda.", OIL_SLOT, OIL_BOOK + "vehicle_id=11",
         "Anything else?"),
        ("Actually, can we make it Wednesday at ten?",
         "> get_available_slots date=2026-11-25 service_type=oil_change", "Shall I move it there?"),
        ("yes", "> reschedule_appointment appointment_id=77 new_scheduled_at=2026-11-25T10:00:00"),
        ("no thank you", "Goodbye."),
    ],
    "closed day": [
        ("Oil change on Sunday at two.", "> get_available_slots date=2026-11-29",
         "We're closed on Sunday.", "other day"),
        ("Monday then", "> get_available_slots date=2026-11-23", "at two in the afternoon is free"),
    ],
    "two wishes": [
        ("Oil change Tuesday at two for the Honda.", OIL_SLOT, OIL_BOOK + "vehicle_id=11"),
        ("Yes, I also need a tire rotation for the Tacoma on Friday at nine.",
         "> get_available_slots date=2026-11-27 service_type=tire_rotation",
         "> book_appointment service_type=tire_rotation vehicle_id=12"),
        ("that's all", "Goodbye."),
    ],
    "a question in between": [
        ("I'd like an oil change.", "What day"),
        ("How much is that?", "forty-nine to seventy-nine dollars", "day"),
        ("And what are your hours?", "nine to five", "day"),
        ("ok, november twenty fourth at 2 p.m.", OIL_SLOT, FREE, CAR_Q),
    ],
    "not the first choice": [
        ("Oil change Tuesday at noon for the Honda.", OIL_SLOT, "isn't free", "I have", "Which"),
        ("no", "other day or time", "! booked"),
        ("Thursday at noon", "> get_available_slots date=2026-11-26", "isn't free", "Which"),
        ("eleven thirty", "> book_appointment scheduled_at=2026-11-26T11:30:00 vehicle_id=11"),
    ],
    "changed mind": [
        ("Oil change Tuesday at two.", OIL_SLOT),
        ("Never mind, forget it.", "Anything else?"),
        ("no", "Goodbye."),
    ],
    "a price first": [
        ("What do you charge for an oil change?", "forty-nine to seventy-nine dollars"),
        ("Okay, can you do that next Tuesday too?", OIL_SLOT, FREE, CAR_Q),
        ("Hold on a second.", "take your time"),
        ("What did you say?", CAR_Q),
        ("It's for both.", "one car at a time", CAR_Q),
        ("the hondas", OIL_BOOK + "vehicle_id=11"),
    ],
    "something later": [
        ("I need an oil change on Tuesday in the morning.", OIL_SLOT, "Which"),
        ("Do you have anything later?", "in the afternoon", "! in the morning", "Which"),
        ("the first one", CAR_Q),
        ("the Honda", "> book_appointment scheduled_at=2026-11-24T13:00:00"),
    ],
    "somebody else's car": [
        ("My car is making a funny noise, can I come Thursday at nine?",
         "> get_available_slots date=2026-11-26 service_type=diagnostic", CAR_Q),
        ("It's for my wife's car.", "year, make and model"),
        ("2016 Subaru Forester", "> book_appointment customer_id=1 vehicle_id=None"),
    ],
    "as soon as possible": [
        ("I need a diagnostic as soon as possible, the check engine light is on",
         "> get_available_slots date=2026-11-22 service_type=diagnostic days=7", "Which"),
        ("the first one", CAR_Q),
        ("the Toyota", "> book_appointment scheduled_at=2026-11-23T09:00:00 vehicle_id=12"),
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", BOOKING)
def test_booking(name: str) -> None:
    """A visit is booked as asked, with one question at a time."""
    play(BOOKING[name])


VISITS = [
    visit(5, "2026-11-24T14:00:00", "oil_change"),
    visit(6, "2026-11-26T10:00:00", "tire_rotation", "2015 Toyota Tacoma"),
]
CHANGES: dict[str, tuple[int, Script]] = {
    "upcoming": (2, [
        ("What do I have coming up?", "> get_upcoming_appointments", "You have 2 coming up."),
        ("thanks", "Goodbye."),
    ]),
    "move the only one": (1, [
        ("I need to move my appointment to Wednesday at ten.", "> get_upcoming_appointments",
         "> get_available_slots date=2026-11-25 service_type=oil_change", "Shall I move it there?"),
        ("Yes.", "> reschedule_appointment appointment_id=5 new_scheduled_at=2026-11-25T10:00:00",
         "Done", "Anything else?"),
    ]),
    "move one of two": (2, [
        ("Can I reschedule?", "> get_upcoming_appointments", "Which one do you mean?"),
        ("the tire rotation", "is on Thursday, November twenty-sixth"),
        ("Friday at three", "> get_available_slots date=2026-11-27 service_type=tire_rotation",
         "Shall I move it"),
        ("yes please", "> reschedule_appointment appointment_id=6"),
    ]),
    "move my Tuesday one": (2, [
        ("Please move my Tuesday appointment to Friday at eleven.", "> get_upcoming_appointments",
         "> get_available_slots date=2026-11-27 service_type=oil_change", "eleven in the morning"),
        ("sure", "> reschedule_appointment appointment_id=5 new_scheduled_at=2026-11-27T11:00:00"),
    ]),
    "in other words": (2, [
        ("Yes, I have an appointment on Tuesday and I want to make it Wednesday at nine instead.",
         "> get_upcoming_appointments", "> get_available_slots date=2026-11-25", "nine in the"),
        ("yes", "> reschedule_appointment appointment_id=5 new_scheduled_at=2026-11-25T09:00:00"),
    ]),
    "later the same day": (1, [
        ("What time is my appointment?", "> get_upcoming_appointments", "coming up"),
        ("Can you move it to three thirty?",
         "> get_available_slots date=2026-11-24 service_type=oil_change", "Shall I move it there?"),
        ("yes", "> reschedule_appointment new_scheduled_at=2026-11-24T15:30:00"),
    ]),
    "the same time on another day": (1, [
        ("I want to change my appointment from Tuesday to Thursday.",
         "> get_upcoming_appointments", "> get_available_slots date=2026-11-26", "Which"),
        ("same time", "November twenty-sixth at two in the afternoon is free"),
    ]),
    "cancel": (2, [
        ("I have to cancel my oil change.", "> get_upcoming_appointments",
         "Shall I cancel the oil change on Tuesday, November twenty-fourth at two"),
        ("Yes, cancel it.", "> cancel_appointment appointment_id=5", "Cancelled.", "Anything else"),
        ("no", "Goodbye."),
    ]),
    "keep after all": (1, [
        ("cancel my appointment", "> get_upcoming_appointments", "Shall I cancel"),
        ("no, keep it", "leave it as it is", "! Cancelled"),
    ]),
    "nothing there": (0, [
        ("I want to cancel my appointment", "> get_upcoming_appointments", "no upcoming visits"),
    ]),
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGES)
def test_changing(name: str) -> None:
    """Existing visits are listed, moved and cancelled only after a yes."""
    count, script = CHANGES[name]
    play(script, shop=Shop(visits=VISITS[:count]))


def test_single_car_needs_a_yes() -> None:
    """With one car the agent asks once before it books."""
    play(
        [
            ("oil change tuesday at 2", OIL_SLOT, "Shall I book it for your Ford Escape?"),
            ("yes", "> book_appointment customer_id=2 vehicle_id=21", "You're booked"),
        ],
        MARCUS,
    )


def test_new_caller() -> None:
    """A caller who is not on file is asked for name and car, then booked with both."""
    line = play(
        [
            ("Hi, I need a brake inspection on Tuesday at ten.",
             "> get_available_slots date=2026-11-24 service_type=brake_inspection", "is free",
             "first and last name"),
            ("My name is Maria Gonzalez.", "year, make and model"),
            ("It's a twenty eighteen Ford Escape.", "> book_appointment", "You're booked"),
        ],
        STRANGER,
        greeting="Hi, thanks for calling Bayline Auto Care. How can I help you?",
    )  # fmt: skip
    booked = next(c for m in line.messages for c in m.tool_calls if c.name == "book_appointment")
    assert booked.parsed()["customer"] == {"first_name": "Maria", "last_name": "Gonzalez"}
    assert booked.parsed()["vehicle"] == {"year": 2018, "make": "Ford", "model": "Escape"}


def test_new_caller_in_pieces() -> None:
    """Name and car may come a word at a time, and a VIN will do as well."""
    play(
        [
            ("I'd like an oil change tuesday at two", OIL_SLOT, "first and last name"),
            ("Kim", "last name"),
            ("Park, P A R K", "year, make and model"),
            ("a Subaru", "What model"),
            ("Outback", "What year"),
            ("2020", "> book_appointment", "You're booked"),
        ],
        STRANGER,
    )
    line = play(
        [
            ("oil change tuesday at two", OIL_SLOT, "first and last name"),
            ("Kim Park", "year, make and model"),
            ("the VIN is 1 H G C M 8 2 6 3 3 A 0 0 4 3 5 2", "> book_appointment"),
        ],
        STRANGER,
    )
    booked = next(c for m in line.messages for c in m.tool_calls if c.name == "book_appointment")
    assert booked.parsed()["vehicle"] == {"vin": "1HGCM82633A004352"}


def test_withheld_number() -> None:
    """A withheld caller is asked for the number on file and then treated as on file."""
    play(
        [
            ("oil change tuesday at two", OIL_SLOT, "phone number"),
            ("five oh three five five five oh one four to",
             "> lookup_customer phone=+15035550142", CAR_Q),
            ("the takoma", OIL_BOOK + "vehicle_id=12"),
        ],
        WITHHELD,
        greeting="Hi, thanks for calling Bayline Auto Care. How can I help you?",
    )  # fmt: skip


def test_withheld_number_is_verified() -> None:
    """When a number alone is not enough, the name is asked for and searched with it."""
    refusal = {
        "error": "verification_needed",
        "message": "To be sure who I'm speaking with, could you also tell me your full name or the "
        "license plate of your car?",
    }
    play(
        [
            ("what do I have coming up", "phone number"),
            ("503-555-0142", "> lookup_customer phone=+15035550142", "full name"),
            ("Dana Whitfield", "> search_customers", "> get_upcoming_appointments", "coming up"),
        ],
        WITHHELD,
        Shop(visits=VISITS, refusals={"lookup_customer": [refusal]}),
    )


def test_search() -> None:
    """A caller who asks whether they are on file is searched for."""
    play(
        [
            ("Do you have me under Dana Whitfield?", "> search_customers",
             "I found you"),
        ],
        STRANGER,
    )  # fmt: skip


def test_without_a_briefing() -> None:
    """With nothing in the prompt about the caller, the tool is asked first."""
    play(
        [("oil change tuesday at two", "> lookup_customer", OIL_SLOT, CAR_Q)],
        "Today is Sunday, 2026-11-22.",
    )


def test_slot_taken_meanwhile() -> None:
    """A slot lost to somebody else is told, and others are offered after a fresh look."""
    taken = {"error": "slot_taken", "message": "That time is already taken."}
    play(
        [
            ("oil change tuesday at two", OIL_SLOT, CAR_Q),
            ("the honda", OIL_BOOK, OIL_SLOT, "That time is already taken.", "I have", "Which"),
            ("three thirty", "> book_appointment scheduled_at=2026-11-24T15:30:00 vehicle_id=11"),
        ],
        shop=Shop(refusals={"book_appointment": [taken]}),
    )


def test_alternatives_in_a_refusal() -> None:
    """Times that come with a refusal are offered as they were said."""
    at = datetime(2026, 11, 24, 15)
    taken = {
        "error": "slot_taken",
        "message": f"That time is already taken. I could offer {moment(at)}.",
        "alternatives": [{"start": at.isoformat(), "spoken": moment(at)}],
    }
    play(
        [
            ("oil change tuesday at two", OIL_SLOT, CAR_Q),
            ("the honda", OIL_BOOK, "already taken. I could offer"),
            ("yes", "> book_appointment scheduled_at=2026-11-24T15:00:00 vehicle_id=11"),
        ],
        shop=Shop(refusals={"book_appointment": [taken]}),
    )


@pytest.mark.parametrize("error", ["not_authorized", "calendar_unavailable", "internal"])
def test_failures_are_told(error: str) -> None:
    """A failed booking is told in the tool's words and never claimed."""
    failure = {"error": error, "message": "I'm sorry, I can't do that."}
    play(
        [
            ("oil change tuesday at two", OIL_SLOT, CAR_Q),
            ("the honda", OIL_BOOK, "I'm sorry, I can't do that.", "! booked", "?"),
        ],
        shop=Shop(refusals={"book_appointment": [failure]}),
    )


REMARKS: dict[str, tuple[str, ...]] = {
    "When are you open?": ("Monday to Friday nine to five, Saturday nine to three, Sunday closed",),
    "What's your address?": ("1480 Harbor Way",),
    "How much is a tire rotation?": ("twenty-five to forty dollars",),
    "Are you a robot?": ("automated assistant",),
    "Can I speak to a person?": ("I'll put you through.", "! ?"),
    "I want a real person": ("I'll put you through.",),
    "Are you a real person?": ("automated assistant",),
    "Sorry, wrong number.": ("Goodbye.",),
    "Hold on.": ("take your time",),
    "Can you repeat that?": ("How can I help you",),
    "Hola, necesito una cita por favor": ("English", "put you through to a person?"),
    "Do you do wheel alignments and state inspections?": ("state inspection",),
}


@pytest.mark.parametrize("line", REMARKS)
def test_remarks(line: str) -> None:
    """Questions beside any errand are answered from the prompt, without a tool."""
    play([(line, *REMARKS[line])])


REPERTOIRE: dict[str, list[tuple[str, ...]]] = {
    "a child": [
        ("Hi, I'm six years old", "grown-up to the phone"),
        ("my mommy isn't here", "grown-up"),
        ("no", "ask a grown-up to call us", "Goodbye."),
    ],
    "a child fetches somebody": [
        ("i am a little girl", "grown-up to the phone"),
        ("Hello, I need an oil change on Tuesday at two for the Honda", OIL_SLOT, OIL_BOOK),
    ],
    "an angry caller is apologised to once, then offered a person": [
        ("This is ridiculous, I need an oil change", "I'm sorry about that", "What day"),
        ("Tuesday at two", OIL_SLOT, CAR_Q),
        ("you're useless", "I understand", "put you through to a person?"),
        ("no", CAR_Q),
        ("the honda", "> book_appointment"),
    ],
    "another language": [
        ("Quiero cambiar el aceite de mi coche", "only speak English", "put you through"),
        ("si, yes", "I'll put you through."),
    ],
    "two services in one breath": [
        ("I need an oil change and a brake inspection", "What day"),
        ("Tuesday at two", OIL_SLOT, CAR_Q),
        ("the honda", OIL_BOOK, "Now the brake inspection. What day"),
        ("Wednesday at ten",
         "> get_available_slots date=2026-11-25 service_type=brake_inspection", CAR_Q),
        ("the tacoma", "> book_appointment service_type=brake_inspection vehicle_id=12",
         "Anything else?"),
    ],
    "two cars in one breath": [
        ("An oil change for the Honda and a tire rotation for the Tacoma please.", "What day"),
        ("Tuesday at two", OIL_SLOT, "> book_appointment vehicle_id=11", "Now the tire rotation."),
        ("Tuesday at three",
         "> get_available_slots date=2026-11-24 service_type=tire_rotation",
         "> book_appointment vehicle_id=12", "Anything else?"),
    ],
    "a correction of the day": [
        ("oil change tuesday at two", OIL_SLOT, CAR_Q),
        ("no, Wednesday", "> get_available_slots date=2026-11-25", "is free"),
        ("the honda", "> book_appointment scheduled_at=2026-11-25T14:00:00"),
    ],
    "a correction after booking": [
        ("oil change for the honda tuesday at two", OIL_SLOT, "> book_appointment"),
        ("actually, can we make it Wednesday instead?", "> get_available_slots date=2026-11-25"),
    ],
    "a hold in the middle": [
        ("oil change tuesday at two", OIL_SLOT, CAR_Q),
        ("hold on a second", "Sure, take your time."),
        ("okay, the honda", "> book_appointment vehicle_id=11"),
    ],
    "keys": [
        ("oil change tuesday at two", OIL_SLOT, CAR_Q),
        ("The first one.", "> book_appointment vehicle_id=11"),
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", REPERTOIRE)
def test_repertoire(name: str) -> None:
    """Whoever calls, and whatever they want beside a booking, is dealt with kindly."""
    play(REPERTOIRE[name])


@pytest.mark.parametrize(
    "line", ["Is my car ready?", "Is my Honda done?", "Can I pick up my truck?", "Is it ready yet?"]
)
def test_is_my_car_ready(line: str) -> None:
    """The tool's sentence is the answer."""
    play([(line, "> get_upcoming_appointments", "2 coming up")], shop=Shop(visits=VISITS[:2]))


def test_an_apology_goes_with_the_look_up() -> None:
    """An angry caller who names everything hears the apology while the tool works."""
    line = Line(DANA, Shop(), HI)
    text, calls = line.turn("This is ridiculous, I need an oil change on Tuesday at two")
    spoken = [m.text for m in line.messages if m.role == "assistant" and m.tool_calls]
    assert spoken == ["I'm sorry about that. Let me help."]
    assert len(calls) == 1 and text == f"{FREE} {CAR_Q}"


def test_a_keyed_number() -> None:
    """The keypad's sentence is understood as the number asked for."""
    play(
        [
            ("oil change tuesday at two", OIL_SLOT, "phone number"),
            ("My phone number is 503-555-0142.", "> lookup_customer phone=+15035550142", CAR_Q),
        ],
        WITHHELD,
    )


def test_not_understood() -> None:
    """Noise is asked about in different words each time, and at last a person is offered."""
    line = Line(DANA, Shop(), HI)
    replies = [line.turn("gobble dee gook")[0] for _ in range(3)]
    assert len(set(replies)) == 3
    assert "put you through to a person?" in replies[-1]
    assert line.turn("yes please") == ("I'll put you through.", [])
    line = Line(DANA, Shop(), HI)
    line.turn("oil change tuesday at two")
    first, second = (line.turn("fnord")[0] for _ in range(2))
    assert first != second
    assert "car" in first
    assert "car" in second


def test_silence() -> None:
    """A message about silence makes a short prompt, worded anew the second time."""
    line = Line(DANA, Shop(), HI)
    first, calls = line.turn("The caller has been silent. Ask if they are there.", role="developer")
    second, _ = line.turn("The caller has been silent.", role="system")
    assert "still there" in first
    assert first != second
    assert not calls
    last, _ = line.turn("The caller is silent. Say goodbye and end the call.", role="system")
    assert last.endswith("Goodbye.")


def test_opening() -> None:
    """With nothing said yet the model greets by name."""
    reply = answer(ChatRequest("gpt-4o", (Message("system", DANA),), TOOLS))
    assert reply.text.startswith("Hi Dana, thanks for calling Bayline Auto Care.")


def test_a_cut_off_question_was_not_asked() -> None:
    """After a barge-in only what was heard counts: a bare yes then confirms nothing."""
    line = Line(MARCUS, Shop(), HI)
    line.turn("oil change tuesday at two")
    line.messages[-1] = Message("assistant", "Tuesday, November twenty-fourth at")
    text, calls = line.turn("yes")
    assert not calls
    assert "?" in text


def test_weekdays_are_the_coming_ones() -> None:
    """Days are reckoned from the prompt's date."""
    day = date(2026, 11, 22)
    assert day.weekday() == 6
    line = Line(DANA, Shop(), HI)
    _, calls = line.turn("oil change monday week at nine")
    assert calls[0].parsed()["date"] == "2026-11-30"


def test_a_filler_is_no_answer() -> None:
    """A filler said while a tool ran does not make the model forget the tool's result."""
    line = Line(DANA, Shop(), HI)
    line.turn("oil change tuesday at two")
    line.messages[-1] = Message("assistant", "One moment, please.")
    reply = answer(ChatRequest("gpt-4o", tuple(line.messages), TOOLS))
    assert reply.text == f"{FREE} {CAR_Q}"


def test_a_tool_still_running() -> None:
    """While a tool has not answered, the agent says that it is still looking."""
    line = Line(DANA, Shop(), HI)
    line.turn("oil change tuesday at two")
    line.messages[-2:] = [Message("tool", "IN_PROGRESS", (), line.messages[-2].tool_call_id)]
    reply = answer(ChatRequest("gpt-4o", tuple(line.messages), TOOLS))
    assert "still checking" in reply.text
    assert not reply.tool_calls


def test_arguments_the_schema_does_not_know_are_left_out() -> None:
    """Only arguments that stand in a tool's schema are given."""
    tool = ToolSpec("get_available_slots", {"properties": {"date": {"type": "string"}}})
    messages = (Message("system", DANA), Message("user", "oil change tuesday at two"))
    reply = answer(ChatRequest("gpt-4o", messages, (tool,)))
    assert [call.parsed() for call in reply.tool_calls] == [{"date": "2026-11-24"}]
