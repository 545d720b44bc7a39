"""The bench of turn-taking: its corpus is what it says, and its measures find what is there."""

import numpy as np
import pytest

from qa.audio import RATE_HZ, Pcm, Speech, loudness
from qa.turns import corpus, report, sounds
from qa.turns.corpus import BARGE_INS, NUISANCES, SHARES, Interruption, Room, Utterance
from qa.turns.heard import best_beginning, words, words_logged
from qa.turns.measure import (
    InterruptionPlayed,
    TurnPlayed,
    judge_interruption,
    judge_turn,
)
from qa.turns.report import InterruptionRow, TurnRow
from qa.voices import SPEECH_RMS

pytestmark = pytest.mark.unit

QUIET = Room(None, None)
YES = Utterance("yes_no", "Shall I book it?", ("Yes,", 0.5, "please."), "man", 1)
STOP = Interruption("word", "Stop.", "Parking is right beside the building.", 2.0, "man", 1)
OKAY = Interruption("backchannel", "Okay.", "Parking is right beside the building.", 2.0, "man", 1)


def turn(*asked_s: float) -> TurnPlayed:
    """Return a turn that lasts from second 10 to 12."""
    return TurnPlayed(YES, QUIET, 10.0, 12.0, 16.0, asked_s, ("Yes, please.",) * len(asked_s))


def disturbed(
    one: Interruption, clears_s: tuple[float, ...] = (), asked_s: tuple[float, ...] = ()
) -> InterruptionPlayed:
    """Return an interruption at second 22 of talk that lasts from second 20 to 26."""
    return InterruptionPlayed(one, QUIET, 20.0, 6.0, 22.0, 30.0, clears_s, asked_s)


def test_the_corpus_is_the_same_for_the_same_seed() -> None:
    """A seed names one corpus, and another seed another."""
    assert corpus.answer_calls(3) == corpus.answer_calls(3)
    assert corpus.interruption_calls(3) == corpus.interruption_calls(3)
    assert corpus.utterances(3) != corpus.utterances(4)


def test_the_corpus_holds_what_it_promises() -> None:
    """At least a hundred turns of all kinds, both voices, pauses of 0.3 to 2 s, all noises."""
    calls = corpus.answer_calls(1)
    made = [one for plan in calls for one in plan.items]
    assert len(made) == sum(SHARES.values()) >= 100
    assert {one.kind for one in made} == set(SHARES)
    assert {one.voice for one in made} == {"woman", "man"}
    pauses = [pause for one in made for pause in one.pauses_s]
    assert len(pauses) > 40 and 0.3 <= min(pauses) < 0.5 and 1.6 < max(pauses) <= 2.0
    rooms = {(plan.room.noise, plan.room.snr_db) for plan in calls}
    assert rooms >= {(n, db) for n in ("white", "pink", "babble", "shop") for db in (20, 10, 5)}
    assert all(plan.items[0].kind == "open" for plan in calls)


def test_interruptions_are_of_all_kinds() -> None:
    """Every kind is there as often as promised, each into a talk that its call hears once."""
    calls = corpus.interruption_calls(1)
    made = [one for plan in calls for one in plan.items]
    for kind, count in (*NUISANCES.items(), *BARGE_INS.items()):
        assert sum(one.kind == kind for one in made) == count
    for plan in calls:
        assert len({one.talk for one in plan.items}) == len(plan.items)


def test_a_part_of_the_corpus_has_all_kinds() -> None:
    """A short run still measures something of everything."""
    assert {one.kind for one in corpus.utterances(1, 0.05)} == set(SHARES)


def test_calls_have_numbers_of_their_own() -> None:
    """The scripted model knows a call by its number, so no two have the same."""
    numbers = [p.number for p in corpus.answer_calls(1)]
    numbers += [p.number for p in corpus.interruption_calls(1)]
    assert len(set(numbers)) == len(numbers)


@pytest.mark.parametrize("name", ["white", "pink", "babble", "shop"])
@pytest.mark.parametrize("snr_db", [20, 10, 5])
def test_noise_is_as_loud_as_asked(name: sounds.NoiseName, snr_db: int) -> None:
    """Noise lies so many decibels below the level at which callers speak."""
    talk: list[Pcm] = [np.sin(np.arange(4000) / step).astype(np.float64) for step in (3, 5)]
    made = sounds.noise(name, snr_db, 2.0, 1, talk)
    assert len(made) == 2 * RATE_HZ
    assert 20 * np.log10(SPEECH_RMS / loudness(made)) == pytest.approx(snr_db, abs=0.5)


