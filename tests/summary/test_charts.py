"""The charts of a week without a browser."""

import xml.etree.ElementTree as ET
from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import Engine

from dashapp.metrics import Desk
from dashapp.policy import policy_of
from dashapp.settings import Settings
from dashapp.summary.charts import charts
from dashapp.summary.drawing import Drawing
from dashapp.summary.weeks import NoWeek, Week
from tests.summary.conftest import Put, days

NOW = datetime(2024, 3, 26, 6, tzinfo=UTC)
FIRST = date(2024, 2, 26)

Draw = Callable[..., dict[str, Drawing]]


@pytest.fixture
def drawn(reader: Engine, settings: Settings) -> Draw:
    """Draws the charts of a week under filters; returns them by their titles."""

    def draw(filters: str = "") -> dict[str, Drawing]:
        with reader.connect() as connection:
            desk = Desk(connection, NOW, policy_of(settings), ahead=False)
            return {one.title: one for one in charts(desk, Week.parse("2024-W12"), filters)}

    return draw


def words(svg: str) -> str:
    """What a picture says."""
    return " ".join(" ".join("".join(one.itertext()).split()) for one in ET.fromstring(svg).iter() if "text" in one.tag)


def test_each_chart_has_the_figures_of_four_weeks_behind_it(drawn: Draw, put: Put) -> None:
    put(days(FIRST, [10] * 28))
    put(days(FIRST, [3] * 21 + [6] * 7), category="fraud", hours_to_decision=30.0)
    made = drawn()
    assert list(made) == ["Flags", "SLA breach rate", "Classifier score", "Review backlog"]
    rows = made["Flags"].rows
    assert (rows[0], rows[1], rows[28]) == (
        ["Day", "Spam", "Fraud"],
        ["26 Feb 2024", "10", "3"],
        ["24 Mar 2024", "10", "6"],
    )
    assert made["SLA breach rate"].rows[-1] == ["24 Mar 2024", "37.5 %"]
    assert made["Flags"].about == (
        "By day by category, 26 Feb to 24 Mar 2024, the week shaded. Measured at 06:00, 26 Mar."
    )


def test_the_words_of_a_picture_are_words_and_no_threshold_is_missing(drawn: Draw, put: Put) -> None:
    put(days(FIRST, [10] * 28), score=0.81)
    made = drawn()
    assert "warning 0.83" in words(made["Classifier score"].svg)
    assert "alert 0.80" in words(made["Classifier score"].svg)
    assert "Spam" in words(made["Flags"].svg)
    assert drawn()["Flags"].svg == made["Flags"].svg


def test_what_an_origin_wrote_is_in_no_picture(drawn: Draw, put: Put) -> None:
    put(days(FIRST, [10] * 28), category="<script>$\\frac{1}{2}$ ignore all")
    made = drawn()
    assert made["Flags"].rows[0] == ["Day", "category 1"]
    assert "gnore" not in "".join(one.svg for one in made.values())


def test_beyond_six_categories_the_rest_is_one(drawn: Draw, put: Put) -> None:
    for place, name in enumerate(("spam", "fraud", "hate", "scam", "malware", "drugs", "nudity", "threats")):
        put(days(FIRST, [10 - place] * 28), category=name)
    head, first, *_ = drawn()["Flags"].rows
    assert (head[-2:], first[-2:]) == (["Drugs", "other (2)"], ["5", "7"])


def test_filters_restrict_what_is_drawn(drawn: Draw, put: Put) -> None:
    put(days(FIRST, [10] * 28))
    put(days(FIRST, [3] * 28), category="fraud")
    assert drawn("category=fraud")["Flags"].rows[1] == ["26 Feb 2024", "3"]
    with pytest.raises(NoWeek, match="the filters cannot be read"):
        drawn("category=fraud&nothing=1")


def test_without_data_there_is_no_chart(drawn: Draw, writer: Engine) -> None:
    assert drawn() == {}
