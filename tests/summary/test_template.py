"""Every figure of the text is one of the facts."""

import re
from contextlib import suppress
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from sqlalchemy import Engine

from dashapp.domain.vocabulary import Severity
from dashapp.metrics import Desk, Policy
from dashapp.summary.fact import Facts
from dashapp.summary.facts import gather
from dashapp.summary.weeks import NoWeek, Week, check
from tests.metrics.worlds import FIRST, put, worlds
from tests.naive import World
from tests.summary.conftest import markdown

NUMERAL = re.compile(r"[-+]?\d+(?:,\d{3})*(?:\.\d+)?")
WEEKS = [Week.of(FIRST + timedelta(days=7 * place)) for place in range(4)]


def numerals(text: str) -> set[str]:
    return set(NUMERAL.findall(text))


def holds_facts_only(facts: Facts) -> None:
    known: set[str] = set().union(*(numerals(fact.text) | numerals(fact.name) for fact in facts.known.values()))
    assert numerals(markdown(facts)) <= known


@settings(max_examples=30, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
@given(worlds())
def test_every_numeral_is_in_the_text_of_a_fact(engine: Engine, world: World) -> None:
    with engine.connect() as connection:
        put(connection, world)
        policy = Policy(world.zone, {Severity(name): hours for name, hours in world.sla.items()})
        desk = Desk(connection, world.now, policy)
        for week in WEEKS:
            with suppress(NoWeek):
                check(desk, week)
                for filters in ("", "severity=high", "category=spam&region=EMEA"):
                    holds_facts_only(gather(desk, week, filters))
        connection.rollback()
