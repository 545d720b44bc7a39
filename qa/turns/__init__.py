"""The bench of turn-taking: a seeded corpus of callers, whole calls, and their figures."""
