"""The routes of the REST API as its description has them: what each takes, and what it answers."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, TypeAdapter

from dashapp.domain.access import Permission
from dashapp.domain.events import Sent
from dashapp.web import answers, summary_answers
from dashapp.web.events_api import LINES, WHOLE
from dashapp.web.export import XLSX
from dashapp.web.parameters import AUDIT, AUDITED, BEFORE, FOUND, MEASURED, NOTED, ORDER, ROWS, RUNS, WEEK, Parameter
from dashapp.web.summary_orders_api import Wish

CSV, MARKDOWN, HTML, PDF = "text/csv", "text/markdown", "text/html", "application/pdf"
PROMETHEUS = ("text/plain", "application/openmetrics-text")


@dataclass(frozen=True)
class Route:
    """A route. What it answers is a `model`, or else a file of one of `kinds`; `refuses` are the statuses that it
    answers where that cannot be had, beside those of who may not ask. A `body` has a model for each content type, or
    None where it is lines of text.
    """

    path: str
    name: str
    about: str
    permission: Permission
    parameters: tuple[Parameter, ...] = ()
    model: type[BaseModel] | None = None
    kinds: tuple[str, ...] = (WHOLE,)
    refuses: tuple[int, ...] = (400, 503)
    method: str = "get"
    status: int = 200
    body: Mapping[str, TypeAdapter[Any] | None] | None = None


def routes() -> Iterator[Route]:
    """Every route."""
    yield from _vital()
    yield from _figures()
    yield from _attacks_and_notes()
    yield from _jobs()
    yield from _summaries()


def _vital() -> Iterator[Route]:
    opened, view = Permission.OPEN, Permission.VIEW
    yield Route("/healthz", "healthz", "That the process answers", opened, model=answers.Health, refuses=())
    ready = "Whether requests can be served; 503 where not"
    yield Route("/readyz", "readyz", ready, opened, model=answers.Readiness, refuses=())
    yield Route("/metrics", "metrics", "Counters for Prometheus", view, kinds=PROMETHEUS, refuses=())
    yield Route("/api/v1/openapi.json", "openapi", "This description", view, kinds=(WHOLE,), refuses=())


def _figures() -> Iterator[Route]:
    view, rows = Permission.VIEW, Permission.ROWS
    yield Route("/api/v1/metrics", "catalogue", "Every metric", view, model=answers.Catalogue, refuses=(503,))
    path, told = "/api/v1/metrics/{key}", (400, 404, 503)
    yield Route(f"{path}.json", "metric_json", "A metric", view, MEASURED, answers.Measured, refuses=told)
    yield Route(f"{path}.csv", "metric_csv", "A metric as CSV", view, MEASURED, kinds=(CSV,), refuses=told)
    yield Route(f"{path}.xlsx", "metric_xlsx", "A metric as a workbook", view, MEASURED, kinds=(XLSX,), refuses=told)
    yield Route("/export/flags.csv", "flags_csv", "Flags one by one", rows, ROWS, kinds=(CSV,))
    book = "Flags one by one as a workbook, where they are not too many"
    yield Route("/export/flags.xlsx", "flags_xlsx", book, rows, ROWS, kinds=(XLSX,), refuses=(400, 413, 503))


def _attacks_and_notes() -> Iterator[Route]:
    view = Permission.VIEW
    path, found = "/api/v1/incidents", "Known attacks, and what a detector found"
    yield Route(f"{path}.json", "incidents_json", found, view, FOUND, answers.Incidents)
    yield Route(f"{path}.csv", "incidents_csv", f"{found}, as CSV", view, FOUND, kinds=(CSV,))
    held = "A detector held against the known attacks"
    yield Route(f"{path}/backtest.json", "backtest", held, view, FOUND, answers.BacktestAnswer)
    path, noted = "/api/v1/annotations", "What analysts noted of days"
    yield Route(f"{path}.json", "annotations_json", noted, view, NOTED, answers.Notes)
    yield Route(f"{path}.csv", "annotations_csv", f"{noted}, as CSV", view, NOTED, kinds=(CSV,))


def _jobs() -> Iterator[Route]:
    view = Permission.VIEW
    yield Route("/api/v1/jobs.json", "jobs", "Every job with its last run", view, model=answers.Jobs, refuses=(503,))
    yield Route("/export/runs.csv", "runs_csv", "The latest runs of jobs", view, RUNS, kinds=(CSV,))
    admin = Permission.ADMIN
    yield Route("/api/v1/audit.json", "audit_json", "Who did what, the latest first", admin, AUDITED, answers.Audit)
    yield Route("/export/audit.csv", "audit_csv", "Who did what, as CSV", admin, AUDIT, kinds=(CSV,))
    lines = dict.fromkeys(LINES, None)
    yield Route(
        "/api/v1/events",
        "events",
        "Take events in: lines of JSON, an array or one object; see docs/events.md",
        Permission.INGEST,
        model=answers.Taken,
        method="post",
        body={WHOLE: TypeAdapter(Sent | list[Sent]), **lines},
        refuses=(400, 413, 415, 503),
    )


def _summaries() -> Iterator[Route]:
    path, view, ordering = "/api/v1/summaries", Permission.VIEW, Permission.ORDER
    yield Route(path, "summaries", "Summaries, the newest first", view, BEFORE, summary_answers.Summaries)
    yield Route(
        path,
        "order",
        "Have a summary made",
        ordering,
        model=summary_answers.Ordered,
        method="post",
        status=202,
        body={WHOLE: TypeAdapter(Wish)},
        refuses=(400, 413, 415, 429, 503),
    )
    told = "What became of an order"
    yield Route(
        f"{path}/orders/{{number}}", "ordered", told, ordering, ORDER, summary_answers.OrderAnswer, refuses=(404, 503)
    )
    path, missing = f"{path}/{{week}}", (400, 404, 503)
    yield Route(f"{path}.json", "summary_json", "A summary", view, WEEK, summary_answers.Summary, refuses=missing)
    for ending, kind in {"md": MARKDOWN, "html": HTML, "pdf": PDF}.items():
        about = f"A summary as {ending.upper()}"
        yield Route(f"{path}.{ending}", f"summary_{ending}", about, view, WEEK, kinds=(kind,), refuses=missing)
