"""The tables of what callers say: repairs of misheard words, wishes, services, yes and no."""

REPAIRS: tuple[tuple[str, str], ...] = (
    # Misheard words, put right before anything is read. Each pair: pattern, replacement.
    (
        r"\b(all|old|oiled?|oral|foil|oh ill|oyl|owl|boil|toil) "
        r"(change|chain|chains|chance|exchange)\b",
        "oil change",
    ),
    (r"\boil (chain|chains|chance|changed|exchange)\b", "oil change"),
    (r"\bthats\b", "that's"),
    (r"\bim\b", "i'm"),
    (r"\bwhats\b", "what's"),
    (r"\bdont\b", "don't"),
    (r"\bdoesnt\b", "doesn't"),
    (r"\bcant\b", "can't"),
    (r"\b(an )?(oil|all) and (filter|filler)\b", "oil change"),
    (
        r"\b(tired?|tires|tyres?|tie|higher|dire) "
        r"(rotation|rotations|rotating|notation|location)\b",
        "tire rotation",
    ),
    (
        r"\b(breaks?|brakes?|brake's|brax) (inspection|inspections|infection|inspecting)\b",
        "brake inspection",
    ),
    (r"\b(my|the|front|rear|check|checked|new|about|squeaky|squealing) breaks?\b", r"\1 brakes"),
    (r"\bbreaks (are|is|keep|make|sound|squeal|grind|feel)\b", r"brakes \1"),
    (
        r"\bcheck (engine|in gin|and gin|ending|engines) (light|like|lights|lite)\b",
        "check engine light",
    ),
    (
        r"\b(state|steak|stayed|estate|states) (inspection|inspections|infection)\b",
        "state inspection",
    ),
    (r"\b(choose|chews|twos|two's|two s|juice|dues|tues|toos|choo|shoes) ?day\b", "tuesday"),
    (r"\b(when's|wends|wens|wednes|weds|whens|wins|winds) ?day\b", "wednesday"),
    (r"\b(thirst|thurs|third's|thirds|hers) ?day\b", "thursday"),
    (r"\b(fry|fried|fri|fright) ?day\b", "friday"),
    (r"\b(satur|sat or|saddle|sadder) ?day\b", "saturday"),
    (r"\b(mon|mun|one) day\b", "monday"),
    (r"\b(thirsty)\b", "thursday"),
    (
        r"\b(next|neck's|necks|text|nest) (tuesday|monday|wednesday|thursday|friday|saturday)\b",
        r"next \2",
    ),
    (r"\bto ?morrow\b|\btomorrow's\b", "tomorrow"),
    (r"\bmake (?:it|that) (to|too)\b", "make it two"),
    (r"day (to|too)$", "day at two"),
    (r"\b(at|around|about|before|after|by) (to|too)\b(?! \d)", r"\1 two"),
    (r"\b(to|too) (pm|p m|oclock|thirty|fifteen|forty five|in the afternoon)\b", r"two \2"),
    (r"\b(at|around|about|by|it) (for|fore)\b(?! (the|a|an|my)\b)", r"\1 four"),
    (r"\b(for|fore) (pm|oclock|thirty|in the afternoon)\b", r"four \2"),
    (r"\b(half past|half|quarter past|quarter to) (to|too)\b", r"\1 two"),
    (r"\bat ate\b", "at eight"),
    (r"\b(at|around|about|by|it) (won|juan)\b", r"\1 one"),
    (r"\b(won|wan) (pm|oclock|thirty)\b", r"one \2"),
    (r"\bat tent?\b", "at ten"),
    (r"\b(the|my|our) (talk on|taco ma|tack oma|to coma|tahoma|takoma)\b", r"\1 tacoma"),
)

