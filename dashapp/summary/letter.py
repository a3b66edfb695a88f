"""A summary as a message."""

from collections.abc import Iterator
from datetime import datetime
from urllib.parse import urlencode

from sqlalchemy import Connection

from dashapp.metrics import Desk
from dashapp.notify.message import Attachment, Message, Part
from dashapp.policy import policy_of
from dashapp.settings import Settings
from dashapp.store.summaries import Kept
from dashapp.summary import render, told
from dashapp.summary.charts import charts_of
from dashapp.summary.document import Document
from dashapp.summary.fact import Facts
from dashapp.summary.text import Figure, Line, pieces, plain
from dashapp.summary.weekly import SECONDS

PDF = "application/pdf"
PAGE = "/summary"


def letter(connection: Connection, kept: Kept, settings: Settings, now: datetime, *, corrected: bool) -> Message:
    """What is sent of a version: its text, the same as HTML without charts, which mail programs do not show, and all of
    it as PDF. A `corrected` one takes the place of one that was sent.
    """
    document = Document.of(kept)
    desk = Desk(connection.execution_options(seconds=SECONDS), now, policy_of(settings), ahead=False)
    drawings = charts_of(desk, kept)
    title = plain(document.text[0].heading, document.facts)
    address = urlencode({"week": kept.week, "version": kept.version})
    link = f"{settings.public_url}{PAGE}?{address}" if settings.public_url else None
    return Message(
        subject=f"{'Corrected: ' * corrected}{title}{'' if kept.approved_at else ' (not approved)'}",
        plain=render.plain(document) + (f"\n{link}\n" if link else ""),
        html=render.html(document, [], embed=False),
        attachments=(Attachment(f"summary-{kept.week}.pdf", PDF, render.pdf(document, drawings)),),
        parts=tuple(_parts(document)),
        link=link,
    )


def _parts(document: Document) -> Iterator[Part]:
    """How far the summary can be trusted, what an analyst says of it, and what it says of the week."""
    yield Part("About this summary", " ".join(told.state(document)))
    if document.kept.comment:
        yield Part("Comment", document.kept.comment)
    for section in told.worded(document)[1:]:
        words = [_words(line, document.facts) for line in section.lines]
        yield Part(plain(section.heading, document.facts), "\n".join(words))


def _words(line: Line, facts: Facts) -> str:
    """A line with the figures that may still change marked, as documents have it."""
    found = pieces(line.words, facts)
    words = [piece if isinstance(piece, str) else piece.written + _mark(piece, facts) for piece in found]
    return "".join(["• "] * line.item + words)


def _mark(figure: Figure, facts: Facts) -> str:
    return told.MARK if figure.part is None and facts[figure.key].provisional else ""
