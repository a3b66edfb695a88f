"""Components as HTML text.

What a request changes goes to the browser so: Dash's renderer looks at every component of a page again for each one
that it updates, which takes longer than the server does.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from dash import dcc
from dash.development.base_component import Component
from markupsafe import escape

ATTRIBUTES = {"className": "class", "tabIndex": "tabindex"}
"""HTML's names for what Dash calls otherwise."""
CAPITAL = re.compile(r"(?=[A-Z])")


def markup(part: Any) -> str:
    """A component of dash.html, text or a list of them as HTML; Markup is HTML already.

    A dcc.Link becomes an anchor that stays in the app.
    """
    if part is None:
        return ""
    if isinstance(part, list | tuple):
        return "".join(map(markup, part))
    if not isinstance(part, Component):
        return str(escape(part))
    props = _props(part)
    inside = markup(props.pop("children", None))
    if isinstance(part, dcc.Link):
        return f"<a {''.join(_attributes(props))}data-inner>{inside}</a>"
    name = type(part).__name__.lower()
    return f"<{name} {''.join(_attributes(props))}>{inside}</{name}>"


def by_place(made: Mapping[str, Any]) -> dict[str, str]:
    """Components, by the ids of the elements that they go into, as HTML."""
    return {place: markup(part) for place, part in made.items()}


def _props(part: Component) -> dict[str, Any]:
    """What a component was given; its own `to_plotly_json` looks for each property that it might have been given."""
    given = vars(part)  # in an order of its own in every process
    wild = sorted(key for key in given if "-" in key)
    return {key: given[key] for key in (*part._prop_names, *wild) if key in given}  # noqa: SLF001 # nothing public tells them


def _attributes(props: Mapping[str, Any]) -> Iterator[str]:
    """Each attribute that is given, with a space behind it."""
    for key, value in props.items():
        if value is not None:
            text = _style(value) if key == "style" else value
            yield f'{ATTRIBUTES.get(key, key)}="{escape(text)}" '


def _style(rules: Mapping[str, str]) -> str:
    """CSS declarations; `WebkitMaskImage` is -webkit-mask-image."""
    return ";".join(f"{CAPITAL.sub('-', key).lower()}:{value}" for key, value in rules.items())
