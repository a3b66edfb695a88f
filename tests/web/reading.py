"""What components say, read as a visitor reads them."""

from typing import Any

from dash.development.base_component import Component


def text(part: Any) -> str:
    """What a component says."""
    if isinstance(part, Component):
        return text(getattr(part, "children", None))
    if isinstance(part, dict):
        return text(part["props"]["children"])
    if isinstance(part, list | tuple):
        return " ".join(filter(None, map(text, part)))
    return "" if part is None else str(part)
