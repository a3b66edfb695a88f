"""What is counted of requests, for a monitoring system. Labels have few values: none comes from outside."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 600)
"""Upper ends of the classes of durations: pages take milliseconds, exports may take minutes."""


class Meters:
    """Counters of one app."""

    def __init__(self) -> None:
        self.broken = False  # what does not count any more stays as it is: a new process counts again
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "watchfloor_http_requests",
            "Requests answered, by method, route and class of status",
            ["method", "route", "status"],
            registry=self.registry,
        )
        self.durations = Histogram(
            "watchfloor_http_request_duration_seconds",
            "From the arrival of a request to the end of its answer, by route",
            ["route"],
            buckets=SECONDS,
            registry=self.registry,
        )
        self.callbacks = Histogram(
            "watchfloor_callback_duration_seconds",
            "The requests that fill a page or refresh it, by page",
            ["page"],
            buckets=SECONDS,
            registry=self.registry,
        )
        self.in_progress = Gauge(
            "watchfloor_http_requests_in_progress",
            "Requests that are being answered",
            registry=self.registry,
            multiprocess_mode="livesum",
        )
