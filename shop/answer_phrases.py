"""The tables of `shop.answers`: how questions are asked, and how answers begin, go on and end.

English, and Spanish where a word of it is no word of the other; all without accents.
"""

import re
from typing import Literal

Expect = Literal[
    "yes_no", "phone", "vin", "plate", "email", "name", "day_time", "choice", "open"
]  # fmt: skip
"""The kinds of answer a question wants."""

SENTENCE = re.compile(r"[^.?!]+[.?!]*")
ASKING = re.compile(
    r"^(?:(?:and|so|okay|then|now|please|sorry|great|thanks) )*"
    r"(?:please|tell|give|spell|say|read|go ahead|repeat|let me (?:have|know)|i(?:'ll| will)? need)"
)
"""How a sentence asks without a question mark."""

ASKED: tuple[tuple[Expect, re.Pattern[str]], ...] = (
    # The first that fits the last question decides: what is to be given stands before how it is
    # asked for ("Could you spell your last name?" wants a name, not a yes).
    ("yes_no", re.compile(r"\byes or no\b|\bis (?:that|this|it) (?:right|correct|okay|you)\b|"
                          r"\bdid i (?:get|hear|have|say)\b|\b(?:right|correct|okay)\?$|"
                          r"\b(?:is|was|are) (?:that|this|the|your|it|these) .*"
                          r"\b(?:right|correct|best|still|same|good)\b|"
                          r"^(?:would you like|do you want|shall i|should i)(?!.*\bor\b)|"
                          r"\bsend\b.*\bto (?:that|this|the same)\b|\bstill there\b")),
    ("open", re.compile(r"\banything else\b|\bsay (?:that|it) again\b|\brepeat that\b|"
                        r"\bhow (?:can|may) (?:i|we) help\b|"
                        r"\bwhat (?:can|may) (?:i|we) do\b|\bwhat(?:'s| is) (?:it|wrong)\b|"
                        r"\balgo mas\b|\ben que (?:le )?pued|\bcomo (?:le )?pued")),
    ("email", re.compile(r"\be-?mail\b|\bcorreo\b")),
    ("vin", re.compile(r"\bvin\b|\bv i n\b|\bvehicle identification\b|\bseventeen\b")),
    ("name", re.compile(r"\bfull name\b")),
    ("plate", re.compile(r"\bplate\b|\bplacas?\b|\bmatricula\b")),
    ("phone", re.compile(r"\b(?:phone|telephone|cell|mobile|callback|call-back) ?number\b|"
                         r"\bnumber\b.*\b(?:reach|call|file|text)\b|\bdigit by digit\b|"
                         r"\b(?:what|which)\b.*\bnumber\b|\byour number\b|\barea code\b|"
                         r"\btelefono\b|\bsu numero\b|\bnumero\b.*\bllam")),
    ("name", re.compile(r"\bnames?\b|\bspell\b|\bwho am i (?:speaking|talking)\b|"
                        r"\bwho(?:'s| is) (?:this|calling)\b|"
                        r"\bnombre\b|\bapellido\b|\bdeletre")),
)  # fmt: skip
OPTIONS = re.compile(
    r"(?<=\w )o (?=\w)|\bcual (?:de|auto|carro|coche)\b|"
    r"\bor\b(?! (?:not|so|anything|something|is there)\b)|"
    r"\bwhich\b(?! (?:other )?(?:day|date|time))|\bone of (?:those|these|them)\b"
)
WHEN = re.compile(
    r"\b(?:what|which)(?: other)? (?:day|date|time)|\bwhen\b|\b(?:how|what) (?:soon|about when)\b|"
    r"\b(?:que|cual) (?:dia|fecha|hora)|\bcuando\b"
)
POLAR = re.compile(
    r"^(?:(?:and|so|okay|or|then|now|great|sure|well|but|perfect|thanks|sorry|just|also) )*"
    r"(?:shall|should|is|are|was|were|am|do|does|did|can|could|would|will|has|have|had|may|"
    r"want|ready|how about|what about|how does|how is|want me|okay if|still|"
    r"quiere|desea|le (?:reservo|apunto|parece|sirve|funciona)|lo (?:reservo|cancelo|cambio)|"
    r"esta|es|puedo|sigue|prefiere)\b"
)

