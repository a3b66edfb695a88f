import re
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import plotly.graph_objects as go
import pytest

from dashapp.domain.ask import Ask, Grain, Window
from dashapp.domain.vocabulary import Dim
from dashapp.metrics import METRICS, Measurement, Point, Threshold
from dashapp.settings import ROOT
from dashapp.web import figures

MONDAY = date(2024, 3, 4)
KNOWN = {Dim.CATEGORY: {name: place for place, name in enumerate("abcdefghi")}}
BLOCK = re.compile(r'(:root[^{]*|\[data-bs-theme="dark"\] )\{([^}]*)\}')


def tokens() -> dict[str, dict[str, str]]:
    """The design tokens of both themes, with their colours; dark ones begin as the light ones."""
    text = (ROOT / "assets" / "20-tokens.css").read_text("utf-8")
    themes: dict[str, dict[str, str]] = {"light": {}, "dark": {}}
    for selector, body in BLOCK.findall(text):
        found = dict(re.findall(r"(--[\w-]+):\s*([^;]+);", body))
        themes["dark" if "dark" in selector else "light"].update(found)
    return themes


def coloured(part: Any, theme: dict[str, str]) -> Any:
    """A figure with the colours of a theme in the place of tokens; a token that is not there raises KeyError."""
    if isinstance(part, str):
        token = re.fullmatch(r"var\((--[\w-]+)\)", part)
        return theme[token[1]] if token else part
    if isinstance(part, dict):
        return {key: coloured(value, theme) for key, value in part.items()}
    return [coloured(value, theme) for value in part] if isinstance(part, list) else part


def answer(
    metric: str,
    points: Sequence[Point],
    *,
    days: int = 7,
    by: tuple[Dim, ...] = (),
    grain: Grain = Grain.DAY,
    threshold: Threshold | None = None,
    since: date = MONDAY,
) -> Measurement:
    window = Window(since, since + timedelta(days=days - 1))
    total = Point(since, (), 1, 1)
    return Measurement(METRICS[metric], Ask(window, grain, by), tuple(points), total, window.until, threshold)


def point(day: int, value: float | None, n: int, *groups: str, provisional: bool = False) -> Point:
    return Point(MONDAY + timedelta(days=day), groups, value, n, provisional=provisional)


def nine_categories() -> list[Point]:
    """Nine categories on two days: a is the largest, with 90 and 9 flags; i the smallest, with 10 and 1."""
    return [
        point(day, size * weight, size * weight, name)
        for day, weight in ((0, 10), (1, 1))
        for size, name in zip(range(9, 0, -1), "abcdefghi", strict=True)
    ]


FIGURES = {
    "bars": figures.bars(answer("flags", [point(0, 5, 5), point(1, 6, 6, provisional=True)]), KNOWN),
    "split bars": figures.bars(answer("flags", nine_categories(), by=(Dim.CATEGORY,)), KNOWN),
    "lines": figures.lines(
        answer("sla_breach_rate", [point(0, 12.5, 40)], threshold=Threshold(10, 15)),
        KNOWN,
        answer("sla_breach_rate", [point(0, 11.0, 200)]),
    ),
    "baseline": figures.lines(
        answer("score_mean", [point(0, 0.8, 40)], threshold=Threshold(0.83, 0.8, 0.86)), KNOWN
    ),
    "severities": figures.totals(
        answer("flags", [point(0, 5, 5, "low"), point(0, 1, 1, "critical"), point(0, 2, 2, "(none)")],
               by=(Dim.SEVERITY,), grain=Grain.WHOLE),
        KNOWN,
    ),
    "compared": figures.compared(
        figures.bars(answer("flags", [point(0, 5, 5)]), KNOWN),
        answer("flags", [point(0, 5, 5)]),
        answer("flags", [point(-7, 4, 4)], since=MONDAY - timedelta(days=7)),
    ),
}  # fmt: skip


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_one_that_plotly_knows_in_either_theme(name: str, theme: str) -> None:
    drawn = coloured(FIGURES[name], tokens()[theme])
    for trace in drawn["data"]:
        assert go.Figure(data=[trace]).data[0].type == trace["type"]
    go.Figure(drawn)


def test_every_token_has_a_colour_of_its_own_in_the_dark() -> None:
    light, dark = tokens()["light"], tokens()["dark"]
    assert light.keys() == dark.keys()
    assert {name for name in light if name != "--shadow" and light[name] == dark[name]} == set()


