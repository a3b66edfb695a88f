"""The field's closed sets, and the words for them."""

import re
from enum import StrEnum

NOT_GIVEN = "(none)"
"""What a dimension says for rows whose origin did not give it, in tables, addresses and files alike."""


class Severity(StrEnum):
    """How much harm a flag may stand for, from least to most."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


URGENT = (Severity.HIGH, Severity.CRITICAL)


class Routing(StrEnum):
    """What the classifier did with a flag; everything but human_review was decided without a human."""

    ALLOW = "allow"
    DOWNRANK = "downrank"
    HUMAN_REVIEW = "human_review"
    AUTO_BLOCK = "auto_block"


class Label(StrEnum):
    """What a human made of a flag."""

    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    DUPLICATE = "duplicate"


class Event(StrEnum):
    """What became of a report: it came in, or a decision closed it."""

    CREATED = "created"
    REVIEWED = "reviewed"


class Violation(StrEnum):
    """What a report says is wrong with an item."""

    SENSITIVE = "sensitive"
    COPYRIGHT = "copyright"
    OTHER = "other"


class Action(StrEnum):
    """What a moderator decided."""

    MARKED_SENSITIVE = "marked_sensitive"
    DEINDEXED_SENSITIVE = "deindexed_sensitive"
    DEINDEXED_COPYRIGHT = "deindexed_copyright"
    REVERSED_MARK_SENSITIVE = "reversed_mark_sensitive"
    REVERSED_DEINDEX = "reversed_deindex"
    REJECTED_REPORTS = "rejected_reports"
    DEDUPLICATED_REPORTS = "deduplicated_reports"


CONFIRMING = (Action.MARKED_SENSITIVE, Action.DEINDEXED_SENSITIVE, Action.DEINDEXED_COPYRIGHT)
"""Actions that say that a report was right."""
REVERSING = (Action.REVERSED_MARK_SENSITIVE, Action.REVERSED_DEINDEX)
"""Actions that take an earlier decision back."""


class ActionType(StrEnum):
    """Whether a decision is a first one or takes an earlier one back."""

    DECISION = "decision"
    REVERSED = "reversed_decision"


class Scope(StrEnum):
    """Whether a decision affected exactly one record; none counts as bulk, as in the plan that these metrics follow."""

    SINGLE = "single"
    BULK = "bulk"


class Status(StrEnum):
    """Whether a report has been decided."""

    PENDING = "pending"
    REVIEWED = "reviewed"


class Field(StrEnum):
    """What flags, reports and decisions say that the quality of data is judged by."""

    CATEGORY = "category"
    SEVERITY = "severity"
    ROUTING = "routing"
    REGION = "region"
    MEDIA_TYPE = "media_type"
    TEAM = "team"
    DETECTOR = "detector"
    LABEL = "label"
    MODEL_VERSION = "model_version"
    VIOLATION = "violation"
    SOURCE = "source"
    PROVIDER = "provider"
    ACTION = "action"
    AUTOMATED = "automated"


class Feed(StrEnum):
    """What an origin delivers. A day that one feed covers says nothing of another. Aggregates are counts of a day that
    came without the rows behind them; each platform that they tell of covers its own days. Live are the events of
    reports and decisions as they come in, from the first one on: of those a quiet day is a day without. The wire is
    what was received, whether or not it was taken. Any is all days from the first to the last that any of these tells
    of.
    """

    FLAGS = "flags"
    REPORTS = "reports"
    DECISIONS = "decisions"
    AGGREGATES = "aggregates"
    LIVE = "live"
    WIRE = "wire"
    ANY = "any"


class Method(StrEnum):
    """Ways to find attacks, which the pages call detectors; in an address `detector` is what raised a flag."""

    OUTBREAK = "outbreak"
    EARS_C2 = "ears_c2"
    ZSCORE7 = "zscore7"


class IncidentKind(StrEnum):
    """What an incident looks like to a detector."""

    SPIKE = "spike"
    RAMP = "ramp"
    SURGE = "surge"
    DROP = "drop"
    BRIGADING = "brigading"
    MASS_REPORTING = "mass_reporting"
    DEFINITION_CHANGE = "definition_change"


class Triage(StrEnum):
    """What an analyst made of an incident that a detector found."""

    OPEN = "open"
    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"


class Case(StrEnum):
    """Flags that are in one state of their review; see `metrics.rows` for what each means."""

    OPEN = "open"
    LATE = "late"


class Dim(StrEnum):
    """What a metric can be split or filtered by."""

    CATEGORY = "category"
    SEVERITY = "severity"
    ROUTING = "routing"
    ORIGIN = "origin"
    REGION = "region"
    MEDIA_TYPE = "media_type"
    TEAM = "team"
    DETECTOR = "detector"
    LABEL = "label"
    MODEL_VERSION = "model_version"
    REVIEWER = "reviewer"
    EVENT = "event"
    VIOLATION = "violation"
    DECISION_ACTION = "decision_action"
    STATUS = "status"
    ACTION = "action"
    ACTION_TYPE = "action_type"
    SCOPE = "scope"
    CREATOR = "creator"
    SOURCE = "source"
    PROVIDER = "provider"
    ITEM_ID = "item_id"
    FIELD = "field"
    PLATFORM = "platform"
    CONTENT_TYPE = "content_type"
    SOURCE_TYPE = "source_type"
    DECISION_GROUND = "decision_ground"
    DECISION_VISIBILITY = "decision_visibility"
    DECISION_ACCOUNT = "decision_account"
    AUTOMATED_DECISION = "automated_decision"
    AUTOMATED_DETECTION = "automated_detection"

    @property
    def heading(self) -> str:
        """The dimension as a heading: `media_type` -> "Media type"."""
        return label(self.value)


CLOSED: dict[Dim, tuple[str, ...]] = {
    Dim.SEVERITY: tuple(Severity),
    Dim.ROUTING: tuple(Routing),
    Dim.LABEL: tuple(Label),
    Dim.EVENT: tuple(Event),
    Dim.VIOLATION: tuple(Violation),
    Dim.DECISION_ACTION: tuple(Action),
    Dim.STATUS: tuple(Status),
    Dim.ACTION: tuple(Action),
    Dim.ACTION_TYPE: tuple(ActionType),
    Dim.SCOPE: tuple(Scope),
    Dim.FIELD: tuple(Field),
}
"""Dimensions whose values are fixed, in the order in which they are shown. All others are open: a new value is data."""


def label(key: str) -> str:
    """A key in words: `hate_speech` -> "Hate speech"; what the origin did not give -> "not given"."""
    if key == NOT_GIVEN:
        return "not given"
    return key.replace("_", " ").capitalize() if re.fullmatch("[a-z_]+", key) else key
