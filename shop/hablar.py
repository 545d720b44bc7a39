"""Dates, times, money and figures as a Spanish voice says them; the Spanish of `shop.spoken`."""

import re
from datetime import date, datetime, time

from shop.moments import Day, moments
from shop.plainwords import plain
from shop.spoken import tidy, unmarked, without_addresses, without_ids

DAYS = ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo")
MONTHS = (
    *("enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre"),
    *("octubre", "noviembre", "diciembre"),
)
_UNITS = (
    *("cero", "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve", "diez"),
    *("once", "doce", "trece", "catorce", "quince", "dieciséis", "diecisiete", "dieciocho"),
    *("diecinueve", "veinte", "veintiuno", "veintidós", "veintitrés", "veinticuatro"),
    *("veinticinco", "veintiséis", "veintisiete", "veintiocho", "veintinueve"),
)
_TENS = ("", "", "", "treinta", "cuarenta", "cincuenta", "sesenta", "setenta", "ochenta", "noventa")
_HUNDREDS = (
    *("", "ciento", "doscientos", "trescientos", "cuatrocientos", "quinientos", "seiscientos"),
    *("setecientos", "ochocientos", "novecientos"),
)


def cardinal_es(number: int) -> str:
    """Say a whole number, "cuarenta y cinco"; above 999,999 digit by digit."""
    if number < 30:
        return _UNITS[number]
    if number < 100:
        tens, unit = divmod(number, 10)
        return _TENS[tens] + (f" y {_UNITS[unit]}" if unit else "")
    if number == 100:
        return "cien"
    if number < 1000:
        hundreds, rest = divmod(number, 100)
        return _HUNDREDS[hundreds] + (f" {cardinal_es(rest)}" if rest else "")
    if number >= 1_000_000:
        return digits_es(str(number))
    thousands, rest = divmod(number, 1000)
    many = "mil" if thousands == 1 else f"{_short(cardinal_es(thousands))} mil"
    return many + (f" {cardinal_es(rest)}" if rest else "")


def digits_es(text: str) -> str:
    """Say the digits of `text` one by one."""
    return " ".join(_UNITS[int(c)] for c in text if c.isascii() and c.isdigit())


def speak_date_es(day: date, today: date) -> str:
    """Say a day: "hoy", "mañana", "el martes veinticuatro", further off with its month."""
    ahead = (day - today).days
    if ahead in (0, 1):
        return ("hoy", "mañana")[ahead]
    said = f"el {DAYS[day.weekday()]} {_day_of_month(day.day)}"
    return said if 0 < ahead <= 7 else f"{said} de {MONTHS[day.month - 1]}"


def speak_time_es(wall: datetime | time) -> str:
    """Say a time with its article: "las dos y media de la tarde", "la una de la tarde"."""
    hour, minute = wall.hour, wall.minute
    if 1 <= hour < 12:
        part = "de la mañana"
    elif hour == 12:
        part = "del mediodía" if not minute else "de la tarde"
    else:
        part = "de la tarde" if 12 < hour < 20 else "de la noche"
    return f"{_twelve(hour, minute)} {part}"


def speak_datetime_es(at: datetime, today: date) -> str:
    """Say a wall time: "el martes veinticuatro a las dos de la tarde"."""
    return f"{speak_date_es(at.date(), today)} a {speak_time_es(at)}"


def when_in_spanish(english: str, *, by: bool = False) -> str | None:
    """Return an English day and time of ours in Spanish: "on Monday the thirtieth at two".

    `by` makes a deadline of it, "antes de". None when nothing can be read.
    """
    words = re.sub(r"\b(?:by|until)\b", "at", plain(english))
    named = next(iter(moments(words)), None)
    if named is None:
        return None
    said = [_named_day(named.day)] if named.day else []
    if named.time:
        half = named.time.half
        hour = named.time.hour % 12 + (12 if half == "pm" else 0) if half else named.time.hour
        clock = speak_time_es(time(hour, named.time.minute))
        said.append(f"antes de {clock}" if by else f"a {clock}" if said else clock)
    return " ".join(said)


