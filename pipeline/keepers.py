"""What keeps card numbers out of a call, and what keeps the call, if it is recorded."""

from pipecat.frames.frames import TTSSpeakFrame
from pipecat.processors.frame_processor import FrameProcessor

from pipeline import prompt, turns
from pipeline.record import CallRecord
from pipeline.recording import Recording
from pipeline.services import SAMPLE_RATE_HZ
from processors.call_recorder import CallRecorder
from processors.card_guard import CardGuard


def keepers(
    record: CallRecord, recording: Recording | None, llm: FrameProcessor
) -> tuple[CardGuard, list[CallRecorder]]:
    """Return the guard of a call, and its recorder, if any: it hides what the guard finds."""
    recorders: list[CallRecorder] = []

    def found() -> None:
        for recorder in recorders:
            recorder.hide()

    async def tell() -> None:
        # From the model on: behind it is what the model is about to say to this very turn.
        await llm.push_frame(TTSSpeakFrame(prompt.NO_CARD_NUMBERS))

    guard = CardGuard(
        hold_s=turns.CARD_HOLD_S, number_asked=record.asked_for_number, found=found, tell=tell
    )
    if recording is not None:
        recorders.append(
            CallRecorder(
                recording.write,
                sample_rate_hz=SAMPLE_RATE_HZ,
                lag_s=turns.RECORDING_LAG_S,
                hold_back_s=turns.RECORDING_HOLD_BACK_S,
                number_open=guard.number_open,
                may_go_on=guard.may_go_on,
            )
        )
    return guard, recorders
