"""The parameters of the REST API, as its description has them. What reads them is domain.view and web.listing."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dashapp.domain.ask import Grain
from dashapp.domain.view import MOST_VALUE
from dashapp.domain.vocabulary import CLOSED, NOT_GIVEN, Case, Dim, Method
from dashapp.metrics import METRICS
from dashapp.metrics.detecting import SUBJECTS
from dashapp.metrics.rows import COLUMNS
from dashapp.store.runs import Outcome
from dashapp.web.history import ALL
from dashapp.web.triaging import DIGITS

Schema = Mapping[str, Any]


@dataclass(frozen=True)
class Parameter:
    """A parameter of the query string, or of the path; of `many` values each is given by itself."""

    name: str
    about: str
    schema: Schema
    many: bool = False
    place: str = "query"


def _filter(dim: Dim) -> Parameter:
    closed = CLOSED.get(dim)
    value = {"enum": [*closed, NOT_GIVEN]} if closed else {"minLength": 1, "maxLength": MOST_VALUE}
    return Parameter(dim, f"Only what has one of these values of {dim}.", {"type": "string", **value}, many=True)


NUMBER_OF_DAYS: Schema = {"type": "string", "pattern": r"^[1-9][0-9]{0,3}d$"}
DAY: Schema = {"type": "string", "format": "date"}
MOMENT: Schema = {"anyOf": [DAY, {"type": "string", "format": "date-time"}]}

RANGE = Parameter(
    "range", "So many days up to the last that the data cover, 90d where nothing is given.", NUMBER_OF_DAYS
)
WINDOW = (RANGE, Parameter("since", "The first day.", DAY), Parameter("until", "The last day.", DAY))
FILTERS = tuple(_filter(dim) for dim in Dim)
KEY = Parameter("key", "The metric.", {"enum": list(METRICS)}, place="path")
MEASURED = (
    KEY,
    RANGE,
    Parameter("since", "The first day; of buckets shorter than a day also a moment.", MOMENT),
    Parameter("until", "The last day; of buckets shorter than a day also the moment before which it ends.", MOMENT),
    Parameter("grain", "How wide a bucket is.", {"enum": list(Grain)}),
    Parameter("by", "Split by a dimension or two, or by none.", {"enum": ["none", *Dim]}, many=True),
    Parameter("trailing", "Pool so many days into each daily bucket.", NUMBER_OF_DAYS),
    *FILTERS,
)
FOUND = (
    *WINDOW,
    Parameter("method", "The detector.", {"enum": list(Method)}),
    Parameter("metric", "In whose counts incidents are asked for.", {"enum": [subject.metric for subject in SUBJECTS]}),
    *FILTERS,
)
NOTED = (*WINDOW, *FILTERS)
ROWS = (
    *WINDOW,
    *FILTERS,
    Parameter("case", "Only flags in this state of their review.", {"enum": list(Case)}),
    Parameter("q", "Only flags with this text in an id.", {"type": "string", "maxLength": MOST_VALUE}),
    Parameter("sort", "The column to sort by.", {"enum": list(COLUMNS)}),
    Parameter("desc", "Whether the highest come first.", {"enum": ["0", "1"]}),
)
RUNS = (
    Parameter("job", f"Only runs of this job; {ALL} is every one.", {"type": "string"}),
    Parameter("outcome", f"Only runs with this outcome; {ALL} is any.", {"enum": [ALL, *Outcome]}),
)
NAME: Schema = {"type": "string", "minLength": 1, "maxLength": MOST_VALUE}
AUDIT = (
    Parameter("since", "Only from this day on.", DAY),
    Parameter("until", "Only up to this day.", DAY),
    Parameter("actor", "Only what this user or program did.", NAME),
    Parameter("action", "Only actions of this name.", NAME),
)
BELOW = Parameter("below", "Only entries before the one of this number.", {"type": "integer", "minimum": 0})
AUDITED = (*AUDIT, BELOW)
WEEK = (
    Parameter(
        "week", "An ISO week such as 2024-W12.", {"type": "string", "pattern": "^[0-9]{4}-W[0-9]{2}$"}, place="path"
    ),
    Parameter("version", "The version, else the newest.", {"type": "integer", "minimum": 1}),
)
BEFORE = (
    Parameter("before", "The week and the version that they come after, such as 2024-W12:1.", {"type": "string"}),
)
ORDER = (Parameter("number", "The order.", {"type": "integer", "minimum": 0, "maximum": 10**DIGITS - 1}, place="path"),)
