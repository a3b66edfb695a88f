"""A weekly summary: its text beside the figures in it, each with where it comes from."""

import logging
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import wraps
from typing import Any

from dash import html
from dash.development.base_component import Component
from sqlalchemy.exc import SQLAlchemyError

from dashapp.jobs.schedule import Daily
from dashapp.metrics import METRICS
from dashapp.metrics.words import NO_DATA, moment
from dashapp.store.engine import TooSlow
from dashapp.summary import told
from dashapp.summary.charts import CHARTS
from dashapp.summary.document import Document
from dashapp.summary.fact import BETTER, WORSE, Fact, Facts
from dashapp.summary.text import Figure, Line, Piece, Section, pieces, plain
from dashapp.web.cards.content import Content
from dashapp.web.chosen import chosen
from dashapp.web.components import attributes, inner, named, notice
from dashapp.web.desk import services
from dashapp.web.page import Card, Chart, Page
from dashapp.web.places import definition_of, place_of
from dashapp.web.scenes import Scene

log = logging.getLogger(__name__)

FILES = {"pdf": "PDF", "md": "Markdown", "html": "HTML", "json": "JSON"}
ENDS = re.compile(r"(?<=[.!?;])\s+")
"""Where one sentence ends and the next begins: a figure belongs to one."""
CLASSES = {BETTER: "good", WORSE: "bad"}
WITHOUT = (Chart.ORDER, Chart.VERSIONS)
"""What is shown where there is no summary to show."""

Maker = Callable[[Scene, Document], Content]


def read_or_said(make: Callable[[Scene, Card], Content]) -> Callable[[Scene, Card], Content]:
    """The maker, with a message in place of a card that could not be read."""

    @wraps(make)
    def made(scene: Scene, card: Card) -> Content:
        try:
            return make(scene, card)
        except (SQLAlchemyError, TooSlow):
            log.exception("card %s failed", card.id)
            return Content(message="The summaries could not be read. The log says why.")

    return made


def of_summary(make: Maker) -> Callable[[Scene, Card], Content]:
    """A maker of cards about the summary of the address, with words where there is none."""

    @read_or_said
    @wraps(make)
    def made(scene: Scene, _card: Card) -> Content:
        found = chosen(scene.desk, scene.address)
        return make(scene, found.document) if found.document else Content(message=found.why)

    return made


def page_of(scene: Scene, page: Page) -> Page:
    """The page of the summary that the address names, with the charts that there are data for; where there is none,
    what is needed to have one made. What cannot be read is said by the cards.
    """
    try:
        found = chosen(scene.desk, scene.address)
    except (SQLAlchemyError, TooSlow):
        return page
    if found.document is None:
        question = found.why if found.listed else f"{found.why} {_next(scene)}"
        return replace(page, question=question, cards=tuple(card for card in page.cards if card.chart in WITHOUT))
    facts = found.document.facts
    heading = found.document.text[0].heading if found.document.text else found.document.kept.week
    [first_card, *others] = page.cards
    place = next(number for number, card in enumerate(others) if card.chart is Chart.VERSIONS)
    cards = [replace(first_card, title=plain(heading, facts)), *others[:place], *_charts(facts), *others[place:]]
    return replace(page, cards=tuple(cards))


def _next(scene: Scene) -> str:
    """When the job makes the next summary."""
    settings = services().settings
    weekly = Daily(settings.summary_hour, settings.zone, settings.summary_weekday)
    slot = weekly.after(weekly.newest(scene.desk.now))
    return f"The next is made at {moment(slot, settings.zone)}, once a week; you can have one made now."


def _charts(facts: Facts) -> Iterator[Card]:
    """The charts of the week: of each place the first that the week has a figure of."""
    for wanted in CHARTS:
        for one in wanted:
            fact = facts.get(one.key)
            if fact and fact.value is not None:
                yield Card(one.key, Chart.BARS if one.by else Chart.LINES, by=one.by, trailing=one.trailing)
                break


@of_summary
def document(_scene: Scene, found: Document) -> Content:
    """The text, and the figures in it."""
    kept = found.kept
    files = [
        html.A(
            name,
            href=f"/api/v1/summaries/{kept.week}.{ending}?version={kept.version}",
            download=f"summary_{kept.week}_{kept.version}.{ending}",
        )
        for ending, name in FILES.items()
    ]
    took = [f"The model took: {spent}."] if (spent := told.spent(kept.usage)) else []
    said = " ".join([*told.origin(found), *took, told.approval(found), *told.marked(found)])
    top = [*(notice(warning) for warning in told.warnings(found)), html.P(said, className="quiet")]
    sections = told.worded(found)
    body = [_text(found, sections), _sources(found, sections)]
    return Content([*files], body=html.Div([*top, html.Div(body, className="beside")], className="summary"))


