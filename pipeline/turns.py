"""When a caller's turn starts and ends, and how long silence may last: every number, its reason."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pipecat.audio.turn.smart_turn.base_smart_turn import BaseSmartTurn, SmartTurnParams
from pipecat.audio.vad.vad_analyzer import VADParams
from pipecat.turns.user_turn_strategies import UserTurnStrategies

from processors.barge_in import BargeIn, BargeInUserTurnStartStrategy
from processors.barge_in_times import BargeInTimes
from processors.ear import Ear, SaidWord, Words
from processors.line_ear import Margins
from processors.turn_end import TurnEnd, TurnEnded
from processors.turn_waits import Voice, Waits

VAD = VADParams(confidence=0.7, start_secs=0.2, stop_secs=0.2, min_volume=0.6)
"""Pipecat's figures; every constant it knows of a recogniser's latency assumes a 0.2 s stop. The
least volume only has to lie between 0 and 1 here: `LOUDNESS` decides what is loud enough.
"""

VAD_IN_TURN = VADParams(confidence=0.5, start_secs=0.13, stop_secs=0.2, min_volume=0.6)
"""In the caller's own turn: a spelled letter lasts 0.15 to 0.3 s, and whoever goes on after a pause
must be noticed before the wait for them is over. A false start costs nothing there but its length.
"""

LOUDNESS = Margins(
    above_noise=4.0,
    above_noise_in_turn=1.0,
    above_room_in_turn=0.0,
    above_disregarded=3.0,
    above_room=3.0,
    below_caller=8.0,
    below_caller_in_turn=35.0,
)
"""Speech at 5 dB over the noise has its vowels about 10 dB over it; steady noise stays within 2 dB
of itself. In the caller's own turn soft letters must not be missed, so that little more is asked
than that the sound is like a voice, and no softer than the room's own talk. A radio across the room
is 9 to 30 dB below a voice at the handset, while a caller's shortest words were within 6 dB of
their longest. Vowels and soft letters of one voice are 30 dB apart.
"""

BARGE_IN = BargeInTimes(
    # "Okay", "yeah", "I see" and "uh-huh" of both voices are over after 0.3 to 0.6 s. At 0.5 s four
    # backchannels of ten still sound, at 0.55 two, at 0.65 one ("okay, yeah"), which is resumed.
    hold_after=0.65,
    # "Okay" and "uh-huh" have two syllables, "oh, okay" and "alright, yeah" three.
    fluent_after=0.42,
    fluent_syllables=4,
    # Longer than "okay, yeah, okay"; nobody talks over someone for so long and means nothing.
    insist_after=2.0,
    # Longer than the closure before a "t" or "p", shorter than the voice detector's 0.2 s.
    ask_after=0.1,
    # Before a reply nothing is heard that a stop could spoil, and a cough is over by then.
    take_turn_after=0.4,
    # Between syllables and words of one breath; the voice detector's own stop.
    gap=0.2,
    # Voice detector 0.2 s, recogniser 0.15 to 0.35 s, and its slower one answer in a hundred.
    resume_after=0.8,
    # A recogniser sends words of lasting speech once a second: after two there are none to come.
    hold_limit=2.0,
    # Three such seconds without a word, in a caller's own turn: it is no speech.
    wordless=3.0,
    # A recogniser's slowest results take two; later ones are of before a new connection.
    latest_words=3.0,
    # A recogniser that hangs: ten seconds are the longest for which an answer still fits.
    late_words=10.0,
    # A "yeah" of 0.3 s that begins with a question's last word ends about when the question does.
    answer_overlap=0.5,
)
"""When the caller's sound over the agent's speech stops it, and when it goes on, in seconds."""

SMART_TURN = SmartTurnParams(stop_secs=3.0)
"""How much silence smart-turn keeps as part of a turn. It ends none by it: see TURN_END."""

TURN_END = Waits(
    # The recogniser needs 0.35 s anyway, and the detector 0.2 s to notice a voice that goes on:
    # 0.7 s let a pause of 0.4 s pass. The less sure smart-turn is, the longer a thought may take.
    likely=((0.9, 0.7), (0.5, 0.9), (0.2, 1.1)),
    # Smart-turn misjudges about a third of finished telephone turns, so even "certainly not
    # finished" must not feel like a dead line, as its own 3 s do.
    unlikely_s=1.4,
    # "Yeah" ... "that works": the voice detector notices the second part 0.2 s after it begins.
    one_word_s=0.6,
    # "No, that's all." ... "Thank you. Goodbye.": a breath, and nobody waits for our goodbye.
    goodbye_s=0.9,
    # "Miller" ... "M, I, L": a breath between a name and its spelling takes up to 0.8 s.
    given_s=1.3,
    # "It started last week" ... "and it gets worse": a breath after a first short sentence.
    short_s=1.1,
    # People read numbers off a paper and spell in groups, with up to two seconds between them; the
    # voice detector lets go of one group early and takes 0.2 s to notice the next.
    dictating_s=2.6,
    # "I need an oil change for um": a thought takes as long, and someone is sure to go on.
    dangling_s=2.6,
    # The recogniser's answer comes 150 to 350 ms after it was asked, which is when the VAD stops.
    words_s=0.5,
    no_words_s=0.9,
    # `VAD_IN_TURN.start_secs`, and a dip in the first syllable, after which it counts anew.
    onset_s=0.3,
)
"""Silence that ends a turn, in seconds from the end of speech."""

STT_ENDPOINTING_MS = 300
"""Silence after which Deepgram closes a segment on its own; Finalize, sent when the VAD stops at
200 ms, usually comes first."""

TURN_STOP_TIMEOUT_S = 3.0
"""A turn in which no detector reaches a verdict ends here, so that the line is never dead."""

IDLE_S = 8.0
"""A caller who says nothing for this long after we spoke is asked whether they are still there."""

LEAD_S = 0.4
"""Sound kept at the carrier: a stall of the event loop of 0.3 s makes no gap. It costs nothing when
the caller interrupts: `clear` drops it, and marks tell what was heard of it."""

PIECE_S = 0.08
"""Sound in one message to the carrier, with a mark behind it: four of its 20 ms frames. Half the
messages of Pipecat's 40 ms, and between marks the clock tells the rest."""

