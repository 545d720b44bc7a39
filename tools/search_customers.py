"""Find a customer by what a caller can say about themselves, disclosing nothing to anyone else."""

import re
from dataclasses import dataclass
from typing import Any

from shop.types import Customer
from tools.call import Call
from tools.lookup_customer import customer_json
from tools.tool import Arguments, tool


class SearchArguments(Arguments):
    """What the caller said."""

    query: str


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The customers found that this caller may hear about, best first."""

    customers: list[dict[str, Any]]
    message: str


@tool()
async def search_customers(call: Call, arguments: SearchArguments) -> SearchResult:
    """Find the caller by name, phone number, email, license plate or VIN, in the caller's own
    words. Two facts that fit together settle who is calling; fewer disclose nothing.
    """
    if call.customer is not None and any(facts(call.customer, arguments.query).values()):
        return _found(call.customer)
    call.count_try()
    for candidate in await call.store.customers.search(arguments.query):
        if call.weigh(facts(candidate, arguments.query), candidate):
            return _found(candidate)
    # The same words whether somebody matched by one fact or nobody did at all.
    return SearchResult(
        customers=[],
        message="I can't find you by that alone. "
        "Could you also give me the phone number or the license plate we have on file?",
    )


def facts(customer: Customer, query: str) -> dict[str, bool]:
    """Say which facts about `customer` stand in `query`; a name counts only when it is whole."""
    words = re.findall(r"[a-z']+", query.lower())
    packed = re.sub(r"[^a-z0-9]", "", query.lower())
    digits = re.sub(r"\D", "", query)
    name = {customer.first_name.lower(), customer.last_name.lower()}
    plates = [v.license_plate for v in customer.vehicles if v.license_plate]
    vins = [v.vin for v in customer.vehicles if v.vin]
    return {
        "name": name <= set(words),
        "phone": len(digits) >= 10 and digits[-10:] == customer.phone[-10:],
        "email": bool(customer.email) and str(customer.email).lower() in query.lower(),
        "plate": any(plate.lower() in packed for plate in plates),
        "vin": any(vin[-6:].lower() in packed for vin in vins),
    }


def _found(customer: Customer) -> SearchResult:
    return SearchResult(
        customers=[customer_json(customer)],
        message=f"Thank you, {customer.first_name}, I found you.",
    )
