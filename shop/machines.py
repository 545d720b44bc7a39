"""Whether the voice on the line is a recording: a mailbox, a menu or an advertising machine.

Pipecat's voicemail detector asks a model about the first words and holds our own back meanwhile;
it is made for calls we place. Whoever calls a shop is a person nearly always, so these few rules
cost nobody a moment.
"""

import re

FIRST_TURNS = 3
"""A recording gives itself away at the beginning; later such words are a person's story."""

_MACHINE = re.compile(
    r"\b(?:leave|record) (?:us |me )?(?:a|your) (?:\w+ )?message\b.*\b(?:tone|beep|signal)\b|"
    r"\b(?:after|at) the (?:tone|beep)\b|"
    r"\b(?:you have|you've) reached (?:the )?(?:voice ?mail|mailbox|answering)\b|"
    r"\b(?:voice ?mail|mailbox) (?:of|for|box|is full|has not been set up)\b|"
    r"\b(?:is not available|is unavailable|can't come to the phone)\b.*\b(?:message|beep|tone)\b|"
    r"\b(?:please )?press (?:\d|one|two|three|four|nine|zero|star|pound)"
    r"(?: (?:now|to|for|if)\b|$)|"
    r"\b(?:to|for) [\w' ]{2,40} press (?:\d|one|two|three|four|nine|zero|star|pound)\b|"
    r"\byour call (?:is (?:very )?important|may be (?:recorded|monitored)|will be answered)\b|"
    r"\bthis is (?:a|an) (?:automated|recorded|prerecorded|pre recorded) (?:message|call)\b|"
    r"\b(?:your|the) (?:car|vehicle)'?s? (?:extended )?warranty (?:is|has|is about)\b|"
    r"\bthe (?:number|person|party) you (?:have |are )?(?:dialed|called|calling|trying)\b|"
    r"\bplease stay on the line\b"
)


def is_machine(text: str) -> bool:
    """Say whether these are the words of a recording."""
    words = " ".join(re.sub(r"[^a-z0-9' ]+", " ", text.lower().replace("’", "'")).split())
    return bool(_MACHINE.search(words))
