"""The messages of /v1/listen: words, times and flags in the vendor's JSON."""

import json
import re
from dataclasses import dataclass
from typing import Any

from sandbox.deepgram.request import ListenOptions
from sandbox.ears import Word

_MODEL_UUID = "96a295ec-6336-43d5-b1cb-1e48b5e6d9a4"
_NUMBER_INSIDE = re.compile(r"(?<=\d)[.,:](?=\d)")


@dataclass(frozen=True, slots=True)
class Heard:
    """Words of a stretch of the stream, all times in seconds since its beginning."""

    start_s: float
    duration_s: float
    words: list[Word]


def results(  # the vendor's message has that many parts
    heard: Heard,
    options: ListenOptions,
    request_id: str,
    *,
    is_final: bool,
    speech_final: bool,
    from_finalize: bool,
) -> str:
    """A `Results` message."""
    words = [_word(word, options.punctuate) for word in heard.words]
    shown = "punctuated_word" if options.punctuate else "word"
    alternative = {
        "transcript": " ".join(word[shown] for word in words),
        "confidence": min((word["confidence"] for word in words), default=0.0),
        "words": words,
    }
    return json.dumps(
        {
            "type": "Results",
            "channel_index": [0, 1],
            "duration": round(heard.duration_s, 3),
            "start": round(heard.start_s, 3),
            "is_final": is_final,
            "speech_final": speech_final,
            "channel": {"alternatives": [alternative]},
            "metadata": {
                "request_id": request_id,
                "model_info": _model_info(options.model),
                "model_uuid": _MODEL_UUID,
            },
            "from_finalize": from_finalize,
        }
    )


def _word(word: Word, punctuate: bool) -> dict[str, Any]:
    plain = bare(word.text) or word.text.lower()
    message: dict[str, Any] = {
        "word": plain,
        "start": round(word.start_s, 3),
        "end": round(word.end_s, 3),
        "confidence": word.confidence,
    }
    if punctuate:
        message["punctuated_word"] = word.text
    return message


def bare(text: str) -> str:
    """A word without case and punctuation; points and colons within numbers stay."""
    kept = _NUMBER_INSIDE.sub(lambda m: {".": "\0", ",": "", ":": "\1"}[m.group()], text.lower())
    return re.sub(r"[^\w'\0\1$%-]", "", kept).replace("\0", ".").replace("\1", ":").strip("'-")


def _model_info(model: str) -> dict[str, str]:
    """`nova-2-phonecall` is reported as name `2-phonecall-nova` of the arch `nova-2`."""
    family, _, rest = model.partition("-")
    version, _, use = rest.partition("-")
    if not version.isdigit():
        return {"name": model, "version": "2024-01-09.29447", "arch": family}
    name = f"{version}-{use or 'general'}-{family}" if version == "2" else f"{use}-{family}"
    return {"name": name, "version": "2024-01-09.29447", "arch": f"{family}-{version}"}
