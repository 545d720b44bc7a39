"""Statements that need a ground whatever their wording: about a day to come, or an act of ours.

The phrases of `claim_phrases` know how people usually say that something was done; a model has more
words than any list. What it cannot do without is a day, or an act in the first person: a statement
about a day needs a visit on it, an act on a visit needs a result.
"""

import re

from shop.claim_words import DAY, NUMBER, VISIT
from shop.moments import Moment, moments
from shop.plainwords import Clause

_ASSERTS = re.compile(
    r"\b(?:i|we|you|it|they|he|she|this|our|is|are|am|was|were|has|have|had|will|shall|be|been|"
    r"now|replaces|includes|belongs|awaits|holds)\b"
)
_NOT_ABOUT_A_VISIT = re.compile(
    r"\b(?:open|opens|opening|openings|close|closes|closed|closing|hours?|holidays?|free|available|"
    r"availability|slots|times|left|full|busy|earliest|soonest|next|first thing|options?|"
    r"say|said|saying|heard|hear|mean|meant|mention\w*|asked|ask|asking|want|wanted|wants|wish|"
    r"prefer\w*|like|liked|love|hope|look|looking(?! forward)|check|checking|"
    r"see what|see if|see whether|"
    r"find|found|work|works|suit|suits|need|needs|think|thought|try|trying|offer|offering|would|"
    r"could|can|may|might|must|should|let me|let us|rather|or|if|whether|when|until|"
    r"booked (?:up|solid|out|full)|(?:fully|all|double|over) booked|"
    r"not|no|never|nothing|none|nobody|without|yet|unfortunately|sorry|understand|talk\w*|"
    r"changed? (?:it|that)? ?to|anything|something|today is|tomorrow is|is today|is tomorrow|"
    r"every|each|most|usually|starts|ends|leave|leaves|question|repeat|correct|right|mondays|"
    r"tuesdays|wednesdays|thursdays|fridays|saturdays|sundays|weekdays|was|were|last|previous|ago)\b"
)
_RELY = re.compile(
    r"\b(?:can|may|might) (?:count|rely|bank|depend|expect|be sure|rest|relax|plan)\b"
)
_MADE_AGO = re.compile(
    r"\b(?:made|did|booked|entered) (?:it |that )?(?:just |only )?a (?:moment|second) ago\b"
)
_INTENDS = re.compile(
    r"\b(?:i|we) (?:will|am going to|are going to|shall) (?:\w+ )?(?:book|move|reschedule|put|"
    r"schedule|reserve|get|do|try|take (?!care)|make|set|cancel|go|add|note|hold|switch|change|"
    r"pass|send|ask)\b"
)
_RESTATES = re.compile(
    r"^(?:(?:so|ok|okay|and|then|great|good|all right|alright|well|yes|right|perfect|now) ){0,3}"
    r"(?:that|it|this) (?:is|would be|will be|makes it)\b"
)
_OFFERS = re.compile(
    r"\b(?:i|we) (?:do |also |still |just )*(?:have|got|do)\b|\bthere (?:is|are)\b"
)

_HARMLESS_ACTS = (
    "looked|checked|heard|understood|noticed|listened|asked|tried|needed|wanted|wished|liked|used|"
    "missed|happened|received|opened|closed|offered|mentioned|called|talked|guessed|assumed|"
    "misunderstood|misheard|searched|agreed|stopped|hoped|seemed|named|lost|forgot|found|thought"
)
_OF_OURS = re.compile(
    r"\b(?:i|we) (?:(?:have|had|just|already|now|also|did|only|simply|actually|finally|even|went|"
    rf"ahead|gone|and|then|successfully) ){{0,4}}(?!(?:{_HARMLESS_ACTS})\b)"
    r"(?P<verb>[a-z]{2,}ed|made|put|gave|given|took|taken|tore|torn|wrote|written|set|cut|kept|held|did|"
    r"done|sent|left|told|brought|snuck|stuck|wove|threw|thrown|grabbed|won|drew|laid|ran|let) "
    rf"(?:[\w ]{{0,30}}?\b)?(?:{VISIT}|{DAY}|(?:at|for|the) {NUMBER})\b"
)
_OF_A_VISIT = re.compile(
    r"\b(?:your|the|that|this|our) (?:\w+ ){0,3}?(?:appointment|visit|booking|reservation|"
    r"cancellation|rescheduling|reschedule) (?:details |request )?(?:now |all |just )?(?:is|are|"
    r"was|has|will|stays|stands|remains|exists|counts|went|goes|got)\b"
    r"(?! (?:under|free|about|usually|only|what|for what|already over|over|as it|not))"
)
_TAG = re.compile(
    r"\b(?:right|correct|is that (?:right|correct|ok|okay|good|fine|it)|yes|okay|ok|sound good|"
    r"sounds good|did i get that|shall i|do i have that)\b[\w ]*\?$"
)
_ABLE = re.compile(
    r"\b(?:was|were|been) (?:just |still |now )*able to "
    r"(?!(?:find|see|look|check|hear|tell|help|read)\b)"
    rf"\w+ [\w ]*?\b(?:{VISIT}|{DAY}|it|that|you)\b"
)
_TAKEN_BACK = re.compile(r"\b(?:not|never|no|nothing|would|could|can|might|if|before i|once i)\b")


def unfounded_day(clause: Clause) -> list[Moment]:
    """Return the days that a clause asserts something for, which only a visit then makes true.

    Hours, what is free, what the caller said or wants, possibilities and intentions are no such
    assertions; nor is a day named on its own.
    """
    words = _RELY.sub("will count", clause.words)
    if clause.asks or not _ASSERTS.search(words):
        return []
    if _INTENDS.search(words) or _NOT_ABOUT_A_VISIT.search(_MADE_AGO.sub("", words)):
        return []
    if _RESTATES.match(words):
        return []
    return [moment for moment in moments(words) if moment.day is not None and not moment.old]


def offers(clause: Clause) -> bool:
    """Say whether a clause may offer a time: "I have three on Tuesday"."""
    return bool(_OFFERS.search(clause.words))


def restated(clause: Clause) -> list[Moment]:
    """Return the whole moments that a clause merely names again: "that's Tuesday at two"."""
    if clause.asks or not _RESTATES.match(clause.words) or _TAKEN_BACK.search(clause.words):
        return []
    return [m for m in moments(clause.words) if m.day is not None and m.time is not None]


def of_a_visit(clause: Clause) -> bool:
    """Say whether a clause tells something of a visit, which there must be then."""
    excused = clause.asks or _TAKEN_BACK.search(clause.words)
    return not excused and bool(_OF_A_VISIT.search(clause.words))


def asks_back(words: str) -> bool:
    """Say whether a sentence only checks what was understood: "..., is that correct?"."""
    return bool(_TAG.search(words))


def act_of_ours(clause: Clause) -> bool:
    """Say whether a clause tells of something we did to a visit, a day or a slot."""
    if clause.asks or _TAKEN_BACK.search(clause.words):
        return False
    return bool(_OF_OURS.search(clause.words) or _ABLE.search(clause.words))
