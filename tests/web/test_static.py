"""What pages load: compressed ahead of time, kept by the browser, and still served where no copy can be written."""

import re
from pathlib import Path

import brotli
import pytest
from dash import Dash
from plotly.offline import get_plotlyjs_version
from werkzeug.test import Client, TestResponse

from dashapp.app import create_app
from dashapp.settings import Settings
from dashapp.web import static

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
    for name in ("older", "old"):
        (tmp_path / name).mkdir()
    static.publish(app, tmp_path)
    first = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    assert len(first) == 2
    static.publish(create_app(settings), tmp_path)
    assert {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == first


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
