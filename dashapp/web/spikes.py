"""Daily counts against what a detector expected, one row a series over the same days: a plain dict, as web.figures."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from html import escape
from itertools import groupby
from typing import Any, NamedTuple

from dashapp.domain.ask import Grain, Window
from dashapp.metrics import Unit
from dashapp.metrics.judgement import Judged
from dashapp.web import axes, theme, words

MOST_ID = 12
"""Characters of an attack's id that stand in the chart; hover and table have it whole."""
LINE = 13
"""Pixels from one line of ids to the next."""
CLOSE = 1 / 5
"""Part of the window within which two ids would overlap on a phone."""
HALF_DAY = timedelta(hours=12)

ROW, HEAD, FOOT = 70, 36, 76
"""Pixels of a row, of its name and ids above it, and of dates and legend below all rows."""
ALONE = 344
"""Pixels of the chart of a single row."""
LEGEND = 40
"""Pixels from the last row to the legend: two lines of dates."""

Figure = dict[str, Any]


class Span(NamedTuple):
    """Days that are shown as a stripe with a name: those of a known attack, or of what the chart is about."""

    name: str
    since: date
    until: date
    known: bool = True


@dataclass(frozen=True)
class Row:
    """One series: its name, empty where it is alone; the groups of its flags, None where none can be listed; every day
    of the window; the days whose counts may still change, and what else happened, by its first day.
    """

    name: str
    groups: tuple[str, ...] | None
    days: Sequence[Judged]
    pending: frozenset[date] = frozenset()
    spans: Sequence[Span] = ()

    def ids(self, day: date) -> str:
        """The known attacks of a day."""
        return ", ".join(span.name for span in self.spans if span.known and span.since <= day <= span.until)


def height(rows: int) -> int:
    """The pixels that so many rows take."""
    return ALONE if rows == 1 else HEAD + _between(rows) + FOOT


def _between(rows: int) -> int:
    """The pixels from the top of the first row to the bottom of the last."""
    return rows * (ROW + HEAD) - HEAD


def spikes(window: Window, metric: str, unit: str, rows: Sequence[Row]) -> Figure:
    """The figure. Alarms are filled circles, falls triangles, known attacks open diamonds: nobody needs the colours."""
    tall = height(len(rows))
    names = [name for place, row in enumerate(rows) for name in _names(row, window, place)]
    shaded = [shape for place, row in enumerate(rows) for shape in _shapes(row, window, place)]
    return {
        "data": [trace for place, row in enumerate(rows) for trace in _traces(row, place, metric, unit)],
        "layout": {
            "xaxis": {
                "type": "date",
                "range": [_moment(window.since, -HALF_DAY), _moment(window.until, HALF_DAY)],
                "hoverformat": axes.HOVER[Grain.DAY],
                "anchor": _axis(len(rows) - 1),
                **axes.TICKS,
            },
            **{f"yaxis{place + 1 if place else ''}": _yaxis(place, len(rows), unit) for place in range(len(rows))},
            "shapes": shaded,
            "annotations": names,
            "margin": {"t": 24 + LINE if len(rows) == 1 else HEAD, "b": 40},
            "showlegend": True,
            "legend": {"y": -LEGEND / (tall - FOOT - HEAD)},
            "meta": {"unit": unit, "grain": Grain.DAY, "height": tall, "table": _table(rows)},
        },
    }


def _axis(place: int) -> str:
    return f"y{place + 1}" if place else "y"


def _yaxis(place: int, rows: int, unit: str) -> Figure:
    """A row's own scale: series differ in size, and each is held against itself."""
    if rows == 1:
        return {"title": {"text": unit}, "rangemode": "tozero"}
    top = 1 - place * (ROW + HEAD) / _between(rows)
    return {"domain": [max(0.0, top - ROW / _between(rows)), top], "rangemode": "tozero", "nticks": 3, "anchor": "x"}


def _traces(row: Row, place: int, metric: str, unit: str) -> list[Figure]:
    """What is drawn of a row; the legend names each kind once, by the first row."""
    counts = {day.day: day.observed for day in row.days if day.observed is not None}
    attacked = [day for day in counts if row.ids(day)]
    diamond = {"symbol": "diamond-open", "size": 13, "color": "var(--text-1)"}
    dot = {"symbol": "circle", "size": 8, "color": "var(--alert)"}
    triangle = {"symbol": "triangle-down", "size": 9, "color": "var(--warn)"}
    of = {"metric": metric, "groups": [list(row.groups)] if row.groups is not None else [], "days": 1}
    drawn = [
        {**_band(row.days), "meta": {"metric": metric, "groups": []}},
        _expectation(row.days),
        {**_line(row, unit), "meta": of},
        _marks("Known attack", attacked, counts, diamond),
        _marks("Alarm", [day.day for day in row.days if day.alarm], counts, dot),
        _marks("Far too few", [day.day for day in row.days if day.drop], counts, triangle),
    ]
    return [{**one, "yaxis": _axis(place), "legendgroup": one["name"], "showlegend": place == 0} for one in drawn]


def _band(days: Sequence[Judged]) -> Figure:
    """The expected range as a closed shape for each run of judged days; a gap keeps the shapes apart."""
    corners: list[tuple[str, float] | tuple[None, None]] = []
    for known, run in groupby(days, key=lambda day: day.low is not None):
        if known:
            corners += [*_outline(list(run)), (None, None)]
    return {
        "type": "scatter",
        "mode": "lines",
        "name": "Expected range",
        "x": [x for x, _ in corners],
        "y": [y for _, y in corners],
        "line": {"width": 0},
        "fill": "toself",
        "fillcolor": "var(--accent-soft)",
        "hoverinfo": "skip",
    }