# What a caller wants, most telling first. They are looked up in the repaired words.
GOALS: tuple[tuple[str, str], ...] = (
    ("cancel", r"\bcancel(l?ed|l?ing|lation)?\b|\bcall off\b|\bcan't make (it|my)|\bcounsel my\b"),
    ("move", r"\b(move|reschedule|rescheduling|postpone|push back|bring forward|rebook|switch)\b|"
             r"\bi have an? .*\b(appointment|visit)\b.*\b(make it|instead|change)\b|"
             r"\bchange (my|the|that|an?) (appointment|visit|booking|time|day|date)|"
             r"\b(different|another) (day|time) for my\b|\bre ?schedule\b|"
             r"\bremove my appointment to"),
    ("upcoming", r"\b(coming up|upcoming)\b|\bwhat (else )?(do i have|have i got)\b|"
                 r"\b(when|what (time|day))('s| is|s)? (my|the) (next )?(appointment|visit)|"
                 r"\b(do|did) i (already )?have an? (appointment|visit|booking)|"
                 r"\b(check|confirm|look up) (on )?(my|the) (appointment|visit|booking)|"
                 r"\bappointments? (do i|have i|i have)|\bam i (booked|scheduled|down)\b|"
                 r"\b(is|are) (my (\w+ )?|the )?(car|truck|vehicle|it) "
                 r"(ready|done|finished|fixed)\b|"
                 r"\bis my \w+( \w+)? (ready|done|finished|fixed)\b|"
                 r"\bwhen (will|can|could) (it|i|my \w+|the car)( be)? "
                 r"(ready|done|finished|pick(ed)? (it|my \w+|the car)? ?up|fetch)\b|"
                 r"\b(can|could) i (come )?(pick up|fetch|collect) (my|the)\b|"
                 r"\b(status|progress) of my\b"),
    ("search", r"\b(look|find|search|check) (me|us|it|him|her|for me)? ?(up )?under\b|"
               r"\bunder (the name|my (husband|wife|mother|father|partner)|the (plate|number))|"
               r"\bdo you have (my|me|us)\b.*\b(number|name|account|file|under)|"
               r"\b(am i|are we) (in your|on file|in the) ?(system|file|computer)?|"
               r"\b(it's|it is|its|i'm|listed|registered) under\b"),
    ("book", r"\b(book|schedule|make|get|need|want|like|set up|have) (me )?(an? )?"
             r"(appointment|visit|slot|booking|time)\b|\bbring (it|my|the|her|him) ?.* in\b|"
             r"\bcome in\b|\bget (it|my) .*(done|looked|checked|serviced|fixed)|\bbook\b|"
             r"\b(anything|something|openings?|availab\w+|free|room)\b.*\b"
             r"(on|this|next|tomorrow|today|for)\b|\bwhen can (you|i)\b|\bfit me in\b|"
             r"^(an? )?(new )?(appointment|booking)( please)?$|"
             r"\bmake an appointment\b|\bappointment for\b"),
)  # fmt: skip

