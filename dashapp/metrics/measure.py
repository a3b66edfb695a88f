"""The one door: only `measure` yields numbers."""

import logging
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from dashapp.domain.ask import FIRST_DAY, Ask, Filters, Grain, Stretch, Window
from dashapp.domain.vocabulary import Dim, Feed, Severity
from dashapp.metrics import stretches
from dashapp.metrics.ahead import computed_ahead, reads_facts
from dashapp.metrics.desk import Desk, settled_day, widened, with_origins
from dashapp.metrics.disclosure import pseudonyms, told_of_people
from dashapp.metrics.durations import durations, moments
from dashapp.metrics.judged import judged
from dashapp.metrics.measurement import Measurement
from dashapp.metrics.platforms import platforms_of
from dashapp.metrics.pool import Point, Pooling, Sums, by_group, levels, ranked, together
from dashapp.metrics.registry import COUNTS, METRICS, Kind, Metric, Privacy, Statistics
from dashapp.metrics.spread import Waits, ages, binned, distribution, waits
from dashapp.metrics.steps import begin_at, closed_to_people, in_steps, steps_at
from dashapp.store.engine import TooSlow
from dashapp.store.reads import Coverage

TRAILING = (Kind.FLOW, Kind.SHARE, Kind.MEAN, Kind.RATIO, Kind.PEAK)
FRESH = timedelta(days=2)
"""Within it of now, the last covered day tells what is open now."""

STATEMENTS = 256
"""SELECTs kept by each process: those of all pages under a few filters."""

TOO_LONG = "This took too long. Try a shorter window or fewer filters."
GIVEN_UP = "given up"
"""The days whose flags took too long to read, known at a desk: reading them again, or more, would too."""

log = logging.getLogger(__name__)


def measure(desk: Desk, metric: Metric, ask: Ask) -> Measurement:
    """Answer a question about a metric. What goes wrong becomes the measurement's error, so that a page can go on."""
    if ask.stretch and metric.live:
        metric = METRICS[metric.live(ask)]
    asked = with_origins(desk, ask, metric.feed)
    question = ("measure", metric.key, asked, desk.shows_reviewers)
    return desk.once(question, lambda: _measured(desk, metric, ask, asked))


def _measured(desk: Desk, metric: Metric, ask: Ask, asked: Ask) -> Measurement:
    started = time.perf_counter()
    if reason := _refusal(desk, metric, ask):
        return Measurement(metric, asked, error=reason, refused=True)
    from_facts = reads_facts(metric, asked)
    if from_facts and (reason := closed(desk, _days(desk, metric, asked))):
        reason = closed_to_people(desk, asked) or reason
        return Measurement(metric, asked, error=reason, refused=True)
    given_up = (GIVEN_UP, metric.feed)
    failed = desk.known.get(given_up)
    try:
        answer = computed_ahead(desk, metric, asked)
        if answer is None and from_facts and failed and _days(desk, metric, asked).holds(failed):
            return Measurement(metric, asked, error=TOO_LONG)
        answer = answer or _stamped(desk, _answer(desk, metric, asked))
    except TooSlow:
        if from_facts:
            desk.known[given_up] = _days(desk, metric, asked)
        return Measurement(metric, asked, error=TOO_LONG)
    except SQLAlchemyError:
        log.exception("metric %s failed", metric.key)
        return Measurement(metric, asked, error=f"{metric.title} could not be computed. The log says why.")
    return replace(answer, took=timedelta(seconds=time.perf_counter() - started))


def closed(desk: Desk, days: Window) -> str | None:
    """Why single rows cannot tell of some days: those of closed days are gone."""
    first = desk.first_open_day
    if first is None or days.since >= first:
        return None
    return f"This is counted from single rows, which are kept from {first:%-d %B %Y} on. Choose days from then on."


