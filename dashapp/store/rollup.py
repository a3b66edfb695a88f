"""Cubes and histograms, rebuilt from the facts for the days that changed."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import (
    BindParameter,
    Connection,
    Date,
    Engine,
    Float,
    Insert,
    Select,
    String,
    Table,
    bindparam,
    case,
    func,
    insert,
    select,
)

from dashapp.domain.vocabulary import Dim, Label, Routing, Severity
from dashapp.store.bins import hours_bins, score_bins
from dashapp.store.bulk import delete_days, insert_columns, select_columns
from dashapp.store.cubes import column_of, decided_rows, raised_rows
from dashapp.store.dirty import first_dirty, mark_all_dirty, runs
from dashapp.store.fields import Said, as_columns, count_field
from dashapp.store.rollup_reports import rollup_reports
from dashapp.store.schema import (
    CORE,
    CUBES,
    EXTRA,
    MEASURES,
    THIN,
    cube_hour,
    dirty_day,
    flag,
    flag_field,
    hours_histogram,
    score_histogram,
    signal_day,
    thin_cube,
    workload,
)
from dashapp.store.signals import READ, Trails
from dashapp.store.sums import Columns, Ints, Tally
from dashapp.store.values import FirstDays, note_first_days, note_values
from dashapp.store.version import next_version

DAYS = 7
"""Rolled up in one transaction where others may want to write."""

DIMS = (*CORE, *EXTRA)
KEY = ("day", *DIMS)
LABELLED = (Label.CONFIRMED, Label.REJECTED)
"""Measures that the label itself tells."""

ORIGIN: BindParameter[str] = bindparam("of_origin", type_=String)
SINCE: BindParameter[date] = bindparam("since", type_=Date)
UNTIL: BindParameter[date] = bindparam("until", type_=Date)
SLA = {severity: bindparam(f"sla_{severity}", type_=Float) for severity in Severity}

Bound = Mapping[str, Any]
"""Values of the parameters above: the stretch of days that is rebuilt, and how soon flags are to be decided."""


def rollup(
    connection: Connection, sla: Mapping[Severity, float], *, everything: bool = False, most: int | None = None
) -> int:
    """Rebuild the derived tables of all dirty days, or of every day, and return how many days that were; where `most`
    is given, of the first so many days of flags and of reports.
    """
    if everything:
        mark_all_dirty(connection)
    rows = first_dirty(connection, dirty_day, most)
    hours = {SLA[severity].key: sla[severity] for severity in Severity}
    for origin, group in groupby(rows, key=lambda row: row[0]):
        days, first_days = [day for _, day in group], FirstDays()
        for since, until in runs(days, _flags_on(connection, origin, days)):
            bound = {ORIGIN.key: origin, SINCE.key: since, UNTIL.key: until, **hours}
            _rebuild(connection, bound, first_days)
        note_values(connection, origin, first_days)
    rebuilt = {*rows, *rollup_reports(connection, most)}
    if rebuilt:
        next_version(connection)
    return len(rebuilt)


def roll_up(writer: Engine, sla: Mapping[Severity, float], check: Callable[[], None] = lambda: None) -> int:
    """Roll up all that changed, a few days a transaction, and return how many days that were: who writes meanwhile
    waits no longer than for a few. `check` may stop it in between.
    """
    days = 0
    while some := _some(writer, sla):
        days += some
        check()
    return days


def _some(writer: Engine, sla: Mapping[Severity, float]) -> int:
    with writer.begin() as connection:
        return rollup(connection, sla, most=DAYS)


def _flags_on(connection: Connection, origin: str, days: Sequence[date]) -> dict[date, int]:
    """How many flags were raised on each of these sorted days and those between them; of a single day, nobody asks."""
    if len(days) == 1:
        return {}
    day = flag.c.flagged_day
    where = (flag.c.origin == origin) & day.between(days[0], days[-1])
    return dict(connection.execute(select(day, func.count()).where(where).group_by(day)).all())


def _rebuild(connection: Connection, bound: Bound, first_days: FirstDays) -> None:
    """Replace one origin's derived rows of a stretch of days, and note the values that these days show."""
    trails, said = Trails(), Said()
    tally = _tally(connection, bound, trails)
    for extra, cube in CUBES.items():
        rows = tally.sums(("day", *CORE, *((extra,) if extra else ())), MEASURES)
        _replace(connection, cube, bound, rows)
        for dim in (extra,) if extra else CORE:
            note_first_days(first_days, dim, rows)
            count_field(said, dim, rows)
    _replace(connection, thin_cube, bound, tally.sums(("day", *THIN), MEASURES))
    _replace(connection, flag_field, bound, as_columns(said))
    _replace(connection, signal_day, bound, trails.columns(tally.numbers))
    _replace(connection, cube_hour, bound, trails.hours(tally.numbers))
    for table, measure in ((score_histogram, "score_bin"), (hours_histogram, "hours_bin")):
        names = tuple(column.name for column in table.columns if column.name in tally.numbers)
        _replace(connection, table, bound, tally.histograms(names, measure))
    _rebuild_workload(connection, bound)


