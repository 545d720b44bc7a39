"""What is known of a conversation at one moment: who calls, what is wanted, what was asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.openai.briefing import Briefing
from sandbox.openai.cars import Car, pick_car
from sandbox.openai.chat import ToolCall
from sandbox.openai.facts import Slot, Visit, Wish, meant_visits
from sandbox.openai.understand import Heard


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


class State:
    """What a conversation has come to; those that read the caller's words change it."""

    def __init__(self, briefing: Briefing) -> None:
        self.briefing = briefing
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
        self.later: list[tuple[str, str]] = []
        self.angers = 0

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

    def take_up_later(self) -> None:
        """Go on to the next service the caller named in the same breath as one that is done."""
        if self.later:
            service, words = self.later.pop(0)
            car = pick_car(words, self.cars, asked=False)
            self.goal, self.wish = "book", Wish(service=service, car_id=car.id if car else None)

    def drop_goal(self) -> None:
        """Forget the wish at hand."""
        self.goal = None
        self.wish = Wish()
        self.offered = ()
