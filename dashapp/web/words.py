"""Changes in words; numbers and dates are worded by the metrics, for alerts say them too."""

from dashapp.metrics import Better, Metric, Unit
from dashapp.metrics.words import NO_DATA, count, day, days, level, moment, number

__all__ = ["NO_DATA", "change", "count", "day", "days", "direction", "hours", "level", "moment", "number"]


def change(now: float | None, before: float | None, unit: Unit) -> str:
    """How far a value moved: "+3.8 %" for counts, points for shares; "new" where there was nothing."""
    if now is None or before is None:
        return NO_DATA if now is None else "no data before"
    if unit is Unit.PERCENT:
        return f"{now - before:+.1f} pt"
    if unit is Unit.SCORE:
        return f"{now - before:+.3f}"
    if not before:
        return "new" if now else "none, as before"
    return f"{100 * (now - before) / before:+.1f} %"


def hours(value: float) -> str:
    """Hours at the end of a bar, in two digits: 0.31 or 4.9 or 24 or 117."""
    return f"{value:.2g}" if value < 99.5 else f"{value:.0f}"


def direction(metric: Metric, now: float | None, before: float | None) -> str:
    """Whether a change is good, bad or neither: the class that colours it."""
    if now is None or before is None or now == before or metric.better is Better.NEITHER:
        return "flat"
    return "good" if (now > before) == (metric.better is Better.HIGHER) else "bad"
