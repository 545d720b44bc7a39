"""TwiML: a document as a list of verbs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.etree import ElementTree as ET

VERBS = frozenset(
    {"Connect", "Dial", "Enqueue", "Gather", "Hangup", "Leave", "Pause", "Pay", "Play", "Prompt"}
    | {"Record", "Redirect", "Refer", "Reject", "Say", "Siprec", "Sms", "Start", "Stop"}
)


class TwimlError(Exception):
    """The answer is not TwiML (the vendor's error 12100 or 12200)."""


@dataclass(frozen=True, slots=True)
class Verb:
    """One verb or noun: name, attributes, text and what is nested in it."""

    name: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    text: str = ""
    children: tuple["Verb", ...] = ()

    def child(self, name: str) -> "Verb | None":
        """Find the first nested element of this name."""
        return next((child for child in self.children if child.name == name), None)


def parse(document: str) -> tuple[Verb, ...]:
    """Read a document; raises TwimlError when it is not a <Response> of known verbs."""
    try:
        root = ET.fromstring(document)  # noqa: S314 - written by the service under test
    except ET.ParseError as exc:
        raise TwimlError(f"not XML: {exc}") from exc
    if root.tag != "Response":
        raise TwimlError(f"<{root.tag}> instead of <Response>")
    verbs = tuple(_verb(element) for element in root)
    unknown = [verb.name for verb in verbs if verb.name not in VERBS]
    if unknown:
        raise TwimlError(f"unknown verb <{unknown[0]}>")
    return verbs


def _verb(element: ET.Element) -> Verb:
    text = " ".join("".join(element.itertext()).split())
    return Verb(element.tag, dict(element.attrib), text, tuple(_verb(child) for child in element))


def parameters(stream: Verb) -> dict[str, str]:
    """Collect the <Parameter>s of a <Stream>."""
    return {
        child.attributes.get("name", ""): child.attributes.get("value", "")
        for child in stream.children
        if child.name == "Parameter"
    }
