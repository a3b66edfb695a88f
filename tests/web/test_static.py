"""What pages load: compressed ahead of time, kept by the browser, and still served where no copy can be written."""

import re
from pathlib import Path

import brotli
import pytest
from dash import Dash
from plotly.offline import get_plotlyjs_version
from sqlalchemy import Engine
from werkzeug.test import Client, TestResponse

from dashapp.app import create_app, warm
from dashapp.settings import Settings
from dashapp.web import static
from dashapp.web.inside import INSIDE

BROWSER = {"Accept-Encoding": "gzip, deflate, br"}


def get(app: Dash, url: str, headers: dict[str, str] | None = None) -> TestResponse:
    """The whole answer to a request that passes the server's middleware."""
    answer = Client(app.server).get(url, headers=headers)
    answer.get_data()
    answer.close()
    return answer


@pytest.fixture
def app(settings: Settings) -> Dash:
    return create_app(settings)


@pytest.fixture
def guarded(settings: Settings, writer: Engine) -> Dash:
    """An app that people sign in to."""
    return create_app(settings.model_copy(update={"auth": "password"}))


def test_the_part_of_plotly_js_is_of_the_version_that_python_draws_for() -> None:
    assert f"/assets/plotly-cartesian-{get_plotlyjs_version()}.min.js" == static.PLOTLY


def test_what_a_page_names_is_compressed_and_kept_for_a_year(app: Dash, tmp_path: Path) -> None:
    page = get(app, "/").text
    plain = get(app, static.PLOTLY).data
    static.publish(app, tmp_path)
    named = re.findall(r'src="(/[^"]+)"', page)
    assert len(named) > 8
    for url in (*named, static.PLOTLY):
        answer = get(app, url, BROWSER)
        assert answer.headers["Content-Encoding"] == "br", url
        assert "immutable" in answer.headers["Cache-Control"], url
    assert brotli.decompress(get(app, static.PLOTLY, BROWSER).data) == plain
    assert get(app, static.PLOTLY).data == plain


def test_where_people_sign_in_everything_is_made_ready_before_the_first_of_them_comes(
    guarded: Dash, tmp_path: Path
) -> None:
    with guarded.server.test_request_context("/"):
        named = re.findall(r'src="(/[^"]+)"', guarded.index())
    warm(guarded)
    static.publish(guarded, tmp_path)
    assert len(named) > 8
    for url in named:
        assert get(guarded, url, BROWSER).headers["Content-Encoding"] == "br", url
    assert get(guarded, "/").status_code == 302


def test_a_request_from_outside_is_none_of_the_apps_own(guarded: Dash) -> None:
    for name in (INSIDE, INSIDE.upper(), INSIDE.replace(".", "_"), f"HTTP_{INSIDE}"):
        assert get(guarded, "/_dash-layout", {name: "admin"}).status_code == 401


def test_what_may_change_under_its_name_is_asked_for_again(app: Dash, tmp_path: Path) -> None:
    static.publish(app, tmp_path)
    answer = get(app, "/_dash-component-suites/dash/dcc/async-graph.js", BROWSER)
    assert (answer.status_code, answer.headers["Content-Encoding"]) == (200, "br")
    assert "immutable" not in answer.headers["Cache-Control"]
    again = {
        **BROWSER,
        "If-None-Match": answer.headers.get("ETag", ""),
        "If-Modified-Since": answer.headers["Last-Modified"],
    }
    assert get(app, "/_dash-component-suites/dash/dcc/async-graph.js", again).status_code == 304


def test_copies_are_made_once_and_old_ones_go(app: Dash, settings: Settings, tmp_path: Path) -> None:
    folder = tmp_path / "static"
    for name in ("older", "old"):
        (folder / name).mkdir(parents=True)
    static.publish(app, folder)
    first = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert len(first) == 2
    static.publish(create_app(settings), folder)
    assert {path.name: path.stat().st_mtime_ns for path in folder.iterdir()} == first


def test_where_no_copy_can_be_written_pages_are_served_all_the_same(
    app: Dash, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "taken").write_text("a file where the folder should be")
    static.publish(app, tmp_path / "taken" / "static")
    assert "static files are served uncompressed" in caplog.text
    assert get(app, static.PLOTLY).status_code == 200


def test_answers_are_compressed_but_exports_are_streamed_as_they_are(app: Dash) -> None:
    assert get(app, "/_dash-layout", BROWSER).headers["Content-Encoding"] == "br"
    assert "Content-Encoding" not in get(app, "/export/flags.csv", BROWSER).headers
