"""What a Spanish sentence says has been done, with the day and time it names, and what to say else.

Smaller than the English of `claims`: what people say for booked, moved, cancelled, sent and the rest,
unless a question, a condition, a wish or a denial takes it back.
"""

# ruff: noqa: E501 - ways of saying it, not code

import re
import unicodedata
from collections.abc import Iterator
from datetime import date, datetime

from shop.claim_words import Kind
from shop.claims import Claim
from shop.hablar import DAYS, MONTHS, cardinal_es, speak_datetime_es
from shop.moments import Day, Moment, TimeOfDay

_PERSON = (
    r"(?:alguien|el gerente|la gerente|el encargado|el mecanico|un companero|una persona|el taller)"
)
_CAR = r"(?:su|el) (?:\w+ )?(?:carro|coche|auto|vehiculo|camioneta|honda|toyota|ford)"
_SAYINGS: tuple[tuple[Kind, str], ...] = (
    (
        "booked",
        r"\b(?:reservad|agendad|programad|apartad|confirmad|anotad|registrad|asegurad)[oa]s?\b|"
        r"\b(?:reserve|agende|programe|aparte|confirme|anote)\b(?=# )|"
        r"\b(?:lo|la|le|los|las) (?:esperamos|espero|vemos|veremos|estaremos esperando)\b|\bnos vemos\b|"
        r"\b(?:su|la) (?:cita|reservacion|visita) (?:\w+ )?(?:es|esta|queda|quedo|sera)\b"
        r"(?! (?:ya )?(?:cancelad|anulad|movid|cambiad|reprogramad|eliminad))|"
        r"\b(?:tiene|tendra) (?:(?:una|su|la) )?(?:cita|reservacion|visita)\b|\bqued[oa] (?:para|hech\w|list\w)\b|"
        r"\b(?:su lugar|su espacio|su hora) (?:es|esta|queda)\b|\bqueda(?:mos)? (?:para|en)\b",
    ),
    (
        "moved",
        r"\b(?:movid|cambiad|reprogramad|trasladad|pospuest|adelantad|recorrid)[oa]s?\b|"
        r"\b(?:movi|cambie|reprograme|pase)\b(?=# )",
    ),
    (
        "cancelled",
        r"\b(?:cancelad|anulad|eliminad|borrad)[oa]s?\b|\b(?:cancele|anule|elimine|borre)\b(?=# )|"
        r"\bya no tiene (?:la |su |ninguna )?cita\b",
    ),
    (
        "sent",
        r"\b(?:enviad|mandad)[oa]s?\b|\b(?:envie|mande)\b(?=# )|"
        r"\b(?:recibira|va a recibir|le llegara|le va a llegar|le llego|tiene en su)\b[\w ]*"
        r"(?:correo|mensaje|texto|confirmacion|invitacion|telefono)",
    ),
    (
        "transferred",
        r"\b(?:transferid|comunicad|conectad)[oa]s?\b|"
        r"\b(?:transfiriendo|pasando|comunicando|conectando)(?:lo|la|le)?\b|"
        rf"\b(?:le|lo|la) (?:paso|comunico|transfiero|conecto)\b|\b{_PERSON} (?:ya )?viene\b",
    ),
    (
        "message",
        r"\b(?:tomado|dejado|pasado|apuntado) (?:su|el|un|nota de) (?:mensaje|recado|\w+)\b|\bya avise\b|"
        r"\b(?:le|lo|la) (?:llamara|llamaran|devolvera\w*|va a llamar|van a llamar|contactara\w*)\b|"
        r"\bhe (?:avisado|informado)\b",
    ),
    (
        "ready",
        rf"\b{_CAR} (?:ya )?(?:esta|quedo|quedo ya) (?:ya )?(?:list|terminad|arreglad|reparad)[oa]\b|"
        r"\bpuede (?:venir a |pasar a )?(?:recogerlo|recogerla|buscarlo)\b",
    ),
    (
        "working",
        r"\b(?:todavia|aun|siguen?|estan) (?:lo |la |le )?(?:estan )?(?:trabajando|reparando|revisando|"
        rf"terminando)\b|\b{_CAR} (?:todavia |aun )?(?:esta|sigue) en (?:reparacion|servicio|proceso)\b",
    ),
    (
        "anything",
        r"\b(?:ya esta|ya quedo|todo listo|todo arreglado|todo en orden|esta hecho|hecho|ya lo hice|"
        r"quedo hecho|con exito)\b",
    ),
)
_SAID = tuple((kind, re.compile(pattern)) for kind, pattern in _SAYINGS)
_TAKEN_BACK = re.compile(
    r"\b(?:no(?! se preocupe)|nunca|ni|sin|tampoco|nada|si|cuando|en cuanto|una vez|antes de|hasta que|"
    r"para (?:que|\w+r)|puedo|podria|podemos|puede ser|quiere|quisiera|desea|gustaria|prefiere|"
    r"voy a|vamos a|dejeme|permitame|necesito|debo|hay que|tengo que|falta|aun|todavia|le parece|"
    r"confirme que|habia|hubiera)\b"
)
_ASIDE = re.compile(
    r"\b(?:con (?:mucho )?gusto|por supuesto|perfecto|claro|muy bien)\b|^ *listo *$"
)

