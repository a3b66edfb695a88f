"""What the REST API answers of summaries and orders, as models."""

from datetime import date, datetime
from typing import Any, Literal

from dashapp.web.answers import Answer, Count


class SummaryListed(Answer):
    """What a list says of a summary."""

    week: str
    version: int
    filters: str
    made_at: datetime
    made_by: str
    as_of: date | None
    complete: int
    author: str
    reason: str
    usage: dict[str, Any] | None
    approved_at: datetime | None
    approved_by: str | None
    superseded_at: datetime | None


class Summaries(Answer):
    """Summaries, and the address of those that come after them."""

    summaries: list[SummaryListed]
    next: str | None


class FactAnswer(Answer):
    """A figure of a summary, as it was measured and as it is written."""

    key: str
    name: str
    value: float | str | None
    text: str
    unit: str
    n: Count | None
    direction: str | None
    verdict: str | None
    provisional: bool
    metric: str | None


class Summary(SummaryListed):
    """A summary with its facts and its text."""

    facts: list[FactAnswer]
    markdown: str


class Ordered(Answer):
    """An order was taken."""

    order: int
    state: Literal["waiting"]


class Made(Answer):
    """The summary that came of an order."""

    week: str
    version: int


class OrderAnswer(Answer):
    """What became of an order."""

    order: int
    week: str | None
    filters: str
    asked_at: datetime
    state: Literal["waiting", "being made", "made", "failed"]
    step: str | None
    made: Made | None
    error: str | None
