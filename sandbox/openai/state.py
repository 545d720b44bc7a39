"""Where a conversation stands, read afresh from its messages each time, as a model does."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.openai import listening
from sandbox.openai.briefing import read_briefing
from sandbox.openai.cars import Car
from sandbox.openai.chat import Message, ToolCall, json_object
from sandbox.openai.facts import (
    Slot,
    Visit,
    Wish,
    meant_visits,
    read_customer,
    read_slots,
    read_time,
    read_visits,
)
from sandbox.openai.questions import asked_in
from sandbox.openai.understand import Heard

MAX_MESSAGES = 400  # a call of half an hour has fewer; what is older no longer matters
TAKEN = frozenset({"slot_taken", "taken", "conflict", "no_bay", "not_free", "slot_unavailable"})


@dataclass(frozen=True, slots=True)
class Outcome:
    """A tool's answer: the call, the JSON it gave, and whether it is still running."""

    call: ToolCall
    payload: Mapping[str, Any]
    running: bool = False

    @property
    def ok(self) -> bool:
        """Say whether the tool did what it was asked."""
        return self.payload.get("success") is True or (
            bool(self.payload) and "success" not in self.payload and "error" not in self.payload
        )

    @property
    def error(self) -> str:
        """Give the failure's code."""
        return str(self.payload.get("error", "")) if not self.ok else ""

    @property
    def message(self) -> str:
        """Give the sentence that comes with the answer."""
        text = self.payload.get("message")
        return text.strip() if isinstance(text, str) else ""


