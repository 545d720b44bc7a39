"""The ways of saying that something has been done, one a line, in plain words (`plainwords`)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Literal

Kind = Literal["booked", "moved", "cancelled", "sent", "transferred", "anything"]
"""`anything` is "done" and "all set": true when the last thing that was tried has been done."""

Force = Literal["said", "promised", "always"]
"""`said`: no claim after "can", "will", "let me"; `promised`: still one after "will" and "should";
`always`: one whatever verb goes before it."""

DAY = (
    r"(?:today|tonight|tomorrow|monday|tuesday|wednesday|thursday|friday|saturday|sunday|"
    r"next week|the \w+(?: \w+)?(?:st|nd|rd|th)\b)"
)
NUMBER = (
    r"(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|noon|\d{1,2}h\d\d|\d{1,2})"
)
WHEN = rf"(?:(?:on |for |at |next |this |in for )*(?:{DAY}|{NUMBER})\b)"
VISIT = r"(?:appointment|visit|booking|reservation|slot|spot|time|service)"
_WORK = r"(?:change|rotation|inspection|diagnostic|replacement|alignment)"
_PERSON = r"(?:some\w+|technician|manager|advisor|person|mechanic|colleague|team|human)"

PARTICIPLES: tuple[tuple[Kind, str], ...] = (
    (
        "booked",
        "booked|prebooked|scheduled|reserved|confirmed|penciled|slotted|secured|finali[sz]ed|"
        "arranged|lined up|squeezed|registered|locked (?:in|down)|signed up|set up|put down|fitted|"
        "(?:set|signed) (?:it|that|this|you|everything|your \\w+) up|"
        "locked (?:it|that|this|you|your \\w+) (?:in|down)|"
        "(?:noted|marked|written) down|blocked (?:off|out)|saved|held|claimed|added",
    ),
    (
        "cancelled",
        "cancelled|scrapped|voided|called (?:it |that |your \\w+ )?off|deleted|removed|taken off|"
        "withdrawn|wiped|scratched|"
        "taken (?:it|that|you) off|cleared off",
    ),
    (
        "moved",
        "moved|rescheduled|rebooked|switched|shifted|pushed|bumped|swapped|postponed|changed|"
        "updated|adjusted|brought forward",
    ),
    (
        "sent",
        r"sent|texted|emailed|mailed|messaged|forwarded|notified|alerted|informed|"
        r"passed (?:it |that |this |your \w+ )?(?:along|on)|shared|dispatched|fired off|"
        r"shot (?:you|over)",
    ),
    (
        "transferred",
        "transferred|transferring|connected|connecting|patched|patching|redirected|redirecting|"
        "rerouting|rerouted|routing|routed",
    ),
)
"""Verb forms that claim wherever they stand, unless something before them takes it back."""

_ABOUT_A_VISIT = (
    rf"\b(?:it|that|this|those|them|you|your|everything|{VISIT}|date|day|booked|scheduled)\b"
)
_ABOUT_A_CALL = r"\b(?:you|call|your|him|her|person|technician|manager|now)\b"
NEEDS: dict[str, str] = {
    **dict.fromkeys(
        ("changed", "updated", "adjusted", "switched", "pushed", "shifted", "swapped", "bumped"),
        _ABOUT_A_VISIT,
    ),
    **dict.fromkeys(
        ("saved", "held", "added", "removed", "deleted", "set", "fitted", "registered", "claimed"),
        _ABOUT_A_VISIT,
    ),
    **dict.fromkeys(
        ("arranged", "secured", "marked", "noted", "blocked", "shared", "informed", "notified"),
        _ABOUT_A_VISIT,
    ),
    **dict.fromkeys(("informed", "notified", "alerted"), r"\b(?:you|team|shop|manager|them)\b"),
    **dict.fromkeys(("connected", "connecting", "routing", "routed", "redirecting"), _ABOUT_A_CALL),
}
"""Words of many uses, and what must stand beside them for ours."""

NOT_OURS = (
    r"\b(?:fully|double|over|already) booked(?! (?:you|it|that|your|for you|in))",
    r"\bbooked (?:up|solid|out|full)\b",
    r"\bwe are (?:all )?booked\b(?! (?:you|for you))",
    r"\bscheduled (?:maintenance|services?|intervals?|hours)\b",
    r"\bconfirmed (?:your|the|that) (?:\w+ )?(?:name|number|identity|email|address|plate|vin)",
    r"\b(?:name|number|phone|identity|email|address|plate|vin|file|record|price|cost|estimate|quote)"
    r"s? (?:\w+ )?(?:is |are |has been |have been )?"
    r"(?:confirmed|changed|updated|registered|removed|saved)",
    r"\bmoved to a (?:new|bigger|larger) (?:location|address|building|place|shop)",
    r"\boil (?!change)(?:\w+ ){0,3}changed\b",
    r"\b(?:tires?|wheels?|pads|filters?) (?:\w+ ){0,3}(?:switched|changed|swapped|removed)\b",
    r"\b(?:you|who|people|customers|some\w+) (?:sent|texted|emailed|mailed) us\b",
)
"""What looks like a claim and is about something else."""

_PHRASES = rf"""
booked before promised
    \b(?:see|seeing|expect|expecting|having|waiting for|ready for) you (?:\w+ ){{0,2}}?(?:then\b|there\b|{WHEN})
    \bhave you (?:\w+ )?(?:down|in(?! (?:our|the) )|set|booked|coming|{WHEN})
    \bgot(?:ten)? you (?:\w+ )?(?:down|in(?! (?:our|the) )|set|booked|coming|{WHEN})
    \bsee (?:the|your|both|that) [\w ]*?(?:then\b|{WHEN})
    \blook(?:ing)? forward to (?:seeing|having|meeting)
    \byou are (?:now |all |officially )*(?:in|on|down|confirmed|set|coming|coming in) {WHEN}
    \byou are (?:now |all |officially )*(?:in|on|down)(?: for| on)? (?:the|our) (?:books?|schedule|calendar)
    \byou are (?:all |now |officially )*(?:in|on)$
    \bthat is you in\b
    \b(?:your|the|that) (?:\w+ ){{0,3}}?(?:{VISIT}|{_WORK}) (?:\w+ )?(?:is|will be|starts) (?:now |all |still |set |in |good )*{WHEN}
    \b(?:your|the|that) (?:\w+ ){{0,3}}?(?:{VISIT}|{_WORK}) is (?:now |all )*(?:set|in|official|made|complete|firm|good)$
    \b(?:your|the|that) (?:\w+ ){{0,3}}?(?:{VISIT}|{_WORK}) is (?:now |all )*(?:set|in|official|made|complete|firm) (?:for|on|at)\b
    \b(?:you|we) are (?:all )?good for {WHEN}
    \b(?:have|expect) your (?:car|\w+) (?:in|here) {WHEN}
    \bmark your calendar\b
    \b(?:bring|drop) (?:it|the \w+|your \w+) (?:in|by|off) then\b

