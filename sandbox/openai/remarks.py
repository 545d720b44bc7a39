"""Answers to what callers ask or say beside their wish: hours, prices, robots, persons, noise."""

from sandbox.openai.conversation import Conversation
from sandbox.openai.wording import either, money, sentence, spoken_hours, with_article

NOT_CAUGHT = (
    "Sorry, I didn't catch that.",
    "I'm sorry, could you say that another way?",
    "I'm having trouble hearing you.",
)


def remarks(talk: Conversation) -> list[str]:
    """Answer everything the caller's last words ask in passing."""
    heard = talk.heard
    if heard is None:
        return []
    said = []
    for aside, reply in _REPLIES.items():
        if aside in heard.asides:
            text = reply(talk)
            if text:
                said.append(text)
    return said[:2]


def shop_name(talk: Conversation) -> str:
    """Name the shop, or say `the shop`."""
    return talk.briefing.shop or "the shop"


def _hours(talk: Conversation) -> str:
    hours = talk.briefing.hours
    if not hours:
        return "I don't have our hours at hand, I'm sorry."
    return sentence(f"our hours are {spoken_hours(hours)}")


def _address(talk: Conversation) -> str:
    address = talk.briefing.address
    return sentence(f"we're at {address}") if address else "I don't have the address at hand."


def _price(talk: Conversation) -> str:
    heard = talk.heard
    code = (heard.service if heard else None) or talk.wish.service
    if code is None:
        if talk.briefing.prices:
            first = [_priced(talk, c) for c in list(talk.briefing.prices)[:3]]
            return sentence("; ".join(first))
        return "That depends on the work."
    if code not in talk.briefing.prices:
        name = with_article(talk.briefing.service_name(code))
        return f"I don't have a price for {name}; the shop will tell you before any work is done."
    return sentence(_priced(talk, code))


def _priced(talk: Conversation, code: str) -> str:
    name = with_article(talk.briefing.service_name(code))
    return f"{name} is {money(talk.briefing.prices[code])}"


def _duration(talk: Conversation) -> str:
    heard = talk.heard
    booked = talk.last_booked.service if talk.last_booked else None
    code = (heard.service if heard else None) or talk.wish.service or talk.topic or booked
    minutes = talk.briefing.minutes.get(code or "")
    if code is None or minutes is None:
        return "Most visits take about an hour."
    lasting = {30: "half an hour", 60: "an hour", 90: "an hour and a half", 120: "two hours"}
    name = with_article(talk.briefing.service_name(code))
    return sentence(f"{name} takes about {lasting.get(minutes, f'{minutes} minutes')}")


def _services(talk: Conversation) -> str:
    heard = talk.heard
    names = list(talk.briefing.services.values())
    if heard is not None and heard.service:
        return f"Yes, we do {with_article(talk.briefing.service_name(heard.service))}."
    if not names:
        return "We do oil changes, tires, brakes and inspections."
    return f"We do {', '.join(names[:-1])} and {names[-1]}." if len(names) > 1 else f"{names[0]}."


def _robot(talk: Conversation) -> str:
    return f"I'm an automated assistant for {shop_name(talk)}."


def _callback(talk: Conversation) -> str:
    return "I'll pass on that you'd like a call back."


def _language(talk: Conversation) -> str:
    return "I'm sorry, I only speak English."


def _angry(talk: Conversation) -> str:
    return "I'm sorry about that. Let me help." if talk.angers < 2 else "I understand, I'm sorry."


def _both(talk: Conversation) -> str:
    return "Let's take one car at a time." if len(talk.cars) > 1 else ""


def _beyond(talk: Conversation) -> str:
    heard = talk.heard
    if heard is None or heard.goals or heard.service or talk.goal:
        return ""
    return "I'm sorry, I can't help with that from here; a person from the shop can."


def _thanks(talk: Conversation) -> str:
    return "" if talk.goal else "You're welcome."


def _hello(talk: Conversation) -> str:
    return "Yes, I'm here." if talk.spoken_before and talk.pending not in (None, "help") else ""


_REPLIES = {
    "hello": _hello,
    "angry": _angry,
    "language": _language,
    "robot": _robot,
    "callback": _callback,
    "hours": _hours,
    "address": _address,
    "price": _price,
    "duration": _duration,
    "services": _services,
    "both": _both,
    "beyond": _beyond,
    "thanks": _thanks,
}


def cars_question(talk: Conversation) -> str:
    """Ask which of the caller's cars is meant."""
    names = [car.name for car in talk.cars]
    if len(set(names)) < len(names):
        names = [f"{car.year or ''} {car.name}".strip() for car in talk.cars]
    return f"Which car is it for, {either([f'the {name}' for name in names])}?"