def _named_day(day: Day) -> str:
    if day.ahead is not None:
        return ("hoy", "mañana")[day.ahead]
    said = "el"
    said += f" {DAYS[day.weekday]}" if day.weekday is not None else ""
    said += f" {_day_of_month(day.of_month)}" if day.of_month else ""
    return said + (f" de {MONTHS[day.month - 1]}" if day.month else "")


_ISO = re.compile(
    r"(?:\b(?:el|día)\s+)?(?P<y>\d{4})-(?P<m>\d\d)-(?P<d>\d\d)"
    r"(?:(?:T|\s+)(?P<h>[01]\d|2[0-3]):(?P<min>[0-5]\d)(?::\d\d)?(?:Z|[+-]\d\d:?\d\d)?)?"
)
_NUMERIC = re.compile(
    r"(?:\bel\s+)?(?<![\d/.$-])(?P<a>\d{1,2})/(?P<b>\d{1,2})(?:/\d{2,4})?(?![\d/])"
)
_CLOCK = re.compile(
    r"(?P<lead>\ba\s+|\bde\s+|\b)?(?P<article>las?\s+)?(?<![\d:.,$])(?P<hour>[01]?\d|2[0-3])"
    r"(?::(?P<minute>[0-5]\d)(?::\d\d)?)?(?:\s*(?P<half>[ap]\.?\s?m\b\.?))?"
    r"(?P<part>\s+(?:de la (?:mañana|tarde|noche)|del mediodía))?(?![\d:])",
    re.IGNORECASE,
)
_MONEY = re.compile(
    r"\$\s?(?P<low>\d[\d,]*)(?:\.(?P<cents>\d\d))?(?:\s*(?:-|–|a|y)\s*\$?\s?(?P<high>\d+)(?!\d|:|/))?"
)
_PHONE = re.compile(
    r"(?<![\w.+$])(?:\+?1[\s.-]?)?\(?(\d{3})\)?[\s.-]?(\d{3})[\s.-]?(\d{4})(?![\w-])"
)
_CODE = re.compile(r"\b(?=[A-Z0-9-]*\d)(?=[A-Z0-9-]*[A-Z])[A-Z0-9]+(?:-[A-Z0-9]+)*\b")
_EMAIL = re.compile(r"[\w+-]+(?:\.[\w+-]+)*@[\w-]+(?:\.[\w-]+)+")
_LETTERS = re.compile(r"\b[A-Z]{1,2}-[A-Z]\b")
_WORDS = tuple(
    (re.compile(pattern), said)
    for pattern, said in (
        (r"\bmin\b\.?", "minutos"), (r"\bhrs?\b\.?", "horas"), (r"\bAv\.", "Avenida"),
        (r"\bSr\.", "señor"), (r"\bSra\.", "señora"), (r"\bUd\.", "usted"),
        (r"\bp\. ?ej\.", "por ejemplo"),
        (r"\s*&\s*", " y "), (r"(\d)\s?%", r"\1 por ciento"), (r"\s@\s", " en "),
        (r"(?<=[a-záéíóúñ])/(?=[a-záéíóúñ])", " o "), (r"(?<=\d)\s*[-–]\s*(?=\d)", " a "),
    )
)  # fmt: skip
_NUMBER = re.compile(r"\d{1,3}(?:,\d{3})+|\d+(?:\.(?P<part>\d+))?")


def hablado(text: str, today: date) -> str:
    """Return what a Spanish voice should say for `text`; see `shop.spoken.spoken`.

    Plates, VINs and model names are read letter by letter, their digits one by one or as a number.
    """
    said = _EMAIL.sub(lambda m: m[0].replace("@", " arroba ").replace(".", " punto "), text)
    said = without_ids(without_addresses(unmarked(said)))
    said = _ISO.sub(lambda m: _iso(m, today), said)
    said = _NUMERIC.sub(lambda m: _numeric(m, today), said)
    said = _MONEY.sub(_money, said)
    said = _PHONE.sub(lambda m: ", ".join(digits_es(group) for group in m.groups()), said)
    said = re.sub(r"\b[a-z]+(?:_[a-z]+)+\b", lambda m: m[0].replace("_", " "), said)
    said = _CODE.sub(_code, _LETTERS.sub(lambda m: " ".join(m[0].replace("-", "")), said))
    said = _CLOCK.sub(_clock, said)
    for pattern, word in _WORDS:
        said = pattern.sub(word, said)
    said = _NUMBER.sub(_number, said)
    return tidy(re.sub(r"[$%@=+]", " ", said))


