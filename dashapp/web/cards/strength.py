"""How strong an attack has to be for the detector to see it."""

from dash import html
from dash.development.base_component import Component

from dashapp.domain.vocabulary import label
from dashapp.metrics.strength import FACTORS, Sight, sights
from dashapp.web.cards.attacks import NOT_LOOKED, TOO_SHORT, looked, or_reason, totals
from dashapp.web.cards.content import Content, missing
from dashapp.web.components import attributes, named
from dashapp.web.page import Card
from dashapp.web.scenes import Scene

LIKELY, UNLIKELY = 0.8, 0.2
"""Chances from which a day is told to be seen, and below which it is told to be missed."""


@or_reason
def power(scene: Scene, card: Card) -> Content:
    """By category the chance that a day of so many times the expected flags is an alarm."""
    ask, answer = totals(scene, card)
    if reason := missing(scene, answer):
        return Content(message=reason)
    found = sights(scene.desk, ask)
    if not found:
        return Content(message=TOO_SHORT if looked(scene, ask, card) else NOT_LOOKED)
    several = len({one.origin for one in found}) > 1
    heads = ["Category", *(["Origin"] if several else []), "Expected a day", *(f"{factor:g}x" for factor in FACTORS)]
    head = [html.Th(name, scope="col", className="r" if place > several else "") for place, name in enumerate(heads)]
    rows = [_row(one, several=several) for one in found]
    table = html.Table([html.Thead(html.Tr([*head, html.Th("In words", scope="col")])), html.Tbody(rows)])
    scrolled = html.Div(table, className="listed", tabIndex=0, role="region", **named("Table of what can be seen"))
    return Content([html.Span("chance of an alarm on that day")], body=scrolled)


def _row(one: Sight, *, several: bool) -> Component:
    cells = [
        html.Th(label(one.category), scope="row"),
        *([html.Td(one.origin)] if several else []),
        html.Td(f"{one.expected:,.0f}", className="r"),
        *(html.Td(_share(chance), className="r", **attributes(data_sort=f"{chance:.4f}")) for chance in one.chances),
        html.Td(in_words(one), className="pattern"),
    ]
    return html.Tr(cells)


def _share(chance: float) -> str:
    """A chance in percent; what is nearly certain, or nearly impossible, is not told as if it were."""
    return "over 99 %" if chance > 0.99 else "under 1 %" if chance < 0.01 else f"{100 * chance:.0f} %"


def in_words(one: Sight) -> str:
    """What can be seen, and what cannot."""
    chances = dict(zip(FACTORS, one.chances, strict=True))
    unseen = max((factor for factor, chance in chances.items() if chance < UNLIKELY), default=None)
    seen = min((factor for factor, chance in chances.items() if chance >= LIKELY), default=None)
    cannot = f"a {unseen:g}x day of {one.expected:,.0f} flags cannot be seen" if unseen else ""
    can = f"one of {seen:g}x is" if cannot and seen else f"a {seen:g}x day is seen" if seen else ""
    told = "; ".join(text for text in (cannot, can) if text) or "nothing up to 5x is seen for sure"
    return f"{told[0].upper()}{told[1:]}."
