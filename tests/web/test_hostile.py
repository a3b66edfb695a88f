"""Names that mean harm, in every text that comes from outside, are words wherever they are shown."""

import csv
import io
import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote_plus

import pytest
from flask.testing import FlaskClient
from pypdf import PdfReader

from bench.wellformed import callback_bodies
from dashapp.app import PAGES, create_app
from dashapp.domain.ask import Grain
from dashapp.domain.vocabulary import Dim
from dashapp.metrics import METRICS
from dashapp.settings import Settings
from dashapp.web.desk import EXTENSION
from tests.hostile import HARM, IMAGE, harmful
from tests.stores import new_store
from tests.web.served import browser
from tests.web.whole import NOW

CALLBACKS = "/_dash-update-component"
FOREIGN = {"img", "script", "iframe", "svg", "object", "embed", "link", "meta", "base", "style", "textarea", "title"}
"""Elements that no answer has of its own, but the fields for notes."""
OURS = re.compile(r"<(?!/?b>|br>|/?extra>|/?i>|/?sup>)")
"""What Plotly takes for markup, but for what we put there."""
NOT_DRAWN = "meta"
"""The part of a figure that Plotly does not draw: what tables and links are made of, as text."""
SPLITS = ("category", "region", "team", "detector", "model_version", "media_type", "source", "provider", "platform")
ADDRESSES = (
    "",
    *(f"by={dim}" for dim in SPLITS),
    f"category={quote_plus(IMAGE + 'spam')}",
    "id=1",
    "board=creator",
    "q=R",
)
FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\0")


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    file = tmp_path_factory.mktemp("hostile") / "store.sqlite"
    settings = Settings(_env_file=None, database_url=f"sqlite:///{file}", time_zone="UTC", jobs=False)
    engine = new_store(settings)
    harmful(settings, engine, NOW)
    app = create_app(settings)
    held = app.server.extensions[EXTENSION]
    app.server.extensions[EXTENSION] = replace(held, clock=lambda: NOW)
    yield browser(app, settings)
    for one in (engine, held.reader, held.writer, held.store):
        one.dispose()


