"""Flags as rows of a cube: what each adds to which day, before anything is summed."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Join, Select, Subquery, and_, case, func, literal, select, union_all

from dashapp.domain.vocabulary import NOT_GIVEN, Dim, Label, Routing, Severity
from dashapp.store.portable import rounded
from dashapp.store.schema import MEASURES, flag, reviewer

SlaHours = Mapping[Severity, float] | Mapping[Severity, ColumnElement[float]]


def column_of(dim: Dim) -> ColumnElement[str]:
    """Where the facts hold a dimension; what was not given has a value of its own."""
    if dim is Dim.ORIGIN:
        return flag.c.origin
    elsewhere = {Dim.TEAM: reviewer.c.team, Dim.REVIEWER: flag.c.reviewer_id}
    column = elsewhere[dim] if dim in elsewhere else flag.c[dim.value]
    return func.coalesce(column, literal(NOT_GIVEN))


def with_reviewers() -> Join:
    """Flags with what is known of their reviewers."""
    here = and_(reviewer.c.origin == flag.c.origin, reviewer.c.reviewer_id == flag.c.reviewer_id)
    return flag.outerjoin(reviewer, here)


def facts(
    dims: Iterable[Dim], sla: SlaHours, where: Sequence[ColumnElement[bool]], since: object, until: object
) -> Subquery:
    """Flags as rows of a cube not yet summed: by the day raised, and by the day decided where that is another one.

    `where` restricts flags; `since` and `until` (dates, or bound parameters) restrict the day. Columns: origin, day,
    the dims, and MEASURES.
    """
    known = (Dim.ORIGIN, *dims)
    raised = raised_rows(known, sla, where, since, until)
    return union_all(raised, decided_rows(known, where, since, until, MEASURES)).subquery()


def raised_rows(
    dims: Iterable[Dim],
    sla: SlaHours,
    where: Sequence[ColumnElement[bool]],
    since: object,
    until: object,
    without: Iterable[str] = (),
) -> Select[Any]:
    """What each flag adds to the day on which it was raised: columns day, the dims, and MEASURES but for some."""
    measures: dict[str, ColumnElement[int]] = {
        "raised": literal(1),
        "decided": case((flag.c.decided_day == flag.c.flagged_day, 1), else_=0),
        "decided_in_sla": case((in_sla(sla), 1), else_=0),
        "coordinated": case((flag.c.coordinated, 1), else_=0),
        "marked": case((flag.c.coordinated.is_not(None), 1), else_=0),
        "confirmed": case((flag.c.label == Label.CONFIRMED, 1), else_=0),
        "rejected": case((flag.c.label == Label.REJECTED, 1), else_=0),
        "scored": case((flag.c.score.is_not(None), 1), else_=0),
        "score_nano": func.coalesce(rounded(flag.c.score * 1e9), 0),
    }
    told = {name: measure for name, measure in measures.items() if name not in without}
    return _rows(flag.c.flagged_day, dims, told).where(flag.c.flagged_day.between(since, until), *where)


def decided_rows(
    dims: Iterable[Dim], where: Sequence[ColumnElement[bool]], since: object, until: object, zeros: Iterable[str] = ()
) -> Select[Any]:
    """What each flag that was not decided on the day it was raised adds to the day on which it was.

    Columns: day, the dims, `decided`, and as `zeros` the measures that are asked for although nothing is added to them.
    """
    measures: dict[str, ColumnElement[int]] = {**{name: literal(0) for name in zeros}, "decided": literal(1)}
    later = flag.c.decided_day != flag.c.flagged_day
    return _rows(flag.c.decided_day, dims, measures).where(flag.c.decided_day.between(since, until), later, *where)


def _rows(day: ColumnElement[date], dims: Iterable[Dim], measures: Mapping[str, ColumnElement[int]]) -> Select[Any]:
    """Flags with one of their days, their dimensions and their measures, still without a condition."""
    columns: list[ColumnElement[Any]] = [
        day.label("day"),
        *(column_of(dim).label(dim.value) for dim in dims),
        *(measures[name].label(name) for name in MEASURES if name in measures),
    ]
    return select(*columns).select_from(with_reviewers())


def in_sla(sla: SlaHours) -> ColumnElement[bool]:
    """Decided within the hours of its severity; what no human sees is decided when raised unless hours say more."""
    hours = case(
        (flag.c.hours_to_decision.is_not(None), flag.c.hours_to_decision),
        (flag.c.routing != Routing.HUMAN_REVIEW, 0.0),
    )
    return hours <= case(dict(sla), value=flag.c.severity, else_=None)
