"""The ways of saying that something has been done, one a line, in plain words (`plainwords`)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Literal, get_args

from shop.claim_words import CAR, DAY, NUMBER, ON, PERSON, STAFF, VISIT, WHEN, WORK, Kind

Force = Literal["said", "promised", "always"]
"""`said`: no claim after "can", "will", "let me"; `promised`: still one after "will" and "should";
`always`: one whatever verb goes before it."""

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
    \b(?:your|the|that) (?:\w+ ){{0,3}}?(?:{VISIT}|{WORK}) (?:\w+ )?(?:is|will be|starts) (?:now |all |still |set |in |good )*{WHEN}
    \b(?:your|the|that) (?:\w+ ){{0,3}}?(?:{VISIT}|{WORK}) is (?:now |all )*(?:set|in|official|made|complete|firm|good)$
    \b(?:your|the|that) (?:\w+ ){{0,3}}?(?:{VISIT}|{WORK}) is (?:now |all )*(?:set|in|official|made|complete|firm) (?:for|on|at)\b
    \b(?:you|we) are (?:all )?good for {WHEN}
    \b(?:have|expect) your (?:car|\w+) (?:in|here) {WHEN}
    \bmark your calendar\b
    \b(?:bring|drop) (?:it|the \w+|your \w+) (?:in|by|off) then\b

    \b(?:ready|waiting|prepared|standing by|set up|set aside|held|here) for (?:you|your|the|her|it)\b[\w ]*?{ON}
    \b(?:take|taking|look|looking|work|working|start|starting) (?:care of|after|at|on) (?:you|your|the|it)\b[\w ]*?{ON}
    \b(?:we|i|technician|mechanic) (?:will|are going to) (?:do|get to|service|handle|have) (?:your|the|it)\b[\w ]*?{ON}
    ^(?:(?:please|just|so|then|and) )*(?:arrive|be here|be on time|do not be late|do not forget|do not miss|remember)\b[\w ]*?(?:{DAY}|{NUMBER})
    ^(?:(?:just|so|then|and|ok|okay|great|simply|now|remember to|do not forget to) )*(?:bring|drop|come|be here|show up|stop by|swing by|pull in|head over|arrive)\b(?! (?:by )?any)[\w ]*?{ON}
    \b(?:expects?|expecting|awaits?|awaiting|knows?) (?:you|your)\b[\w ]*?{ON}
    \byou are (?:\w+ )?(?:back|all|set|good|through|confirmed)? ?(?:on|in|down|up) (?:again )?(?:for )?{ON}
    \b(?:appointment|visit|booking|reservation) is (?:still )?{WHEN}

booked before said
    \b(?:has|have|got|with|carries|bears) your name\b
    \byour (?:\w+ )?name on (?:it|that|them)\b
    \b{VISIT} (?:is|will) not (?:be |going to be )?(?:given away|lost|touched)\b
    \b{VISIT} is (?:\w+ )?(?:safe|secure|guaranteed|waiting)\b
    \byou (?:now |do |already )*have your {VISIT}\b
    \bfound (?:you |your |the |an? )[\w ]*?{WHEN}
    \b(?:is|are|now|already) (?:\w+ )?official\b
    \bnothing (?:more|else|left|further) (?:for you )?to do\b
    \byou (?:now |do |still |also |have |got )*(?:have|got) (?:an?|the|your|one|two|another) (?!few|couple|choice|option|question)[\w ]*?{WHEN}
    \byou (?:now |still |have )*(?:have|got) {WHEN}(?! (?:cars|vehicles|visits|appointments|options|choices|questions|of|different)\b)
    \byou now have (?:an?|the|your) (?:\w+ )?{VISIT}\b
    \b{VISIT} (?:now )?belongs? to you
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
    \b(?:thanks|thank you) for (?:your (?:booking|reservation|appointment)|booking|scheduling|reserving|making)\b
    ^(?:\w+ )?(?:{VISIT}|request) (?:complete|completed|confirmed|made|done|accepted|received|created|successful)\b

    \b(?:given|gave|saved) you (?:the|that|your) (?:{NUMBER}|{DAY}|{VISIT})\b

booked now always
    \b(?:liberty|pleasure) of (?:book|schedul|reserv|arrang|confirm)ing
    \b(?:finished|done|just finished|completed|got done|succeeded in) (?:book|schedul|reserv|arrang|confirm)ing

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

    \b(?:liberty of|finished|done|completed|succeeded in) (?:mov|reschedul|chang|switch)ing

cancelled now said
    \b(?:liberty of|finished|done|completed|succeeded in) (?:cancel+|remov|delet)ing
    \b(?:{DAY}|{VISIT}) is (?:now |all |called )?off\b(?! (?:the|our|to|by|limits))
    \byou will not (?:see|find|have) (?:that|the|your) {VISIT}
    \b(?:cancellation|{VISIT}) (?:is|has been|was|are) (?:now |all )?(?:void|released|freed|waived|vacated|dropped|dissolved|processed and gone)
    \b(?:released|freed(?: up)?|vacated|let go of) (?:the|your|that) [\w ]*?{VISIT}
    \bforget about (?:the|your|that) (?:\w+ )?{VISIT}
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
    \bexpect an? (?:\w+ )?(?:text|email|message|confirmation|sms|call)\b

sent now said
    \b(?:text|sms|email|mail|message|link|details|confirmation|invitation|invite|reminder|receipt|info|everything|it|that)\b[\w ]*?\b(?:went|gone|goes|going|been) (?:\w+ )?(?:out|over|through|off|delivered|triggered|issued|generated|fired|queued|posted)\b[\w ]*?(?:phone|mailbox|inbox|email|mail|you|way)?$
    \b(?:text|sms|email|mail|message|link|confirmation|invitation|invite|reminder|receipt)\b (?:\w+ ){{0,2}}?(?:was|has been|is|got|just) (?:\w+ )?(?:triggered|issued|delivered|generated|queued|arriving|landing|out|posted|sent)\b
    \b(?:went|gone|goes|going) (?:\w+ )?to your (?:\w+ )*?(?:phone|mailbox|inbox|email|mail|gmail|account|messages|address)\b
    \b(?:delivered|posted|copied|pinged|forwarded|cc) (?:\w+ )?(?:to your|you|on the|the details)\b
    \b(?:arrived|landed|waiting|sitting|arrives|lands) in your\b

sent now promised
    \byou (?:have )?got (?:mail|an? (?:\w+ )?(?:email|text|message))\b
    \b(?:text|sms|email|link|confirmation|invitation|invite|reminder|receipt|details) (?:will|should) (?:\w+ )?(?:arrive|come|follow|reach|be there|pop|land)\b
    \b(?:watch|look|keep an eye) (?:out )?for (?:a|an|the|our|my) (?:\w+ ){{0,2}}?(?:text|sms|email|message|link|confirmation|invitation|invite|reminder|note)\b
    \b(?:have|see|find|get) (?:something|it|that|them|everything|the details|all of it) (?:\w+ )?(?:in|on) your (?:phone|mailbox|inbox|email|mail|messages)\b
    \b(?:text|email|message|link|confirmation|invite|invitation) (?:should be|will be|is) (?:\w+ ){{0,2}}?(?:on|in|at) your\b
    \bcheck your (?:phone|inbox|email|messages|texts)
    \byou (?:will|should|are going to|can expect to|ought to) (?:\w+ )?(?:get|receive|have|see|find|be getting|be receiving|hear) (?:\w+ ){{0,3}}?(?:text|email|message|confirmation|invite|invitation|link|reminder|sms|notification|note)\b

transferred now said
    \b(?:putting|passing|handing|sending|getting|passed|handed) (?:you|your call) (?:through|over|across|along|on (?:to|with)|to (?:a|the|our|some\w+|\w+ now))
    \b(?:put) (?:you|your call) (?:through|over)
    \bgetting (?:{PERSON}|(?:a|the|our) {PERSON}) (?:for you|on the line)
    \bgot (?:{PERSON}|(?:a|the|our) {PERSON}) on the line
    \b(?:hold|stay) (?:on )?(?:the|for) (?:line )?(?:for )?(?:a|the|our) {PERSON}
    \bforwarding (?:you|your call)
    ^(?:now )?(?:connecting|transferring)(?: now)?$
    \b(?:call|line) is (?:ringing|going) through

    \b(?:got|have) \w+(?: \w+)? on the (?:other |phone )?(?:line|phone)\b
    \b(?:switching|hooking|linking|bridging) you\b
    \bhere (?:he|she|they) (?:is|are|comes?)\b
    ^(?:\w+ ){{0,2}}?here (?:is|comes) (?:(?:the|our|my|a) )?{PERSON}
    \b(?:your call|you) (?:has|have) been (?:\w+ )?(?:handed|passed|given|sent|put) (?:to|over|on|through)\b
    \b(?:handing|passing|giving) (?:you|the phone|the call|your call|things) (?:to |over )*(?:the|my|our|a)\b

    \b(?:it|the phone|the line) is (?:now |already )?ringing\b
    \b(?:(?:the|our|my|a) )?{PERSON} on the (?:line|phone)\b
    \b(?:they|he|she) (?:is|are) (?:just )?(?:coming|joining|picking|getting) (?:on|up|over|to|the)\b

transferred now promised
    \byou (?:will|are going to) (?:be |now |soon )*(?:speaking|speak|talking|talk|connected|on) (?:\w+ )?(?:with|to|through) (?!us|me)
    \bwhile i (?:just )?(?:transfer|connect|patch|put you|get you|get (?:(?:a|the|our) )?{PERSON}|pass you|fetch|find (?:you )?{PERSON})
    \b(?:transfer|connect|patch|put) you (?:\w+ ){{0,5}}?(?:right )?now\b
    \b{PERSON} (?:is|will be) (?:\w+ )*?(?:right with you|on the line|picking up|coming|coming (?:on|over|to)|joining|taking over|with you (?:shortly|now|in a)|here now|on (?:his|her|their) way)

transferred now always
    \blet me (?:just )?(?:transfer|connect|patch|put) you (?:\w+ ){{0,5}}?(?:right )?now\b

message now promised
    \bmake sure (?:that )?{STAFF} (?:\w+ )?(?:knows?|gets?|sees?|hears?|is aware|are aware)\b
    \b(?!you|it|that|this|which|the|i|we|what|who\b)\w+ (?:will|is going to|are going to) (?:\w+ )?(?:give|call|ring|phone|buzz|reach|contact|follow|text|get back)\b (?!it|us|that|this)
    \byou will (?:\w+ )?(?:have|get|hear) (?:an? )?(?:\w+ )?(?:answer|reply|response|word|news|call|decision)\b
    \b{STAFF} (?:\w+ )?(?:has|have) (?:\w+ )?been (?:\w+ )?(?:asked|told|briefed|informed|notified|instructed|alerted)\b
    \b(?:reached|is with|went to|made it to|landed with|gone to|got to) {STAFF}\b
    \b(?:note|message) on (?:the|his|her|their) [\w ]*desk\b
    \b(?:{STAFF}|i|we) (?:will|is going to|are going to|am going to|should|is|are) (?:\w+ ){{0,2}}?(?:call|calling|ring|ringing|phone|phoning|reach out|reaching out|get back|getting back|be in touch|contact|follow up|give you a (?:call|ring))\b(?! (?:it|us|that|this|the|him|her|them|for)\b)
    \b(?:you will|you should|you are going to|you can) (?:\w+ ){{0,2}}?(?:get|receive|have|expect|hear)\b (?:a |an |back |from )*(?:call|callback|call back|{STAFF})\b
    \b(?:i will|we will) (?:\w+ ){{0,2}}?(?:have|get|make sure|ask|tell) {STAFF} (?:\w+ )?(?:call|calls|ring|rings|phone|reach|get back|gets back|contact|contacts)
    \b(?:expect|expecting) (?:a|their|his|her) (?:\w+ )?(?:call|callback)
    \b(?:has|have|got) your message
    \b(?:is|are) aware\b
    \b{STAFF} (?:already |now )*(?:knows?|is expecting|are expecting|(?:has|have) been (?:told|notified|informed|alerted|briefed))\b
    \b(?:your|the|that) (?:message|note|request|complaint) (?:\w+ ){{0,2}}?(?:is|has|was|will)\b[\w ]*\b(?:taken|stored|saved|recorded|passed|on (?:its|the) way|with|delivered|reach)\b

ready before said
    \b(?:it|everything) (?:is|has been|looks) (?:\w+ )?(?:ready|fixed|repaired|washed|parked|good as new)\b
    \b{CAR} (?:is|are|was|were|has been|have been|got|looks?) (?:\w+ ){{0,2}}?(?:ready|done(?! by| in| with)|finished|complete|completed|washed|parked|fixed|repaired|waiting for you|good as new|out of the shop|back on the road)\b
    \b(?:pick|picked) (?:it|your \w+|the \w+|your \w+ \w+) up (?:now|any ?time|whenever|today)\b
    \b(?:come|swing by|stop by) (?:and |to )?(?:get|pick up|collect|pick) (?:it|your|the)\b
    \b(?:ready|waiting) (?:for|to be) (?:pick ?up|picked up|collect\w*|you to (?:get|collect|pick))
    \b(?:finished|completed|wrapped up|done with|through with) (?:working on )?(?:the|your) (?:\w+ )?(?:car|vehicle|honda|toyota|truck|van|work|repair|oil|tires|brakes)\b
    \b(?:they|technicians?|mechanics?) (?:are|is|have|has) (?:\w+ )?(?:finished|done|completed)\b

    \b(?:came|come|is|are|got|just|now) (?:\w+ )?off the (?:lift|rack|hoist)\b
    \b(?:car|vehicle|honda|toyota|truck|van|keys?|it|cr v|tacoma) (?:is|are) (?:\w+ )?(?:in (?:the|our) (?:lot|yard)|out (?:front|back|in)|outside|at the (?:\w+ )?(?:desk|counter)|at reception|good to (?:drive|take|roll))
    \b(?:rolled|pulled|drove|driven|backed) (?:it|your \w+|the \w+) (?:\w+ )?(?:out|around|outside)\b
    \b(?:oil|tires?|brakes?|pads|filter|battery|wheels?|rotors?) (?:has|have|is|are|was|were) (?:\w+ )?(?:been )?(?:changed|rotated|replaced|fixed|inspected|aligned|installed|done|swapped|checked)\b

working before said
    \b(?:technicians?|mechanics?|tech|manager) (?:just )?(?:says?|said|told|thinks?|found|noticed|reckons?|estimates?)\b
    \bwaiting (?:on|for) (?:an? |the |some |new )*(?:parts?|filter|pads|tires?|battery|delivery)\b
    \bneeds? (?:another|a few more|some more|one more|just a)\b[\w ]*\b(?:minute|hour|day|hours|minutes|days|part|parts)\b
    \b(?:still|currently|just|now|busy|almost) (?:\w+ )?(?:under way|in progress|being worked on|being serviced|on the lift|in the bay)\b
    \b(?:have|has|just) (?:just |already )?(?:started|begun) (?:on|working on|with) (?:your|the)\b
    \b(?:working on|work on|finishing(?: up)?|wrapping up|servicing|repairing) (?:your|the) (?:\w+ )?(?:car|vehicle|truck|van|suv|honda|toyota|ford|cr v|tacoma|oil|brakes|tires|engine)\b
    \b(?:{CAR}|it|everything) (?:is|are) (?:\w+ ){{0,2}}?(?:being (?:worked|serviced|repaired|looked|washed|finished)|on the (?:lift|rack)|in the (?:bay|shop|works)|waiting for (?:a )?parts?|up on|next in line|in progress|under way|almost|nearly)\b
    \b(?:technicians?|mechanics?|team|they|we) (?:is|are) (?:\w+ )?(?:working on|finishing|wrapping up|looking at|putting|installing|changing|replacing)\b
    \b(?:will|should|going to) be (?:\w+ )?(?:ready|done|finished) (?:by|at|in|before|around|later|soon|shortly|this|tomorrow|today|within)\b

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
    \bput (?:it|that|this|everything|your \w+|the \w+) through\b
    \b(?:accepted|approved|processed|registered|recorded|logged|took|taken|received) (?:the|your|that|my|our) (?:\w+ )?(?:{VISIT}|request|change|cancellation|order)\b
    \b(?:you|it|that|this|them|everything|both) (?:all |now )*(?:sorted|squared|settled)\b
    \bpulled (?:it|that) off\b
    \bit (?:took|stuck|saved|went in)$
    \bin the system\b
    \b(?:it|that) worked\b
    \bsuccess(?:ful(?:ly)?)?\b
    ^(?:(?:and|okay|ok|great|all|there|perfect|now|alright) )*(?:done|did it|fixed)\b(?! by| in| with)
    \b(?:it|that|this|everything|all|you|we|i) (?:is|are|am|has|have|has been|have been) (?:\w+ )?done\b(?! (?:in|by|within|while|here))
    \brequest (?:is|has been|was) (?:\w+ )?(?:made|completed|processed|done|submitted|complete|granted|approved|accepted|honored|fulfilled)\b
    \brequest (?:\w+ ){{1,4}}(?:is|has been|was) (?:granted|approved|accepted|processed|completed|done)\b
    \b(?:is|are) a go\b
    ^(?:(?:ok|okay|and|great|all right|perfect|there|now) )*(?:that|it) is in$
    \b(?:it|that|this|everything|all) is (?:\w+ )?settled\b
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
    kinds: dict[str, Kind] = {kind: kind for kind in get_args(Kind)}
    forces: dict[str, Force] = {"said": "said", "promised": "promised", "always": "always"}
    heading = ["", "", ""]
    for line in text.splitlines():
        if line.startswith("    "):
            kind, since, force = heading
            yield Phrase(
                kinds[kind],
                since == "before",
                forces[force],
                re.compile(line.strip()),
            )
        elif line:
            heading = line.split()
