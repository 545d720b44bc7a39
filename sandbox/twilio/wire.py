"""What Twilio puts on the wire: ids, request signatures, stream messages, webhook forms."""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

ANONYMOUS_NUMBER = "+266696687"
"""What `From` says for a withheld number: the keys of "ANONYMOUS"."""


def new_sid(prefix: str) -> str:
    """Make an id such as CA followed by 32 hexadecimal digits."""
    return prefix + secrets.token_hex(16)


def signature(auth_token: str, url: str, form: Mapping[str, str]) -> str:
    """Compute X-Twilio-Signature: base64 of HMAC-SHA1 over the URL and the sorted fields."""
    signed = url + "".join(key + form[key] for key in sorted(form))
    digest = hmac.new(auth_token.encode(), signed.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


class StreamMessages:
    """Builds the messages of one stream; sequence and chunk numbers count up by themselves."""

    def __init__(self, *, account_sid: str, call_sid: str, stream_sid: str) -> None:
        self.stream_sid = stream_sid
        self._account_sid = account_sid
        self._call_sid = call_sid
        self._sequence = 0
        self._chunk = 0

    def connected(self) -> str:
        """Build the first message, which carries no sequence number."""
        return '{"event":"connected","protocol":"Call","version":"1.0.0"}'

    def start(self, custom_parameters: Mapping[str, str]) -> str:
        """Build the message that names the call and carries the <Parameter>s."""
        start = {
            "accountSid": self._account_sid,
            "streamSid": self.stream_sid,
            "callSid": self._call_sid,
            "tracks": ["inbound"],
            "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
            "customParameters": dict(custom_parameters),
        }
        return self._message("start", "start", start)

    def media(self, frame: bytes, timestamp_ms: int) -> str:
        """Build one frame of caller audio; written by hand because it is sent 50 times a second."""
        self._sequence += 1
        self._chunk += 1
        payload = base64.b64encode(frame).decode()
        return (
            f'{{"event":"media","sequenceNumber":"{self._sequence}",'
            f'"media":{{"track":"inbound","chunk":"{self._chunk}",'
            f'"timestamp":"{timestamp_ms}","payload":"{payload}"}},'
            f'"streamSid":"{self.stream_sid}"}}'
        )

    def dtmf(self, digit: str) -> str:
        """Build the message for one key press."""
        return self._message("dtmf", "dtmf", {"track": "inbound_track", "digit": digit})

    def mark(self, name: str) -> str:
        """Build the echo of a mark."""
        return self._message("mark", "mark", {"name": name})

    def stop(self) -> str:
        """Build the last message of a stream that the carrier ends."""
        detail = {"accountSid": self._account_sid, "callSid": self._call_sid}
        return self._message("stop", "stop", detail)

    def _message(self, event: str, key: str, detail: Mapping[str, object]) -> str:
        self._sequence += 1
        message = {
            "event": event,
            "sequenceNumber": str(self._sequence),
            key: detail,
            "streamSid": self.stream_sid,
        }
        return json.dumps(message, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class ServerMessage:
    """A message of the server: media with audio, mark with a name, or clear."""

    event: str
    audio: bytes = b""
    name: str = ""


def parse_server_message(text: str, stream_sid: str) -> ServerMessage:
    """Read one message of the server; raises ValueError saying what is wrong with it."""
    message = json.loads(text)
    if not isinstance(message, dict):
        raise ValueError("not an object")
    if message.get("streamSid") != stream_sid:
        raise ValueError("streamSid of another stream")
    match message:
        case {"event": "media", "media": {"payload": str(payload)}}:
            return ServerMessage("media", audio=base64.b64decode(payload, validate=True))
        case {"event": "mark", "mark": {"name": str(name)}}:
            return ServerMessage("mark", name=name)
        case {"event": "clear"}:
            return ServerMessage("clear")
    raise ValueError(f"unknown or incomplete event {message.get('event')!r}")


def call_form(
    *, account_sid: str, call_sid: str, from_number: str, to_number: str, direction: str
) -> dict[str, str]:
    """Build the fields that every webhook about a call carries, CallStatus excepted.

    The places belonging to a number are sent too; they are empty when Twilio does not know them.
    """
    form = {
        "AccountSid": account_sid,
        "ApiVersion": "2010-04-01",
        "CallSid": call_sid,
        "Direction": direction,
        "From": from_number,
        "Caller": from_number,
        "To": to_number,
        "Called": to_number,
    }
    for side, number in (
        ("From", from_number),
        ("Caller", from_number),
        ("To", to_number),
        ("Called", to_number),
    ):
        country = "US" if number.startswith("+1") and len(number) == 12 else ""
        form |= {f"{side}City": "", f"{side}State": "", f"{side}Zip": "", f"{side}Country": country}
    return form
