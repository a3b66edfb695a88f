"""Rules over the metrics: what needs attention now, in sentences, each with the page that tells more."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from itertools import takewhile

from dashapp.alerts.data import STATUS, late, waited, where
from dashapp.alerts.incidents import incidents
from dashapp.alerts.look import WEEK, Concern, Failed, Found, Look, State, of_data, sound
from dashapp.domain.ask import Filters, Grain
from dashapp.domain.vocabulary import Dim, Feed, label
from dashapp.metrics import METRICS, Desk, Kind, Measurement, Metric, Point, Threshold, measure
from dashapp.metrics.measure import FRESH
from dashapp.metrics.queue import AT_RISK
from dashapp.metrics.registry import COUNTS
from dashapp.metrics.words import count, day, level, number

BACK = 28
"""Days that a crossed threshold is traced back: four weeks tell a bad week from a lasting state."""
GROWTH = 0.25
"""Least growth from one week to the next that is worth a look: steady traffic differs by a tenth or so."""
GROWTH_FLAGS = 50
"""Least growth in flags: below it a small category doubles by chance, and nobody would plan for it."""


@dataclass(frozen=True)
class Attention:
    """The concerns, most urgent first; how many checks found nothing, which had no data to go by, how far data go, and
    which checks failed.
    """

    concerns: tuple[Concern, ...]
    passed: int
    unmade: tuple[str, ...]
    as_of: date | None
    failed: tuple[str, ...] = ()


def attention(desk: Desk, filters: Filters = ()) -> Attention:
    """Everything that needs attention now, of the flags that the filters leave. Each check is one measured question."""
    look, failed = Look(desk, filters), list[str]()
    results: dict[str, Found] = {}
    for name, check in [*_of_metrics(look), *CHECKS.items()]:
        try:
            results[name] = check(look)
        except Failed:
            failed.append(name)
    concerns = [concern for found in results.values() for concern in found or ()]
    return Attention(
        tuple(sorted(concerns, key=_rank)),
        sum(found == [] for found in results.values()),
        tuple(name for name, found in results.items() if found is None),
        look.as_of,
        tuple(failed),
    )


def _rank(concern: Concern) -> tuple[int, date]:
    """The most urgent state first, then the longest-lasting; within a check they come by size, which sorting keeps."""
    return list(State).index(concern.state), concern.since or date.max


def _of_metrics(look: Look) -> Iterator[tuple[str, Callable[[Look], Found]]]:
    """A check for each metric that has a threshold, by name. Where nobody sends events there is nothing to check of
    them, and where nobody is expected to deliver nobody can be late.
    """
    senders = look.desk.received_since(dict(look.filters).get(Dim.ORIGIN) or look.desk.default_origins(Feed.WIRE))
    for metric in METRICS.values():
        if metric.threshold_under(look.desk.policy) is None or (metric.feed is Feed.WIRE and not senders):
            continue
        if metric.kind is not Kind.SILENCE:
            yield metric.title, partial(_beyond, metric)
        elif (answer := waited(look, metric)).points or answer.error:
            yield metric.title, partial(late, metric)


def _beyond(metric: Metric, look: Look) -> Found:
    """Whether the last seven settled days, pooled, lie beyond the metric's threshold."""
    until = look.settled(metric)
    ask = look.of_origins if of_data(metric) else look.ask
    answer = sound(measure(look.desk, metric, replace(ask(until, BACK), trailing=WEEK)))
    settled = {point.bucket: point for point in answer.points if not point.provisional and point.value is not None}
    if until not in settled or answer.threshold is None:
        return None
    last, threshold = settled[until], answer.threshold
    state = threshold.state(last.value)
    if state == "ok":
        return []
    bad = {"alert"} if state == "alert" else {"alert", "warn"}
    backwards = reversed(list(answer.ask.window))
    run = list(takewhile(lambda day: day in settled and threshold.state(settled[day].value) in bad, backwards))
    limit = level(threshold.alert if state == "alert" else threshold.warn, metric.unit)
    side = "at least" if metric.unit in COUNTS else threshold.side
    title = f"{metric.title} {number(last.value, metric.unit)} in the last 7 days, {side} {limit}"
    most = where(look, metric, until) if of_data(metric) else _most(look, metric, threshold, until)
    page = STATUS if of_data(metric) else f"/{metric.family}"
    return [Concern(State(state), title, " ".join([_extent(last, run), *most]), metric.key, look.link(page), run[-1])]


def _extent(last: Point, run: list[date]) -> str:
    """From how many cases, up to which day, and for how long it has been so."""
    span = f"{len(run)} days or more" if len(run) == BACK else f"{len(run)} day{'s' * (len(run) > 1)}"
    return f"{count(last.n)} to {day(last.bucket)}, so for {span}."


