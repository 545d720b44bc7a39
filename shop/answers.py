"""What the agent has just asked, and whether what the caller has said so far answers it.

Nothing here knows of time or sound: the words alone are judged. Who waits how long for the rest is
decided elsewhere.
"""

import re
import unicodedata
from collections.abc import Callable
from difflib import SequenceMatcher
from typing import Literal

from shop import answer_phrases as phrases
from shop.answer_phrases import Expect
from shop.spelling import LONGEST_SPELLING, MISHEARD_NUMBERS, digits_of, spelled, words_of

__all__ = [
    "Expect",
    "Verdict",
    "expected",
    "goes_on",
    "is_backchannel",
    "is_complete",
    "may_become_backchannel",
    "owes_goodbye",
    "takes_the_floor",
]

Verdict = Literal["complete", "unfinished", "unsure"]
"""Whole, certainly not whole, or not to be told from the words."""

_PHONE_DIGITS, _LOCAL_DIGITS, _VIN_CHARACTERS = 10, 7, 17
_PLATE_SURE, _PLATE_MAYBE = 7, 5
"""No American plate is longer than the first; from the second on it may be whole."""

_SPELT = 3
"""This many letters or digits in a row are no accident of a sentence."""

_GIVEN: frozenset[Expect] = frozenset({"phone", "vin", "plate", "email", "name"})

_NOT_A_ONE = re.compile(r"\b(?:the|this|that|same|another) one\b")


def expected(agent_text: str) -> Expect:
    """Say what kind of answer the last question in `agent_text` wants; `open` when there is none.

    The text is what the agent said, in words, as far as it was heard.
    """
    asked = _last_question(agent_text)
    if not asked:
        return "open"
    for kind, pattern in phrases.ASKED:
        if pattern.search(asked):
            return kind
    if phrases.OPTIONS.search(asked):
        return "choice"
    if phrases.POLAR.match(asked):
        return "yes_no"
    return "day_time" if phrases.WHEN.search(asked) else "open"


def is_complete(expect: Expect, said: str) -> Verdict:
    """Judge what the caller has `said` in this turn so far, as an answer that is `expect`ed."""
    text = _plain(said)
    if not text:
        return "unsure"
    if said.rstrip().endswith(("-", "…", "...")) or _thinking(text):
        return "unfinished"
    judge = _JUDGES.get(expect)
    verdict = judge(text) if judge else "unsure"
    if verdict == "unsure" and expect not in _GIVEN and _spells_at_the_end(text):
        return "unfinished"
    if verdict == "unsure" and phrases.FAREWELL.fullmatch(text):
        return "complete"
    return "unfinished" if verdict == "unsure" and _dangles(text) else verdict


def goes_on(expect: Expect, said: str) -> bool:
    """Say whether the recogniser heard no end: it writes a comma where a voice does not fall."""
    listed = expect in _GIVEN and expect != "name"  # commas stand between digits
    return not listed and said.rstrip().endswith(",")


def owes_goodbye(said: str) -> bool:
    """Say whether `said` wants nothing more ("no, that's all"), and a goodbye may follow."""
    text = _plain(said)
    return phrases.FAREWELL.fullmatch(text) is not None and not phrases.GOODBYE.search(text)


def is_backchannel(text: str) -> bool:
    """Say whether `text` is nothing but a listener's "mm-hm", "okay", "I see"."""
    return phrases.BACKCHANNEL.fullmatch(_plain(text)) is not None


def may_become_backchannel(text: str) -> bool:
    """Say whether `text` is one, or the beginning of one whose last word is yet to come."""
    plain = _plain(text)
    return any(p.fullmatch(plain) for p in (phrases.BACKCHANNEL, phrases.HALF_A_BACKCHANNEL))


def takes_the_floor(text: str) -> bool:
    """Say whether `text` asks a speaker to let its speaker talk, as "stop" and "sorry" do."""
    return phrases.TAKES_THE_FLOOR.search(_plain(text)) is not None


def _last_question(agent_text: str) -> str:
    """Return the last thing asked, in small letters, with "Could you spell it?" after it."""
    plain = _without_accents(agent_text.lower()).replace("’", "'").replace("¿", "")
    sentences = [match.group().strip() for match in phrases.SENTENCE.finditer(plain)]
    asking = [s for s in sentences if s.endswith("?") or phrases.ASKING.match(s)]
    # "What's the VIN?" ... "Are you still there?" is answered with the VIN.
    asking = [s for s in asking if "still there" not in s] or asking
    if not asking:
        return ""
    if len(asking) > 1 and re.search(r"\bspell|\bdigit by digit|\bread it\b", asking[-1]):
        return f"{asking[-2]} {asking[-1]}"
    return asking[-1]


def _plain(text: str) -> str:
    """Return small words with single blanks; @ and . stay inside a word, as in an address."""
    small = _without_accents(text.lower()).replace("'", "").replace("’", "")
    small = re.sub(r"[^\w@.\s]|_", " ", small)
    small = re.sub(r"\.(?=\s|$)", " ", small)
    return " ".join(phrases.SPANISH_DIGITS.get(word, word) for word in small.split())


