"""Measurements of calls from what the carrier recorded: waits, stops, silences, turn-taking."""
