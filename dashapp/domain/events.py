"""The events of a moderation pipeline as they go over the wire: one JSON object each, `message_type` says which."""

from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, Field, model_validator
from pydantic_core import PydanticCustomError

from dashapp.domain.messages import MOST_RECORDS, Key, Message
from dashapp.domain.vocabulary import Action, Event, Label, Routing, Severity, Violation

ORIGIN = "events"
"""The origin of events that name none."""


class Wire(Message):
    """What every event may say: an id, which makes sending it again harmless; when it happened (else when it is
    received); and which system it comes from.
    """

    id: Key | None = None
    at: AwareDatetime | None = Field(None, strict=True)
    origin: Key = ORIGIN


class ModerationReport(Wire):
    """A report came in, or a decision closed it. With a `report_id` it is also kept as a report of its own, which
    accuracy and time to decision are computed from.
    """

    message_type: Literal["ModerationReport"] = "ModerationReport"
    media_type: Key
    event: Event
    violation: Violation
    decision_action: Action | None = None
    report_id: Key | None = None
    item_id: Key | None = None
    creator: Key | None = None
    source: Key | None = None
    provider: Key | None = None
    decision_id: Key | None = None

    @model_validator(mode="after")
    def _decided_when_reviewed(self) -> Self:
        given = next((name for name in ("decision_action", "decision_id") if getattr(self, name)), None)
        if self.event is Event.CREATED and given:
            raise PydanticCustomError(
                "misplaced", "belongs to a reviewed report, not to a created one", {"field": given}
            )
        return self

    @model_validator(mode="after")
    def _closed_by_an_action(self) -> Self:
        if self.event is Event.REVIEWED and self.report_id and not self.decision_action:
            reason = "is missing: it says how the report that report_id names was decided"
            raise PydanticCustomError("incomplete", reason, {"field": "decision_action"})
        return self


class ModerationDecision(Wire):
    """A moderator decided; one event whatever number of records it affects. With a `decision_id` it is also kept as a
    decision of its own.
    """

    message_type: Literal["ModerationDecision"] = "ModerationDecision"
    media_type: Key
    action: Action
    affected_records: int = Field(ge=0, le=MOST_RECORDS, strict=True)
    decision_id: Key | None = None
    automated: bool | None = Field(None, strict=True)
    appeal_of: Key | None = None
    reverses: Key | None = None


class Flag(Wire):
    """A concern was raised about an item; its id is the flag's."""

    message_type: Literal["Flag"] = "Flag"
    id: Key
    category: Key
    severity: Severity
    routing: Routing
    score: float | None = Field(None, ge=0, le=1, strict=True)
    detector: Key | None = None
    media_type: Key | None = None
    item_id: Key | None = None
    region: Key | None = None
    model_version: Key | None = None
    reviewer_id: Key | None = None
    coordinated: bool | None = Field(None, strict=True)
    incident_id: Key | None = None
    reporter_key: Key | None = None
    target_key: Key | None = None
    target_created_at: AwareDatetime | None = Field(None, strict=True)
    content_key: Key | None = None


class FlagDecided(Wire):
    """A human decided on a flag that was sent before."""

    message_type: Literal["FlagDecided"] = "FlagDecided"
    flag_id: Key
    label: Label | None = None
    decision_id: Key | None = None
    reviewer_id: Key | None = None


Sent = Annotated[ModerationReport | ModerationDecision | Flag | FlagDecided, Field(discriminator="message_type")]
"""Any event."""
