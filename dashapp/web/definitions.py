"""The registry readable: every metric with what must be known to read it, and its SQL."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from typing import Any

import dash_bootstrap_components as dbc
from dash import html
from dash.development.base_component import Component
from sqlalchemy import Dialect

from dashapp.domain.ask import Ask, Window
from dashapp.domain.view import DEFAULT_DAYS, View
from dashapp.domain.vocabulary import Dim, label
from dashapp.metrics import METRICS, Desk, Metric, Threshold, Unit, as_of
from dashapp.metrics.desk import with_origins
from dashapp.metrics.measure import bound
from dashapp.metrics.registry import OF_NOW, Privacy
from dashapp.web import words
from dashapp.web.components import attributes

DEFAULT = View(days=DEFAULT_DAYS)
LEADS = "to leads, on screen only, in no file, API answer, alert or summary"


@dataclass(frozen=True)
class Query:
    """A metric's SELECT in the store's SQL, and the values of its named parameters."""

    sql: str
    parameters: Mapping[str, Any]


def query_of(desk: Desk, metric: Metric) -> Query:
    """What the metric asks the store over the default window. The days a trailing figure needs before are not in it."""
    ask = with_origins(desk, Ask(Window.ending(as_of(desk, feed=metric.feed), DEFAULT_DAYS)), metric.feed)
    dialect: Callable[..., Dialect] = type(desk.connection.dialect)
    compiled = metric.statistics(ask).compile(dialect=dialect(paramstyle="named"))
    run = compiled.construct_expanded_state(dict(bound(desk, ask.window.since, ask.window.until)))
    return Query(run.statement, {name: _plain(value) for name, value in run.parameters.items()})


def _plain(value: Any) -> Any:
    """A value as the store keeps it: days and moments as text, members of a closed set as their names."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, str) else value


def definitions(desk: Desk) -> Component:
    """The metrics by family, with a field that finds among them as one types."""
    families = [
        _family(desk, name, list(members))
        for name, members in groupby(sorted(METRICS.values(), key=_place), key=lambda metric: metric.family)
    ]
    return html.Div([_search(), *families], id="definitions")


def _place(metric: Metric) -> int:
    """Families in the order in which they were declared first, so that one declared in two places stays together."""
    return [other.family for other in METRICS.values()].index(metric.family)


def _search() -> Component:
    field = dbc.Input(id="find", type="search", className="pick", autocomplete="off")
    found = html.Span(f"{len(METRICS)} metrics", id="found", role="status", className="quiet")
    return html.Div([html.Label(["Find ", field]), found], className="find")


def _family(desk: Desk, name: str, members: list[Metric]) -> Component:
    title = html.H2(label(name), id=f"family-{name}")
    articles = [_article(desk, metric) for metric in members]
    return html.Section([title, *articles], className="family", **attributes(aria_labelledby=f"family-{name}"))


def _article(desk: Desk, metric: Metric) -> Component:
    head = html.Div(
        [html.H3(metric.title), html.Code(metric.key), html.Div(_links(metric), className="n")], className="head"
    )
    facts = [html.Div([html.Dt(name), html.Dd(text)]) for name, text in _facts(desk, metric).items() if text]
    parts = [head, html.P(metric.definition), html.Dl(facts), _sql(query_of(desk, metric))]
    searched = f"{metric.title} {metric.key} {metric.definition} {metric.reference}".lower()
    return html.Article(parts, id=metric.key, className="card definition", **attributes(data_words=searched))


def _links(metric: Metric) -> list[Component]:
    """The metric as files, where it may leave the screen."""
    if metric.privacy is Privacy.TEAM:
        return []
    return [
        html.A(
            kind.upper(),
            href=f"/api/v1/metrics/{metric.key}.{kind}?{DEFAULT.query()}",
            **attributes(aria_label=f"{kind.upper()} of {metric.title}"),
        )
        for kind in ("json", "csv")
    ]


def _facts(desk: Desk, metric: Metric) -> dict[str, str]:
    """What must be known to read the metric, by heading; empty where there is nothing to say."""
    threshold = metric.threshold_under(desk.policy)
    return {
        "Clock": metric.clock,
        "Unit": "hours" if metric.unit is Unit.HOURS else metric.unit,
        "Kind": metric.kind,
        "Better": metric.better,
        "Threshold": _threshold(threshold, metric.unit) if threshold else "",
        "Settles": "" if metric.kind in OF_NOW else _settles(metric.settles(desk.policy)),
        "Split and filter by": ", ".join(label(dim).lower() for dim in Dim if dim in metric.dims),
        "Shown": LEADS if metric.privacy is Privacy.TEAM else "",
        "Reference": metric.reference,
    }


def _threshold(threshold: Threshold, unit: Unit) -> str:
    side = "from" if threshold.alert >= threshold.warn else "at or below"
    levels = [
        f"warning {side} {words.level(threshold.warn, unit)}",
        f"alert {side} {words.level(threshold.alert, unit)}",
    ]
    base = [f"baseline {words.level(threshold.baseline, unit)}"] if threshold.baseline is not None else []
    return ", ".join([*levels, *base])


def _settles(wait: timedelta) -> str:
    return f"{wait.total_seconds() / 3600:g} hours after the day is over" if wait else "when the day is over"


def _sql(query: Query) -> Component:
    values = [html.Div([html.Dt(f":{name}"), html.Dd(str(value))]) for name, value in query.parameters.items()]
    code = html.Pre(html.Code(query.sql), tabIndex=0)
    return html.Details([html.Summary("SQL"), code, html.Dl(values, className="parameters")])
