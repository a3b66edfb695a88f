"""A model's draft of what is said of the week: which parts it has, and how they become sections of the text."""

from collections.abc import Iterator
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from dashapp.summary.advice import reviewers_needed
from dashapp.summary.fact import Facts
from dashapp.summary.template import moved
from dashapp.summary.text import Line, Section, Text

SENTENCE, PASSAGE = 400, 900
"""Longest of each, in characters with placeholders. They keep the summary on a page."""
KEY = 80

Sentence = Annotated[str, Field(min_length=1, max_length=SENTENCE)]
Passage = Annotated[str, Field(min_length=1, max_length=PASSAGE)]
Key = Annotated[str, Field(min_length=1, max_length=KEY)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Watched(_Part):
    """A category."""

    category: Key = Field(description="the key of a category as the facts have it, such as flags.spam")
    why: Passage = Field(description="one to three sentences on why it is the one to watch")


class Followed(_Part):
    """A metric."""

    metric: Key = Field(description="the key of a metric that the facts also have of the week before, such as backlog")
    why: Passage = Field(description="one to three sentences on why it is the one to follow")


class Draft(_Part):
    """What a model says of a week."""

    top_risks: Annotated[list[Sentence], Field(min_length=2, max_length=3)] = Field(
        description="two or three sentences, the most pressing first, each with at least one placeholder"
    )
    category_to_watch: Watched
    classifier_health: Passage = Field(description="two to four sentences on score, precision and automation")
    staffing_recommendation: Passage = Field(
        description="two to four sentences on utilisation, backlog and late decisions"
    )
    key_metric_next_week: Followed

    def passages(self) -> Iterator[tuple[str, str, str | None]]:
        """All that is prose: the name of its part, the words, and the key of the fact that stands above them, if one
        does.
        """
        watched, followed = self.category_to_watch, self.key_metric_next_week
        yield from (("top risks", risk, None) for risk in self.top_risks)
        yield "category to watch", watched.why, watched.category
        yield "classifier health", self.classifier_health, None
        yield "staffing recommendation", self.staffing_recommendation, None
        yield "key metric next week", followed.why, followed.metric


def sections(draft: Draft, facts: Facts) -> Text:
    """The middle of the summary. The category and the metric are told with their figures, whatever the draft says, and
    how many reviewers are needed is told by us.
    """
    watched, followed = draft.category_to_watch, draft.key_metric_next_week
    return (
        Section("Top risks", tuple(Line(risk, item=True) for risk in draft.top_risks)),
        Section("Category to watch", (_figure(facts, watched.category), Line(watched.why))),
        Section("Classifier health", (Line(draft.classifier_health),)),
        Section("Staffing", (Line(draft.staffing_recommendation), Line(reviewers_needed(facts)))),
        Section("Key metric next week", (_figure(facts, followed.metric), Line(followed.why))),
    )


def _figure(facts: Facts, key: str) -> Line:
    return Line(f"{facts[key].title}: {moved(facts, key)}.")
