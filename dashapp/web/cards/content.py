"""What a card is filled with, and the line at its head."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from dash import html
from dash.development.base_component import Component

from dashapp.domain.ask import Grain
from dashapp.domain.vocabulary import Feed
from dashapp.metrics import Kind, Measurement
from dashapp.metrics.measure import FRESH
from dashapp.web import words
from dashapp.web.scenes import Scene

FOR_ANALYSTS = "Only analysts can say something here; your role looks on."
LEFT_OUT = "Decided, nobody knows when"
RAW = "No rollup knows these filters together"


@dataclass(frozen=True)
class Content:
    """A head line, and one of: a figure, written parts, or the message that takes their place."""

    head: list[Component] = field(default_factory=list)
    figure: dict[str, Any] | None = None
    body: Component | None = None
    message: str | None = None

    @property
    def spec(self) -> dict[str, Any]:
        """The figure or the message, as the browser draws it."""
        return {"figure": self.figure} if self.figure is not None else {"message": self.message}

    @property
    def written(self) -> Component:
        """The written parts or the message."""
        return html.P(self.message, className="message") if self.body is None else self.body


def for_analysts() -> Component:
    """What is said in place of buttons that would be refused."""
    return html.P(FOR_ANALYSTS, className="quiet")


def missing(scene: Scene, answer: Measurement) -> str | None:
    """Why there is nothing to show, if there is nothing."""
    if answer.error:
        return answer.error
    if answer.metric.kind is Kind.AGES and (answer.total is None or answer.total.value is None):
        return "Nothing is open." if scene.desk.today - scene.as_of <= FRESH else unknown_now(scene)
    if scene.live and (answer.total is None or answer.total.value is None):
        return "No event has come in yet, from any origin chosen."
    if answer.metric.feed is Feed.AGGREGATES and answer.as_of is None and scene.first_day is None:
        return "No published counts yet. Import some: python -m dashapp import dsa FILE"
    if answer.total is None or answer.total.value is None or not answer.points:
        return f"No data for {words.days(scene.window.since, scene.window.until)} with these filters."
    return None


def unknown_now(scene: Scene) -> str:
    """Why nothing can be said of what is open now."""
    return f"Data end on {words.day(scene.as_of)}: what is open now is not known. The backlog shows what was then."


def head(answer: Measurement, *others: Measurement) -> list[Component]:
    """Value, cases, last day of data, and where the numbers were read when that was not the usual place. `others` are
    shown with the answer.
    """
    if answer.total is None or answer.total.value is None or answer.as_of is None:
        return []
    metric, counted = answer.metric, answer.metric.kind in (Kind.FLOW, Kind.STOCK)
    middle = "median " if metric.kind is Kind.DISTRIBUTION else ""
    value = html.B(middle + words.number(answer.total.value, metric.unit))
    cases = [] if counted else [html.Span(words.count(answer.total.n))]
    return [
        value,
        *cases,
        html.Span(_until(answer, answer.as_of)),
        *computed(answer, *others),
        *([html.Span(f"{answer.left_out:,} left out", title=LEFT_OUT)] if answer.left_out else []),
        *([html.Span(f"from raw {metric.feed}", title=RAW)] if answer.from_facts else []),
    ]


def computed(*answers: Measurement) -> list[Component]:
    """When the first of the answers was computed, where that may have been a while ago, and whether any lacks what came
    since.
    """
    at = min((answer.computed_at for answer in answers if answer.computed_at), default=None)
    if at is None:
        return []
    waited = " Open reports count as waiting until then." if any(one.metric.censored for one in answers) else ""
    newer = ", newer data since" if any(one.outdated for one in answers) else ""
    return [html.Span(f"computed {at:%H:%M}{newer}", title=f"Computed at {at:%H:%M} from every report.{waited}")]


def _until(answer: Measurement, as_of: date) -> str:
    """What time the numbers are about: of less than a day since when, else to which day."""
    if stretch := answer.ask.stretch:
        return f"since {words.moment(stretch.since, stretch.zone)}"
    return f"to {words.day(_last_day(answer, as_of))}"


def _last_day(answer: Measurement, as_of: date) -> date:
    """The last day that the numbers know: where days take time to settle, the last that has."""
    last = min(as_of, answer.ask.window.until)
    if answer.ask.grain is not Grain.DAY:
        return last
    return max((point.bucket for point in answer.points if point.value is not None), default=last)
