"""The phone side: callers who ring the service, and measurements of what they heard."""
