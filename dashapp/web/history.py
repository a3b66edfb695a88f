"""What an address says about a list of runs of jobs: of which job, and with which outcome."""

from dataclasses import dataclass, field
from urllib.parse import parse_qs

from dashapp.domain.view import MOST_VALUE
from dashapp.store.runs import Outcome

ALL = "all"
KEYS = ("job", "outcome")
MOST_SHOWN = 40
"""Characters of what cannot be read that are told."""


@dataclass(frozen=True)
class History:
    """The runs that an address asks for; None for all. What cannot be read is all, and named in `problems`."""

    job: str | None = None
    outcome: Outcome | None = None
    problems: tuple[str, ...] = field(default=(), compare=False)

    @classmethod
    def parse(cls, query: str) -> "History":
        """Read a query string."""
        given = parse_qs(query.lstrip("?"), keep_blank_values=True)
        job, outcome = (given.get(key, [ALL])[-1] for key in KEYS)
        read = {"job": len(job) <= MOST_VALUE and job.isprintable(), "outcome": outcome in (ALL, *Outcome)}
        problems = [f"{key[:MOST_SHOWN]}: is not known here" for key in given if key not in KEYS]
        problems += [f"{key}: {given[key][-1][:MOST_SHOWN]!r} is not known" for key, known in read.items() if not known]
        problems += [f"{key}: given {len(given[key])} times" for key in KEYS if len(given.get(key, [])) > 1]
        named = job if read["job"] and job != ALL else None
        return cls(named, Outcome(outcome) if outcome in set(Outcome) else None, tuple(problems))
