"""What the stand-in receptionist makes of words, numbers, days, times, cars and names."""

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.openai.cars import Car, find_plate, find_vin, pick_car, read_new_car
from sandbox.openai.chat import ChatRequest, Message, ToolCall, ToolSpec
from sandbox.openai.dates import find_days
from sandbox.openai.numbers import digits, phone_number, plain
from sandbox.openai.questions import QUESTIONS, asked_in
from sandbox.openai.receptionist import answer
from sandbox.openai.times import TimeWish
from sandbox.openai.understand import hear, read_name
from sandbox.openai.validation import Rejected, read_request
from sandbox.openai.wording import moment, money, ordinal, spoken_hours

pytestmark = pytest.mark.unit

SUNDAY = date(2026, 11, 22)
CARS = (Car(11, 2019, "Honda", "CR-V"), Car(12, 2015, "Toyota", "Tacoma"))


def _hear(text: str, *, number_expected: bool = False) -> Any:
    return hear(text, today=SUNDAY, offered=(), number_expected=number_expected)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("next Tuesday", "2026-11-24"),
        ("next choose day", "2026-11-24"),
        ("on two's day", "2026-11-24"),
        ("this friday", "2026-11-27"),
        ("tomorrow", "2026-11-23"),
        ("to morrow", "2026-11-23"),
        ("the day after tomorrow", "2026-11-24"),
        ("the 24th", "2026-11-24"),
        ("the twenty-fourth", "2026-11-24"),
        ("November twenty fourth", "2026-11-24"),
        ("november 24", "2026-11-24"),
        ("the third of December", "2026-12-03"),
        ("Monday the thirtieth", "2026-11-30"),
        ("Monday week", "2026-11-30"),
        ("a week from Monday", "2026-11-30"),
        ("11/24", "2026-11-24"),
        ("January second", "2027-01-02"),
        ("the fifth", "2026-12-05"),
        ("in three days", "2026-11-25"),
        ("sunday", "2026-11-29"),
        ("wensday", "2026-11-25"),
        ("today", "2026-11-22"),
    ],
)
def test_days(text: str, day: str) -> None:
    """A day is the coming one that fits the words."""
    found = find_days(digits(plain(text)), SUNDAY)
    assert [m.day.isoformat() for m in found] == [day]


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("at two", "14:00"),
        ("2 pm", "14:00"),
        ("2:00 p.m.", "14:00"),
        ("at to", "14:00"),
        ("two thirty", "14:30"),
        ("half past two", "14:30"),
        ("quarter to three", "14:45"),
        ("quarter past nine", "09:15"),
        ("nine in the morning", "09:00"),
        ("10 a.m.", "10:00"),
        ("eleven o'clock", "11:00"),
        ("noon", "12:00"),
        ("around four", "16:00"),
        ("14:30", "14:30"),
        ("make it three", "15:00"),
        ("tuesday at 2", "14:00"),
        ("the 24th at nine", "09:00"),
        ("at for thirty", "16:30"),
    ],
)
def test_times(text: str, at: str) -> None:
    """A time fits the slot it means; without am or pm the slots decide."""
    wish = _hear(text).time
    assert wish is not None
    hour, minute = map(int, at.split(":"))
    found = [t for t in range(9 * 60, 17 * 60, 15) if wish.minute is not None and _fits(wish, t)]
    assert found == [hour * 60 + minute]