def _most(look: Look, metric: Metric, threshold: Threshold, until: date) -> list[str]:
    """The group that adds most to what lies beyond the warning: a category, or a severity where one is chosen."""
    dim = Dim.SEVERITY if len(dict(look.filters).get(Dim.CATEGORY, ())) == 1 else Dim.CATEGORY
    answer = measure(look.desk, metric, look.ask(until, WEEK, Grain.WHOLE, (dim,)))
    sign = 1 if threshold.alert >= threshold.warn else -1
    known = [(point.value, point) for point in answer.points if point.value is not None]
    parts = [(sign * (value - threshold.warn) * point.n, point) for value, point in known]
    if len(parts) < 2:
        return []
    worst = max(parts, key=lambda part: part[0])[1]
    return [f"{label(worst.groups[0])} adds most: {number(worst.value, metric.unit)}, {count(worst.n)}."]


def _at_risk(look: Look) -> Found:
    """Open flags that soon miss their SLA, or have."""
    waiting, oldest = (_now(look, METRICS[key]) for key in ("sla_at_risk", "oldest_open"))
    if waiting.total is None or waiting.total.value is None:
        return None
    n = int(waiting.total.value)
    if not n:
        return []
    title = f"{n:,} open {'flags' if n > 1 else 'flag'} past {100 * AT_RISK:g} % of {'their' if n > 1 else 'its'} SLA"
    hours = number(oldest.total.value, oldest.metric.unit) if oldest.total else "an unknown time"
    detail = f"Of {waiting.total.n:,} open; the oldest has waited {hours}."
    return [Concern(State.WATCH, title, detail, "sla_at_risk", look.link(f"/{waiting.metric.family}"))]


def _now(look: Look, metric: Metric) -> Measurement:
    return sound(measure(look.desk, metric, look.ask(look.desk.today, 1, Grain.WHOLE)))


def _growth(look: Look) -> Found:
    """Categories that grew from one complete week to the next, those that grew most first."""
    if len(look.known) < WEEK + WEEK or sound(look.by_category).error:
        return None
    grown = [
        (after - before, category, before, after)
        for category, (before, after, _) in _weeks(look).items()
        if after - before >= max(GROWTH_FLAGS, GROWTH * before) and category not in look.new
    ]
    return [
        Concern(
            State.WATCH,
            f"{label(category)} up {f'{100 * more / before:.0f} %' if before else 'from none'} week on week",
            f"{after:,} flags after {before:,}; week to {day(look.until)}.",
            "flags",
            look.link("/volume", category=category),
            look.until - timedelta(days=WEEK - 1),
        )
        for more, category, before, after in sorted(grown, reverse=True)
    ]


def _first_seen(look: Look) -> Found:
    """Categories never seen before the last week. The week before must be known, or nothing could have been seen."""
    if len(look.known) < WEEK + WEEK or sound(look.by_category).error:
        return None
    weeks = _weeks(look)
    return [
        Concern(
            State.WATCH,
            f"New category {label(category)}, first seen on {day(first)}",
            f"{sum(weeks[category]):,} flags since.",
            "flags",
            look.link("/volume", category=category),
            first,
        )
        for category, first in look.new.items()
        if category in weeks
    ]


def _weeks(look: Look) -> dict[str, tuple[int, int, int]]:
    """Flags by category: of the week before, of the last complete week, and after it."""
    sums: dict[str, list[int]] = {}
    for point in look.by_category.points:
        ago = (look.until - point.bucket).days
        sums.setdefault(point.groups[0], [0, 0, 0])[0 if ago >= WEEK else 1 if ago >= 0 else 2] += point.n
    return {category: (before, after, later) for category, (before, after, later) in sums.items()}


def _ended(look: Look) -> Found:
    """Origins that stopped delivering: all of them, or one while others go on. Those that are late are told of so."""
    today = look.desk.today
    looked_at = [origin for origin in look.desk.origins() if origin.name in look.names]
    known = [(origin.name, origin.last_day) for origin in looked_at if origin.last_day]
    latest = max((last for _, last in known), default=None)
    if latest is None:
        return None

    def whose(name: str) -> str:
        return f"Data of {name} ends" if len(known) > 1 else "Data ends"

    return [
        Concern(
            State.DATA,
            f"{whose(name)} on {day(last)}, {(today - last).days} days ago",
            "Others go on; sums over all origins lack this one." if last < latest else "All figures are as of then.",
            "flags",
            look.link("/volume", origin=name),
            last,
        )
        for name, last in known
        if today - last > FRESH and name not in look.overdue
    ]


CHECKS: dict[str, Callable[[Look], Found]] = {
    "Incidents": incidents,
    "Flags at risk": _at_risk,
    "Growth by category": _growth,
    "New categories": _first_seen,
    "End of data": _ended,
}
"""The checks that look at more than one metric's value, by name."""
