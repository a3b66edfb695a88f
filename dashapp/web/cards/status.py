"""How the product itself is doing: jobs and their runs, origins and how fresh they are, new values, the store."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from urllib.parse import urlencode

from dash import html
from dash.development.base_component import Component

from dashapp.domain.ask import Ask, Grain, Window
from dashapp.domain.vocabulary import Dim, Feed, label
from dashapp.jobs.tasks import jobs_of
from dashapp.metrics import METRICS, Unit, measure
from dashapp.metrics.standard import WEEK
from dashapp.store import reads, runs
from dashapp.store.about import about, waiting_days
from dashapp.store.runs import Outcome, Run
from dashapp.web import words
from dashapp.web.cards.content import Content
from dashapp.web.cards.reasons import or_reason
from dashapp.web.components import named
from dashapp.web.desk import services
from dashapp.web.history import KEYS, History
from dashapp.web.scenes import Scene

SHOWN_RUNS = 50
SHOWN_VALUES = 50
NOT_YET = "No job has run yet. Web workers run them, or where JOBS is false: python -m dashapp worker."
PILLS = {Outcome.DONE: "ok", Outcome.RUNNING: "watch", Outcome.FAILED: "alert", Outcome.LOST: "warn"}
Cell = str | Component


@or_reason
def jobs(scene: Scene) -> Content:
    """Every job: whether it runs or fails, when it was last done, and with what result; then those that never ran."""
    found = runs.states(scene.desk.connection, scene.desk.now)
    if not found:
        return Content(message=NOT_YET)
    ran = {state.last.job for state in found}
    never = [(job.name, "has not run yet", "", "", "", "", "") for job in jobs_of(services().settings)]
    rows: list[tuple[Cell, ...]] = [
        (
            state.last.job,
            _outcome(state.last.outcome),
            _moment(scene, state.done.begun_at if state.done else None),
            _told(state.done) if state.done else "",
            _seconds(state.done.seconds) if state.done else "",
            _moment(scene, state.failing_since),
            state.last.error or "",
        )
        for state in found
    ]
    heads = ("Job", "Last run", "Last done", "Result", "Took", "Failing since", "Error")
    rows += [row for row in never if row[0] not in ran]
    return Content(_as_of(scene), body=_table("Jobs", heads, rows))


@or_reason
def history(scene: Scene) -> Content:
    """The latest runs, as the address asks for them."""
    asked = History.parse(scene.address)
    found = runs.recent(scene.desk.connection, scene.desk.now, SHOWN_RUNS, asked.job, asked.outcome)
    if not found:
        return Content(message="No such run." if asked.job or asked.outcome else NOT_YET)
    heads = ("Job", "Due", "Begun", "Took", "Outcome", "Attempt", "Result", "Error")
    rows = [
        (
            run.job,
            _moment(scene, run.slot),
            _moment(scene, run.begun_at),
            _seconds(run.seconds),
            _outcome(run.outcome),
            str(run.attempt),
            _told(run),
            run.error or "",
        )
        for run in found
    ]
    query = urlencode([(key, value) for key, value in zip(KEYS, (asked.job, asked.outcome), strict=True) if value])
    link = html.A("CSV", href=f"/export/runs.csv?{query}", download="")
    most = f"the latest {SHOWN_RUNS}" if len(found) == SHOWN_RUNS else f"{len(found)}"
    return Content([html.Span(most), link], body=_table("Runs of jobs", heads, rows))


@or_reason
def origins(scene: Scene) -> Content:
    """Every origin: what it gives, when it last did, and what waits."""
    connection = scene.desk.connection
    counts, waiting = reads.row_counts(connection), _waiting(scene)
    refused = _refused(scene)
    chosen = scene.chosen_origins
    shown = [origin for origin in scene.origins if not chosen or origin.name in chosen]
    if not shown:
        return Content(message="No origin has delivered anything yet. Import data, or run: python -m dashapp demo")
    rows = [
        (
            origin.name,
            origin.kind,
            ", ".join(f"{counts[feed][origin.name]:,} {feed}" for feed in counts if origin.name in counts[feed]),
            _moment(scene, origin.delivered_at),
            _ago(scene.desk.now - origin.delivered_at),
            words.days(origin.first_day, origin.last_day) if origin.first_day and origin.last_day else "",
            words.number(refused[origin.name], Unit.PERCENT) if origin.name in refused else "",
            _days(waiting.get(origin.name, 0)),
        )
        for origin in shown
    ]
    heads = ("Origin", "Kind", "Rows", "Last delivery", "Ago", "Days told of", "Refused, 7 days", "To roll up")
    return Content(_as_of(scene), body=_table("Origins", heads, rows))


@or_reason
def values(scene: Scene) -> Content:
    """The values that fields took for the first time in the window, the latest first."""
    found = reads.values_by_origin(scene.desk.connection, scene.chosen_origins or _names(scene), scene.window)
    if not found:
        return Content(message=f"No new value in {words.days(scene.window.since, scene.window.until)}.")
    rows = [(label(one.dim), label(one.value), one.origin, words.day(one.first_day)) for one in found[:SHOWN_VALUES]]
    count = f"the latest {SHOWN_VALUES} of {len(found):,}" if len(found) > SHOWN_VALUES else f"{len(found)}"
    return Content([html.Span(count)], body=_table("Values", ("Field", "Value", "Origin", "First day"), rows))


@or_reason
def store(scene: Scene) -> Content:
    """What the store is."""
    told = about(scene.desk.connection)
    facts = (
        ("Engine", told.engine),
        ("Size", f"{words.megabytes(told.size)}"),
        ("Migration", told.migration or "none"),
        ("Days to roll up", f"{sum(_waiting(scene).values()):,}"),
    )
    shown = [html.Div([html.Dt(name), html.Dd(text)]) for name, text in facts]
    return Content(_as_of(scene), body=html.Dl(shown, className="numbers"))


def _names(scene: Scene) -> tuple[str, ...]:
    return scene.desk.default_origins(Feed.ANY)


def _waiting(scene: Scene) -> dict[str, int]:
    """How many days wait to be rolled up, by origin."""
    return scene.desk.once("days to roll up", lambda: waiting_days(scene.desk.connection))


def _refused(scene: Scene) -> dict[str, float]:
    """The share of events refused in the last seven days, by origin, of those that sent any."""
    ask = Ask(Window.ending(scene.desk.today, WEEK), Grain.WHOLE, (Dim.ORIGIN,), ((Dim.ORIGIN, _all(scene)),))
    answer = measure(scene.desk, METRICS["events_refused"], ask)
    return {point.groups[0]: point.value for point in answer.points if point.value is not None}


def _all(scene: Scene) -> tuple[str, ...]:
    return tuple(sorted(origin.name for origin in scene.origins))


def _as_of(scene: Scene) -> list[Component]:
    return [html.Span(f"at {words.moment(scene.desk.now, scene.desk.policy.zone)}")]


def _moment(scene: Scene, moment: datetime | None) -> str:
    return words.moment(moment, scene.desk.policy.zone) if moment else ""


def _days(days: int) -> str:
    return f"{days:,} day{'s' * (days > 1)}" if days else ""


def _seconds(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds:,.2f} s" if seconds < 10 else f"{seconds:,.0f} s"


def _ago(age: timedelta) -> str:
    """An age in the unit that suits it."""
    minutes = age / timedelta(minutes=1)
    if minutes < 100:
        return f"{max(minutes, 0):.0f} min"
    return f"{minutes / 60:.0f} h" if minutes < 60 * 48 else f"{minutes / 60 / 24:,.0f} days"


def _told(run: Run) -> str:
    """The counts of a result: 3 days, 2 failed, 32.8 MB."""
    return ", ".join(_count(name, count) for name, count in run.result.items())


def _count(name: str, count: float) -> str:
    return words.megabytes(count) if name == "bytes" else f"{count:,} {label(name).lower()}"


def _outcome(outcome: Outcome) -> Component:
    return html.Span(outcome.value, className=f"pill is-{PILLS[outcome]}")


def _table(name: str, heads: Sequence[str], rows: Sequence[Sequence[Cell]]) -> Component:
    """A table of words; what there is nothing to say of is a dash."""
    head = html.Tr([html.Th(text, scope="col") for text in heads])
    body = [html.Tr([html.Td(cell) if cell else html.Td() for cell in row]) for row in rows]
    table = html.Table([html.Thead(head), html.Tbody(body)])
    return html.Div(table, className="listed", tabIndex=0, role="region", **named(f"Table of {name.lower()}"))
