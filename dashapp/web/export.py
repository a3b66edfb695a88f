"""Figures as files."""

import csv
import io

from dashapp.metrics import Measurement

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\0")
"""How a cell begins that a spreadsheet would run (OWASP ASVS 5.0, 1.2.10)."""


def text_cell(text: str) -> str:
    """Text from outside as a spreadsheet may see it: what would be run as a formula gets a leading apostrophe."""
    return f"'{text}" if text.startswith(FORMULA) else text


def metric_csv(measurement: Measurement) -> str:
    """The points as CSV. Numbers have the digits that the API's JSON has; what is not known is an empty cell."""
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(["bucket", *measurement.ask.by, "value", "n", "low", "high", "provisional"])
    writer.writerows(
        [
            point.bucket.isoformat(),
            *(text_cell(group) for group in point.groups),
            point.value,
            point.n,
            point.low,
            point.high,
            "true" if point.provisional else "false",
        ]
        for point in measurement.points
    )
    return file.getvalue()


def csv_name(measurement: Measurement) -> str:
    """A file name that says what is in it: `flags_2024-01-01_2024-03-30_day_by-category.csv`."""
    ask = measurement.ask
    parts = [measurement.metric.key, ask.window.since.isoformat(), ask.window.until.isoformat(), ask.grain.value]
    parts += [f"trailing-{ask.trailing}d"] if ask.trailing > 1 else []
    parts += [f"by-{'-'.join(ask.by)}"] if ask.by else []
    return "_".join(parts) + ".csv"
