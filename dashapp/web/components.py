"""The parts pages are built of: tiles, cards, small words. Layout only; no numbers are computed here."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from dash import dcc, html
from dash.dependencies import Wildcard
from dash.development.base_component import Component

from dashapp.metrics import METRICS, Metric
from dashapp.web.page import Card, Chart

Children = str | Component | Sequence[str | Component]

ONCE = "once"
"""The id of the place for what is told once."""
LONG = 9
"""Characters of a value that a tile has room for in large type."""

GRAPH_CONFIG: Any = {"displayModeBar": False, "responsive": True, "doubleClick": "reset"}


def attributes(**values: str) -> dict[str, Any]:
    """HTML attributes whose names have a hyphen: `aria_label` stands for aria-label."""
    return {name.replace("_", "-"): value for name, value in values.items()}


def named(name: str) -> dict[str, Any]:
    """What a screen reader calls an element."""
    return attributes(aria_label=name)


def inner(words: Children, href: str, **more: Any) -> Component:
    """A link that stays in the app."""
    return html.A(words, href=href, **attributes(data_inner=""), **more)


def graph(card: str | Wildcard) -> dict[str, str | Wildcard]:
    """The id of a card's chart."""
    return {"part": "graph", "card": card}


def place(card: Card, name: str) -> str:
    """The id of the part of a card that the browser fills: head, content, message or table."""
    return f"card-{card.id}-{name}"


def tile_place(metric: Metric) -> str:
    """The id of the part of a tile that the browser fills."""
    return f"tile-{metric.key}-figures"


def info(title: str, text: str, clock: str, key: str) -> Component:
    """The small i that opens a definition, with the way to all that is said of the metric."""
    more = html.A("Full definition", href=f"/definitions#{key}", **named(f"Full definition of {title}"))
    return html.Details(
        [
            html.Summary("i", className="i", **named(f"Definition of {title}")),
            html.Div([html.P(text), html.P([f"Clock: {clock}. ", more], className="quiet")], className="pop"),
        ],
        className="drop",
    )


def definition(metric: Metric) -> Component:
    """The definition of a metric behind a small i."""
    return info(metric.title, metric.definition, metric.clock, metric.key)


def tile(metric: Metric) -> Component:
    """A tile before its numbers arrive."""
    return html.Div(
        [
            html.Div([html.H2(metric.title), definition(metric)], className="t"),
            html.Div(id=tile_place(metric), className="figures"),
        ],
        className="card tile",
        id=f"tile-{metric.key}",
    )


def tile_figures(value: str, href: str | None, told: list[Component], line: Component) -> list[Component]:
    """What a tile shows: the value, a link where flags are behind it; what there is to say about it, and its line."""
    shown = dcc.Link(value, href=href, title="Show flags") if href else value
    size = "v long" if len(value) > LONG else "v"
    return [html.Div(shown, className=size), html.Div(told, className="d"), line]


def spark(values: Sequence[float | None], description: str) -> Component:
    """A line without axes, drawn as a mask so that it takes the theme's accent."""
    known = [value for value in values if value is not None]
    if len(known) < 2:
        return html.Div(className="spark")
    low, high = min(known), max(known)
    step, scale = 100 / (len(values) - 1), 20 / ((high - low) or 1)
    runs: list[list[str]] = [[]]
    for index, value in enumerate(values):
        if value is None:
            runs.append([])
        else:
            runs[-1].append(f"{index * step:.1f},{24 - (value - low) * scale:.1f}")
    lines = "".join(f"<polyline points='{' '.join(run)}'/>" for run in runs if len(run) > 1)
    image = (
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 100 28' preserveAspectRatio='none'>"
        f"<g fill='none' stroke='#000' stroke-width='1.6' vector-effect='non-scaling-stroke'>{lines}</g></svg>"
    ).replace("<polyline", "<polyline vector-effect='non-scaling-stroke'")
    mask = f'url("data:image/svg+xml,{quote(image)}")'
    style = {"maskImage": mask, "WebkitMaskImage": mask}
    return html.Div(className="spark", style=style, role="img", **named(description))


def card(shown: Card) -> Component:
    """A card before its numbers arrive; the height of a chart is fixed so that nothing moves when they do."""
    name = f"card-{shown.id}"
    return html.Section(
        [
            html.Div(
                [
                    html.H2(shown.heading, id=f"{name}-title"),
                    definition(shown.metric) if shown.key else None,
                    html.Span(id=place(shown, "renewing"), className="renewing", role="status")
                    if shown.deferred
                    else None,
                    html.Span(id=place(shown, "head"), className="n"),
                    tools(shown) if shown.chart is not Chart.ROWS else None,
                ],
                className="head",
            ),
            html.P(shown.subtitle, className="sub"),
            chart_body(shown) if shown.chart.drawn else html.Div(id=place(shown, "content"), className="content"),
        ],
        className=f"card span-{shown.columns}",
        id=name,
        **attributes(aria_labelledby=f"{name}-title"),
    )


def chart_body(shown: Card) -> Component:
    """Where a chart is drawn, with the table behind it and the place for what is wrong."""
    return html.Div(
        [
            html.Div(className="skeleton"),
            html.P(id=place(shown, "message"), className="message", role="status"),
            dcc.Graph(id=graph(shown.id), config=GRAPH_CONFIG, className="graph"),
            html.Div(id=place(shown, "table"), className="rows", tabIndex=0),
        ],
        className="body loading",
    )


def leads_to_flags(shown: Card) -> bool:
    """Whether the flags behind a card can be listed."""
    return shown.chart.measured and shown.metric.rows is not None


def tools(shown: Card) -> Component:
    """At the corner of a card: the switch between chart and table, and the menu."""
    of = attributes(aria_describedby=f"card-{shown.id}-title")
    switch = html.Button("Table", className="quiet-button", **attributes(data_table=shown.id), **of)
    return html.Div([switch, menu(shown)] if shown.chart.drawn else menu(shown), className="tools")


def menu(shown: Card) -> Component:
    """What can be done with a card."""
    items = [
        *(_files(shown, "csv") if shown.chart.filed else []),
        *(_files(shown, "xlsx") if shown.chart.measured else []),
        html.A("Show flags", id=place(shown, "rows"), href="", **attributes(data_inner=""))
        if leads_to_flags(shown)
        else None,
        html.Button("Download PNG", **attributes(data_png=shown.id)) if shown.chart.drawn else None,
        html.Button("Copy link", **attributes(data_link=f"card-{shown.id}")),
        html.Button("Refresh now", **attributes(data_renew=shown.id)) if shown.deferred else None,
    ]
    return html.Details(
        [
            html.Summary("⋯", className="dots", **named(f"Menu of {shown.heading}")),
            html.Div([item for item in items if item is not None], className="pop menu"),
        ],
        className="drop",
    )


def _files(shown: Card, ending: str) -> list[Component]:
    """A download for each metric of a card, and for its trailing line."""
    return [
        html.A(
            f"Download {ending.upper()}{_file_of(shown, key, days)}",
            id=place(shown, f"{key}-{days}-{ending}"),
            href="",
            download="",
        )
        for key, days in shown.files
    ]


def _file_of(shown: Card, key: str, days: int) -> str:
    """Which of a card's files this is, where it has several."""
    if days > 1:
        return f", {days} days pooled"
    return f" of {METRICS[key].title.lower()}" if shown.also else ""


def notice(text: Children, kind: str = "warn") -> Component:
    """A line above the cards that says what the reader should know first."""
    return html.Div(text, className=f"notice {kind}")