def test_a_day_that_nothing_covers_breaks_the_line() -> None:
    drawn = figures.lines(answer("escalation_rate", [point(0, 25.0, 8), point(3, 50.0, 4)], days=4), KNOWN)
    [line] = drawn["data"]
    assert line["x"] == ["2024-03-04", "2024-03-05", "2024-03-06", "2024-03-07"]
    assert line["y"] == [25.0, None, None, 50.0]
    assert line["connectgaps"] is False


def test_a_value_that_stands_alone_is_marked() -> None:
    alone = figures.lines(answer("escalation_rate", [point(0, 25.0, 8), point(3, 50.0, 4)], days=4), KNOWN)
    beside = figures.lines(answer("escalation_rate", [point(0, 25.0, 8), point(1, 50.0, 4)], days=4), KNOWN)
    assert (alone["data"][0]["mode"], beside["data"][0]["mode"]) == ("lines+markers", "lines")
    assert alone["data"][0]["marker"]["size"] == [6, 0, 0, 6]


def test_of_many_stretches_that_may_still_change_the_longest_is_named() -> None:
    pending = [point(day, 5, 5, provisional=day in (1, 3, 5, 6)) for day in range(8)]
    few = figures.bars(answer("flags", pending[:5]), KNOWN)
    many = figures.bars(answer("flags", pending), KNOWN)
    told = [[shape["label"]["text"] for shape in figure["layout"]["shapes"]] for figure in (few, many)]
    assert told == [["provisional", "provisional"], ["", "", "provisional"]]


def test_a_share_of_nothing_breaks_the_line_and_a_day_without_flags_is_zero() -> None:
    share = figures.lines(answer("escalation_rate", [point(0, None, 0), point(1, 50.0, 4)], days=2), KNOWN)
    count = figures.bars(answer("flags", [point(0, 0, 0), point(1, 4, 4)], days=2), KNOWN)
    assert share["data"][0]["y"] == [None, 50.0]
    assert count["data"][0]["y"] == [0, 4]


def test_weeks_without_data_break_the_line_too() -> None:
    drawn = figures.lines(
        answer("escalation_rate", [point(0, 25.0, 8), point(14, 50.0, 4)], days=21, grain=Grain.WEEK), KNOWN
    )
    assert drawn["data"][0]["x"] == ["2024-03-04", "2024-03-11", "2024-03-18"]
    assert drawn["data"][0]["y"] == [25.0, None, 50.0]


def test_of_nine_groups_the_six_largest_are_shown_and_the_rest_counted_together() -> None:
    drawn = figures.bars(answer("flags", nine_categories(), days=2, by=(Dim.CATEGORY,)), KNOWN)
    assert [trace["name"] for trace in drawn["data"]] == ["A", "B", "C", "D", "E", "F", "other (3)"]
    assert drawn["data"][0]["y"] == [90, 9]
    assert drawn["data"][6]["y"] == [60, 6]
    assert drawn["data"][6]["marker"]["color"] == "var(--cat-7)"
    assert sum(sum(trace["y"]) for trace in drawn["data"]) == 495


def test_the_rest_of_a_share_is_pooled_over_its_cases() -> None:
    rates = [point(0, 10.0, 100 - place, name) for place, name in enumerate("abcdef")]
    rates += [point(0, 50.0, 10, "g"), point(0, 20.0, 30, "h")]
    drawn = figures.lines(answer("escalation_rate", rates, days=1, by=(Dim.CATEGORY,)), KNOWN)
    assert drawn["data"][-1]["name"] == "other (2)"
    assert drawn["data"][-1]["y"] == [(50 * 10 + 20 * 30) / 40]
    assert drawn["data"][-1]["customdata"][0][0] == 40


def test_the_rest_of_a_stock_is_added_up() -> None:
    waiting = [point(0, 10 - place, 10 - place, name) for place, name in enumerate("abcdefgh")]
    drawn = figures.bars(answer("backlog", waiting, days=1, by=(Dim.CATEGORY,)), KNOWN)
    assert drawn["data"][-1]["name"] == "other (2)"
    assert drawn["data"][-1]["y"] == [4 + 3]


