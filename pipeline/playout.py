"""What the carrier has been sent and the caller has not heard yet: lengths, marks and a clock."""

from collections import deque
from dataclasses import dataclass

ROUND_TRIP_AT_MOST_S = 0.5
"""A longer way to the carrier and back is no line to talk on; more is taken for a late mark."""


@dataclass(slots=True)
class Piece:
    """A stretch of sound at the carrier: the name of the mark behind it and when it will end."""

    mark: str
    length_s: float
    ends_at_s: float
    heard: bool = False


class PlayOut:
    """Follows what the caller hears, by marks, and by the clock between and without them.

    A mark that comes back says that the sound before it was heard. One that is lost is made up for
    by a later one, or by the clock `grace_s` after its time; a carrier that lets `trust` marks in a
    row pass so is no longer waited for. Marks that come twice, late, or after `clear` are unknown
    here and change nothing. Times are seconds on any clock, handed in.
    """

    def __init__(self, grace_s: float, trust: int = 5) -> None:
        self._grace_s = grace_s
        self._trust = trust
        self._missed = 0
        self._given_up: deque[str] = deque(maxlen=4 * trust)
        self._count = 0
        self._pieces: deque[Piece] = deque()
        self._alone: Piece | None = None
        self._alone_sent_at_s = 0.0
        self._round_trip_s = 0.0
        self._measured = False

    @property
    def round_trip_s(self) -> float:
        """The shortest way to the carrier and back that was seen in this call; 0 before."""
        return self._round_trip_s

    def send(self, length_s: float, now_s: float) -> Piece:
        """Note a piece that goes out now, and return it with the name for its mark."""
        self._count += 1
        arrives_at_s = now_s + self._round_trip_s / 2
        follows = self._pieces and self._pieces[-1].ends_at_s > arrives_at_s
        begins_at_s = self._pieces[-1].ends_at_s if follows else arrives_at_s
        piece = Piece(f"played-{self._count}", length_s, begins_at_s + length_s)
        if not self._pieces:
            self._alone, self._alone_sent_at_s = piece, now_s
        self._pieces.append(piece)
        return piece

    def ahead_s(self, now_s: float) -> float:
        """How much sound the carrier still has to play."""
        return max(0.0, self._pieces[-1].ends_at_s - now_s) if self._pieces else 0.0

    def echo(self, mark: str, now_s: float) -> None:
        """Take a mark that came back."""
        if mark in self._given_up:
            self._missed = 0  # late, but there: wait for the next ones again
        names = [piece.mark for piece in self._pieces]
        if mark not in names:
            return
        piece = self._pieces[names.index(mark)]
        self._missed = 0
        if piece is self._alone:
            self._measure(now_s - self._alone_sent_at_s - piece.length_s)
        ended_at_s = now_s - self._round_trip_s / 2
        late_s = ended_at_s - piece.ends_at_s
        while self._pieces:
            first = self._pieces.popleft()
            first.heard = True
            if first is piece:
                break
        for later in self._pieces:
            later.ends_at_s += late_s

    def pass_time(self, now_s: float) -> None:
        """Take pieces for heard whose marks should have been back long ago."""
        while self._pieces and now_s >= self._given_up_at_s(self._pieces[0]):
            piece = self._pieces.popleft()
            piece.heard = True
            self._missed += 1
            self._given_up.append(piece.mark)

    def next_at_s(self) -> float | None:
        """When time alone will change what has been heard; None with nothing at the carrier."""
        return self._given_up_at_s(self._pieces[0]) if self._pieces else None

    def clear(self, now_s: float) -> tuple[Piece, float] | None:
        """Forget what is at the carrier, as `clear` does, and mark what was heard until it acts.

        Returns the piece that is cut with how much of it was heard, None when none is. The marks
        that the carrier sends back for the rest say nothing.
        """
        acts_at_s = now_s + self._round_trip_s / 2
        pieces, self._pieces = self._pieces, deque()
        for piece in pieces:
            left_s = piece.ends_at_s - acts_at_s
            if left_s > 0:
                return piece, max(0.0, piece.length_s - left_s)
            piece.heard = True
        return None

    def _given_up_at_s(self, piece: Piece) -> float:
        if self._missed >= self._trust:
            return piece.ends_at_s
        return piece.ends_at_s + self._round_trip_s / 2 + self._grace_s

    def _measure(self, seconds: float) -> None:
        seconds = min(max(0.0, seconds), ROUND_TRIP_AT_MOST_S)
        if not self._measured or seconds < self._round_trip_s:
            self._measured, self._round_trip_s = True, seconds