class Elements(HTMLParser):
    """What a browser makes of HTML, as far as it may do harm."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.harm: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        ways = [given.get(name) for name in ("href", "src", "action", "formaction")]
        if (
            tag in FOREIGN - ({"textarea"} if given.get("id") in ("note", "comment") else set())
            or any(
                name.startswith("on") or (name in ("src", "srcdoc", "style") and "evil" in (value or ""))
                for name, value in attributes
            )
            or "evil" in (given.get("class") or "")
            or not all(way is None or way.startswith(("/", "?", "#")) for way in ways)
            or any((way or "").startswith("//") for way in ways)
        ):
            self.harm.append(self.get_starttag_text() or tag)


def drawn(part: Any, key: str = "") -> Iterator[str]:
    """Every text of a figure that Plotly draws."""
    if key == NOT_DRAWN:
        return
    if isinstance(part, dict):
        for name, value in part.items():
            yield from drawn(value, name)
    elif isinstance(part, list | tuple):
        for one in part:
            yield from drawn(one)
    elif isinstance(part, str):
        yield part


def components(part: Any) -> Iterator[dict[str, Any]]:
    """Every component of a layout, as it is sent."""
    if isinstance(part, dict):
        if "props" in part and "type" in part:
            yield part
        for value in part.values():
            yield from components(value)
    elif isinstance(part, list):
        for one in part:
            yield from components(one)


def asked(client: FlaskClient, output: str, path: str, address: str) -> dict[str, Any]:
    bodies = callback_bodies(client.get("/_dash-dependencies").get_json())
    [body, *_] = [
        one
        for one in bodies
        if one["output"].startswith(output) and path in (one["inputs"][0]["value"], *(s["value"] for s in one["state"]))
    ]
    place = next(
        part for part in body["inputs"] if part["property"] == ("data" if output == "answer.data" else "search")
    )
    place["value"] = address
    return body


def answer(client: FlaskClient, path: str, address: str) -> dict[str, Any]:
    told = client.post(CALLBACKS, json=asked(client, "answer.data", path, address))
    assert told.status_code == 200
    found: dict[str, Any] = told.get_json()["response"]["answer"]["data"]
    return found


@pytest.mark.check(21)
@pytest.mark.parametrize("path", [page.path for page in PAGES if page.bar])
def test_what_a_page_is_filled_with_is_text(client: FlaskClient, path: str) -> None:
    shown = ""
    for address in ADDRESSES:
        told = answer(client, path, address)
        for place, text in told["parts"].items():
            assert Elements(text).harm == [], (address, place)
        for card, spec in told["charts"].items():
            figure = spec.get("figure")
            texts = list(drawn(figure)) if figure else [*drawn(spec)]
            assert [text for text in texts if OURS.search(text)] == [], (address, card)
        assert all(link.startswith("/") and not link.startswith("//") for link in told["links"].values())
        shown += json.dumps(told)
    assert "evil" in shown


@pytest.mark.check(5, 21, 22)
@pytest.mark.parametrize("path", [page.path for page in PAGES])
def test_what_a_page_is_laid_out_with_is_text_and_leads_nowhere_else(client: FlaskClient, path: str) -> None:
    for address in ("", *(f"?{address}" for address in ADDRESSES)):
        told = client.post(CALLBACKS, json=asked(client, ".._pages_content", path, address))
        assert told.status_code == 200
        layout = told.get_json()["response"]["_pages_content"]["children"]
        parts = list(components(layout))
        assert len(parts) > 10
        assert {part["type"] for part in parts} & {
            "Markdown",
            "DangerouslySetInnerHTML",
            "Iframe",
            "Script",
            "Img",
        } == set()
        ways = [part["props"][name] for part in parts for name in ("href", "src") if part["props"].get(name)]
        assert [way for way in ways if not re.match(r"[/?#](?!/)", way)] == []
        stored = next((part["props"].get("data") for part in parts if part["props"].get("id") == "answer"), None)
        for place, text in (stored or {"parts": {}})["parts"].items():
            assert Elements(text).harm == [], (address, place)


def cells(client: FlaskClient, address: str) -> list[str]:
    """The cells of a CSV file that are no numbers."""
    told = client.get(address)
    assert (told.status_code, told.mimetype) == (200, "text/csv"), told.text
    texts = [cell for row in csv.reader(io.StringIO(told.text, newline="")) for cell in row]
    return [cell for cell in texts if not re.fullmatch(r"-?\d+(\.\d+)?(e-?\d+)?", cell)]


OF_FIGURES = [
    f"/api/v1/metrics/{key}.csv?by={dim}&grain={Grain.WHOLE}"
    for key, metric in METRICS.items()
    for dim in (Dim.MODEL_VERSION, Dim.SOURCE, Dim.CATEGORY, Dim.CREATOR, Dim.ITEM_ID)
    if dim in metric.dims
]
OF_ROWS = [
    f"/{name}?since=2024-02-20&until=2024-03-29"
    for name in ("export/flags.csv", "api/v1/incidents.csv", "api/v1/annotations.csv")
]


@pytest.mark.check(26)
def test_no_cell_of_a_file_is_a_formula(client: FlaskClient) -> None:
    found = [cell for address in (*OF_FIGURES, *OF_ROWS) for cell in cells(client, address)]
    assert [cell for cell in found if cell.startswith(FORMULAS)] == []
    for harm in ("model_version", "source", "flag_id"):
        assert any(cell.startswith(f"'{HARM[harm]}") for cell in found), harm


@pytest.mark.check(26)
def test_no_cell_of_a_workbook_is_a_formula_or_a_link(client: FlaskClient) -> None:
    for address in ("/api/v1/metrics/flags.xlsx?by=model_version", OF_ROWS[0].replace("csv", "xlsx", 1)):
        told = client.get(address)
        assert told.status_code == 200
        with zipfile.ZipFile(io.BytesIO(told.data)) as book:
            sheets = "".join(book.read(name).decode() for name in book.namelist() if name.endswith(".xml"))
        assert "&apos;=cmd|" in sheets or "'=cmd|" in sheets
        assert not re.search(r"<f[ >]|<hyperlink|<t[^>]*>[=+@\t\r-]", sheets)


@pytest.mark.check(21, 23)
def test_a_summary_is_words_in_every_form(client: FlaskClient) -> None:
    [week] = {one["week"] for one in client.get("/api/v1/summaries").get_json()["summaries"]}
    html = client.get(f"/api/v1/summaries/{week}.html").text
    assert "evil" in html
    shown = Elements(re.sub(r"(?s)<style>.*?</style>", "", html))
    assert [one for one in shown.harm if "evil" in one or "alert" in one] == []
    markdown = client.get(f"/api/v1/summaries/{week}.md").text
    assert "evil" in markdown
    assert not re.search(r"(?<!\\)<[a-z]|(?<!\\)!?\[evil(?<!\\)\]\(|(?<!\\)\]\((javascript|https://evil)", markdown)
    pdf = PdfReader(io.BytesIO(client.get(f"/api/v1/summaries/{week}.pdf").data))
    links = [one.get_object() for page in pdf.pages for one in page.get("/Annots", ())]
    assert [link for link in links if "evil" in str(link) or "javascript" in str(link).lower()] == []
    assert "evil" in "".join(page.extract_text() for page in pdf.pages)
