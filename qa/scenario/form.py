"""What a scenario file may say: who calls, what they do and when, and what must hold afterwards."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from qa.scenario.days import DayText
from sandbox.twilio.impairment import Gap, Impairment

Tag = Literal[
    "turn-taking", "barge-in", "heard", "truth", "spoken", "no-silence", "repertoire", "person",
    "call-log", "recording", "secrets", "dropped-call", "tools", "keys", "noise", "line",
]  # fmt: skip
VoiceOfTurn = Literal["woman", "man", "human"]
Noise = Literal["white", "pink", "shop", "music", "radio"]
Sound = Literal["cough", "door", "hum", "music"]
Text = Annotated[str, Field(min_length=1)]
Pattern = Annotated[str, Field(min_length=1)]
Milliseconds = Annotated[int, Field(ge=0, le=60_000)]
Seconds = Annotated[float, Field(ge=0, le=120)]
Count = Annotated[int, Field(ge=0, le=100)]


def _nothing(value: Any) -> Any:
    return None if value in ("none", "null", "~", "") else value


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Vehicle(_Part):
    """A car on file."""

    year: int
    make: Text
    model: Text
    license_plate: str | None = None
    vin: str | None = None


class Visit(_Part):
    """A visit that is on the books before the call; `vehicle` counts from 0."""

    service: Text
    at: Text
    vehicle: Annotated[int, Field(ge=0)] = 0
    status: Literal["scheduled", "confirmed", "cancelled", "completed", "no_show"] = "scheduled"


class Customer(_Part):
    """Who is put on file before the call, with a phone number that is the scenario's own."""

    first_name: Text
    last_name: Text
    email: str | None = None
    vehicles: tuple[Vehicle, ...] = ()
    visits: tuple[Visit, ...] = ()


class BackgroundNoise(_Part):
    """What is heard around the caller all the time; `snr_db` below their speech."""

    kind: Noise
    snr_db: Annotated[float, Field(ge=-5, le=40)]
    seed: int = 0


class CallerSetup(_Part):
    """Who calls. Without `customer` nobody of this number is on file."""

    customer: Customer | None = None
    number: Literal["own", "withheld"] = "own"
    attestation: Literal["A", "B", "C", "failed"] | None = None
    voice: Literal["woman", "man"] = "woman"
    noise: BackgroundNoise | None = None


class LineGap(_Part):
    """So long nothing of the caller arrives; `at_s` is counted from the turn's first sound."""

    at_s: Seconds
    length_s: Annotated[float, Field(gt=0, le=60)]


class Line(_Part):
    """What the network does to the caller's side. The same for the same `seed`.

    `loss` is the share of frames that never arrive, `burst` how many in a row on average,
    `jitter_ms` the most that a frame is late. In the place of a lost frame the service gets
    nothing, or silence.
    """

    loss: Annotated[float, Field(ge=0, le=0.9)] = 0.0
    burst: Annotated[float, Field(ge=1, le=50)] = 1.0
    jitter_ms: Annotated[int, Field(ge=0, le=2000)] = 0
    gaps: tuple[LineGap, ...] = ()
    lost: Literal["missing", "silence"] = "missing"
    seed: int = 0

    @model_validator(mode="after")
    def _can_be(self) -> Self:
        self.impairment()
        return self

    def impairment(self) -> Impairment:
        """Return it in the carrier's terms."""
        return Impairment(
            loss=self.loss,
            burst=self.burst,
            jitter_ms=self.jitter_ms,
            gaps=tuple(Gap(gap.at_s, gap.length_s) for gap in self.gaps),
            seed=self.seed,
            lost=self.lost,
        )


class Turn(_Part):
    """One thing the caller does: exactly one of say, play, sound, press, wait_s, hang_up.

    It happens when the agent has finished, unless `into_ms` (that long into the agent's speech) or
    `after_silence_s` (when nobody has spoken for that long) say otherwise.
    """

    say: Text | None = None
    """Words for an offline voice; "[700 ms]" among them is a pause, "{visit}" a named day."""
    voice: VoiceOfTurn | None = None
    """Who says it, when not the caller's voice. "human" is a person's, recorded word by word: it
    knows digits, weekdays, months, days of the month, and "at ten o'clock"."""
    play: Text | None = None
    """A recording below qa/recordings without .wav, or a wav, flac, mp3 or ogg file anywhere."""
    sound: Sound | None = None
    """A single sound; a hum is "mm-hm"."""
    press: Annotated[str, Field(pattern=r"^([0-9*#w]+|\{keys\})$")] | None = None
    """Keys, "{keys}" for the caller's own phone number; w waits half a second."""
    wait_s: Seconds | None = None
    """Silence; what comes next does not wait for the agent to say something new."""
    hang_up: bool = False
    into_ms: Milliseconds | None = None
    after_silence_s: Seconds | None = None
    line: Line | None = None
    """What the network does from this turn's first sound on, until a later turn says otherwise."""
    means: Literal["backchannel", "tic", "aside"] | None = None
    """Words that ask for no answer: "mm-hm", an "um", or something said to somebody else."""

    @model_validator(mode="after")
    def _one_thing(self) -> Self:
        does = ("say", "play", "sound", "press", "wait_s", "hang_up")
        if sum(getattr(self, name) not in (None, False) for name in does) != 1:
            raise ValueError(f"a turn does exactly one thing: {', '.join(does)}")
        if self.into_ms is not None and self.after_silence_s is not None:
            raise ValueError("a turn happens once: into_ms or after_silence_s, not both")
        if self.voice is not None and self.say is None:
            raise ValueError("voice needs words to say")
        if self.means is not None and self.say is None and self.play is None:
            raise ValueError("means is about words: it needs say or play")
        return self


