"""Find a customer by what a caller can say about themselves, disclosing nothing to anyone else."""

from dataclasses import dataclass
from typing import Any

from shop.identity import Tier, matching_facts
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
    said = arguments.query
    own = matching_facts(call.customer, said) if call.customer else frozenset()
    if own and (call.tier is Tier.SURE or own == {"phone"}):
        return _found(call)
    await call.count_try()
    if call.customer is not None and own and call.prove(own, call.customer):
        return _found(call)
    for candidate in await call.store.customers.search(said):
        if call.prove(matching_facts(candidate, said), candidate):
            return _found(call)
    # The same words whether somebody matched by one fact or nobody did at all.
    return SearchResult(
        customers=[],
        message="I can't find you by that alone. "
        "Could you also give me the phone number or the license plate we have on file?",
    )


def _found(call: Call) -> SearchResult:
    customer = call.shown_customer
    assert customer is not None  # noqa: S101 - only asked once there is one
    return SearchResult(
        customers=[customer_json(customer)],
        message=f"Thank you, {customer.first_name}, I found you.",
    )
