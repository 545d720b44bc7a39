"""The seven things a caller can have done, one file each; the file's name is the tool's name."""

from typing import Any

from tools.book_appointment import book_appointment
from tools.cancel_appointment import cancel_appointment
from tools.get_available_slots import get_available_slots
from tools.get_upcoming_appointments import get_upcoming_appointments
from tools.lookup_customer import lookup_customer
from tools.reschedule_appointment import reschedule_appointment
from tools.search_customers import search_customers
from tools.tool import Tool

TOOLS: tuple[Tool[Any], ...] = (
    lookup_customer,
    search_customers,
    get_available_slots,
    book_appointment,
    get_upcoming_appointments,
    cancel_appointment,
    reschedule_appointment,
)
