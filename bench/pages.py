"""How long the server takes over a filter change, on each page that has filters, and what its workers hold."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path
from statistics import median
from urllib.parse import urlencode

from bench.result import Result, compare
from bench.serving import Server
from bench.visitor import Question, Visitor
from dashapp.app import PAGES
from dashapp.domain.access import Permission
from dashapp.domain.ask import Filters, to_filters
from dashapp.domain.vocabulary import Dim
from dashapp.web.page import FLAG_FILTERS, MORE_FLAG_FILTERS

COLD, WARM, GROWTH = 8.0, 1.5, 1.5
"""Marks: a view nobody has asked for and one just asked for, against the no-op; larger stores against the smallest."""
WORKER_MB = 200
FLAT = 1.1
"""How much more a worker may hold for an export, whatever its length."""
TIMES, TIMES_GROWTH, TIMES_PAIRS = 7, 5, 3
"""How often each is asked; pairs that no cube holds read single flags and take long."""
CHUNK = 1 << 20
PATHS = tuple(page.path for page in PAGES if page.bar and page.permission is not Permission.ADMIN)
PAIRS = ((Dim.CATEGORY, Dim.REGION), (Dim.MEDIA_TYPE, Dim.MODEL_VERSION))

Visitors = Mapping[float, Visitor]
"""A visitor to the server over the store of each scale, smallest first."""


def results(visitors: Visitors, noop: Visitor, answers: Path) -> Iterator[Result]:
    """Pages against the no-op callback, which finds its answers in a folder; larger stores against the smallest."""
    for scale, visitor in visitors.items():
        for path in PATHS:
            yield from _against_noop(scale, visitor, path, noop, answers)
    smallest, *larger = visitors
    values = {
        dim: value for dim in (*FLAG_FILTERS, *MORE_FLAG_FILTERS) if (value := visitors[smallest].most(dim)) is not None
    }
    for path in PATHS if larger else ():
        yield from _growth(visitors, path, values)


def memory(scale: float, server: Server) -> Result:
    """The largest worker."""
    return Result("memory of a worker", scale, max(server.memory().values()), WORKER_MB, 1, "MB")


def export(scale: float, server: Server, visitor: Visitor) -> Result:
    """The most that a worker holds while all rows are exported as CSV, against what it held before."""
    server.forget_peaks()
    before = server.memory()
    visitor.connection.close()
    visitor.connection.request("GET", f"/export/flags.csv?{urlencode({'range': '3660d'})}")
    answer = visitor.connection.getresponse()
    rows = sum(chunk.count(b"\n") for chunk in iter(lambda: answer.read(CHUNK), b"")) - 1
    after = server.peaks()
    worker = max(after, key=lambda pid: after[pid] / before[pid])
    return Result(f"memory, export of {rows:,} rows", scale, after[worker], before[worker], FLAT, "MB")


def _against_noop(scale: float, visitor: Visitor, path: str, noop: Visitor, answers: Path) -> Iterator[Result]:
    name = f"{scale:g}{path.replace('/', '-')}.json"
    (answers / name).write_text(json.dumps(visitor.call(visitor.fill(path, ""))))
    numbers = count()

    def reference() -> float:
        noop.reconnect()
        return noop.took(_noop(name, next(numbers)))

    def warm() -> float:
        question = visitor.fill(path, visitor.unseen(path))
        visitor.reconnect()
        visitor.took(question)
        return visitor.took(question)

    reference()
    yield compare(f"{path} cold, no-op", scale, lambda: visitor.cold(path), reference, mark=COLD, times=TIMES)
    yield compare(f"{path} warm, no-op", scale, warm, reference, mark=WARM, times=TIMES)


def _noop(name: str, number: int) -> Question:
    """The question to the callback of bench.noop; a number of its own keeps it from being answered from memory."""
    return {
        "output": "noop.data",
        "outputs": {"id": "noop", "property": "data"},
        "inputs": [{"id": "order", "property": "data", "value": {"name": name, "number": number}}],
        "changedPropIds": ["order.data"],
        "state": [],
    }


def _growth(visitors: Visitors, path: str, values: Mapping[Dim, str]) -> Iterator[Result]:
    """A page without filter; with each single filter, of which the worst is told and all that miss the mark; in pairs,
    for which there is no mark.
    """
    yield from _grown(visitors, path, "no filter", ())
    single = [_grown(visitors, path, dim, to_filters({dim: [value]})) for dim, value in values.items()]
    for of_scale in zip(*single, strict=True):
        worst = max(of_scale, key=lambda one: one.ratio)
        yield from [one for one in of_scale if not one.met] or [worst]
    for pair in PAIRS:
        if all(dim in values for dim in pair):
            filters = to_filters({dim: [values[dim]] for dim in pair})
            asked = _grown(visitors, path, " and ".join(pair), filters, TIMES_PAIRS)
            yield from [replace(one, mark=None) for one in asked]


def _grown(visitors: Visitors, path: str, name: str, filters: Filters, times: int = TIMES_GROWTH) -> Sequence[Result]:
    """The larger stores against the smallest, asked by turns."""
    took = [[visitor.cold(path, filters) for visitor in visitors.values()] for _ in range(times)]
    smallest, *larger = (median(taken) for taken in zip(*took, strict=True))
    scales = list(visitors)[1:]
    return [
        Result(f"{path} growth, {name}", scale, grown, smallest, GROWTH)
        for scale, grown in zip(scales, larger, strict=True)
    ]
