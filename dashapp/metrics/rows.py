"""From a figure to the flags behind it, one by one. The columns that may be shown are listed here and nowhere else."""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, case, func, nulls_first, nulls_last, or_, select

from dashapp.domain.access import Permission
from dashapp.domain.ask import Ask, Filters, Grain, Window
from dashapp.domain.vocabulary import CLOSED, Case, Dim, Routing, Severity
from dashapp.metrics.desk import Desk, with_origins
from dashapp.metrics.measure import bound, closed, measure
from dashapp.metrics.query import FLAG_DIMS, SINCE, SLA, UNTIL, has_settled, urgent, waiting
from dashapp.metrics.registry import METRICS
from dashapp.store.cubes import column_of, in_sla, with_reviewers
from dashapp.store.schema import flag, reviewer

COLUMNS = {
    "flag_id": "Flag",
    "origin": "Origin",
    "flagged_day": "Day raised",
    "flagged_at": "Raised at",
    "category": "Category",
    "severity": "Severity",
    "routing": "Routing",
    "score": "Score",
    "region": "Region",
    "media_type": "Media type",
    "team": "Team",
    "detector": "Detector",
    "label": "Label",
    "model_version": "Model version",
    "hours_to_decision": "Hours to decision",
    "decided_at": "Decided at",
    "decided_day": "Day decided",
    "coordinated": "Coordinated",
    "incident_id": "Incident",
    "item_id": "Item",
    "target_key": "Target",
    "content_key": "Content",
}
"""The columns that leave the store, with their titles. Who reviewed or reported a flag is not among them."""

ORDERED = {dim.value: values for dim, values in CLOSED.items()}
"""Columns that are sorted by the place of their values in a set, not by the alphabet."""

SEARCHED = ("flag_id", "item_id", "target_key", "incident_id")
DEFAULT_SORT = "flagged_day"
KEPT = 16
"""SELECTs of waiting flags kept by each process, one for each choice of filters."""
AT_ONCE = 1000
"""Rows held at a time while all are read."""

Row = Sequence[Any]
"""One flag: a value for each of COLUMNS, None where its origin did not give one."""


class NoRows(Exception):
    """Why rows are not given, in a sentence; `refused` says that the reason lies in the question."""

    def __init__(self, reason: str, *, refused: bool) -> None:
        super().__init__(reason)
        self.refused = refused


@dataclass(frozen=True)
class Wanted:
    """Which flags, in which order. The window is of days raised; `search` is an id or how one begins."""

    ask: Ask
    case: Case | None = None
    search: str = ""
    sort: str = DEFAULT_SORT
    descending: bool = True


def _check_permitted(desk: Desk) -> None:
    """Refuse whoever may not see single flags."""
    if Permission.ROWS not in desk.permissions:
        raise NoRows("Single flags are for analysts and leads.", refused=True)


def select_rows(desk: Desk, wanted: Wanted, limit: int, offset: int = 0) -> list[Row]:
    """Some of the flags wanted."""
    _check_permitted(desk)
    within, left_out = _narrowed(desk, wanted, limit, offset)
    statement = _statement(desk, within).limit(limit).offset(left_out)
    return [tuple(row) for row in desk.connection.execute(statement, _days(desk, within))]


def all_rows(desk: Desk, wanted: Wanted) -> Generator[Sequence[Row]]:
    """All the flags wanted, AT_ONCE at a time, never held together."""
    _check_permitted(desk)
    options = {"yield_per": AT_ONCE}
    with desk.connection.execute(_statement(desk, wanted), _days(desk, wanted), execution_options=options) as found:
        yield from found.partitions()


def waiting_rows(desk: Desk, ask: Ask, limit: int) -> list[Row]:
    """Of each severity asked for, the flags open now that were raised first, whenever that was."""
    _check_permitted(desk)
    first = _first_waiting(with_origins(desk, ask).filters, limit)
    severities = ask.chosen(Dim.SEVERITY) or Severity
    return [tuple(row) for severity in severities for row in desk.connection.execute(first, {"severity": severity})]


@lru_cache(KEPT)
def _first_waiting(filters: Filters, limit: int) -> Select[Any]:
    """The open flags of one severity that were raised first."""
    kept = [column_of(dim).in_(values) for dim, values in filters if dim != Dim.SEVERITY]
    return (
        select(*(_column(key) for key in COLUMNS))
        .select_from(with_reviewers())
        .where(waiting(), flag.c.severity == bindparam("severity"), *kept)
        .order_by(flag.c.flagged_day, nulls_first(flag.c.flagged_at.asc()), flag.c.origin, flag.c.flag_id)
        .limit(limit)
    )


