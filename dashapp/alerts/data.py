"""What is said of data as such: who is late, and where a figure comes from."""

from datetime import date, timedelta

from dashapp.alerts.look import WEEK, Concern, Found, Look, State, sound
from dashapp.domain.ask import Grain
from dashapp.domain.vocabulary import Dim, label
from dashapp.metrics import Measurement, Metric, measure
from dashapp.metrics.words import level, number

STATUS = "/status"
"""The page that shows it."""


def waited(look: Look, metric: Metric) -> Measurement:
    """How long ago each origin delivered."""
    return measure(look.desk, metric, look.of_origins(look.desk.today, 1, Grain.DAY, (Dim.ORIGIN,)))


def late(metric: Metric, look: Look) -> Found:
    """Origins that more is expected of and that have not delivered for long, the longest first."""
    answer = sound(waited(look, metric))
    threshold = answer.threshold
    found = sorted(((point.value or 0, point.groups[0]) for point in answer.points), reverse=True)
    return [
        Concern(
            State(state),
            f"{name}: {number(hours, metric.unit)} {metric.title[0].lower()}{metric.title[1:]}",
            f"Late from {level(threshold.alert if state == 'alert' else threshold.warn, metric.unit)} on.",
            metric.key,
            look.link(STATUS, origin=name),
            (look.desk.now - timedelta(hours=hours)).astimezone(look.desk.policy.zone).date(),
        )
        for hours, name in found
        if threshold and (state := threshold.state(hours)) in ("warn", "alert")
    ]


def where(look: Look, metric: Metric, until: date) -> list[str]:
    """The origin, and the field where fields are told apart, of which a figure of data as such is largest."""
    dims = tuple(dim for dim in (Dim.FIELD, Dim.ORIGIN) if dim in metric.dims)
    points = sound(measure(look.desk, metric, look.of_origins(until, WEEK, Grain.WHOLE, dims))).points
    known = [(point.value, point.groups) for point in points if point.value]
    if not known:
        return []
    value, groups = max(known)
    whose = " of ".join([*(label(group) for group in groups[:-1]), groups[-1]])
    return [f"{whose}: {number(value, metric.unit)}."]
