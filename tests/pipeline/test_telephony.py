"""Signatures, tokens, TwiML and the wire of the media stream."""

import base64
import json
from dataclasses import replace
from typing import Any, Literal
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pipecat.frames.frames import InputAudioRawFrame, InputDTMFFrame
from twilio.request_validator import RequestValidator

from pipeline import telephony
from pipeline.telephony import MediaStreamSerializer, StreamRefused, StreamStart, StreamTokens

pytestmark = pytest.mark.unit


class Claims:
    """A shared memory of used tokens that can be away."""

    def __init__(self, *, away: bool = False) -> None:
        self.used: set[str] = set()
        self.away = away

    async def claim(self, key: str, _ttl_s: int) -> bool | None:
        """Say whether the key is fresh, None when away."""
        if self.away:
            return None
        fresh = key not in self.used
        self.used.add(key)
        return fresh


def start(token: str, call_sid: str = "CA1", caller: str | None = "+15035550142") -> StreamStart:
    """Return a stream's start with this token."""
    return StreamStart("MZ1", call_sid, caller, "+15035550100", token)


def issued(tokens: StreamTokens, now_s: float = 1000.0) -> str:
    """Return a token for the call that `start` describes."""
    return tokens.issue("CA1", "+15035550142", "+15035550100", now_s)


async def test_a_token_opens_its_own_call_once() -> None:
    """A fresh token is good for its call and never again."""
    tokens = StreamTokens("secret", Claims().claim)
    token = issued(tokens)
    await tokens.redeem(start(token), now_s=1001.0)
    with pytest.raises(StreamRefused, match="used already"):
        await tokens.redeem(start(token), now_s=1002.0)


async def test_another_process_knows_a_used_token() -> None:
    """Processes that share a memory refuse each other's used tokens."""
    claims = Claims()
    one, other = StreamTokens("secret", claims.claim), StreamTokens("secret", claims.claim)
    token = issued(one)
    await other.redeem(start(token), now_s=1001.0)
    with pytest.raises(StreamRefused, match="used already"):
        await one.redeem(start(token), now_s=1001.0)


async def test_a_token_is_used_up_without_the_shared_memory_too() -> None:
    """With the shared memory away calls are answered, and replay in this process is refused."""
    tokens = StreamTokens("secret", Claims(away=True).claim)
    token = issued(tokens)
    await tokens.redeem(start(token), now_s=1001.0)
    with pytest.raises(StreamRefused, match="used already"):
        await tokens.redeem(start(token), now_s=1001.0)


@pytest.mark.parametrize(
    "stream",
    [
        start("", "CA1"),
        start("1.2.3", "CA1"),
        start("9999999999.nonce.bad\u00e9", "CA1"),
    ],
)
async def test_forged_tokens_are_refused(stream: StreamStart) -> None:
    """A token this service did not make opens nothing."""
    with pytest.raises(StreamRefused, match="not issued"):
        await StreamTokens("secret", Claims().claim).redeem(stream, now_s=0)


async def test_a_token_is_bound_to_call_and_caller_and_expires() -> None:
    """A token opens no other call, no other line, gives no greater trust, and grows old."""
    tokens = StreamTokens("secret", Claims().claim)
    token = issued(tokens)
    with pytest.raises(StreamRefused, match="not issued"):
        await tokens.redeem(start(token, "CA2"), now_s=1001.0)
    with pytest.raises(StreamRefused, match="not issued"):
        await tokens.redeem(start(token, caller="+15035550199"), now_s=1001.0)
    lesser_trusts: tuple[Literal["weak", "none"], ...] = ("weak", "none")
    for trust in lesser_trusts:
        lesser = tokens.issue("CA1", "+15035550142", "+15035550100", 1000.0, attestation=trust)
        with pytest.raises(StreamRefused, match="not issued"):
            await tokens.redeem(start(lesser), now_s=1001.0)
        await tokens.redeem(replace(start(lesser), attestation=trust), now_s=1001.0)
    with pytest.raises(StreamRefused, match="not issued"):
        await StreamTokens("other", Claims().claim).redeem(start(token), now_s=1001.0)
    with pytest.raises(StreamRefused, match="expired"):
        await tokens.redeem(start(token), now_s=1001.0 + telephony.TOKEN_LIFE_S)


@pytest.mark.parametrize(
    ("custom", "attestation"),
    [
        ({}, "full"),
        ({"attestation": "weak"}, "weak"),
        ({"attestation": "none"}, "none"),
        ({"attestation": "FULL"}, None),
        ({"attestation": ""}, None),
        ({"attestation": ["full"]}, None),
        ({"attestation": 1}, None),
    ],
)
def test_the_start_carries_what_the_number_is_worth(
    custom: dict[str, Any], attestation: str | None
) -> None:
    """One of three words, or the stream is refused; without one the token decides."""
    said = {"token": "t", "from": "+15035550142", "to": "+15035550100"} | custom
    message = {"start": {"streamSid": "MZ1", "callSid": "CA1", "customParameters": said}}
    if attestation is None:
        with pytest.raises(StreamRefused):
            telephony._start(message)
    else:
        assert telephony._start(message).attestation == attestation


