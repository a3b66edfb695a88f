"""The SELECTs that metrics of published counts are made of. The counts are marginal: a question reads one dimension."""

from sqlalchemy import ColumnElement, FromClause, case, select

from dashapp.domain.ask import Ask
from dashapp.domain.vocabulary import Dim
from dashapp.store.moderation import AGGREGATED, ALL_CASES, aggregate_day

PLACES = frozenset({Dim.ORIGIN, Dim.PLATFORM})
"""What every count says: who told us, and of which platform."""
MARGINAL = frozenset(AGGREGATED)
"""What counts are by, each dimension for itself."""
SEVERAL = frozenset({Dim.CONTENT_TYPE, Dim.DECISION_VISIBILITY})
"""Of which a statement may name several values: by them it is counted once under each."""


def dimension_of(ask: Ask) -> str:
    """The dimension to read: the one that the question names, else that of all cases."""
    return min(ask.dims & MARGINAL, default=ALL_CASES)


def counted(ask: Ask, dimension: str) -> FromClause:
    """What platforms counted by one dimension. Columns origin, day, platform, value, those that the question names,
    cases, and mean (seconds; none where nothing was measured).
    """
    told = aggregate_day.c
    named = (told.value.label(dim.value) for dim in sorted(ask.dims & MARGINAL))  # of several `measure` answers none
    columns = (told.origin, told.day, told.platform, told.value, told["count"].label("cases"), told.mean)
    return select(*columns, *named).where(told.dimension == dimension).subquery()


def cases_if(rows: FromClause, value: str) -> ColumnElement[int]:
    """Cases that have one value of the dimension."""
    return case((rows.c.value == value, rows.c.cases), else_=0)
