"""A conversation read afresh from its messages each time, as a model does."""

import re
from collections.abc import Iterable

from sandbox.openai import listening
from sandbox.openai.briefing import read_briefing
from sandbox.openai.chat import Message, ToolCall, json_object
from sandbox.openai.facts import Visit, read_customer, read_slots, read_time, read_visits
from sandbox.openai.questions import asked_in
from sandbox.openai.state import Outcome, State

MAX_MESSAGES = 400  # a call of half an hour has fewer; what is older no longer matters
TAKEN = frozenset({"slot_taken", "taken", "conflict", "no_bay", "not_free", "slot_unavailable"})

_WAITING = re.compile(r"take your time|no rush|I'll be here|I'm still here")
"""Said while the caller fetches something; what was asked before still stands."""


class Conversation(State):
    """Everything the messages say, folded into one state."""

    def __init__(self, messages: Iterable[Message]) -> None:
        listed = list(messages)
        super().__init__(read_briefing(m for m in listed if m.role in ("system", "developer")))
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
        if not _WAITING.search(text):
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
            self.take_up_later()
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
