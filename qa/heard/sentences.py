"""Sentences of the kind our agent says, drawn at random from a seed."""

import random

_NAMES = ("Dana", "Luis", "Margaret", "Tom", "Priya", "Mr. Okafor", "Christopher", "Ann")
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_ORDINALS = ("the third", "the eighth", "the fourteenth", "the twenty-first", "the thirtieth")
_TIMES = (
    "nine in the morning",
    "ten thirty in the morning",
    "one in the afternoon",
    "two in the afternoon",
    "three forty-five in the afternoon",
    "noon",
)
_SERVICES = (
    "an oil change",
    "a tire rotation",
    "a brake inspection",
    "the diagnostic",
    "your state inspection",
)
_CARS = (
    "two thousand nineteen Honda CR-V",
    "Toyota Corolla",
    "Ford F one fifty",
    "twenty sixteen Subaru Outback",
    "Chevrolet Silverado",
)
_PRICES = (
    "eighty-nine dollars",
    "forty-nine dollars and ninety-five cents",
    "a hundred and twenty dollars",
    "between sixty and seventy-five dollars",
)
_DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_NATO = ("Alfa", "Bravo", "Delta", "Echo", "Foxtrot", "Hotel", "Juliett", "Kilo", "Sierra", "Zulu")

_PATTERNS = (
    "Hi {name}, thanks for calling Bayline Auto Care.",
    "How can I help you today?",
    "I have {day} {ordinal} at {time}, or {day2} at {time2}.",
    "I can do {day} at {time}. Does that work for you?",
    "You're all set for {service} on {day}, {ordinal}, at {time}.",
    "Sorry, {day} is full, but {day2} at {time} is free.",
    "{service_cap} for your {car} is {price}, and takes about an hour.",
    "Is that for the {car}?",
    "I have your number as {digits3}, {digits3b}, {digits4}; is that right?",
    "The license plate I have is {nato} {nato2} {nato3} {digits3}.",
    "Could you spell your last name for me, please?",
    "We're open Monday to Friday from nine to five, and Saturday from nine to three.",
    "Thanks, {name}. Which car is it, the {car} or the {car2}?",
    "I've moved your visit from {day} to {day2} at {time}.",
    "Let me check that for you.",
    "One moment, please.",
    "No problem at all, {name}, I've cancelled {service} on {day}.",
    "I'm sorry, I didn't catch that — could you say the day again?",
    "We're at four hundred Shoreline Avenue, right behind the post office.",
    "I can't see that here, but I can take a message and someone will call you back by {time}.",
    "Your {car} is still in the shop, and we expect it to be ready on {day} at {time}.",
    "Okay, {time} on {day} it is; anything else I can do for you?",
    "Great, see you {day} at {time}. Goodbye.",
)


def sentences(count: int, seed: int) -> list[str]:
    """Return `count` different sentences; the same ones for the same seed."""
    rng = random.Random(seed)
    found: dict[str, None] = {}
    while len(found) < count:
        found[_fill(rng.choice(_PATTERNS), rng)] = None
    return list(found)


def _fill(pattern: str, rng: random.Random) -> str:
    day, day2 = rng.sample(_DAYS, 2)
    time, time2 = rng.sample(_TIMES, 2)
    car, car2 = rng.sample(_CARS, 2)
    nato, nato2, nato3 = rng.sample(_NATO, 3)
    service = rng.choice(_SERVICES)
    text = pattern.format(
        name=rng.choice(_NAMES),
        day=day,
        day2=day2,
        ordinal=rng.choice(_ORDINALS),
        time=time,
        time2=time2,
        service=service,
        service_cap=service[0].upper() + service[1:],
        car=car,
        car2=car2,
        price=rng.choice(_PRICES),
        digits3=_said(rng, 3),
        digits3b=_said(rng, 3),
        digits4=_said(rng, 4),
        nato=nato,
        nato2=nato2,
        nato3=nato3,
    )
    return text[0].upper() + text[1:]


def _said(rng: random.Random, count: int) -> str:
    return " ".join(rng.choice(_DIGITS) for _ in range(count))
