"""Whether a sentence agrees with what has come of the call, and what to say if it does not."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from shop.claim_phrases import WHEN, Kind
from shop.claims import Claim, Statement, statements
from shop.facts import Facts, Visit, services_named
from shop.moments import Moment, moments, prices
from shop.plainwords import plain
from shop.shopfile import Service
from shop.speech import speak_price

_MAKES = frozenset(
    """
    acura audi bmw buick cadillac chevrolet chevy chrysler dodge fiat ford gmc honda hyundai
    infiniti jaguar jeep kia lexus lincoln mazda mercedes mini mitsubishi nissan porsche ram
    subaru tesla toyota volkswagen volvo
    """.split()  # noqa: SIM905 - a table, not code
)


@dataclass(frozen=True, slots=True)
class Lie:
    """Why a sentence must not be heard.

    `missing`: no result of that kind; `different`: the result says another day, time, car or
    service; `price` and `free`: a figure or a free time that nothing supports.
    """

    why: Literal["missing", "different", "price", "free"]
    kind: Kind
    truth: Visit | None = None
    service: Service | None = None


def find_lie(sentence: str, facts: Facts) -> Lie | None:
    """Return what is untrue in a sentence of the agent's, None when all of it may be heard."""
    words = plain(sentence)
    if words in facts.refused:
        return None
    for statement in statements(words):
        for claim in statement.claims:
            lie = _check(claim, statement, facts)
            if lie is not None:
                return lie
        lie = _wrong_price(statement, facts) or _made_up_time(statement, facts)
        if lie is not None:
            return lie
    return None


def _check(claim: Claim, statement: Statement, facts: Facts) -> Lie | None:
    if claim.kind == "sent":
        return None if _was_sent(statement.words, facts) else Lie("missing", "sent")
    if claim.kind == "transferred":
        done = any(kind == "transferred" for kind, _ in facts.done)
        return None if done else Lie("missing", "transferred")
    if re.search(r"\bconfirmation (?:number|code)\b", statement.words):
        return Lie("missing", "sent")
    visits = list(_candidates(claim, facts))
    if not visits:
        return Lie("missing", claim.kind)
    named = [moment for moment in moments(statement.words) if not moment.old]
    if len(named) > 1:
        agree = all(any(_agrees(m, v, "", facts) for v in visits) for m in named) and any(
            _agrees(Moment(), visit, statement.words, facts) for visit in visits
        )
    else:
        moment = named[0] if named else Moment()
        agree = any(_agrees(moment, visit, statement.words, facts) for visit in visits)
    return None if agree else Lie("different", claim.kind, visits[-1])


def _candidates(claim: Claim, facts: Facts) -> Iterator[Visit]:
    """Yield the visits that may make a claim true."""
    acts = {kind for kind, _ in facts.done}
    if claim.kind == "anything":
        if facts.done and facts.refusal is None:
            yield from (visit for _, visit in facts.done if visit)
            yield from facts.standing
        return
    if claim.kind == "booked" and claim.stands:
        yield from facts.standing
        return
    kinds: set[Kind] = {"booked", "moved"} if claim.kind == "booked" else {claim.kind}
    if claim.kind == "moved" and claim.stands:
        yield from facts.standing
    if claim.kind == "moved" and {"booked", "cancelled"} <= acts:
        kinds.add("booked")
    standing = {visit.id for visit in facts.standing}
    for kind, visit in facts.done:
        if kind in kinds and visit and (kind == "cancelled" or visit.id in standing):
            yield visit


def _agrees(moment: Moment, visit: Visit, words: str, facts: Facts) -> bool:
    if (moment.day or moment.time) and (visit.at is None or not moment.fits(visit.at, facts.today)):
        return False
    named = [service.code for service in services_named(words, facts.shop)]
    if named and visit.service is not None and visit.service not in named:
        return False
    if visit.car is None:
        return True
    others = [car for car in facts.cars if car != visit.car]
    own = set(visit.car.split())
    for car in others:
        if any(re.search(rf"\b{re.escape(w)}\b", words) for w in _marks(car) if w not in own):
            return False
    return not any(make in words.split() and make not in own for make in _MAKES)


def _was_sent(words: str, facts: Facts) -> bool:
    if re.search(r"\breminder\b", words) and facts.standing:
        return True
    if re.search(r"\b(?:text|texted|texting|texts|sms|phone)\b", words):
        return "text" in facts.sent
    return bool(facts.sent)


def _wrong_price(statement: Statement, facts: Facts) -> Lie | None:
    said = prices(statement.words)
    if not said:
        return None
    named = services_named(statement.words, facts.shop)
    if not named and len(facts.standing) == 1:
        booked = facts.standing[0].service
        named = [service for service in facts.shop.services if service.code == booked]
    service = named[0] if len(named) == 1 else None
    known = named or facts.shop.services
    right = {int(p) for s in known for p in (s.price_low, s.price_high) if p is not None}
    return None if set(said) <= right else Lie("price", "anything", service=service)


_FREE = re.compile(
    r"(?<!\bwe )\b(?:is|are) (?:\w+ )?(?:free|available|open)\b(?! (?:until|till|from))|"
    r"\b(?:i|we) (?:do |also |still |could |can )*(?:have|offer|do|fit you in|get you in) "
    rf"[\w ]*{WHEN}|"
    r"\b(?:next|first|earliest) (?:\w+ ){0,3}?is\b"
)


def _made_up_time(statement: Statement, facts: Facts) -> Lie | None:
    words = statement.words
    if not _FREE.search(words) or re.search(r"\b(?:not|no|nothing|if|whether)\b", words):
        return None
    for moment in moments(words):
        complete = moment.day is not None and moment.time is not None
        if complete and not any(moment.fits(start, facts.today) for start in facts.starts):
            return Lie("free", "anything")
    return None


def _marks(car: str) -> Iterator[str]:
    """Yield what a car can be told by: its make, and its model as one phrase."""
    make, _, model = car.partition(" ")
    yield make
    if model:
        yield model


_NOT_YET: dict[Kind, str] = {
    "booked": "I haven't booked that yet.",
    "moved": "I haven't moved that yet.",
    "cancelled": "I haven't cancelled that yet.",
    "sent": "I haven't sent you anything. Is there anything else I can do?",
    "transferred": "I haven't put you through to anyone. What can I do for you?",
    "anything": "That isn't done yet.",
}
_NO_GUESS = "I don't want to guess a price; the shop tells you before any work is done."
_NOT_LOOKED = "I haven't looked that time up yet. Shall I?"


def instead(lie: Lie, facts: Facts) -> str:
    """Return the honest sentence to say instead: what is so, or that it is not done, and an offer.

    After a change that failed it ends with what the tool said about it.
    """
    if lie.why == "price":
        service = lie.service
        if service is None or (service.price_low is None and service.price_high is None):
            return _NO_GUESS
        article = "An" if service.name[0].lower() in "aeiou" else "A"
        return f"{article} {service.name} is {speak_price(service.price_low, service.price_high)}."
    if lie.why == "free":
        return _NOT_LOOKED
    if lie.why == "different" and lie.truth is not None:
        return f"Let me get that right. {lie.truth.said}"
    if lie.kind in ("sent", "transferred"):
        return _NOT_YET[lie.kind]
    follows = facts.refusal or ("Shall I do it?" if lie.kind == "anything" else "Shall I?")
    return f"{_NOT_YET[lie.kind]} {follows}"
