"""Scenarios: phone calls in YAML files, how they are read, played and judged."""
