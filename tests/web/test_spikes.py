"""The chart of days against what was expected of them, as a figure."""

from datetime import date
from typing import Any

import plotly.graph_objects as go

from dashapp.domain.ask import Window
from dashapp.metrics.judgement import Judged
from dashapp.web.figures import marked
from dashapp.web.spikes import Row, Span, height, spikes

WINDOW = Window(date(2024, 3, 1), date(2024, 3, 5))
HARMFUL = "<b>x"


def day(number: int, observed: int | None, *, alarm: bool = False, drop: bool = False) -> Judged:
    at = date(2024, 3, number)
    if number < 3:
        return Judged(at, observed, None, None, None, None, alarm=False, drop=False, provisional=True)
    return Judged(at, observed, 1.0, 40.0, 30.0, 52.5, alarm=alarm, drop=drop, provisional=False)


DAYS = [day(1, 38), day(2, None), day(3, 90, alarm=True), day(4, 5, drop=True), day(5, 41)]
SPAM = Row("Spam", ("spam",), DAYS, frozenset({date(2024, 3, 5)}), [Span(HARMFUL, date(2024, 2, 27), date(2024, 3, 3))])
FRAUD = Row("Fraud", ("fraud",), DAYS)


def plain(part: Any) -> Any:
    """A figure with colours that plotly knows."""
    if isinstance(part, dict):
        return {key: plain(value) for key, value in part.items()}
    if isinstance(part, list):
        return [plain(value) for value in part]
    return "#000" if isinstance(part, str) and part.startswith("var(--") else part


def test_each_series_is_a_row_with_its_own_scale_over_the_same_days() -> None:
    figure = spikes(WINDOW, "flags", "flags", [SPAM, FRAUD])
    layout = figure["layout"]
    assert [trace["yaxis"] for trace in figure["data"]] == ["y"] * 6 + ["y2"] * 6
    assert layout["yaxis"]["domain"][0] > layout["yaxis2"]["domain"][1]
    assert (layout["yaxis"]["domain"][1], layout["yaxis2"]["domain"][0]) == (1, 0)
    assert layout["xaxis"]["anchor"] == "y2"
    assert layout["meta"]["height"] == height(2)
    assert height(2) < height(6)
    assert len(go.Figure(plain(figure)).data) == 12


def test_the_legend_names_each_kind_once() -> None:
    figure = spikes(WINDOW, "flags", "flags", [SPAM, FRAUD])
    named = [trace["name"] for trace in figure["data"] if trace["showlegend"]]
    assert named == ["Expected range", "Expected", "Flags", "Known attack", "Alarm", "Far too few"]


def test_alarms_falls_and_known_attacks_are_told_apart_by_their_shapes() -> None:
    found = {trace["name"]: trace for trace in spikes(WINDOW, "flags", "flags", [SPAM])["data"]}
    marks = {name: (found[name]["marker"]["symbol"], found[name]["x"]) for name in list(found)[3:]}
    assert marks == {
        "Known attack": ("diamond-open", ["2024-03-01", "2024-03-03"]),
        "Alarm": ("circle", ["2024-03-03"]),
        "Far too few": ("triangle-down", ["2024-03-04"]),
    }


def test_days_that_were_not_judged_have_no_range_and_a_day_without_data_breaks_the_line() -> None:
    found = {trace["name"]: trace for trace in spikes(WINDOW, "flags", "flags", [SPAM])["data"]}
    assert found["Expected range"]["x"] == [
        *(f"2024-03-0{number}T00:00:00" for number in (3, 4, 5, 5, 4, 3)),
        None,
    ]
    assert found["Flags"]["y"] == [38, None, 90, 5, 41]
    assert found["Flags"]["connectgaps"] is False


def test_hovering_tells_what_was_expected_and_what_a_day_was_taken_for() -> None:
    found = {trace["name"]: trace for trace in spikes(WINDOW, "flags", "flags", [SPAM])["data"]}
    assert found["Flags"]["text"] == [
        "<br>known attack &lt;b&gt;x",
        "<br>known attack &lt;b&gt;x",
        ", expected 40.0 (30.0 to 52.5)<br>alarm<br>known attack &lt;b&gt;x",
        ", expected 40.0 (30.0 to 52.5)<br>far too few",
        ", expected 40.0 (30.0 to 52.5)",
    ]


def test_stripes_stay_within_the_window_and_in_their_row() -> None:
    known, pending = spikes(WINDOW, "flags", "flags", [FRAUD, SPAM])["layout"]["shapes"]
    assert (known["yref"], known["x0"], known["x1"]) == ("y2 domain", "2024-02-29T12:00:00", "2024-03-03T12:00:00")
    assert (pending["x0"], pending["x1"]) == ("2024-03-04T12:00:00", "2024-03-05T12:00:00")


def test_what_the_chart_is_about_is_no_known_attack() -> None:
    about = Row("", None, DAYS, spans=[Span("Spike", date(2024, 3, 3), date(2024, 3, 3), known=False)])
    figure = spikes(WINDOW, "flags", "flags", [about])
    found = {trace["name"]: trace for trace in figure["data"]}
    assert found["Known attack"]["x"] == []
    assert found["Flags"]["meta"]["groups"] == []
    assert [name["text"] for name in figure["layout"]["annotations"]] == ["Spike"]


def test_the_table_behind_the_chart_has_every_day_of_every_series() -> None:
    table = spikes(WINDOW, "flags", "flags", [SPAM, FRAUD])["layout"]["meta"]["table"]
    assert table["head"] == ["day", "series", "count", "expected", "lowest", "highest", "detected", "known attack"]
    assert table["rows"][1] == [
        "2024-03-02", "Spam", "no data", "not judged", "not judged", "not judged", "", HARMFUL,
    ]  # fmt: skip
    assert table["rows"][4] == ["2024-03-05", "Spam", "41 *", "40.0", "30.0", "52.5", "", ""]
    assert table["rows"][7] == ["2024-03-03", "Fraud", "90", "40.0", "30.0", "52.5", "alarm", ""]
    assert (table["groups"][0], table["groups"][9]) == (["spam"], ["fraud"])


def test_a_day_on_which_something_was_new_has_a_line_through_all_rows() -> None:
    drawn = spikes(WINDOW, "flags", "flags", [SPAM, FRAUD])
    layout = marked(drawn, [(date(2024, 3, 4), "new: v3")])["layout"]
    [line] = [shape for shape in layout["shapes"] if shape not in drawn["layout"]["shapes"]]
    assert [line[name] for name in ("type", "x0", "x1", "yref", "y0", "y1")] == [
        "line",
        "2024-03-04",
        "2024-03-04",
        "paper",
        0,
        1,
    ]
    assert [note["text"] for note in layout["annotations"] if note not in drawn["layout"]["annotations"]] == ["new: v3"]
