"""The file of a recording: playable at any moment, and never in the way of the call."""

import asyncio
import wave
from pathlib import Path

import pytest

from pipeline.recording import Recording

pytestmark = pytest.mark.unit

SECOND = b"\x01\x00\x02\x00" * 8000


async def test_the_file_is_a_stereo_wav_named_by_its_call(tmp_path: Path) -> None:
    """Two channels of 16-bit samples at the given rate, for nobody else's eyes."""
    recording = Recording(tmp_path, "CA0123", 8000)
    recording.write(SECOND)
    recording.write(SECOND)
    path = await recording.close()
    assert path == tmp_path / "CA0123.wav"
    assert path.stat().st_mode & 0o777 == 0o600
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (2, 2, 8000)
        assert file.readframes(99_999) == SECOND * 2


async def test_it_can_be_played_while_it_grows(tmp_path: Path) -> None:
    """A process that dies leaves a whole file of what was said so far."""
    recording = Recording(tmp_path, "CA1", 8000)
    recording.write(SECOND)
    async with asyncio.timeout(5):
        while _frames(tmp_path) < 8000:  # noqa: ASYNC110 - the disk's own time
            await asyncio.sleep(0)
    await recording.close()


def _frames(folder: Path) -> int:
    """Return the length of the file so far, 0 while there is none or its header is not out yet."""
    whole = [path for path in folder.glob("*.wav") if path.stat().st_size > 44]
    if not whole:
        return 0
    with wave.open(str(whole[0])) as file:
        return int(file.getnframes())


async def test_a_call_without_sound_leaves_no_file(tmp_path: Path) -> None:
    """Nothing said, nothing kept."""
    assert await Recording(tmp_path, "CA1", 8000).close() is None
    assert not _frames(tmp_path)


async def test_a_disk_that_fails_does_not_disturb_the_call(tmp_path: Path) -> None:
    """Writing and closing raise nothing; there is no recording to speak of."""
    recording = Recording(tmp_path / "gone", "CA1", 8000)
    recording.write(SECOND)
    assert await recording.close() is None
    recording.write(SECOND)


@pytest.mark.parametrize("sid", ["../../etc/passwd", "", "a/b", "x" * 500])
async def test_no_call_sid_leads_out_of_the_folder(tmp_path: Path, sid: str) -> None:
    """A name that is no plain name is replaced by a digest of it."""
    recording = Recording(tmp_path, sid, 8000)
    assert recording.path.parent == tmp_path
    await recording.close()
