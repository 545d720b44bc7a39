"""What a caller wants of people: to talk to one, to leave word for one, or no longer to wait."""

import re

from shop.plainwords import clauses, plain

_KIN = r"(?:my|his|her|their|our)"
_WORTH = r"(?:real|actual|live|living|breathing|human|different|other|single|nice|proper)"
_NOUN = (
    r"(?:persons?|people|humans?|human being|someone|somebody|some one|anyone|anybody|"
    r"representatives?|rep|(?:live |service |customer service |support )?agent|operator|"
    r"receptionist|attendant|manager|management|owner|supervisor|boss|mechanics?|technicians?|tech|"
    r"(?:service )?(?:advisor|adviser|writer|manager|department|desk)|staff|employee|front desk|"
    r"customer service|(?:one|any) of (?:your|the) \w+|shop|garage|office|counter|guys?|team)"
)
_WHO = rf"(?:(?:a|an|the|some|any|your|another|one|that) )?(?:{_WORTH} )*{_NOUN}"
_NAMED = (
    r"(?!you\b|me\b|us\b|it\b|this\b|that\b|him\b|her\b|them\b|about\b|my\b|his\b|their\b|our\b|"
    r"a\b|an\b|the\b|your\b|some\b|any\b|each\b|no\b|more\b|less\b|slower\b|up\b)[a-z]+"
)
_MACHINE = (
    r"(?:(?:a|an|the|this|some|any) )?(?:\w+ )?"
    r"(?:machines?|robots?|bots?|computers?|recordings?|ai|software|voice mail)"
)

_WISHES = tuple(
    re.compile(pattern)
    for pattern in (
        rf"\b(?:talk|speak|talking|speaking|chat) (?:\w+ly )?(?:to|with) (?:{_WHO}|{_NAMED})\b",
        r"\b(?:transfer|connect|patch|forward|redirect|reroute) (?:me|us|my call|this call|the call"
        r"|this)\b",
        rf"\bput (?:me|us) (?:through|on with|in touch|over)\b|\bput (?:{_WHO}|{_NAMED}) on\b",
        rf"\b(?:get|give|pass|hand|send|switch) (?:me|us) (?:(?:over|back|through|on|to|with) )*"
        rf"{_WHO}(?! (?:to|who|that|for)\b)",
        rf"\b(?:get|reach) (?:(?:a hold|hold) of |through to |to )?(?:{_WHO})"
        r"(?: on the (?:phone|line)| (?:at|from|in) the \w+)*$",
        rf"\b{_WHO} (?:that |who |whom )?(?:i|we) (?:can|could|may) (?:talk|speak) (?:to|with)\b",
        rf"\b(?:want|need|prefer|like|have) {_WHO}"
        r"(?: (?:now|please|on the (?:phone|line)|here|instead))*$",
        rf"\bis there (?:{_WHO})(?: there| here| else)?(?: \w+)? (?:i|we|who|that|to|available)\b",
        r"\bis (?:(?:a|the|your) (?:\w+ )?(?:manager|owner|boss|supervisor|person|human)|"
        r"(?:any|some)(?:one|body) (?:from|at|in) (?:the )?(?:shop|garage|office))"
        r" (?:\w+ )?(?:in|there|around|available|free)\b",
        rf"\b(?:ask|asking) for (?:{_WHO})$",
        rf"\b(?:do not|not|hate|tired of|sick of|done|stop|no more|refuse)\b.*\b"
        rf"(?:talk|talking|speak|speaking|deal|dealing|with|to) {_MACHINE}\b",
        r"\b(?:person|human|someone|somebody|anyone) (?:instead|rather)\b|"
        r"\b(?:person|human|someone) (?:who|that) speaks\b",
    )
)
_BARE = re.compile(
    r"(?:(?:no|yes|hi|hello|hey|um|uh|okay|well|please|just|sorry|i said|to|the|a|an|real|live|"
    r"actual|human|get me|give me|another|some) )*"
    rf"(?:{_WORTH} )*(?:person|human|human being|representative|rep|(?:live |service )?agent|"
    r"operator|receptionist|manager|supervisor|owner|customer service|someone (?:else|real|at the "
    r"shop)|somebody (?:else|real|at the shop))(?: (?:please|now|thanks|thank you|already))*"
)

