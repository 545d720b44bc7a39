"""What a model writes, turned into what a voice should say: words alone, nothing for the eye.

Pipecat's own transforms are asked first, by the processor: `StripMarkdown` does emphasis, headings,
links and code well. They fall short of a telephone otherwise: `VoiceFormatter` says "five five five
one two three" without a breath, knows no times of day, no weekday, no plate and no VIN, reads
"2025-01-21" with a year nobody asked for, leaves ids, and none of it sees today's date. And
markdown is cut by sentences on its way here, so that half a pair of stars may be all there is.
"""

import re
import unicodedata
from datetime import date

from shop.spoken_cars import cars_in_words
from shop.spoken_figures import figures_in_words, numbers_in_words
from shop.spoken_when import when_in_words

_NOUN = (
    r"(?:appointment|booking|reservation|visit|customer|vehicle|car|event|record|reference|"
    r"account|service|slot|call)"
)
_IDS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        # "(ID: 51)", "[11]", "(appointment 51)", "(#51)"
        rf"\s*[(\[]\s*(?:{_NOUN}[\s_-]*)?(?:id|no\.?|number)?\s*[#:=]?\s*#?\d+\s*(?:\]|\)(?!\s*\d))",
        # "your appointment ID is 51", "the customer id: 7"
        rf"\b(?:(?:and|with)\s+)?(?:your|the|its|this|an?)?\s*{_NOUN}[\s_-]*(?:id|number|no\.)s?\s*(?:is|are|was|:|=|#)*\s*#?\d+\b",
        # "customer_id 1", "vehicle_id=11", "ID 51", "id: 51"
        rf"\b(?:with\s+)?(?:{_NOUN}_)?id\s*[:=#]?\s*#?\d+\b",
        r"\s*#\s?\d+\b",
    )
)
_NUMBERED_NOUN = re.compile(
    r"\b(?P<noun>[Aa]ppointment|[Bb]ooking|[Rr]eservation|[Cc]ustomer|[Vv]ehicle|[Vv]isit|[Ee]vent)"
    r"(?P<gap>\s+)\d+\b(?!\s*(?:-|:|%|min|hour|hr|day|week|mile|dollar|of\b|am\b|pm\b))"
)
_KEY = re.compile(
    r"\b(?=\w*\d)(?=\w*[A-Za-z])[A-Za-z0-9_]{20,}\b|\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b"
)
_EMAIL = re.compile(r"[\w.%+-]+@[\w-]+(?:\.[\w-]+)+")
_URL = re.compile(r"<?\b(?:https?://|www\.)(?P<rest>[^\s<>)\]]*[^\s<>)\].,;:!?])>?", re.IGNORECASE)
_DOMAIN = re.compile(r"\b(?:[a-z0-9-]+\.)+(?:com|net|org|io|us|shop|auto|biz|info)\b(?!\.\w)")
_CODE_NAME = re.compile(r"\b[a-z][a-z0-9]*(?:_[a-z0-9]+)+\b")

_WORDS = tuple(
    (re.compile(pattern), said)
    for pattern, said in (
        (r"\bw/o\b\s*", "without "), (r"\bw/\s*", "with "), (r"\be\.\s?g\.,?", "for example"),
        (r"\bi\.\s?e\.,?", "that is"), (r"\betc\.(?=\s+[a-z]|,)", "and so on"),
        (r"\betc\b\.?", "and so on."), (r"\bvs\b\.?", "versus"), (r"\b[Aa]pprox\b\.?", "about"),
        (r"\b([Aa])ppts\b\.?", r"\1ppointments"), (r"\b([Aa])ppt\b\.?", r"\1ppointment"),
        (r"\bA/C\b", "A C"), (r"\band/or\b", "or"), (r"\s*&\s*", " and "),
        (r"(?<=[A-Za-z])/(?=(?:hr|hour)\b)", " per "), (r"(?<=\d)/(?=[a-z])", " per "),
        (r"(?<=[a-z])/(?=[A-Za-z])", " or "), (r"\s*(?:\u2192|->|=>)\s*", " to "),
        (r"\s=\s", " is "), (r"(?<=\w)\s\+\s(?=\w)", " and "), (r"~\s?(?=\$?\d)", "about "),
        (r"@\s?(?=\d)", "at "), (r"\s@\s", " at "), (r"(?<=\d)\s?\u00d7\s?(?=\d)", " by "),
        (r"\$(?!\s?\d)", " dollars "), (r"@", " at "), (r"(?<!\d)%", " percent"),
    )
)  # fmt: skip

_TABLE_RULE = re.compile(r"^\s*\|?(?:\s*:?-{2,}:?\s*\|?)+\s*$", re.MULTILINE)
_LIST_MARK = re.compile(r"^\s*(?:[-*+\u2022\u2013]|\d{1,2}[.)])\s+", re.MULTILINE)
_HEADING = re.compile(r"^\s*(?:#{1,6}|>)\s*", re.MULTILINE)
_LINK = re.compile(r"!?\[([^\]]+)\]\([^)\s]*\)?")
_FENCE = re.compile(r"```[\s\S]*?(?:```|$)")
_MARKS = re.compile(r"[*`|\\{}<>^~_#]+")
_MOST_PASSES = 4
"""A second pass finds nothing in what people or models write; glued rubbish may need more."""


