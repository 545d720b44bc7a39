"""What comes next in each errand: booking, moving, cancelling, looking up."""

from collections.abc import Sequence
from typing import Any

from sandbox.openai.chat import ChatRequest, Reply, ToolCall
from sandbox.openai.conversation import Conversation
from sandbox.openai.facts import Slot, Visit
from sandbox.openai.questions import question
from sandbox.openai.remarks import cars_question
from sandbox.openai.wording import either, moment, sentence

NO_TOOL = "I'm sorry, I can't look into our calendar right now."
BROKEN = "I'm sorry, something isn't working on my side."
MAX_SPOKEN_SLOTS = 3
MAX_CALLS = 8  # in one turn; more is a circle
_CUSTOMER_KNOWN_TRIES = 2


class Errand:
    """One reply in the making: what has been put first, and what the errand needs next."""

    def __init__(self, talk: Conversation, request: ChatRequest, lead: Sequence[str]) -> None:
        self.talk = talk
        self.request = request
        self.lead = [part for part in lead if part]
        self.again = talk.heard is not None and not talk.understood
        self._car_named = talk.wish.car_id is not None

    # -- saying and calling --------------------------------------------------------------------

    def say(self, *parts: str) -> Reply:
        """Say the lead and then these sentences."""
        return Reply(" ".join(part for part in (*self.lead, *parts) if part))

    def ask(self, key: str) -> Reply:
        """Say the lead and then a question, worded anew when the last answer was not caught."""
        return self.say(question(key, again=self.again))

    def use(self, name: str, **arguments: Any) -> Reply:
        """Call a tool, unless the model has none such or has just tried exactly that."""
        known = self.request.argument_names(name)
        given = {
            key: value
            for key, value in arguments.items()
            if value is not None and (not known or key in known)
        }
        call = ToolCall.of(name, **given)
        if not self.request.offers(name):
            return self.say(NO_TOOL, question("callback"))
        done = [(past.call.name, past.call.parsed()) for past in self.talk.results]
        if done[-1:] == [(name, given)] or done.count((name, given)) > 1 or len(done) > MAX_CALLS:
            return self.say(BROKEN, question("callback"))
        return Reply("", (call,))

    # -- errands -------------------------------------------------------------------------------

    def next(self) -> Reply:
        """Go on with what the caller wants."""
        talk = self.talk
        if talk.query is not None:
            return self.use("search_customers", query=talk.query)
        if "phone_given" in talk.flags and talk.caller != "known" and self._phone_untried():
            return self.use("lookup_customer", phone=talk.phone)
        match talk.goal:
            case "book":
                return self._book()
            case "move":
                return self._move()
            case "cancel":
                return self._cancel()
            case "upcoming":
                return self._upcoming()
        if not talk.spoken_before or talk.pending == "help":
            return self.ask("help")
        return self.ask("anything_else")

    def _phone_untried(self) -> bool:
        return not any(done.call.name == "lookup_customer" for done in self.talk.results)

    def _identify(self, *, needed: bool) -> Reply | None:
        """Find out who is calling; None once that is settled, or not needed."""
        talk = self.talk
        if talk.caller == "known":
            return None
        if talk.caller == "unlooked" and self.request.offers("lookup_customer"):
            return self.use("lookup_customer")
        if talk.caller == "withheld":
            if talk.phone is None and not talk.no_phone:
                return self.ask("phone")
            if talk.identity_tries and talk.identity_tries <= _CUSTOMER_KNOWN_TRIES:
                return self.ask("identity")
            if talk.phone and not talk.identity_tries and self._phone_untried():
                return self.use("lookup_customer", phone=talk.phone)
        if (
            needed
            and talk.phone is None
            and not talk.no_phone
            and talk.identity_tries <= _CUSTOMER_KNOWN_TRIES
        ):
            return self.ask("phone")
        return None

    def _book(self) -> Reply:
        talk, wish = self.talk, self.talk.wish
        if talk.caller == "unlooked" and (reply := self._identify(needed=False)):
            return reply
        if wish.service is None:
            return self.ask("service")
        reply = self._find_time()
        if reply is not None:
            return reply
        return self._identify(needed=False) or self._who_and_car() or self._confirm_booking()

    def _find_time(self) -> Reply | None:
        """Come to a slot; None once there is one, and it has been said that it is free."""
        talk, wish = self.talk, self.talk.wish
        if wish.slot is None:
            if wish.day is None:
                return self.ask("day")
            if talk.slots_for != talk.slots_key():
                return self.use(
                    "get_available_slots",
                    date=wish.day.isoformat(),
                    service_type=wish.service,
                    days=wish.days if wish.days > 1 else None,
                )
            return self._offer()
        if not wish.confirmed and not self._announced(wish.slot):
            self.lead.append(sentence(f"{wish.slot.spoken} is free"))
        return None

    def _announced(self, slot: Slot) -> bool:
        said = self.talk.said.lower()
        return slot.spoken.lower() in said and "free" in said

    def _offer(self) -> Reply:
        talk, wish = self.talk, self.talk.wish
        if wish.declined or not talk.slots:
            told = [self._told("get_available_slots")] if not talk.slots else []
            return self.say(*told, "What other day or time would suit you?")
        if "next_free" in talk.flags:
            return self.say(self._told("get_available_slots"), question("offer"))
        offered = self._worth_saying()
        fits = all(wish.time is None or wish.time.fits(s.start.time()) for s in offered)
        asked_now = bool(talk.results or "beside" in talk.flags) or (
            talk.heard is not None and talk.heard.time is not None
        )
        sorry = "" if fits or not asked_now else "I'm sorry, that time isn't free."
        return self.say(sorry, f"I have {_spoken(offered)}.", question("offer", again=self.again))

    def _told(self, tool: str) -> str:
        told = [done.message for done in self.talk.results if done.call.name == tool]
        if told and told[-1] and told[-1] not in self.lead:
            return told[-1]
        return "" if told and told[-1] else "I have nothing free then."

    def _worth_saying(self) -> list[Slot]:
        """Choose three times at most: those nearest to the wish, else spread over the day."""
        slots, time = list(self.talk.slots), self.talk.wish.time
        if time is not None:
            fitting = [s for s in slots if time.fits(s.start.time())]
            if fitting and time.minute is None:
                return _best(fitting)
            slots.sort(key=lambda s: (time.distance(s.start.time()), s.start))
            return sorted(slots[:MAX_SPOKEN_SLOTS], key=lambda s: s.start)
        return _best(slots)

    def _who_and_car(self) -> Reply | None:
        """Settle customer and car; None once both are."""
        talk, wish = self.talk, self.talk.wish
        if talk.customer_id is None:
            if len(talk.name) == 1:
                return self.ask("last_name")
            if not talk.name:
                return self.ask("name")
        if len(talk.cars) == 1 and not wish.other_car and wish.car_id is None:
            wish.car_id = talk.cars[0].id
        if wish.car_id is not None or ((wish.other_car or not talk.cars) and wish.new_car.complete):
            return None
        if talk.cars and not wish.other_car:
            return self.say(cars_question(talk))
        if wish.new_car.make and not wish.new_car.model:
            return self.say("What model is it?")
        if wish.new_car.make and not wish.new_car.year:
            return self.say("What year is it?")
        return self.ask("new_car")

    def _confirm_booking(self) -> Reply:
        talk, wish = self.talk, self.talk.wish
        assert wish.slot is not None  # noqa: S101 - _find_time has seen to it
        # A caller who named service, day, time and car agrees when that time is free.
        named = self._car_named and wish.time is not None and wish.time.fits(wish.slot.start.time())
        if not wish.confirmed and not (named and talk.pending != "confirm_book"):
            if self.again:
                return self.ask("confirm_book")
            car = next((c.name for c in talk.cars if c.id == wish.car_id), "")
            return self.say(f"Shall I book it for your {car}?" if car else "Shall I book it?")
        customer: dict[str, Any] | None = None
        if talk.customer_id is None:
            customer = {"first_name": talk.name[0], "last_name": talk.name[-1]}
            customer |= {"phone": talk.phone} if talk.phone else {}
        return self.use(
            "book_appointment",
            scheduled_at=wish.slot.start.isoformat(),
            service_type=wish.service,
            customer_id=talk.customer_id,
            vehicle_id=wish.car_id,
            customer=customer,
            vehicle=wish.new_car.arguments() if wish.car_id is None else None,
        )

    def _upcoming(self) -> Reply:
        talk = self.talk
        reply = self._identify(needed=True)
        if reply is not None:
            return reply
        if talk.visits is None:
            return self.use("get_upcoming_appointments")
        told = self._told("get_upcoming_appointments")
        return self.say(told, question("anything_else"))

    def _find_visit(self) -> Reply | None:
        """Come to the one appointment that is meant; None once it is known."""
        talk, wish = self.talk, self.talk.wish
        if wish.visit is not None:
            return None
        reply = self._identify(needed=True)
        if reply is not None:
            return reply
        if talk.visits is None:
            return self.use("get_upcoming_appointments")
        if not talk.visits:
            told = self._told("get_upcoming_appointments")
            talk.drop_goal()
            return self.say(told or "I find no visit for you.", question("anything_else"))
        names = [f"the {self._visit_name(v)} on {moment(v.at)}" for v in talk.visits[:3]]
        return self.say(f"You have {' and '.join(names)}.", question("which_visit"))

    def _visit_name(self, visit: Visit) -> str:
        return self.talk.briefing.service_name(visit.service) if visit.service else "visit"

    def _move(self) -> Reply:
        wish = self.talk.wish
        reply = self._find_visit()
        if reply is not None:
            return reply
        assert wish.visit is not None  # noqa: S101 - _find_visit has seen to it
        if wish.day is None and not self.again:
            now = f"Your {self._visit_name(wish.visit)} is on {moment(wish.visit.at)}."
            return self.say(now, "What other day or time would suit you?")
        reply = self._find_time()
        if reply is not None:
            return reply
        assert wish.slot is not None  # noqa: S101 - _find_time has seen to it
        if not wish.confirmed:
            return self.ask("confirm_move")
        return self.use(
            "reschedule_appointment",
            appointment_id=wish.visit.id,
            new_scheduled_at=wish.slot.start.isoformat(),
        )

    def _cancel(self) -> Reply:
        wish = self.talk.wish
        reply = self._find_visit()
        if reply is not None:
            return reply
        assert wish.visit is not None  # noqa: S101 - _find_visit has seen to it
        if wish.confirmed:
            return self.use("cancel_appointment", appointment_id=wish.visit.id)
        if self.again:
            return self.ask("confirm_cancel")
        which = f"the {self._visit_name(wish.visit)} on {moment(wish.visit.at)}"
        return self.say(f"Shall I cancel {which}?")


def _best(slots: list[Slot]) -> list[Slot]:
    """Take the first ones when the tool has put the best first, else some spread over the day."""
    in_order = sorted(slots, key=lambda s: s.start)
    if len(slots) <= MAX_SPOKEN_SLOTS or slots != in_order:
        return sorted(slots[:MAX_SPOKEN_SLOTS], key=lambda s: s.start)
    return [slots[0], slots[len(slots) // 2], slots[-1]]


def _spoken(slots: list[Slot]) -> str:
    """Say the times, the day only once when it is the same."""
    heads = {slot.head for slot in slots}
    if len(heads) == 1 and slots[0].head:
        return f"{slots[0].head} at {either([slot.tail for slot in slots])}"
    return either([slot.spoken for slot in slots])
