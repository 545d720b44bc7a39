"""What one phone call may touch: who is calling, how sure we are of it, and the shop's store."""

from dataclasses import dataclass, field

from shop.clock import Clock
from shop.shopfile import Shop
from shop.types import Appointment, Customer, Vehicle
from store import Store
from store.errors import NotFound
from tools.errors import Refused, not_authorized

MAX_IDENTITY_TRIES = 5
"""Look-ups that settle nothing before a caller is taken for a guesser."""

FACTS_NEEDED = 2
"""Facts on file a caller without a known number has to give (phone, name, plate, VIN, email)."""


@dataclass(slots=True)
class Call:
    """One call's own view of the world; every tool gets this and nothing else.

    `caller_phone` is E.164, None where the carrier withheld it. `customer` is the verified caller:
    settled by the carrier's number or by facts the caller gave, never by what the model claims.
    """

    call_sid: str
    caller_phone: str | None
    store: Store
    shop: Shop
    clock: Clock
    customer: Customer | None = None
    _facts: dict[int, set[str]] = field(default_factory=dict)
    _tries: int = 0

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
        for vehicle in self.customer.vehicles if self.customer else ():
            if vehicle.id == vehicle_id:
                return vehicle
        raise not_authorized()

    async def require_appointment(self, appointment_id: int) -> Appointment:
        """Return the caller's own appointment; raises `not_authorized` for any other id."""
        if self.customer is None:
            raise not_authorized()
        try:
            appointment = await self.store.appointments.get(appointment_id)
        except NotFound as exc:
            raise not_authorized() from exc
        if appointment.customer_id != self.customer.id:
            raise not_authorized()
        return appointment

    def vehicle(self, vehicle_id: int | None) -> Vehicle | None:
        """Return the caller's vehicle with this id, None when there is none such."""
        vehicles = self.customer.vehicles if self.customer else ()
        return next((v for v in vehicles if v.id == vehicle_id), None)

    def verify(self, customer: Customer) -> None:
        """Take `customer` for the caller from now on."""
        self.customer = customer

    def weigh(self, facts: dict[str, bool], candidate: Customer) -> bool:
        """Add what the caller knew about `candidate`; True once that is enough to be them.

        `facts` says for each kind (`phone`, `name`, `plate`, `vin`, `email`) whether it matched.
        """
        known = self._facts.setdefault(candidate.id, set())
        known.update(kind for kind, matched in facts.items() if matched)
        if len(known) >= FACTS_NEEDED:
            self.verify(candidate)
            return True
        return False

    def count_try(self) -> None:
        """Count one look-up that was answered; raises once this looks like guessing."""
        self._tries += 1
        if self._tries > MAX_IDENTITY_TRIES:
            raise Refused(
                "too_many_attempts",
                "I'm sorry, I can't look anything else up on this call. "
                "Someone from the shop can help you with that.",
            )