_NUMBERS = {cardinal_es(n): n for n in range(60)} | {"un": 1, "una": 1, "primero": 1}
_PLAIN_DAYS = tuple(
    unicodedata.normalize("NFD", d).encode("ascii", "ignore").decode() for d in DAYS
)
_HALVES = (
    ("de la manana", "am"), ("por la manana", "am"), ("am", "am"), ("de la tarde", "pm"),
    ("por la tarde", "pm"), ("de la noche", "pm"), ("del mediodia", "pm"), ("pm", "pm"),
)  # fmt: skip


def plain_es(text: str) -> str:
    """Return Spanish in small letters without accents; marks stand alone, `#` ends a past verb.

    "reservé" and "reserve" differ by their accent alone, and only the first one is a claim.
    """
    text = re.sub(r"(?<=[a-zñ])[éí](?=\W|$)", lambda m: ("e#", "i#")[m[0] == "í"], text.lower())
    text = re.sub(r"\b([ap])\.?\s?m\b\.?", r"\1m", text)
    text = unicodedata.normalize("NFD", text)
    text = "".join(c for c in text if not unicodedata.combining(c))
    text = re.sub(r"(\d)(?=[ap]m\b)", r"\1 ", text)
    return " ".join(re.sub(r"([,;:.!?¿¡](?!\d))", r" \1 ", text).split()) + " "


def claims_es(text: str) -> list[tuple[Claim, str]]:
    """Return the claims of a Spanish sentence, each with the plain words around it."""
    words = plain_es(text)
    return [(claim, words.replace("#", "")) for claim in _claims(words)]


def _claims(words: str) -> Iterator[Claim]:
    for sentence in re.split(r"(?<=[.!?]) ", words):
        excused = False
        for clause in _clauses(sentence):
            for kind, pattern in _SAID:
                match = pattern.search(clause)
                if match and not excused and not _TAKEN_BACK.search(clause[: match.start()]):
                    acted = re.search(r"\bhe(?:mos)? |# ", clause)
                    yield Claim(kind, stands=kind == "booked" and not acted)
            excused = excused or bool(re.search(r"\b(?:si|cuando|en cuanto|una vez) ", clause))


def _clauses(sentence: str) -> Iterator[str]:
    """Yield the clauses of a sentence; of a question, what stands before it."""
    said = sentence
    if "?" in sentence or "¿" in sentence:
        said = sentence.partition("¿")[0] if "¿" in sentence else ""
    for clause in re.split(r"[,;:.!?¡]| (?=(?:y|pero|porque|asi que) )", said):
        yield _ASIDE.sub("", f"{clause} ")


