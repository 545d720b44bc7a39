"""What one phone call may touch: who is calling, how sure we are of it, and the shop's store."""

from collections.abc import Set
from dataclasses import dataclass, field

from shop.clock import Clock
from shop.identity import FACTS_NEEDED, Fact, Tier, Trust, shown
from shop.shopfile import Shop
from shop.types import Appointment, Customer, Vehicle
from store import Store
from store.errors import NotFound
from tools.errors import Refused, not_authorized, one_fact_more

MAX_IDENTITY_TRIES = 5
"""Look-ups in one call that settle nothing before the caller is taken for a guesser."""

TRIES_AN_HOUR = 15
"""The same from one number across calls: a family that shares a telephone stays below it."""

UNKNOWN_TRIES_AN_HOUR = 60
"""The same for all callers together whose number is withheld or forged: they have no other name."""

HOUR_S = 3600


@dataclass(slots=True)
class Call:
    """One call's own view of the world; every tool gets this and nothing else.

    `caller_phone` is E.164, None where the carrier withheld it; `trust` is what it is worth.
    `customer` is the verified caller: settled by the carrier's number or by facts the caller gave,
    never by what the model claims. At any moment that is one person: who proves to be somebody else
    is that person from then on and loses the first one's rights. See `tier` for what they may do.
    """

    call_sid: str
    caller_phone: str | None
    store: Store
    shop: Shop
    clock: Clock
    customer: Customer | None = None
    trust: Trust = "full"
    _proved_id: int | None = None
    _looked_up: bool = False
    _facts: dict[int, set[Fact]] = field(default_factory=dict)
    _tries: int = 0
    _numbers_named: set[str] = field(default_factory=set)

    @property
    def tier(self) -> Tier:
        """How sure we are of the caller."""
        if self.customer is None:
            return Tier.NOBODY
        proved = self.trust == "full" or self.customer.id == self._proved_id
        return Tier.SURE if proved else Tier.BY_NUMBER

    @property
    def shown_customer(self) -> Customer | None:
        """The verified caller's file as far as they, and so the model, may hear of it."""
        return shown(self.customer, self.tier) if self.customer else None

    async def identify(self) -> None:
        """Settle who is calling by the carrier's number, once; raises DatabaseUnavailable."""
        if self.customer is None and not self._looked_up:
            await self.identify_by_number()

    async def identify_by_number(self) -> None:
        """Take whoever has the carrier's number on file for the caller, if the number is trusted.

        Nobody has it: then the caller stays who they are.
        """
        if self.caller_phone is not None and self.trust != "none":
            found = await self.store.customers.by_phone(self.caller_phone)
            self.customer = found or self.customer
        self._looked_up = True

    def require_customer(self, customer_id: int) -> Customer:
        """Return the verified caller; raises `not_authorized` unless that is `customer_id`."""
        if self.customer is None or self.customer.id != customer_id:
            raise not_authorized()
        return self.customer

    def require_verified(self) -> Customer:
        """Return the verified caller, or raise the refusal that asks who is calling."""
        if self.customer is None:
            raise Refused(
                "customer_unknown",
                "I don't have you on file under this number. "
                "Could you tell me your full name and the phone number we have for you?",
            )
        return self.customer

    def require_vehicle(self, vehicle_id: int) -> Vehicle:
        """Return the caller's own vehicle; raises `not_authorized` for any other id."""
        vehicle = self.vehicle(vehicle_id)
        if vehicle is None:
            raise not_authorized()
        return vehicle

    async def require_appointment(self, appointment_id: int) -> Appointment:
        """Return the caller's own appointment, to be moved or cancelled.

        Raises `not_authorized` for any other id, and asks for one more fact where the number alone
        does not suffice for a change.
        """
        if self.customer is None:
            raise not_authorized()
        try:
            appointment = await self.store.appointments.get(appointment_id)
        except NotFound as exc:
            raise not_authorized() from exc
        if appointment.customer_id != self.customer.id:
            raise not_authorized()
        if self.tier < Tier.SURE:
            raise one_fact_more()
        return appointment

    def vehicle(self, vehicle_id: int | None) -> Vehicle | None:
        """Return the caller's vehicle with this id, None when there is none such."""
        vehicles = self.customer.vehicles if self.customer else ()
        return next((v for v in vehicles if v.id == vehicle_id), None)

    def verify(self, customer: Customer) -> None:
        """Take `customer` for the caller from now on, beyond doubt."""
        self.customer = customer
        self._proved_id = customer.id

    def prove(self, facts: Set[Fact], candidate: Customer) -> bool:
        """Add what the caller knew about `candidate`; True once that is enough to be them.

        Two facts are enough, and one about whoever has the number this call comes from. A number
        proves nothing to the caller whose carrier showed it and did not vouch for it.
        """
        known = self._facts.setdefault(candidate.id, set())
        known.update(facts)
        if self.trust != "full" and candidate.phone == self.caller_phone:
            known.discard("phone")
        by_number = self.customer is not None and self.customer.id == candidate.id
        if len(known) < (1 if by_number else FACTS_NEEDED):
            return False
        self.verify(candidate)
        return True

    async def count_number(self, phone: str) -> None:
        """Count a number that the caller names as theirs, once; raises like `count_try`."""
        if phone not in self._numbers_named:
            self._numbers_named.add(phone)
            await self.count_try()

    async def count_try(self) -> None:
        """Count one look-up; raises once this looks like guessing, in this call or in this hour.

        With Redis away only this call's own are counted.
        """
        self._tries += 1
        if self._tries > MAX_IDENTITY_TRIES:
            raise _guessing()
        known = self.caller_phone is not None and self.trust != "none"
        who = self.caller_phone if known else "unknown"
        tries = await self.store.cache.count(f"guesses:{who}", HOUR_S)
        if tries is not None and tries > (TRIES_AN_HOUR if known else UNKNOWN_TRIES_AN_HOUR):
            raise _guessing()


def _guessing() -> Refused:
    return Refused(
        "too_many_attempts",
        "I'm sorry, I can't look anything else up on this call. "
        "Someone from the shop can help you with that.",
    )
