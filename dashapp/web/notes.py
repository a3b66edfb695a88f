"""Notes on days in charts: squares joined by a bar along the foot, unlike anything else there."""

from collections.abc import Sequence
from datetime import date
from html import escape
from textwrap import wrap
from typing import Any

from dashapp.domain.ask import Window
from dashapp.domain.vocabulary import label
from dashapp.store.annotations import Annotation

MOST_WORDS = 16
"""Characters of a note that stand in the chart; hover, table and list have it whole."""
CLOSE = 1 / 3
"""Part of the window within which the words of two notes would overlap on a phone."""
WIDE, MOST_LINES = 44, 4
"""Characters of a line, and lines of a note, that hovering shows."""
SQUARE = 8
"""Pixels of the square at either end of a note."""
RIGHT = 0.8
"""The part of the window behind which words stand on the left of their day."""

NAME = "Note"
FOOT = "y9"
"""An axis of its own along the foot of a chart whose values need not begin at zero."""
COLOUR = "var(--text-1)"

Figure = dict[str, Any]


def told(note: Annotation) -> str:
    """A note as plain text, after its category where it is of one."""
    return f"{label(note.category)}: {note.text}" if note.category else note.text


def by_day(notes: Sequence[Annotation], window: Window) -> dict[date, list[Annotation]]:
    """The notes of each day of a window that has any."""
    found = {day: [note for note in notes if note.since <= day <= note.until] for day in window}
    return {day: those for day, those in found.items() if those}


def noted(figure: Figure, notes: Sequence[Annotation], window: Window) -> Figure:
    """The same figure of days with the notes along its foot, and in the table behind it."""
    if not notes:
        return figure
    layout = figure["layout"]
    foot = {"overlaying": "y", "range": [0, 1], "visible": False, "fixedrange": True}
    texts = {day.isoformat(): _line(those) for day, those in by_day(notes, window).items()}
    changed = {
        "yaxis9": foot,
        "annotations": [*layout.get("annotations", []), *_names(notes, window, FOOT)],
        "showlegend": True,
        "meta": {**layout["meta"], "notes": texts},
    }
    return {**figure, "data": [*figure["data"], _trace(notes, window, FOOT)], "layout": {**layout, **changed}}


def rows_noted(figure: Figure, rows: Sequence[Sequence[Annotation]], window: Window) -> Figure:
    """The same figure of series below each other (web.spikes), with the notes of each along its foot, and in the table
    behind it.
    """
    axes: dict[str, Sequence[Annotation]] = {
        f"y{place + 1}" if place else "y": notes for place, notes in enumerate(rows) if notes
    }
    if not axes:
        return figure
    layout, table = figure["layout"], figure["layout"]["meta"]["table"]
    drawn = [_trace(notes, window, axis) for axis, notes in axes.items()]
    traces = [{**one, "showlegend": one is drawn[0]} for one in drawn]
    named = [name for axis, notes in _first(axes).items() for name in _names(notes, window, axis)]
    told = [_line(those.get(day, ())) for those in (by_day(notes, window) for notes in rows) for day in window]
    lines = [[*line, text] for line, text in zip(table["rows"], told, strict=True)]
    changed = {
        "annotations": [*layout["annotations"], *named],
        "meta": {**layout["meta"], "table": {**table, "head": [*table["head"], "note"], "rows": lines}},
    }
    return {**figure, "data": [*figure["data"], *traces], "layout": {**layout, **changed}}


def _first(axes: dict[str, Sequence[Annotation]]) -> dict[str, list[Annotation]]:
    """The notes of each series that those above it do not have: words once are enough."""
    where = {note.id: axis for axis, notes in reversed(axes.items()) for note in notes}
    return {axis: [note for note in notes if where[note.id] == axis] for axis, notes in axes.items()}


def _line(notes: Sequence[Annotation]) -> str:
    """The notes of a day in a table."""
    return "; ".join(map(told, notes))


def _trace(notes: Sequence[Annotation], window: Window, axis: str) -> Figure:
    """The notes at the zero of an axis: hovering over a day tells those of it. Figures render markup, so notes are
    escaped.
    """
    days = by_day(notes, window)
    ends = {end for note in notes for end in (max(note.since, window.since), min(note.until, window.until))}
    breaks = {day for day in days if date.fromordinal(day.toordinal() + 1) not in days}
    points = [point for day in days for point in ((day, None) if day in breaks else (day,))]
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": NAME,
        "legendgroup": NAME,
        "x": [point and point.isoformat() for point in points],
        "y": [None if point is None else 0 for point in points],
        "hovertext": ["" if point is None else _hover(days[point]) for point in points],
        "hovertemplate": f"%{{hovertext}}<extra>{NAME}</extra>",
        "line": {"color": COLOUR, "width": 3},
        "marker": {"symbol": "square", "color": COLOUR, "size": [SQUARE if point in ends else 0 for point in points]},
        "cliponaxis": False,
        "connectgaps": False,
        "yaxis": axis,
        "meta": {"note": True},
    }


def _names(notes: Sequence[Annotation], window: Window, axis: str) -> list[Figure]:
    """The first words of as many notes as there is room for beside each other."""
    named: list[tuple[date, Annotation]] = []
    for note in notes:
        day = max(note.since, window.since)
        if not named or (day - named[-1][0]).days >= CLOSE * window.length:
            named.append((day, note))
    return [_name(note, day, axis, behind=(day - window.since).days > RIGHT * window.length) for day, note in named]


def _name(note: Annotation, day: date, axis: str, *, behind: bool) -> Figure:
    text = told(note)
    cut = text if len(text) <= MOST_WORDS else text[: MOST_WORDS - 1] + "…"
    return {
        "text": escape(cut, quote=False),
        "x": day.isoformat(),
        "y": 0,
        "yref": axis,
        "yanchor": "bottom",
        "yshift": SQUARE // 2,
        "xanchor": "right" if behind else "left",
        "showarrow": False,
        "font": {"size": 11, "color": COLOUR},
        "bgcolor": "var(--surface-1)",
        "opacity": 0.8,
    }


def _hover(notes: Sequence[Annotation]) -> str:
    wrapped = [wrap(told(note), WIDE, max_lines=MOST_LINES, placeholder=" …") for note in notes]
    return "<br>".join(escape(line, quote=False) for lines in wrapped for line in lines)
