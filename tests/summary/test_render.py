"""What a summary holds as Markdown, as text, as a page and as PDF."""

import io
import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
from markdown_it import MarkdownIt
from pypdf import PdfReader

from dashapp.store.summaries import Kept
from dashapp.summary import render
from dashapp.summary.document import Document
from dashapp.summary.drawing import Drawing
from dashapp.summary.fact import Fact, Facts
from dashapp.summary.inert import escaped
from dashapp.summary.text import Line, Section, kept

MADE = datetime(2024, 3, 25, 6, tzinfo=UTC)
FACTS = Facts.of(
    [
        Fact("week", "ISO week", "2024-W12", "2024-W12"),
        Fact("week.zone", "zone of the days", "Europe/Berlin", "Europe/Berlin"),
        Fact("flags", "Flags", 3398, "3,398", "flags", 3398, "rose", metric="flags",
             query="since=2024-03-18&until=2024-03-24&category=spam"),
        Fact("flags.before", "Flags, same days of the week before", 3142, "3,142", "flags"),
        Fact("flags.change", "Flags, change", 8.1, "+8.1 %", "%"),
        Fact("sla_breach_rate", "SLA breach rate", 17.2, "17.2 %", "%", 737, "rose", "worse", provisional=True),
        Fact("sla_breach_rate.n", "SLA breach rate, cases", 737, "n 737"),
        Fact("sla_breach_rate.before", "SLA breach rate, same days of the week before", 15.8, "15.8 %", "%"),
        Fact("sla_breach_rate.change", "SLA breach rate, change", 1.4, "+1.4 pt", "pt", verdict="worse"),
        Fact("sla_breach_rate.alert", "SLA breach rate, alert", 15, "15 %", "%"),
        Fact("reports", "Reports", None, "no data", "reports", 0),
    ]
)  # fmt: skip
TEXT = (
    Section("Week {{week}}", (Line("Figures of {{week.zone}}."),)),
    Section("Top risks", (Line("Late: {{sla_breach_rate|pct}}, {{sla_breach_rate|direction}}.", item=True),)),
    Section("The week in figures", (Line("Flags: {{flags}}.", item=True),)),
)
ONLY = Facts.of([Fact("week.filters", "filters", "category Spam", "category Spam")])
TITLE = (Section("Week 2024-W12", ()),)
DRAWING = Drawing("Flags", "By day.", "<svg xmlns='http://www.w3.org/2000/svg'><text>a</text></svg>", [["Day"], ["1"]])
HARMFUL = [
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "![picture](https://example.org/a.png) [link](javascript:alert(1))",
    "https://example.org www.example.org a@example.org <https://example.org>",
    "# heading\n- item\n1. item\n> quote\n***\n| a | b |\n| --- | --- |\n| c | d |\n\n    code\n```\nfence",
    "heading\n===\nother\n---\n[a]: https://example.org\n[a]",
    "&lt;img src=x&gt; {{flags}} {% raw %} `code` _em_ **strong** ~~gone~~",
]


def document(words: tuple[Section, ...] = TEXT, facts: Facts = FACTS, **values: Any) -> Document:
    given = {"comment": None} | values
    made = Kept(
        week="2024-W12",
        made_at=MADE,
        made_by="job",
        as_of=date(2024, 3, 24),
        complete=7,
        facts=json.dumps(facts.rows()),
        text=kept(words),
        author="template",
        reason="there is no key",
        version=2,
    )
    return Document.of(replace(made, **given))


class Elements(HTMLParser):
    """The elements of a page, and the addresses in it."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.addresses: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href", "action", "srcset")]
        assert not [name for name, _ in attrs if name.startswith("on")]


def words_of(made: bytes) -> str:
    """The text of a PDF, with one space where there is any."""
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(made)).pages).split())


def test_markdown_says_how_the_summary_came_about_and_what_it_holds() -> None:
    assert render.markdown(document()) == (
        "# Week 2024-W12\n\n"
        "Version 2, made by the weekly job at 07:00, 25 Mar 2024 (Europe/Berlin). Written from a template, without a "
        "model (there is no key). Data to 24 Mar 2024. Figures marked ᵖ are provisional: they may still change. "
        "Not approved.\n\n"
        "Figures of Europe/Berlin.\n\n"
        "## Top risks\n\n"
        "- Late: 17.2 %ᵖ, rose.\n\n"
        "## The week in figures\n\n"
        "| Figure | Value | n | Week before | Change | Settled | Measured over |\n"
        "| --- | --- | --- | --- | --- | --- | --- |\n"
        "| Flags | 3,398 |  | 3,142 | +8.1 % | settled | 18 Mar to 24 Mar 2024 |\n"
        "| SLA breach rate | 17.2 %ᵖ | 737 | 15.8 % | +1.4 pt, worse | may still change |  |\n\n"
        "No data: Reports.\n\n"
        "Judged by: SLA breach rate, alert 15 %.\n"
    )


def test_a_message_has_the_words_without_marks_of_markdown() -> None:
    state = """Version 2, made by the weekly job at 07:00, 25 Mar 2024 (Europe/Berlin).
