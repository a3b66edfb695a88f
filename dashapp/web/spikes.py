"""Daily flags against what a detector expected, what it detected and what is known: a plain dict, as web.figures."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from html import escape
from itertools import groupby
from typing import Any

from dashapp.domain.ask import Window
from dashapp.domain.messages import Incident
from dashapp.metrics import Measurement, Point
from dashapp.metrics.attacks import Judged
from dashapp.web import axes, theme, words
from dashapp.web.figures import extra

MOST_ID = 12
"""Characters of an attack's id that stand in the chart; hover and table have it whole."""

LINE = 13
"""Pixels from one line of ids to the next."""

CLOSE = 1 / 5
"""Part of the window within which two ids would overlap on a phone."""

HALF_DAY = timedelta(hours=12)

Figure = dict[str, Any]


def spikes(answer: Measurement, days: Sequence[Judged], attacks: Sequence[Incident]) -> Figure:
    """The figure. Detected days are filled circles, known attacks open diamonds: nobody needs the colours."""
    points = {point.bucket: point for point in answer.points}
    ids = {day: _ids(day, attacks) for day in answer.ask.window}
    alarmed = [day.day for day in days if day.alarm]
    attacked = [day for day in answer.ask.window if ids[day] and day in points]
    layout = axes.layout(answer)
    return {
        "data": [
            _band(answer.metric.key, days),
            _line(answer, points, days, ids),
            _marks("Known attack", attacked, points, {"symbol": "diamond-open", "size": 15, "color": "var(--text-1)"}),
            _marks("Detected", alarmed, points, {"symbol": "circle", "size": 8, "color": "var(--alert)"}),
        ],
        "layout": {
            **layout,
            "shapes": [*(_span(attack, answer.ask.window) for attack in attacks), *layout["shapes"]],
            "annotations": [*layout["annotations"], *_names(attacks, answer.ask.window)],
            "margin": {"t": 24 + LINE},
            "showlegend": True,
            "meta": {**layout["meta"], "table": _table(answer, points, days, ids)},
        },
    }


def _ids(day: date, attacks: Sequence[Incident]) -> str:
    return ", ".join(attack.incident_id for attack in attacks if attack.since <= day <= attack.until)


def _band(metric: str, days: Sequence[Judged]) -> Figure:
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
        "meta": {"metric": metric, "groups": []},
    }


def _outline(run: Sequence[Judged]) -> Iterator[tuple[str, float]]:
    """Along the lower bounds and back along the upper; a day by itself is as wide as a day."""
    halves = (-HALF_DAY, HALF_DAY) if len(run) == 1 else (timedelta(0),)
    low = [(_moment(day.day, half), day.low) for day in run for half in halves]
    high = [(_moment(day.day, half), day.high) for day in run for half in halves]
    return ((x, y) for x, y in [*low, *reversed(high)] if y is not None)


def _moment(day: date, by: timedelta) -> str:
    return (datetime.combine(day, datetime.min.time()) + by).isoformat()


def _line(answer: Measurement, points: dict[date, Point], days: Sequence[Judged], ids: dict[date, str]) -> Figure:
    """The flags of each day, broken where nothing is known; hovering tells all that there is to a day."""
    shown = [points.get(day, Point(day, (), None, 0)) for day in answer.ask.window]
    return {
        "type": "scatter",
        "mode": "lines",
        "name": answer.metric.title,
        "x": [point.bucket.isoformat() for point in shown],
        "y": [point.value for point in shown],
        "customdata": [extra(point) for point in shown],
        "text": [_told(day, ids[day.day]) for day in days],
        "hovertemplate": "%{y:,.0f}%{text}<extra></extra>",
        "line": {"color": theme.ACCENT, "width": 2},
        "connectgaps": False,
        "meta": {"metric": answer.metric.key, "days": 1, "groups": [[]]},
    }


def _told(day: Judged, ids: str) -> str:
    expected = "" if day.low is None else f", expected {_expected(day.low)} to {_expected(day.high)}"
    known = f"<br>known attack {escape(ids, quote=False)}" if ids else ""
    return expected + ("<br>detected" if day.alarm else "") + known


def _marks(name: str, days: Sequence[date], points: dict[date, Point], marker: Figure) -> Figure:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": [day.isoformat() for day in days],
        "y": [points[day].value for day in days],
        "marker": {**marker, "line": {"width": 2}} if marker["symbol"].endswith("open") else marker,
        "hoverinfo": "skip",
    }


def _span(attack: Incident, window: Window) -> Figure:
    """The days of an attack as a stripe, which is there although no flag may be."""
    return {
        "type": "rect",
        "yref": "paper",
        "x0": _moment(max(attack.since, window.since), -HALF_DAY),
        "x1": _moment(min(attack.until, window.until), HALF_DAY),
        "y0": 0,
        "y1": 1,
        "layer": "below",
        "line": {"width": 0},
        "fillcolor": "var(--warn-soft)",
    }


def _names(attacks: Sequence[Incident], window: Window) -> list[Figure]:
    """The attacks' ids above their stripes, those that are close together on two lines by turns."""
    found: list[Figure] = []
    for before, attack in zip([None, *attacks], attacks, strict=False):
        near = before is not None and (attack.since - before.since).days < CLOSE * window.length
        raised = near and found[-1]["yshift"] == 0
        found.append({**_name(attack, window), "yshift": LINE if raised else 0})
    return found


def _name(attack: Incident, window: Window) -> Figure:
    name = attack.incident_id
    cut = name if len(name) <= MOST_ID else name[: MOST_ID - 1] + "…"
    return {
        "x": _moment(max(attack.since, window.since), timedelta(0)),
        "y": 1,
        "yref": "paper",
        "yanchor": "bottom",
        "showarrow": False,
        "text": escape(cut, quote=False),
        "font": {"size": 11, "color": "var(--text-2)"},
    }


def _table(
    answer: Measurement, points: dict[date, Point], days: Sequence[Judged], ids: dict[date, str]
) -> dict[str, list[Any]]:
    """The table behind the chart, in words: each day with its flags, the range expected, alarm and known attacks."""
    head = ["day", "flags", "expected, lowest", "expected, highest", "detected", "known attack"]
    return {"head": head, "rows": [_row(answer, points.get(day.day), day, ids[day.day]) for day in days]}


def _row(answer: Measurement, point: Point | None, day: Judged, ids: str) -> list[str]:
    flags = words.number(point.value if point else None, answer.metric.unit)
    pending = " *" if point and point.provisional else ""
    bounds = [_expected(day.low), _expected(day.high)]
    return [day.day.isoformat(), flags + pending, *bounds, "detected" if day.alarm else "", ids]


def _expected(bound: float | None) -> str:
    return "not judged" if bound is None else f"{bound:,.1f}"