def _stamped(desk: Desk, answer: Measurement) -> Measurement:
    """An answer with the moment at which it was computed, where it could have been computed ahead."""
    if not (answer.metric.deferred and reads_facts(answer.metric, answer.ask)):
        return answer
    return replace(answer, computed_at=desk.now.astimezone(desk.policy.zone))


def as_of(desk: Desk, ask_origins: tuple[str, ...] = (), feed: Feed = Feed.FLAGS) -> date:
    """The end of the last covered day of the chosen (else the default) origins; today when nothing is covered."""
    return desk.coverage(ask_origins or desk.default_origins(feed), feed=feed).as_of or desk.today


def _refusal(desk: Desk, metric: Metric, ask: Ask) -> str | None:
    """Why a question is not answered at all."""
    if metric.privacy is Privacy.TEAM and not desk.shows_reviewers:
        return f"{metric.title} is for leads, on screen only."
    if ask.chosen(Dim.REVIEWER):
        return "Nobody is picked out: figures are split by reviewer, not filtered by it."
    if ask.stretch and metric.feed is not Feed.LIVE:
        return f"{metric.title} is counted by day, week or month, not by {ask.grain}."
    if reason := _unkept(metric, ask):
        return reason
    if ask.trailing > 1 and (ask.grain is not Grain.DAY or metric.kind not in TRAILING):
        return "A trailing figure is given by day only, and of counts, rates and means."
    return None


def _unkept(metric: Metric, ask: Ask) -> str | None:
    """Why a metric cannot be split or filtered so."""
    unknown = sorted(ask.dims - metric.dims)
    if unknown:
        return f"{metric.title} is not kept by {' and '.join(unknown)}."
    if len(several := sorted(ask.dims & metric.apart)) > 1:
        return f"{metric.title} is not kept by {' and '.join(several)} together: choose one."
    if ask.grain is not Grain.WHOLE and (many := sorted(metric.whole.intersection(ask.by))):
        return f"{metric.title} is given by {' and '.join(many)} over the whole window only."
    return None


def _answer(desk: Desk, metric: Metric, ask: Ask) -> Measurement:
    if ask.stretch:
        return _within(desk, metric, ask, ask.stretch)
    platforms = platforms_of(desk, ask, metric.dimension(ask)) if metric.dimension else None
    coverage = platforms.coverage() if platforms else desk.coverage(ask.chosen(Dim.ORIGIN), ask.reach, metric.feed)
    pooling = Pooling(ask, metric, coverage, settled_day(desk, metric))
    answer = Measurement(metric, ask, as_of=coverage.as_of, threshold=metric.threshold_under(desk.policy))
    if found := _unsummed(desk, answer, pooling):
        return found
    if in_steps(desk, ask):
        read = desk.coverage(ask.chosen(Dim.ORIGIN), _days(desk, metric, ask), metric.feed)
        told = told_of_people(answer, pooling, lambda one: _sums(desk, metric, one, read), steps_at(desk, read.days))
        return replace(told, from_facts=True)
    sums = _lived(desk, metric, ask) if metric.feed is Feed.LIVE else _sums(desk, metric, ask, coverage)
    if Dim.REVIEWER in ask.by:
        sums = {pseudonyms(ask.by, group): days for group, days in sums.items()}
    total = pooling.total(_whole(desk, metric, ask, coverage, sums))
    points = platforms.points(pooling, sums) if platforms else pooling.points(sums)
    points = ranked(points) if metric.whole.intersection(ask.by) else points
    return replace(answer, points=tuple(points), total=total, from_facts=reads_facts(metric, ask))


def _whole(desk: Desk, metric: Metric, ask: Ask, coverage: Coverage, sums: Sums) -> Sums:
    """Sums that add up to the whole: where the groups overlap, those without them."""
    by = tuple(dim for dim in ask.by if dim not in metric.overlapping)
    return sums if by == ask.by else _sums(desk, metric, replace(ask, by=by), coverage)