booked before said
    \byou (?:now |do |still |also |have |got )*(?:have|got) (?:an?|the|your|one|two|another) (?!few|couple|choice|option|question)[\w ]*?{WHEN}
    \byou (?:now |still |have )*(?:have|got) {WHEN}
    \b(?:on|in|into|onto) (?:our |the |my )(?:books?|schedule|calendar|diary|appointment book)\b
    \b(?:{VISIT}|that one|{NUMBER}|{DAY}) is (?:all |now )*yours\b
    \b{WHEN} it is\b
    \bit is (?:a date|official)\b
    \bit is (?:on |for )?{DAY}[\w ]* now$
    \b{VISIT} stands\b
    \bputting you (?:down |in )?{WHEN}

booked before always
    \bconfirmation (?:number|code)\b
    \bcan confirm (?:your|the|an?) (?!name|number|phone|identity|email|address|plate|vin)

booked now said
    \b{VISIT} (?:is|has been|was) (?:\w+ )?(?:made|created|completed|processed|done|in place|placed|entered|submitted|complete)\b
    \b(?:put|putting|wrote|jotted|marked|noted|entered|popped|got|slotting|penciling|fit|worked|added|squeezing) (?:you|it|that|this|her|him|your \w+|the \w+) (?:down|in(?:to)?|up|on the)\b
    \b(?:made|created|entered|placed|wrote|logged|got|kept|grabbed|claimed|snagged) (?:you )?(?:your|the|an?|that) (?:\w+ ){{0,2}}?{VISIT}\b
    \b(?:grabbed|snagged|nabbed|snatched|got) you (?:the|that|an?|your)\b
    \b(?:was able|were able|been able|managed) to (?:\w+ )?(?:book|schedule|reserve|get|fit|squeeze|secure|put|grab|make|confirm|lock)\b
    \b(?:went|gone) ahead and (?:\w+ )?(?:book|schedule|reserve|put|confirm|set|made|make)

