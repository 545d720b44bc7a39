"""The booking torture test: many callers, few slots, everything failing, and a check of it all."""
