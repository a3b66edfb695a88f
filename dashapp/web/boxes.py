"""Distributions as figures: plain dicts, as web.figures."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from dashapp.domain.vocabulary import Dim, label
from dashapp.metrics import Measurement, Spread, Unit
from dashapp.web import theme, words

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
            "meta": {"unit": answer.metric.unit, "table": _quartiles(dim, shown, answer.metric.unit)},
        },
    }


def histogram(answer: Measurement, marks: Sequence[float]) -> dict[str, Any]:
    """Cases by log-spaced bars, with a line at each mark."""
    bars = _bars(answer.spreads[0])
    trace = {
        "type": "bar",
        "name": "flags",
        "x": [words.hours(high) for _, high, _ in bars],
        "y": [count for _, _, count in bars],
        "customdata": [(count, False, f"{_span(low, high)} h") for low, high, count in bars],
        "marker": {"color": [theme.OTHER if low + 1e-9 >= max(marks) else theme.ACCENT for low, _, _ in bars]},
        "hovertemplate": "%{customdata[2]}: %{y:,}<extra></extra>",
    }
    return {
        "data": [trace],
        "layout": {
            "xaxis": {
                "type": "category",
                "title": {"text": "hours to decision, up to"},
                "autotickangles": [0, 90],
            },
            "yaxis": {"title": {"text": "flags"}},
            "bargap": 0.05,
            "shapes": [_mark(mark, bars) for mark in marks],
            "annotations": [_name(mark, bars) for mark in marks],
            "margin": {"t": 24},
            "showlegend": False,
            "hovermode": "closest",
            "meta": {"unit": "flags", "table": _counts(bars)},
        },
    }


def _quartiles(dim: Dim, shown: Sequence[Spread], unit: Unit) -> dict[str, Any]:
    """What the boxes show, as a table."""
    names = ("lowest", "lower quartile", "median", "upper quartile", "highest")
    rows = [
        [label(spread.groups[0]), f"{spread.n:,}", *(words.number(spread.quantile(q / 4), unit) for q in range(5))]
        for spread in shown
    ]
    return {"head": [dim.heading, "n", *names], "rows": rows}


def _counts(bars: Sequence[tuple[float, float, int]]) -> dict[str, Any]:
    """What the bars show, as a table."""
    return {
        "head": ["hours", "flags"],
        "rows": [[_span(low, high), f"{n:,}"] for low, high, n in bars],
    }


def _span(low: float, high: float) -> str:
    return f"{words.hours(low)} to {words.hours(high)}"


def _bars(spread: Spread) -> list[tuple[float, float, int]]:
    """The counts of a histogram over bars of FINE_BINS bins, empty bars between filled ones included."""
    first = 1 - FINE_BINS + (393 % FINE_BINS)

    def bar(number: int) -> int:
        return (number - first) // FINE_BINS

    counts = {key: sum(n for _, n in group) for key, group in groupby(spread.filled, key=lambda one: bar(one[0]))}
    return [
        (
            spread.edges(max(0, first + key * FINE_BINS))[0],
            spread.edges(first + (key + 1) * FINE_BINS - 1)[1],
            counts.get(key, 0),
        )
        for key in range(min(counts), max(counts) + 1)
    ]


def _mark(mark: float, bars: Sequence[tuple[float, float, int]]) -> dict[str, Any]:
    """A line where the last bar ends that lies wholly below the mark."""
    place = _place(mark, bars)
    line = {"color": "var(--alert)", "width": 1, "dash": "dot"}
    return {"type": "line", "yref": "paper", "x0": place, "x1": place, "y0": 0, "y1": 1, "line": line}


def _name(mark: float, bars: Sequence[tuple[float, float, int]]) -> dict[str, Any]:
    """The mark's name above its line."""
    font = {"color": "var(--alert)"}
    where = {"x": _place(mark, bars), "y": 1, "yref": "paper", "yanchor": "bottom", "showarrow": False}
    return {**where, "text": f"SLA {mark:g} h", "font": font}


def _place(mark: float, bars: Sequence[tuple[float, float, int]]) -> float:
    """Bars stand at 0, 1, 2 on the axis, each half to either side."""
    return sum(high <= mark * (1 + 1e-9) for _, high, _ in bars) - 0.5
