"""Number words and mixed forms as callers and recognisers write them, made into digits."""

import re

from sandbox.openai.phrases import REPAIRS

_UNITS = {
    word: n
    for n, word in enumerate(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
        ]
    )
}
_TENS = {
    word: 10 * n
    for n, word in enumerate(
        ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], 2
    )
} | {"fourty": 40}
_ORDINALS = {
    word: n
    for n, word in enumerate(
        [
            "first",
            "second",
            "third",
            "fourth",
            "fifth",
            "sixth",
            "seventh",
            "eighth",
            "ninth",
            "tenth",
            "eleventh",
            "twelfth",
            "thirteenth",
            "fourteenth",
            "fifteenth",
            "sixteenth",
            "seventeenth",
            "eighteenth",
            "nineteenth",
            "twentieth",
        ],
        1,
    )
} | {"thirtieth": 30, "forth": 4}
_DIGIT_SOUNDS = {"oh": "0", "o": "0", "to": "2", "too": "2", "for": "4", "ate": "8", "won": "1"}
_REPAIRS = tuple((re.compile(pattern), repl) for pattern, repl in REPAIRS)


def plain(text: str) -> str:
    """Lower the text, drop punctuation, and put misheard words right."""
    text = text.lower().replace("’", "'").replace("-", " ")
    text = re.sub(r"\bo'? ?clock\b", "oclock", text)
    text = re.sub(r"(?<=[\d ])([ap])\.? ?m\b\.?", r"\1m", text)
    text = re.sub(r"(?<=\d)(am|pm)\b", r" \1", text)
    text = re.sub(r"(\d)\.(?=\d)", r"\1 ", text)
    text = re.sub(r"(?<!\d)[:/]|[:/](?!\d)", " ", text)
    text = re.sub(r"(?<!\w)'|'(?!\w)", " ", text)
    text = " ".join(re.sub(r"[^\w\s:/']|_", " ", text).split())
    for pattern, replacement in _REPAIRS:
        text = pattern.sub(replacement, text)
    return text


def digits(text: str) -> str:
    """Replace number words in a plain text: `two thirty` -> `2 30`, `twenty fourth` -> `24th`."""
    words = text.split()
    out: list[str] = []
    i = 0
    while i < len(words):
        token, used = _number_at(words, i)
        out.append(token)
        i += used
    return " ".join(out)


def _number_at(words: list[str], i: int) -> tuple[str, int]:
    word = words[i]
    following = words[i + 1] if i + 1 < len(words) else ""
    if following == "thousand" and (word in _UNITS or word.isdecimal()):
        return _thousands(words, i)
    if word in ("nineteen", "twenty"):
        value, used = _below_hundred(words, i + 1)
        if used and 10 <= value < 100:
            return str((19 if word == "nineteen" else 20) * 100 + value), 1 + used
    if word in _TENS and following in _ORDINALS and _ORDINALS[following] < 10:
        return f"{_TENS[word] + _ORDINALS[following]}th", 2
    value, used = _below_hundred(words, i)
    if used:
        return str(value), used
    if word in _ORDINALS:
        return f"{_ORDINALS[word]}th", 1
    if re.fullmatch(r"\d{1,2}(st|nd|rd)", word):
        return word[:-2] + "th", 1
    return word, 1


def _below_hundred(words: list[str], i: int) -> tuple[int, int]:
    if i >= len(words):
        return 0, 0
    word = words[i]
    if word in _UNITS:
        return _UNITS[word], 1
    if word in _TENS:
        unit = _UNITS.get(words[i + 1], 0) if i + 1 < len(words) else 0
        return (_TENS[word] + unit, 2) if 1 <= unit <= 9 else (_TENS[word], 1)
    return 0, 0


def _thousands(words: list[str], i: int) -> tuple[str, int]:
    word = words[i]
    total = 1000 * (_UNITS[word] if word in _UNITS else int(word[:3]))
    used = 2
    at = i + used + (1 if words[i + used : i + used + 1] == ["and"] else 0)
    value, more = _below_hundred(words, at)
    if not more and at < len(words) and re.fullmatch(r"[0-9]{1,2}", words[at]):
        value, more = int(words[at]), 1
    return (str(total + value), at - i + more) if more else (str(total), used)


def digit_string(text: str) -> str:
    """Read a spelled number as its digits: `five five five oh one double four` -> `5550144`.

    Words that only sound like digits count when they stand between others.
    """
    out: list[str] = []
    repeat = 1
    for word in plain(text).split():
        if word in ("double", "triple"):
            repeat = 2 if word == "double" else 3
            continue
        found = _digits_of(word, inside=bool(out))
        if found:
            out.append(found * repeat)
        repeat = 1
    return "".join(out)


def _digits_of(word: str, *, inside: bool) -> str:
    if word.isdecimal() and word.isascii():
        return word
    if word in _UNITS:
        return str(_UNITS[word])
    if word in _TENS:
        return str(_TENS[word] // 10)
    if word in ("hundred",):
        return "00"
    return _DIGIT_SOUNDS.get(word, "") if inside or word in ("oh", "o") else ""


def phone_number(text: str) -> str | None:
    """Find a ten-digit American number, spoken or written; gives E.164."""
    found = digit_string(text)
    if len(found) == 11 and found.startswith("1"):
        return f"+{found}"
    if len(found) >= 10:
        return f"+1{found[:10]}"
    return None