def _iso(match: re.Match[str], today: date) -> str:
    try:
        day = date(int(match["y"]), int(match["m"]), int(match["d"]))
    except ValueError:
        return match[0]
    said = speak_date_es(day, today)
    if match["h"]:
        said += f" a {speak_time_es(time(int(match['h']), int(match['min'])))}"
    return said


def _numeric(match: re.Match[str], today: date) -> str:
    """Say "24/11" or "11/24"; where both can be meant, the month comes first, as in the shop."""
    one, other = int(match["a"]), int(match["b"])
    month, day = (other, one) if one > 12 else (one, other)
    try:
        named = date(today.year, month, day)
        return speak_date_es(named if named >= today else named.replace(year=today.year + 1), today)
    except ValueError:
        return match[0]


def _clock(match: re.Match[str]) -> str:
    """Say a time where figures are one: with minutes, a half of the day, or "a las" before them."""
    hour, minute = int(match["hour"]), int(match["minute"] or 0)
    half, part, article = match["half"], match["part"] or "", match["article"] or ""
    if not (match["minute"] or half or part or (article and hour)):
        return match[0]
    if half:
        hour = hour % 12 + (12 if half[0].lower() == "p" else 0)
    certain = half or hour > 12 or match["hour"].startswith("0")
    said = speak_time_es(time(hour, minute)) if certain else f"{_twelve(hour, minute)}{part}"
    lead = match["lead"] or ""
    stop = "." if half and half.endswith(".") and match.end() == len(match.string) else ""
    return lead + (said if article or certain else said.partition(" ")[2]) + stop


def _twelve(hour: int, minute: int) -> str:
    short = hour % 12 or 12
    named = "una" if short == 1 else cardinal_es(short)
    past = {0: "", 15: " y cuarto", 30: " y media"}.get(minute, f" y {cardinal_es(minute)}")
    return f"{'la' if short == 1 else 'las'} {named}{past}"


def _money(match: re.Match[str]) -> str:
    low = int(match["low"].replace(",", ""))
    if match["high"]:
        return f"{_short(cardinal_es(low))} a {_short(cardinal_es(int(match['high'])))} dólares"
    cents = int(match["cents"] or 0)
    dollars = f"{_short(cardinal_es(low))} {'dólar' if low == 1 else 'dólares'}"
    return f"{dollars} con {_short(cardinal_es(cents))} centavos" if cents else dollars


def _code(match: re.Match[str]) -> str:
    """Say a plate or VIN character by character, a model as letters and a number."""
    code = match[0].replace("-", "")
    runs = re.findall(r"[A-Z]+|\d+", code)
    if len(code) >= 6:
        return ", ".join(digits_es(run) if run.isdigit() else " ".join(run) for run in runs)
    return " ".join(cardinal_es(int(run)) if run.isdigit() else " ".join(run) for run in runs)


def _number(match: re.Match[str]) -> str:
    whole = match[0].partition(".")[0].replace(",", "")
    said = (
        digits_es(whole) if len(whole) > 6 or whole[0] == "0" != whole else cardinal_es(int(whole))
    )
    return f"{said} punto {digits_es(match['part'])}" if match["part"] else said


def _day_of_month(day: int) -> str:
    return "primero" if day == 1 else cardinal_es(day)


def _short(said: str) -> str:
    """Return a number as it stands before a noun: "veintiún", "treinta y un"."""
    if said.endswith("veintiuno"):
        return said.removesuffix("veintiuno") + "veintiún"
    return re.sub(r"\buno$", "un", said)