def test_signature_counts_the_public_address() -> None:
    """Twilio's signature over the public address is accepted; over another one it is not."""
    form = {"CallSid": "CA1", "From": "+15035550142"}
    path = "/api/v1/webhooks/inbound-call"
    signed = RequestValidator("secret").compute_signature("https://phone.example.com" + path, form)
    check = telephony.signature_is_valid
    assert check("secret", "https://phone.example.com", path, form, signed)
    assert not check("secret", "http://10.0.0.7:8000", path, form, signed)
    assert not check("secret", "https://phone.example.com", path, form | {"From": "+1"}, signed)
    assert not check("secret", "https://phone.example.com", path, form, "")


def test_twiml_carries_its_values_as_parameters() -> None:
    """The stream's address has no query; what it must know travels as <Parameter>s."""
    root = ElementTree.fromstring(  # noqa: S314 - our own text
        telephony.connect_stream("wss://h/stream", {"token": "a&<b", "from": "+1503"})
    )
    stream = root.find("./Connect/Stream")
    assert stream is not None
    assert stream.get("url") == "wss://h/stream"
    assert {p.get("name"): p.get("value") for p in stream} == {"token": "a&<b", "from": "+1503"}


@pytest.mark.parametrize(
    ("raw", "known"),
    [
        ("+15035550142", "+15035550142"),
        ("+442079460000", "+442079460000"),
        ("anonymous", None),
        ("+266696687", None),
        ("", None),
        ("+0123456789", None),
        ("sip:bob@example.com", None),
    ],
)
def test_withheld_numbers_are_nobody(raw: str, known: str | None) -> None:
    """Foreign numbers are numbers; withheld ones, also typed on a keypad, are not."""
    assert telephony.phone_number(raw) == known


@pytest.fixture
async def serializer() -> MediaStreamSerializer:
    """Return a serializer as a call sets it up."""
    made = MediaStreamSerializer("MZ1", call_sid="CA1", account_sid="AC1", auth_token="t")
    made._sample_rate = 8000
    return made


def media(payload: Any, **more: Any) -> str:
    """Return a media message."""
    return json.dumps({"event": "media", "streamSid": "MZ1", "media": {"payload": payload}} | more)


async def test_speech_and_keys_become_frames(serializer: MediaStreamSerializer) -> None:
    """A 20 ms packet becomes 160 samples at 8 kHz, a key a DTMF frame."""
    frame = await serializer.deserialize(media(base64.b64encode(b"\xff" * 160).decode()))
    assert isinstance(frame, InputAudioRawFrame)
    assert (len(frame.audio), frame.sample_rate) == (320, 8000)
    key = {"event": "dtmf", "streamSid": "MZ1", "dtmf": {"digit": "5"}}
    assert isinstance(await serializer.deserialize(json.dumps(key)), InputDTMFFrame)


@pytest.mark.parametrize(
    "message",
    [
        "", "{", "[]", "7", '"media"', "null", "[" * 5000, b"\x00\xff", "x" * 20_000,
        media(None), media(7), media("***"), media(""), media("//8=", streamSid="MZ2"),
        '{"event":"media","streamSid":"MZ1","media":[]}', '{"event":"dtmf","dtmf":"5"}',
        '{"event":"dtmf","dtmf":{"digit":"55"}}', '{"event":"mark"}', '{"event":7}', "{}",
        '{"event":"media","media":{"track":"outbound","payload":"//8="}}',
    ],
)  # fmt: skip
async def test_what_is_malformed_is_ignored(
    serializer: MediaStreamSerializer, message: str | bytes
) -> None:
    """Nothing a peer can send raises or becomes a frame it should not."""
    assert await serializer.deserialize(message) is None


@given(
    st.recursive(
        st.none() | st.integers() | st.text(),
        lambda x: (
            st.lists(x)
            | st.dictionaries(
                st.sampled_from(
                    ["event", "media", "payload", "dtmf", "digit", "track", "streamSid"]
                ),
                x,
            )
        ),
    )
)
async def test_no_json_disturbs_the_call(value: Any) -> None:
    """Whatever JSON arrives, deserialising it raises nothing."""
    made = MediaStreamSerializer("MZ1", call_sid="CA1", account_sid="AC1", auth_token="t")
    made._sample_rate = 8000
    await made.deserialize(json.dumps(value))


async def test_stop_ends_the_call_without_hanging_up(serializer: MediaStreamSerializer) -> None:
    """`stop` is told to the call, and no REST hang-up follows: nobody is on the line."""
    stopped: list[bool] = []

    async def on_stop() -> None:
        stopped.append(True)

    serializer.on_stop = on_stop
    assert await serializer.deserialize('{"event":"stop","streamSid":"MZ1"}') is None
    assert stopped == [True]
    assert serializer._hangup_attempted


async def test_marks_come_back_by_name(serializer: MediaStreamSerializer) -> None:
    """A mark that is asked for is told when it comes back; what is no mark of this call is not."""
    told: list[str] = []
    serializer.on_mark = told.append
    asked = json.loads(serializer.mark("played-7"))
    assert asked == {"event": "mark", "streamSid": "MZ1", "mark": {"name": "played-7"}}
    for message in (
        json.dumps(asked),
        '{"event":"mark","streamSid":"MZ2","mark":{"name":"x"}}',
        '{"event":"mark","streamSid":"MZ1","mark":{"name":7}}',
        '{"event":"mark","streamSid":"MZ1","mark":["x"]}',
        '{"event":"mark","streamSid":"MZ1","mark":{"name":""}}',
    ):
        assert await serializer.deserialize(message) is None
    assert told == ["played-7"]
