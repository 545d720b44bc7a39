"""The nouns every part of Bayline shares: customer, vehicle, appointment, slot."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

AppointmentStatus = Literal["scheduled", "confirmed", "cancelled", "completed", "no_show"]

VisitKind = Literal["waiter", "drop_off"]
"""Whether the caller stays while the work is done or leaves the car."""

LIVE_STATUSES: tuple[AppointmentStatus, ...] = ("scheduled", "confirmed")
"""An appointment in one of these occupies its bay and technician; in any other it does not."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A half-open stretch of time, `[start, end)`, both aware."""

    start: datetime
    end: datetime

    def overlaps(self, other: "Interval") -> bool:
        """Say whether the two share a moment; touching ends do not."""
        return self.start < other.end and other.start < self.end


@dataclass(frozen=True, slots=True)
class Busy:
    """A bay, a technician (by name) or both are taken for a while.

    With neither it is the whole shop: an entry of the shop's own calendar.
    """

    interval: Interval
    bay: int | None
    technician: str | None = None


@dataclass(frozen=True, slots=True)
class Slot:
    """A stretch in which a service fits on `bay` (numbered from 1); instants are aware UTC.

    `technician` is None in a shop whose file names nobody. `bays` and `technicians` are all that
    are free throughout, the chosen ones first: what to fall back on when a choice has gone.
    """

    start: datetime
    end: datetime
    bay: int
    technician: str | None = None
    bays: tuple[int, ...] = field(default=(), compare=False)
    technicians: tuple[str, ...] | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Vehicle:
    """A row of `vehicles`."""

    id: int
    customer_id: int
    year: int | None
    make: str
    model: str
    vin: str | None
    license_plate: str | None


@dataclass(frozen=True, slots=True)
class Customer:
    """A row of `customers` with its vehicles; `phone` is E.164."""

    id: int
    first_name: str
    last_name: str
    phone: str
    email: str | None
    vehicles: tuple[Vehicle, ...] = ()


@dataclass(frozen=True, slots=True)
class Appointment:
    """A row of `appointments`; `scheduled_at` is aware UTC, the link None until Google answered."""

    id: int
    customer_id: int
    vehicle_id: int | None
    service_type: str
    scheduled_at: datetime
    duration_minutes: int
    status: AppointmentStatus
    bay: int
    notes: str | None = None
    calendar_event_id: str | None = None
    calendar_link: str | None = None
    technician: str | None = None
    visit: VisitKind = "drop_off"
    buffer_minutes: int = 0
