"""What is at the carrier, by marks and by the clock."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.playout import Piece, PlayOut

pytestmark = pytest.mark.unit

GRACE_S = 0.25


def sent(out: PlayOut, count: int, at_s: float = 0.0) -> list[Piece]:
    """Send so many pieces of 100 ms at once."""
    return [out.send(0.1, at_s) for _ in range(count)]


def heard(pieces: list[Piece]) -> list[bool]:
    """Return which were heard."""
    return [piece.heard for piece in pieces]


def test_a_mark_says_that_what_is_before_it_was_heard() -> None:
    """A mark stands for its own piece and for those whose marks were lost."""
    out = PlayOut(GRACE_S)
    pieces = sent(out, 4)
    out.echo(pieces[0].mark, 0.1)
    assert heard(pieces) == [True, False, False, False]
    out.echo(pieces[2].mark, 0.3)
    assert heard(pieces) == [True, True, True, False]


def test_marks_that_are_unknown_or_come_twice_change_nothing() -> None:
    """Names of somebody else, of another call or of the past are passed over."""
    out = PlayOut(GRACE_S)
    pieces = sent(out, 3)
    for name in (pieces[0].mark, pieces[0].mark, "somebody else's", ""):
        out.echo(name, 0.1)
    assert heard(pieces) == [True, False, False]


def test_a_lost_mark_is_made_up_for_by_the_clock() -> None:
    """Grace after its time a piece counts as heard, and not before."""
    out = PlayOut(GRACE_S)
    pieces = sent(out, 2)
    out.pass_time(0.1 + GRACE_S - 0.01)
    assert heard(pieces) == [False, False]
    out.pass_time(0.1 + GRACE_S)
    assert heard(pieces) == [True, False]


def test_a_carrier_that_sends_no_marks_is_followed_by_the_clock_alone() -> None:
    """After some marks in a row that never came, pieces count at their time."""
    out = PlayOut(GRACE_S, trust=2)
    pieces = sent(out, 4)
    out.pass_time(0.2 + GRACE_S)
    assert heard(pieces) == [True, True, True, True]
    later = sent(out, 2, at_s=2.0)
    out.pass_time(2.1)
    assert heard(later) == [True, False]


def test_marks_are_trusted_again_when_one_comes() -> None:
    """A carrier that has only been slow gets its grace back."""
    out = PlayOut(GRACE_S, trust=1)
    pieces = sent(out, 3)
    out.pass_time(0.1 + GRACE_S)
    out.echo(pieces[2].mark, 0.5)
    later = sent(out, 1, at_s=1.0)
    out.pass_time(1.2)
    assert heard(later) == [False]


def test_clear_counts_what_was_played_and_no_mark_after_it() -> None:
    """The piece that is cut is told with what was heard of it; its mark comes back and is void."""
    out = PlayOut(GRACE_S)
    pieces = sent(out, 4)
    out.echo(pieces[0].mark, 0.1)
    cut = out.clear(0.24)
    assert cut is not None
    piece, heard_s = cut
    assert piece is pieces[2]
    assert heard_s == pytest.approx(0.04)
    for late in pieces[1:]:
        out.echo(late.mark, 0.26)
    assert heard(pieces) == [True, True, False, False]
    assert out.ahead_s(0.26) == 0


def test_the_way_to_the_carrier_counts() -> None:
    """With 60 ms there and back, more is heard until `clear` arrives than marks have told."""
    out = PlayOut(GRACE_S)
    pieces = sent(out, 3)
    out.echo(pieces[0].mark, 0.16)
    assert out.round_trip_s == pytest.approx(0.06)
    cut = out.clear(0.16)
    assert cut is not None
    piece, heard_s = cut
    assert piece is pieces[1]
    assert heard_s == pytest.approx(0.06)


def test_sound_that_comes_too_late_begins_when_it_comes() -> None:
    """After an empty buffer the clock starts anew."""
    out = PlayOut(GRACE_S)
    sent(out, 1)
    out.send(0.1, 0.5)
    assert out.ahead_s(0.5) == pytest.approx(0.1)


def test_a_carrier_that_plays_late_is_followed() -> None:
    """A mark that is late moves what is behind it."""
    out = PlayOut(GRACE_S)
    pieces = sent(out, 3)
    out.echo(pieces[0].mark, 0.1)
    out.echo(pieces[1].mark, 0.35)
    assert out.ahead_s(0.35) == pytest.approx(0.1)


@given(
    st.lists(
        st.tuples(st.sampled_from(["send", "echo", "stale", "time", "clear"]), st.floats(0, 0.3)),
        max_size=60,
    )
)
def test_pieces_are_heard_in_order_and_for_good(steps: list[tuple[str, float]]) -> None:
    """Whatever comes in whatever order: no piece before its predecessor, none taken back."""
    out = PlayOut(GRACE_S)
    now_s, alive, every = 0.0, [], list[Piece]()
    for what, seconds in steps:
        now_s += seconds
        before = heard(every)
        if what == "send":
            alive.append(out.send(0.08, now_s))
            every.append(alive[-1])
        elif what == "echo" and alive:
            out.echo(alive[len(alive) // 2].mark, now_s)
        elif what == "stale" and every:
            out.echo(every[0].mark, now_s)
        elif what == "time":
            out.pass_time(now_s)
        elif what == "clear":
            out.clear(now_s)
            assert out.ahead_s(now_s) == 0
            alive = []
        after = heard(every)
        assert all(new or not old for old, new in zip(before, after, strict=False))
        assert heard(alive) == sorted(heard(alive), reverse=True)
        assert out.ahead_s(now_s) >= 0
