"""What a sentence of the agent's own offers or announces about people, or admits."""

import re
from typing import Literal

from shop.claims import statements
from shop.plainwords import plain

Offer = Literal["person", "message"]

_ONE = (
    r"(?:someone|somebody|a (?:real |human )?(?:person|human|colleague|representative)|"
    r"one of (?:us|our \w+)|the (?:shop|manager|owner|team|service desk|front desk)|"
    r"a (?:manager|mechanic|technician|service advisor)|a member of [\w ]+)"
)

_OFFERS_PERSON = re.compile(
    r"\b(?:pase|comunique|paso|comunico|hablar|transfiera) con (?:una? |el |la )?"
    r"(?:alguien|persona|gerente|encargad[oa]|mec[aá]nico|taller)\b[^.!]*\?|"
    r"\b(?:shall|should|can|may|could|do you want|would you like|would you rather|want|"
    r"would you prefer|would it help if)\b[^.!?]*"
    rf"(?:\b(?:put|patch) you through\b|\b(?:transfer|connect) you\b|"
    rf"\b(?:get|fetch|call|try|find|ring) {_ONE}(?! (?:to )?(?:call|ring|phone) you)|"
    rf"\b(?:talk|speak) (?:to|with) {_ONE})[^.!]*\?"
)
_OFFERS_MESSAGE = re.compile(
    r"\b(?:dejar|tome|tomo|deje)\w* (?:un|el) (?:mensaje|recado)\b[^.!]*\?|"
    r"\bque (?:alguien )?(?:le|te) (?:llamen?|devuelvan? la llamada)\b[^.!]*\?|"
    r"\b(?:shall|should|can|may|could|do you want|would you like|want|would you prefer)\b[^.!?]*"
    rf"(?:\btake (?:a|your|down a) message\b|\bleave (?:a|them a|us a) message\b|"
    rf"\b(?:{_ONE}) (?:to )?(?:call|ring|phone) you\b|\bpass (?:a|that|this|it|your) ?\w* ?on\b|"
    r"\bcall(?:ed)? you back\b|\ba call ?back\b)[^.!]*\?"
)
_ANNOUNCED = re.compile(
    r"\b(?:le|lo|la|te) (?:paso|comunico|transfiero|conecto) (?:\w+ )?con\b|"
    r"\b(?:i will|i am going to|let me|i)"
    r"(?: (?:now|just|gladly|go ahead and|see if i can|try to))*"
    rf" (?:(?:put|patch|get) you (?:right )?(?:through|over)|transfer you|connect you|"
    rf"(?:get|call|fetch|find|ring|try) {_ONE}(?: (?:for you|on the (?:line|phone)|now|to help))+)"
)
_ALREADY = re.compile(r"\b(?:not|unable|if|once|when|before|whether)\b")
_LOST = re.compile(
    r"\b(?:did not (?:quite |really )?(?:catch|get|hear|understand|follow)|"
    r"do not (?:quite |really )?(?:understand|follow)|"
    r"(?:could|can) you (?:please )?(?:say that|repeat|rephrase|say it)|"
    r"(?:say|tell me) (?:that|it) (?:again|once more|in other words|another way)|"
    r"no (?:le |te |lo )?(?:entend[ií]|escuch[eé]|comprend[ií]|o[ií])\b|"
    r"puede (?:repetir|repetirlo|decirlo)|"
    r"having trouble (?:hearing|understanding)|not sure (?:i|what you)|lost you for a moment|"
    r"what do you mean|come again)\b"
)


def offers(sentence: str) -> Offer | None:
    """Return what the agent's words ask the caller to say yes to: a person, or a message."""
    words = plain(sentence)
    # The last question is the one that a yes answers.
    asked = [part for part in re.split(r"(?<=[.!?]) ", words) if part.endswith("?")]
    if not asked:
        return None
    question = asked[-1].replace(" ?", "?")
    if _OFFERS_MESSAGE.search(question):
        return "message"
    return "person" if _OFFERS_PERSON.search(question) else None


def announces_transfer(sentence: str) -> bool:
    """Say whether the agent says that it puts the caller through to a person, or has done so."""
    words = plain(sentence)
    for part in re.split(r"(?<=[.!?]) ", words):
        match = None if part.endswith("?") else _ANNOUNCED.search(part)
        if match and not _ALREADY.search(part[: match.end()]):
            return True
    claims = (claim for statement in statements(words) for claim in statement.claims)
    return any(claim.kind == "transferred" for claim in claims)


def did_not_understand(sentence: str) -> bool:
    """Say whether the agent says that it did not hear or understand."""
    return bool(_LOST.search(plain(sentence)))
