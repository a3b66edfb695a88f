"""A measurement as JSON and back, with the same digits: whole numbers stay whole, others have the shortest form that
reads as the same number.
"""

import json
from collections.abc import Sequence
from datetime import date
from typing import Any

from dashapp.domain.ask import Ask
from dashapp.metrics.measurement import Measurement
from dashapp.metrics.pool import Point
from dashapp.metrics.registry import Metric

PLAIN = ("from_facts", "rounded_to", "left_out")
"""What JSON has a form for."""


def written(answer: Measurement) -> str:
    """What was answered, without the question, the settings and the time that it took. ValueError for an error, which
    is no answer, and for distributions, which are read from histograms whenever they are asked for.
    """
    if answer.error or answer.spreads:
        raise ValueError(f"{answer.metric.key}: this is not an answer that can be kept")
    held = {
        **{name: getattr(answer, name) for name in PLAIN},
        "as_of": answer.as_of,
        "total": answer.total,
        "points": answer.points,
    }
    return json.dumps(held, allow_nan=False, ensure_ascii=False, separators=(",", ":"), default=date.isoformat)


def read(text: str, metric: Metric, ask: Ask) -> Measurement:
    """What was answered to a question, as `written` wrote it."""
    held = json.loads(text)
    return Measurement(
        metric,
        ask,
        points=tuple(map(_point, held["points"])),
        total=held["total"] and _point(held["total"]),
        as_of=held["as_of"] and date.fromisoformat(held["as_of"]),
        **{name: held[name] for name in PLAIN},
    )


def _point(parts: Sequence[Any]) -> Point:
    bucket, groups, *figures = parts
    return Point(date.fromisoformat(bucket), tuple(groups), *figures)
