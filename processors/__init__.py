"""Frame processors that do one thing each which Pipecat does not."""
