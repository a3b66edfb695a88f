from collections.abc import Iterator
from datetime import date, datetime

import pytest
from sqlalchemy import Engine

from dashapp.domain.vocabulary import Severity
from dashapp.metrics import Desk, Policy
from dashapp.settings import Settings
from dashapp.store.closed import close_days
from dashapp.store.meta import keep
from dashapp.store.writes import put_origin
from dashapp.web import words
from dashapp.web.notices import notices
from dashapp.web.scenes import scene
from pages.volume import PAGE as VOLUME
from tests.web.reading import text

CLOSED = (
    "Days before 1 Mar 2024 are closed: they stay as they were counted. Of their single rows only those are kept that "
    "were not decided then."
)
FORMER = " They were counted before 1 Mar 2024 under an SLA of 24 h (critical 4 h)."
SLA = {**dict.fromkeys(Severity, 24.0), Severity.CRITICAL: 4.0}


@pytest.fixture
def desk(writer: Engine, settings: Settings, now: datetime) -> Iterator[Desk]:
    changed = dict.fromkeys(Severity, 10.0)
    with writer.begin() as connection:
        put_origin(connection, "ops", "import", now)
        keep(connection, settings.zone, SLA)
        close_days(connection, date(2024, 3, 1))
        keep(connection, settings.zone, changed)
    with writer.connect() as connection:
        yield Desk(connection, now, Policy(settings.zone, changed))


def told(desk: Desk, query: str) -> list[str]:
    return [text(notice) for notice in notices(scene(desk, query, VOLUME))]


def test_closed_days_say_under_which_sla_they_were_counted(desk: Desk) -> None:
    assert told(desk, "since=2024-02-20&until=2024-03-10") == [CLOSED + FORMER]
    assert told(desk, "since=2024-03-01&until=2024-03-10") == []


def test_closed_days_under_the_sla_that_is_set_need_no_word_of_it(desk: Desk, settings: Settings) -> None:
    same = Desk(desk.connection, desk.now, Policy(settings.zone, SLA))
    assert told(same, "since=2024-02-20&until=2024-03-10") == [CLOSED]


def test_an_sla_is_told_by_what_most_severities_have() -> None:
    assert words.sla(dict.fromkeys(Severity, 24.0)) == "24 h"
    assert words.sla({**SLA, Severity.HIGH: 0.5}) == "24 h (high 0.5 h, critical 4 h)"
