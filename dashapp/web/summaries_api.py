"""`GET /api/v1/summaries`: the weekly summaries as lists, as documents and as data."""

import json
from collections.abc import Mapping
from dataclasses import fields
from threading import Lock
from typing import Any

from flask import Response, abort, request

from dashapp.store.place import file_of
from dashapp.store.summaries import Kept, Listed, archive, get_summary, shown_version, versions_of
from dashapp.summary import render
from dashapp.summary.charts import charts_of
from dashapp.summary.document import Document
from dashapp.summary.drawing import Drawing
from dashapp.summary.weeks import NoWeek, Week
from dashapp.web.asking import SHOWN, pairs, refuse
from dashapp.web.desk import open_desk, services
from dashapp.web.export import as_file, json_answer, written
from dashapp.web.triaging import number_in

FACT = ("key", "name", "value", "text", "unit", "n", "direction", "verdict", "provisional", "metric")
"""What programs are told of a fact; its filters may be what an origin wrote freely."""
MOST_LISTED = 200
"""Summaries in one answer."""
MAKING = Lock()
"""Held while a PDF is made, which takes seconds of a whole core."""
BUSY = "Another PDF is being made. Ask again in a few seconds."
RETRY_SECONDS = 5


def summaries() -> Response:
    """Summaries, the newest week and version first, and the address of those that come after them."""
    before = _before()
    with open_desk() as desk:
        found = archive(desk.connection, MOST_LISTED + 1, before)
    listed, last = found[:MOST_LISTED], found[:MOST_LISTED][-1:]
    more = [f"{request.path}?before={one.week}:{one.version}" for one in last if len(found) > MOST_LISTED]
    return json_answer({"summaries": [_told(one) for one in listed], "next": more[0] if more else None})


def summary_as_json(week: str) -> Response:
    """A summary with its facts and its text."""
    document = Document.of(_asked(week))
    facts = [{name: row[name] for name in FACT} for row in document.facts.rows()]
    return json_answer({**_told(document.kept), "facts": facts, "markdown": render.markdown(document)})


def summary_as_markdown(week: str) -> Response:
    """A summary as Markdown."""
    document = Document.of(_asked(week))
    return as_file(render.markdown(document), "text/markdown", name_of(document.kept, ".md"))


def summary_as_html(week: str) -> Response:
    """A summary as one page with its charts."""
    document = Document.of(_asked(week))
    return as_file(render.html(document, _drawings(document)), "text/html", name_of(document.kept, ".html"))


def summary_as_pdf(week: str) -> Response:
    """A summary as PDF with its charts, made anew where the summary or the data have changed."""
    document = Document.of(_asked(week))
    with open_desk() as desk:
        question = ("pdf", file_of(desk.connection), document.kept, desk.version)
    made = services().once(question, lambda: _pdf(document))
    return as_file(made, "application/pdf", name_of(document.kept, ".pdf"))


def name_of(kept: Kept, ending: str) -> str:
    """A file name that says what is in it: `summary_2024-W12_2.pdf`."""
    return f"summary_{kept.week}_{kept.version}{ending}"


def _asked(name: str) -> Kept:
    """The version of a week's summary that is asked for, or the newest; whatever keeps it from being found ends the
    request.
    """
    week, version = _week(name), _version()
    with open_desk() as desk:
        listed = versions_of(desk.connection, week.name)
        wanted = version if version is not None else shown_version(listed)
        found = get_summary(desk.connection, week.name, wanted) if wanted is not None else None
    if found is None:
        which = f"no summary of {week.name}" if version is None else f"no version {version} of {week.name}"
        refuse(404, f"There is {which}. /api/v1/summaries lists them.")
    return found


def _week(name: str) -> Week:
    try:
        return Week.parse(name)
    except NoWeek as error:
        refuse(400, f"{str(error)[0].upper()}{str(error)[1:]}.")


def _version() -> int | None:
    """The version that the query string names."""
    given = _only("version")
    if given is None:
        return None
    version = number_in(given)
    if not version:
        refuse(400, "The question could not be read.", problems=[f"version: {given[:SHOWN]!r} is no number"])
    return version


def _before() -> tuple[str, int] | None:
    """The week and the version that the query string wants those after."""
    given = _only("before")
    if given is None:
        return None
    name, _, number = given.partition(":")
    version = number_in(number)
    if not version:
        problem = f"before: {given[:SHOWN]!r} is no week and version such as 2024-W12:1"
        refuse(400, "The question could not be read.", problems=[problem])
    return _week(name).name, version


def _only(name: str) -> str | None:
    """The value of the one name that the query string may have."""
    given = pairs()
    strange = [f"{key[:SHOWN]}: is not known here" for key, _ in given if key != name]
    if strange or len(given) > 1:
        refuse(400, "The question could not be read.", problems=strange or [f"{name}: given {len(given)} times"])
    return given[0][1] if given else None


def _drawings(document: Document) -> list[Drawing]:
    with open_desk() as desk:
        return charts_of(desk, document.kept)


def _pdf(document: Document) -> bytes:
    """The PDF, where no other is being made: those that wait would take the threads that pages need."""
    if not MAKING.acquire(blocking=False):
        abort(json_answer({"error": BUSY}, 503, {"Retry-After": str(RETRY_SECONDS)}))
    try:
        return render.pdf(document, _drawings(document))
    finally:
        MAKING.release()


def _told(one: Listed | Kept) -> Mapping[str, Any]:
    """What programs are told of a summary."""
    told = {field.name: getattr(one, field.name) for field in fields(Listed)}
    moments = {key: written(told[key]) for key in ("made_at", "approved_at", "superseded_at") if told[key]}
    return {**told, **moments, "as_of": one.as_of and one.as_of.isoformat(), "usage": json.loads(one.usage or "null")}