class Conversation:
    """Everything the messages say, folded into one state."""

    def __init__(self, messages: Iterable[Message]) -> None:
        listed = list(messages)
        self.briefing = read_briefing(m for m in listed if m.role in ("system", "developer"))
        self.caller = self.briefing.caller
        self.first_name = self.briefing.first_name
        self.customer_id = self.briefing.customer_id
        self.cars: tuple[Car, ...] = self.briefing.cars
        self.phone: str | None = None
        self.no_phone = False
        self.name: tuple[str, ...] = ()
        self.identity_tries = 0
        self.query: str | None = None

        self.goal: str | None = None
        self.wish = Wish()
        self.slots: tuple[Slot, ...] = ()
        self.slots_for: tuple[object, ...] | None = None
        self.offered: tuple[Slot, ...] = ()
        self.visits: tuple[Visit, ...] | None = None
        self.last_booked: Visit | None = None
        self.visits_made = 0

        self.topic: str | None = None
        self.pending: str | None = None
        self.said = ""
        self.spoken_before = False
        self.heard: Heard | None = None
        self.understood = False
        self.misses = 0
        self.results: list[Outcome] = []
        self.directive = ""
        self.flags: set[str] = set()
        self._unsaid: list[Outcome] = []
        self._calls: dict[str, ToolCall] = {}
        for message in listed[-MAX_MESSAGES:]:
            self._take(message)
        if not self.results and not self.directive:
            self.results = self._unsaid

    def _take(self, message: Message) -> None:
        match message.role:
            case "user":
                self._listen(message.text)
            case "assistant":
                self._calls.update({call.id: call for call in message.tool_calls})
                if message.text.strip():
                    self._spoke(message.text)
            case "tool" | "function":
                call = self._calls.get(message.tool_call_id)
                if call is not None:
                    self._learn(call, message.text)
            case _ if self.spoken_before or self.heard is not None:
                self.directive = message.text

    def _listen(self, text: str) -> None:
        self.results = []
        self._unsaid = []
        self.directive = ""
        self.flags = set()
        self.understood = False
        listening.listen(self, text)
        self.misses = 0 if self.understood else self.misses + 1

    def _spoke(self, text: str) -> None:
        """Take what the caller heard; only a question in it changes what is being asked."""
        joined = text if self.heard or self.results or not self.said else f"{self.said} {text}"
        if "take your time" not in text:
            self.said = joined
        self.spoken_before = True
        self.directive = ""
        self._unsaid = self._not_in(text)
        self.results = []
        self.heard = None
        lowered = text.lower()
        asked = asked_in(text)
        if asked is not None or "?" in text:
            self.pending = asked or self.pending
        if self.goal == "upcoming" and self.visits is not None:
            self.drop_goal()
        heard_slots = tuple(s for s in self.slots if s.tail.lower() in lowered)
        if heard_slots and asked == "offer":
            same_day = tuple(s for s in heard_slots if s.head.lower() in lowered)
            self.offered = same_day or heard_slots

    def _not_in(self, text: str) -> list[Outcome]:
        """Give the results that a filler ("One moment, please.") stands before, not answers."""
        answered = "?" in text or "goodbye" in text.lower()
        told = any(done.message and done.message[:20] in text for done in self.results)
        return [] if answered or told else self.results

    def settle_visit(self) -> None:
        """Take the one visit that can be meant; moving it keeps its service, maybe its day."""
        wish = self.wish
        if self.goal not in ("move", "cancel"):
            return
        if wish.visit is None and self.visits:
            car = next((c.name for c in self.cars if c.id == wish.visit_car_id), None)
            meant = meant_visits(self.visits, wish, car)
            wish.visit = meant[0] if len(meant) == 1 else None
        if self.goal == "move" and wish.visit is not None:
            wish.service = wish.visit.service or None
            if wish.day is None and wish.time is not None:
                wish.day = wish.visit.at.date()
            self.match()

    def slots_key(self) -> tuple[object, ...]:
        """Name the question the slots on hand would have to answer."""
        return (self.wish.service, self.wish.day, self.wish.days)

    def match(self) -> None:
        """Choose the slot the caller asked for, if it is among those on hand."""
        wish = self.wish
        if wish.slot is not None or wish.time is None or wish.time.minute is None:
            return
        if self.slots_for == self.slots_key():
            fitting = [s for s in self.slots if wish.time.fits(s.start.time())]
            on_day = [s for s in fitting if wish.days > 1 or s.start.date() == wish.day]
            wish.slot = on_day[0] if on_day else None

    def drop_goal(self) -> None:
        """Forget the wish at hand."""
        self.goal = None
        self.wish = Wish()
        self.offered = ()

    # -- what tools answer ---------------------------------------------------------------------

    def _learn(self, call: ToolCall, content: str) -> None:
        payload = json_object(content)
        running = not payload and content.strip().strip('"').upper() == "IN_PROGRESS"
        outcome = Outcome(call, payload, running)
        self.results.append(outcome)
        if running:
            return
        learn = {
            "lookup_customer": self._learn_customer,
            "search_customers": self._learn_customer,
            "get_available_slots": self._learn_slots,
            "book_appointment": self._learn_booking,
            "get_upcoming_appointments": self._learn_visits,
            "cancel_appointment": self._learn_change,
            "reschedule_appointment": self._learn_change,
        }.get(call.name)
        if learn is not None:
            learn(outcome)

    def _learn_customer(self, outcome: Outcome) -> None:
        self.query = None
        listed = outcome.payload.get("customers")
        found = listed[0] if isinstance(listed, list) and listed else None
        customer = read_customer(outcome.payload.get("customer") or found) if outcome.ok else None
        if customer is not None:
            self.customer_id, self.first_name, self.cars = customer
            self.caller = "known"
            return
        if outcome.error == "verification_needed" or outcome.call.name == "search_customers":
            self.identity_tries += 1
            return
        if outcome.error.startswith("invalid") or self.customer_id is not None:
            return
        own_number = not outcome.call.parsed().get("phone")
        withheld = "number" in outcome.message and "on file" not in outcome.message
        self.caller = "withheld" if own_number and withheld else "unknown"

    def _learn_slots(self, outcome: Outcome) -> None:
        self.slots_for = self.slots_key()
        self.slots = read_slots(outcome.payload.get("slots")) if outcome.ok else ()
        if not self.slots:
            self.slots = read_slots(outcome.payload.get("next_free"))
            if self.slots:
                self.flags.add("next_free")
        self.match()

    def _learn_booking(self, outcome: Outcome) -> None:
        if outcome.ok:
            arguments = outcome.call.parsed()
            at = read_time(outcome.payload.get("scheduled_at") or arguments.get("scheduled_at"))
            number = outcome.payload.get("appointment_id")
            if at is not None and isinstance(number, int):
                service = str(outcome.payload.get("service_type") or self.wish.service or "")
                self.last_booked = Visit(number, at, service)
            self.visits_made += 1
            self.visits = None
            self.drop_goal()
            return
        self._learn_refusal(outcome)

    def _learn_refusal(self, outcome: Outcome) -> None:
        """Keep what still holds of a wish the shop said no to."""
        wish = self.wish
        alternatives = read_slots(outcome.payload.get("alternatives"))
        if alternatives or outcome.error in TAKEN:
            wish.slot, wish.time, wish.confirmed = None, None, False
            self.slots = alternatives
            self.slots_for = self.slots_key() if alternatives else None
        elif outcome.error in ("vehicle_needed", "invalid_vin", "invalid_plate"):
            wish.car_id = None
            wish.new_car = type(wish.new_car)()
        elif outcome.error in ("customer_needed", "phone_needed", "invalid_phone"):
            self.name = () if outcome.error == "customer_needed" else self.name
        elif outcome.error in _ASK_ANOTHER_TIME:
            wish.slot, wish.time, wish.day, wish.confirmed = None, None, None, False
        else:
            self.drop_goal()

    def _learn_visits(self, outcome: Outcome) -> None:
        if outcome.ok:
            self.visits = read_visits(outcome.payload.get("appointments"))
            self.settle_visit()
        elif outcome.error == "customer_unknown":
            self.caller = "withheld"
        else:
            self.drop_goal()

    def _learn_change(self, outcome: Outcome) -> None:
        self.visits = None
        if outcome.ok:
            if self.last_booked and self.wish.visit and self.wish.visit.id == self.last_booked.id:
                self.last_booked = None
            if outcome.call.name == "reschedule_appointment":
                self.last_booked = self.wish.visit
            self.drop_goal()
        elif outcome.call.name == "reschedule_appointment":
            self._learn_refusal(outcome)
        else:
            self.drop_goal()


_ASK_ANOTHER_TIME = frozenset(
    {
        "shop_closed",
        "closed",
        "lunch",
        "outside_hours",
        "in_past",
        "too_soon",
        "beyond_horizon",
        "invalid_time",
        "no_such_time",
        "invalid_date",
    }
)
