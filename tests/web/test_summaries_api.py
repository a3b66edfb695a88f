"""What programs are told of weekly summaries."""

import io
from collections.abc import Iterator
from dataclasses import fields
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from pypdf import PdfReader
from sqlalchemy import Engine

from dashapp.domain.messages import FlagRow
from dashapp.settings import Settings
from dashapp.store import writes
from dashapp.store.engine import reader_engine
from dashapp.store.rollup import rollup
from dashapp.store.summaries import Draft, approve, comment, list_summaries, put_summary, supersede
from dashapp.summary.weekly import Order, summarise
from dashapp.web.summaries_api import MAKING
from tests.web.served import get, served

NOW = datetime(2024, 3, 26, 9, tzinfo=UTC)
PLACE = "/api/v1/summaries/2024-W12"


def fill(writer: Engine, settings: Settings) -> None:
    """Ten flags a day of 11 to 24 March, and two versions of the week from 18 March: of all, and of spam."""
    days = [date(2024, 3, 11) + timedelta(days=place) for place in range(14)]
    given = {"category": "spam", "severity": "high", "routing": "human_review", "hours_to_decision": 1.0}
    rows = [
        FlagRow.model_validate({"flag_id": f"{day}-{n}", "flagged_day": day, **given})
        for day in days
        for n in range(10)
    ]
    with writer.begin() as connection:
        writes.put_origin(connection, "ops", "import", NOW)
        writes.put_flags(connection, [writes.flag_row("ops", row, settings.zone) for row in rows])
        writes.put_coverage(connection, "ops", days)
        rollup(connection, settings.sla)
    reader = reader_engine(settings.database_url, 10)
    made = summarise(reader, writer, settings, NOW, Order("2024-W12", offline=True))
    summarise(reader, writer, settings, NOW, Order("2024-W12", "category=spam", offline=True))
    with writer.begin() as connection:
        comment(connection, made, "Mind <b>Tuesday</b>.", "page", NOW)
        approve(connection, made, "page", NOW + timedelta(minutes=1))
    reader.dispose()


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    with served(tmp_path_factory.mktemp("summaries") / "store.sqlite", NOW, fill) as client:
        yield client


def test_the_list_says_of_each_summary_what_it_is_of_and_what_became_of_it(client: FlaskClient) -> None:
    newest, first = get(client, "/api/v1/summaries")["summaries"]
    assert first == {
        "week": "2024-W12",
        "version": 1,
        "filters": "",
        "made_at": "2024-03-26T09:00:00Z",
        "made_by": "cli",
        "as_of": "2024-03-24",
        "complete": 7,
        "author": "template",
        "reason": "asked for",
        "usage": None,
        "approved_at": "2024-03-26T09:01:00Z",
        "approved_by": "page",
        "superseded_at": None,
    }
    assert (newest["version"], newest["filters"], newest["approved_at"]) == (2, "category=spam", None)


def test_a_long_list_is_told_in_parts(tmp_path: Path) -> None:
    def fill_many(writer: Engine, settings: Settings) -> None:
        fill(writer, settings)
        with writer.begin() as connection:
            [kept, _] = list_summaries(connection)
            for _ in range(199):
                put_summary(connection, Draft(**{one.name: getattr(kept, one.name) for one in fields(Draft)}))

    with served(tmp_path / "store.sqlite", NOW, fill_many) as client:
        first = get(client, "/api/v1/summaries")
        assert [one["version"] for one in first["summaries"]] == list(range(201, 1, -1))
        assert first["next"] == "/api/v1/summaries?before=2024-W12:2"
        rest = get(client, first["next"])
    assert ([one["version"] for one in rest["summaries"]], rest["next"]) == ([1], None)


def test_a_summary_has_its_facts_and_its_text(client: FlaskClient) -> None:
    told = get(client, f"{PLACE}.json")
    [flags] = [fact for fact in told["facts"] if fact["key"] == "flags"]
    assert flags == {
        "key": "flags",
        "name": "Flags",
        "value": 70,
        "text": "70",
        "unit": "flags",
        "n": 70,
        "direction": "unchanged",
        "verdict": None,
        "provisional": False,
        "metric": "flags",
    }
    assert told["markdown"].startswith("# Week 2024-W12: 18 Mar to 24 Mar 2024\n")
    assert "Approved on the page at 09:01, 26 Mar 2024 (UTC)." in told["markdown"]


