"""Measurements as figures: plain dicts without a template, colours as design tokens. Pure."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from dashapp.domain.vocabulary import CLOSED, Dim
from dashapp.metrics import Kind, Measurement, Point, Unit
from dashapp.metrics.registry import COUNTS
from dashapp.web import axes, theme, words
from dashapp.web.theme import Positions

Figure = dict[str, Any]
Series = dict[str, list[Point]]

COUNTED = (Kind.FLOW, Kind.STOCK)
"""Kinds whose value is a number of cases."""

MARK = {
    "type": "line",
    "yref": "paper",
    "y0": 0,
    "y1": 1,
    "layer": "below",
    "line": {"color": "var(--text-2)", "width": 1, "dash": "dot"},
}
NAME = {
    "y": 1,
    "yref": "paper",
    "yanchor": "top",
    "xanchor": "left",
    "showarrow": False,
    "font": {"size": 11, "color": "var(--text-2)"},
}
MOST_NAMED = 5
"""Marks that have room for a name."""

MARKED = 6
"""Pixels of the mark of a value that stands alone."""
MOST_GROUPS = 6
ROOM_FOR_NUMBERS = 1.25
HOVER = {
    **dict.fromkeys(COUNTS, "%{y:,.0f}"),
    Unit.PERCENT: "%{y:.1f} %",
    Unit.SCORE: "%{y:.3f}",
    Unit.HOURS: "%{y:.1f} h",
}


def bars(answer: Measurement, known: Positions) -> Figure:
    """Counts over time as bars, stacked by the split dimension."""
    traces = [
        {
            **_trace(points, name, answer),
            "type": "bar",
            "marker": {"color": _colour(answer, value, known), "pattern": {"shape": _pattern(answer, value, known)}},
        }
        for value, name, points in _series(answer)
    ]
    return _figure(answer, traces, barmode="stack", bargap=0.15)


def lines(
    answer: Measurement, known: Positions, trailing: Measurement | None = None, others: Sequence[Measurement] = ()
) -> Figure:
    """Values over time as lines, one a group; with `trailing` the pooled line in front of the daily one, with
    `others` further metrics of the same unit beside it.
    """
    traces = [
        {
            **_trace(points, name, answer),
            **_line(_colour(answer, value, known), 1 if trailing else 2, _dash(answer, value, known)),
            "opacity": 0.55 if trailing else 1,
        }
        for value, name, points in _series(answer)
    ]
    if trailing is not None:
        name = f"{trailing.ask.trailing} days, pooled"
        traces.append({**_trace(list(trailing.points), name, trailing), **_line(theme.ACCENT, 2, "solid")})
    colours = ("var(--cat-2)", "var(--cat-3)", "var(--cat-4)")
    for other, colour in zip(others, colours, strict=False):
        traces.append({**_trace(list(other.points), other.metric.title, other), **_line(colour, 2, "solid")})
    return _figure(answer, [_visible(trace) for trace in traces])


def totals(answer: Measurement, known: Positions) -> Figure:
    """One bar a group for the whole window, closed sets in their order, others by size."""
    dim = answer.ask.by[0]
    shown = sorted(answer.points, key=lambda point: _order(dim, point))
    names = [theme.text(point.groups[0]) for point in shown]
    unit, largest = answer.metric.unit, max((point.value or 0 for point in shown), default=0) or 1
    trace = {
        "type": "bar",
        "orientation": "h",
        "name": answer.metric.title,
        "y": names,
        "x": [point.value for point in shown],
        "text": [words.number(point.value, unit) for point in shown],
        "customdata": [extra(point) for point in shown],
        "marker": {"color": [theme.colour(dim, point.groups[0], known) for point in shown]},
        "hovertemplate": "%{y}: %{text}<br>n %{customdata[0]:,}<extra></extra>",
        "meta": {"metric": answer.metric.key, "groups": [list(point.groups) for point in shown]},
        "textposition": "auto",
        "cliponaxis": False,
    }
    return {
        "data": [trace],
        "layout": {
            "xaxis": {"range": [0, ROOM_FOR_NUMBERS * largest], "title": {"text": unit}},
            "yaxis": {"autorange": "reversed", "type": "category", "nticks": 2 * len(shown)},
            "shapes": axes.level_shapes(answer, across=True),
            "showlegend": False,
            "hovermode": "closest",
            "meta": {"unit": unit, "heading": dim.heading},
        },
    }


def compared(figure: Figure, answer: Measurement, before: Measurement) -> Figure:
    """The same figure with the previous window's total behind it, moved onto this window's days."""
    shift = answer.ask.window.since - before.ask.window.since
    trace = {**_trace(list(before.points), "previous period", before), **_line(theme.QUIET, 1.5, "dot"), "meta": None}
    trace["x"] = [(date.fromisoformat(day) + shift).isoformat() for day in trace["x"]]
    return {**figure, "data": [*figure["data"], trace]}


def marked(figure: Figure, changes: Sequence[tuple[date, str]]) -> Figure:
    """The same figure with a thin line on each of these days, the first of them with what happened in a word or two, as
    far as there is room beside each other.
    """
    layout = figure["layout"]
    since, until = (datetime.fromisoformat(end).date() for end in layout["xaxis"]["range"])
    room, known = (until - since) / (MOST_NAMED + 1), list[tuple[date, str]]()
    for day, what in changes:
        if len(known) < MOST_NAMED and (not known or day - known[-1][0] >= room):
            known.append((day, what))
    drawn = [{**MARK, "x0": day.isoformat(), "x1": day.isoformat()} for day, _ in changes]
    sides = ["right" if day - since > 0.8 * (until - since) else "left" for day, _ in known]
    named = [
        {**NAME, "x": day.isoformat(), "text": theme.text(what), "xanchor": side}
        for (day, what), side in zip(known, sides, strict=True)
    ]
    shapes, annotations = [*layout.get("shapes", []), *drawn], [*layout.get("annotations", []), *named]
    return {**figure, "layout": {**layout, "shapes": shapes, "annotations": annotations}}


def _series(answer: Measurement) -> list[tuple[str | None, str, list[Point]]]:
    """The points of each group as (value, name, points): the largest groups, and the rest together as other."""
    if not answer.ask.by:
        return [(None, answer.metric.title, list(answer.points))]
    groups: Series = defaultdict(list)
    for point in answer.points:
        groups[" · ".join(point.groups)].append(point)
    dim = answer.ask.by[0]
    size = {name: sum(point.n for point in points) for name, points in groups.items()}
    most = MOST_GROUPS + (len(groups) == MOST_GROUPS + 1)  # one alone is not called other
    largest = sorted(groups, key=lambda name: -size[name])[:most]
    shown = sorted(largest, key=lambda name: _order(dim, groups[name][0], size[name]))
    found: list[tuple[str | None, str, list[Point]]] = [
        (groups[name][0].groups[0], _name(groups[name][0]), groups[name]) for name in shown
    ]
    rest = [groups[name] for name in groups if name not in largest]
    if not rest or answer.metric.kind in (Kind.DURATIONS, Kind.PEAK):  # of groups these make none of all together
        return found
    return [*found, ("", f"other ({len(rest)})", _together(rest, answer.metric.kind))]


def _name(point: Point) -> str:
    return " · ".join(theme.text(group) for group in point.groups)


def _together(series: Sequence[Sequence[Point]], kind: Kind) -> list[Point]:
    """Several groups as one: counts added, rates and means pooled over their cases."""
    buckets: dict[date, list[Point]] = defaultdict(list)
    for points in series:
        for point in points:
            buckets[point.bucket].append(point)
    return [_pooled(bucket, members, kind) for bucket, members in buckets.items()]


def _pooled(bucket: date, members: Sequence[Point], kind: Kind) -> Point:
    n = sum(point.n for point in members)
    provisional = any(point.provisional for point in members)
    if kind in COUNTED:
        return Point(bucket, (), sum(point.value or 0 for point in members), n, provisional=provisional)
    value = sum((point.value or 0) * point.n for point in members) / n if n else None
    return Point(bucket, (), value, n, provisional=provisional)


def _order(dim: Dim, point: Point, size: float | None = None) -> tuple[float, str]:
    value = point.groups[0]
    if dim in CLOSED:
        return (CLOSED[dim].index(value) if value in CLOSED[dim] else len(CLOSED[dim]), value)
    return (-(size if size is not None else point.value or 0), value)


def _trace(points: Sequence[Point], name: str, answer: Measurement) -> Figure:
    """Points over time, with an empty place for each bucket that has none, so that a line breaks there."""
    found = {point.bucket: point for point in points}
    shown = [found.get(bucket) or Point(bucket, (), None, 0) for bucket in axes.buckets(answer.ask)] if found else []
    return {
        "name": name,
        "x": [axes.at(point.bucket, answer.ask) for point in shown],
        "y": [point.value for point in shown],
        "customdata": [extra(point) for point in shown],
        "hovertemplate": HOVER[answer.metric.unit] + _cases(answer),
        "meta": {
            "metric": answer.metric.key,
            "days": answer.ask.trailing,
            "groups": [list(points[0].groups)] if points else [],
        },
    }


def extra(point: Point) -> tuple[int, bool]:
    """What the table view shows beside a value: of how many cases, and whether it may still change."""
    return point.n, point.provisional


def _cases(answer: Measurement) -> str:
    return "" if answer.metric.kind in COUNTED else "  of %{customdata[0]:,}"


def _visible(trace: Figure) -> Figure:
    """A line with marks where a value stands alone, of which nothing would be drawn."""
    values = [None, *trace["y"], None]
    around = zip(values, values[1:], values[2:], strict=False)
    alone = [value is not None and before is None and after is None for before, value, after in around]
    sizes = [MARKED * one for one in alone]
    return {**trace, "mode": "lines+markers", "marker": {"size": sizes}} if any(alone) else trace


def _line(colour: str, width: float, dash: str) -> Figure:
    return {
        "type": "scatter",
        "mode": "lines",
        "line": {"color": colour, "width": width, "dash": dash},
        "connectgaps": False,
    }


def _colour(answer: Measurement, value: str | None, known: Positions) -> str:
    return theme.ACCENT if value is None else theme.colour(answer.ask.by[0], value, known)


def _dash(answer: Measurement, value: str | None, known: Positions) -> str:
    return "solid" if value is None else theme.dash(answer.ask.by[0], value, known)


def _pattern(answer: Measurement, value: str | None, known: Positions) -> str:
    return {"solid": "", "dot": ".", "dash": "/", "dashdot": "x"}[_dash(answer, value, known)]


def _figure(answer: Measurement, traces: list[Figure], **layout: Any) -> Figure:
    """Traces on an axis over the whole window, with thresholds and shading where numbers may still change."""
    return {"data": traces, "layout": {**axes.layout(answer), "showlegend": len(traces) > 1, **layout}}