moved now said
    \b(?:was able|were able|been able|managed) to (?:\w+ )?(?:move|reschedule|change|switch|shift|push)
    \b(?:went|gone) ahead and (?:\w+ )?(?:move|reschedule|change|switch|update)
    \b(?:made|put through|entered|completed) (?:the|that|your|those) (?:\w+ )?(?:change|switch|update|move|swap)s?\b(?! (?:of|to your) )
    \b(?<!oil )(?:change|move|switch) (?:is|has been|was) (?:made|complete|in|done)\b

moved before said
    \bnew (?:time|slot|day|date|appointment|visit) is\b
    \bis now (?:set |booked |scheduled )?{WHEN}

cancelled now said
    \b(?:was able|were able|been able|managed) to (?:\w+ )?(?:cancel|remove|take|delete)
    \b(?:went|gone) ahead and (?:\w+ )?(?:cancel|remove|took|take|delete)
    \b(?:took|taken|take) (?:you|it|that|your \w+|the \w+(?: \w+)?) off\b
    \b(?:is|are|it|that|you|now|visit|appointment) off (?:the|our) (?:books?|schedule|calendar)
    \bno longer (?:booked|scheduled|on|have|need|down|in|expect|exists?|stands)
    \bnot (?:need|have) to come (?:in|on|by|tomorrow|today)
    \bnot (?:have|booked|on|scheduled)\b[\w ]*\bany ?more\b
    \b(?:visit|appointment|booking|it|that one) is (?:all |now |as good as )*(?:gone|history|off)\b
    \bcancellation is (?:in|complete|confirmed|done|through)
    \bgot rid of (?:it|that|your)

sent now said
    \b(?:is|are) (?:now |already )*on (?:its|the|it is|their) way\b
    \b(?:is|are) (?:now |already )*in your (?:inbox|email)
    \b(?:is|are) (?:now |already )*(?:coming|heading|headed) (?:to you|your way|over)
    \b(?:sending|texting|emailing|messaging|shooting) (?:you|that|it|over|the|your|out|an?)\b
    \b(?:dropped|shot|left) (?:you|them|him|her) an? (?:\w+ )?(?:text|email|line|message|note)
    \b(?:let|told) (?:the )?(?:shop|team|manager|technician|mechanic|guys|them) know
    \b(?:told|asked) (?:the|our|my) (?:shop|team|manager|technician|mechanic)
    \bexpect an? (?:\w+ )?(?:text|email|message|confirmation|sms|call)\b
    \b(?:took|taken) (?:down )?(?:a|your) message

sent now promised
    \b(?:text|email|message|link|confirmation|invite|invitation) (?:should be|will be|is) (?:\w+ ){{0,2}}?(?:on|in|at) your\b
    \bcheck your (?:phone|inbox|email|messages|texts)
    \byou (?:will|should|are going to|can expect to|ought to) (?:\w+ )?(?:get|receive|have|see|find|be getting|be receiving|hear) (?:\w+ ){{0,3}}?(?:text|email|message|confirmation|invite|invitation|link|reminder|sms|notification|note)\b

