"""What the REST API answers, as models: the description of the API is made of them, and tests hold answers to it."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from dashapp.domain.ask import Grain
from dashapp.domain.vocabulary import Dim, IncidentKind, Method, Severity, Triage
from dashapp.metrics import Better, Kind, Unit
from dashapp.store.runs import Outcome

Count = Annotated[int, Field(ge=0)]
Moment = datetime | date
"""Of a bucket of a day or more its first day; of a shorter one when it begins."""


class Answer(BaseModel):
    """An object that has the fields named here and no others."""

    model_config = ConfigDict(extra="forbid")


class Error(Answer):
    """Why there is no answer. `request_id` is what the log calls the request."""

    error: str
    problems: list[str] = []
    request_id: str = ""


class Health(Answer):
    """The process answers."""

    status: Literal["ok"]


class Readiness(Answer):
    """Whether requests can be served, and what is wrong with each part."""

    status: Literal["ok", "degraded", "unavailable"]
    checks: dict[str, str]


class ThresholdAnswer(Answer):
    """Where a figure starts to worry."""

    warn: float
    alert: float
    baseline: float | None


class MetricAnswer(Answer):
    """A metric with what must be known to read it."""

    key: str
    title: str
    unit: Unit
    kind: Kind
    definition: str
    clock: str
    dims: list[Dim]
    better: Better
    threshold: ThresholdAnswer | None
    settles_hours: float
    reference: str


class Catalogue(Answer):
    """Every metric."""

    metrics: list[MetricAnswer]


class Figure(Answer):
    """A value, the cases that it is of, and its 95 % interval where it has one; a provisional one may still change."""

    value: float | None
    n: Count
    low: float | None
    high: float | None
    provisional: bool


class Point(Figure):
    """The figure of one bucket and group."""

    bucket: Moment
    group: str | None
    groups: list[str]


class Bin(Answer):
    """The cases of a distribution between two values."""

    groups: list[str]
    since: float = Field(alias="from")
    to: float
    n: Count


class Measured(Answer):
    """A metric as asked."""

    metric: str
    title: str
    unit: Unit
    since: Moment
    until: Moment
    grain: Grain
    by: list[Dim]
    as_of: date | None
    total: Figure | None
    points: list[Point]
    bins: list[Bin] = []
    hidden: Count = 0
    left_out: Count = 0
    computed_at: datetime | None = None
    outdated: bool = False
    coverage_note: str = ""


class Evidence(Answer):
    """A day at which a detector alarmed."""

    day: date
    category: str | None
    observed: float
    expected: float | None
    score: float
    threshold: float
    found_at: datetime | None


class KeptIncident(Answer):
    """What the store has of an incident that was found, without an analyst's words."""

    id: int
    origin: str
    metric: str
    series: dict[Dim, str]
    kind: IncidentKind
    state: Triage
    observed: float | None
    expected: float | None
    low: float | None
    high: float | None
    p: float | None
    coordination: float | None
    provisional: bool
    attack: str | None
    version: int
    found_at: datetime
    ended_at: datetime | None
    evidence: dict[str, Any] | None


class IncidentAnswer(Answer):
    """A known attack, or what a detector found."""

    kind: Literal["known", "detected"]
    id: int | str | None
    since: date
    until: date
    category: str | None
    severity: Severity | None
    accounts: Count | None
    pattern: str | None
    evidence: list[Evidence]
    incident: KeptIncident | None


class Incidents(Answer):
    """Known attacks, and what a detector found."""

    detector: Method
    title: str
    description: str
    threshold: float
    scale: str
    since: date
    until: date
    as_of: date
    incidents: list[IncidentAnswer]


class BacktestAnswer(Answer):
    """A detector held against known attacks and confirmed incidents, in days; recall and precision in percent. Without
    any of them nothing is told to be false.
    """

    detector: Method
    attack_days: Count
    detected_days: Count
    true_positives: Count
    false_positives: Count | None
    recall: float | None
    precision: float | None
    attacks: Count
    confirmed: Count
    attacks_caught: Count
    first_days_caught: Count
    delay_days: float | None
    false_alerts: Count | None
    judged_days: Count
    false_days: list[date] | None
    false_alerts_a_week: float | None


class Note(Answer):
    """What an analyst noted of days."""

    id: int
    since: date
    until: date
    category: str | None
    text: str
    made_at: datetime


class Notes(Answer):
    """The notes of days."""

    since: date
    until: date
    annotations: list[Note]


class RunAnswer(Answer):
    """One run of a job; `result` are counts by name, `error` is the kind of failure."""

    slot: datetime
    attempt: int
    begun_at: datetime
    ended_at: datetime | None
    seconds: float | None
    outcome: Outcome
    result: dict[str, Any]
    error: str | None


class JobAnswer(Answer):
    """A job with its last run, and the last that was done."""

    job: str
    last: RunAnswer
    done: RunAnswer | None
    failing_since: datetime | None


class Jobs(Answer):
    """Every job that ever ran."""

    jobs: list[JobAnswer]


class AuditEntry(Answer):
    """Something that somebody did."""

    id: int
    at: datetime
    actor: str
    action: str
    subject: str
    detail: dict[str, Any]


class Audit(Answer):
    """The latest of what was done, and where those before it can be asked for."""

    entries: list[AuditEntry]
    next: str | None


class Refusal(Answer):
    """A line that was not taken, counted from 1, and why."""

    line: int
    field: str | None
    reason: str


class Taken(Answer):
    """What became of events; `refused_count` is told where not every refusal is listed."""

    new: Count
    seen: Count
    refused: list[Refusal]
    refused_count: Count = 0
