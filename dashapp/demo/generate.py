"""Flags of the synthetic platform as rows of the store. The same seed, scale and last day give the same flags."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashapp.demo import platform as p
from dashapp.demo.draw import LABELS, NAMES, NONE, ROUTINGS, SEVERITIES, Bools, Drawn, Ints, draw
from dashapp.demo.plan import Demo, delivered, reviewers
from dashapp.store.reads import DEMO

Row = dict[str, Any]
Columns = dict[str, Sequence[Any]]

BATCH = 1000
"""Most rows that are made at a time: what bounds the memory at any scale."""


def flags(demo: Demo) -> Iterator[Row]:
    """Every flag, oldest first, with all columns of the flag table but id."""
    return (row for back in delivered(demo) for row in chain.from_iterable(batches(demo, back)))


def batches(demo: Demo, back: int) -> Iterator[list[Row]]:
    """The flags of one day, as far as `now` knows it, BATCH at a time."""
    drawn = draw(demo, back)
    known = int(np.searchsorted(drawn.second, _seconds(demo.now - demo.start(back)), side="right"))
    for first in range(0, known, BATCH):
        yield _rows(demo, back, drawn.part(first, min(first + BATCH, known)), first)


def _rows(demo: Demo, back: int, drawn: Drawn, first: int) -> list[Row]:
    """The rows of a part of a day that begins with its flag number `first`."""
    day = f"{demo.day(back):%Y%m%d}"
    numbers = [f"{day}-{str(i).zfill(6)}" for i in range(first + 1, first + 1 + len(drawn.second))]
    columns = {
        **_what(demo, back, drawn, numbers),
        **_who(demo, drawn),
        **_decided(demo, back, drawn, numbers),
    }
    names = tuple(columns)
    return [dict(zip(names, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _what(demo: Demo, back: int, drawn: Drawn, numbers: Sequence[str]) -> Columns:
    """What was flagged, when, by which detector, with what result."""
    n = len(numbers)
    attacks = [surge.incident_id for surge in p.SURGES]
    return {
        "origin": [DEMO] * n,
        "flag_id": [f"F{number}" for number in numbers],
        "flagged_day": [demo.day(back)] * n,
        "flagged_at": _after(demo.start(back), drawn.second),
        "detector": _named(p.DETECTORS, drawn.detector),
        "media_type": _named(p.MEDIA_TYPES, drawn.media),
        "item_id": [f"I{number}" for number in numbers],
        "category": _named(NAMES, drawn.category),
        "severity": _named(SEVERITIES, drawn.severity),
        "region": _named(p.REGIONS, drawn.region),
        "score": drawn.score.tolist(),
        "model_version": [p.OLD_VERSION if back > p.NEW_SINCE else p.NEW_VERSION] * n,
        "routing": _named(ROUTINGS, drawn.routing),
        "coordinated": _named([*(attack is not None for attack in attacks), False], drawn.surge),
        "incident_id": _named([*attacks, None], drawn.surge),
    }


def _who(demo: Demo, drawn: Drawn) -> Columns:
    """The account and content that were flagged, and who reported them."""
    began = demo.start(0) - timedelta(days=p.PLATFORM_DAYS)
    born = (drawn.target / (p.ACCOUNTS_A_DAY * demo.scale) * 86400).astype(np.int64)
    return {
        "reporter_key": [None if number == NONE else f"A{number}" for number in drawn.reporter.tolist()],
        "target_key": [f"A{number}" for number in drawn.target.tolist()],
        "target_created_at": _after(began, born),
        "content_key": [f"C{number}" for number in drawn.content.tolist()],
    }


def _decided(demo: Demo, back: int, drawn: Drawn, numbers: Sequence[str]) -> Columns:
    """When and how flags are decided; one whose decision lies after `now` is open, assigned but not decided."""
    start, at = demo.start(back), drawn.second + drawn.wait
    done = at <= _seconds(demo.now - start)
    return {
        "reviewer_id": _named([*(one.reviewer_id for one in reviewers(demo.scale)), None], drawn.reviewer),
        "hours_to_decision": _where(done, (drawn.wait / 3600).tolist()),
        "decided_at": _where(done, _after(start, at)),
        "decided_day": _where(done, _days(demo, back, at)),
        "decision_id": _where(done, [f"D{number}" for number in numbers]),
        "label": _named([*LABELS, None], np.where(done, drawn.label, NONE)),
    }


def _days(demo: Demo, back: int, seconds: Ints) -> list[date]:
    """The reporting days on which so many seconds since that day began lie."""
    ahead = range(int(seconds.max(initial=0)) // 86400 + 2)  # one more: a day may have 23 hours
    begins = [_seconds(demo.start(back - day) - demo.start(back)) for day in ahead]
    places = np.searchsorted(begins, seconds, side="right") - 1
    return _named([demo.day(back - day) for day in ahead], places)


def _named(values: Sequence[Any], index: Ints) -> list[Any]:
    """The values at these indexes; NONE is the last."""
    table: NDArray[np.object_] = np.empty(len(values), dtype=object)
    table[:] = values
    named: list[Any] = table[index].tolist()
    return named


def _where(known: Bools, values: Sequence[Any]) -> list[Any]:
    """The values that are known, None for the others."""
    return [value if there else None for value, there in zip(values, known.tolist(), strict=True)]


def _after(start: datetime, seconds: Ints) -> list[datetime]:
    return [start + length for length in seconds.astype("timedelta64[s]").tolist()]


def _seconds(length: timedelta) -> int:
    return int(length.total_seconds())