def test_severities_keep_their_order_and_their_colours() -> None:
    drawn = FIGURES["severities"]["data"][0]
    assert drawn["y"] == ["Low", "Critical", "not given"]
    assert drawn["x"] == [5, 1, 2]
    assert drawn["text"] == ["5", "1", "2"]
    assert drawn["marker"]["color"] == ["var(--sev-low)", "var(--sev-critical)", "var(--cat-7)"]


def test_a_colour_stays_with_its_category_whatever_else_is_shown() -> None:
    alone = figures.totals(answer("flags", [point(0, 5, 5, "c")], by=(Dim.CATEGORY,), grain=Grain.WHOLE), KNOWN)
    assert alone["data"][0]["marker"]["color"] == ["var(--cat-3)"]


def test_a_seventh_category_shares_a_colour_and_differs_in_its_pattern() -> None:
    drawn = figures.bars(answer("flags", [point(0, 5, 5, "a"), point(0, 4, 4, "g")], by=(Dim.CATEGORY,)), KNOWN)
    first, seventh = (trace["marker"] for trace in drawn["data"])
    assert first["color"] == seventh["color"] == "var(--cat-1)"
    assert (first["pattern"]["shape"], seventh["pattern"]["shape"]) == ("", ".")


def test_days_that_may_still_change_are_shaded_in_one_stretch() -> None:
    points = [point(0, 5, 5), point(1, 5, 5, provisional=True), point(2, 5, 5, provisional=True)]
    shapes = figures.bars(answer("flags", points, days=3), KNOWN)["layout"]["shapes"]
    [shade] = shapes
    assert (shade["type"], shade["x0"], shade["x1"]) == ("rect", "2024-03-04T12:00:00", "2024-03-06T12:00:00")
    assert shade["label"]["text"] == "provisional"
    assert figures.bars(answer("flags", points[:1], days=3), KNOWN)["layout"]["shapes"] == []


def test_thresholds_are_lines_that_say_their_values() -> None:
    layout = FIGURES["lines"]["layout"]
    assert [(shape["y0"], shape["y1"]) for shape in layout["shapes"]] == [(10, 10), (15, 15)]
    assert [(name["y"], name["text"]) for name in layout["annotations"]] == [(10, "warning 10 %"), (15, "alert 15 %")]
    assert layout["yaxis"]["autorangeoptions"] == {"include": [10, 15]}
    assert [name["text"] for name in FIGURES["baseline"]["layout"]["annotations"]] == [
        "baseline 0.86",
        "warning 0.83",
        "alert 0.80",
    ]


def test_the_previous_window_lies_on_the_days_of_this_one() -> None:
    now, before = FIGURES["compared"]["data"]
    assert (now["x"][0], now["y"][0]) == ("2024-03-04", 5)
    assert before["name"] == "previous period"
    assert (before["x"][0], before["y"][0]) == ("2024-03-04", 4)


def test_markup_in_a_name_is_escaped() -> None:
    harmful = [point(0, 5, 5, "<b>x</b>")]
    drawn = figures.bars(answer("flags", harmful, by=(Dim.CATEGORY,)), KNOWN)
    assert drawn["data"][0]["name"] == "&lt;b&gt;x&lt;/b&gt;"
    drawn = figures.totals(answer("flags", harmful, by=(Dim.CATEGORY,), grain=Grain.WHOLE), KNOWN)
    assert drawn["data"][0]["y"] == ["&lt;b&gt;x&lt;/b&gt;"]


def test_days_on_which_something_was_new_are_marked_and_named_as_far_as_there_is_room() -> None:
    plain = figures.lines(answer("score_mean", [Point(MONDAY, (), 0.8, 10)], days=36), KNOWN)
    changes = [(MONDAY + timedelta(days=5 * number // 2), f"new: <v{number}>") for number in range(14)]
    figure = figures.marked(plain, changes)
    go.Figure(coloured(figure, tokens()["dark"]))
    before = len(plain["layout"]["shapes"])
    assert [shape["x0"] for shape in figure["layout"]["shapes"][before:]] == [day.isoformat() for day, _ in changes]
    named = figure["layout"]["annotations"][len(plain["layout"]["annotations"]) :]
    assert [name["text"] for name in named] == [f"new: &lt;v{number}&gt;" for number in (0, 3, 6, 9, 12)]
    assert [name["xanchor"] for name in named] == ["left", "left", "left", "left", "right"]
