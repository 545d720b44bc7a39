"""Numbers as English words: cardinals, ordinals, years and digits one by one."""

_UNITS = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen"),
    "nineteen",
)
_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_IRREGULAR = {
    "one": "first",
    "two": "second",
    "three": "third",
    "five": "fifth",
    "eight": "eighth",
    "nine": "ninth",
    "twelve": "twelfth",
}


def cardinal(number: int) -> str:
    """Say a whole number, "one hundred twenty"; above 999,999 digit by digit."""
    if number < 0:
        return f"minus {cardinal(-number)}"
    if number < 20:
        return _UNITS[number]
    if number < 100:
        tens, unit = divmod(number, 10)
        return _TENS[tens] + (f"-{_UNITS[unit]}" if unit else "")
    if number >= 1_000_000:
        return digits(str(number))
    size, name = (1000, "thousand") if number >= 1000 else (100, "hundred")
    count, rest = divmod(number, size)
    return f"{cardinal(count)} {name}" + (f" {cardinal(rest)}" if rest else "")


def ordinal(number: int) -> str:
    """Say a position, "twenty-fourth"."""
    stem, hyphen, last = cardinal(number).rpartition("-")
    if last in _IRREGULAR:
        last = _IRREGULAR[last]
    elif last.endswith("y"):
        last = f"{last[:-1]}ieth"
    else:
        last += "th"
    return stem + hyphen + last


def in_pairs(number: int) -> str:
    """Say a year or model number as people do: "twenty nineteen", "one fifty", "fifteen hundred".

    Two thousand to two thousand nine are said in full; numbers of one, two or more than four
    digits are plain cardinals.
    """
    if not 100 <= number <= 9999 or 2000 <= number <= 2009 or number % 1000 == 0:
        return cardinal(number)
    left, right = divmod(number, 100)
    if right == 0:
        return f"{cardinal(left)} hundred"
    return f"{cardinal(left)} {f'oh {cardinal(right)}' if right < 10 else cardinal(right)}"


def digits(text: str, zero: str = "zero") -> str:
    """Say the ASCII digits of `text` one by one, `zero` ("oh" on the telephone) for 0."""
    return " ".join(
        zero if c == "0" else _UNITS[int(c)] for c in text if c.isascii() and c.isdigit()
    )
