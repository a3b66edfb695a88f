"""Runs of jobs for programs: the jobs as JSON, their history as CSV."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from flask import Response, request

from dashapp.store import runs
from dashapp.store.runs import Run
from dashapp.web.asking import refuse
from dashapp.web.desk import open_desk
from dashapp.web.export import Cells, as_file, csv_lines, json_answer
from dashapp.web.history import History

MOST = 10_000
"""Runs in one file, the latest."""
COLUMNS = ("job", "slot", "attempt", "begun_at", "ended_at", "seconds", "outcome", "result", "error")


def jobs() -> Response:
    """Every job with its last run, the last that was done, and since when it fails."""
    with open_desk() as desk:
        found = runs.states(desk.connection, desk.now)
    told = [
        {
            "job": state.last.job,
            "last": _run(state.last),
            "done": state.done and _run(state.done),
            "failing_since": _iso(state.failing_since),
        }
        for state in found
    ]
    return json_answer({"jobs": told})


def history() -> Response:
    """The latest runs, of one job or with one outcome where the address asks for these."""
    asked = History.parse(request.query_string.decode(errors="replace"))
    if asked.problems:
        refuse(400, "The question could not be read.", problems=asked.problems)
    with open_desk() as desk:
        found = runs.recent(desk.connection, desk.now, MOST, asked.job, asked.outcome)
    return as_file(csv_lines(_rows(found)), "text/csv", "runs.csv")


def _rows(found: list[Run]) -> Iterator[Cells]:
    yield COLUMNS
    for run in found:
        yield [_cell(name, getattr(run, name)) for name in COLUMNS]


def _cell(name: str, value: Any) -> Any:
    if name == "result":
        return " ".join(f"{key}={count}" for key, count in value.items())
    return str(value) if name == "outcome" else value


def _run(run: Run) -> dict[str, Any]:
    return {
        "slot": _iso(run.slot),
        "attempt": run.attempt,
        "begun_at": _iso(run.begun_at),
        "ended_at": _iso(run.ended_at),
        "seconds": run.seconds,
        "outcome": run.outcome,
        "result": run.result,
        "error": run.error,
    }


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat().replace("+00:00", "Z") if moment else None
