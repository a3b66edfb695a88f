"""Weeks of flags as even as chance has them, but for the days that a test changes."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy import Engine, select

from dashapp.domain.ask import Window
from dashapp.domain.messages import FlagRow
from dashapp.domain.vocabulary import Severity
from dashapp.settings import Settings
from dashapp.store.findings import Finding, findings_within
from dashapp.store.incidents import expectation
from dashapp.store.rollup import rollup
from dashapp.store.writes import flag_row, put_coverage, put_flags, put_origin

NOW = datetime(2024, 4, 1, 12, tzinfo=UTC)
SLA = dict.fromkeys(Severity, 24.0)
LAST = date(2024, 3, 31)
FIRST = LAST - timedelta(days=55)
SPIKE = date(2024, 3, 28)
SEED = 7

Look = Callable[..., dict[str, int]]
"""Runs the detection job at NOW, or at another moment."""


def put(writer: Engine, settings: Settings, day: date, flags: int, **given: Any) -> None:
    """So many flags of spam, or of what is given, which cover their day."""
    put_days(writer, settings, {day: flags}, **given)


def put_days(writer: Engine, settings: Settings, flags: dict[date, int], after: int = 0, **given: Any) -> None:
    """So many flags on each of these days, numbered from one on."""
    like = {"category": "spam", "severity": "low", "routing": "allow", **given}
    rows = [
        FlagRow.model_validate({**like, "flag_id": f"{sorted(like.items())} {day} {number}"[:200], "flagged_day": day})
        for day, count in flags.items()
        for number in range(after, after + count)
    ]
    with writer.begin() as connection:
        put_origin(connection, "ops", "import", NOW)
        put_coverage(connection, "ops", flags)
        put_flags(connection, [flag_row("ops", row, settings.zone) for row in rows])


def put_weeks(writer: Engine, settings: Settings, changed: dict[date, int] | None = None, **given: Any) -> None:
    """Eight weeks of 40 flags a day, give or take, but for some days."""
    counts = np.random.default_rng(SEED).poisson(40, 56).tolist()
    put_days(writer, settings, dict(zip(Window(FIRST, LAST), counts, strict=True)) | (changed or {}), **given)


def rolled_up(writer: Engine) -> None:
    with writer.begin() as connection:
        rollup(connection, SLA)


def found(writer: Engine) -> list[Finding]:
    with writer.connect() as connection:
        return findings_within(connection, ["ops"])


def judged(writer: Engine) -> list[float]:
    of = expectation.c
    with writer.connect() as connection:
        rows = connection.execute(select(of.p, of.expected, of.low).order_by(of.series, of.day)).all()
    return [float("nan") if value is None else value for row in rows for value in row]
