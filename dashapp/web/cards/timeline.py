"""The days of each series against what the detector expected of them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from dash import html

from dashapp.domain.ask import Ask
from dashapp.domain.messages import Incident
from dashapp.domain.vocabulary import Dim, label
from dashapp.metrics import Point, measure
from dashapp.metrics.attacks import Detector, Unmeasured, attacks_within, judged
from dashapp.metrics.judgement import Series
from dashapp.metrics.kept import kept
from dashapp.store.annotations import Annotation
from dashapp.web import spikes as drawing
from dashapp.web.cards.attacks import detector_of, looked, or_reason, totals
from dashapp.web.cards.content import Content, head, missing
from dashapp.web.cards.noted import notes_on
from dashapp.web.cards.series import with_changes
from dashapp.web.listing import drill
from dashapp.web.notes import rows_noted
from dashapp.web.page import Card
from dashapp.web.scenes import Scene

MOST_ROWS = 6
ALL = ()

BY_JOB = "By the detection job: confirmed incidents are no part of what is expected."
ALARMS_BY_JOB = (
    "Alarms are those of the detection job, by category. It looks at no series of all together: what is expected of it "
    "is judged by its counts alone."
)
ANEW = (
    "The detection job does not look at these series, or has not looked yet: days are judged by their counts alone, "
    "and confirmed incidents are not left out of what is expected."
)

Days = dict[date, Point]


@or_reason
def timeline(scene: Scene, card: Card) -> Content:
    """A row for each series that the detector looks at: those with alarms first, then the largest."""
    ask, answer = totals(scene, card)
    if reason := missing(scene, answer):
        return Content(message=reason)
    detector = detector_of(scene)
    rows = _rows(scene, card, ask, detector)
    shown = rows[:MOST_ROWS]
    cut = [html.Span(f"{len(shown)} of {len(rows)} series", title="Choose others by category")]
    figure = drawing.spikes(ask.window, card.key, str(card.metric.unit), shown)
    figure["layout"]["meta"]["rows"] = drill(card.metric, scene.view, replace(ask, by=detector.by), scene.first_day)
    figure = with_changes(scene, card, answer, figure)
    figure = rows_noted(figure, [_noted(scene, card, row) for row in shown], ask.window)
    told = _source(scene, card, ask, detector, BY_JOB)
    return Content([*head(answer), told, *(cut if len(rows) > len(shown) else [])], figure)


def _source(scene: Scene, card: Card, ask: Ask, detector: Detector, by_job: str) -> html.Span:
    """Who judged the days: the job, and when, or the detector now, which may say something else."""
    if kept(scene.desk, ask, detector):
        return html.Span(f"judged at {looked(scene, ask, card)}", title=by_job)
    return html.Span("judged anew", title=ANEW)


@or_reason
def spikes(scene: Scene, card: Card) -> Content:
    """All series as one, marked on the days on which any of them is an alarm. The job looks at no such series: what is
    expected of all together is judged anew.
    """
    ask, answer = totals(scene, card)
    if reason := missing(scene, answer):
        return Content(message=reason)
    detector = detector_of(scene)
    whole = judged(scene.desk, ask, replace(detector, by=ALL))[0]
    alarmed = {alarm.day for series in judged(scene.desk, ask, detector) for alarm in series.alarms}
    days = [replace(day, alarm=day.day in alarmed) for day in whole.days]
    points = {point.bucket: point for point in answer.points}
    row = _row("", Series(ALL, tuple(days)), points, attacks_within(scene.desk, ask))
    figure = drawing.spikes(ask.window, card.key, str(card.metric.unit), [row])
    return Content([*head(answer), _source(scene, card, ask, detector, ALARMS_BY_JOB)], figure)


def _rows(scene: Scene, card: Card, ask: Ask, detector: Detector) -> list[drawing.Row]:
    """The series of a detector as rows, in the order in which they are worth a look."""
    answer = measure(scene.desk, card.metric, replace(ask, by=detector.by))
    if answer.error:
        raise Unmeasured(answer)
    points: dict[tuple[str, ...], Days] = {}
    for point in answer.points:
        points.setdefault(point.groups, {})[point.bucket] = point
    attacks = attacks_within(scene.desk, ask)
    found = sorted(judged(scene.desk, ask, detector), key=lambda one: _place(one, points.get(one.group, {})))
    return [_row(_name(one), one, points.get(one.group, {}), _of(one, detector, attacks)) for one in found]


def _place(one: Series, points: Days) -> tuple[bool, float]:
    return not one.alarms, -sum(point.n for point in points.values())


def _name(one: Series) -> str:
    return " · ".join(label(value) for value in one.group)


def _of(one: Series, detector: Detector, attacks: Sequence[Incident]) -> list[Incident]:
    """The known attacks of a series; of all together all."""
    if Dim.CATEGORY not in detector.by:
        return list(attacks)
    return [attack for attack in attacks if attack.category in one.group]


def _noted(scene: Scene, card: Card, row: drawing.Row) -> list[Annotation]:
    """The notes of a series; of all together all."""
    return [note for note in notes_on(scene, card) if not row.groups or note.category in (None, *row.groups)]


def _spans(attacks: Sequence[Incident]) -> list[drawing.Span]:
    return [drawing.Span(attack.incident_id, attack.since, attack.until) for attack in attacks]


def _row(name: str, one: Series, points: Days, attacks: Sequence[Incident]) -> drawing.Row:
    """A series as a row. Days that may still change are shown, although no detector has judged them."""
    days = [
        replace(day, observed=points[day.day].n) if day.observed is None and _known(points, day.day) else day
        for day in one.days
    ]
    pending = frozenset(day for day, point in points.items() if point.provisional)
    return drawing.Row(name, one.group, days, pending, _spans(attacks))


def _known(points: Days, day: date) -> bool:
    return day in points and points[day].value is not None
