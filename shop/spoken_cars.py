"""Makes and models as people say them, and how a voice must pronounce those it gets wrong."""

import re
from collections.abc import Mapping

from shop.numerals import digits, in_pairs
from shop.speech import speak_model

PRONUNCIATIONS: Mapping[str, str] = {
    "Porsche": "ˈpɔɹʃə",
    "Tucson": "ˈtusɑn",
    "Sequoia": "sɪˈkwɔɪə",
    "Passat": "pəˈsɑt",
    "Tiguan": "ˈtiɡwɑn",
    "Touareg": "ˈtwɑɹɛɡ",
    "Ioniq": "aɪˈɑnɪk",
    "Macan": "məˈkɑn",
    "Taycan": "ˈtaɪkɑn",
    "Murano": "məˈɹɑnoʊ",
    "Peugeot": "puˈʒoʊ",
}
"""IPA of the names that an English voice was found to read wrongly.

Espeak's rules, which many voices share, make "Tucson" rhyme with "tuxedo" and stress "Sequoia" on
its first syllable; Hyundai, Audi, Acura, Mazda and the rest come out right and are left alone. The
voice gets these beside the text, so that what is written in the context and the log stays the word.
"""

_LETTERS_AND_DIGITS = re.compile(
    r"\b(?:[A-Z]{1,4}-?\d{1,4}[A-Za-z]{0,2}|[A-Z]{1,2}-[A-Z]{1,3}\d?|[A-Z]{1,3}\d[A-Z]?|"
    r"\d{3}[A-Z]{1,2}|\d[A-Z][a-z]{3,}|[A-Z][a-z]{2,}\d{1,4})\b(?!-\w|/)"
)
_NO_MODEL = re.compile(r"[A-Z]{1,2}-[A-Z]{1,3}(?:-|$)")
_HYPHENATED = frozenset("CR-V HR-V BR-V C-HR GT-R CR-Z ZR-V WR-V HS-V".split())  # noqa: SIM905
_SPACED = re.compile(
    r"\b(?:MDX|RDX|TLX|ILX|RSX|TSX|NSX|ZDX|RLX|BMW|GMC|GTI|GTO|WRX|STI|BRZ|GLC|GLE|GLA|GLS|CLA|CLS|"
    r"SLK|XLE|XSE|CRV|HRV|TDI|SRT|SUV)\b"
)
_NUMBERED = re.compile(
    r"\b(?P<model>Silverado|Sierra|Ram|RAM|Express|Savana|Transit|ProMaster|Chrysler|Fiat|Mustang|"
    r"Peugeot|Model|Mazda|Lexus|Infiniti|Porsche|Saab|Sprinter|F)[ -]"
    r"(?P<number>\d{1,4})(?P<hd>HD)?\b(?![:,]\d|/)"
)
_YEAR_BEFORE_CAR = re.compile(r"(?<![\w$.,-])'?(?:19[5-9]\d|20[0-4]\d)(?=\s+[A-Z])")


def cars_in_words(text: str) -> str:
    """Return `text` with models said as people do: "F-150" is "F one fifty", "CR-V" is "C R V".

    The rules are those of `shop.speech.speak_vehicle`, found inside a sentence.
    """
    text = _YEAR_BEFORE_CAR.sub(lambda m: in_pairs(int(m[0].lstrip("'"))), text)
    text = _NUMBERED.sub(_numbered, text)
    text = _LETTERS_AND_DIGITS.sub(_model, text)
    return _SPACED.sub(lambda m: speak_model(m[0]), text)


def _numbered(match: re.Match[str]) -> str:
    number = match["number"]
    said = digits(number) if number.startswith("0") else in_pairs(int(number))
    return f"{match['model']} {said}{' H D' if match['hd'] else ''}"


def _model(match: re.Match[str]) -> str:
    word = match[0]
    if _NO_MODEL.match(word) and word not in _HYPHENATED:
        return word
    return " ".join(speak_model(part) for part in word.split("-"))
