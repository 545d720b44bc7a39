"""A Spanish call: every sentence of ours has its Spanish, and the models are asked for it."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from pipecat.frames.frames import LLMTextFrame, TTSSpeakFrame
from pipecat.tests.utils import run_test

from pipeline import prompt, services
from pipeline.other_language import OtherLanguage
from pipeline.record import CallRecord
from pipeline.sentences import Language, sentences
from pipeline.voicing import Voicing
from processors.own_language import OwnLanguage
from settings import EXAMPLE_SHOP_FILE, Settings, SettingsError, load
from shop import keys
from shop.clock import FixedClock
from shop.hablar import hablado
from shop.languages import foreign_to
from shop.offers import offers
from shop.promises import speak_promise
from shop.shopfile import load_shop
from shop.types import Customer
from store import Store
from tools.call import Call

pytestmark = pytest.mark.unit

NOW = FixedClock(datetime(2026, 11, 22, 21, 5, tzinfo=UTC))
SHOP = load_shop(EXAMPLE_SHOP_FILE)
DANA = Customer(7, "Dana", "Whitfield", "+15035550142", None, ())
SPANISH = sentences("es")


def ours() -> Iterator[str]:
    """Yield every sentence that pipeline/prompt.py holds for the caller's or a person's ear."""
    for name, value in [*vars(prompt).items(), *_hints_of_keys()]:
        if not name.isupper() or name.startswith("_") or name == "WEEKDAYS":
            continue
        if isinstance(value, str):
            yield value
        elif isinstance(value, tuple):
            yield from value
        elif name == "OTHER_LANGUAGE":
            continue
        elif isinstance(value, Mapping):
            for options in value.values():
                yield from options


def _hints_of_keys() -> Iterator[tuple[str, str]]:
    for name in ("YES_OR_NO", "FIRST_OR_SECOND", "WHOLE_NUMBER", "NO_CARDS", "JUST_SAY_IT"):
        yield name, getattr(keys, name)


def test_every_sentence_of_ours_has_its_spanish() -> None:
    """None is left in English, and all are spoken form that ends as the English one ends."""
    said = list(ours())
    assert len(said) > 50
    for english in said:
        spanish = SPANISH.find(english)
        assert spanish is not None, english
        assert english.endswith("?") is spanish.endswith("?"), english
        assert english.endswith("Goodbye.") is spanish.endswith("Adiós."), english
        assert hablado(spanish, NOW.now().date()) == spanish
        assert not foreign_to("es", spanish)


@pytest.mark.parametrize("customer", [DANA, None])
@pytest.mark.parametrize("recorded", [True, False])
def test_the_greeting_is_spanish(customer: Customer | None, recorded: bool) -> None:
    """With the caller's name and the shop's, and the announcement of a recording."""
    said = SPANISH(prompt.greeting(SHOP, customer, recorded=recorded))
    name = ", Dana" if customer else ""
    announced = " Esta llamada puede ser grabada." if recorded else ""
    assert said == (
        f"Hola{name}, gracias por llamar a Bayline Auto Care.{announced} ¿En qué le puedo ayudar?"
    )


@pytest.mark.parametrize(
    ("due", "said"),
    [
        (None, "Alguien le llamará cuando abramos de nuevo."),
        (timedelta(hours=22), "Alguien le llamará mañana antes de las once y cinco de la mañana."),
        (
            timedelta(days=3, minutes=25),
            "Alguien le llamará el miércoles veinticinco antes de la una y media de la tarde.",
        ),
    ],
)
def test_promises_are_said_with_spanish_days_and_times(due: timedelta | None, said: str) -> None:
    """Days and times of our own English sentences become Spanish ones."""
    by = NOW.now() + due if due else None
    assert SPANISH(speak_promise(SHOP, by, NOW.now())) == said


def test_what_is_unknown_is_said_as_it_is() -> None:
    """Nothing is lost for want of a translation, and English needs none."""
    assert SPANISH("Hello there. One second.") == "Hello there. Un segundo."
    assert sentences("en")(prompt.STILL_THERE) == prompt.STILL_THERE


async def test_only_our_own_sentences_are_put_into_spanish() -> None:
    """A TTSSpeakFrame is; the model's text passes."""
    down, _ = await run_test(
        OwnLanguage(SPANISH),
        frames_to_send=[TTSSpeakFrame(prompt.STILL_THERE), LLMTextFrame(prompt.STILL_THERE)],
    )
    texts = [f.text for f in down if isinstance(f, TTSSpeakFrame | LLMTextFrame)]
    assert texts == ["¿Sigue ahí?", prompt.STILL_THERE]