def test_without_a_version_it_is_the_newest_of_everything(client: FlaskClient) -> None:
    assert get(client, f"{PLACE}.json")["version"] == 1
    assert get(client, f"{PLACE}.json?version=2")["version"] == 2


@pytest.mark.parametrize(
    ("ending", "kind", "words"),
    [
        ("md", "text/markdown", "> Mind \\<b\\>Tuesday\\</b\\>."),
        ("html", "text/html", "Mind &lt;b&gt;Tuesday&lt;/b&gt;."),
    ],
)
def test_documents_are_files_to_keep(client: FlaskClient, ending: str, kind: str, words: str) -> None:
    answer = client.get(f"{PLACE}.{ending}?version=1")
    assert (answer.status_code, answer.mimetype) == (200, kind)
    assert answer.headers["Content-Disposition"] == f'attachment; filename="summary_2024-W12_1.{ending}"'
    assert answer.headers["Cache-Control"] == "no-store"
    assert words in answer.text


def test_a_pdf_has_the_charts_too(client: FlaskClient) -> None:
    answer = client.get(f"{PLACE}.pdf?version=2")
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    told = words_of(answer.data)
    assert "Only of category Spam." in told
    assert "By day by category, 26 Feb to 24 Mar 2024, the week shaded." in told


def test_one_pdf_is_made_at_a_time_and_kept(client: FlaskClient) -> None:
    with MAKING:
        answer = client.get(f"{PLACE}.pdf?version=1")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert answer.json == {"error": "Another PDF is being made. Ask again in a few seconds."}
    made = client.get(f"{PLACE}.pdf?version=1")
    assert made.status_code == 200
    with MAKING:
        again = client.get(f"{PLACE}.pdf?version=1")
    assert (again.status_code, again.data) == (200, made.data)


@pytest.mark.parametrize(
    ("address", "status", "error"),
    [
        ("/api/v1/summaries/2024-W11.json", 404, "There is no summary of 2024-W11. /api/v1/summaries lists them."),
        (f"{PLACE}.pdf?version=3", 404, "There is no version 3 of 2024-W12. /api/v1/summaries lists them."),
        ("/api/v1/summaries/2024-W60.md", 400, "'2024-W60' is not an ISO week such as 2024-W12."),
        ("/api/v1/summaries?before=2024-W12", 400, "The question could not be read."),
        ("/api/v1/summaries?before=2024-W60:1", 400, "'2024-W60' is not an ISO week such as 2024-W12."),
        ("/api/v1/summaries?version=1", 400, "The question could not be read."),
        (f"{PLACE}.json?version=0", 400, "The question could not be read."),
        (f"{PLACE}.json?version=99999999999999999999", 400, "The question could not be read."),
        (f"{PLACE}.html?version=1&version=2", 400, "The question could not be read."),
        (f"{PLACE}.html?<script>=1", 400, "The question could not be read."),
    ],
)
def test_what_is_not_there_or_cannot_be_read_is_said_in_words(
    client: FlaskClient, address: str, status: int, error: str
) -> None:
    assert get(client, address, status)["error"] == error


@pytest.mark.parametrize("ending", ["html", "pdf"])
def test_a_superseded_summary_has_no_charts_and_says_why(tmp_path: Path, ending: str) -> None:
    def fill_and_supersede(writer: Engine, settings: Settings) -> None:
        fill(writer, settings)
        with writer.begin() as connection:
            supersede(connection, list_summaries(connection)[-1], ["flags"], NOW)

    with served(tmp_path / "store.sqlite", NOW, fill_and_supersede) as client:
        answer = client.get(f"{PLACE}.{ending}?version=1")
    made = answer.text if ending == "html" else words_of(answer.data)
    assert "Charts are left out: figures have settled at other values since" in made
    assert "the week shaded" not in made


def words_of(made: bytes) -> str:
    """The text of a PDF, with one space where there is any."""
    return " ".join(" ".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(made)).pages)


def test_a_store_without_summaries_has_an_empty_list(tmp_path: Path) -> None:
    with served(tmp_path / "store.sqlite", NOW, lambda *_: None) as client:
        assert get(client, "/api/v1/summaries") == {"summaries": [], "next": None}
