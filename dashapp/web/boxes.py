"""Distributions as figures: plain dicts, as web.figures."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from dashapp.metrics import Measurement, Spread
from dashapp.web import theme

FINE_BINS = 20
"""Bins of 2 % that make one bar of hours: each bar is 1.49 times as wide as the one before."""


def boxes(answer: Measurement) -> dict[str, Any]:
    """Median, quartiles and range by group, widest groups first."""
    dim = answer.ask.by[0]
    shown = sorted(answer.spreads, key=lambda spread: -spread.n)
    trace = {
        "type": "box",
        "name": answer.metric.title,
        "y": [theme.text(spread.groups[0]) for spread in shown],
        "orientation": "h",
        "q1": [spread.quantile(0.25) for spread in shown],
        "median": [spread.quantile(0.5) for spread in shown],
        "q3": [spread.quantile(0.75) for spread in shown],
        "lowerfence": [spread.quantile(0) for spread in shown],
        "upperfence": [spread.quantile(1) for spread in shown],
        "customdata": [[spread.n] for spread in shown],
        "line": {"color": theme.ACCENT, "width": 1.5},
        "fillcolor": "var(--accent-soft)",
        "hoverinfo": "x+y",
    }
    return {
        "data": [trace],
        "layout": {
            "xaxis": {"title": {"text": answer.metric.unit}},
            "yaxis": {"autorange": "reversed", "type": "category"},
            "showlegend": False,
            "hovermode": "closest",
            "meta": {"unit": answer.metric.unit, "dim": dim, "by": [label.groups[0] for label in shown]},
        },
    }


def histogram(answer: Measurement, marks: Sequence[float]) -> dict[str, Any]:
    """Cases by log-spaced bars, with a line at each mark."""
    bars = _bars(answer.spreads[0])
    trace = {
        "type": "bar",
        "name": "flags",
        "x": [f"{low:.3g} to {high:.3g} h" for low, high, _ in bars],
        "y": [count for _, _, count in bars],
        "customdata": [[count] for _, _, count in bars],
        "marker": {"color": [theme.OTHER if low + 1e-9 >= max(marks) else theme.ACCENT for low, _, _ in bars]},
        "hovertemplate": "%{x}: %{y:,}<extra></extra>",
    }
    return {
        "data": [trace],
        "layout": {
            "xaxis": {"type": "category", "title": {"text": "hours to decision"}},
            "yaxis": {"title": {"text": "flags"}},
            "bargap": 0.05,
            "shapes": [_mark(mark, bars) for mark in marks],
            "showlegend": False,
            "hovermode": "closest",
            "meta": {"unit": "flags"},
        },
    }


def _bars(spread: Spread) -> list[tuple[float, float, int]]:
    """The counts of a histogram over bars of FINE_BINS bins, empty bars between filled ones included."""
    first = 1 - FINE_BINS + (393 % FINE_BINS)

    def bar(number: int) -> int:
        return (number - first) // FINE_BINS

    counts = {key: sum(spread.counts[n] for n in group) for key, group in groupby(sorted(spread.counts), key=bar)}
    return [
        (
            spread.edges(max(0, first + key * FINE_BINS))[0],
            spread.edges(first + (key + 1) * FINE_BINS - 1)[1],
            counts.get(key, 0),
        )
        for key in range(min(counts), max(counts) + 1)
    ]


def _mark(mark: float, bars: Sequence[tuple[float, float, int]]) -> dict[str, Any]:
    """A line between the bars where the mark lies, placed within its bar by the logarithm of the hours."""
    place = sum(high <= mark * (1 + 1e-9) for _, high, _ in bars) - 0.5
    return {
        "type": "line",
        "yref": "paper",
        "x0": place,
        "x1": place,
        "y0": 0,
        "y1": 1,
        "line": {"color": "var(--alert)", "width": 1, "dash": "dot"},
        "label": {"text": f"SLA {mark:g} h", "textposition": "end", "font": {"color": "var(--alert)"}},
    }
