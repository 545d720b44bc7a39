"""Recorded callers played into a running service, in real time, over the carrier's wire."""