# Questions and remarks that can come at any moment.
ASIDES: tuple[tuple[str, str], ...] = (
    ("silence", r"^$"),
    ("hours", r"\b(what|when|which).*\b(hours|open|close|closing|opening)\b|\bare you open\b|"
              r"\b(opening|business) hours\b|\bhow late\b|\byour hours\b|\bopen on (sun|satur)day"),
    ("address", r"\bwhere (are you|is the shop|are you guys|is it|do i (go|come))\b|\baddress\b|"
                r"\blocated\b|\bdirections\b|\bhow do i get (there|to you)\b"),
    ("price", r"\bhow much\b|\b(price|prices|cost|costs|charge|pricing|quote|estimate)\b|"
              r"\bexpensive\b"),
    ("services", r"\bwhat (services|kind of|do you (do|offer)|can you do)\b|\bdo you (do|offer)\b|"
                 r"\bservices (do|are)\b"),
    ("duration", r"\bhow long\b"),
    ("robot", r"\b(are you|is this|am i talking to|you're)( an?)? (real|robot|bot|human|machine|"
              r"computer|ai|person|actual|recording)|\breal person or\b|\bartificial\b"),
    ("person", r"\b(speak|talk|speaking|connect|transfer|put me|get me)\b.*\b(person|human|someone|"
               r"somebody|manager|mechanic|owner|representative|agent|people|operator|staff)\b|"
               r"^(a |an )?(representative|operator|human|agent|(real |live )?person)( please)?$|"
               r"\b(want|need|like|prefer|give me|get me) (a |an )?((real|live|actual) )?"
               r"(person|human)\b"),
    ("callback", r"\bcall me back\b|\bcall ?back\b|\bleave a message\b|\btake a message\b"),
    ("child", r"\b(i'm|i am) (only |just )?((a )?(little )?(kid|child|boy|girl)\b|"
              r"(\d|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)"
              r"( and a half)?( years? old)?$)|\b(mommy|daddy)\b"),
    ("not_home", r"\b(isn't|is not|not|nobody|no one|aren't)( \w+)? (here|home|there)\b"),
    ("wrong_number", r"\bwrong number\b|\bisn't this\b|\bmisdial\w*|"
                     r"\bis this (the )?(pizza|dentist|doctor|bank)"),
    ("hold", r"^((hold|hang) on( a (second|moment|minute|sec))?|"
             r"one (second|moment|minute|sec)|just a (second|moment|minute|sec)|"
             r"give me a (second|moment|minute|sec)|wait( a (second|moment|minute))?|"
             r"let me (think|see|"
             r"check|look)|um+|uh+|hmm+|let me (get|grab) .*)( please)?$"),
    ("repeat", r"\b(repeat|say) (that|it|this)\b.*|\bwhat was that\b|\bpardon\b|"
               r"\bcome again\b|^(sorry|what|huh|excuse me)( what)?$|"
               r"\bdidn't (hear|catch|get) (that|"
               r"you)\b|\bwhat did you say\b|\bsay again\b"),
    ("language", r"\b(hablas?|espanol|español|habla|quiero|necesito|por favor|gracias|buenos|"
                 r"buenas|cita|ingles|inglés|aceite|coche)\b|\bparlez\b|\bsprechen\b|"
                 r"\bje\b.*\b(veux|voudrais)\b|\bich (möchte|brauche|will)\b|"
                 r"\b(speaks?|talk|in) (spanish|french|german|chinese|russian|vietnamese)\b"),
    ("angry", r"\b(ridiculous|terrible|awful|unacceptable|furious|angry|worst|fed up|complain\w*|"
              r"useless|stupid|damn|hell)\b"),
    ("abandon", r"\b(never ?mind|forget (it|about it|that)|cancel that|leave it|don't bother|"
                r"changed my mind)\b"),
    ("other_car", r"\b(different|another|other|new|my (wife|husband|daughter|son|mom|dad|mother|"
                  r"father)'?s) (car|vehicle|truck|one)\b|\bneither\b|\bnot (one of )?those\b|"
                  r"\bnone of (them|those)\b"),
    ("bye", r"\b(bye|goodbye|good bye|see you|have a (good|nice|great)|take care|hang up)\b"),
    ("done", r"\b(that's|that is|thats|that'll be|that was|that will be) (all|it|everything)\b|"
             r"\b(i'm|we're|im|i am) (good|all set|done|fine)\b|\ball set\b|\bnothing else\b|"
             r"\bno thank(s| you)\b|\bnot (today|right now|at the moment)\b|\bthat's about it\b"),
    ("thanks", r"\b(thanks|thank you|thank|cheers|appreciate it)\b"),
    ("hello", r"^(hi|hello|hey|good (morning|afternoon|evening))( there)?( hello)?$|"
              r"\banybody there|"
              r"\bare you (still )?there\b|\bcan you hear me\b"),
    ("both", r"\bboth\b"),
    ("beyond", r"\b(question|bill|invoice|refund|warranty|payment|insurance|parts?|tow|towing)\b"),
    ("soon", r"\b(as soon as possible|asap|a s a p|earliest|soonest|first available|right away|"
             r"next available|any ?time|whenever|any day)\b"),
    ("unsure", r"\b(don't know|not sure|no idea|whatever|doesn't matter|don't care|"
               r"either|whichever|no preference|you choose|you pick)\b"),
    ("change", r"\b(actually|instead|make (it|that)|rather|change (it|that)|i meant|sorry i mean|"
               r"wait no|no wait|i mean|how about|what about)\b"),
)  # fmt: skip

