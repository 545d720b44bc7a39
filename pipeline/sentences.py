"""The service's own sentences in the language of its voice.

The code holds them in English (`pipeline/prompt.py`, `shop/promises.py`), and everybody who looks
for what was said compares English. On the way to the voice they are looked up here, sentence by
sentence, in one file a language: `prompts/sentences.es.yaml`. What is in no file is said as it is.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import yaml

from shop.hablar import when_in_spanish

Language = Literal["en", "es"]

_FILES = Path(__file__).parent / "prompts"
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
_PLACE = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Sentences:
    """English sentences and what they are in another language; in both, `{name}` is a gap."""

    whole: Mapping[str, str]
    with_gaps: tuple[tuple[re.Pattern[str], str], ...]

    def __call__(self, english: str) -> str:
        """Return the sentences in this language, unknown ones as they are."""
        return self.find(english) or " ".join(
            self.find(one) or one for one in _SENTENCE_END.split(english)
        )

    def find(self, english: str) -> str | None:
        """Return a text that is here as a whole, None when it is not."""
        if english in self.whole:
            return self.whole[english]
        for pattern, said in self.with_gaps:
            match = pattern.fullmatch(english)
            if match:
                gaps = {name: _in_gap(name, text) for name, text in match.groupdict().items()}
                return said.format(**gaps)
        return None


@cache
def sentences(language: Language) -> Sentences:
    """Return the service's sentences in `language`; in English all are as they are."""
    if language == "en":
        return Sentences({}, ())
    path = _FILES / f"sentences.{language}.yaml"
    table: dict[str, str] = yaml.safe_load(path.read_text(encoding="utf-8"))
    gapped = [(english, said) for english, said in table.items() if _PLACE.search(english)]
    return Sentences(table, tuple((_pattern(english), said) for english, said in gapped))


def _pattern(english: str) -> re.Pattern[str]:
    return re.compile(
        _PLACE.sub(r"(?P<\1>.+?)", re.escape(english).replace(r"\{", "{").replace(r"\}", "}"))
    )


def _in_gap(name: str, text: str) -> str:
    if name in ("when", "by", "time"):
        return when_in_spanish(text, by=name == "by") or text
    return text
