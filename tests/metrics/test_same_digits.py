"""Both engines say the same to the last digit, of every metric and of the flags one by one."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from bench.databases import Databases
from dashapp.demo.load import load
from dashapp.domain.access import ROLES, Role
from dashapp.domain.view import View
from dashapp.domain.vocabulary import Dim
from dashapp.metrics import METRICS, Audience, Desk, Policy, as_of, measure
from dashapp.metrics.rows import COLUMNS, Wanted, select_rows, waiting_rows
from dashapp.settings import Settings
from dashapp.store.engine import reader_engine
from dashapp.store.reads import DEMO
from dashapp.store.rollup import rollup
from dashapp.web.export import metric_csv
from tests.published import publish
from tests.stores import new_store

NOW = datetime(2024, 3, 31, 15, tzinfo=UTC)
SETTINGS = Settings(_env_file=None, time_zone="Europe/Berlin")
POLICY = Policy(SETTINGS.zone, SETTINGS.sla)
VIEWS = ("range=40d&by=none", "range=40d&grain=week&trailing=1d", "range=21d&grain=whole&region=eu&media_type=text")


@pytest.fixture(scope="module")
def desks(tmp_path_factory: pytest.TempPathFactory, postgres: Databases) -> Iterator[list[Desk]]:
    with postgres.new() as url, filled(f"sqlite:///{tmp_path_factory.mktemp('same') / 's'}") as one, filled(url) as two:
        yield [one, two]


@contextmanager
def filled(url: str) -> Iterator[Desk]:
    writer = new_store(SETTINGS.model_copy(update={"database_url": url}))
    load(writer, SETTINGS, NOW, days=45, seed=7, scale=0.2)
    with writer.begin() as connection:
        rollup(connection, SETTINGS.sla)
        publish(connection, DEMO, NOW.date(), days=45)
    writer.dispose()
    reader = reader_engine(url, 60)
    with reader.connect() as connection:
        yield Desk(connection, NOW, POLICY, Audience.SCREEN, permissions=ROLES[Role.ADMIN])
    reader.dispose()


@pytest.mark.parametrize("view", VIEWS)
def test_every_metric_is_the_same_to_the_last_digit(desks: list[Desk], view: str) -> None:
    for metric in METRICS.values():
        by = next(((dim,) for dim in (Dim.CATEGORY, Dim.VIOLATION, Dim.MEDIA_TYPE) if dim in metric.dims), ())
        asked = View.parse(view)
        answers = [measure(desk, metric, asked.ask(as_of(desk), by=() if asked.by == () else by)) for desk in desks]
        assert metric_csv(answers[0]) == metric_csv(answers[1])
        assert [repr(answer.total) for answer in answers] == [repr(answers[0].total)] * 2
        assert [type(point.value) for point in answers[0].points] == [type(point.value) for point in answers[1].points]


@pytest.mark.parametrize("sort", COLUMNS)
@pytest.mark.parametrize("descending", [True, False])
def test_flags_come_in_the_same_order_by_every_column(desks: list[Desk], sort: str, *, descending: bool) -> None:
    ask = View.parse("range=9d").ask(as_of(desks[0]))
    found = [select_rows(desk, Wanted(ask, sort=sort, descending=descending), 300, 40) for desk in desks]
    assert len(found[0]) == 300
    assert found[0] == found[1]


def test_what_waits_comes_in_the_same_order(desks: list[Desk]) -> None:
    ask = View.parse("").ask(as_of(desks[0]))
    one, two = (waiting_rows(desk, ask, 20) for desk in desks)
    assert one
    assert one == two
