"""Reads the form of a Calls request as the vendor does, refusing with its error codes."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import get_args
from urllib.parse import urlsplit

from starlette.datastructures import FormData

from sandbox.twilio.leg import CallEvent, StatusCallback
from sandbox.twilio.outbound import CallOrder, Detection
from sandbox.twilio.script import Instructions

_DETECTIONS: Mapping[str, Detection] = {name: name for name in get_args(Detection)}
_NUMBER = re.compile(r"\+[1-9]\d{6,14}")


class RestError(Exception):
    """A refusal in the vendor's terms: HTTP status, its error code, and a sentence."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class CallForm:
    """The fields of a request to create or to change a call."""

    form: FormData

    def text(self, name: str, default: str = "") -> str:
        """Read one field."""
        return str(self.form.get(name, default))

    def order(self) -> CallOrder:
        """Read a request for a new call; raises RestError."""
        to_number, from_number = self.text("To"), self.text("From")
        if not to_number:
            raise RestError(400, 21201, "No 'To' number is specified")
        if not from_number:
            raise RestError(400, 21213, "No 'From' number is specified")
        if not _NUMBER.fullmatch(to_number):
            message = f"The phone number you are attempting to call, {to_number}, is not valid."
            raise RestError(400, 21211, message)
        if not _NUMBER.fullmatch(from_number):
            message = f"The source phone number provided, {from_number}, is not yet verified."
            raise RestError(400, 21210, message)
        instructions = self.instructions()
        if instructions is None:
            raise RestError(400, 21205, "Url parameter is required.")
        detection = _DETECTIONS.get(self.text("MachineDetection"))
        if detection is None:
            raise RestError(400, 21264, "Invalid MachineDetection")
        return CallOrder(
            to_number=to_number,
            from_number=from_number,
            instructions=instructions,
            status_callback=self._status_callback(),
            timeout_s=self._seconds("Timeout", 60),
            detection=detection,
            detection_callback=self._detection_callback(),
        )

    def instructions(self) -> Instructions | None:
        """Read where the TwiML is to come from, None when nothing is said; raises RestError."""
        if document := self.text("Twiml"):
            return Instructions(twiml=document)
        url = self.text("Url")
        if not url:
            return None
        for name in ("Url", "FallbackUrl"):
            self._check_url(name)
        fallback = self.text("FallbackUrl") or None
        return Instructions(url, method=self.text("Method", "POST").upper(), fallback_url=fallback)

    def _status_callback(self) -> StatusCallback | None:
        self._check_url("StatusCallback")
        url = self.text("StatusCallback")
        if not url:
            return None
        wanted = {
            word
            for value in self.form.getlist("StatusCallbackEvent")
            for word in str(value).split()
        }
        events = frozenset(event for event in get_args(CallEvent) if event in wanted)
        method = self.text("StatusCallbackMethod", "POST").upper()
        return StatusCallback(url, events or frozenset({"completed"}), method)

    def _detection_callback(self) -> StatusCallback | None:
        self._check_url("AsyncAmdStatusCallback")
        url = self.text("AsyncAmdStatusCallback")
        if self.text("AsyncAmd").lower() != "true" or not url:
            return None
        return StatusCallback(url, method=self.text("AsyncAmdStatusCallbackMethod", "POST").upper())

    def _check_url(self, name: str) -> None:
        url = self.text(name)
        parts = urlsplit(url)
        if url and (parts.scheme not in ("http", "https") or not parts.netloc):
            code = 21609 if name.endswith("StatusCallback") else 21205
            raise RestError(400, code, f"{name} is not a valid URL: {url}")

    def _seconds(self, name: str, default: int) -> float:
        try:
            return float(self.text(name, str(default)))
        except ValueError as exc:
            raise RestError(400, 20001, f"{name} is not a number") from exc
