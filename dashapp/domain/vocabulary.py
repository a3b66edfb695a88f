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


class Method(StrEnum):
    """Ways to find attacks, which the pages call detectors; in an address `detector` is what raised a flag."""

    ZSCORE7 = "zscore7"


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

    @property
    def heading(self) -> str:
        """The dimension as a heading: `media_type` -> "Media type"."""
        return label(self.value)


CLOSED: dict[Dim, tuple[str, ...]] = {
    Dim.SEVERITY: tuple(Severity),
    Dim.ROUTING: tuple(Routing),
    Dim.LABEL: tuple(Label),
}
"""Dimensions whose values are fixed, in the order in which they are shown. All others are open: a new value is data."""


def label(key: str) -> str:
    """A key in words: `hate_speech` -> "Hate speech"; what the origin did not give -> "not given"."""
    if key == NOT_GIVEN:
        return "not given"
    return key.replace("_", " ").capitalize() if re.fullmatch("[a-z_]+", key) else key
