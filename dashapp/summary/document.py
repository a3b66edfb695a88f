"""A summary as it is shown and sent: what was kept of it, with its facts and its text."""

from dataclasses import dataclass

from dashapp.store.summaries import Kept
from dashapp.summary.fact import Facts
from dashapp.summary.text import Text, read


@dataclass(frozen=True)
class Document:
    """One version of a week's summary."""

    kept: Kept
    facts: Facts
    text: Text

    @classmethod
    def of(cls, kept: Kept) -> "Document":
        """What the store has, read."""
        return cls(kept, Facts.read(kept.facts), read(kept.text))