@pytest.mark.parametrize(
    ("language", "heard", "answered"),
    [
        ("en", "Hola, buenos días, quiero una cita para el martes por favor", True),
        ("en", "Bonjour, je voudrais un rendez-vous pour mardi", True),
        ("en", "Guten Tag, ich brauche einen Termin am Dienstag bitte", True),
        ("en", "Hi, I'd like an oil change on Tuesday", False),
        ("en", "Do you speak Spanish?", False),
        ("en", "Hola, this is Maria de la Cruz", False),
        ("en", "K L M, el, es, em, two oh four, um, um", False),
        ("en", "Si", False),
        ("es", "Hi, I'd like to book an oil change for my car on Tuesday", True),
        ("es", "Quiero una cita para el martes", False),
        ("es", "Un oil change para mi Honda, por favor", False),
    ],
)
async def test_another_language_is_answered_with_an_offer(
    language: Language, heard: str, answered: bool
) -> None:
    """Who speaks another language than the voice is offered a person; names are no language."""

    record = spanish_record()
    record.language = language
    said = await OtherLanguage(record).hear(heard)
    assert said == ([prompt.OTHER_LANGUAGE[language]] if answered else None)
    if said:
        assert offers(said[0]) == "person"
        assert sentences(language)(said[0])[:2] in ("I'", "Lo")


def spanish_record() -> CallRecord:
    """Return the record of a Spanish call."""
    call = Call("CA1", None, cast(Store, None), SHOP, NOW, None)
    record = CallRecord(call, "inbound", "+15035550100", NOW.now(), NOW)
    record.language = "es"
    return record


def test_the_models_sentences_are_said_in_spanish_words() -> None:
    """Figures become Spanish words; our own sentence among them its translation."""
    say = Voicing(spanish_record())
    assert (
        say("Es el 2026-11-24 a las 14:00.") == "Es el martes veinticuatro a las dos de la tarde."
    )
    assert say("I'll put you through.") == "Le voy a comunicar con una persona."
    assert spanish_record().facts().language == "es"


def test_the_prompt_asks_for_the_language() -> None:
    """Spanish is demanded in a Spanish call; in an English one others are offered a person."""
    call = spanish_record().call
    spanish, english = (prompt.system_prompt(call, language=name) for name in ("es", "en"))
    assert "is in Spanish" in spanish and "only speak English" not in spanish
    assert "you only speak English, and offer a person" in english


def models(monkeypatch: pytest.MonkeyPatch, voice: str, stt: str) -> Settings:
    """Return settings with these models."""
    values = {
        "PUBLIC_URL": "https://x.example", "TWILIO_ACCOUNT_SID": "AC1", "TWILIO_AUTH_TOKEN": "t",
        "TWILIO_PHONE_NUMBER": "+15035550100", "DEEPGRAM_API_KEY": "d", "OPENAI_API_KEY": "o",
        "DATABASE_URL": "postgresql://x/y", "REDIS_URL": "redis://x", "GOOGLE_CALENDAR_ID": "c",
        "GOOGLE_CREDENTIALS_PATH": str(EXAMPLE_SHOP_FILE), "DEEPGRAM_TTS_VOICE": voice,
        "DEEPGRAM_STT_MODEL": stt,
    }  # fmt: skip
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    return load(Settings)


def test_the_language_follows_from_the_voice(monkeypatch: pytest.MonkeyPatch) -> None:
    """A voice that ends in -es makes the call Spanish, and the recogniser hears Spanish."""
    assert models(monkeypatch, "aura-2-asteria-en", "nova-2-phonecall").language == "en"
    chosen = models(monkeypatch, "aura-2-celeste-es", "nova-3")
    assert chosen.language == "es"
    shared = services.SharedParts.build(chosen)
    stt = cast(Any, services.speech_to_text(shared))
    assert stt._settings.language == "es"


def test_an_english_recogniser_with_a_spanish_voice_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The default model hears English only; the start says so."""
    with pytest.raises(SettingsError, match="nova-2-phonecall hears English only"):
        models(monkeypatch, "aura-2-celeste-es", "nova-2-phonecall")
