"""Sentences are put into words as of today, spelled when asked; odd names carry their sound."""

from datetime import UTC, datetime
from typing import cast

import pytest
from pipecat.services.deepgram.tts import DeepgramTTSService

from pipeline.pronouncing import as_written, pronunciations
from pipeline.record import CallRecord
from pipeline.voicing import Voicing
from sandbox.deepgram.sentences import as_words
from settings import EXAMPLE_SHOP_FILE
from shop.clock import FixedClock
from shop.shopfile import load_shop
from shop.spoken_cars import PRONUNCIATIONS
from store import Store
from tools.call import Call

pytestmark = pytest.mark.unit

LATE_IN_PORTLAND = FixedClock(datetime(2026, 11, 23, 6, 30, tzinfo=UTC))
"""Still Sunday the twenty-second on the shop's wall, Monday elsewhere."""


def record_of(*heard: str) -> CallRecord:
    """Return the record of a call in which the caller said this."""
    call = Call(
        "CA1", None, cast(Store, None), load_shop(EXAMPLE_SHOP_FILE), LATE_IN_PORTLAND, None
    )
    record = CallRecord(call, "inbound", "+15035550100", LATE_IN_PORTLAND.now(), LATE_IN_PORTLAND)
    for text in heard:
        record.say("caller", text)
        record.say("agent", "Sure.")
    return record


def test_days_are_named_from_the_shops_today() -> None:
    """Tomorrow is tomorrow on the shop's wall."""
    assert Voicing(record_of())("2026-11-23T09:00:00 works.") == (
        "tomorrow at nine in the morning works."
    )


def test_plates_are_spelled_for_a_caller_who_asks() -> None:
    """Only the last thing the caller said counts: the next question is a question again."""
    plate = "It's plate 7KLM204."
    plain = "It's plate seven, K L M, two zero four."
    nato = "It's plate seven, Kilo, Lima, Mike, two, zero, four."
    assert Voicing(record_of("What's the plate you have?"))(plate) == plain
    assert Voicing(record_of("Can you spell that for me?"))(plate) == nato
    assert Voicing(record_of("Can you spell that for me?", "Thanks."))(plate) == plain


async def test_names_carry_their_sound_to_the_voice_alone() -> None:
    """An Aura-2 voice in English gets IPA beside the word; everybody else counts the word."""
    ((_, transform),) = pronunciations("aura-2-asteria-en")
    sent = await transform("A Tucson, not a Honda.", "sentence")
    assert '"word": "Tucson"' in sent and "Honda" in sent
    assert as_written(sent) == as_words(sent) == "A Tucson, not a Honda."
    assert pronunciations("aura-asteria-en") == [] == pronunciations("aura-2-celeste-es")


def test_the_vendor_takes_every_pronunciation() -> None:
    """None is longer than Deepgram accepts for its word."""
    for word, ipa in PRONUNCIATIONS.items():
        assert DeepgramTTSService.format_pronunciation(word, ipa) is not None, word