MARK_GRACE_S = 0.25
"""A mark that is this late is lost: then the clock decides that its sound was heard."""

REPLAY_AT_MOST_S = 1.5
"""How far back playing on may begin after a hold: longer than any word."""

HOLD_AT_MOST_S = 4.0
"""A hold that nobody ends by then is ended: whoever made it has forgotten it, and a silent line is
worse than talking on."""

SENTENCE_FLUSHES_AT_MOST = 14
FLUSH_WINDOW_S = 60.0
"""Deepgram ignores a Flush beyond 20 in 60 s. So many go out behind sentences; the rest is left for
the ends of turns, without which a turn would not end."""

CLEARED_WITHIN_S = 1.0
"""Sound that comes in after Clear is dropped until Cleared, or for so long if that never comes."""

LEAD_IN_MS = 100
"""Silence with which a voice begins a sentence, until its whole sound is there to tell."""

FAREWELL_S = 2.0
"""Quiet after our goodbye before we hang up: time for "thanks, bye", not for a dead line."""

MAX_CALL_S = 15 * 60
"""Longer than any booking takes; what is still open then is a forgotten or stuck line."""

FOREIGN_WORDS = 3
"""Different words of another language that make a caller's turn one in it: a recogniser that is set
for English writes one or two of them for noise, or for letters that are being spelled."""

LONGEST_SENTENCE_CHARS = 180
"""A sentence of ours is cut at a pause beyond this: some twelve seconds of speech. The voice makes
sound of a whole sentence at a time, and nobody on a telephone follows a longer one."""

CUT_OFF_S = 5 * 60
"""A caller who phones again within this is taken up where the line broke off. Whoever lost the
network is back within a minute or two, and a hold on what was offered has run out after ninety
seconds; later it is another call, and to be reminded of the last one would be odd."""

CUT_OFF_LOOKUP_S = 0.5
"""What looking for that call may delay the greeting: the answer is one row by an index."""

CARD_HOLD_S = 1.5
"""How long digits that may be half a card number wait for the rest, after the caller has fallen
silent: people read a card in groups with about a second between them."""