def _unsummed(desk: Desk, answer: Measurement, pooling: Pooling) -> Measurement | None:
    """The answer of a metric that is made of something else than sums; None for any other."""
    metric, ask = answer.metric, answer.ask
    if metric.kind is Kind.AGES:
        return _aged(desk, answer)
    if metric.judge is not None:
        return judged(desk, answer, pooling, lambda days: _read(desk, metric, ask, days))
    if metric.edges is not None:
        rows = _read(desk, metric, ask, ask.reach)
        found = distribution(binned(rows, pooling.coverage.days), pooling, metric.edges)
        return replace(answer, points=found.points, total=found.total, spreads=found.spreads)
    if metric.kind is Kind.DURATIONS:
        return _lasted(desk, answer, pooling)
    return None


def _within(desk: Desk, metric: Metric, ask: Ask, stretch: Stretch) -> Measurement:
    """What events say of a stretch of time; nothing where none ever came."""
    first = min(desk.live_since(ask.chosen(Dim.ORIGIN)).values(), default=None)
    if first is None:
        return Measurement(metric, ask, total=Point(stretch.since, (), None, 0))
    rows = _events(desk, metric, ask, stretch.since, stretch.until)
    points = tuple(stretches.points(rows, stretch, ask.by, first, desk.now))
    known, n = stretches.known_buckets(stretch, first, desk.now), sum(point.n for point in points)
    provisional = bool(known) and known[-1] + stretch.step > desk.now
    total = Point(stretch.since, (), n if known else None, n, provisional=provisional)
    return Measurement(metric, ask, points, total, desk.today)


def _lived(desk: Desk, metric: Metric, ask: Ask) -> Sums:
    """What events say of days."""
    zone = desk.policy.zone
    return by_group(
        stretches.in_days(_events(desk, metric, ask, *stretches.ends(ask.reach.since, ask.reach.until, zone)), zone)
    )


def _events(desk: Desk, metric: Metric, ask: Ask, begin: datetime, end: datetime) -> Sequence[Any]:
    """The live counts between two moments. A count that is not split is read with the stretch before, which a tile asks
    for next.
    """
    statement = _statement(metric.statistics, Grain.FIVE_MINUTES, ask.by, ask.filters)
    if ask.by:
        return desk.connection.execute(statement, {"begin": begin, "end": end}).all()
    key = ("events", metric.key, ask.filters)
    since, until, rows = desk.known.get(key, (end, begin, []))
    if begin < since or end > until:
        since, until = begin - (end - begin) if ask.stretch else begin, end
        rows = desk.connection.execute(statement, {"begin": since, "end": until}).all()
        desk.known[key] = (since, until, rows)
    return [row for row in rows if begin <= row.bucket < end]


def _days(desk: Desk, metric: Metric, ask: Ask) -> Window:
    """The days that a question needs: of a stock, all since data began; of people, all since their counts began."""
    if metric.kind is Kind.STOCK:
        return Window(FIRST_DAY, ask.reach.until)
    return Window(begin_at(desk, ask.reach.since), ask.reach.until) if in_steps(desk, ask) else ask.reach


def _sums(desk: Desk, metric: Metric, ask: Ask, coverage: Coverage) -> Sums:
    """The sums of the groups that have cases on the days asked for, perhaps with those of other days. What is asked on
    one page mostly differs in days only, so one SELECT reads for all; what was read by group is known without, too.
    Groups over the whole window are pooled by the database, unless their days are known: there may be many of both.
    """
    days = _days(desk, metric, ask) if metric.kind is Kind.STOCK else ask.reach
    known: dict[tuple[Dim, ...], tuple[Window, Sums]] = desk.once(("sums", metric.key, ask.filters), dict)
    read, sums = known.get(ask.by, (None, {}))
    if read is None or not read.holds(days):
        if ask.by and ask.grain is Grain.WHOLE and metric.kind is not Kind.STOCK:
            return by_group(_pooled(desk, metric, ask, coverage.days))
        adding = not ask.by and not metric.overlapping
        finer = next((found for found in known.values() if adding and found[0].holds(days)), None)
        wide = widened(days, read)
        read, sums = (finer[0], together(finer[1])) if finer else (wide, by_group(_read(desk, metric, ask, wide)))
        known[ask.by] = (read, sums)
    if metric.kind is Kind.STOCK:
        return levels({group: of for group, of in sums.items() if min(of) <= days.until}, coverage.days)
    return {group: of for group, of in sums.items() if not coverage.days.isdisjoint(of)}