def _outline(run: Sequence[Judged]) -> Iterator[tuple[str, float]]:
    """Along the lower bounds and back along the upper; a day by itself is as wide as a day."""
    halves = (-HALF_DAY, HALF_DAY) if len(run) == 1 else (timedelta(0),)
    low = [(_moment(day.day, half), day.low) for day in run for half in halves]
    high = [(_moment(day.day, half), day.high) for day in run for half in halves]
    return ((x, y) for x, y in [*low, *reversed(high)] if y is not None)


def _moment(day: date, by: timedelta) -> str:
    return (datetime.combine(day, datetime.min.time()) + by).isoformat()


def _expectation(days: Sequence[Judged]) -> Figure:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": "Expected",
        "x": [day.day.isoformat() for day in days],
        "y": [day.expected for day in days],
        "line": {"color": theme.QUIET, "width": 1, "dash": "dot"},
        "connectgaps": False,
        "hoverinfo": "skip",
    }


def _line(row: Row, unit: str) -> Figure:
    """The count of each day, broken where nothing is known; hovering tells all that there is to a day."""
    return {
        "type": "scatter",
        "mode": "lines",
        "name": unit.capitalize(),
        "x": [day.day.isoformat() for day in row.days],
        "y": [day.observed for day in row.days],
        "customdata": [(day.observed or 0, day.day in row.pending) for day in row.days],
        "text": [_told(day, row.ids(day.day)) for day in row.days],
        "hovertemplate": "%{y:,.0f}%{text}<extra></extra>",
        "line": {"color": theme.ACCENT, "width": 1.75},
        "connectgaps": False,
    }


def _told(day: Judged, ids: str) -> str:
    expected = "" if day.expected is None else f", expected {_number(day.expected)}{_range(day)}"
    known = f"<br>known attack {escape(ids, quote=False)}" if ids else ""
    return expected + f"<br>{_verdict(day)}" * bool(_verdict(day)) + known


def _range(day: Judged) -> str:
    return "" if day.low is None or day.high is None else f" ({_number(day.low)} to {_number(day.high)})"


def _verdict(day: Judged) -> str:
    return "alarm" if day.alarm else "far too few" if day.drop else ""


def _marks(name: str, days: Sequence[date], counts: dict[date, int], marker: Figure) -> Figure:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": [day.isoformat() for day in days],
        "y": [counts.get(day) for day in days],
        "marker": {**marker, "line": {"width": 2}} if marker["symbol"].endswith("open") else marker,
        "hoverinfo": "skip",
    }


def _shapes(row: Row, window: Window, place: int) -> Iterator[Figure]:
    """The days of known attacks as stripes, there even where no flag is, and those that may still change."""
    for span in row.spans:
        colour = "var(--warn-soft)" if span.known else "var(--shade)"
        yield _stripe(max(span.since, window.since), min(span.until, window.until), place, colour)
    pending = sorted(row.pending)
    if pending:
        label = {"text": "provisional", "textposition": "top right", "font": {"color": "var(--text-3)", "size": 11}}
        yield {**_stripe(pending[0], pending[-1], place, "var(--shade)"), **({} if place else {"label": label})}


def _stripe(since: date, until: date, place: int, colour: str) -> Figure:
    return {
        "type": "rect",
        "yref": f"{_axis(place)} domain",
        "x0": _moment(since, -HALF_DAY),
        "x1": _moment(until, HALF_DAY),
        "y0": 0,
        "y1": 1,
        "layer": "below",
        "line": {"width": 0},
        "fillcolor": colour,
    }


def _names(row: Row, window: Window, place: int) -> list[Figure]:
    """The row's name, and the attacks' ids above their stripes, those that are close together on two lines by turns."""
    above = {"y": 1, "yref": f"{_axis(place)} domain", "yanchor": "bottom", "showarrow": False}
    found: list[Figure] = []
    for before, span in zip([None, *row.spans], row.spans, strict=False):
        near = before is not None and (span.since - before.since).days < CLOSE * window.length
        raised = near and found[-1]["yshift"] == 0
        at = {"x": _moment(max(span.since, window.since), timedelta(0)), "yshift": LINE if raised else 0}
        found.append(
            {
                **above,
                **at,
                "text": _cut(span.name) if span.known else escape(span.name, quote=False),
                "font": {"size": 11, "color": "var(--text-2)"},
            }
        )
    if row.name:
        left = {"x": 0, "xref": "paper", "xanchor": "left", "yshift": LINE - 2}
        text = f"<b>{escape(row.name, quote=False)}</b>"
        found.append({**above, **left, "text": text, "font": {"size": 12, "color": "var(--text-1)"}})
    return found


def _cut(name: str) -> str:
    return escape(name if len(name) <= MOST_ID else name[: MOST_ID - 1] + "…", quote=False)


def _table(rows: Sequence[Row]) -> Figure:
    """The table behind the chart, in words: each day of each series, with what was expected and what it was taken for.
    `groups` are those of each line, whose flags it leads to.
    """
    named = ["series"] if any(row.name for row in rows) else []
    head = ["day", *named, "count", "expected", "lowest", "highest", "detected", "known attack"]
    lines = [(row, day) for row in rows for day in row.days]
    return {
        "head": head,
        "rows": [_cells(row, day) for row, day in lines],
        "groups": [None if row.groups is None else list(row.groups) for row, _ in lines],
    }


def _cells(row: Row, day: Judged) -> list[str]:
    count = words.number(day.observed, Unit.COUNT) + (" *" if day.day in row.pending else "")
    expected = [_number(value) for value in (day.expected, day.low, day.high)]
    return [day.day.isoformat(), *([row.name] if row.name else []), count, *expected, _verdict(day), row.ids(day.day)]


def _number(value: float | None) -> str:
    return "not judged" if value is None else f"{value:,.1f}"
