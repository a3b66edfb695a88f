"""The frame that charts over time share: axes, threshold lines, shading of what may still change."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import groupby
from typing import Any

from dashapp.domain.ask import Ask, Grain, Window
from dashapp.metrics import Measurement, Unit
from dashapp.web import words

HALF = {
    Grain.FIVE_MINUTES: timedelta(minutes=2.5),
    Grain.HOUR: timedelta(minutes=30),
    Grain.DAY: timedelta(hours=12),
    Grain.WEEK: timedelta(days=3.5),
    Grain.MONTH: timedelta(days=15),
}
HOVER = {
    Grain.FIVE_MINUTES: "%H:%M, %-d %b",
    Grain.HOUR: "%H:%M, %a %-d %b",
    Grain.DAY: "%a %-d %b %Y",
    Grain.WEEK: "week of %-d %b %Y",
    Grain.MONTH: "%B %Y",
    Grain.WHOLE: "from %-d %b %Y",
}
ROOM_FOR_NAMES = 84
"""Pixels at the right of a chart in which the names of threshold lines stand."""

FEW = 2
"""Stretches that have room for a name each."""

KEPT = 64
"""Windows whose buckets each process keeps: a page asks for the same ones for every line."""

TICKS = {
    "tickformatstops": [
        {"dtickrange": [None, 86400000 - 1], "value": "%H:%M\n%-d %b"},
        {"dtickrange": [86400000, 86400000 * 27], "value": "%-d %b\n%Y"},
        {"dtickrange": ["M1", None], "value": "%b %Y"},
    ]
}
"""Days before months, as in all other text; the year below where it is not said."""


def layout(answer: Measurement) -> dict[str, Any]:
    """Axes over the whole window, whether or not there is data for all of it."""
    levels = _levels(answer)
    return {
        "xaxis": {"type": "date", "range": _range(answer.ask), "hoverformat": HOVER[answer.ask.grain], **TICKS},
        "yaxis": {
            "title": {"text": answer.metric.unit},
            "rangemode": "normal" if answer.metric.unit is Unit.SCORE else "tozero",
            "autorangeoptions": {"include": [value for _, value, _ in levels]},
        },
        "shapes": [*_provisional(answer), *level_shapes(answer)],
        "annotations": [_level_name(answer, *level) for level in levels],
        **({"margin": {"r": ROOM_FOR_NAMES}} if levels else {}),
        "meta": {"unit": answer.metric.unit, "grain": "from" if answer.ask.grain is Grain.WHOLE else answer.ask.grain},
    }


def buckets(ask: Ask) -> Sequence[date]:
    """Every bucket of the window or stretch, with or without data."""
    if ask.stretch:
        return ask.stretch.buckets
    return _buckets(ask.window, ask.grain)


@lru_cache(KEPT)
def _buckets(window: Window, grain: Grain) -> Sequence[date]:
    return tuple(dict.fromkeys(grain.bucket(day, window.since) for day in window))


def _half(ask: Ask) -> timedelta:
    """Half a bucket: a point stands for the time around it."""
    return HALF.get(ask.grain, timedelta(days=ask.window.length / 2))


def _range(ask: Ask) -> list[str]:
    shown = buckets(ask)
    return [_edge(shown[0], -_half(ask), ask), _edge(shown[-1], _half(ask), ask)]


def at(bucket: date, ask: Ask) -> str:
    """Where a bucket stands along x: its day, or its first moment by the clock of the zone."""
    if ask.stretch and isinstance(bucket, datetime):
        return bucket.astimezone(ask.stretch.zone).replace(tzinfo=None).isoformat()
    return bucket.isoformat()


def _edge(bucket: date, by: timedelta, ask: Ask) -> str:
    return (datetime.fromisoformat(at(bucket, ask)) + by).isoformat()


def _levels(answer: Measurement) -> list[tuple[str, float, str]]:
    """Threshold lines as (name, value, colour)."""
    threshold = answer.threshold
    if threshold is None:
        return []
    levels = [("warning", threshold.warn, "var(--warn)"), ("alert", threshold.alert, "var(--alert)")]
    return [("baseline", threshold.baseline, "var(--text-3)"), *levels] if threshold.baseline is not None else levels


def level_shapes(answer: Measurement, *, across: bool = False) -> list[dict[str, Any]]:
    """Threshold lines; `across` a chart whose values run along x."""
    along, over = ("y", "x") if across else ("x", "y")
    return [
        {
            "type": "line",
            f"{along}ref": "paper",
            f"{along}0": 0,
            f"{along}1": 1,
            f"{over}0": value,
            f"{over}1": value,
            "line": {"color": colour, "width": 1, "dash": "dot"},
            "layer": "below" if across else "above",
        }
        for name, value, colour in _levels(answer)
    ]


def _level_name(answer: Measurement, name: str, value: float, colour: str) -> dict[str, Any]:
    """What a threshold line is called, in the margin at its right end: within, it would hide the latest days."""
    return {
        "text": f"{name} {words.level(value, answer.metric.unit)}",
        "x": 1,
        "xref": "paper",
        "xanchor": "left",
        "y": value,
        "yanchor": "middle",
        "showarrow": False,
        "font": {"color": colour},
    }


def _provisional(answer: Measurement) -> list[dict[str, Any]]:
    """A shaded stretch for each run of buckets whose numbers may still change; of many the longest is named."""
    pending = {point.bucket: False for point in answer.points}
    for point in answer.points:
        pending[point.bucket] |= point.provisional
    half = _half(answer.ask)
    place = "bottom right" if answer.threshold else "top right"  # where threshold lines are not named
    runs = [list(run) for changing, run in groupby(sorted(pending), key=pending.__getitem__) if changing]
    longest = max(runs, key=len, default=None)
    return [
        {
            "type": "rect",
            "yref": "paper",
            "x0": _edge(run[0], -half, answer.ask),
            "x1": _edge(run[-1], half, answer.ask),
            "y0": 0,
            "y1": 1,
            "layer": "below",
            "line": {"width": 0},
            "fillcolor": "var(--shade)",
            "label": {"text": name, "textposition": place, "font": {"color": "var(--text-3)"}},
        }
        for run in runs
        for name in ("provisional" if len(runs) <= FEW or run is longest else "",)
    ]
