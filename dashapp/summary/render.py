"""A summary as a document that leaves the house: Markdown, plain text, one HTML page, PDF."""

from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from dashapp.metrics import METRICS
from dashapp.settings import ROOT
from dashapp.summary import told
from dashapp.summary.document import Document
from dashapp.summary.drawing import Drawing
from dashapp.summary.fact import Facts
from dashapp.summary.inert import escaped
from dashapp.summary.template import IN_FIGURES
from dashapp.summary.text import Figure, Piece, Section, Text, pieces

HEADS = ("Figure", "Value", "n", "Week before", "Change", "Settled", "Measured over")
FONT = ROOT / "assets" / "fonts" / "inter-latin.woff2"
LAYING_OUT = Lock()
"""What lays pages out is not made for several threads."""

Write = Callable[[str], str]


def prose(text: Text, facts: Facts) -> str:
    """The text of a summary in Markdown, with nothing around it."""
    return "\n\n".join(_prose(text, facts, escaped)) + "\n"


def markdown(document: Document) -> str:
    """The summary in Markdown. Words from outside make no link, image or HTML of themselves."""
    title, *others = _prose(told.worded(document), document.facts, escaped, told.MARK)
    parts = [title, " ".join(map(escaped, told.state(document))), *_comment(document, escaped), *others]
    return "\n\n".join([*parts, *_figures(document.facts)]) + "\n"


def plain(document: Document) -> str:
    """The summary as the text of a message."""
    title, *others = _prose(document.text, document.facts, str, told.MARK)
    parts = [title, "\n".join(told.state(document)), *_comment(document, str), *others]
    return "\n\n".join(part.lstrip("# ") for part in parts) + "\n"


def html(document: Document, drawings: Sequence[Drawing], *, embed: bool = True) -> str:
    """The summary as one page that holds all it needs: it asks for nothing and runs nothing. Without the font, which it
    is to `embed`, it is short enough for a mail.
    """
    return _template().render(
        document=document,
        sections=[_shown(section, document.facts) for section in told.worded(document)],
        state=told.state(document),
        heads=HEADS,
        rows=[_cells(row) for row in told.figures(document.facts)],
        missing=told.missing(document.facts),
        limits=told.limits(document.facts),
        drawings=drawings,
        font=b64encode(FONT.read_bytes()).decode() if embed else None,
    )


def pdf(document: Document, drawings: Sequence[Drawing]) -> bytes:
    """The summary as PDF, laid out without a browser and without asking any other host."""
    from weasyprint import HTML
    from weasyprint.urls import URLFetcher

    with LAYING_OUT:
        page = HTML(string=html(document, drawings), url_fetcher=URLFetcher(allowed_protocols=["data"]))
        made: bytes = page.write_pdf()
    return made


@cache
def _template() -> Template:
    folder = FileSystemLoader(Path(__file__).parent)
    made = Environment(loader=folder, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return made.get_template("summary.html.jinja")


def _prose(text: Text, facts: Facts, write: Write, mark: str = "") -> Iterator[str]:
    """Headings, lists and paragraphs, with `mark` behind each figure that may still change."""
    for place, section in enumerate(text):
        lines = [(line.item, write(_line(line.words, facts, mark))) for line in section.lines]
        yield f"{'##'[place == 0 :]} {write(_line(section.heading, facts, ''))}"
        if items := "\n".join(f"- {words}" for item, words in lines if item):
            yield items
        yield from (words for item, words in lines if not item)


def _line(words: str, facts: Facts, mark: str) -> str:
    return "".join(_written(piece, facts, mark) for piece in pieces(words, facts))


def _written(piece: Piece, facts: Facts, mark: str) -> str:
    if isinstance(piece, str):
        return piece
    return piece.written + mark * (piece.part is None and told.pending(facts[piece.key]))


def _comment(document: Document, write: Write) -> Iterator[str]:
    """An analyst's words, set off from the summary's own."""
    if document.kept.comment:
        yield "Comment:"
        yield "\n".join(f"> {line}".rstrip() for line in write(document.kept.comment).split("\n"))


def _figures(facts: Facts) -> Iterator[str]:
    """All figures as a table of GitHub's Markdown; nothing of a summary that was kept without its facts."""
    if rows := told.figures(facts):
        lines = [HEADS, ["---"] * len(HEADS), *(map(escaped, _cells(row)) for row in rows)]
        yield f"## {IN_FIGURES}"
        yield "\n".join(f"| {' | '.join(line)} |" for line in lines)
    if missing := told.missing(facts):
        yield escaped(f"No data: {'; '.join(missing)}.")
    if limits := told.limits(facts):
        yield escaped(f"Judged by: {'; '.join(f'{fact.name} {fact.text}' for fact in limits)}.")


def _cells(row: told.Row) -> tuple[str, ...]:
    """A row of the table of figures."""
    mark = told.MARK * (row.settled != "" and row.fact.provisional)
    metric = METRICS.get(row.fact.metric or "")
    title = metric.title if metric and not row.fact.name.startswith(metric.title) else ""
    source = " · ".join(filter(None, [title, told.days_of(row.fact)]))
    return (row.fact.name, row.fact.text + mark, row.n, row.before, row.change, row.settled, source)


def _shown(section: Section, facts: Facts) -> dict[str, Any]:
    """A section as the template of the page takes it: lines of words and figures, items of lists together."""
    lines = [(line.item, [_piece(piece, facts) for piece in pieces(line.words, facts)]) for line in section.lines]
    return {
        "heading": _line(section.heading, facts, ""),
        "items": [line for item, line in lines if item],
        "paragraphs": [line for item, line in lines if not item],
    }


def _piece(piece: Piece, facts: Facts) -> dict[str, Any]:
    if not isinstance(piece, Figure):
        return {"words": piece, "figure": False, "provisional": False}
    is_value = piece.part is None
    return {"words": piece.written, "figure": is_value, "provisional": is_value and told.pending(facts[piece.key])}