RECORDING_LAG_S = 1.5
"""How long the caller's sound waits outside a turn before it goes into the recording: a turn is
noticed 0.2 s after it began, and the last words of one are known a second after it ended."""

RECORDING_HOLD_BACK_S = 45.0
"""The longest that the sound of an open turn waits for its words: a card number takes 25 s at most,
its date and code as long. Two sides of that are 1.4 MB."""

FAILURES_BEFORE_A_PERSON = 2
"""Attempts in a row that came to nothing before a person is offered: the first may be bad luck, and
a third is what callers hang up on."""


@dataclass(frozen=True, slots=True)
class HandoverTimes:
    """How long a caller waits for a person, and what they hear meanwhile; seconds.

    `ring_s`: four or five rings, before the shop's own voicemail usually takes over. `key_wait_s`:
    time to put a wrench down after the briefing. `update_every_s`: a caller on a silent line asks
    "hello?" after about ten. `poll_s`: how late we may notice that the person hung up. `limit_s`:
    ringing, briefing (about 15 s) and key wait together, with the 5 s that Twilio adds to ringing
    and its queue (one call a second); nothing we hear of may take longer. `watches`: how many
    polls long a transfer that was accepted is watched until both are in the conference.
    """

    ring_s: int = 20
    key_wait_s: int = 8
    update_every_s: float = 8.0
    poll_s: float = 1.0
    limit_s: float = 60.0
    watches: int = 6


HANDOVER = HandoverTimes()


@dataclass(frozen=True, slots=True)
class Patience:
    """How long the agent waits before it says something, in seconds; tests hand in shorter ones."""

    filler_s: float = 0.7
    """A tool that takes longer is covered by a few words. Ours answer in 50 to 400 ms; with the
    model's and the voice's 0.8 s before and after, more than this feels like a lost line."""

    filler_again_s: float = 4.0
    """Quiet after a filler until the next one: people say "still looking" about that often."""

    slow_model_s: float = 2.5
    """A model whose first word takes longer gets a filler too: GPT-4o's p95 is 1.4 s, and at 2.5 s
    it is asked a second time (`services.FIRST_TOKEN_TIMEOUT_S`)."""

    fillers: int = 3
    """In one wait; by then a tool has failed (`toolbox.TOOL_BUDGET_S`)."""

    idle_s: float = IDLE_S
    farewell_s: float = FAREWELL_S

    reprompts: int = 2
    """Questions to a silent caller before the goodbye, each in other words."""

    hold_s: float = 60.0
    """How long a caller who said "hold on" is left in peace before we softly ask: a card or a
    registration is fetched from the car in that time."""

    hold_checks: int = 2
    """Soft questions before a held line counts as silent like any other."""

    max_call_s: float = MAX_CALL_S
    warn_before_s: float = 60.0
    """From the warning to the end: enough to say yes to a time that has just been offered."""

    grace_s: float = 20.0
    """How long past the end an answer under way is waited for: a tool that writes (6 s at most),
    the model and its sentence."""

    key_pause_s: float = 2.5
    """After the last key, until what was keyed counts as all: people look for the next digit on
    the screen for about two seconds."""

    key_whole_s: float = 0.8
    """After the last digit of a whole phone number: whoever keys a card is at the next by then."""


PATIENCE = Patience()


def strategies(
    analyzer: BaseSmartTurn,
    *,
    asked: Callable[[], str],
    on_end: Callable[[TurnEnded], None],
    ear: Ear,
    on_barge_in: Callable[[BargeIn], None],
    words_said: Callable[[Words], Sequence[SaidWord]],
    voice: Voice,
) -> UserTurnStrategies:
    """Return how the turns of one call start (`BargeInUserTurnStartStrategy`) and end (`TurnEnd`).

    `asked` returns what the agent said last; `on_end` is told how each turn ended, before it
    reaches the model, `on_barge_in` when the caller's sound stopped the agent's. `ear` judges the
    line's sound, `words_said` knows when words were said, `voice` whether there is one.
    """
    return UserTurnStrategies(
        start=[BargeInUserTurnStartStrategy(BARGE_IN, ear, on_barge_in, words_said)],
        stop=[TurnEnd(analyzer, TURN_END, asked, on_end, voice)],
    )
