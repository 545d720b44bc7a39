"""Whether a caller asks us to wait, and whether what is heard meanwhile is meant for us."""

import re

_OPENER = r"(?:(?:oh|um+|uh+|okay|ok|well|sure|yes|yeah|sorry|actually|please|can you|could you) )*"
_UNIT = r"(?:second|sec|moment|minute|min|tick)s?"
_WAIT = (
    rf"(?:please )?(?:(?:hold|hang)(?: on| the line)?|wait|bear with me|stand by|one|just|give me|"
    rf"let me have)(?: (?:just|for))*(?: (?:a|one|another|two|couple|few|of|quick|little))*"
    rf"(?: {_UNIT})"
)
_SHORT_WAIT = r"(?:hold|hang) on|hold the line|bear with me|(?:can|could) you (?:please )?hold"
_THING = (
    r"(?:it|that|them|one|(?:\w+ ){0,3}(?:cards?|registration|licen[cs]e|plates?|papers?|paperwork|"
    r"pen|pencil|calendar|schedule|phone|wallet|purse|bag|keys?|glasses|planner|insurance|number|"
    r"vin|email|mail|car|glove box|wife|husband|partner|boss|mom|dad|daughter|son|kids?|door))"
)
"""What callers fetch, or whom they ask; a service is no such thing."""

_FETCH = (
    r"(?:(?:let me|lemme|i(?:'ll| will| have to| need to| got to|'ve got to)|"
    r"i'm (?:going to|gonna)) (?:just )?(?:go )?(?:and )?(?:(?:get|grab|find|fetch|look for|"
    rf"look up|look at|dig up|ask|open|pull up|check|check with|get to|run to|answer) {_THING}|"
    r"check|look|see|think))"
    r"(?: (?:from|in|out of|at) (?:the|my) \w+)?"
)
_END = r"(?: (?:please|thanks|thank you|okay|ok|will you|would you|for me|while .*|so i can .*))*"
_HOLD = re.compile(
    rf"{_OPENER}(?:{_WAIT}|{_SHORT_WAIT}|{_FETCH})"
    rf"(?:(?: and)? (?:{_WAIT}|{_SHORT_WAIT}|{_FETCH}))*{_END}"
)
_ASIDE = re.compile(
    r"(?:(?:um+|uh+|hmm*|mm+|oh|ah|okay|ok|so|and|let's see|let me see|where (?:is|did|was) .*|"
    r"i (?:know|think|thought) (?:it's|it is|it was|i (?:had|put)) .*|almost(?: there)?|"
    r"hold on|wait|just|still looking|one (?:second|sec|moment|minute)|(?:a|the|it's|its)) ?)+"
)
_BACK = re.compile(r"(?:(?:okay|ok|so|and|oh|ah) ?)+")


def asks_to_hold(text: str) -> bool:
    """Say whether these words of the caller's only ask for time ("let me get my card")."""
    return bool(_HOLD.fullmatch(_plain(text)))


def is_aside(text: str) -> bool:
    """Say whether a caller who asked us to wait is not back yet: muttering, or "hold on" again.

    A plain "okay" is how people come back.
    """
    words = _plain(text)
    if _BACK.fullmatch(words):
        return False
    return not words or asks_to_hold(text) or bool(_ASIDE.fullmatch(words))


def _plain(text: str) -> str:
    words = re.sub(r"[^a-z0-9' ]+", " ", text.lower().replace("’", "'"))
    return " ".join(words.split())
