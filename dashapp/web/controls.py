"""The controls of filter bars: each has a key of the address."""

from collections.abc import Mapping
from datetime import date

import dash_bootstrap_components as dbc
from dash import html
from dash.dependencies import Wildcard
from dash.development.base_component import Component


def control(key: str | Wildcard) -> dict[str, str | Wildcard]:
    """The id of a control of the filter bar; its key is the one in the address."""
    return {"part": "control", "key": key}


def choice(key: str, name: str, options: Mapping[str, str], chosen: str) -> Component:
    """One of a few, all in sight."""
    return html.Fieldset(
        [
            html.Legend(name, className="visually-hidden"),
            dbc.RadioItems(
                id=control(key),
                value=chosen,
                options=[{"label": name, "value": key} for key, name in options.items()],
                className="seg",
                inputClassName="btn-check",
                labelClassName="seg-item",
            ),
        ]
    )


def date_field(key: str, name: str, value: date) -> Component:
    """A day."""
    return labelled(name, dbc.Input(id=control(key), type="date", value=value.isoformat(), debounce=700), hidden=False)


def select(key: str, name: str, options: Mapping[str, str], value: str) -> Component:
    """One of many, folded."""
    choices = [{"label": text, "value": option} for option, text in options.items()]
    return labelled(name, dbc.Select(id=control(key), value=value, options=choices, className="pick"))


def labelled(name: str, field: Component, *, hidden: bool = True) -> Component:
    """A field with its name, which only screen readers need where the choice says it."""
    return html.Label([html.Span(name, className="visually-hidden" if hidden else ""), field])
