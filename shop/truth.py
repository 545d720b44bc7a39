"""Whether a sentence agrees with what has come of the call, and what to say if it does not."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from shop.claim_words import WHEN, Kind
from shop.claims import Claim, Statement, is_conditional, statements
from shop.claims_es import claims_es, instead_es, moments_es, offers_es
from shop.facts import Facts, Visit, services_named
from shop.grounding import act_of_ours, asks_back, of_a_visit, offers, restated, unfounded_day
from shop.languages import foreign_to
from shop.moments import Moment, bare_prices, moments, prices
from shop.plainwords import clauses
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
    service; `language`: it is in one that the voice does not speak; `price` and `free`: a figure
    or a free time that nothing supports.
    """

    why: Literal["missing", "different", "price", "free", "language"]
    kind: Kind
    truth: Visit | None = None
    service: Service | None = None


def find_lie(sentence: str, facts: Facts) -> Lie | None:
    """Return what is untrue in a sentence of the agent's, None when all of it may be heard."""
    if facts.language == "es" and not foreign_to("es", sentence):
        return _find_spanish_lie(sentence, facts)
    words = facts.words_of(sentence)
    if words in facts.refused:
        return None
    if facts.language == "en" and foreign_to("en", sentence):
        return Lie("language", "anything")
    for statement in statements(words):
        for claim in statement.claims:
            if claim.kind in ("ready", "working") and words in facts.told:
                continue
            lie = _check(claim, statement, facts, moments(statement.words))
            if lie is not None:
                return lie
        lie = _wrong_price(statement, facts) or _made_up_time(statement, facts)
        if lie is not None:
            return lie
    return _groundless(words, facts)


def _groundless(words: str, facts: Facts) -> Lie | None:
    """Return what is said of a day without a visit on it, or of an act without a result."""
    known = [*facts.standing, *(visit for _, visit in facts.past)]
    known += [visit for _, visit in facts.done if visit]
    conditional = False
    if asks_back(words):
        return None
    for clause in clauses(words):
        conditional = (conditional and not clause.opens) or is_conditional(clause.words)
        if conditional:
            continue
        days = unfounded_day(clause)
        if days and len(facts.standing) == 1 and _BOTH.search(clause.words):
            return Lie("different", "booked", facts.standing[0])
        for moment in days:
            offered = offers(clause) and _known_moment(moment, known, facts)
            promised = facts.promised_by and moment.fits(facts.promised_by, facts.today)
            if not (offered or promised) and not any(
                v.at and moment.fits(v.at, facts.today) for v in known
            ):
                last = facts.standing[-1] if facts.standing else None
                return Lie("different" if last else "missing", "booked", last)
        if of_a_visit(clause) and not known:
            return Lie("missing", "booked")
        if act_of_ours(clause) and (not facts.done or facts.refusal is not None):
            return Lie("missing", "anything")
        for moment in restated(clause):
            acts = {kind for kind, _ in facts.done}
            if acts & {"booked", "moved"} and not _known_moment(moment, known, facts):
                return Lie("different", "booked", known[-1])
    return None


_BOTH = re.compile(r"\bboth (?:of )?(?:your )?(?:the )?(?:cars|vehicles)\b")


def _known_moment(moment: Moment, known: Sequence[Visit], facts: Facts) -> bool:
    times = (*facts.starts, *(visit.at for visit in known))
    return any(at and moment.fits(at, facts.today) for at in times)


def _find_spanish_lie(sentence: str, facts: Facts) -> Lie | None:
    for claim, words in claims_es(sentence):
        lie = _check(claim, Statement(words, (claim,)), facts, moments_es(words))
        if lie is not None:
            return lie
    for moment in offers_es(sentence):
        known = any(moment.fits(start, facts.today) for start in facts.starts)
        if moment.day and moment.time and not known:
            return Lie("free", "anything")
    return _wrong_price(Statement(facts.words_of(sentence), ()), facts)


def _check(claim: Claim, statement: Statement, facts: Facts, said: Sequence[Moment]) -> Lie | None:
    if claim.kind == "sent":
        return None if _was_sent(statement.words, facts) else Lie("missing", "sent")
    if claim.kind in ("transferred", "message"):
        return (
            None if _service_did(claim.kind, statement.words, facts) else Lie("missing", claim.kind)
        )
    if claim.kind in ("ready", "working"):
        return _wrong_status(claim.kind, statement.words, facts)
    if re.search(r"\bconfirmation (?:number|code)\b", statement.words):
        return Lie("missing", "sent")
    if claim.kind == "cancelled" and _moved_away(statement.words, facts):
        return None
    if facts.refusal is not None and re.search(r"\b(?:one|time|slot) is gone\b", statement.words):
        return None  # the time that was asked for, taken by somebody else
    visits = list(_candidates(claim, statement.words, facts))
    if not visits:
        return Lie("missing", claim.kind)
    named = [moment for moment in said if not moment.old]
    if len(named) > 1:
        agree = all(any(_agrees(m, v, "", facts) for v in visits) for m in named) and any(
            _agrees(Moment(), visit, statement.words, facts) for visit in visits
        )
    else:
        moment = named[0] if named else Moment()
        agree = any(_agrees(moment, visit, statement.words, facts) for visit in visits)
    return None if agree else Lie("different", claim.kind, visits[-1])


