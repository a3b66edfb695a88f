"""Draws small stores and questions, and puts a drawn store into a database."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st
from sqlalchemy import Connection

from dashapp.domain.ask import STEPS, Ask, Grain, Window, to_filters
from dashapp.domain.messages import FlagRow, Reviewer
from dashapp.domain.vocabulary import NOT_GIVEN, Dim, Label, Routing, Severity
from dashapp.store import writes
from dashapp.store.rollup import rollup
from tests.naive import Question, World
from tests.naive_kinds import REVIEWERS

FIRST, LAST = date(2024, 2, 24), date(2024, 3, 14)
"""A leap day, the end of a month, weeks cut by both ends, and a change of clocks in New York (10 March)."""

VALUES: dict[str, tuple[str | None, ...]] = {
    "category": ("spam", "hate", "=fraud"),
    "severity": tuple(Severity),
    "routing": (*Routing, Routing.HUMAN_REVIEW),
    "region": (None, "EMEA", "APAC"),
    "media_type": (None, "image"),
    "detector": (None, "text", "hash"),
    "label": (None, *Label),
    "model_version": (None, "v1", "v2"),
    "reviewer_id": (None, "r1", "r2", "unknown"),
}
TEAMS = {(one["origin"], one["reviewer_id"]): one["team"] for one in REVIEWERS}
FILTERS: dict[str, tuple[str, ...]] = {
    **{dim: tuple(value or NOT_GIVEN for value in VALUES[dim]) for dim in VALUES if dim != "reviewer_id"},
    "origin": ("a", "b", "nobody"),
    "team": ("north", "south", NOT_GIVEN),
}
OF_REVIEWERS = {"reviewer": ("r1", "r2", "unknown", NOT_GIVEN)}
"""Kept by one metric only; `questions` names it when told to."""
SLA_HOURS = (24.0, 4.0, 50.5)
HOURS = (None, None, None, None, 0.0, 0.004, 4.0, 23.99, 24.0, 24.01, 50.5, 71.5)

NOTHING_COVERED = World(
    [
        dict.fromkeys((*VALUES, "score", "coordinated", "flagged_at", "decided_at", "hours_to_decision", "team"))
        | {"category": "spam", "severity": "low", "routing": "allow", "origin": "a", "flagged_day": FIRST}
    ],
    {"a": set(), "b": {FIRST}},
    {"a": "import", "b": "import"},
    datetime(2024, 3, 1, tzinfo=UTC),
    ZoneInfo("UTC"),
    dict.fromkeys(Severity, SLA_HOURS[0]),
)
"""An origin sent a flag and covers no day; another covers the day of that flag."""

days = st.integers(0, (LAST - FIRST).days).map(lambda n: FIRST + timedelta(days=n))


@st.composite
def flags(draw: st.DrawFn) -> dict[str, Any]:
    """One flag as its origin sends it, with `origin` and without an id; with a date only, or with instants too."""
    flag: dict[str, Any] = {name: draw(st.sampled_from(values)) for name, values in VALUES.items()}
    day, taken = draw(days), draw(st.sampled_from(HOURS))
    flag |= {
        "origin": draw(st.sampled_from(("a", "b"))),
        "flagged_day": day,
        "score": draw(st.none() | st.integers(0, 1000).map(lambda n: n / 1000)),
        "coordinated": draw(st.sampled_from((None, False, True))),
        "flagged_at": None,
        "decided_at": None,
        "hours_to_decision": taken,
    }
    if draw(st.booleans()):
        at = datetime(day.year, day.month, day.day, draw(st.integers(0, 23)), 30, tzinfo=UTC)
        flag["flagged_at"] = at
        if taken is not None and draw(st.booleans()):
            flag |= {"decided_at": at + timedelta(hours=taken), "hours_to_decision": None}
    return flag


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """A few flags of two origins, one of them at times the demo, some of whose days are not covered."""
    drawn = draw(st.lists(flags(), max_size=2) | st.lists(flags(), min_size=20, max_size=40))
    rows = [{**flag, "team": TEAMS.get((flag["origin"], flag["reviewer_id"]))} for flag in drawn]
    uncovered = {name: draw(st.sets(days, max_size=6)) for name in ("a", "b")}
    every = {FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1)}
    last = draw(st.just(LAST) | days)
    every = {day for day in every if day <= last}
    zone = ZoneInfo(draw(st.sampled_from(("UTC", "America/New_York", "Pacific/Auckland"))))
    sla: dict[str, float] = {severity: draw(st.sampled_from(SLA_HOURS)) for severity in Severity}
    turns = [turn for flag in rows if (turn := at_risk_from(flag, zone, sla))]
    return World(
        rows,
        {name: every - gaps for name, gaps in uncovered.items()},
        {"a": "import", "b": draw(st.sampled_from(("import", "demo")))},
        draw(st.sampled_from(turns) | moments(zone) if turns else moments(zone)),
        zone,
        sla,
    )


def moments(zone: ZoneInfo) -> st.SearchStrategy[datetime]:
    """Moments around those at which a day is over or has settled."""
    offsets = st.builds(timedelta, hours=st.sampled_from((0.0, *SLA_HOURS)), minutes=st.sampled_from((-30, 0, 30)))
    midnights = days.map(lambda day: datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC))
    return st.builds(lambda midnight, offset: midnight + offset, midnights, offsets)


def at_risk_from(flag: Mapping[str, Any], zone: ZoneInfo, sla: Mapping[str, float]) -> datetime | None:
    """The moment at which a flag, if it is open, has waited three quarters of its SLA."""
    if flag["routing"] != "human_review" or flag["hours_to_decision"] is not None or flag["decided_at"] is not None:
        return None
    day = flag["flagged_day"]
    begun: datetime = flag["flagged_at"] or datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
    return begun + timedelta(hours=0.75 * sla[flag["severity"]])


@st.composite
def questions(draw: st.DrawFn, known: Mapping[str, tuple[str, ...]] = FILTERS) -> Question:
    """Any grain, up to two splits, up to three filters, at times trailing. `known` has the values of each dimension."""
    since = FIRST + timedelta(days=draw(st.integers(-4, 12)))
    grain = draw(st.sampled_from((Grain.DAY, *(grain for grain in Grain if grain not in STEPS))))
    dims = st.sampled_from(sorted(known))
    filtered = draw(st.just([]) | st.lists(dims, max_size=3, unique=True))
    return Question(
        since,
        since + timedelta(days=draw(st.integers(0, 24))),
        grain,
        tuple(draw(st.lists(dims, max_size=2, unique=True))),
        {dim: tuple(draw(st.sets(st.sampled_from(known[dim]), min_size=1, max_size=3))) for dim in filtered},
        draw(st.sampled_from((1, 2, 3, 7))) if grain is Grain.DAY else 1,
    )


def asked(question: Question) -> Ask:
    """The question as `measure` takes it."""
    filters = to_filters({Dim(dim): values for dim, values in question.filters.items()})
    by = tuple(Dim(dim) for dim in question.by)
    return Ask(Window(question.since, question.until), Grain(question.grain), by, filters, question.trailing)


def put(connection: Connection, world: World) -> None:
    """Store the world as an importer would, and derive what is derived."""
    rows = [
        writes.flag_row(flag["origin"], message(flag, f"F{number}"), world.zone)
        for number, flag in enumerate(world.flags)
    ]
    writes.put_flags(connection, rows)
    for name, kind in world.kinds.items():
        writes.put_origin(connection, name, kind, world.now)
        writes.put_coverage(connection, name, world.covered[name])
        writes.put_reviewers(connection, name, reviewers_of(name), replace=False)
    rollup(connection, {Severity(name): hours for name, hours in world.sla.items()})


def reviewers_of(origin: str) -> list[Reviewer]:
    """One origin's reviewers as checked messages."""
    fields = [
        {name: value for name, value in one.items() if name != "origin"} for one in REVIEWERS if one["origin"] == origin
    ]
    return [Reviewer.model_validate(one) for one in fields]


def message(flag: Mapping[str, Any], flag_id: str) -> FlagRow:
    """The flag as a checked message."""
    return FlagRow(flag_id=flag_id, **{name: value for name, value in flag.items() if name not in ("origin", "team")})
