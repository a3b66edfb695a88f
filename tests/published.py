"""Made-up counts of two platforms, the same every time: one that begins later and leaves days out."""

from collections.abc import Iterator
from datetime import date, timedelta

from sqlalchemy import Connection

from dashapp.domain.messages import AggregateRow
from dashapp.domain.vocabulary import NOT_GIVEN, Feed
from dashapp.store.writes import put_aggregates, put_coverage

PLATFORMS = {"Chat": 1000, "Board": 70}
LATE, LEFT_OUT = 9, (20, 21, 30)
"""Places among the days: where Board begins, and those that it leaves out."""
SHARES = {
    "category": {"hate_speech": 1, "spam": 9},
    "content_type": {"text": 8, "image": 5},
    "automated_decision": {"fully": 7, "partially": 1, "not_automated": 2},
    "automated_detection": {"yes": 6, "no": 4},
    "source_type": {"voluntary": 9, "article_16": 1},
}
"""Tenths of the statements by value."""


def publish(connection: Connection, origin: str, until: date, days: int) -> None:
    """Store what the platforms published on so many days, as the importer would."""
    rows = [row for place in range(days) for row in counts_of(until - timedelta(days=days - 1 - place), place)]
    put_aggregates(connection, origin, rows, replace=False)
    put_coverage(connection, origin, {row.day for row in rows}, Feed.AGGREGATES)


def counts_of(day: date, place: int) -> Iterator[AggregateRow]:
    for platform, size in PLATFORMS.items():
        if platform == "Board" and (place < LATE or place in LEFT_OUT):
            continue
        tenth = size // 10 + 3 * place - 5 * day.weekday()
        told = [("rows", NOT_GIVEN, 10 * tenth, None)]
        told += [(dim, value, share * tenth, None) for dim, of in SHARES.items() for value, share in of.items()]
        told += [("moderation_delay", NOT_GIVEN, 9 * tenth, 86_400 * (1 + place % 3) + place)]
        told += [("disclosure_delay", NOT_GIVEN, 10 * tenth, 43_200 + 60 * place)]
        for dimension, value, count, mean in told:
            yield AggregateRow(day=day, platform=platform, dimension=dimension, value=value, count=count, mean=mean)
