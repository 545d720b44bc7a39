"""What a scenario's caller is known to have said, as the measurements are told."""

import numpy as np
import pytest
from pydantic import ValidationError

from qa.scenario.call import Filler, kind, prepare
from qa.scenario.file import FOLDER, load, schema
from qa.scenario.form import Turn

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("turn", "wanted"),
    [
        ({"say": "Hello."}, "turn"),
        ({"say": "Uh-huh.", "means": "backchannel"}, "backchannel"),
        ({"say": "Um.", "means": "tic"}, "tic"),
        ({"say": "Not now, Tim.", "means": "aside"}, "aside"),
        ({"sound": "hum"}, "backchannel"),
        ({"sound": "cough"}, "tic"),
        ({"sound": "door"}, "noise"),
        ({"sound": "music"}, "noise"),
    ],
)
def test_each_sound_has_its_kind(turn: dict[str, str], wanted: str) -> None:
    """Only what is meant for the agent is a turn."""
    assert kind(Turn.model_validate(turn)) == wanted


def test_only_words_have_a_meaning() -> None:
    """A key press that means "mm-hm" is a mistake in the file."""
    with pytest.raises(ValidationError, match="needs say or play"):
        Turn.model_validate({"press": "1", "means": "backchannel"})


async def test_words_are_kept_as_they_are_said() -> None:
    """Placeholders are filled and pauses are no words."""
    turns = [Turn(say="On {visit} [300 ms] please."), Turn(sound="cough"), Turn(press="1")]
    deeds = await prepare(turns, "woman", Filler({"visit": "Tuesday"}))
    assert [deed.words for deed in deeds] == ["On Tuesday  please.", "", ""]
    assert deeds[0].pcm is not None
    assert np.abs(deeds[0].pcm).max() > 1000


def test_the_library_has_sounds_that_ask_for_no_answer() -> None:
    """The panel's selectivity is made of them; without any it would be empty."""
    kinds = {kind(turn) for path in FOLDER.glob("*.yaml") for turn in load(path).turns}
    assert {"turn", "backchannel", "tic", "noise"} <= kinds
    assert '"means"' in schema()