YES = (
    r"^(oh )?(yes|yeah|yep|yup|yah|ya|sure|ok|okay|correct|right|exactly|absolutely|definitely|"
    r"certainly|perfect|great|please|fine|alright|all right|good|lovely|wonderful|uh huh|mm hmm|"
    r"mhm|of course|sounds)\b|\b(please do|go ahead|go for it|do it|do that|that works|"
    r"works for me|"
    r"that's (right|fine|good|great|perfect|correct|it)|sounds (good|great|fine|perfect)|"
    r"that would be (great|good|fine|perfect|lovely)|yes|yeah|book it|i'll take (it|that)|"
    r"let's do (it|that)|would be (great|perfect|good))\b"
)
NO = (
    r"^(oh |um |uh |well |actually )*(no|nope|nah|na|not|neither|negative|know thanks|"
    r"know that's)\b|\b(doesn't work|does not work|don't want|do not want|won't work|can't do|"
    r"cannot do|not (that|this|the|right|really|good|for me)|that's wrong|none of)\b"
)

# A service's code and what callers call it, beside the names in the briefing.
SERVICES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("oil_change", ("oil change", "change the oil", "change my oil", "oil changed", "lube",
                    "new oil",
                    "oil service", "synthetic oil", "oil needs changing", "due for oil",
                    "oil light", "fresh oil")),
    ("tire_rotation", ("tire rotation", "rotate my tires", "rotate the tires", "tires rotated",
                       "rotate tires", "tyre rotation", "rotation", "switch my tires around")),
    ("brake_inspection", ("brake inspection", "brakes checked", "brakes squealing",
                          "brakes grinding",
                          "check my brakes", "check the brakes", "brake check", "brake noise",
                          "brakes squeaking", "brake pads", "squealing when i brake", "brakes",
                          "brake job", "brake pedal", "squeals when i stop", "brake")),
    ("state_inspection", ("state inspection", "smog", "smog check", "smog test", "emissions test",
                          "emissions", "inspection sticker", "safety inspection",
                          "annual inspection", "yearly inspection", "registration inspection")),
    ("diagnostic", ("check engine light", "engine light", "diagnostic", "diagnostics", "diagnosis",
                    "warning light", "won't start", "strange noise", "weird noise", "funny noise",
                    "making a noise", "light came on", "runs rough", "running rough", "stalling",
                    "leaking", "overheating", "something is wrong", "something's wrong",
                    "light on the dash", "dashboard light", "find out what's wrong")),
    ("battery", ("new battery", "battery replacement", "battery")),
    ("alignment", ("wheel alignment", "alignment", "pulls to the left", "pulls to the right")),
    ("ac_service", ("air conditioning", "a c service", "ac service")),
)  # fmt: skip