def _rebuild_workload(connection: Connection, bound: Bound) -> None:
    """Count anew who decided how much."""
    delete_days(connection, workload, bound[ORIGIN.key], bound[SINCE.key], bound[UNTIL.key])
    connection.execute(_working(), bound)


@lru_cache(maxsize=1)
def _working() -> Insert:
    """What counts who decided how much in a stretch of days."""
    key = (flag.c.origin, flag.c.decided_day, column_of(Dim.REVIEWER))
    done = (
        select(*key, func.count())
        .where(flag.c.origin == ORIGIN, flag.c.decided_day.between(SINCE, UNTIL))
        .where(flag.c.routing == Routing.HUMAN_REVIEW)
        .group_by(*key)
    )
    return insert(workload).from_select(list(workload.columns.keys()), done)


def _tally(connection: Connection, bound: Bound, trails: Trails) -> Tally:
    """The facts of a stretch of days with their measures and bins, by every dimension; `trails` takes in the flags."""
    tally = Tally(KEY)
    raised, decided = _statements()
    for columns in select_columns(connection, raised, bound):
        keys = tally.keys(columns)
        trails.add(keys, columns)
        measures = {name: np.fromiter(columns[name], np.int64) for name in MEASURES if name in columns}
        measures["raised"] = np.ones(len(keys["day"]), np.int64)
        for label in LABELLED:
            measures[label] = (keys["label"] == tally.numbers["label"].get(label, -1)).astype(np.int64)
        tally.add(keys, {**measures, **_bins(measures, np.fromiter(columns["hours"], np.float64))})
        decided_day = tally.numbered("day", columns["decided_day"])
        later = decided_day != keys["day"]
        moved = {name: numbers[later] for name, numbers in {**keys, "day": decided_day}.items()}
        tally.add(moved, {"decided": np.ones(later.sum(), np.int64)})
    for columns in select_columns(connection, decided, bound):
        tally.add(tally.keys(columns), {"decided": np.fromiter(columns["decided"], np.int64)})
    return tally


def _bins(measures: Mapping[str, Ints], hours: NDArray[np.float64]) -> dict[str, Ints]:
    """The bins of scores and hours; -1 where there are none."""
    return {
        "score_bin": np.where(measures["scored"] == 1, score_bins(measures["score_nano"]), -1),
        "hours_bin": np.where(hours < 0, -1, hours_bins(hours)),
    }


@lru_cache(maxsize=1)
def _statements() -> tuple[Select[Any], Select[Any]]:
    """What reads the flags of a stretch of days: those raised in it, and those decided in it but not raised in it.

    Of the former it also reads the hours, on which of the days they were decided (the day raised where on none), and
    what they may have in common.
    """
    here = [flag.c.origin == ORIGIN]
    hours = func.coalesce(flag.c.hours_to_decision, -1.0)
    day = case((flag.c.decided_day.between(SINCE, UNTIL), flag.c.decided_day), else_=flag.c.flagged_day)
    more = hours.label("hours"), day.label("decided_day"), *READ
    raised = raised_rows(DIMS, SLA, here, SINCE, UNTIL, ("raised", *LABELLED)).add_columns(*more)
    elsewhere = ~flag.c.flagged_day.between(SINCE, UNTIL)
    return raised, decided_rows(DIMS, [*here, elsewhere], SINCE, UNTIL)


def _replace(connection: Connection, table: Table, bound: Bound, rows: Columns) -> None:
    """Put these rows, which lack the origin, in place of what a derived table holds of a stretch of days."""
    origin = bound[ORIGIN.key]
    delete_days(connection, table, origin, bound[SINCE.key], bound[UNTIL.key])
    count = len(next(iter(rows.values())))
    insert_columns(connection, table, {"origin": [origin] * count, **rows})
