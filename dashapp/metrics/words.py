"""Numbers and dates as people read them."""

from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

from dashapp.metrics.registry import COUNTS, Unit

NO_DATA = "no data"
SUFFIX = {Unit.PERCENT: " %", Unit.HOURS: " h"}
STEPS = {unit: Decimal(step) for unit, step in ((Unit.PERCENT, "0.1"), (Unit.SCORE, "0.001"), (Unit.HOURS, "0.1"))}
STEPS |= dict.fromkeys(COUNTS, Decimal(1))


def number(value: float | None, unit: Unit) -> str:
    """A value with its unit: 41,935 or 18.0 % or 0.785; "no data" for none. What lies in the middle goes up, as in the
    browser's tables and charts.
    """
    if value is None:
        return NO_DATA
    return f"{Decimal(value).quantize(STEPS[unit], ROUND_HALF_UP):,}" + SUFFIX.get(unit, "")


def change(now: float | None, before: float | None, unit: Unit) -> str:
    """How far a value moved: "+3.8 %" for counts, points for shares; "new" where there was nothing."""
    if now is None or before is None:
        return NO_DATA if now is None else "no data before"
    if unit is Unit.PERCENT:
        return f"{now - before:+.1f} pt"
    if unit is Unit.SCORE:
        return f"{now - before:+.3f}"
    if not before:
        return "new" if now else "none, as before"
    return f"{100 * (now - before) / before:+.1f} %"


def level(value: float, unit: Unit) -> str:
    """A threshold with its unit, without digits that it does not have: 15 % or 0.80."""
    return f"{value:.2f}" if unit is Unit.SCORE else f"{value:,g}" + SUFFIX.get(unit, "")


def count(cases: int) -> str:
    """A number of cases: "n 10,262"."""
    return f"n {cases:,}"


def day(value: date, *, year: bool = True) -> str:
    """A day: 30 Mar 2024."""
    return f"{value.day} {value:%b}" + (f" {value.year}" if year else "")


def moment(value: datetime, zone: ZoneInfo) -> str:
    """A moment by the clock of a zone: 14:05, 30 Mar."""
    local = value.astimezone(zone)
    return f"{local:%H:%M}, {day(local, year=False)}"


def days(since: date, until: date) -> str:
    """A stretch of days: 1 Jan to 30 Mar 2024."""
    return f"{day(since, year=since.year != until.year)} to {day(until)}"
