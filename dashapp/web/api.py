"""The REST API: the catalogue, every metric as JSON, CSV and XLSX, rows, incidents, the back-test, notes, health."""

import logging
from dataclasses import asdict
from difflib import get_close_matches
from typing import Any, NoReturn

from flask import Blueprint, Response, current_app, request
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from dashapp.domain.access import Permission
from dashapp.domain.ask import STEPS, Ask
from dashapp.domain.live import asked_within
from dashapp.domain.vocabulary import Dim
from dashapp.metrics import METRICS, Measurement, Metric, Point, Policy, measure
from dashapp.metrics.attacks import Unmeasured
from dashapp.metrics.registry import Privacy
from dashapp.store.engine import TooSlow
from dashapp.web import (
    annotations_api,
    audit_api,
    downloads,
    health,
    incidents_api,
    openapi,
    prometheus,
    runs_api,
    summaries_api,
    summary_orders_api,
)
from dashapp.web.asking import SHOWN, ask_of, pairs, refuse, view_of
from dashapp.web.desk import open_desk, services, who_asks
from dashapp.web.export import (
    XLSX,
    as_file,
    file_name,
    json_answer,
    metric_csv,
    table,
    workbook,
    written,
)
from dashapp.web.guard import needs
from dashapp.web.refusing import Lacking, unanswered

log = logging.getLogger(__name__)

OURS = ("/api/", "/export/", "/healthz", "/metrics", "/readyz")
"""How addresses begin that are for programs."""


def blueprint() -> Blueprint:
    """The routes and their error handlers, fresh for every app."""
    api = Blueprint("api", __name__)
    for rule, view, permission in (
        ("/healthz", health.healthz, Permission.OPEN),
        ("/readyz", health.readyz, Permission.OPEN),
        ("/metrics", prometheus.metrics, Permission.VIEW),
        ("/api/v1/openapi.json", openapi.openapi, Permission.VIEW),
        ("/api/v1/metrics", catalogue, Permission.VIEW),
        ("/api/v1/metrics/<key>.json", metric_as_json, Permission.VIEW),
        ("/api/v1/metrics/<key>.csv", metric_as_csv, Permission.VIEW),
        ("/api/v1/metrics/<key>.xlsx", metric_as_xlsx, Permission.VIEW),
        ("/export/flags.csv", downloads.flags_csv, Permission.ROWS),
        ("/export/flags.xlsx", downloads.flags_xlsx, Permission.ROWS),
        ("/export/runs.csv", runs_api.history, Permission.VIEW),
        ("/api/v1/jobs.json", runs_api.jobs, Permission.VIEW),
        ("/api/v1/audit.json", audit_api.entries_as_json, Permission.ADMIN),
        ("/export/audit.csv", audit_api.entries_as_csv, Permission.ADMIN),
        ("/api/v1/incidents.json", incidents_api.incidents, Permission.VIEW),
        ("/api/v1/incidents.csv", incidents_api.incidents_as_csv, Permission.VIEW),
        ("/api/v1/incidents/backtest.json", incidents_api.backtest_result, Permission.VIEW),
        ("/api/v1/annotations.json", annotations_api.annotations, Permission.VIEW),
        ("/api/v1/annotations.csv", annotations_api.annotations_as_csv, Permission.VIEW),
        ("/api/v1/summaries", summaries_api.summaries, Permission.VIEW),
        ("/api/v1/summaries/<week>.json", summaries_api.summary_as_json, Permission.VIEW),
        ("/api/v1/summaries/<week>.md", summaries_api.summary_as_markdown, Permission.VIEW),
        ("/api/v1/summaries/<week>.html", summaries_api.summary_as_html, Permission.VIEW),
        ("/api/v1/summaries/<week>.pdf", summaries_api.summary_as_pdf, Permission.VIEW),
        ("/api/v1/summaries/orders/<number>", summary_orders_api.ordered, Permission.ORDER),
        ("/export/<path:_rest>", nothing_here, Permission.VIEW),
        ("/api/<path:_rest>", nothing_here, Permission.VIEW),  # else the pages' own catch-all would answer with HTML
    ):
        api.add_url_rule(rule, view_func=needs(permission)(view))
    order = needs(Permission.ORDER)(summary_orders_api.order)
    api.add_url_rule("/api/v1/summaries", view_func=order, methods=["POST"])
    api.register_error_handler(HTTPException, _http_error)
    api.register_error_handler(SQLAlchemyError, _database_error)
    api.register_error_handler(TooSlow, _database_error)
    api.register_error_handler(Unmeasured, _unmeasured)
    api.before_app_request(_options)
    api.app_errorhandler(405)(_method_not_allowed)  # no blueprint is in charge of a method that no route takes
    return api


def catalogue() -> Response:
    """Every metric with what must be known to read it."""
    policy = services().policy
    return json_answer({"metrics": [_described(metric, policy) for metric in METRICS.values()]})


def metric_as_json(key: str) -> Response:
    """One metric as asked, as JSON."""
    return json_answer(_measured(_answer(key)))


def metric_as_csv(key: str) -> Response:
    """One metric as asked, as CSV."""
    answer = _answer(key)
    return as_file(metric_csv(answer), "text/csv", file_name(answer, ".csv"))