Written from a template, without a model (there is no key).
Data to 24 Mar 2024.
Figures marked ᵖ are provisional: they may still change.
Not approved."""
    assert render.plain(document(comment="Looks *fine*.\nMind the 1. day.")).split("\n\n") == [
        "Week 2024-W12",
        state,
        "Comment:",
        "> Looks *fine*.\n> Mind the 1. day.",
        "Figures of Europe/Berlin.",
        "Top risks",
        "- Late: 17.2 %ᵖ, rose.",
        "The week in figures",
        "- Flags: 3,398.\n",
    ]


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"complete": 6}, "Incomplete: 6 of 7 days of the week, so all of it is provisional."),
        ({"facts": ONLY}, "Only of category Spam."),
        ({"author": "model", "reason": "claude-sonnet-5-5"}, "a language model, which chose the words: every figure"),
        ({"as_of": None}, "There were no data."),
        ({"approved_at": MADE + timedelta(hours=3), "approved_by": "page"}, "Approved on the page at 10:00, 25 Mar"),
        ({"superseded_at": MADE + timedelta(days=1), "superseded": '["flags", "gone"]'},
         "Superseded since 07:00, 26 Mar 2024 (Europe/Berlin): settled at other values since: Flags."),
    ],
)  # fmt: skip
def test_each_form_says_what_became_of_the_summary(values: dict[str, Any], sentence: str) -> None:
    shown = document(TITLE, **values)
    page = render.html(shown, [])
    for told in (render.markdown(shown), render.plain(shown), page, words_of(render.pdf(shown, []))):
        assert sentence in told.replace("\\", "")


@pytest.mark.check(21, 23)
@pytest.mark.parametrize("words", HARMFUL, ids=range(len(HARMFUL)))
def test_words_make_nothing_of_themselves_in_markdown(words: str) -> None:
    made = MarkdownIt("gfm-like", {"linkify": False}).render(escaped(words))
    assert set(re.findall(r"<(\w+)", made)) <= {"p"}
    assert re.sub(r"\s+", " ", plain_of(made)) == re.sub(r"\s+", " ", words).strip()


def plain_of(page: str) -> str:
    """The text of HTML."""
    found: list[str] = []
    parser = HTMLParser()
    parser.handle_data = found.append  # type: ignore[method-assign] # the shortest parser there is
    parser.feed(page)
    return "".join(found).strip()


@pytest.mark.check(21, 23)
@pytest.mark.parametrize("words", HARMFUL, ids=range(len(HARMFUL)))
def test_a_comment_and_names_are_words_in_every_form(words: str) -> None:
    named = Facts.of([*FACTS.known.values(), Fact("flags.x", words, 1, words, "flags")])
    shown = document((*TEXT, Section(words.replace("{{flags}}", ""), (Line("{{flags.x}}"),))), named, comment=words)
    page, plain = render.html(shown, [DRAWING]), render.html(document(comment="-"), [DRAWING])
    elements, usual = Elements(page), Elements(plain)
    assert set(elements.names) <= set(usual.names)
    assert all(address.startswith("data:image/svg+xml;base64,") for address in elements.addresses)
    assert "script" not in elements.names
    made = MarkdownIt("gfm-like", {"linkify": False}).render(render.markdown(shown))
    assert set(re.findall(r"<(\w+)", made)) <= {
        "h1", "h2", "p", "ul", "li", "blockquote", "table", "thead", "tbody", "tr", "th", "td",
    }  # fmt: skip
    assert "alert(1)" not in words or "alert(1)" in words_of(render.pdf(shown, []))


def test_the_page_holds_all_it_needs() -> None:
    page = render.html(document(), [DRAWING])
    assert '<b>17.2 %</b><sup title="may still change">p</sup>' in page
    assert 'alt="Flags. By day."' in page
    assert "default-src 'none'" in page
    assert re.findall(r"url\((?!data:)", page) == []


def test_a_pdf_holds_text_figures_and_charts() -> None:
    told = words_of(render.pdf(document(comment="Two cases were staff tests."), [DRAWING]))
    for words in ("Week 2024-W12", "Two cases were staff tests.", "Late: 17.2 %", "3,398", "By day."):
        assert words in told


@pytest.mark.check(21, 23)
def test_a_pdf_asks_nobody_for_anything(tmp_path: Any, caplog: pytest.LogCaptureFixture) -> None:
    secret = tmp_path / "secret.svg"
    secret.write_text("<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'><text>hidden words</text></svg>")
    drawn = f"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'><image href='{secret.as_uri()}'/></svg>"
    assert "hidden words" not in words_of(render.pdf(document(), [replace(DRAWING, svg=drawn)]))
    assert "disallowed protocol" in caplog.text


def test_a_summary_that_was_kept_without_facts_keeps_its_list_of_figures() -> None:
    words = (Section("Week 2024-W12", ()), Section("The week in figures", (Line("Flags: 3.", item=True),)))
    told = render.markdown(document(words, Facts()))
    assert told.endswith("Not approved.\n\n## The week in figures\n\n- Flags: 3.\n")
