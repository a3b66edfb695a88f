"""Figures and rows as files: CSV and XLSX hold the same cells."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import xlsxwriter  # type: ignore[import-untyped] # ships no types
from flask import Response

from dashapp.domain.ask import Grain, Window
from dashapp.domain.cells import text_cell
from dashapp.logs import request_id
from dashapp.metrics import Measurement

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

ATTACK = ("category", "severity", "accounts", "pattern")
"""What is told of a known attack beside its days and what it is called."""
KEPT = ("kind", "state", "observed", "expected", "p", "coordination", "found_at", "ended_at")
"""What is told of an incident that the store keeps; never what analysts wrote."""

Cells = Sequence[Any]


def table(measurement: Measurement) -> Iterator[Cells]:
    """A measurement's points as rows, after a row of names; a whole window's distribution as the cases of its bins.
    Numbers have the digits that the API's JSON has.
    """
    if measurement.spreads and measurement.ask.grain is Grain.WHOLE:
        yield from bins(measurement)
        return
    yield ["bucket", *measurement.ask.by, "value", "n", "low", "high", "provisional"]
    for point in measurement.points:
        yield [point.bucket, *point.groups, point.value, point.n, point.low, point.high, point.provisional]


def bins(measurement: Measurement) -> Iterator[Cells]:
    """The cases of each bin of a distribution over the whole window, after a row of names."""
    yield [*measurement.ask.by, "from", "to", "n"]
    for spread in measurement.spreads:
        for number, n in spread.filled:
            yield [*spread.groups, *spread.edges(number), n]


def metric_csv(measurement: Measurement) -> str:
    """The points as CSV; what is not known is an empty cell."""
    return csv_lines(table(measurement))


def incident_table(incidents: Sequence[Mapping[str, Any]]) -> Iterator[Cells]:
    """The incidents of the API as rows, after a row of names; of what a detector found, `attacks` names the known ones
    that it is part of or alarmed at, and the number and the last columns are those of an incident that the store keeps.
    """
    yield [
        "kind",
        "since",
        "until",
        "incident_id",
        *ATTACK,
        "alarm_days",
        "attacks",
        *(f"incident_{name}" for name in KEPT),
        "incident_series",
    ]
    known = [one for one in incidents if one["kind"] == "known"]
    for one in incidents:
        days, kept = [alarm["day"] for alarm in one["evidence"]], one["incident"] or {}
        hit = {other["id"] for other in known if any(other["since"] <= day <= other["until"] for day in days)}
        attacks = hit | ({kept["attack"]} if kept.get("attack") else set())
        yield [
            *(one[name] for name in ("kind", "since", "until", "id", *ATTACK)),
            " ".join(days),
            None if one["kind"] == "known" else " ".join(sorted(attacks)),
            *(kept.get(name) for name in KEPT),
            "; ".join(f"{dim}: {value}" for dim, value in kept.get("series", {}).items()),
        ]


def csv_lines(rows: Iterable[Cells]) -> str:
    """Rows as CSV: days and moments (UTC) by ISO 8601, true and false, numbers in full."""
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    for row in rows:
        writer.writerow([written(cell) if (written := WRITTEN.get(type(cell))) else cell for cell in row])
    return file.getvalue()


def written(moment: datetime) -> str:
    """A moment in UTC by ISO 8601: 2024-03-30T12:00:00Z."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


WRITTEN: Mapping[type, Callable[[Any], str]] = {
    str: text_cell,
    bool: {True: "true", False: "false"}.__getitem__,
    datetime: written,
    date: date.isoformat,
}
"""How values are written that CSV has no own form for, by their exact type: a million rows have many cells."""


def workbook(rows: Iterable[Cells]) -> bytes:
    """Rows as the one sheet of an XLSX file, the first as its head. Rows are put on disk one by one, only the packed
    file is in memory; days and moments (UTC) are dates, numbers are numbers.
    """
    file = io.BytesIO()
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(file, options) as book:
        sheet = book.add_worksheet()
        formats: dict[type, Any] = {
            datetime: book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
            date: book.add_format({"num_format": "yyyy-mm-dd"}),
        }
        sheet.freeze_panes(1, 0)
        for number, row in enumerate(rows):
            for place, cell in enumerate(row):
                _put(sheet, number, place, cell, formats)
    return file.getvalue()


def _put(sheet: Any, row: int, column: int, cell: Any, formats: Mapping[type, Any]) -> None:
    if isinstance(cell, str):
        sheet.write_string(row, column, text_cell(cell))
    elif isinstance(cell, bool):
        sheet.write_boolean(row, column, cell)
    elif isinstance(cell, datetime):
        sheet.write_datetime(row, column, cell.astimezone(UTC).replace(tzinfo=None), formats[datetime])
    elif isinstance(cell, date):
        sheet.write_datetime(row, column, cell, formats[date])
    elif cell is not None:
        sheet.write_number(row, column, cell)


def json_answer(body: Mapping[str, Any], status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON object as an answer, which nobody is to keep; an error names the request, by which the log knows it."""
    named = {"request_id": name} if status >= 400 and (name := request_id()) else {}
    text = json.dumps({**body, **named}, allow_nan=False, ensure_ascii=False)
    return Response(text, status, mimetype="application/json", headers={"Cache-Control": "no-store", **(headers or {})})


def as_file(content: str | bytes | Iterable[str], mimetype: str, name: str) -> Response:
    """An answer that a browser saves under a name."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(content, mimetype=mimetype, headers=headers)


def file_name(measurement: Measurement, ending: str) -> str:
    """A file name that says what is in it: `flags_2024-01-01_2024-03-30_day_by-category.csv`."""
    ask = measurement.ask
    parts = [measurement.metric.key, _span(ask.window), ask.grain.value]
    parts += [f"trailing-{ask.trailing}d"] if ask.trailing > 1 else []
    parts += [f"by-{'-'.join(ask.by)}"] if ask.by else []
    return "_".join(parts) + ending


def rows_name(window: Window, ending: str) -> str:
    """As `file_name`, for flags one by one: `flags_2024-01-01_2024-03-30_rows.csv`."""
    return f"flags_{_span(window)}_rows{ending}"


def incidents_name(window: Window, ending: str) -> str:
    """As `file_name`, for attacks: `incidents_2024-01-01_2024-03-30.csv`."""
    return f"incidents_{_span(window)}{ending}"


def annotations_name(window: Window, ending: str) -> str:
    """As `file_name`, for notes on days: `annotations_2024-01-01_2024-03-30.csv`."""
    return f"annotations_{_span(window)}{ending}"


def _span(window: Window) -> str:
    return f"{window.since.isoformat()}_{window.until.isoformat()}"