def _text(found: Document, sections: Sequence[Section]) -> Component:
    comment = found.kept.comment
    remark = html.Blockquote([html.B("Comment"), html.P(comment)], className="remark") if comment else None
    shown = [part for place, section in enumerate(sections) for part in _section(section, found.facts, place)]
    return html.Div([*([remark] if remark else []), *shown], className="prose")


def _section(section: Section, facts: Facts, place: int) -> Iterator[Component]:
    """A part of the text; the heading of the first is the card's."""
    if place:
        yield html.H3(plain(section.heading, facts))
    items = [html.Li(_sentences(line, facts)) for line in section.lines if line.item]
    if items:
        yield html.Ul(items)
    yield from (html.P(_sentences(line, facts)) for line in section.lines if not line.item)


def _sentences(line: Line, facts: Facts) -> list[Component | str]:
    """A line as sentences, each of which names the figures in it."""
    parts: list[Component | str] = []
    for sentence in split(pieces(line.words, facts)):
        keys = dict.fromkeys(told.base(facts, piece.key) for piece in sentence if isinstance(piece, Figure))
        shown = [_piece(piece, facts) for piece in sentence]
        of = {"tabIndex": 0, **attributes(data_facts=" ".join(keys))} if keys else {}
        parts += [html.Span(shown, className="sentence", **of), " "]
    return parts[:-1]


def split(found: Iterable[Piece]) -> list[list[Piece]]:
    """Words and figures by sentence."""
    sentences: list[list[Piece]] = [[]]
    for piece in found:
        if isinstance(piece, Figure):
            sentences[-1].append(piece)
            continue
        first, *others = ENDS.split(piece)
        sentences[-1].append(first)
        sentences += [[words] for words in others]
    return [sentence for sentence in sentences if any(sentence)]


def _piece(piece: Piece, facts: Facts) -> Any:
    """Words as they are; a figure leads to where it is shown or else defined, and a verdict has its colour."""
    if isinstance(piece, str):
        return piece
    fact = facts[piece.key]
    if piece.part is not None:
        return html.Span(piece.written, className=CLASSES.get(piece.written, ""))
    href = place_of(fact) or definition_of(fact)
    shown = inner(piece.written, href, title=fact.name) if href else html.B(piece.written)
    return html.Span([shown, *_mark(fact)], className="figure")


def _mark(fact: Fact) -> list[Component]:
    return [html.Sup("p", title="provisional: may still change")] if told.pending(fact) else []


def _sources(found: Document, sections: Sequence[Section]) -> Component:
    """The figures in the text, those of the week first, then what they rest on."""
    facts = found.facts
    cited = [
        told.base(facts, piece.key)
        for section in sections
        for line in section.lines
        for piece in pieces(line.words, facts)
        if isinstance(piece, Figure)
    ]
    keys = sorted(dict.fromkeys(cited), key=told.is_frame)
    head = html.Tr([html.Th(name, scope="col") for name in ("Figure", "Value", "Week before", "Measured over")])
    table = html.Table([html.Thead(head), html.Tbody([_source(told.row(facts, facts[key])) for key in keys])])
    region = html.Div(table, className="listed", tabIndex=0, role="region", **named("Figures in the text"))
    note = html.P("Point at a sentence to see its figures, or at a figure to see where it is told.", className="sub")
    return html.Div([html.H3("Where the figures come from"), note, region], className="sources")


def _source(row: told.Row) -> Component:
    fact = row.fact
    metric = METRICS.get(fact.metric or "")
    value = [html.B(fact.text), *_mark(fact), *([_quiet(f"n {row.n}")] if row.n else [])]
    before: list[Any] = [row.before, *([_quiet(row.change)] if row.change and row.before != NO_DATA else [])]
    over: list[Any] = [
        told.days_of(fact),
        *([_quiet(row.settled)] if row.settled else []),
        *_ways(fact),
    ]
    about = metric.first_sentence if metric else None
    cells = [html.Td(html.Span(fact.name, title=about), className="pattern")]
    cells += [html.Td(value), html.Td(before), html.Td(over)]
    return html.Tr(cells, **attributes(data_fact=fact.key))


def _quiet(words: str) -> Component:
    return html.Span(words, className="quiet")


def _ways(fact: Fact) -> list[Component]:
    """The ways to what a figure counts, and to where it is shown."""
    ways = {"Definition": definition_of(fact), "Chart": place_of(fact)}
    found = [inner(name, href, **named(f"{name} of {fact.name}")) for name, href in ways.items() if href]
    return [html.Span([part for way in found for part in (way, " ")][:-1], className="ways")] if found else []
