"""Colour by role. Figures name design tokens; the browser puts in the values of the theme that is on."""

from collections.abc import Mapping, Sequence
from html import escape

from dashapp.domain.vocabulary import CLOSED, Dim, label
from dashapp.store.reads import Value

OTHER = "var(--cat-7)"
ACCENT = "var(--accent)"
QUIET = "var(--text-3)"
DASHES = ("solid", "dot", "dash", "dashdot")
CATEGORY_COLOURS = 6

Positions = Mapping[Dim, Mapping[str, int]]
"""The place of each value of an open dimension in the order in which the store met them."""


def positions(values: Mapping[Dim, Sequence[Value]]) -> Positions:
    """The places that pick colours."""
    return {dim: {value.value: value.position for value in found} for dim, found in values.items()}


def place(dim: Dim, value: str, known: Positions) -> int | None:
    """A value's place among its dimension's; None for one that has none, such as what was not given."""
    if dim in CLOSED:
        return CLOSED[dim].index(value) if value in CLOSED[dim] else None
    return known.get(dim, {}).get(value)


def colour(dim: Dim, value: str, known: Positions) -> str:
    """The token of a value's colour: severity has a ramp of its own, reviewers have none, others share one set."""
    found = place(dim, value, known)
    if found is None:
        return ACCENT if dim is Dim.REVIEWER else OTHER
    return f"var(--sev-{value})" if dim is Dim.SEVERITY else f"var(--cat-{found % CATEGORY_COLOURS + 1})"


def dash(dim: Dim, value: str, known: Positions) -> str:
    """The line style that tells apart values that share a colour."""
    return DASHES[(place(dim, value, known) or 0) // CATEGORY_COLOURS % len(DASHES)]


def text(value: str) -> str:
    """A value as a label in a figure. Figures render markup, so markup is escaped."""
    return escape(label(value), quote=False)