def _fits(wish: TimeWish, minute: int) -> bool:
    from datetime import time  # noqa: PLC0415 - only here

    return wish.fits(time(minute // 60, minute % 60))


@pytest.mark.parametrize(
    ("text", "service"),
    [
        ("I need an oil change", "oil_change"),
        ("an oil and filter", "oil_change"),
        ("all change please", "oil_change"),
        ("I want my oil changed", "oil_change"),
        ("my brakes are squealing", "brake_inspection"),
        ("my breaks are grinding", "brake_inspection"),
        ("break inspection", "brake_inspection"),
        ("the check engine light is on", "diagnostic"),
        ("rotate my tires", "tire_rotation"),
        ("a tired rotation", "tire_rotation"),
        ("state inspection", "state_inspection"),
        ("steak inspection", "state_inspection"),
        ("I need a smog check", "state_inspection"),
        ("hello there", None),
        ("the Honda", None),
    ],
)
def test_services(text: str, service: str | None) -> None:
    """A service is known by many names, some of them misheard."""
    assert _hear(text).service == service


@pytest.mark.parametrize(
    ("text", "car"),
    [
        ("the Honda", 11),
        ("hunda", 11),
        ("the CR-V", 11),
        ("see our vee", 11),
        ("the 2019 one", 11),
        ("twenty nineteen", 11),
        ("the suv", 11),
        ("the newer one", 11),
        ("Toyota", 12),
        ("takoma", 12),
        ("the truck", 12),
        ("the second one", 12),
        ("my Toyoda", 12),
        ("yes please", None),
        ("the Subaru", None),
    ],
)
def test_cars(text: str, car: int | None) -> None:
    """A known car is meant by make, model, year, kind or order."""
    found = pick_car(text, CARS, asked=True)
    assert (found.id if found else None) == car


def test_new_cars() -> None:
    """Year, make and model of a new car come in any order; a VIN may be spelled."""
    car = read_new_car("it's a twenty eighteen Subaru Outback", SUNDAY)
    assert (car.year, car.make, car.model) == (2018, "Subaru", "Outback")
    car = read_new_car("Ford F-150 from 2012", SUNDAY)
    assert (car.year, car.make, car.model) == (2012, "Ford", "F-150")
    assert find_vin("one hotel golf charlie mike 82633 A 004352") == "1HGCM82633A004352"
    assert find_plate("seven kilo lima mike 204") == "7KLM204"
    assert find_vin("nothing of the kind") is None
    assert find_vin("no third day, December twenty fourth at two") is None


def test_names_and_numbers() -> None:
    """Names and phone numbers survive fillers, spelling and misheard digits."""
    assert read_name("Uh, my name is maria gonzalez.") == ("Maria", "Gonzalez")
    assert read_name("It's Dana Whitfield, W-H-I-T-F-I-E-L-D") == ("Dana", "Whitfield")
    assert phone_number("five oh three 555 oh one for two") == "+15035550142"
    assert phone_number("503 555 to 1389.46") == "+15035552138"
    assert phone_number("(503) 555-0142") == "+15035550142"
    assert phone_number("double five") is None


@pytest.mark.parametrize("key", QUESTIONS)
def test_own_questions_are_recognised(key: str) -> None:
    """Each wording of each question is told apart from all the others."""
    first, second, _ = QUESTIONS[key]
    assert asked_in(first) == key
    assert asked_in(f"Sorry, I didn't catch that. {second}") == key


def test_wording() -> None:
    """Days, money and hours are said as people say them."""
    from datetime import datetime  # noqa: PLC0415 - only here

    assert moment(datetime(2026, 11, 24, 14)) == (
        "Tuesday, November twenty-fourth at two in the afternoon"
    )
    assert ordinal(30) == "thirtieth"
    assert ordinal(12) == "twelfth"
    assert money("$49 to $79") == "forty-nine to seventy-nine dollars"
    assert money("from $120") == "from one hundred twenty dollars"
    assert spoken_hours("Mon-Fri 9-17, Sat 9-15, Sunday closed") == (
        "Monday to Friday nine to five, Saturday nine to three, Sunday closed"
    )


TOOLS = ("lookup_customer", "search_customers", "get_available_slots", "book_appointment",
         "get_upcoming_appointments", "cancel_appointment", "reschedule_appointment")  # fmt: skip
PHRASES = st.sampled_from(
    [
        "oil change tuesday at two", "the honda", "yes", "no", "cancel my appointment", "move it",
        "what do I have coming up", "the second one", "in the morning", "", "99/99 at 45:99",
        "Which car is it for?", "Anything else?", "What's the phone number we have on file for?",
        "two thousand", "the 31st of February", "nineteen thousand", "\u0661\u0662 at \u0662",
        "in 99 weeks", "Shall I cancel it?", "Which would you like?", "first and last name?",
        PROMPT := "Today is 2026-13-45. Caller: X (customer_id 7).\nVehicles: [1] Land Rover; [2]",
        "Services: a (b), c (d, $x)\nHours: never",
    ]
)  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["success", "slots", "start", "spoken", "appointments", "customer", "id",
                         "appointment_id", "scheduled_at", "message", "error", "customers",
                         "vehicles", "alternatives", "next_free"]),
        inner | st.sampled_from(["2026-11-24T14:00:00", "slot_taken", "not_authorized"]),
        max_size=4,
    ),
    max_leaves=12,
)  # fmt: skip
TEXTS = PHRASES | st.text(max_size=40) | st.lists(PHRASES, max_size=3).map(" ".join)
CALLS = st.builds(
    ToolCall,
    st.sampled_from(TOOLS) | st.text(max_size=5),
    JSON.map(json.dumps) | st.text(max_size=5),
    st.sampled_from(["a", "b"]),
)
MESSAGES = st.builds(
    Message,
    st.sampled_from(["system", "developer", "user", "user", "assistant", "tool", "function"]),
    TEXTS | JSON.map(json.dumps),
    st.lists(CALLS, max_size=2).map(tuple),
    st.sampled_from(["a", "b", ""]),
)


@settings(max_examples=400, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(st.lists(MESSAGES, max_size=14), st.sampled_from(["auto", "none", "required", TOOLS[3]]))
def test_anything_gets_an_answer(messages: list[Message], choice: str) -> None:
    """Whatever the messages are, the reply is words or well-formed calls of offered tools."""
    request = ChatRequest("gpt-4o", tuple(messages), tuple(map(ToolSpec, TOOLS)), choice)
    reply = answer(request)
    assert reply.text.strip() or reply.tool_calls
    assert answer(request) == reply
    for call in reply.tool_calls:
        assert call.name in TOOLS
        assert isinstance(json.loads(call.arguments), dict)
    if choice == "none":
        assert not reply.tool_calls
    if choice not in ("none", "auto"):
        assert reply.tool_calls


@settings(max_examples=300, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(
    JSON
    | st.fixed_dictionaries(
        {},
        optional={
            "model": st.sampled_from(["gpt-4o", "o3", 4, ""]),
            "messages": JSON | st.lists(st.dictionaries(st.sampled_from(
                ["role", "content", "tool_calls", "tool_call_id"]),
                JSON | st.sampled_from(["user", "tool", "assistant"]))),
            "tools": JSON,
            "tool_choice": JSON,
            "stream": JSON,
            "stream_options": JSON,
            "max_tokens": JSON,
        },
    )
)  # fmt: skip
def test_any_body_is_read_or_refused(body: Any) -> None:
    """A request body is either read or refused in the vendor's way, never an error of ours."""
    try:
        read_request(body)
    except Rejected as refusal:
        assert set(refusal.body["error"]) == {"message", "type", "param", "code"}