def metric_as_xlsx(key: str) -> Response:
    """One metric as asked, as a workbook with the rows of the CSV."""
    answer = _answer(key)
    return as_file(workbook(table(answer)), XLSX, file_name(answer, ".xlsx"))


def nothing_here(_rest: str) -> NoReturn:
    """Every other address below /api and /export, and those that take no GET."""
    if methods := _methods():
        raise MethodNotAllowed(methods)
    refuse(404, "There is nothing at this address. /api/v1/metrics lists the metrics.")


def _answer(key: str) -> Measurement:
    """The metric as the query string asks; whatever keeps it from being answered ends the request."""
    if key not in METRICS:
        near = ", ".join(get_close_matches(key, METRICS, n=3, cutoff=0))
        refuse(404, f"There is no metric {key[:SHOWN]!r}. Known are {near} and others: /api/v1/metrics lists them.")
    given = pairs()
    within = _within(given) if dict(given).get("grain") in STEPS else None
    view = view_of([] if within else given)
    with open_desk() as desk:
        answer = measure(desk, METRICS[key], within or ask_of(desk, view, METRICS[key].feed))
    return _answered(answer)


def _within(given: list[tuple[str, str]]) -> Ask:
    """The question about less than a day that the pairs of the query string put."""
    ask, problems = asked_within(given, services().clock(), services().policy.zone)
    if problems:
        refuse(400, "The question could not be read.", problems=problems)
    return ask


def _answered(answer: Measurement) -> Measurement:
    """The measurement, unless it has an error: 403 where who asks may not have such figures, 400 where the question
    cannot be answered, 503 where we failed to.
    """
    if answer.refused and answer.metric.privacy is Privacy.TEAM and Permission.TEAM not in who_asks().permissions:
        raise Lacking(Permission.TEAM)
    if answer.error:
        refuse(400 if answer.refused else 503, answer.error)
    return answer


def _described(metric: Metric, policy: Policy) -> dict[str, Any]:
    threshold = metric.threshold_under(policy)
    return {
        "key": metric.key,
        "title": metric.title,
        "unit": metric.unit,
        "kind": metric.kind,
        "definition": metric.definition,
        "clock": metric.clock,
        "dims": [dim for dim in Dim if dim in metric.dims],
        "better": metric.better,
        "threshold": threshold and asdict(threshold),
        "settles_hours": metric.settles(policy).total_seconds() / 3600,
        "reference": metric.reference,
    }


def _measured(answer: Measurement) -> dict[str, Any]:
    ask, end = answer.ask, answer.as_of
    body: dict[str, Any] = {
        "metric": answer.metric.key,
        "title": answer.metric.title,
        "unit": answer.metric.unit,
        "since": (ask.stretch or ask.window).since.isoformat(),
        "until": (ask.stretch or ask.window).until.isoformat(),
        "grain": ask.grain,
        "by": list(ask.by),
        "as_of": end and end.isoformat(),
        "total": answer.total and _figure(answer.total),
        "points": [_point(point) for point in answer.points],
    }
    if answer.spreads:
        body["bins"] = [
            {"groups": list(spread.groups), "from": low, "to": high, "n": n}
            for spread in answer.spreads
            for number, n in spread.filled
            for low, high in [spread.edges(number)]
        ]
    body |= {name: count for name in ("rounded_to", "left_out") if (count := getattr(answer, name))}
    if answer.computed_at:
        body |= {"computed_at": written(answer.computed_at), "outdated": answer.outdated}
    if end is None or end < ask.window.until:
        body["coverage_note"] = f"The data end on {end}; later days have no point." if end else "There are no data."
    return body


def _point(point: Point) -> dict[str, Any]:
    group = point.groups[0] if point.groups else None
    return {"bucket": point.bucket.isoformat(), "group": group, "groups": list(point.groups), **_figure(point)}


def _figure(point: Point) -> dict[str, Any]:
    return {name: getattr(point, name) for name in ("value", "n", "low", "high", "provisional")}


def _http_error(error: HTTPException) -> Response:
    return json_answer({"error": error.description}, error.code or 500)


def _database_error(error: Exception) -> Response:
    log.error("the database did not answer", exc_info=error)
    return json_answer({"error": "The database did not answer. The log says why."}, 503)


def _unmeasured(error: Unmeasured) -> Response:
    return json_answer({"error": error.measurement.error}, 400 if error.measurement.refused else 503)


def _method_not_allowed(error: MethodNotAllowed) -> Response:
    if not request.path.startswith(OURS):
        return unanswered(error)
    answer = _http_error(error)
    answer.headers["Allow"] = ", ".join(_methods())
    return answer


def _options() -> Response | None:
    """What the address takes, for whoever asks that."""
    if request.method != "OPTIONS" or not request.path.startswith(OURS):
        return None
    return Response(status=204, headers={"Allow": ", ".join(_methods())})


def _methods() -> list[str]:
    """The methods that the address takes; none where `nothing_here` alone answers."""
    adapter = current_app.create_url_adapter(request)
    if adapter is None:
        return []
    rule, _ = adapter.match(method="GET", return_rule=True)
    missing = {"GET", "HEAD"} if rule.endpoint == "api.nothing_here" else set()
    found = set(adapter.allowed_methods()) - missing
    return sorted(found) if found != {"OPTIONS"} else []
