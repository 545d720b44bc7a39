"""A Spanish call: claims need results as in English, and figures are said in Spanish words."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest
from claim_world import CORPORA, known, results_named
from hypothesis import given
from hypothesis import strategies as st

from shop.claims_es import moments_es, plain_es
from shop.facts import Facts
from shop.hablar import hablado
from shop.truth import find_lie, instead

pytestmark = pytest.mark.unit

TODAY = date(2025, 1, 17)
"""A Friday."""


def corpus() -> Iterator[tuple[str, str]]:
    """Yield the headings and sentences of the Spanish corpus."""
    heading = ""
    for line in (CORPORA / "spanish.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            heading = line.strip("[]")
        elif line and not line.startswith("#"):
            yield heading, line


async def facts_for(heading: str) -> Facts:
    """Return the facts of a Spanish call under a heading."""
    name = heading.removeprefix("lies").strip()
    results = await results_named(name) if name in ("booked", "moved", "cancelled") else []
    return replace(known(*results), language="es")


async def test_lies_are_found_and_truths_pass() -> None:
    """Kind, day and time are compared with the results; questions and wishes are no claims."""
    for heading, sentence in corpus():
        lie = find_lie(sentence, await facts_for(heading))
        assert (lie is not None) is heading.startswith("lies"), (heading, sentence, lie)


async def test_what_is_said_instead_is_spanish_and_true() -> None:
    """The replacement passes the gate itself, and tells when the visit really is."""
    for heading, sentence in corpus():
        facts = await facts_for(heading)
        lie = find_lie(sentence, facts)
        if lie is not None:
            assert find_lie(instead(lie, facts), facts) is None, instead(lie, facts)
    facts = await facts_for("booked")
    lie = find_lie("Lo esperamos el viernes.", facts)
    assert lie is not None
    said = instead(lie, facts)
    assert said == "Permítame corregir. Es el martes veinticuatro a las dos de la tarde."


async def test_words_and_figures_are_judged_alike() -> None:
    """Putting a sentence into spoken Spanish does not change its truth."""
    for heading, sentence in corpus():
        facts = await facts_for(heading)
        if "$" not in sentence and not sentence.startswith("You"):
            said = hablado(sentence, facts.today)
            assert bool(find_lie(said, facts)) is bool(find_lie(sentence, facts)), said


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("Es el 2025-01-21T14:00:00.", "Es el martes veintiuno a las dos de la tarde."),
        ("el martes 21 a las 2:00 PM", "el martes veintiuno a las dos de la tarde"),
        ("a las 14:00", "a las dos de la tarde"),
        ("a la 1:30 p. m. del martes", "a la una y media de la tarde del martes"),
        ("Tengo a las 9:30, 10:00 y 11:00.", "Tengo a las nueve y media, diez y once."),
        ("¿A las 9 de la mañana?", "¿A las nueve de la mañana?"),
        ("Cuesta $45 a $75.", "Cuesta cuarenta y cinco a setenta y cinco dólares."),
        ("$49.99", "cuarenta y nueve dólares con noventa y nueve centavos"),
        ("Es el (503) 555-0142.", "Es el cinco cero tres, cinco cinco cinco, cero uno cuatro dos."),
        ("Honda CR-V y F-150", "Honda C R V y F ciento cincuenta"),
        ("placa ABC-1234", "placa A B C, uno dos tres cuatro"),
        ("tarda 60 min", "tarda sesenta minutos"),
        ("**martes** 🎉", "martes"),
        ("Cita #51", "Cita"),
        ("dana@example.com", "dana arroba example punto com"),
        ("el 21/1", "el martes veintiuno"),
    ],
)  # fmt: skip
def test_figures_are_said_in_spanish(written: str, said: str) -> None:
    """As `shop.spoken` does it in English; what is spoken passes unchanged."""
    assert hablado(written, TODAY) == said
    assert hablado(said, TODAY) == said


@given(st.text(max_size=60))
def test_no_text_breaks_it(text: str) -> None:
    """Whatever a model writes, no figure is left."""
    assert not any(c.isascii() and c.isdigit() for c in hablado(text, TODAY))


@pytest.mark.parametrize(
    ("said", "day", "time"),
    [
        ("el martes veinticuatro a las dos y media de la tarde", (1, 24), (2, 30, "pm")),
        ("mañana a las nueve de la mañana", None, (9, 0, "am")),
        ("el jueves a las 10:15", (3, None), (10, 15, None)),
        ("el tres de enero a la una", (None, 3), (1, 0, None)),
    ],
)
def test_days_and_times_are_read(
    said: str, day: tuple[int | None, int | None] | None, time: tuple[int, int, str | None]
) -> None:
    """Spanish words for a day and a time become what can be compared."""
    (moment,) = moments_es(plain_es(said))
    assert moment.day is not None and moment.time is not None
    assert (moment.time.hour, moment.time.minute, moment.time.half) == time
    if day is None:
        assert moment.day.ahead == 1
    else:
        assert (moment.day.weekday, moment.day.of_month) == day
