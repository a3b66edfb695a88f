"""Whether the data can be trusted: whether they come, and whether they are complete."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, case, func, literal, select, union_all

from dashapp.domain.ask import Ask
from dashapp.domain.threshold import Threshold
from dashapp.domain.vocabulary import NOT_GIVEN, Dim, Feed, Routing
from dashapp.metrics.query import FLAG_DIMS, SINCE, UNTIL, per_day, source
from dashapp.metrics.registry import Better, JudgedSums, Kind, Sight, Statistics, Unit, metric
from dashapp.stats import drift
from dashapp.store.moderation import cube_decision, cube_report, dirty_report_day, ingest_count
from dashapp.store.schema import CORE, CUBES, coverage, dirty_day, origin, thin_cube

LIVE_DAYS = 3
"""Days on which an origin must have sent events before more are expected of it."""
HISTORY = timedelta(days=2)
"""How long before an import its newest day may lie; what is older is history, which nobody expects more of."""

NOW: dict[str, Any] = {
    "dims": frozenset({Dim.ORIGIN}),
    "feed": Feed.ANY,
    "better": Better.LOWER,
    "clock": "now",
    "rows": None,
}
"""What the times since deliveries have in common."""


def _deliveries(ask: Ask, kind: str, *where: ColumnElement[bool]) -> Statistics:
    """When each origin of a kind last delivered, and the last day that it told of: origin, delivered_at, last_day."""
    last_day = select(func.max(coverage.c.day)).where(coverage.c.origin == origin.c.origin).scalar_subquery()
    chosen = origin.c.origin.in_(ask.chosen(Dim.ORIGIN))
    return select(origin.c.origin, origin.c.delivered_at, last_day.label("last_day")).where(
        origin.c.kind == kind, chosen, *where
    )


def _hours(rows: Iterable[tuple[str, datetime]], sight: Sight) -> JudgedSums:
    """Hours since each delivery, of origins that have not ended."""
    today = sight.now.astimezone(sight.zone).date()
    found: JudgedSums = {}
    for name, delivered in rows:
        if sight.now - delivered <= timedelta(days=drift.ENDED):
            hours = max(0.0, (sight.now - delivered) / timedelta(hours=1))
            found[name,] = {today: (hours, 1)}
    return found


def _since_events(rows: Sequence[Any], sight: Sight) -> JudgedSums:
    return _hours(((name, delivered) for name, delivered, _ in rows), sight)


def _since_imports(rows: Sequence[Any], sight: Sight) -> JudgedSums:
    """Of imports that were up to date when they were made."""
    current = (
        (name, delivered)
        for name, delivered, last_day in rows
        if last_day and delivered.astimezone(sight.zone).date() - last_day <= HISTORY
    )
    return _hours(current, sight)


@metric(
    "Since the last event",
    Unit.HOURS,
    Kind.SILENCE,
    threshold=Threshold(warn=2, alert=6),
    judge=_since_events,
    **NOW,
)
def hours_since_event(ask: Ask) -> Statistics:
    """Hours since an origin that sends events last sent one, now; of several the longest. Of origins that have sent
    events on three days or more; after 14 days without any an origin counts as ended and is not told of.
    """
    days = select(func.count(ingest_count.c.day.distinct())).where(
        ingest_count.c.origin == origin.c.origin, ingest_count.c.outcome == "new"
    )
    return _deliveries(ask, "events", days.scalar_subquery() >= LIVE_DAYS)


@metric(
    "Since the last import",
    Unit.HOURS,
    Kind.SILENCE,
    threshold=Threshold(warn=48, alert=96),
    judge=_since_imports,
    **NOW,
)
def hours_since_import(ask: Ask) -> Statistics:
    """Hours since an origin that files are imported of was last imported, now; of several the longest. Of origins whose
    last import reached to within two days of its making: older data are history, which ends where it ends. After 14
    days without an import an origin counts as ended and is not told of.
    """
    return _deliveries(ask, "import")


def _silent(rows: Sequence[Any], sight: Sight) -> JudgedSums:
    """Silent days of each origin, counted by feed. Rows are (bucket, origin, feed)."""
    known: defaultdict[tuple[str, str], set[date]] = defaultdict(set)
    for day, name, feed in rows:
        known[name, feed].add(day)
    found: defaultdict[tuple[str, ...], Counter[date]] = defaultdict(Counter)
    for (name, _), days in known.items():
        if name in sight.spans:
            silent = drift.silent_days(days, min(days), sight.spans[name][1])
            found[name,].update(silent)
    return {group: {day: (n, 0.0) for day, n in counts.items()} for group, counts in found.items() if counts}


@metric(
    "Silent days",
    Unit.DAYS,
    Kind.FLOW,
    dims=frozenset({Dim.ORIGIN}),
    feed=Feed.ANY,
    better=Better.LOWER,
    threshold=Threshold(warn=1, alert=2),
    clock="day raised, received or decided",
    judge=_silent,
    before=drift.STEADY + drift.ENDED,
    rows=None,
)
def silent_days(ask: Ask) -> Statistics:
    """Days on which an origin gave nothing of a feed (flags, reports or decisions) that it gave something of on each of
    the 14 days before. Within what the origin tells of by any feed, without today; days in a row are counted up to 14,
    then the feed counts as ended. What came and waits to be rolled up is not silent.
    """
    parts = [
        *(
            (feed, cube, cube.c[measure] > 0)
            for feed, cube, measure in (
                (Feed.FLAGS, thin_cube, "raised"),
                (Feed.REPORTS, cube_report, "received"),
                (Feed.DECISIONS, cube_decision, "taken"),
            )
        ),
        (Feed.FLAGS, dirty_day, literal(value=True)),
        *((feed, dirty_report_day, literal(value=True)) for feed in (Feed.REPORTS, Feed.DECISIONS)),
    ]
    return select(union_all(*(_days_with(ask, *part) for part in parts)).subquery())


def _days_with(ask: Ask, feed: Feed, table: Table, something: ColumnElement[bool]) -> Select[Any]:
    """The days on which origins gave something of a feed."""
    here = table.c.origin.in_(ask.chosen(Dim.ORIGIN)) & table.c.day.between(SINCE, UNTIL)
    return select(table.c.day, table.c.origin, literal(feed.value).label("feed")).where(here, something).distinct()


@metric(
    "Flags without a score",
    Unit.PERCENT,
    Kind.SHARE,
    dims=FLAG_DIMS,
    better=Better.LOWER,
    threshold=Threshold(warn=10, alert=30),
    rows=None,
)
def unscored_share(ask: Ask) -> Statistics:
    """Share of flags that came without a classifier score, by the day they were raised. Of origins that ever gave a
    score; what has none is missing from all figures of scores.
    """
    rows = source(ask)
    scoring = select(thin_cube.c.origin).where(thin_cube.c.scored > 0).distinct()
    return per_day(ask, rows, rows.c.raised - rows.c.scored, rows.c.raised, rows.c.origin.in_(scoring))


@metric(
    "Decided without a label",
    Unit.PERCENT,
    Kind.SHARE,
    dims=frozenset({Dim.ORIGIN, *CORE}),
    better=Better.LOWER,
    clock="day decided",
    threshold=Threshold(warn=20, alert=50),
    rows=None,
)
def unlabelled_share(ask: Ask) -> Statistics:
    """Share of the human-review flags decided that have no label, by the day of the decision. Of origins that ever gave
    a label; what has none is missing from precision.
    """
    rows = CUBES[Dim.LABEL]
    without = rows.c.label == NOT_GIVEN
    labelling = select(rows.c.origin).where(~without).distinct()
    decided = case((without, rows.c.decided), else_=0)
    reviewed = rows.c.routing == Routing.HUMAN_REVIEW
    return per_day(ask, rows, decided, rows.c.decided, reviewed, rows.c.origin.in_(labelling))
