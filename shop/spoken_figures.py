"""Money, phone numbers, VINs, plates, units, addresses and numbers turned into words."""

import re
from decimal import Decimal

from shop.numerals import cardinal, digits, in_pairs, ordinal
from shop.plate import STATES
from shop.speech import nato, speak_money, speak_phone, speak_plate, speak_vin

_AMOUNT = r"\d+(?:,\d{3})*(?:\.\d\d?\b)?"
_MONEY = re.compile(
    rf"\$\s?(?P<low>{_AMOUNT})(?P<k>k\b)?(?:\s*(?:[-\u2013\u2014]|to)\s*\$?\s?(?P<high>{_AMOUNT})(?!\d|\s*%))?"
    r"(?P<open>\+)?(?:\s+(?:USD|dollars?)\b)?"
)
_PHONE = re.compile(
    r"(?<![\w.+$])(?:\+\d[\d\s().-]{6,18}\d|(?:1[\s.-]?)?\(?\d{3}\)?[\s.-]?\d{3}[\s.-]?\d{4}|"
    r"\d{3}-\d{4})(?![\w-])"
)
_VIN = re.compile(r"\b(?=[A-Z0-9]*\d)(?=\d*[A-Z])[A-HJ-NPR-Z0-9]{17}\b")
_NAMED_PLATE = re.compile(
    r"(?P<lead>\b(?:plate|license|tag|registration)s?\b[a-z\s:,'#]{0,20}?)"
    r"(?P<plate>\b(?=[A-Z0-9 -]*\d)[A-Z0-9]{1,4}(?:[ -]?[A-Z0-9]{1,5}){1,2})\b(?!-|\.\d)"
)
_PLATE = re.compile(
    r"\b(?:[A-Z]{3}[ -]?\d{4}|[A-Z]{3}-\d{3}|\d[A-Z]{3}\d{3}|[A-Z]{2}\d{2}-?[A-Z]{3})\b"
)
_SPELLED = re.compile(r"\b[A-Z](?:-[A-Z0-9]\b){2,}(?![\w-])|\b[A-Z](?:\. ?[A-Z]\b){2,}(?![\w-])")
_DIGIT_WORDS = "zero|one|two|three|four|five|six|seven|eight|nine"
_LETTERS = re.compile(rf"\b(?:[A-Z0-9]|{_DIGIT_WORDS})\b(?:,? (?:[A-Z0-9]|{_DIGIT_WORDS})\b){{2,}}")
_NOT_SPELLED = frozenset(("C R V", "H R V", "B R V", "G T I", "B M W", "G M C", "M D X", "R D X"))

_UNITS = {
    "min": "minute", "mins": "minute", "hr": "hour", "hrs": "hour", "sec": "second",
    "secs": "second", "mi": "mile", "lb": "pound", "lbs": "pound", "ft": "foot",
    "qt": "quart", "qts": "quart", "gal": "gallon", "yr": "year", "yrs": "year", "km": "kilometer",
    "wk": "week", "wks": "week", "in": "inch",
}  # fmt: skip
_MANY = {"foot": "feet", "inch": "inches"}
_UNIT = re.compile(
    rf"(?P<number>\b\d+(?:,\d{3})*(?:\.\d+)?)(?P<gap>[ -]?)"
    rf"(?P<unit>{'|'.join(_UNITS)})\b(?P<dot>\.(?=\s+[a-z0-9(]|,))?"
)
_OIL = re.compile(r"\b(\d{1,2})W-?(\d{2})\b")
_THOUSANDS = re.compile(r"\b(\d{1,3})k\b(?=\s+(?:mile|dollar)|[,.]|\s|$)")
_COMPASS = {
    "NE": "Northeast", "NW": "Northwest", "SE": "Southeast", "SW": "Southwest", "N": "North",
    "S": "South", "E": "East", "W": "West",
}  # fmt: skip
_ROADS = {
    "St": "Street", "Ave": "Avenue", "Av": "Avenue", "Blvd": "Boulevard", "Rd": "Road",
    "Dr": "Drive", "Ln": "Lane", "Hwy": "Highway", "Pkwy": "Parkway", "Ct": "Court",
    "Pl": "Place", "Sq": "Square", "Ter": "Terrace",
}  # fmt: skip
_LONG_ROADS = (*_ROADS.values(), "Way")
_ADDRESS = re.compile(
    rf"\b(?P<house>\d{{1,5}})\s+(?:(?P<compass>{'|'.join(_COMPASS)})\.?\s+)?"
    rf"(?P<street>(?:[A-Z][a-z]+|\d{{1,3}}(?:st|nd|rd|th))(?:\s+[A-Z][a-z]+){{0,2}}?)\s+"
    rf"(?P<road>{'|'.join((*_ROADS, *_LONG_ROADS))})\b(?P<dot>\.(?=\s*[a-z,]))?"
)
_ZIP = re.compile(
    rf"\b(?P<state>{'|'.join(STATES)}|{'|'.join(STATES.values())}),?\s+(?P<zip>\d{{5}})\b"
)
_SUITE = re.compile(r"\b(?:Ste|Suite|Unit|Apt)\b\.?\s*#?(?=\w)")

_YEAR = re.compile(
    r"(?<![\w$.,-])(?:19[5-9]\d|20[0-4]\d)(?![\w,]|\.\d)(?!\s*(?:miles|dollars|pounds))"
)
_FRACTION = {"1/2": "half", "1/4": "a quarter", "3/4": "three quarters"}
_RANGE = re.compile(r"(?<=\d)\s*[-\u2013\u2014]\s*(?=\d)")
_NUMBER = re.compile(
    r"(?P<minus>(?<!\w)-)?(?P<whole>\d{1,3}(?:,\d{3})+|\d+)(?:\.(?P<part>\d+))?(?P<end>st\b|nd\b|rd\b|th\b|x\b|%)?"
)
_LONGEST_QUANTITY = 6


