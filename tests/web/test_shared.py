"""One viewer's answer is the next one's, until the minute or the data have changed."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from dash import Dash, Input, Output, State, dcc, html
from sqlalchemy import Engine, text

from dashapp.alerts.rules import Attention
from dashapp.domain.ask import Filters, to_filters
from dashapp.domain.vocabulary import Dim
from dashapp.store.engine import reader_engine
from dashapp.store.version import next_snapshots_version, next_version
from dashapp.store.writes import put_coverage, put_origin
from dashapp.web.desk import EXTENSION, Services, open_desk
from dashapp.web.shared import CALLBACKS, attention_now, only_now, share
from tests.stores import new_store
from tests.web.served import settings_for


@dataclass
class Served:
    """An app with one callback, that counts how often it is computed."""

    app: Dash
    writer: Engine
    now: datetime = datetime(2024, 3, 12, 12, 0, 5, tzinfo=UTC)
    computed: int = 0
    meanwhile: Callable[[], object] = field(default=lambda: None)

    def compute(self, address: str, _ticks: int, path: str) -> str:
        self.computed += 1
        self.meanwhile()
        return f"{path}?{address} for the {self.computed}."

    def ask(self, address: str = "", ticks: int = 0, path: str = "/queue") -> tuple[int, Any]:
        body = {
            "output": "shown.children",
            "outputs": {"id": "shown", "property": "children"},
            "inputs": [
                {"id": "address", "property": "data", "value": address},
                {"id": "refresh", "property": "n_intervals", "value": ticks},
            ],
            "state": [{"id": "page", "property": "data", "value": path}],
            "changedPropIds": ["refresh.n_intervals" if ticks else "address.data"],
        }
        answer = self.app.server.test_client().post(CALLBACKS, json=body)
        shown = answer.get_json()["response"]["shown"]["children"] if answer.status_code == 200 else None
        return answer.status_code, shown


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    settings = settings_for(tmp_path / "store.sqlite")
    writer = new_store(settings)
    reader = reader_engine(settings.database_url, settings.read_seconds)
    app = Dash("shared", enable_mcp=False, use_async=False)
    app.layout = html.Div(
        [dcc.Store(id="address"), dcc.Interval(id="refresh"), dcc.Store(id="page"), html.P(id="shown")]
    )
    made = Served(app, writer)
    app.callback(
        Output("shown", "children"),
        Input("address", "data"),
        Input("refresh", "n_intervals"),
        State("page", "data"),
    )(made.compute)
    app.server.extensions[EXTENSION] = Services(settings, reader, lambda: made.now, writer)
    share(app, [])
    yield made
    reader.dispose()
    writer.dispose()


def test_what_was_answered_is_answered_again_without_computing(served: Served) -> None:
    assert served.ask("severity=high") == (200, "/queue?severity=high for the 1.")
    assert served.ask("severity=high") == (200, "/queue?severity=high for the 1.")
    assert served.computed == 1


def test_another_address_or_page_is_another_question(served: Served) -> None:
    served.ask("severity=high")
    assert served.ask("severity=low") == (200, "/queue?severity=low for the 2.")
    assert served.ask("severity=high", path="/volume") == (200, "/volume?severity=high for the 3.")


def test_a_refresh_within_the_minute_is_the_same_question_and_in_the_next_another(served: Served) -> None:
    served.ask()
    assert served.ask(ticks=1) == served.ask(ticks=2) == (200, "/queue? for the 1.")
    served.now += timedelta(minutes=1)
    assert served.ask(ticks=3) == (200, "/queue? for the 2.")


def test_new_data_make_every_question_new(served: Served) -> None:
    served.ask()
    with served.writer.begin() as connection:
        next_version(connection)
    assert served.ask() == (200, "/queue? for the 2.")


def test_figures_newly_computed_ahead_make_every_question_new(served: Served) -> None:
    served.ask()
    with served.writer.begin() as connection:
        next_snapshots_version(connection)
    assert served.ask() == (200, "/queue? for the 2.")


def test_an_answer_that_failed_in_part_is_not_kept(served: Served) -> None:
    served.meanwhile = only_now
    served.ask()
    served.meanwhile = lambda: None
    assert served.ask() == (200, "/queue? for the 2.")


def test_where_the_version_cannot_be_read_the_callback_answers_for_itself(served: Served) -> None:
    with served.writer.begin() as connection:
        connection.exec_driver_sql("DROP TABLE meta")
    assert served.ask() == (200, "/queue? for the 1.")
    assert served.ask() == (200, "/queue? for the 2.")


def test_of_those_who_ask_at_once_one_has_it_computed(served: Served) -> None:
    begun, go_on = Event(), Event()

    def wait() -> None:
        begun.set()
        assert go_on.wait(60)

    served.meanwhile = wait
    answers: list[tuple[int, Any]] = []
    viewers = [Thread(target=lambda: answers.append(served.ask())) for _ in range(4)]
    viewers[0].start()
    assert begun.wait(60)
    for viewer in viewers[1:]:
        viewer.start()
    go_on.set()
    for viewer in viewers:
        viewer.join(60)
    assert answers == [(200, "/queue? for the 1.")] * 4
    assert served.computed == 1


def look(served: Served, filters: Filters = ()) -> Attention:
    with served.app.server.app_context(), open_desk() as desk:
        return attention_now(desk, filters)


def test_what_needs_attention_is_looked_for_once_a_minute_for_each_choice_of_filters(served: Served) -> None:
    chosen = to_filters({Dim.SEVERITY: ["high"]})
    first, filtered = look(served), look(served, chosen)
    assert first is not filtered
    assert look(served) is first
    assert look(served, chosen) is filtered
    served.now += timedelta(minutes=1)
    assert look(served) is not first


def test_where_a_check_failed_the_next_viewer_has_it_made_anew(served: Served) -> None:
    with served.writer.begin() as connection:
        put_origin(connection, "ops", "import", served.now)
        put_coverage(connection, "ops", [served.now.date()])
        connection.execute(text("ALTER TABLE cube_thin RENAME TO elsewhere"))
    broken = look(served)
    with served.writer.begin() as connection:
        connection.execute(text("ALTER TABLE elsewhere RENAME TO cube_thin"))
    with served.app.server.app_context(), open_desk() as desk:
        mended = attention_now(desk)
        assert not desk.failed
    assert mended is not broken
    assert look(served) is mended
