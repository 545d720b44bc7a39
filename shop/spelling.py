"""How people spell on the telephone: number words, NATO letters, "B as in boy", "double five"."""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence

LONGEST_SPELLING = 400
"""Characters; seventeen letters with "as in" and a word for each come to some 300."""

_NATO_WORDS = """
    Alpha Bravo Charlie Delta Echo Foxtrot Golf Hotel India Juliet Kilo Lima Mike November Oscar
    Papa Quebec Romeo Sierra Tango Uniform Victor Whiskey X-ray Yankee Zulu
    """

NATO: Mapping[str, str] = {word[0]: word for word in _NATO_WORDS.split()}
"""The word for each capital letter."""

_DIGITS = "zero one two three four five six seven eight nine".split()  # noqa: SIM905
_TEENS = ("ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen").split()  # noqa: SIM905
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()  # noqa: SIM905

NUMBERS: Mapping[str, str] = {
    **{word: str(value) for value, word in enumerate(_DIGITS)},
    **{word: str(value) for value, word in enumerate(_TEENS, start=10)},
    **{word: str(value) for value, word in zip(range(20, 100, 10), _TENS, strict=True)},
    "oh": "0",
    "nought": "0",
    "naught": "0",
    "niner": "9",
    "fiver": "5",
    "fower": "4",
    "hundred": "00",
    "thousand": "000",
}
"""Number words and the digits they stand for."""

MISHEARD_NUMBERS: Mapping[str, str] = {
    "to": "2",
    "too": "2",
    "for": "4",
    "fore": "4",
    "ate": "8",
    "won": "1",
    "tree": "3",
}
"""Words that speech recognition writes where a digit was said."""

_LETTERS: Mapping[str, str] = {
    **{word.replace("-", "").lower(): letter for letter, word in NATO.items()},
    "alfa": "A",
    "juliett": "J",
    "whisky": "W",
    "xray": "X",
    "zed": "Z",
    "zee": "Z",
    "bee": "B",
    "cee": "C",
    "see": "C",
    "sea": "C",
    "dee": "D",
    "ee": "E",
    "eff": "F",
    "gee": "G",
    "aitch": "H",
    "haitch": "H",
    "eye": "I",
    "jay": "J",
    "kay": "K",
    "ell": "L",
    "el": "L",
    "em": "M",
    "en": "N",
    "pee": "P",
    "cue": "Q",
    "queue": "Q",
    "are": "R",
    "ess": "S",
    "tee": "T",
    "tea": "T",
    "you": "U",
    "vee": "V",
    "ex": "X",
    "why": "Y",
}
_REPEATS = {"double": 2, "triple": 3, "treble": 3, "quadruple": 4}
_FILLERS = frozenset(
    """
    is it its the my and then dash hyphen minus space dot uh um er plate plates vin license licence
    number registration tag letter capital please yeah yes okay ok so well that thats
    """.split()  # noqa: SIM905
)


def words_of(text: str) -> list[str]:
    """Split into runs of ASCII letters and digits, full-width and accented forms made plain."""
    plain = (
        unicodedata.normalize("NFKD", text)
        .replace("'", "")
        .replace("\N{RIGHT SINGLE QUOTATION MARK}", "")
    )
    plain = "".join("" if unicodedata.combining(c) else c for c in plain)
    return "".join(c if c.isascii() and c.isalnum() else " " for c in plain).split()


def spelled(text: str) -> str:
    """Return the capital letters and digits that `text` spells.

    Number words, NATO words, names of letters ("bee", "zed"), "B as in boy" (the word decides: it
    survives a telephone better than the letter), "double" and "triple" are understood; fillers are
    dropped; anything else stands for itself. Empty when `text` is too long.
    """
    if len(text) > LONGEST_SPELLING:
        return ""
    words = words_of(text.replace("X-ray", "Xray").replace("x-ray", "xray"))
    return "".join(_characters(words))


def digits_of(words: Sequence[str]) -> Iterator[str]:
    """Yield what each number word stands for, "twenty one" as 21 and "double five" as 55.

    A word that is no number is yielded as it is.
    """
    position = 0
    while position < len(words):
        word = words[position].lower()
        following = words[position + 1].lower() if position + 1 < len(words) else ""
        said = NUMBERS.get(following, following)
        if word in _REPEATS and len(said) == 1 and said.isalnum():
            yield said * _REPEATS[word]
            position += 2
        elif word in _TENS and len(said) == 1 and said.isdigit() and said != "0":
            yield NUMBERS[word][0] + said
            position += 2
        else:
            yield NUMBERS.get(word, words[position])
            position += 1


def _characters(words: list[str]) -> Iterator[str]:
    for part in digits_of(list(_letters_confirmed(words))):
        lower = part.lower()
        if lower not in _FILLERS:
            yield _LETTERS.get(lower) or MISHEARD_NUMBERS.get(lower) or part.upper()


def _letters_confirmed(words: list[str]) -> Iterator[str]:
    """Resolve "B as in boy", "B for boy", "B like boy" and "double u"."""
    position = 0
    while position < len(words):
        word, rest = (
            words[position],
            [other.lower() for other in words[position + 1 : position + 4]],
        )
        skipped = _confirmation_length(rest) if word.isalpha() and _is_letter(word) else 0
        if skipped:
            yield rest[skipped - 1][0]
            position += 1 + skipped
        elif word.lower() == "double" and rest[:1] in (["u"], ["you"]):
            yield "W"
            position += 2
        else:
            yield word
            position += 1


def _is_letter(word: str) -> bool:
    return len(word) == 1 or word.lower() in _LETTERS


def _confirmation_length(rest: list[str]) -> int:
    """Count the words of "as in boy" or "for boy" when `rest` begins so, the word included."""
    if rest[:2] == ["as", "in"] and len(rest) > 2 and rest[2].isalpha():
        return 3
    if len(rest) > 1 and rest[0] in ("for", "like") and len(rest[1]) > 2 and rest[1].isalpha():
        return 0 if rest[1] in NUMBERS or rest[1] in _REPEATS else 2
    return 0
