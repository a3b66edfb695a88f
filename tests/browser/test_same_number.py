"""One number taken at random is the same on the page, in its CSV, in its workbook and from the API."""

import csv
import io
import re
import zipfile
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree as ET

from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from dashapp.domain.vocabulary import label
from dashapp.metrics import METRICS, Unit
from dashapp.web import words
from tests.browser.conftest import NewScreen
from tests.browser.screen import Screen

CARDS = {
    "/volume": ("flags-bars-category", "escalation_rate-lines", "flags-totals-severity", "flags-totals-routing"),
    "/classifier": ("score_mean-lines", "score_mean-totals-severity"),
    "/reports": ("time_to_decision_p50-lines", "time_to_decision_p50_censored-totals-violation"),
    "/queue": ("backlog-bars-severity", "inflow-lines", "sla_breach_rate_reviewed-lines"),
}
"""Cards whose figures have one metric, or one first."""

VALUES = {
    "category": ("spam", "fraud", "harassment"),
    "severity": ("low", "high", "critical"),
    "region": ("EMEA", "AMER"),
    "routing": ("human_review",),
}

CELL = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


@st.composite
def questions(draw: st.DrawFn) -> tuple[str, str, str]:
    """A page, one of its cards, and a query."""
    path = draw(st.sampled_from(sorted(CARDS)))
    card = draw(st.sampled_from(CARDS[path]))
    query = {"range": draw(st.sampled_from(["14d", "30d", "60d"])), "grain": draw(st.sampled_from(["day", "week"]))}
    dims = draw(st.lists(st.sampled_from(sorted(VALUES)), max_size=2, unique=True))
    query |= {dim: draw(st.sampled_from(VALUES[dim])) for dim in dims}
    return path, card, urlencode(query)


def sheet(content: bytes) -> list[list[str]]:
    """The cells of a workbook's one sheet as text, dates as spreadsheets hold them: days since 1899-12-30."""
    book = zipfile.ZipFile(io.BytesIO(content))
    strings = (
        [node.text or "" for node in ET.fromstring(book.read("xl/sharedStrings.xml")).iter(f"{CELL}t")]
        if ("xl/sharedStrings.xml" in book.namelist())
        else []
    )
    rows = []
    for row in ET.fromstring(book.read("xl/worksheets/sheet1.xml")).iter(f"{CELL}row"):
        cells: dict[str, str] = {}
        for cell in row.iter(f"{CELL}c"):
            text = next((node.text or "" for node in cell.iter() if node.tag in (f"{CELL}v", f"{CELL}t")), "")
            column = re.sub(r"\d", "", cell.get("r", ""))
            cells[column] = strings[int(text)] if cell.get("t") == "s" else text
        rows.append([cells.get(letter, "") for letter in "ABCDEFGH"])
    return rows


def shown(screen: Screen, card: str) -> dict[tuple[str, str], str]:
    """The numbers of a card's table by row and column heading."""
    screen.turn(card)
    screen.card(card).locator("table").wait_for()
    head, *rows = screen.table(card)
    return {
        (row[0].split(" to ")[0], name): cell
        for row in rows
        for name, cell in zip(head[1:], row[1:], strict=True)
        if name != "n"
    }


def column(title: str, groups: list[str]) -> str:
    """The heading under which a point's group stands."""
    return " · ".join(label(group) for group in groups) or title


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(question=questions())
def test_a_number_is_the_same_on_page_csv_xlsx_and_api(
    question: tuple[str, str, str], screen_of: NewScreen, site: str
) -> None:
    path, card, query = question
    screen = screen_of(site).open(f"{path}?{query}")
    if "message" in (screen.card(card).locator(".body").get_attribute("class") or ""):
        reject()  # these filters leave nothing to show
    metric = METRICS[card.split("-")[0]]
    href = screen.card(card).locator(f"a[href*='/{metric.key}.csv']").first.get_attribute("href") or ""
    get = screen.page.request.get
    answer: Any = get(site + href.replace(".csv?", ".json?")).json()
    file = list(csv.DictReader(io.StringIO(get(site + href).text())))
    names, *cells = sheet(get(site + href.replace(".csv?", ".xlsx?")).body())
    numbers = shown(screen, card)
    across = "-totals-" in card

    compared = 0
    for point, line, row in zip(answer["points"], file, cells, strict=True):
        value = point["value"]
        assert line["value"] == ("" if value is None else repr(value))
        assert row[names.index("value")] in (
            "",
            *([] if value is None else [f"{value:.16G}", f"{value:.16g}", repr(value)]),
        )
        key = (
            (label(point["groups"][0]), metric.title)
            if across
            else (point["bucket"], column(metric.title, point["groups"]))
        )
        if key in numbers:
            assert numbers[key].removesuffix(" *") == words.number(value, Unit(metric.unit))
            compared += 1
    assert compared
