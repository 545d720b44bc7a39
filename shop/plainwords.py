"""A sentence made plain: lower case, contractions opened, typos mended, cut into clauses."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

_CONTRACTIONS = (
    (r"\bcan ?not\b|\bcan't\b|\bcant\b", "can not"),
    (r"\bwon't\b|\bwont\b", "will not"),
    (r"\bshan't\b", "shall not"),
    (r"\bain't\b", "is not"),
    (r"\b(is|are|was|were|has|have|had|do|does|did|would|could|should|must|need)n'?t\b", r"\1 not"),
    (r"\bhavn'?t\b", "have not"),
    (r"\blet's\b|\blets\b", "let us"),
    (r"\b(it|that|this|what|there|here|he|she|everything|all|who|where|when|how|time|slot|spot|"
     r"visit|appointment|booking|reservation|confirmation|cancellation|text|email|message)'s\b",
     r"\1 is"),
    (r"\b(car|truck|van|vehicle|honda|toyota|work|oil|change|inspection|rotation|manager|mechanic|"
     r"technician|someone|somebody|everyone|job)'s (?=(?:\w+ )?(?:done|ready|finished|all|being|"
     r"been|fixed|good|out|off|here|coming|picking|changed|on the|in the)\b)", r"\1 is "),
    (r"\bthats\b", "that is"), (r"\bits\b", "it is"), (r"\beverythings\b", "everything is"),
    (r"'re\b", " are"), (r"'ve\b", " have"), (r"'ll\b", " will"), (r"'m\b", " am"),
    (r"'d\b", " would"),
    (r"\b(you|they)re\b", r"\1 are"), (r"\b(i|you|we|they)ve\b", r"\1 have"),
    (r"\b(you|they|it|that)ll\b", r"\1 will"), (r"\bim\b", "i am"), (r"\bur\b", "your"),
    (r"\bgonna\b", "going to"), (r"\bwanna\b", "want to"), (r"\bappt\b", "appointment"),
    (r"\bcancel+ed\b", "cancelled"), (r"\bpencil+ed\b", "penciled"), (r"\be mail", "email"),
    (r"\bre (scheduled|booked)\b", r"re\1"),
)  # fmt: skip

_POLITE = re.compile(
    r"\b(no (problem|worries|trouble|doubt|need to worry)|not (a problem|to worry)|why not|"
    r"do not (you )?worry( about (it|that|a thing))?)\b"
)
_SAYING_SO = re.compile(
    r"\b((i|we) )?(can|am|are|will|would|want(ed)?|just|very|so|be|like|let|me|us|you|to|happy|"
    r"pleased|glad|delighted) (?:(?:can|am|are|will|would|want|just|also|now|very|so|be|like|me|"
    r"us|you|to|happy|pleased|glad|delighted) )*"
    r"(confirm|say|tell you|report|let you know|assure you|inform you|know|announce)( that)?"
    r"(?= (?:you|it|that(?! for\b|$| [,.!])|i|we|everything|all)\b|"
    r" (?:your|the) [\w ]*?\b(?:is|has|was)\b)"
)
"""What leads up to a claim and takes nothing from it: "I'm happy to tell you that you're ..."."""

_KEYWORDS = (
    *("booked", "scheduled", "rescheduled", "cancelled", "confirmed", "reserved", "confirmation"),
    *("appointment", "transferred", "transferring", "connecting", "connected", "emailed", "texted"),
    *("moved", "switched", "penciled", "sorted", "handled", "monday", "tuesday", "wednesday"),
    *("thursday", "friday", "saturday", "sunday", "tomorrow"),
)
_NO_TYPOS = frozenset(
    """
    handed landed looked cooked hooked booker books tested loved moves mover proved removed shifted
    confirm confirms schedule schedules scheduler reserve reserves deserved served preserved
    transfer transfers connects connect collected corrected appointments confirmations
    sundays mondays fridays text texts exited sported snorted assorted shorted sortie sorter
    handle handles handler noted voted texture emails email approved improved observed
    conserved rescheduling scheduling booking cancels cancel switches stitched twitched
    holiday today sunny correcting collecting converting appointed disconnected
    """.split()  # noqa: SIM905 - a table, not code
)
_BREAK = re.compile(r"\s*([,;:.!?])\s*")
_JOINTS = re.compile(
    r" (?=(?:and|but|so|because|since|while|now (?:that|you|it|i|we)|or|which means) )"
)


@dataclass(frozen=True, slots=True)
class Clause:
    """A stretch of plain words without punctuation.

    `asks` says that it is part of a question, `opens` that a sentence begins with it.
    """

    words: str
    asks: bool
    opens: bool = False


@lru_cache(maxsize=512)  # names of services, and sentences said before
def plain(text: str) -> str:
    """Return `text` in plain words; `, ; : . ! ?` stand alone, times are `2h30`, money is words."""
    text = unicodedata.normalize("NFKC", text)
    text = "".join(c for c in text if c.isprintable() or c.isspace()).lower()
    text = re.sub("[\u2018\u2019\u02bc`´]", "'", text)
    text = re.sub("[\u2026]|\\.{2,}", " , ", text)
    text = re.sub(r"\b([ap])\s?\.\s?m\b\.?", r"\1m", text)
    text = re.sub(r"(\d)\s?([ap]m)\b", r"\1 \2", text)
    text = re.sub(r"\b(\d{1,2})[:.](\d\d)(?=\s?[ap]m\b)|\b(\d{1,2}):(\d\d)(?::\d\d)?", _clock, text)
    text = re.sub(r"(?<=\d),(?=\d{3}\b)", "", text)
    text = re.sub(
        r"\$\s?(\d+)\s?(?:[-–—]|to)\s?\$?\s?(\d+)\b(?!\s?[ap]m)", r"\1 to \2 dollars", text
    )
    text = re.sub(r"\$\s?(\d+)(?:\.(\d\d))?", _money, text)
    text = re.sub(r"\b(?:usd|us dollars)\b", "dollars", text)
    text = re.sub(r"\bo'? ?clock\b", "oclock", text)
    text = re.sub(r"[–—]|(?<=\s)-(?=\s)|--+", " , ", text)
    text = re.sub(r"[-/]", " ", text)
    for pattern, opened in _CONTRACTIONS:
        text = re.sub(pattern, opened, text)
    text = re.sub(r"'s\b", "", text)
    text = _BREAK.sub(r" \1 ", text)
    text = re.sub(r"[^\w\s,;:.!?]|_", "", text)
    return " ".join(_mended(word) for word in text.split())


def clauses(words: str) -> list[Clause]:
    """Cut plain words into clauses, at punctuation and where one is joined to the next."""
    cut = _SAYING_SO.sub(" , ", _POLITE.sub(" , ", words))
    found: list[Clause] = []
    for sentence in re.split(r"(?<=[.!?]) ", cut):
        asked = sentence.endswith("?")
        pieces = (" ".join(piece.split()) for piece in re.split(r"[,;:.!?]", sentence))
        asking, opens = False, True
        for part in (part.strip() for piece in pieces for part in _JOINTS.split(piece)):
            if part:
                carried = asking and part.startswith(("and ", "or ")) and not has_subject(part)
                asking = carried or opens_question(part, asked)
                found.append(Clause(part, asking, opens))
                opens = False
    return found


_OPENER = re.compile(
    r"(?:(?:and|or|but|so|okay|ok|great|sure|sorry|thanks|well|now|then|all right|alright|perfect|"
    r"just|also|yes|no|actually|otherwise|instead|[a-z]+ing that|dana) )*"
    r"(?P<sure>shall (?:i|we)|would (?:you|that|it|the|\w+)|should (?:i|we)|do you|did you|"
    r"can (?:i|we|you)|may i|could (?:you|i|we)|want me to)?"
    r"(?P<perhaps>(?:do|does|did|is|are|was|were|am|have|has|had|will|what|which|when|where|who|why"
    r"|how|any|anything|want|ready|might|can|could|should|would|may|was)\b)?"
)


def opens_question(part: str, asked: bool) -> bool:
    """Say whether a clause is built as a question; `asked` says that a question mark follows."""
    match = _OPENER.match(part)
    return bool(match and (match["sure"] or (asked and match["perhaps"])))


def has_subject(part: str) -> bool:
    """Say whether a clause names its own doer, rather than taking over the last one's."""
    return bool(
        re.match(
            r"(?:(?:and|or|but|so|then|because|since|while|now that|now|which means) )*"
            r"(?:i|we|you|it|that|this|your|the|everything|all|they|he|she|there|my|our|consider)\b",
            part,
        )
    )


def _clock(match: re.Match[str]) -> str:
    return f"{match[1] or match[3]}h{match[2] or match[4]} "


def _money(match: re.Match[str]) -> str:
    cents = f" {int(match[2])} cents" if match[2] and int(match[2]) else ""
    return f"{match[1]} dollars{cents}"


@lru_cache(maxsize=4096)  # people use the same words again and again
def _mended(word: str) -> str:
    """Return the key word that `word` is a slip of the keyboard for, else `word` itself."""
    if len(word) < 5 or not word.isalpha() or word in _NO_TYPOS or word in _KEYWORDS:
        return word
    near = (key for key in _KEYWORDS if key[0] == word[0] or key[1:] == word[1:])
    return next((key for key in near if _slips(word, key) <= (2 if len(key) > 8 else 1)), word)


def _slips(one: str, other: str) -> int:
    """Count the letters missing, added, changed or swapped with a neighbour, up to 3."""
    if abs(len(one) - len(other)) > 2:
        return 3
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        before, last, row = row, before, [i]
        for j, b in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
    return row[-1]
