"""Where a growing text may be cut so that its beginning can already be spoken."""

import re

_END = re.compile(r"[.!?…]+[\"”’')\]]*(?=\s)")
_TITLES = {"mr", "mrs", "ms", "dr", "st", "jr", "sr", "vs", "no", "ave", "blvd", "approx"}

_PRONOUNCED = re.compile(r'\\\{"word": "([^"]*)", "pronounce": "[^"]*"\\\}')
"""The vendor's markup for a word beside its IPA."""


def as_words(text: str) -> str:
    """Return `text` with the word in place of each pronunciation object; our voices read no IPA."""
    return _PRONOUNCED.sub(r"\1", text)


def split_ready(text: str) -> tuple[list[str], str]:
    """Whole sentences at the start of `text`, and the rest that must wait for more or for Flush.

    A sentence counts as whole once white space follows its end; a comma ends nothing. Titles,
    initials and "p.m." before a lower-case word do not end one.
    """
    ready, cut = [], 0
    for match in _END.finditer(text):
        if _ends(text, match):
            ready.append(text[cut : match.end()].strip())
            cut = match.end()
    return [sentence for sentence in ready if sentence], text[cut:]


def _ends(text: str, match: re.Match[str]) -> bool:
    following = text[match.end() :].lstrip()
    if following and following[0].islower():
        return False
    if match.group() != ".":
        return True
    words = text[: match.start()].split()
    word = words[-1].lstrip("(\"'“‘").lower() if words else ""
    return word not in _TITLES and not (len(word) == 1 and word.isalpha() and word != "i")