def figures_in_words(text: str, *, spell: bool = False) -> str:
    """Return `text` without figures; `spell` says plates, VINs and letters with NATO's words."""
    text = _MONEY.sub(_money, text)
    text = _VIN.sub(lambda m: nato(m[0]) if spell else speak_vin(m[0]), text)
    text = _PHONE.sub(_phone, text)
    text = _NAMED_PLATE.sub(
        lambda m: m["lead"] + (nato(m["plate"]) if spell else speak_plate(m["plate"])), text
    )
    text = _PLATE.sub(lambda m: nato(m[0]) if spell else speak_plate(m[0]), text)
    text = _SPELLED.sub(lambda m: _letters(m, spell=spell), text)
    if spell:
        text = _LETTERS.sub(_nato_letters, text)
    return text


def numbers_in_words(text: str) -> str:
    """Return `text` with what figures are left in words: units, addresses, years, plain numbers."""
    text = _ADDRESS.sub(_address, text)
    text = _ZIP.sub(
        lambda m: f"{STATES.get(m['state'], m['state'])} {digits(m['zip'])}",
        _SUITE.sub("Suite ", text),
    )
    text = re.sub(r"\b24/7\b", "around the clock", text)
    text = re.sub(r"(?<![\d/] )\b1/2\s+(?:an?\s+)?(?=[a-z])", "half a ", text)
    text = re.sub(r"\b(\d+) (1/2|1/4|3/4)\b", lambda m: f"{m[1]} and {_part(m[2])}", text)
    text = re.sub(r"(?<![\d/])(1/2|1/4|3/4)(?![\d/])", lambda m: _part(m[1]), text)
    text = _OIL.sub(lambda m: f"{_count(m[1])} W {cardinal(int(m[2]))}", text)
    text = _THOUSANDS.sub(lambda m: f"{cardinal(int(m[1]))} thousand", text)
    text = re.sub(r"(\d)\s?\u00b0\s?F?\b", r"\1 degrees", text)
    text = _RANGE.sub(" to ", text)
    text = _UNIT.sub(_unit, text)
    text = _YEAR.sub(lambda m: in_pairs(int(m[0])), text)
    return _NUMBER.sub(_number, text)


def _money(match: re.Match[str]) -> str:
    low = Decimal(match["low"].replace(",", "")) * (1000 if match["k"] else 1)
    more = " and up" if match["open"] else ""
    if match["high"] is None:
        return speak_money(low) + more
    high = Decimal(match["high"].replace(",", ""))
    whole = low == low.to_integral_value()
    return f"{cardinal(int(low)) if whole else speak_money(low)} to {speak_money(high)}{more}"


def _phone(match: re.Match[str]) -> str:
    number = re.sub(r"\D", "", match[0])
    if match[0].startswith("+"):
        return speak_phone(f"+{number}")
    if len(number) == 7:
        return f"{digits(number[:3], zero='oh')}, {digits(number[3:], zero='oh')}"
    return speak_phone(f"+1{number[-10:]}")


def _letters(match: re.Match[str], *, spell: bool) -> str:
    """Say "D-A-N-A" letter by letter."""
    characters = re.sub(r"[^A-Z0-9]", "", match[0])
    if spell:
        return nato(characters)
    return ", ".join(digits(c) if c.isdigit() else c for c in characters)


def _nato_letters(match: re.Match[str]) -> str:
    if match[0] in _NOT_SPELLED or not re.search(r"\b[A-Z]\b", match[0]):
        return match[0]
    return ", ".join(nato(p) if len(p) == 1 else p for p in re.split(r"[, ]+", match[0]))


def _unit(match: re.Match[str]) -> str:
    unit = _UNITS[match["unit"]]
    # "2 in" is far oftener "2 in the afternoon"; only "2-in" and "2in" are inches.
    if unit == "inch" and match["gap"] == " ":
        return match[0]
    if match["gap"] == "-":
        return f"{match['number']}-{unit}"
    many = unit if match["number"] == "1" else _MANY.get(unit, f"{unit}s")
    return f"{match['number']} {many}"


def _address(match: re.Match[str]) -> str:
    compass = f"{_COMPASS[match['compass']]} " if match["compass"] else ""
    road = _ROADS.get(match["road"], match["road"])
    house = match["house"]
    number = digits(house) if len(house) > 4 else in_pairs(int(house))
    return f"{number} {compass}{match['street']} {road}"


def _part(written: str) -> str:
    return "a half" if written == "1/2" else _FRACTION[written]


def _count(written: str) -> str:
    return (
        digits(written) if written.startswith("0") and len(written) > 1 else cardinal(int(written))
    )


def _number(match: re.Match[str]) -> str:
    whole = match["whole"].replace(",", "")
    before = match.string[match.start() - 1 : match.start()]
    after = match.string[match.end() : match.end() + 1]
    lead = " " if before.isalpha() else ""
    trail = " " if after.isalpha() else ""
    minus = "minus " if match["minus"] else ""
    if match["end"] and match["end"] not in ("x", "%"):
        return f"{lead}{ordinal(int(whole[:6]))}{trail}"
    long = len(whole) > _LONGEST_QUANTITY
    said = digits(whole) if long else _count(whole)
    if match["part"] == "5" and not long and not match["end"]:
        said = f"{said} and a half"
    elif match["part"]:
        said = f"{said} point {digits(match['part'])}"
    end = {"%": " percent", "x": " times"}.get(match["end"] or "", "")
    return f"{lead}{minus}{said}{end}{trail}"