def test_a_turn_answered_after_its_end_is_no_cut_off() -> None:
    """Waits run from the last sound of the caller."""
    found = judge_turn(turn(12.4), [Speech(5.0, 9.0), Speech(13.2, 15.0)])
    assert not found.cut_off
    assert found.decided_s == pytest.approx(0.4) and found.response_s == pytest.approx(1.2)


def test_a_model_asked_in_a_pause_is_a_cut_off() -> None:
    """Who pauses has not finished, even when nothing of the answer was heard."""
    assert judge_turn(turn(11.0, 12.5), [Speech(13.2, 15.0)]).cut_off


def test_an_answer_into_a_turn_is_a_cut_off() -> None:
    """The agent's voice counts as well as the model's being asked."""
    assert judge_turn(turn(12.4), [Speech(11.5, 15.0)]).cut_off


def test_a_turn_without_an_answer_has_no_wait() -> None:
    """No answer is told apart from a fast one."""
    found = judge_turn(turn(), [Speech(5.0, 9.0)])
    assert not found.cut_off and found.response_s is None and found.decided_s is None


def test_a_clear_is_a_stop_and_has_a_time() -> None:
    """The time to `clear` runs from the caller's first sound."""
    found = judge_interruption(disturbed(STOP, (22.25,), (23.0,)), [Speech(20.0, 22.3)])
    assert found.stopped and not found.went_on
    assert found.clear_s == pytest.approx(0.25) and found.heard_s == (20.0, 22.25)


def test_talk_to_its_end_is_no_stop() -> None:
    """Nothing was cleared and all of it was heard."""
    assert not judge_interruption(disturbed(OKAY), [Speech(20.0, 26.0)]).stopped


def test_talk_broken_off_without_a_clear_is_a_stop() -> None:
    """What was not sent is not heard either."""
    assert judge_interruption(disturbed(OKAY), [Speech(20.0, 23.0)]).stopped


def test_talk_that_resumes_went_on() -> None:
    """After a false stop the rest of the talk is heard, and nobody asked the model."""
    found = judge_interruption(disturbed(OKAY, (22.2,)), [Speech(20.0, 22.2), Speech(23.0, 27.0)])
    assert found.stopped and found.went_on


def test_an_answer_to_a_barge_in_is_no_going_on() -> None:
    """What is heard after the model was asked is the answer."""
    found = judge_interruption(
        disturbed(STOP, (22.2,), (23.0,)), [Speech(20.0, 22.2), Speech(24.0, 25.0)]
    )
    assert found.stopped and not found.went_on


@pytest.mark.parametrize(
    ("part", "count"),
    [("", 0), ("parking is", 2), ("Parking is write beside", 4), ("parking is right besides a", 5)],
)
def test_the_nearest_beginning_counts_the_words(part: str, count: int) -> None:
    """Words that were misunderstood still count as heard."""
    assert best_beginning(words(STOP.talk), words(part)) == count


def test_the_logged_line_is_found_by_its_first_words() -> None:
    """Only the agent's line counts; a log without it gives nothing."""
    transcript = [
        {"role": "caller", "text": "Parking is what?"},
        {"role": "agent", "text": "Parking is right"},
    ]
    assert words_logged({"transcript": transcript}, STOP.talk) == 3
    assert words_logged({"transcript": transcript[:1]}, STOP.talk) is None


def test_the_headline_counts_what_matters() -> None:
    """Shares are of the rows that can fail in that way."""
    turns = [TurnRow(turn(at_s), judge_turn(turn(at_s), []), "CA1") for at_s in (11.0, 12.4)]
    kept = judge_interruption(disturbed(OKAY), [Speech(20.0, 26.0)])
    missed = judge_interruption(disturbed(STOP), [Speech(20.0, 26.0)])
    rows = [
        InterruptionRow(disturbed(OKAY), kept, None, None, "CA2"),
        InterruptionRow(disturbed(STOP), missed, 5, 6, "CA2"),
    ]
    found = {name.strip(): value for name, value, _, _ in report.headline(turns, rows)}
    assert found["false cut-offs"] == 50
    assert found["false interruptions"] == 0
    assert found["missed barge-ins"] == 100
    assert found["heard text in one word"] == 100
    assert found["first sound to clear p50"] is None


def test_tables_can_be_printed_for_nothing_and_for_something() -> None:
    """No rows are no error."""
    assert report.turn_table([]) and report.interruption_table([]) and report.heard_table([])
    rows = [TurnRow(turn(12.4), judge_turn(turn(12.4), [Speech(13.2, 15.0)]), "CA1")]
    assert any("yes_no" in line and "400 / 400 ms" in line for line in report.turn_table(rows))
