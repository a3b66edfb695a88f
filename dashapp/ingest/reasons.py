"""What pydantic found wrong, in short plain words."""

import math
from collections.abc import Mapping
from datetime import date
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from dashapp.ingest.report import shown

CLOSED = "lies on a day that is closed, or decides on one"
"""Why a row is refused that would change what was counted of a day whose rows are gone."""

REASONS = {
    "float_parsing": "is not a number",
    "int_parsing": "is not a whole number",
    "int_parsing_size": "is too large",
    "int_from_float": "is not a whole number",
    "int_type": "is not a whole number",
    "float_type": "is not a number",
    "finite_number": "is not a finite number",
    "bool_type": "is not true or false",
    "string_type": "is not text",
    "timezone_aware": "has no time zone",
    "extra_forbidden": "is not a field of this message",
    "bool_parsing": "is not true or false",
    "string_too_short": "is empty",
    "string_too_long": "is longer than {max_length} characters",
    "string_pattern_mismatch": "holds a control character",
    "missing": "is empty",
}

OF_A_LINE = {
    "dict_type": "is not a JSON object",
    "json_invalid": "is not JSON",
}
"""What is wrong with a line of events as a whole."""


def first_problem(error: ValidationError, given: Mapping[str, str | None]) -> tuple[str, str]:
    """The first field that is wrong, in the order of the given ones, and the reason."""
    order = list(given)
    problems = sorted(
        error.errors(include_url=False),
        key=lambda problem: order.index(name) if (name := _name(problem)) in order else len(order),
    )
    return _name(problems[0]), _reason(problems[0])


def wire_problem(error: ValidationError) -> tuple[str | None, str]:
    """The first field of an event that is wrong (None: the line as a whole), and the reason."""
    problem = error.errors(include_url=False)[0]
    kind, context = str(problem["type"]), problem.get("ctx", {})
    if kind in OF_A_LINE:
        deep = "recursion limit" in str(context.get("error"))
        return None, "is nested too deeply" if deep else OF_A_LINE[kind]
    if kind == "union_tag_not_found":
        return "message_type", "is missing"
    if kind == "union_tag_invalid":
        return "message_type", "is not one of " + str(context["expected_tags"]).replace("'", "")
    if "field" in context:
        return str(context["field"]), problem["msg"]
    return shown(str(problem["loc"][1])), "is missing" if kind == "missing" else _reason(problem)


def _name(problem: Mapping[str, Any]) -> str:
    """The field, or, where a row's fields contradict each other, the last that the row's check speaks of."""
    return str(problem["loc"][0]) if problem["loc"] else "until"


def _reason(problem: Mapping[str, Any] | ErrorDetails) -> str:
    kind, context = str(problem["type"]), problem.get("ctx", {})
    if kind.endswith("_than_equal"):
        return _bound(str(problem["input"]), context.get("ge"), context.get("le"))
    if kind == "value_error":
        return str(context["error"])
    if kind == "enum":
        return "is not one of " + str(context["expected"]).replace(" or ", ", ").replace("'", "")
    if kind.startswith("date_"):
        return "is not a date such as 2024-03-30"
    if kind.startswith("datetime_"):
        return "is not a moment such as 2024-03-30T12:00:00Z"
    return REASONS.get(kind, "is not valid").format(**context)


def _bound(text: str, least: date | float | None, most: date | float | None) -> str:
    """Why a number or a day is not within its bounds, of which the one that it breaks is given."""
    numeric = isinstance(most if least is None else least, int | float)
    if numeric and not _finite(text):
        return "is not a finite number"
    if least is None:
        return f"is more than {most:g}" if numeric else "lies in the future"
    return f"is less than {least:g}" if numeric else f"lies before {least}"


def _finite(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return True
