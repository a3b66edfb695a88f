"""The trail for admins: who did what, as JSON in pages and as a file of any length."""

import json
from collections.abc import Iterator
from dataclasses import asdict, replace
from urllib.parse import urlencode

from flask import Response, request

from dashapp.store.auditing import Entry, entries, every_entry, without_text
from dashapp.web.asking import refuse
from dashapp.web.audit_search import KEYS, AuditSearch
from dashapp.web.desk import Services, services
from dashapp.web.export import Cells, as_file, csv_lines, json_answer, written

AT_ONCE = 500
"""Entries of one answer in JSON."""
COLUMNS = ("id", "at", "actor", "action", "subject", "detail")


def entries_as_json() -> Response:
    """The latest entries that the address asks for."""
    search, held = _search(), services()
    with held.store.connect() as connection:
        found = entries(connection, search.asked(held.settings.zone), AT_ONCE)
    told = [{**vars(one), "at": written(one.at), "detail": without_text(one.detail)} for one in found]
    last = found[-1].id if len(found) == AT_ONCE else None
    return json_answer({"entries": told, "next": last and f"/api/v1/audit.json?{query(replace(search, below=last))}"})


def entries_as_csv() -> Response:
    """All entries that the address asks for, sent while they are read."""
    return as_file(_lines(services(), _search()), "text/csv", "audit.csv")


def query(search: AuditSearch) -> str:
    """The query string that asks so."""
    return urlencode({key: value for key, value in asdict(search).items() if key in KEYS and value is not None})


def _search() -> AuditSearch:
    search = AuditSearch.parse(request.query_string.decode(errors="replace"))
    if search.problems:
        refuse(400, "The question could not be read.", problems=search.problems)
    return search


def _lines(held: Services, search: AuditSearch) -> Iterator[str]:
    """The file in pieces, the names of the columns before the first rows."""
    yield csv_lines([COLUMNS])
    with held.store.connect() as connection:
        for part in every_entry(connection, search.asked(held.settings.zone)):
            yield csv_lines(_cells(one) for one in part)


def _cells(one: Entry) -> Cells:
    return [*(getattr(one, name) for name in COLUMNS[:-1]), json.dumps(without_text(one.detail), ensure_ascii=False)]