def spoken(text: str, today: date, *, spell: bool = False) -> str:
    """Return what a voice should say for `text`; empty when nothing of it is for the ear.

    `today` is the shop's day, from which dates are named. With `spell`, plates, VINs and spelled
    letters are said with NATO's words, for a caller who asked. Words pass as they are, so that
    spoken text passes unchanged: saying twice is saying once.
    """
    said = text
    for _ in range(_MOST_PASSES):
        before, said = said, _once(said, today, spell=spell)
        if said == before:
            break
    return said


def _once(text: str, today: date, *, spell: bool) -> str:
    said = unmarked(text)
    said = without_addresses(said)
    said = when_in_words(said, today)
    said = without_ids(said)
    for pattern, word in _WORDS:
        said = pattern.sub(word, said)
    said = _CODE_NAME.sub(lambda m: m[0].replace("_", " "), said)
    said = figures_in_words(said, spell=spell)
    said = numbers_in_words(cars_in_words(said))
    return tidy(said)


_ASKS_TO_SPELL = re.compile(
    r"\b(?:spell|spelled|spelling|phonetic(?:ally)?|nato|letter by letter|one letter at a time|"
    r"which letters?|what letters?)\b|\b(?-i:[A-Z]) (?:as in|like in|for) [A-Za-z]+\s*\?|"
    r"\bis (?:that|it) (?:an? )?(?-i:[A-Z]) (?:or|as)\b|"
    r"\b(?-i:[B-HJ-Z]) or (?:an? )?(?-i:[A-Z])\b",
    re.IGNORECASE,
)
_SPELLS_ONE = re.compile(
    r"\b(?:i(?:'ll| will| can)|let me|me) spell|\bi(?:t)?'?s spelled\b|\bspelled with\b",
    re.IGNORECASE,
)


def wants_spelling(said: str) -> bool:
    """Say whether a caller asks to have something spelled, rather than spelling it themselves."""
    return bool(_ASKS_TO_SPELL.search(said)) and not _SPELLS_ONE.search(said)


def unmarked(text: str) -> str:
    """Take out what only the eye sees: markdown, also half of it, tables and pictures."""
    text = _FENCE.sub(" ", text)
    text = _TABLE_RULE.sub("", _LINK.sub(r"\1", text))
    text = _LIST_MARK.sub("", _HEADING.sub("", text))
    text = re.sub(r"(?<=\S)[ \t]*\|[ \t]*(?=\S)", ", ", text)
    text = _joined(text)
    text = "".join(c for c in text if not _is_picture(c))
    return re.sub(r"(?<=\d)\*(?=\d)", " times ", text)


def _joined(text: str) -> str:
    """Join lines into one; one that ends without a mark gets a comma for its pause."""
    lines = [line.strip(" \t|") for line in text.splitlines()]
    said = ""
    for line in filter(None, lines):
        joint = "" if not said else " " if said[-1] in ".,:;!?" else ", "
        said += joint + line
    return said if len(lines) > 1 else text.strip("\n")


def _is_picture(char: str) -> bool:
    kind = unicodedata.category(char)
    if kind in ("Cf", "Co", "Cs", "Cn") or char in "\ufe0e\ufe0f\u20e3":
        return True
    return kind == "So" and char != "\u00b0"


def without_addresses(text: str) -> str:
    """Say email addresses and the hosts of web addresses."""
    text = _EMAIL.sub(lambda m: _dotted(m[0].replace("@", " at ")), text)
    text = _URL.sub(
        lambda m: _dotted(m["rest"].split("/")[0].split("?")[0].removeprefix("www.")), text
    )
    return _DOMAIN.sub(lambda m: _dotted(m[0]), text)


def _dotted(address: str) -> str:
    for sign, word in ((".", "dot"), ("_", "underscore"), ("-", "dash"), ("+", "plus")):
        address = address.replace(sign, f" {word} ")
    # The digits of an address are said one by one.
    return " ".join(
        re.sub(r"(?<=\d)(?=\d)|(?<=[a-z])(?=\d)|(?<=\d)(?=[a-z])", " ", address).split()
    )


def without_ids(text: str) -> str:
    """Take ids out, with the phrase that they stand in."""
    text = _KEY.sub("", text) if not re.search(r"\bVIN\b", text) else text
    for pattern in _IDS:
        text = pattern.sub("", text)
    return _NUMBERED_NOUN.sub(r"\g<noun>", text)


def tidy(text: str) -> str:
    """Take out the marks that are left, and what removals left behind."""
    text = _MARKS.sub(" ", text)
    text = re.sub(r"\(\s*\)|\[\s*\]", "", text)
    text = re.sub(r"\s+(?=[,.;:!?)])", "", " ".join(text.split()))
    text = re.sub(r"([,;:])(?:\s*[,;:])+", r"\1", text)
    text = re.sub(r"[,;:]+(?=[.!?])", "", text)
    text = re.sub(r"^[\s,;:.)]+|[\s,;(]+$", "", text)
    return text if re.search(r"\w", text) else ""