class ModelCall(_Part):
    """A tool call of a scripted model: well formed `arguments`, or `raw` text as it wrote it."""

    tool: Text
    arguments: Mapping[str, Any] = {}
    raw: str | None = None


class ModelReply(_Part):
    """One answer of a scripted model; all of it may be left out: an empty answer."""

    say: str = ""
    calls: tuple[ModelCall, ...] = ()
    first_token_s: Seconds | None = None


class Surroundings(_Part):
    """What is not as usual around the call.

    `shop`: open or closed at any hour, whatever time the test runs. `person`: what whoever is
    called for a transfer does. `settings`: the service's own, by environment name; "{folder}" in
    a value is a fresh folder.
    """

    shop: Literal["example", "open", "closed"] = "example"
    person: Literal["accepts", "declines", "nobody", "busy", "voicemail"] = "nobody"
    slow_calendar_s: Seconds = 0.0
    settings: Mapping[str, str] = {}


class AppointmentRow(_Part):
    """A visit of the caller that must be on the books (or not, with `there: no`)."""

    at: Text | None = None
    service: Text | None = None
    status: Text | None = None
    vehicle: Text | None = None
    in_calendar: bool | None = None
    there: bool = True


class MessageRow(_Part):
    """A message that must have been stored for the shop."""

    contains: Pattern | None = None
    open: bool = True
    promised: bool = False


class CustomerRow(_Part):
    """What must be on file about the caller."""

    first_name: Text | None = None
    last_name: Text | None = None
    email: Text | None = None
    vehicle: Text | None = None


class Cut(_Part):
    """A line of the agent that the caller interrupted: how it begins, and words not heard."""

    begins: Text
    without: Pattern | None = None
    words: tuple[Count, Count] | None = None
    """Fewest and most words of it that were heard."""


class Expect(_Part):
    """What must hold when the call is over. Patterns are regular expressions, case ignored."""

    outcome: Text | None = None
    tools: tuple[dict[str, dict[str, Any]], ...] = ()
    """Successful or not, in this order, others in between; arguments as far as they are named."""
    no_tools: tuple[Text, ...] = ()
    appointments: tuple[AppointmentRow, ...] = ()
    customer: CustomerRow | None = None
    message: MessageRow | None = None
    heard: tuple[Pattern, ...] = ()
    not_heard: tuple[Pattern, ...] = ()
    heard_last: Pattern | None = None
    understood: tuple[Pattern, ...] = ()
    """Patterns in the caller's lines of the log."""
    never: tuple[Text, ...] = ()
    """Texts that appear nowhere: not in the call's log, not in the server's."""
    cut: Cut | None = None
    uninterrupted: bool = False
    """Every line of the agent was heard to its end."""
    clears: tuple[Count, Count] | None = None
    """Fewest and most times that the carrier's buffer was emptied."""
    ended_by: Literal["agent", "caller"] | None = None
    longest_wait_s: Annotated[Seconds | None, BeforeValidator(_nothing)] = 10.0
    """From the end of the caller's words to the agent's next sound; "none": it may be quiet."""
    log: Mapping[str, Pattern] = {}
    """Patterns in further columns of call_logs."""
    recording: bool | None = None
    person_heard: tuple[Pattern, ...] = ()
    """What the person called for a transfer heard, in TwiML."""


class Scenario(_Part):
    """One call, and what it proves."""

    proves: Text
    covers: Annotated[tuple[Tag, ...], Field(min_length=1)]
    pending: bool = False
    """Written before what it needs exists: checked for form, not run."""
    days: Mapping[Annotated[str, Field(pattern=r"^[a-z_]+$")], DayText] = {}
    caller: CallerSetup = CallerSetup()
    surroundings: Surroundings = Surroundings()
    model: tuple[ModelReply, ...] = ()
    turns: Annotated[tuple[Turn, ...], Field(max_length=30)] = ()
    then: tuple[Turn, ...] | None = None
    """What they do in a second call, made right after the first has ended."""
    expect: Expect

    @model_validator(mode="after")
    def _can_be_played(self) -> Self:
        if self.model and self.caller.number == "withheld":
            raise ValueError("a scripted model knows its caller by number: it must not be withheld")
        if self.turns and any(t.hang_up for t in self.turns[:-1]):
            raise ValueError("after hang_up there is nobody who could do anything")
        for visit in self.caller.customer.visits if self.caller.customer else ():
            if visit.at not in self.days:
                raise ValueError(f'"{visit.at}" is none of the named days')
        return self