def _read(desk: Desk, metric: Metric, ask: Ask, days: Window) -> Sequence[Any]:
    """What the metric's SELECT finds in these days, by day."""
    statement = _statement(metric.statistics, Grain.DAY, ask.by, ask.filters)
    return desk.connection.execute(statement, bound(desk, days.since, days.until)).all()


def _pooled(desk: Desk, metric: Metric, ask: Ask, covered: Collection[date]) -> Sequence[Any]:
    """What the metric's SELECT finds in all covered days together."""
    if not covered:
        return []
    statement = _statement(metric.statistics, Grain.WHOLE, ask.by, ask.filters)
    span = Window(min(covered), max(covered))
    gaps = [day for day in span if day not in covered]
    return desk.connection.execute(statement, {**bound(desk, span.since, span.until), "gaps": gaps}).all()


@lru_cache(STATEMENTS)
def _statement(
    statistics: Callable[[Ask], Statistics], grain: Grain, by: tuple[Dim, ...], filters: Filters
) -> Statistics:
    """A metric's SELECT, which is the same for all days. To make it takes longer than to run it."""
    return statistics(Ask(Window(FIRST_DAY, FIRST_DAY), grain, by, filters))


def _lasted(desk: Desk, answer: Measurement, pooling: Pooling) -> Measurement:
    """How long reports waited for their decisions. All of these metrics are made of the same rows."""
    metric, ask, days = answer.metric, answer.ask, answer.ask.window
    key = ("moments", metric.feed, ask.by, ask.filters)
    read, found = desk.known.get(key, (None, {}))
    if read is None or not read.holds(days):
        read = widened(days, read)
        found = moments(_read(desk, metric, ask, read))
        desk.known[key] = (read, found)
    told = durations(found, pooling, desk.now)
    return replace(answer, points=told.points, total=told.total, left_out=told.left_out)


def _aged(desk: Desk, answer: Measurement) -> Measurement:
    """The ages of what is open now; when data ended days ago nobody knows what is open now. All of these metrics are
    made of the same rows.
    """
    if answer.as_of is None or desk.today - answer.as_of > FRESH:
        return replace(answer, total=Point(desk.today, (), None, 0))
    metric, ask = answer.metric, answer.ask
    dims = tuple(dict.fromkeys((*ask.by, Dim.SEVERITY)))

    def read() -> list[Waits]:
        return waits(_read(desk, metric, replace(ask, by=dims), ask.window), dims, desk.policy, desk.now)

    waiting = desk.once(("open", dims, ask.filters), read)
    whole = ages(waiting, 0, metric, desk.today)
    nothing = 0.0 if metric.unit in COUNTS else None
    total = whole[0] if whole else Point(desk.today, (), nothing, 0)
    points = tuple(ages(waiting, len(ask.by), metric, desk.today)) if ask.by else (total,)
    return replace(answer, points=points, total=total)


def bound(desk: Desk, since: date, until: date) -> Mapping[str, Any]:
    """What statements are given when they run: the days, the SLA hours, and the last day each SLA has settled."""
    sla = desk.policy.sla
    return {
        "since": since,
        "until": until,
        **dict(zip(("begin", "end"), stretches.ends(since, until, desk.policy.zone), strict=True)),
        **{f"sla_{severity.value}": sla[severity] for severity in Severity},
        **{f"settled_{severity.value}": desk.day_over(timedelta(hours=sla[severity])) for severity in Severity},
    }
