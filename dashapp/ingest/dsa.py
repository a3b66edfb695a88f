"""Daily statistics of the EU's DSA Transparency Database: how many statements of reasons platforms published, by what.

A row counts one platform's statements of a day: in all (`rows`), with one value of a field, or those of which a delay
was measured, with its mean. Names lose the prefix that says their field again, and are written small.
"""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from sqlalchemy import Connection, Engine

from dashapp.domain.messages import AggregateRow
from dashapp.domain.vocabulary import NOT_GIVEN, Feed
from dashapp.ingest.pipeline import How, Kind, Source, import_files
from dashapp.ingest.report import Report
from dashapp.store.writes import Counts, put_aggregates

PREFIXES = {
    "category": ("STATEMENT_CATEGORY_",),
    "category_specification": ("KEYWORD_",),
    "source_type": ("SOURCE_TYPE_", "SOURCE_"),
}
"""What the names of a field begin with, where it is not the field's own name."""
ANSWERS = {"Yes": "yes", "No": "no"}
DELAY = "_delay"
"""How fields end of which something was measured; of others the mean says nothing."""


def plain_name(field: str, variant: str) -> str:
    """A value by its plain name: STATEMENT_CATEGORY_SELF_HARM -> self_harm; what was left empty -> (none)."""
    if not variant:
        return NOT_GIVEN
    for prefix in PREFIXES.get(field, (f"{field.upper()}_",)):
        if variant.startswith(prefix) and variant != prefix:
            return variant.removeprefix(prefix).lower()
    return ANSWERS.get(variant, variant)


def _told(given: Mapping[str, str]) -> dict[str, str]:
    """The fields of a message."""
    field = given["dimension"]
    mean = _whole(given["mean"]) if field.endswith(DELAY) else ""
    return {**given, "value": plain_name(field, given["value"]), "mean": mean}


def _whole(text: str) -> str:
    """A number of seconds without its fraction; what is no number as it is, to be refused."""
    try:
        seconds = float(text)
    except ValueError:
        return text
    return str(round(seconds)) if math.isfinite(seconds) else text


def _put(connection: Connection, messages: Sequence[AggregateRow], how: How) -> Counts:
    return put_aggregates(connection, how.origin, messages, replace=how.replace)


KIND = Kind(
    AggregateRow,
    {
        "date": "day",
        "platform": "platform",
        "column": "dimension",
        "variant": "value",
        "count": "count",
        "mean": "mean",
    },
    "value",
    ("day",),
    _put,
    Feed.AGGREGATES,
    lambda row, _zone: row.day,
    _told,
    gaps=True,
    identity=lambda row: (row.day, row.platform, row.dimension, row.value),
)
"""Field by header. The least and the largest delay are not read: no figure is made of them."""


def import_dsa(engine: Engine, paths: Sequence[Path], how: How) -> Report:
    """Import files; what cannot be taken is in the report, and nothing is raised for it."""
    return import_files(engine, [Source(path, KIND) for path in paths], how)
