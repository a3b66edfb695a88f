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

GRAPH_CONFIG: Any = {"displayModeBar": False, "responsive": True, "doubleClick": "reset"}


def attributes(**values: str) -> dict[str, Any]:
    """HTML attributes whose names have a hyphen: `aria_label` stands for aria-label."""
    return {name.replace("_", "-"): value for name, value in values.items()}


def named(name: str) -> dict[str, Any]:
    """What a screen reader calls an element."""
    return attributes(aria_label=name)


def part(card: str | Wildcard, name: str) -> dict[str, str | Wildcard]:
    """The id of a part of a card or tile."""
    return {"part": name, "card": card}


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
            html.Div(id=part(metric.key, "tile"), className="figures", children=html.Div(className="skeleton")),
        ],
        className="card tile",
        id=f"tile-{metric.key}",
    )


def tile_figures(value: str, href: str | None, told: list[Component], line: Component) -> list[Component]:
    """What a tile shows: the value, a link where flags are behind it; what there is to say about it, and its line."""
    shown = dcc.Link(value, href=href, title="Show flags") if href else value
    return [html.Div(shown, className="v"), html.Div(told, className="d"), line]


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
    """A card before its numbers arrive; its height is fixed so that nothing moves when they do."""
    name = f"card-{shown.id}"
    return html.Section(
        [
            html.Div(
                [
                    html.H2(shown.heading, id=f"{name}-title"),
                    definition(shown.metric) if shown.key else None,
                    html.Span(id=part(shown.id, "head"), className="n"),
                    tools(shown) if shown.chart is not Chart.ROWS else None,
                ],
                className="head",
            ),
            html.P(shown.subtitle, className="sub"),
            *_body(shown),
        ],
        className=f"card span-{shown.columns}",
        id=name,
        **attributes(aria_labelledby=f"{name}-title"),
    )


def _body(shown: Card) -> list[Component]:
    """Where a card's content goes: a chart, a table that the browser sorts, or parts as the server made them."""
    if shown.chart.drawn:
        return [chart_body(shown)]
    waiting = html.Div(className="skeleton")
    if shown.chart.listed:
        return [html.Div(waiting, id=part(shown.id, "listed")), dcc.Store(id=part(shown.id, "listing"))]
    return [html.Div(waiting, id=part(shown.id, "content"))]


def chart_body(shown: Card) -> Component:
    """Where a chart is drawn, with the table behind it and the place for what is wrong."""
    return html.Div(
        [
            html.Div(className="skeleton"),
            html.P(id=part(shown.id, "message"), className="message", role="status"),
            dcc.Graph(id=part(shown.id, "graph"), config=GRAPH_CONFIG, className="graph"),
            html.Div(id=part(shown.id, "table"), className="rows", tabIndex=0),
            dcc.Store(id=part(shown.id, "spec")),
        ],
        id=part(shown.id, "body"),
        className="body loading",
    )


def leads_to_flags(shown: Card) -> bool:
    """Whether the flags behind a card can be listed."""
    return shown.chart.measured and shown.metric.rows is not None


def tools(shown: Card) -> Component:
    """At the corner of a card: the switch between chart and table, and the menu."""
    of = attributes(aria_describedby=f"card-{shown.id}-title")
    switch = html.Button("Table", id=part(shown.id, "as-table"), n_clicks=0, className="quiet-button", **of)
    return html.Div([switch, menu(shown)] if shown.chart.drawn else menu(shown), className="tools")


def menu(shown: Card) -> Component:
    """What can be done with a card."""
    items = [
        *(_files(shown, "csv") if shown.chart.filed else []),
        *(_files(shown, "xlsx") if shown.chart.measured else []),
        dcc.Link("Show flags", id=part(shown.id, "rows"), href="") if leads_to_flags(shown) else None,
        html.Button("Download PNG", **attributes(data_png=shown.id)) if shown.chart.drawn else None,
        html.Button("Copy link", **attributes(data_link=f"card-{shown.id}")),
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
    names = {f"{key}:1": f" of {METRICS[key].title.lower()}" if shown.also else "" for key in (shown.key, *shown.also)}
    if shown.trailing > 1:
        names[f"{shown.key}:{shown.trailing}"] = f", {shown.trailing} days pooled"
    return [
        html.A(f"Download {ending.upper()}{what}", id=part(f"{shown.id}:{name}", ending), href="", download="")
        for name, what in names.items()
    ]


def cell(children: Children, class_name: str = "") -> Any:
    """A table cell as Dash writes it. A page of flags has a thousand: as components they took most of its time."""
    props = {"children": children, "className": class_name} if class_name else {"children": children}
    return {"props": props, "type": "Td", "namespace": "dash_html_components"}


def notice(text: Children, kind: str = "warn") -> Component:
    """A line above the cards that says what the reader should know first."""
    return html.Div(text, className=f"notice {kind}")
