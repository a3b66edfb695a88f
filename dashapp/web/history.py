"""What an address says about a list of runs of jobs: of which job, and with which outcome."""

from dataclasses import dataclass
from urllib.parse import parse_qs

from dashapp.domain.view import MOST_VALUE
from dashapp.store.runs import Outcome

ALL = "all"
KEYS = ("job", "outcome")


@dataclass(frozen=True)
class History:
    """The runs that an address asks for; None for all. What cannot be read is all."""

    job: str | None = None
    outcome: Outcome | None = None

    @classmethod
    def parse(cls, query: str) -> "History":
        """Read a query string."""
        given = parse_qs(query.lstrip("?"))
        job, outcome = (given.get(key, [ALL])[-1] for key in KEYS)
        known = job != ALL and len(job) <= MOST_VALUE and job.isprintable()
        return cls(job if known else None, Outcome(outcome) if outcome in set(Outcome) else None)