def _without_accents(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def _thinking(text: str) -> bool:
    return phrases.THINKING.search(text) is not None


def _dangles(text: str) -> bool:
    return (
        text.rpartition(" ")[2] in phrases.DANGLING and phrases.ENDS_AFTER_ALL.search(text) is None
    )


def _yes_no(text: str) -> Verdict:
    return "complete" if phrases.YES_NO.fullmatch(text) else "unsure"


def _phone(text: str) -> Verdict:
    digits = _digits_in(text)
    whole = _PHONE_DIGITS + digits.startswith("1")
    if len(digits) >= whole:
        return "complete" if len(digits) <= whole + 1 else "unsure"
    if len(digits) == _LOCAL_DIGITS and re.search(r"\b\d{3}[ .]\d{4}$", text):
        return "complete"  # written as a local number; spoken digits may still be on their way
    if len(digits) == whole - 1:
        return "unsure"  # nobody pauses before the last digit: one was misheard
    return _dictating(text, len(digits))


def _vin(text: str) -> Verdict:
    count = len(_characters_in(text))
    if count >= _VIN_CHARACTERS:
        return "complete" if count <= _VIN_CHARACTERS + 1 else "unsure"
    return _dictating(text, count)


def _dictating(text: str, count: int) -> Verdict:
    """Judge what is not whole: even "sure" and "it's" are only the way into a number."""
    return "unsure" if count < 2 and phrases.ELSEWHERE.search(text) else "unfinished"


def _plate(text: str) -> Verdict:
    count = len(_characters_in(text))
    if count >= _PLATE_SURE:
        return "complete"
    return "unfinished" if 0 < count < _PLATE_MAYBE else "unsure"


def _email(text: str) -> Verdict:
    if phrases.ADDRESS_WHOLE.search(text):
        return "complete"
    if phrases.ADDRESS_ENDS.search(text):
        return "unsure"
    begun = re.search(r"\bdot\b|@", text) is not None
    return "unsure" if not begun and phrases.ELSEWHERE.search(text) else "unfinished"


def _name(text: str) -> Verdict:
    words = text.split()
    letters: list[str] = []
    while words and len(words[-1]) == 1 and words[-1].isalpha():
        letters.insert(0, words.pop())
    if len(letters) > 1 and "".join(letters) in words:
        return "complete"  # "Miller, M I L L E R": the word and its spelling agree
    if len(letters) > 2 and _alike("".join(words[-2:]), "".join(letters)):
        return "unsure"  # they do but for what was misheard
    if any(len(word) == 1 and word not in ("i", "a") for word in text.split()):
        return "unfinished"  # letters are being given, whatever else was understood
    return "unfinished" if re.search(r"\b[a-z] (?:as in|for|like) \w+$", text) else "unsure"


def _alike(word: str, letters: str) -> bool:
    """Say whether a spelling is as long as a word, about, and shares half of its letters."""
    likeness = SequenceMatcher(None, word, letters, autojunk=False).ratio()
    return abs(len(word) - len(letters)) <= 1 and likeness >= 0.5


def _day_time(text: str) -> Verdict:
    return (
        "complete"
        if phrases.MONTH_OR_DAY.search(text) and phrases.TIME_ENDS.search(text)
        else "unsure"
    )


def _choice(text: str) -> Verdict:
    if text.endswith(" it"):
        return "unfinished"  # no answer to "which one", only the way to it
    return (
        "complete" if phrases.PICKED.fullmatch(text) or phrases.YES_NO.fullmatch(text) else "unsure"
    )


def _spells_at_the_end(text: str) -> bool:
    """Say whether letters or digits are being given, one by one, though nobody asked for any."""
    parts = list(digits_of(words_of(text)))
    said = len(_digits_in(text)), len(_characters_in(text))
    if said[0] >= _PHONE_DIGITS or said[1] >= _VIN_CHARACTERS or len(parts) < _SPELT:
        return False
    return all(len(_spelled_by(part)) == 1 for part in parts[-_SPELT:])


_JUDGES: dict[Expect, Callable[[str], Verdict]] = {
    "yes_no": _yes_no,
    "phone": _phone,
    "vin": _vin,
    "plate": _plate,
    "email": _email,
    "name": _name,
    "day_time": _day_time,
    "choice": _choice,
}


def _digits_in(text: str) -> str:
    """Return the digits said; "to" and "for" count between digits, "oh" and "o" as zero."""
    text = _NOT_A_ONE.sub(" ", text)
    words = ["oh" if word == "o" else word for word in words_of(text)]
    parts = list(digits_of(words))
    found = []
    for index, part in enumerate(parts):
        if part.isdigit():
            found.append(part)
        elif part in MISHEARD_NUMBERS and 0 < index < len(parts) - 1:
            around = (parts[index - 1], parts[index + 1])
            if all(p.isdigit() or p in MISHEARD_NUMBERS for p in around):
                found.append(MISHEARD_NUMBERS[part])
    return "".join(found)


def _characters_in(text: str) -> str:
    """Return the letters and digits being spelled, words that are said in between left out."""
    text = phrases.AS_IN.sub(r"\1", text)[:LONGEST_SPELLING]
    parts = list(digits_of(words_of(text.replace("x ray", "xray"))))
    sure = [_spelled_by(part) for part in parts]
    beside = ["", *sure, ""]
    return "".join(
        # "a" and "see" are letters among letters, and words among words.
        found or (spelled(part) if part in _PERHAPS and beside[at] + beside[at + 2] else "")
        for at, (part, found) in enumerate(zip(parts, sure, strict=True))
    )


def _spelled_by(part: str) -> str:
    if any(c.isdigit() for c in part):
        return part
    character = spelled(part) if part not in _PERHAPS else ""
    return character if len(character) == 1 else ""


_PERHAPS = frozenset("i a you are why see sea eye for to too ate won tree".split())  # noqa: SIM905
"""Letters, names of letters and misheard digits that are more often words of a sentence."""
