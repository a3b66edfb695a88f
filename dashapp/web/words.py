"""What only pages say of numbers; they are worded by the metrics, for alerts and summaries say them too."""

from collections import Counter
from collections.abc import Mapping

from dashapp.domain.vocabulary import Severity
from dashapp.metrics import Better, Metric
from dashapp.metrics.words import NO_DATA, change, count, day, days, level, moment, number

__all__ = ["NO_DATA", "change", "count", "day", "days", "direction", "hours", "level", "megabytes", "moment", "number"]


def hours(value: float) -> str:
    """Hours at the end of a bar, in two digits: 0.31 or 4.9 or 24 or 117."""
    return f"{value:.2g}" if value < 99.5 else f"{value:.0f}"


def megabytes(size: float) -> str:
    """A number of bytes, in millions of them: 32.8 MB."""
    return f"{size / 1e6:,.1f} MB"


def sla(given: Mapping[Severity, float]) -> str:
    """The hours of most severities, and those that differ: "24 h (critical 4 h)"."""
    [(usual, _)] = Counter(given.values()).most_common(1)
    others = ", ".join(f"{severity} {value:g} h" for severity, value in given.items() if value != usual)
    return f"{usual:g} h" + (f" ({others})" if others else "")


def direction(metric: Metric, now: float | None, before: float | None) -> str:
    """Whether a change is good, bad or neither: the class that colours it."""
    if now is None or before is None or now == before or metric.better is Better.NEITHER:
        return "flat"
    return "good" if (now > before) == (metric.better is Better.HIGHER) else "bad"