transferred now said
    \b(?:putting|passing|handing|sending|getting|passed|handed) (?:you|your call) (?:through|over|across|along|on (?:to|with)|to (?:a|the|our|some\w+|\w+ now))
    \b(?:put) (?:you|your call) (?:through|over)
    \bgetting (?:{_PERSON}|(?:a|the|our) {_PERSON}) (?:for you|on the line)
    \bgot (?:{_PERSON}|(?:a|the|our) {_PERSON}) on the line
    \b(?:hold|stay) (?:on )?(?:the|for) (?:line )?(?:for )?(?:a|the|our) {_PERSON}
    \bforwarding (?:you|your call)
    ^(?:now )?(?:connecting|transferring)(?: now)?$
    \b(?:call|line) is (?:ringing|going) through

transferred now promised
    \bwhile i (?:just )?(?:transfer|connect|patch|put you|get you|get (?:(?:a|the|our) )?{_PERSON}|pass you|fetch|find (?:you )?{_PERSON})
    \b(?:transfer|connect|patch|put) you (?:\w+ ){{0,5}}?(?:right )?now\b
    \b{_PERSON} (?:is|will be) (?:\w+ )*?(?:right with you|on the line|picking up|coming on|with you (?:shortly|now|in a))

transferred now always
    \blet me (?:just )?(?:transfer|connect|patch|put) you (?:\w+ ){{0,5}}?(?:right )?now\b

anything before promised
    \ball set\b
    \byou are (?:\w+ )?(?:set|golden|squared away)$
    \bset for\b(?! life)
    \beverything is (?:\w+ )?(?:set|ready|in order|in place|arranged|good)
    \b(?:good|ready) to go\b

anything now said
    \btaken care of\b
    \btook care of\b
    \bsquared away\b
    \b(?:all |is |been |got it |that )sorted\b
    \bsorted(?: it| that| out| this| everything)?(?: out)?(?: for you)?$
    \b(?:been |is |all |got it |that )handled\b
    \bhandled (?:it|that|everything)
    \bwrapped up\b
    \b(?:went|gone) through\b
    \bgot (?:that|it|this) (?:all )?(?:done|in|through)\b
    \bin the system\b
    \b(?:it|that) worked\b
    \bsuccess(?:ful(?:ly)?)?\b
    ^(?:(?:and|okay|ok|great|all|there|perfect|now|alright) )*(?:done|did it|fixed)\b(?! by| in| with)
    \b(?:it|that|this|everything|all|you|we|i) (?:is|are|am|has|have|has been|have been) (?:\w+ )?done\b(?! (?:in|by|within|while|here))
    \brequest (?:is|has been|was) (?:\w+ )?(?:made|completed|processed|done|submitted|complete)\b
    \bi (?:have )?(?:just )?(?:done|did) (?:it|that|this|everything)\b
    \bdone and\b
    \bjust did\b
    \bmission accomplished\b
    \b(?:it|that|this) is (?:all )?(?:complete|completed|finished|fixed)\b
    \b(?:completed|finished|processed|submitted) (?:it|that|your|the|everything)\b

anything now always
    \bconsider (?:it|that|this|your \w+|the \w+) (?:\w+ )?(?:done|booked|cancelled|moved|sent|sorted|handled|taken|gone|finished|confirmed|scheduled)
"""  # noqa: E501 - one way of saying it a line


@dataclass(frozen=True, slots=True)
class Phrase:
    """One way of claiming; `stands` says that it also fits a visit made before this call."""

    kind: Kind
    stands: bool
    force: Force
    pattern: re.Pattern[str]


@cache
def phrases() -> tuple[Phrase, ...]:
    """Return all ways of claiming that are more than a verb form."""
    return tuple(_read(_PHRASES))


def _read(text: str) -> Iterator[Phrase]:
    kinds: dict[str, Kind] = {kind: kind for kind, _ in PARTICIPLES}
    forces: dict[str, Force] = {"said": "said", "promised": "promised", "always": "always"}
    heading = ["", "", ""]
    for line in text.splitlines():
        if line.startswith("    "):
            kind, since, force = heading
            yield Phrase(
                kinds.get(kind, "anything"),
                since == "before",
                forces[force],
                re.compile(line.strip()),
            )
        elif line:
            heading = line.split()
