"""A stand-in for Google Calendar v3 and Google's token endpoint."""

from sandbox.google.credentials import write_credentials
from sandbox.google.routes import router
from sandbox.google.world import CalendarWorld, Fault, GoogleError

__all__ = ["CalendarWorld", "Fault", "GoogleError", "router", "write_credentials"]