YES = (
    r"yes|yeah|yep|yup|ya|yah|uh huh|mm hm+|mhm+|sure|ok|okay|correct|right|exactly|absolutely|"
    r"definitely|certainly|of course|perfect|great|good|fine|alright|all right|sounds? (?:good|"
    r"great|fine|perfect|right)|(?:that|it)(?:s| is| will be|ll be|d be| would be| sounds) "
    r"(?:right|correct|fine|good|great|perfect|okay|ok|it|me)|that(?:ll| will)? works?(?: for "
    r"me)?|works for me|(?:please )?(?:go ahead|do(?: it| that| so)?|book it)|lets do (?:it|that)|"
    r"i (?:do|am|would|will|have|can|did|think so)|it is|they are|we are|you (?:bet|got it)|"
    r"si|claro(?: que si)?|esta bien|de acuerdo|vale|bueno|correcto|exacto|perfecto|asi es|"
    r"por supuesto"
)
NO = (
    r"no|nope|nah|na|no way|not? (?:really|yet|today|now|at all|right now|thats (?:all|it))|"
    r"uh uh|wrong|incorrect|never mind|i (?:dont|do not|am not|cant|cannot|didnt|havent)(?: think "
    r"so)?|im (?:not|good|fine|all set)|(?:that|it)(?:s| is) (?:not|wrong)(?: right| correct)?|"
    r"thats (?:all|it|everything)|that (?:will|ll) be all|nothing(?: else)?|none|nada(?: mas)?|"
    r"eso es todo"
)
POLITE = (
    r"please|thanks?|thank you(?: (?:so|very) much)?|maam|sir|bye|goodbye|bye bye|for now|"
    r"por favor|(?:muchas )?gracias|adios|senora?"
)
OPENER = r"um+|uh+|er|oh|ah|well|so|hm+|and|now|actually"
YES_NO = re.compile(rf"(?:(?:{OPENER}) )*(?:{YES}|{NO}|{POLITE})(?: (?:{YES}|{NO}|{POLITE}|then))*")
FAREWELL = re.compile(
    rf"(?:(?:{OPENER}|okay|ok|alright|great|perfect) )*"
    rf"(?:no|nope|nah|thats (?:all|it|everything)|nothing(?: else)?|im (?:good|all set)|bye|"
    rf"goodbye|thank you|thanks)(?: (?:{NO}|{YES}|{POLITE}|you too|have a (?:good|nice|great) "
    rf"(?:day|one|night|evening)))*"
)
"""What needs no more waiting after an open question: nothing more is wanted."""

GOODBYE = re.compile(r"\b(?:bye|goodbye|have a \w+ \w+|you too)$")
"""What nobody says anything after."""

DANGLING = frozenset(
    """
    a an the my your our their this these those every
    i im ill id ive we its theres
    and or but because so if that which who when while where than as like also plus
    to for of on at in by with from about around between under until before after into near
    is are was were am be been do does did can could would will should have has had want need
    wanna gonna going not very just um uh uhm umm er erm hmm hm well
    y pero porque para el los las un una de en con mi su que es tengo quiero eh este
    """.split()  # noqa: SIM905 - a table, not code
)
"""Words that nobody ends on who has finished."""

ENDS_AFTER_ALL = re.compile(
    r"\b(?:i|we|you|they|it|he|she|that|this|there|yes|no|yeah) (?:is|are|was|were|am|do|does|did|"
    r"can|could|would|will|should|have|has|had|want|need)$|"
    r"\b(?:i|we|you|they|to|that) (?:want|need|do|be) (?:to|that)$|"
    r"\b(?:do|want|need|like|about|take|for|with|is|was|of|find|read|get) "
    r"(?:that|this|these|those)$|"
    r"\blove to$|\bcalling from$|\b(?:come|drop|bring (?:it|her|him|them)|you|get|put me|fit me|"
    r"came|comes|turns?|turned|goes|went|stays?|stayed|is|was|be) (?:in|by|on|around)$|"
    r"\b(?:think|guess|hope|believe|said|not|why|or|if|rather) (?:so|not)$|"
    r"\bbeen\b.* before$|\bas before$|\b(?:as|very|really) well$|\bthan that$|\bgoing(?: on)?$"
)
"""Where a word of `DANGLING` does end a sentence: "yes I do", "when can I come in"."""