def _moved_away(words: str, facts: Facts) -> bool:
    """Say whether "no longer on Tuesday" is so because the visit was moved from there."""
    named = moments(words)
    moved = any(kind == "moved" for kind, _ in facts.done)
    gone = all(not m.fits(v.at, facts.today) for m in named for v in facts.standing if v.at)
    return moved and bool(named) and gone and "no longer" in words


def _service_did(kind: Kind, words: str, facts: Facts) -> bool:
    """Say whether the service itself did it, and promised nothing sooner than is said."""
    acts = {done for done, _ in facts.done}
    if kind == "message" and "booked" in acts and _NOTED.search(words):
        return True
    if kind not in facts.here and kind not in acts:
        return False
    by = facts.promised_by
    named = moments(_LIMITS.sub("at", words)) if kind == "message" and by else []
    return all(moment.fits(by, facts.today) for moment in named if by)


_NOTED = re.compile(r"\bnotes?\b|\bmake sure\b")
"""A booking takes a note for those who do the work."""

_LIMITS = re.compile(r"\b(?:by|before|until|within)\b")


def _wrong_status(kind: Kind, words: str, facts: Facts) -> Lie | None:
    """Compare how far the work is said to be with the status that a tool told."""
    over = [visit for status, visit in facts.past if status == "completed"]
    begun = [visit for status, visit in facts.past if status in ("scheduled", "confirmed")]
    today = [v for v in (*facts.standing, *begun) if v.at and v.at.date() == facts.today]
    fitting = over if kind == "ready" else today
    if any(_agrees(Moment(), visit, words, facts) for visit in fitting):
        return None
    known = today if kind == "ready" else over
    return Lie("different", kind, known[-1]) if known else Lie("missing", kind)


_CAR_IS_DONE = re.compile(
    r"\b(?:it|car|vehicle|work|everything|that) is (?:\w+ )?"
    r"(?:done|finished|complete|ready|set|good)\b"
)


def _candidates(claim: Claim, words: str, facts: Facts) -> Iterator[Visit]:
    """Yield the visits that may make a claim true."""
    acts = {kind for kind, _ in facts.done}
    if claim.kind == "anything":
        if _CAR_IS_DONE.search(words):
            yield from (visit for status, visit in facts.past if status == "completed")
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
    if re.search(r"\b(?:text|texted|texting|texts|sms|phone|texto|telefono)\b", words):
        return "text" in facts.sent
    return bool(facts.sent)


def _wrong_price(statement: Statement, facts: Facts) -> Lie | None:
    named = services_named(statement.words, facts.shop)
    said = prices(statement.words) or (bare_prices(statement.words) if named else [])
    if not said:
        return None
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
    "message": "I haven't passed anything on yet. Would you like to leave a message?",
    "ready": "I can't say how far your car is. Shall I look up your visit?",
    "working": "I can't say how far your car is. Shall I look up your visit?",
    "anything": "That isn't done yet.",
}
_NO_GUESS = "I don't want to guess a price; the shop tells you before any work is done."
_NOT_MY_LANGUAGE = "I'm sorry, I only speak English. Would you like to talk to a person?"
_NOT_LOOKED = "I haven't looked that time up yet. Shall I?"


def instead(lie: Lie, facts: Facts) -> str:
    """Return the honest sentence to say instead: what is so, or that it is not done, and an offer.

    After a change that failed it ends with what the tool said about it.
    """
    if facts.language == "es":
        return instead_es(lie.kind, lie.why, lie.truth.at if lie.truth else None, facts.today)
    if lie.why == "price":
        service = lie.service
        if service is None or (service.price_low is None and service.price_high is None):
            return _NO_GUESS
        article = "An" if service.name[0].lower() in "aeiou" else "A"
        return f"{article} {service.name} is {speak_price(service.price_low, service.price_high)}."
    if lie.why == "language":
        return _NOT_MY_LANGUAGE
    if lie.why == "free":
        return _NOT_LOOKED
    if lie.why == "different" and lie.truth is not None:
        return f"Let me get that right. {lie.truth.said}"
    if lie.kind in ("sent", "transferred", "message", "ready", "working"):
        return _NOT_YET[lie.kind]
    follows = facts.refusal or ("Shall I do it?" if lie.kind == "anything" else "Shall I?")
    return f"{_NOT_YET[lie.kind]} {follows}"
