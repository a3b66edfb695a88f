"""What analysts noted of days, for programs and as a file."""

from flask import Response

from dashapp.domain.ask import Ask
from dashapp.domain.vocabulary import Dim
from dashapp.store.annotations import Annotation, annotations_within
from dashapp.web.asking import ask_of, pairs, view_of
from dashapp.web.desk import open_desk
from dashapp.web.export import annotations_name, as_file, csv_lines, json_answer, written

COLUMNS = ("id", "since", "until", "category", "text", "made_at")
"""What is told of a note: not who wrote it."""


def annotations() -> Response:
    """The notes that touch the days asked for, by their first day."""
    ask, found = _asked()
    told = [
        {
            "id": one.id,
            "since": one.since.isoformat(),
            "until": one.until.isoformat(),
            "category": one.category,
            "text": one.text,
            "made_at": written(one.made_at),
        }
        for one in found
    ]
    since, until = ask.window.since.isoformat(), ask.window.until.isoformat()
    return json_answer({"since": since, "until": until, "annotations": told})


def annotations_as_csv() -> Response:
    """The notes of annotations.json as rows."""
    ask, found = _asked()
    rows = [[getattr(one, name) for name in COLUMNS] for one in found]
    return as_file(csv_lines([COLUMNS, *rows]), "text/csv", annotations_name(ask.window, ".csv"))


def _asked() -> tuple[Ask, list[Annotation]]:
    """The question, and the notes of its days; with a category chosen those of it and those of all."""
    view = view_of(pairs())
    with open_desk() as desk:
        ask = ask_of(desk, view)
        return ask, annotations_within(desk.connection, ask.window, ask.chosen(Dim.CATEGORY))