def offers_es(text: str) -> list[Moment]:
    """Return the times that a Spanish sentence says are free."""
    words = plain_es(text).replace("#", "")
    said = words.partition("¿")[0]
    if not re.search(r"\b(?:libres?|disponibles?|tengo|tenemos|hay)\b", said) or "no " in said:
        return []
    return moments_es(said)


def moments_es(words: str) -> list[Moment]:
    """Return the day and time that plain Spanish words name, as one moment; empty when none."""
    day, time = _day(words), _time(words)
    return [Moment(day, time)] if day or time else []


def _day(words: str) -> Day | None:
    weekday = next((n for n, d in enumerate(_PLAIN_DAYS) if re.search(rf"\b{d}\b", words)), None)
    months = "|".join(MONTHS)
    dated = re.search(rf"\b(\w+(?: y \w+)?) de ({months})\b", words)
    month = MONTHS.index(dated[2]) + 1 if dated else None
    of_month = _number(dated[1]) if dated else None
    for after in re.finditer(
        rf"\b(?:{'|'.join(_PLAIN_DAYS)}|el|dia) (?=(\w+(?: y \w+)?)\b)", words
    ):
        of_month = of_month or _number(after[1])
    if weekday is not None or of_month is not None:
        return Day(weekday, of_month, month)
    if re.search(r"\bhoy\b|\besta (?:tarde|noche)\b", words):
        return Day(ahead=0)
    if re.search(r"(?<!la )\bmanana\b", words):
        return Day(ahead=2 if "pasado manana" in words else 1)
    return None


def _time(words: str) -> TimeOfDay | None:
    clock = re.search(r"\b(?:a )?(?:las? )?(\d{1,2}):(\d\d)(?: (am|pm))?", words)
    if clock:
        return TimeOfDay(int(clock[1]), int(clock[2]), clock[3] or _half(words[clock.end() :]))
    said = re.search(r"\b(?:a )?las? (\w+)(?: y (\w+(?: y \w+)?))?", words)
    if said is None:
        return None
    hour = _number(said[1])
    if hour is None or not 1 <= hour <= 23:
        return None
    past = said[2] or ""
    minute = {"media": 30, "cuarto": 15}.get(past.split(" ")[0] if past else "", _number(past) or 0)
    return TimeOfDay(hour, minute, _half(words[said.start() :]))


def _half(words: str) -> str | None:
    return next((half for said, half in _HALVES if re.search(rf"\b{said}\b", words[:48])), None)


def _number(said: str) -> int | None:
    plain = {unicodedata.normalize("NFD", w).encode("ascii", "ignore").decode(): n
             for w, n in _NUMBERS.items()}  # fmt: skip
    if said.isdecimal():
        return int(said)
    return plain.get(said, plain.get(said.split(" ", maxsplit=1)[0]))


_NOT_YET: dict[Kind, str] = {
    "booked": "Todavía no lo he reservado. ¿Lo reservo?",
    "moved": "Todavía no la he cambiado. ¿La cambio?",
    "cancelled": "Todavía no la he cancelado. ¿La cancelo?",
    "sent": "No le he enviado nada. ¿Le puedo ayudar en algo más?",
    "transferred": "No le he comunicado con nadie. ¿En qué le puedo ayudar?",
    "message": "Todavía no he avisado a nadie. ¿Quiere dejar un recado?",
    "ready": "No sé cómo va su carro. ¿Busco su cita?",
    "working": "No sé cómo va su carro. ¿Busco su cita?",
    "anything": "Eso todavía no está hecho. ¿Lo hago?",
}


def instead_es(kind: Kind, why: str, at: datetime | None, today: date) -> str:
    """Return the honest Spanish sentence to say instead; `at` is when the visit really is."""
    if why == "price":
        return "No quiero adivinar un precio; el taller se lo dice antes de cualquier trabajo."
    if why == "free":
        return "Todavía no he buscado esa hora. ¿La busco?"
    if why == "different" and at is not None:
        return f"Permítame corregir. Es {speak_datetime_es(at, today)}."
    return _NOT_YET[kind]
