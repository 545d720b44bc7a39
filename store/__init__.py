"""Everything that is remembered: PostgreSQL, Redis, Google Calendar, and NHTSA's facts."""