def count_rows(desk: Desk, wanted: Wanted) -> int:
    """How many flags are wanted: from the cubes where they can tell."""
    _check_permitted(desk)
    if reason := closed(desk, _raised(wanted)):
        raise NoRows(reason, refused=True)
    if wanted.case or wanted.search:
        statement = select(func.count()).select_from(with_reviewers()).where(*_conditions(desk, wanted))
        return desk.connection.scalar(statement, _days(desk, wanted)) or 0
    asked = replace(wanted.ask, grain=Grain.WHOLE, by=(), trailing=1)
    answer = measure(desk, METRICS["flags"], asked)
    if answer.error:
        raise NoRows(answer.error, refused=answer.refused)
    return answer.total.n if answer.total else 0


def _narrowed(desk: Desk, wanted: Wanted, limit: int, offset: int) -> tuple[Wanted, int]:
    """The same rows asked of fewer days, and how many of them to leave out: of rows in the order of days, the cubes
    tell on which days they are.
    """
    if wanted.sort != DEFAULT_SORT or wanted.case or wanted.search:
        return wanted, offset
    answer = measure(desk, METRICS["flags"], replace(wanted.ask, grain=Grain.DAY, by=(), trailing=1))
    chosen: list[date] = []
    passed, held = 0, 0
    for day, n in sorted(((point.bucket, point.n) for point in answer.points), reverse=wanted.descending):
        if not chosen and passed + n <= offset:
            passed += n
        elif held < offset - passed + limit:
            chosen.append(day)
            held += n
    if not chosen:
        return wanted, offset
    return replace(wanted, ask=replace(wanted.ask, window=Window(min(chosen), max(chosen)))), offset - passed


def _statement(desk: Desk, wanted: Wanted) -> Select[Any]:
    if wanted.sort not in COLUMNS:
        raise NoRows(f"Rows cannot be sorted by {wanted.sort[:40]!r}.", refused=True)
    return (
        select(*(_column(key) for key in COLUMNS))
        .select_from(with_reviewers())
        .where(*_conditions(desk, wanted))
        .order_by(*_order(wanted))
    )


def _column(key: str) -> ColumnElement[Any]:
    return reviewer.c.team if key == Dim.TEAM else flag.c[key]


def _conditions(desk: Desk, wanted: Wanted) -> list[ColumnElement[bool]]:
    if unknown := sorted(wanted.ask.dims - FLAG_DIMS):
        raise NoRows(f"Rows are not given by {' and '.join(unknown)}.", refused=True)
    if reason := closed(desk, _raised(wanted)):
        raise NoRows(reason, refused=True)
    filters = with_origins(desk, wanted.ask).filters
    found: list[ColumnElement[bool]] = [flag.c.flagged_day.between(SINCE, UNTIL)]
    found += [column_of(dim).in_(values) for dim, values in filters]
    if wanted.case is not None:
        found.append(CASES[wanted.case])
    if wanted.search:
        begins = (func.substr(flag.c[key], 1, len(wanted.search)) == wanted.search for key in SEARCHED)
        found.append(or_(*begins))
    return found


def _raised(wanted: Wanted) -> Window:
    """The days whose flags must all be there: of open flags, which are kept until they are decided, only the last."""
    window = wanted.ask.window
    return Window(window.until, window.until) if wanted.case is Case.OPEN else window


CASES: dict[Case, ColumnElement[bool]] = {
    Case.OPEN: and_(
        flag.c.routing == Routing.HUMAN_REVIEW, or_(flag.c.decided_day.is_(None), flag.c.decided_day > UNTIL)
    ),
    Case.LATE: and_(
        urgent(flag), has_settled(flag.c.flagged_day, flag.c.severity), case((in_sla(SLA), 0), else_=1) == 1
    ),
}
"""Open: sent to a human and not decided by the end of the window's last day, as the backlog counts. Late: urgent and
decided after the SLA or open past it, on days that have settled, as the SLA breach rate counts.
"""


def _order(wanted: Wanted) -> list[ColumnElement[Any]]:
    """The order asked for, what is not given last; a day's flags by their moment, those without one at its midnight;
    ties by origin and id, so that no row is on two pages. By days it is the order of an index, all one way.
    """

    def directed(column: ColumnElement[Any]) -> ColumnElement[Any]:
        return column.desc() if wanted.descending else column.asc()

    if wanted.sort == DEFAULT_SORT:
        moment = directed(flag.c.flagged_at)
        moment = nulls_last(moment) if wanted.descending else nulls_first(moment)
        return [directed(flag.c.flagged_day), moment, directed(flag.c.origin), directed(flag.c.id)]
    column = _column(wanted.sort)
    closed = ORDERED.get(wanted.sort)
    key = case({value: place for place, value in enumerate(closed)}, value=column) if closed else column
    nullable = wanted.sort == Dim.TEAM or flag.c[wanted.sort].nullable
    return [nulls_last(directed(key)) if nullable else directed(key), flag.c.origin, flag.c.flag_id]


def _days(desk: Desk, wanted: Wanted) -> Mapping[str, Any]:
    """What the statements are given; as everywhere, days that have not begun do not count."""
    window = wanted.ask.window
    return bound(desk, window.since, min(window.until, desk.today))
