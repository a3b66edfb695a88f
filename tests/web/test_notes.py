"""Notes on days in charts: where they are drawn, what they say, and that they are text."""

from datetime import UTC, date, datetime
from typing import Any

from dashapp.domain.ask import Window
from dashapp.metrics.judgement import Judged
from dashapp.store.annotations import Annotation
from dashapp.web.notes import noted, rows_noted
from dashapp.web.spikes import Row, spikes

WINDOW = Window(date(2024, 3, 1), date(2024, 3, 9))
HARMFUL = '<b>x</b><a href="javascript:alert(1)">click here</a>'
BARE: dict[str, Any] = {"data": [{"name": "Flags"}], "layout": {"meta": {"unit": "flags"}, "shapes": []}}


def note(number: int, since: date, until: date, text: str = "holidays", category: str | None = None) -> Annotation:
    return Annotation(since, until, category, text, number, "lead", datetime(2024, 4, 1, tzinfo=UTC))


def march(number: int, since: int, until: int, text: str = "holidays", category: str | None = None) -> Annotation:
    return note(number, date(2024, 3, since), date(2024, 3, until), text, category)


def row(name: str) -> Row:
    days = [Judged(day, 9, 1.0, 9.0, 3.0, 15.0, alarm=False, drop=False, provisional=False) for day in WINDOW]
    return Row(name.capitalize(), (name,), days)


def test_a_chart_without_notes_stays_as_it_is() -> None:
    assert noted(BARE, [], WINDOW) is BARE
    figure = spikes(WINDOW, "flags", "flags", [row("spam")])
    assert rows_noted(figure, [[]], WINDOW) is figure


def test_a_note_is_a_square_at_either_end_joined_by_a_bar() -> None:
    drawn = noted(BARE, [march(1, 3, 5), march(2, 8, 8)], WINDOW)["data"][-1]
    assert drawn["x"] == ["2024-03-03", "2024-03-04", "2024-03-05", None, "2024-03-08", None]
    assert drawn["marker"]["size"] == [8, 0, 8, 0, 8, 0]
    assert (drawn["marker"]["symbol"], drawn["mode"], drawn["name"]) == ("square", "lines+markers", "Note")


def test_a_note_that_reaches_beyond_the_window_is_cut_to_it() -> None:
    drawn = noted(BARE, [note(1, date(2024, 2, 1), date(2024, 3, 2))], WINDOW)
    assert drawn["data"][-1]["x"] == ["2024-03-01", "2024-03-02", None]
    assert drawn["layout"]["annotations"][0]["x"] == "2024-03-01"


def test_a_day_with_several_notes_tells_all_of_them() -> None:
    drawn = noted(BARE, [march(1, 3, 4, "one"), march(2, 4, 4, "two", "spam")], WINDOW)
    assert drawn["data"][-1]["hovertext"] == ["one", "one<br>Spam: two", ""]
    assert drawn["layout"]["meta"]["notes"] == {"2024-03-03": "one", "2024-03-04": "one; Spam: two"}


def test_what_an_analyst_writes_is_text_in_chart_and_hover_and_whole_in_the_table() -> None:
    drawn = noted(BARE, [march(1, 3, 3, HARMFUL)], WINDOW)
    assert drawn["layout"]["annotations"][0]["text"] == "&lt;b&gt;x&lt;/b&gt;&lt;a href…"
    assert drawn["data"][-1]["hovertext"][0] == (
        '&lt;b&gt;x&lt;/b&gt;&lt;a href="javascript:alert(1)"&gt;click<br>here&lt;/a&gt;'
    )
    assert drawn["layout"]["meta"]["notes"] == {"2024-03-03": HARMFUL}


def test_hovering_shows_the_first_lines_of_a_long_note() -> None:
    drawn = noted(BARE, [march(1, 3, 3, "word " * 90), march(2, 3, 3, "short")], WINDOW)
    lines = drawn["data"][-1]["hovertext"][0].split("<br>")
    assert len(lines) == 5
    assert lines[3].endswith(" …")
    assert lines[4] == "short"


def test_words_stand_where_they_do_not_overlap() -> None:
    drawn = noted(BARE, [march(1, 1, 1, "a"), march(2, 2, 2, "b"), march(3, 9, 9, "c")], WINDOW)
    named = drawn["layout"]["annotations"]
    assert [(one["text"], one["xanchor"]) for one in named] == [("a", "left"), ("c", "right")]


def test_each_series_has_its_notes_and_words_are_written_once() -> None:
    rows = [row("spam"), row("fraud")]
    everywhere, spam = march(1, 2, 2, "everywhere"), march(2, 8, 8, "here", "spam")
    figure = rows_noted(spikes(WINDOW, "flags", "flags", rows), [[everywhere, spam], [everywhere]], WINDOW)
    drawn = [trace for trace in figure["data"] if trace["name"] == "Note"]
    assert [(trace["yaxis"], len(trace["x"]), trace["showlegend"]) for trace in drawn] == [
        ("y", 4, True),
        ("y2", 2, False),
    ]
    named = [one["text"] for one in figure["layout"]["annotations"]]
    assert named == ["<b>Spam</b>", "<b>Fraud</b>", "everywhere", "Spam: here"]
    table = figure["layout"]["meta"]["table"]
    assert table["head"][-1] == "note"
    assert [line[-1] for line in table["rows"]] == [
        "",
        "everywhere",
        *[""] * 5,
        "Spam: here",
        "",
        "",
        "everywhere",
        *[""] * 7,
    ]
