"""Whatever else was asked at a desk, an answer is the same."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from sqlalchemy import Engine

from dashapp.domain.ask import Ask, Window
from dashapp.domain.vocabulary import Dim
from dashapp.metrics import METRICS, Desk, Measurement, measure
from tests.metrics.test_rows import desk_of
from tests.metrics.worlds import FIRST, LAST, asked, put, questions, worlds
from tests.naive import Question, World

SHARED = ("flags", "score_mean", "sla_breach_rate", "backlog", "utilisation", "sla_at_risk")
EVER = Ask(Window(FIRST - timedelta(days=1), LAST))


def answer(desk: Desk, key: str, ask: Ask) -> Measurement:
    return replace(measure(desk, METRICS[key], ask), took=timedelta(0))


@given(worlds(), questions())
def test_an_answer_is_the_same_after_others_by_group_and_of_other_days(
    engine: Engine, drawn: World, question: Question
) -> None:
    ask = asked(question)
    with engine.connect() as connection:
        put(connection, drawn)
        for key in SHARED:
            desk = desk_of(connection, drawn)
            for by in ((Dim.ORIGIN,), (Dim.TEAM,), ask.by):
                answer(desk, key, replace(EVER, by=by, filters=ask.filters))
            answer(desk, key, replace(ask, by=(Dim.ORIGIN,)))
            for wanted in (ask, replace(ask, by=())):
                assert answer(desk, key, wanted) == answer(desk_of(connection, drawn), key, wanted)
        connection.rollback()
