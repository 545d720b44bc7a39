"""What claims are made of: kinds, the nouns of a call, the verb forms that claim by themselves."""

from typing import Literal

Kind = Literal[
    "booked", "moved", "cancelled", "sent", "transferred", "message", "ready", "working", "anything"
]
"""`message` is that somebody was told, or will call back; `ready` and `working` are how far the
work on a car is; `anything` is "done" and "all set": true when the last thing tried was done."""

DAY = (
    r"(?:today|tonight|tomorrow|monday|tuesday|wednesday|thursday|friday|saturday|sunday|"
    r"next week|the \w+(?: \w+)?(?:st|nd|rd|th)\b)"
)
NUMBER = (
    r"(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|noon|\d{1,2}h\d\d|\d{1,2})"
)
WHEN = rf"(?:(?:on |for |at |next |this |in for )*(?:{DAY}|{NUMBER})\b)"
VISIT = r"(?:appointment|visit|booking|reservation|slot|spot|time|service)"
WORK = r"(?:change|rotation|inspection|diagnostic|replacement|alignment)"
PERSON = (
    r"(?:some\w+|representative|agent|operator|specialist|supervisor|technician|manager|advisor|"
    r"person|mechanic|colleague|team|human)"
)
STAFF = (
    r"(?:(?:the|our|my|an?|your) (?:\w+ )??)?(?:shop|team|staff|crew|desk|office|guys|boss|owner|"
    r"manager|representative|supervisor|technicians?|techs?|mechanics?|advisor|colleagues?|person|someone|somebody|everyone|"
    r"everybody|they|them|he|him|she|her|people)"
)
CAR = (
    r"(?:(?:the|your|that|my) (?:\w+ ){0,2}?(?:car|vehicle|truck|van|suv|honda|toyota|ford|vehicle|"
    r"cr v|tacoma|work|repair|repairs|job|oil change|tire rotation|brakes?|inspection))"
)
ON = rf"(?:(?:on |this |next |for |by |for the )?{DAY}|at {NUMBER}|for {NUMBER}|then)\b"

PARTICIPLES: tuple[tuple[Kind, str], ...] = (
    (
        "booked",
        "booked|prebooked|scheduled|reserved|confirmed|penciled|slotted|secured|finali[sz]ed|"
        "arranged|lined up|squeezed|registered|locked (?:in|down)|signed up|set up|put down|fitted|"
        "(?:set|signed) (?:it|that|this|you|everything|your \\w+) up|"
        "locked (?:it|that|this|you|your \\w+) (?:in|down)|kept|earmarked|allocated|assigned|"
        "(?:noted|marked|written) down|blocked (?:off|out)|saved|held|claimed|added",
    ),
    (
        "cancelled",
        "cancelled|scrapped|voided|called (?:it |that |your \\w+ )?off|deleted|removed|taken off|"
        "withdrawn|wiped|scratched|"
        "taken (?:it|that|you) off|cleared off|dropped|struck|nixed|axed|erased|undone|called off",
    ),
    (
        "moved",
        "moved|rescheduled|rebooked|switched|shifted|pushed|bumped|swapped|postponed|changed|"
        "updated|adjusted|brought forward",
    ),
    (
        "sent",
        r"sent|texted|emailed|mailed|messaged|forwarded|(?:notified|alerted|informed) you|"
        r"dispatched|fired off|"
        r"shot (?:you|over)",
    ),
    (
        "message",
        rf"(?:told|asked|informed|notified|alerted|warned|briefed|updated|messaged|paged|flagged) "
        rf"(?:it to |this to |that to )?{STAFF}|let {STAFF} know|shared|relayed|"
        rf"(?:spoken|spoke|talked|checked|been in touch) (?:to|with) {STAFF}|"
        r"passed (?:it |that |this |your \w+ |your \w+ \w+ )?(?:along|on)|"
        r"escalated|(?:raised|filed|logged|reported|submitted) (?:your|a|the) "
        r"(?:complaint|ticket|issue|report|concern|feedback)|("
        r"?:complaint|ticket|issue|concern|feedback) (?:has been|is|was) "
        r"(?:raised|filed|logged|reported|submitted|noted)|"
        r"(?:left|added|put|taken|took|written|noted|made|recorded) (?:down )?(?:an?|your|the) "
        r"(?:\w+ )?(?:message|note)|message taken",
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
        (
            "kept",
            "saved",
            "held",
            "added",
            "removed",
            "deleted",
            "set",
            "fitted",
            "registered",
            "claimed",
        ),
        _ABOUT_A_VISIT,
    ),
    **dict.fromkeys(
        ("arranged", "secured", "marked", "noted", "blocked", "shared"),
        _ABOUT_A_VISIT,
    ),
    "kept": r"\bkept (?:it |that |\w+ )?for (?:you|your)\b|"
    r"\bkept (?:the|that|your|a) (?:\w+ )?(?:slot|spot)",
    **dict.fromkeys(
        ("dropped", "struck", "erased"),
        rf"\b(?:dropped|struck|erased) (?:it|that|this|(?:the|your|that) [\w ]*{VISIT})\b(?! off)",
    ),
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