# Words that stand for kinds of car, with models of that kind.
KINDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("truck", ("tacoma", "tundra", "f-150", "f150", "silverado", "ram", "ranger", "frontier",
               "sierra", "ridgeline", "colorado", "titan", "1500", "f-250", "maverick", "gladiator",
               "canyon", "tacoma sr5")),
    ("pickup", ("tacoma", "tundra", "f-150", "silverado", "ram", "ranger", "frontier", "sierra",
                "ridgeline", "colorado", "titan", "1500", "f-250", "maverick")),
    ("suv", ("cr-v", "rav4", "pilot", "highlander", "explorer", "forester", "outback", "escape",
             "rogue", "cx-5", "tucson", "equinox", "tahoe", "4runner", "hr-v", "santa fe",
             "wrangler",
             "x3", "x5", "q5", "sportage", "sorento", "grand cherokee", "pathfinder")),
    ("van", ("odyssey", "sienna", "pacifica", "transit", "caravan", "sedona", "carnival")),
    ("sedan", ("civic", "accord", "camry", "corolla", "altima", "sentra", "fusion", "malibu",
               "sonata", "elantra", "jetta", "model 3", "mazda3", "prius", "legacy", "impreza")),
)  # fmt: skip

# How recognisers write models that are spelled or rare.
MODEL_SOUNDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("cr-v", ("crv", "see our v", "see our vee", "sea r v", "cr five", "c r v", "see r v", "siarv",
              "cr vee", "crb", "c r b", "sierra v", "see arvey")),
    ("hr-v", ("hrv", "h r v", "each r v", "hr vee")),
    ("rav4", ("rav 4", "rav four", "rough four", "rab four", "rav for", "raf four")),
    ("f-150", ("f 150", "f one fifty", "f 1 50", "eff one fifty", "f150")),
    ("tacoma", ("takoma", "tahoma", "to coma", "taco", "tack oma", "takama", "tacomo", "taco ma")),
    ("cx-5", ("cx 5", "cx five", "c x five", "see x five")),
    ("4runner", ("4 runner", "four runner", "forerunner", "for runner")),
    ("outback", ("out back",)),
    ("civic", ("civil", "civics")),
    ("camry", ("cam re", "cameray", "camera")),
)  # fmt: skip

MAKES: tuple[str, ...] = (
    "Honda", "Toyota", "Ford", "Chevrolet", "Chevy", "Subaru", "Nissan", "Mazda", "Hyundai", "Kia",
    "Volkswagen", "BMW", "Mercedes-Benz", "Mercedes", "Audi", "Lexus", "Acura", "Infiniti", "Jeep",
    "Dodge", "Ram", "GMC", "Buick", "Cadillac", "Chrysler", "Volvo", "Tesla", "Mitsubishi", "Mini",
    "Porsche", "Lincoln", "Land Rover", "Jaguar", "Fiat", "Genesis", "Rivian", "Saab", "Pontiac",
)  # fmt: skip
MAKE_SOUNDS: tuple[tuple[str, str], ...] = (
    ("hunda", "Honda"), ("handa", "Honda"), ("hondo", "Honda"), ("under", "Honda"),
    ("chevy", "Chevrolet"), ("mercedes", "Mercedes-Benz"), ("vw", "Volkswagen"),
    ("super ru", "Subaru"), ("sub a rue", "Subaru"), ("toy ota", "Toyota"), ("kea", "Kia"),
    ("for d", "Ford"), ("hi and i", "Hyundai"), ("hundai", "Hyundai"), ("mass da", "Mazda"),
)  # fmt: skip

NATO = {
    "alpha": "a", "alfa": "a", "bravo": "b", "charlie": "c", "delta": "d", "echo": "e",
    "foxtrot": "f", "golf": "g", "hotel": "h", "india": "i", "juliet": "j", "kilo": "k",
    "lima": "l",
    "mike": "m", "november": "n", "oscar": "o", "papa": "p", "quebec": "q", "romeo": "r",
    "sierra": "s", "tango": "t", "uniform": "u", "victor": "v", "whiskey": "w", "whisky": "w",
    "xray": "x", "yankee": "y", "zulu": "z",
}  # fmt: skip

NOT_A_NAME = frozenset(
    """
    my name is its it's it this that's the a an i i'm im am yes yeah yep sure ok okay um uh hi
    hello hey and last first under here speaking please name's names well so call me they thats
    of course for by spelled spelling mine would be no not on file goes
    """.split()  # noqa: SIM905 - a table, not code
)