THINKING = re.compile(
    r"(?:\b(?:let me (?:see|think|look|check|find|get)(?: it| that| here)?|what(?:s| is| was) it|"
    r"how do i (?:say|put)(?: it| this)?|you know|i mean|its like|i guess|"
    r"i (?:was|am|were)(?: just)? (?:wondering|hoping|thinking))$)|"
    r"^(?:(?:yes|yeah|oh|um|uh|well|and) )*(?:hi|hello|hey|good (?:morning|afternoon|evening))"
    r"(?: there)?$"
)
"""Ends, and whole turns, after which somebody is sure to go on."""

MONTH_OR_DAY = re.compile(
    r"\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b|\btomorrow\b|\btoday\b|\b(?:january|february|"
    r"march|april|may|june|july|august|september|october|november|december)\b"
)
TIME_ENDS = re.compile(
    r"\b(?:[ap] ?m|oclock|noon|(?:in the|this) (?:morning|afternoon|evening)|"
    r"(?:tomorrow|day) (?:morning|afternoon|evening))$"
)
PICKED = re.compile(
    r"(?:(?:um|uh|oh|well|lets do|ill take|let me do|i would like) )*(?:the )?"
    r"(?:(?:first|second|third|last|former|latter|earlier|later)(?: one| time| slot)?|"
    r"either(?: one| is fine| works)?|both|any|neither|whatever|it doesnt matter)(?: please)?"
)
ADDRESS_WHOLE = re.compile(
    r"(?:@|\bat\b).*?(?:\.|\bdot)\s*(?:com|org|net|edu|gov|mil|biz|info|us|io|me)$"
)
ADDRESS_ENDS = re.compile(
    r"\bdot ?(?:com|org|net|edu|gov)$|\.(?:com|org|net|edu|gov)$|\bat\b.*\bdot\b.* \w{2,}$"
)
"""The end of an address of which a part was misheard."""

ELSEWHERE = re.compile(
    r"\b(?:dont|not|no|nope|cant|cannot|havent|without|the same(?: number| one| as|$)|calling|"
    r"called|file|(?:use|is|keep) (?:this|that)|(?:this|that) (?:one|number)|sorry|later|hold on|"
    r"moment|second|minute|one im|number im|mismo|misma)\b|"
    r"^(?:\w+ ){0,2}(?:what|why|who|where|when|how|which|could|can|would)\b"
)
"""What somebody says who is not about to dictate: refusals, questions, "the same as before"."""

SPANISH_DIGITS = {
    "cero": "zero", "uno": "one", "dos": "two", "tres": "three", "cuatro": "four",
    "cinco": "five", "seis": "six", "siete": "seven", "ocho": "eight", "nueve": "nine",
    "arroba": "at", "punto": "dot",
}  # fmt: skip
"""Spanish words of numbers and addresses that no English sentence holds."""

AS_IN = re.compile(r"\b([a-z]|double u)\s+(?:as in|for|like|as)\s+([a-z]{3,})\b")
LISTENING = re.compile(
    r"(?:m+ ?hm+|m+h+m*|m+|uh ?huh|u+h|um+|ah+|oh?(?: okay| ok| yeah)?|aha|hm+|okay|ok|kay|yeah|"
    r"yep|yup|yes|right|sure|alright|all right|i see|(?:i )?got it|gotcha|cool|good|nice|"
    r"perfect|fine|of course|makes sense|i understand|understood|sounds good|true|exactly|wow|mhmm|"
    r"si|aja|vale|claro|ya|bueno|entiendo)"
)
"""What a listener says. Not "great": before noise that is how recognisers write "wait"."""

BACKCHANNEL = re.compile(rf"{LISTENING.pattern}(?: {LISTENING.pattern})*")
TAKES_THE_FLOOR = re.compile(
    r"\b(?:stop|wait|no|nope|not|hold|hang|pause|excuse|sorry|pardon|actually|hey|hello|listen|help|"
    r"slow|again|repeat|what|cancel|wrong|never|person|human|operator|representative|goodbye|bye|"
    r"espere|espera|pare|perdon|disculpe|oiga|cancele|persona|como|adios)\b"
)
"""Somebody who says one of these to a speaker wants the word, however little else they say."""
HALF_A_BACKCHANNEL = re.compile(
    rf"(?:{LISTENING.pattern} )*(?:[a-z]|[a-z] [a-z]|got|i got|all|of|makes|sounds|uh)"
)
"""What a guess has of "got it" or "I see" while its last word is still being said; asked too early,
recognisers write "I." for the latter, and then "C.".
"""
