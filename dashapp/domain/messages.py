"""What the store is given, checked field by field. Importers read files into these messages; events become them."""

import re
from datetime import date
from typing import Annotated, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from dashapp.domain.ask import FIRST_DAY, LAST_DAY
from dashapp.domain.vocabulary import Action, Label, Routing, Severity, Violation

MOST_HOURS = 24 * 366 * 10
MOST_RECORDS = 1_000_000_000
"""That one decision may affect."""
MOST_COUNTED = 1_000_000_000
"""That one platform may count in a day; also the seconds of a mean, so that their product is a number of 64 bits."""

MOST_KEY_BYTES = 600
"""Of a key in UTF-8: four of them, which a table may be sorted by, are not too long for an index of PostgreSQL."""


def _not_too_wide(text: str) -> str:
    if not text.isascii() and len(text.encode()) > MOST_KEY_BYTES:
        raise ValueError(f"is longer than {MOST_KEY_BYTES} bytes")
    return text


Key = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$"),
    AfterValidator(_not_too_wide),
]
"""An id or a value of an open dimension: printable, 1 to 200 characters and at most 600 bytes."""
Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000, pattern=r"^[^\x00]*$")]


def _written_out(value: object) -> object:
    """Refuse a number as a day: pydantic would take it for seconds since 1970."""
    if not isinstance(value, date) and not re.match(r"\d{4}-\d\d-\d\d", str(value)):
        raise ValueError("is not a date such as 2024-03-30")
    return value


Day = Annotated[date, Field(ge=FIRST_DAY, le=LAST_DAY), BeforeValidator(_written_out)]


class Message(BaseModel):
    """Unknown fields are refused, so that a misspelt column cannot vanish."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class FlagRow(Message):
    """One concern raised about one item. `flagged_day` is authoritative; `flagged_at` is null for day-only input."""

    flag_id: Key
    flagged_day: Day
    category: Key
    severity: Severity
    routing: Routing
    flagged_at: AwareDatetime | None = None
    score: float | None = Field(None, ge=0, le=1)
    detector: Key | None = None
    media_type: Key | None = None
    item_id: Key | None = None
    region: Key | None = None
    model_version: Key | None = None
    reviewer_id: Key | None = None
    hours_to_decision: float | None = Field(None, ge=0, le=MOST_HOURS)
    decided_at: AwareDatetime | None = None
    decision_id: Key | None = None
    label: Label | None = None
    coordinated: bool | None = None
    incident_id: Key | None = None
    reporter_key: Key | None = None
    target_key: Key | None = None
    target_created_at: AwareDatetime | None = None
    content_key: Key | None = None


class Reviewer(Message):
    """One reviewer's place and capacity; names are never read."""

    reviewer_id: Key
    team: Key
    capacity_per_day: int = Field(ge=0, le=100_000)
    seniority: Key | None = None


class Incident(Message):
    """A known attack: the days it lasted, both included, and what it was."""

    incident_id: Key
    since: Day
    until: Day
    category: Key
    severity: Severity
    accounts: int | None = Field(None, ge=0, le=1_000_000_000)
    pattern: Text | None = None

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.until < self.since:
            raise ValueError(f"ends on {self.until}, before it begins on {self.since}")
        return self


class ReportRow(Message):
    """One report about one item. `action` and `decided_at` are those of the decision that closed it, if one did."""

    report_id: Key
    created_at: AwareDatetime
    media_type: Key
    violation: Violation
    item_id: Key | None = None
    creator: Key | None = None
    source: Key | None = None
    provider: Key | None = None
    decision_id: Key | None = None
    action: Action | None = None
    decided_at: AwareDatetime | None = None


class DecisionRow(Message):
    """One decision, whatever number of records it affected. `appeal_of` and `reverses` are ids of other decisions."""

    decision_id: Key
    decided_at: AwareDatetime
    media_type: Key
    action: Action
    affected_records: int = Field(ge=0, le=MOST_RECORDS)
    automated: bool | None = None
    appeal_of: Key | None = None
    reverses: Key | None = None


class AggregateRow(Message):
    """How many cases a platform counted on a day, in all or with one value of a dimension, and the mean of what was
    measured of them in whole seconds. The values of a dimension are marginal: nothing says how two dimensions meet.
    """

    day: Day
    platform: Key
    dimension: Key
    value: Key
    count: int = Field(ge=0, le=MOST_COUNTED)
    mean: int | None = Field(None, ge=0, le=MOST_COUNTED)