_NOT_WANTED = re.compile(
    r"\b(?:not|never|no need|without|no|instead of|rather than|do you|did|was|were|am i|are we|if|"
    r"is this|are you|(?:do|should) i (?:have|need|want)|should i|(?:is|feels) like|last|before i|"
    r"once i|after i|already|they|he|she)\b"
)
_STILL_WANTED = re.compile(
    r"\b(?:if (?:possible|i (?:may|can|could))|"
    r"(?:can|could|would|will|do) (?:not (?:i|you|we|somebody|someone)|"
    r"(?:i|you|we|somebody|someone) not)|no (?:just|please)|"
    r"do you (?:mind if|mind|think (?:i|you))|"
    r"not (?:working|helping|what i)|do you have)\b"
)
_LATER = re.compile(
    rf"\b(?:to|with) {_KIN}\b|\b(?:tomorrow|next week) (?:when|if)\b|"
    r"\b(?:who|person) (?:called|told)\b"
)

_MESSAGE = re.compile(
    r"\b(?:dejar(?:le|les)?|deje|tomar) (?:un|el|mi) (?:mensaje|recado)\b|"
    r"\b(?:me (?:pueden?|podr[ií]an?) (?:llamar|devolver la llamada)|que me llam[ea]n?)\b|"
    r"\b(?:leave|take|pass on|pass along|give (?:them|him|her|someone|\w+))"
    r" (?:a|my|this|the|you a)? ?(?:short |quick )?(?:message|note|word)\b|"
    r"\bleave word\b|\bpass (?:a|this|the|my) (?:message|note) (?:on|along)\b|"
    r"\b(?:have|get|ask|want|need|like) (?:someone|somebody|a person|him|her|them|mike|"
    r"the (?:manager|owner|shop|mechanic)|\w+) (?:to )?(?:call|ring|phone) me\b|"
    r"\b(?:can|could|would|will|please) (?:someone|somebody|they|he|she|the (?:manager|owner|shop)"
    r"|you)(?: (?:please|have \w+))? (?:call|ring|phone|get back to) me\b(?! (?:a|an|by|dana)\b)|"
    r"\bcall(?:ed)? me back\b|\b(?:a|get a) (?:call ?back|return call)\b"
)
_NO_MESSAGE = re.compile(
    r"\b(?:not|no need|never|no|nobody|if|did|was|already|got|missed|returning|said|going to)\b"
)

_OFF = re.compile(
    r"\b(?:never ?mind|nevermind|forget (?:it|that|about it)|leave it|skip it|"
    r"cancel (?:that|the call|the transfer|it)|stop (?:calling|trying|ringing|it|that)|"
    r"no importa|olv[ií]del[oa]|d[eé]jel[oa]|d[eé]jalo|ya no|"
    r"do not (?:bother|call|transfer|put me)|no need|(?:it is|that is) (?:okay|ok|fine|all right)"
    r" (?:never|do not|i will|forget|leave)|(?:i )?changed my mind|do not (?:want|need) to wait|"
    r"(?:i will|let me) (?:call|try) (?:back|again|later)|hang on stop|on second thought|"
    r"you can (?:do|help|handle) (?:it|me|this)|stop)\b"
)

_YES = re.compile(
    r"^(?:(?:um|uh|oh|well|okay|ok|bueno|pues) )*(?:s[ií]|claro|por favor|vale|bueno|de acuerdo|"
    r"est[aá] bien|yes|yeah|yep|yup|ya|sure|okay|ok|please|absolutely|"
    r"definitely|certainly|of course|all right|alright|right|correct|go ahead|do it|do that|"
    r"sounds good|that would be|that is (?:fine|good|great|okay)|fine|great|perfect|why not|"
    r"i would (?:like|love|appreciate)|that works|if you (?:could|can|would)|by all means|good)\b"
)
_NOPE = re.compile(
    r"^(?:(?:um|uh|oh|well|okay|ok|actually) )*(?:no|nope|nah|not|never ?mind|do not|i do not|"
    r"that is (?:okay|all right|fine) (?:thank|no|i)|i am (?:good|okay|fine)|"
    r"i would rather not|forget it|leave it|i will (?:call|try|wait))\b"
)

