"""Who is reported most, as a table that is ordered, searched and paged through the address."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from dash import html
from dash.development.base_component import Component
from markupsafe import Markup

from dashapp.domain.vocabulary import NOT_GIVEN, Dim, Status, label
from dashapp.metrics import Measurement, measure
from dashapp.web import components, words
from dashapp.web.board import BOARDS, NAME, TOTAL, Board
from dashapp.web.cards.content import Content, computed, missing
from dashapp.web.components import attributes, named
from dashapp.web.page import Card
from dashapp.web.paging import paging
from dashapp.web.scenes import Scene

PER_PAGE = 20
HEADS = {TOTAL: "Total", NAME: "Name", **{status.value: label(status) for status in Status}}
COLUMNS = (NAME, Status.PENDING, Status.REVIEWED, TOTAL)


@dataclass(frozen=True)
class Line:
    """One of those that are ranked, with its reports by status."""

    name: str
    counts: Counter[str]
    rounded_to: int = 0
    """The steps in which counts of a person are told."""

    def said(self, key: str) -> str:
        """A count as it is read."""
        few = self.rounded_to and not self.counts[key] and self.name != NOT_GIVEN
        return "few" if few else f"{self.counts[key]:,}"


def board(scene: Scene, card: Card) -> Content:
    """The page of the leaderboard that the address asks for."""
    answer = measure(scene.desk, card.metric, scene.ask(card))
    shown = replace(Board.parse(scene.address), view=scene.view)
    if reason := missing(scene, replace(answer, points=answer.points or ((answer.total,) if answer.total else ()))):
        return Content(message=reason)
    lines = _ordered(_lines(scene, card, answer), shown)
    found = [line for line in lines if shown.search.lower() in _said(line).lower()]
    last = max(1, -(-len(found) // PER_PAGE))
    shown = replace(shown, page=min(shown.page, last))
    first = (shown.page - 1) * PER_PAGE
    part = found[first : first + PER_PAGE]
    said = f"{first + 1:,} to {first + len(part):,} of {len(found):,}" if part else "none is called so"
    parts = [_choice(shown), *_rounded(answer, shown.dim), _table(shown, part), paging(shown, last, said)]
    head = [
        html.B(f"{len(lines):,} {BOARDS[shown.dim].lower()}"),
        html.Span(f"to {words.day(min(scene.as_of, scene.window.until))}"),
        *computed(answer),
    ]
    return Content(head, body=html.Div(parts, className="board"))


def _lines(scene: Scene, card: Card, answer: Measurement) -> list[Line]:
    """All that may be told of. Of people the total is told by itself: each count of theirs has its own steps."""
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for point in answer.points:
        name, status = point.groups
        counts[name].update({status: point.n, TOTAL: point.n})
    if answer.rounded_to:
        ask = scene.ask(card)
        for point in measure(scene.desk, card.metric, replace(ask, by=ask.by[:1])).points:
            counts[point.groups[0]][TOTAL] = point.n
    return [Line(name, of, answer.rounded_to) for name, of in counts.items()]


def _ordered(lines: Sequence[Line], shown: Board) -> list[Line]:
    """Lines in the order asked for; equal ones by their name."""
    if shown.rank == NAME:
        return sorted(lines, key=lambda line: line.name)
    return sorted(lines, key=lambda line: (-line.counts[shown.rank], line.name))


def _choice(shown: Board) -> Component:
    """Whose leaderboard it is, and the ways to the others."""
    buttons = [
        html.Button(
            name,
            className="pick",
            **attributes(
                data_query=f"?{replace(shown, dim=dim, page=1, search='').query()}",
                aria_pressed="true" if dim is shown.dim else "false",
            ),
        )
        for dim, name in BOARDS.items()
    ]
    return html.Div(buttons, className="choice", role="group", **named("Most reported"))


def _rounded(answer: Measurement, dim: Dim) -> list[Component]:
    """What is not told of people: the same whether or not anybody is left out."""
    if not answer.rounded_to:
        return []
    whose, least = BOARDS[dim].lower(), answer.rounded_to
    off = f"which may be up to {2 * least - 2} off either way in each quarter of the year"
    text = f"Counts of {whose} are told in steps of {least}, {off}; {whose} without a step are not shown."
    return [components.notice(text, "info")]


def _table(shown: Board, part: Sequence[Line]) -> Component:
    head = html.Tr([_heading(shown, key) for key in COLUMNS])
    body = html.Tbody([html.Tr([_cell(line, key) for key in COLUMNS]) for line in part])
    table = html.Table([html.Thead(head), body])
    return html.Div(
        table, className="wide", tabIndex=0, role="region", **named(f"Most reported {BOARDS[shown.dim].lower()}")
    )


def _heading(shown: Board, key: str) -> Component:
    """A column's name as a button that orders by it: counts largest first, names by the alphabet."""
    name = BOARDS[shown.dim].removesuffix("s") if key == NAME else HEADS[key]
    button = html.Button(name, **attributes(data_query=f"?{replace(shown, rank=key, page=1).query()}"))
    order = attributes(aria_sort="ascending" if key == NAME else "descending") if key == shown.rank else {}
    return html.Th(button, scope="col", className="" if key == NAME else "r", **order)


def _cell(line: Line, key: str) -> Markup:
    if key == NAME:
        return Markup("<td>{}</td>").format(_said(line))
    return Markup('<td class="r">{}</td>').format(line.said(key))


def _said(line: Line) -> str:
    """A name as it is; what was not given in words."""
    return label(line.name) if line.name == NOT_GIVEN else line.name
