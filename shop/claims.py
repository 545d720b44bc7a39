"""What a sentence says has been done: booked, moved, cancelled, sent or transferred."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from shop.claim_phrases import Phrase, phrases
from shop.claim_words import NEEDS, NOT_OURS, PARTICIPLES, VISIT, Kind
from shop.moments import moments
from shop.plainwords import Clause, clauses

_IF = re.compile(
    r"\b(?:if|once|unless|until|whether|in case|"
    r"as soon as(?! they| he| she| possible| someone| we can)|assuming|"
    r"before (?=i |we |you |it |they |that |your )|make sure|look like|"
    r"sure|check that|(?:when|after)(?! i\b| we\b| you are\b)|to see|"
    r"so that (?=i |we |you |it |they ))\b"
)
_WHATEVER = re.compile(
    r"\b(?:if|in case|should) (?:anything|something|you (?:ever |do )?(?:need|have|run|change|"
    r"can not|are (?:running )?late)|your plans|plans|that changes|(?:for )?any reason|questions|"
    r"you forget)\b"
)
"""Conditions that excuse nothing: "if anything comes up, remember your visit is on Tuesday"."""

_MAY = re.compile(
    r"\b(?:can|could|would|may|might|must|need|needs|want|wants|wanted|like|let|let us|shall|will|"
    r"going to|to (?:be|have|get|make|do|see|put)|try|trying|hope|ready to|prefer|able to have|"
    r"please|supposed to|rather)\b"
)
_SHOULD_IT = re.compile(
    r"\b(?:if|once|unless|when|after|in case|"
    r"as soon as(?! they| he| she| possible| someone| we can))\b"
)
_WILL_HAVE = re.compile(r"\b(?:will|must) have (?=been\b|\w+ed\b)")
_WISH = re.compile(
    r"\b(?:can|could|would|like|love|hope|want|let|may|might|need|needs|shall|happy|try|trying)\b"
)
_NO = re.compile(
    r"\b(?:not(?! only)|never|no(?! longer| later)|nothing|none|nobody|without|yet to|neither|nor|"
    r"unable|failed|far from|instead of)\b"
)
_FINITE = re.compile(r"\b(?:is|are|am|was|were|has|have|had|been)\b")
_SUBJECT = re.compile(
    r"\b(?:i|we|you|it|that|this|they|them|he|she|everything|all|change|rotation|inspection|"
    r"diagnostic|confirmation|call|one|car|honda|toyota|which|text|email|message|invitation|"
    rf"nothing|{VISIT})\b"
)
_OURS = re.compile(
    r"\b(?:i|we)\b(?: (?:have|just|already|now|also|went|did|gone|ahead|and|even|then|actually|"
    r"successfully|officially))* $"
)
_CALLER_DID = re.compile(r"\byou(?: (?:just|already|last|had|once|recently))* $")
_WE_GOT_YOU = re.compile(r"\b(?:have|has|got|gotten|getting|moved|put|get|is) you $")


@dataclass(frozen=True, slots=True)
class Claim:
    """Something a sentence says or implies to be so.

    `stands` marks what is also true of a visit that stood before this call ("you're booked for
    Tuesday"), as opposed to an act of ours ("I've booked").
    """

    kind: Kind
    stands: bool = False


@dataclass(frozen=True, slots=True)
class Statement:
    """A stretch of a sentence without its questions, and the claims in it."""

    words: str
    claims: tuple[Claim, ...]


@dataclass(frozen=True, slots=True)
class _Before:
    """What earlier clauses of the sentence leave open for those that hang on them."""

    conditional: bool = False
    modal: bool = False
    denied: bool = False


def statements(words: str) -> list[Statement]:
    """Cut plain words (`plain`) where one claim ends and the next begins.

    Questions, offers, conditions, intentions and denials are no claims. What follows a claim
    ("..., Tuesday at two, for the Honda") belongs to it.
    """
    found: list[Statement] = []
    for part, claims in _claims_by_clause(words):
        told = found[-1] if found else None
        if told is None or (claims and told.claims):
            found.append(Statement(part, tuple(claims)))
        else:
            found[-1] = Statement(f"{told.words} , {part}", (*told.claims, *claims))
    return found


def _claims_by_clause(words: str) -> Iterator[tuple[str, list[Claim]]]:
    before = _Before()
    for clause in clauses(words):
        if clause.opens:
            before = _Before()
        elif not clause.words.startswith(("and ", "or ", "then ")) or _begins_anew(clause.words):
            before = _Before(before.conditional)
        if clause.asks:
            continue
        yield clause.words, [*_participles(clause, before), *_said(clause, before)]
        before = _Before(
            before.conditional or is_conditional(clause.words),
            before.modal or bool(_MAY.search(clause.words)),
            before.denied or bool(_NO.search(clause.words)),
        )


def is_conditional(words: str) -> bool:
    """Say whether plain words hold a condition that what follows depends on."""
    return bool(_IF.search(_WHATEVER.sub("", words)))


def _begins_anew(words: str) -> bool:
    subject = r"(?:i|we|you|it|that|this|your|the|everything)\b"
    return bool(re.match(rf"(?:(?:and|or|then|so) )+{subject}", words))


def _participles(clause: Clause, before: _Before) -> Iterator[Claim]:
    words = clause.words
    for pattern in NOT_OURS:
        words = re.sub(pattern, "", words)
    words = _WILL_HAVE.sub("have ", words)
    for kind, forms in PARTICIPLES:
        for match in re.finditer(rf"\b(?:{forms})\b", words):
            needed = NEEDS.get(match[0].split()[0]) if kind != "message" else None
            if needed and not re.search(needed, words):
                continue
            lead = words[: match.start()]
            if _excused(words, match.start(), before) or _callers_own(lead, words, kind):
                continue
            yield Claim(kind, kind == "booked" and not _OURS.search(lead))


def _excused(words: str, at: int, before: _Before) -> bool:
    """Say whether what stands before the participle at `at` takes the claim out of it."""
    if _stands_before(_IF, words, at):
        return True
    lead = words[:at]
    subjects = list(_SUBJECT.finditer(lead))
    group = lead[subjects[-1].end() :] if subjects else lead
    ahead = lead[: subjects[-1].start()] if subjects else ""
    if _MAY.search(group) or _NO.search(group) or _NO.search(" ".join(ahead.split()[-2:])):
        return True
    if (subjects and subjects[-1][0] == "nothing") or lead.endswith("no longer "):
        return True
    if subjects and _FINITE.search(group):
        return False
    # "let me get you booked", "would you like it moved": what governs it stands further ahead.
    near = " ".join(lead.split()[-6:])
    return bool(before.modal or before.denied or _MAY.search(lead) or _NO.search(near))


def _callers_own(lead: str, words: str, kind: Kind) -> bool:
    """Say whether the caller did it, some other day: "the visit you cancelled"."""
    if not _CALLER_DID.search(lead) or _WE_GOT_YOU.search(lead):
        return False
    return kind != "booked" or not moments(words)


def _said(clause: Clause, before: _Before) -> Iterator[Claim]:
    for phrase in phrases():
        match = phrase.pattern.search(clause.words)
        if match and not _taken_back(phrase, match, clause.words, before):
            yield Claim(phrase.kind, phrase.stands)


def _taken_back(phrase: Phrase, match: re.Match[str], words: str, before: _Before) -> bool:
    """Say whether a condition, a denial or an intention takes the claim out of a phrase."""
    lead = words[: match.start()]
    if phrase.kind == "message" and _SHOULD_IT.search(words):
        return True
    if before.conditional or before.denied or _stands_before(_IF, words, match.start()):
        return True
    if _NO.search(" ".join(lead.split()[-6:])):
        return True
    if (
        phrase.kind != "cancelled"
        and _NO.search(match[0])
        and " not " not in phrase.pattern.pattern
    ):
        return True
    if phrase.force == "always" or not (before.modal or _MAY.search(lead)):
        return False
    return phrase.force == "said" or bool(_WISH.search(lead))


def _stands_before(pattern: re.Pattern[str], words: str, at: int) -> bool:
    return any(match.start() < at for match in pattern.finditer(words))