_ACKNOWLEDGED = re.compile(
    r"(?:(?:okay|ok|yes|yeah|yep|sure|thanks|thank you|great|good|fine|all right|alright|right|"
    r"cool|perfect|no problem|take your time|i will (?:wait|hold)|i can (?:wait|hold)|mm ?hm+|"
    r"uh ?huh|hm+|oh|so much|very much|please|got it|i see|then|go ahead|no worries|"
    r"that is (?:fine|okay|good|great)|um|uh|well|hello|a lot|i understand|understood)\s*)+"
)


_SPANISH = re.compile(
    r"\b(?:hablar|comunicarme|comun[ií]queme|comun[ií]came|p[aá]s[ae]me|pasarme|con[eé]ct[ae]me)"
    r"(?: \w+)? con (?:una? |el |la |los |las )?(?:persona|alguien|humano|representante|operadora?"
    r"|gerente|encargad[oa]|jefe|due[nñ]o|mec[aá]nico|t[eé]cnico|taller)|"
    r"^\W*(?:una? )?(?:persona(?: real)?|operadora?|representante)(?:,? por favor)?\W*$|"
    r"\bquiero (?:a )?una persona\b",
    re.IGNORECASE,
)
_SPANISH_NO = re.compile(
    r"\bno (?:quiero|necesito|hace falta)\b|\b(?:ayer|habl[eé])\b", re.IGNORECASE
)


def wants_person(text: str) -> bool:
    """Say whether a caller asks to talk to a human being: "operator", "is Mike there?".

    In English, and the plain ways of saying it in Spanish. A question whether this is a person,
    and a remark about one, is no such wish.
    """
    if _SPANISH.search(text) and not _SPANISH_NO.search(text):
        return True
    words = plain(text)
    sentences = (words, *re.split(r"[.!?]", words))
    if any(_BARE.fullmatch(_bare(sentence)) for sentence in sentences):
        return True
    for clause in clauses(words):
        if any(_is_wish(pattern, clause.words) for pattern in _WISHES):
            return True
    return bool(_IS_THERE.search(text))


_IS_THERE = re.compile(
    r"\b[Ii]s (?![A-Z][a-z]*day\b|There\b|It\b|This\b|That\b|January|February|March|April|May\b"
    r"|June|July|August|September|October|November|December)"
    r"[A-Z][a-z]+ (?:there|around|available|in)\b(?! the\b| [a-z]*ing\b)"
)
"""A name is known by its capital, which the recogniser writes and `plain` takes away."""


def _is_wish(pattern: re.Pattern[str], words: str) -> bool:
    match = pattern.search(words)
    if match is None or _LATER.search(words):
        return False
    if re.search(_MACHINE, match[0]):
        return True
    lead = _STILL_WANTED.sub(" ", words[: match.start()])
    return not _NOT_WANTED.search(lead)


def wants_message(text: str) -> bool:
    """Say whether a caller wants to leave word, or to be called back."""
    return any(
        (match := _MESSAGE.search(clause.words))
        and not _NO_MESSAGE.search(clause.words[: match.start()])
        for clause in clauses(plain(text))
    )


def calls_it_off(text: str) -> bool:
    """Say whether a caller who was waiting for somebody no longer wants to."""
    return bool(_OFF.search(_bare(plain(text))))


def agrees(text: str) -> bool | None:
    """Return whether a caller said yes to what was offered; None when it was neither yes nor no."""
    words = _bare(plain(text))
    if _NOPE.search(words):
        return False
    return True if _YES.search(words) else None


def only_acknowledges(text: str) -> bool:
    """Say whether there is nothing in it but "okay, thanks, I'll wait"."""
    return bool(_ACKNOWLEDGED.fullmatch(_bare(plain(text))))


def _bare(words: str) -> str:
    return " ".join(re.sub(r"[,;:.!?]", " ", words).split())
