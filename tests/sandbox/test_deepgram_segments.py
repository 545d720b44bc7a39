"""Where speech begins, pauses, is cut and ends, whatever the line sounds like."""

import numpy as np
import pytest
from deepgram_standin import hibari, quiet

from sandbox.deepgram.segments import Cue, Pacing, Segment, Segmenter
from sandbox.ears import Pcm

pytestmark = pytest.mark.unit

LINE = "Could we move it to Thursday instead?"


def cues(
    pcm: Pcm, endpointing_ms: int | None = 300, step: int = 160
) -> list[tuple[Cue, Segment | None]]:
    """Everything the segmenter says about the audio, fed in steps."""
    segmenter = Segmenter(endpointing_ms, Pacing())
    found = []
    for start in range(0, len(pcm), step):
        found += segmenter.feed(pcm[start : start + step])
    return found


def kinds(found: list[tuple[Cue, Segment | None]]) -> list[Cue]:
    """Which cues, without interim ones."""
    return [cue for cue, _ in found if cue not in {Cue.PROGRESS, Cue.PAUSED, Cue.SILENT}]


def noise(seconds: float, level: float) -> Pcm:
    """Hiss of that root mean square."""
    return np.random.default_rng(3).normal(0, level, int(seconds * 8000)).astype(np.int16)


@pytest.mark.parametrize("step", [1, 37, 160, 999, 100_000])
async def test_framing_changes_nothing(step: int) -> None:
    """The same audio in other portions gives the same segment."""
    pcm = np.concatenate([quiet(0.5), await hibari().synthesise(LINE), quiet(0.6)])
    found = cues(pcm if step > 1 else pcm[:24_000], step=step)
    assert kinds(found)[0] is Cue.STARTED
    _, segment = found[0]
    assert segment is not None and 0.2 <= segment.start * 0.02 <= 0.9
    if step > 1:
        assert kinds(found) == [Cue.STARTED, Cue.ENDED]


@pytest.mark.parametrize("endpointing_ms", [200, 300, 500, 1000])
async def test_the_end_is_found_after_the_silence_asked_for(endpointing_ms: int) -> None:
    """The segment ends so many milliseconds after the last voice."""
    found = cues(np.concatenate([await hibari().synthesise(LINE), quiet(1.5)]), endpointing_ms)
    cue, segment = found[-1]
    assert cue is Cue.ENDED and segment is not None
    assert (segment.end - segment.voiced_end) * 20 == endpointing_ms


@pytest.mark.parametrize("level", [40, 150, 300])
async def test_speech_is_found_in_line_noise(level: float) -> None:
    """After a few seconds hiss is no speech, and speech over it has a beginning and an end."""
    hiss = noise(12, level)
    pcm = hiss.copy()
    voice = await hibari().synthesise(LINE) * np.int16(3)
    pcm[48_000 : 48_000 + len(voice)] += voice
    late = [s for c, s in cues(pcm) if c is Cue.ENDED and s is not None and s.start > 250]
    assert len(late) == 1
    assert 48_000 / 160 - 15 <= late[0].start <= 48_000 / 160 + 30
    assert late[0].voiced_end <= (48_000 + len(voice)) / 160 + 15


def test_a_click_is_no_speech() -> None:
    """A loud frame now and then starts nothing."""
    pcm = quiet(6)
    for at in range(8000, len(pcm), 8000):
        pcm[at : at + 160] = 9000
    assert kinds(cues(pcm)) == []


def test_long_silence_is_reported() -> None:
    """Every five seconds without speech there is a cue."""
    assert [cue for cue, _ in cues(quiet(11))] == [Cue.SILENT, Cue.SILENT]


async def test_the_end_is_told_even_after_a_cut() -> None:
    """When long speech is cut just where it ends, an empty end follows."""
    pcm = await hibari().synthesise(LINE)
    loud = np.flatnonzero(np.abs(pcm.astype(int)) > 300)
    speech = np.tile(pcm[loud[0] : loud[-1]], 20)[: int(7.1 * 8000)]
    found = [
        (c, s) for c, s in cues(np.concatenate([speech, quiet(1)])) if c in {Cue.CUT, Cue.ENDED}
    ]
    assert found[-1][0] is Cue.ENDED
    assert sum(cue is Cue.ENDED for cue, _ in found) == 1


async def test_finalize_in_the_middle_of_speech() -> None:
    """Closing hands over what is open; the rest of the speech makes a segment that joins on."""
    pcm = await hibari().synthesise(LINE)
    segmenter = Segmenter(300, Pacing())
    segmenter.feed(pcm[: len(pcm) // 2])
    first = segmenter.close()
    assert first is not None and segmenter.close() is None
    found = segmenter.feed(np.concatenate([pcm[len(pcm) // 2 :], quiet(1)]))
    second = found[-1][1]
    assert found[-1][0] is Cue.ENDED and second is not None
    assert 0 <= second.start - first.end <= 15
