"""What Prometheus is told about calls."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from pipeline.record import CallRecord


class Metrics:
    """The counters of one process, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.calls = Counter(
            "bayline_calls_total", "Calls by how they ended", ["outcome"], registry=self.registry
        )
        self.refused = Counter(
            "bayline_refused_total",
            "Webhooks and streams that were turned away, by reason",
            ["reason"],
            registry=self.registry,
        )
        self.in_progress = Gauge(
            "bayline_calls_in_progress", "Calls on the line now", registry=self.registry
        )
        self.tools = Histogram(
            "bayline_tool_seconds",
            "Time a tool took, by tool and outcome",
            ["tool", "outcome"],
            registry=self.registry,
            buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8),
        )
        self.webhook = Histogram(
            "bayline_inbound_webhook_seconds",
            "Time to answer the inbound-call webhook",
            registry=self.registry,
            buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 15),
        )

    def count(self, record: CallRecord) -> None:
        """Count a call that is over, and the tools it used."""
        self.calls.labels(record.outcome).inc()
        for use in record.tools:
            self.tools.labels(use.name, use.outcome).observe(use.ms / 1000)

    def render(self) -> bytes:
        """Return the text Prometheus scrapes."""
        return generate_latest(self.registry)
