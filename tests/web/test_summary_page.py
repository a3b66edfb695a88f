"""The page of a week's summary, and what its readers do there."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from dash import Dash
from sqlalchemy import Engine

from dashapp.app import PAGES, create_app
from dashapp.domain.access import ROLES, Role
from dashapp.domain.messages import FlagRow
from dashapp.metrics import METRICS, Desk
from dashapp.settings import Settings
from dashapp.store import writes
from dashapp.store.deliveries import Edition, Recipient, claim, due, enqueue, note_failed, note_sent
from dashapp.store.engine import reader_engine
from dashapp.store.orders import end_order, get_order, newest_order, note_step, open_orders, put_order
from dashapp.store.rollup import rollup
from dashapp.store.summaries import Draft, Kept, archive, get_summary, put_summary, supersede
from dashapp.store.trail import changes_of
from dashapp.store.version import versions
from dashapp.summary.fact import Fact, Facts
from dashapp.summary.figures import FIGURES, MOMENTS, QUALITY
from dashapp.summary.text import pieces
from dashapp.summary.weekly import Order, summarise
from dashapp.web import scenes
from dashapp.web.cards import content
from dashapp.web.cards.summary import split
from dashapp.web.chosen import filters_in, link
from dashapp.web.desk import EXTENSION, Services, policy_of
from dashapp.web.markup import markup
from dashapp.web.page import Chart, Page
from dashapp.web.places import PLACES, definition_of, place_of
from dashapp.web.shared import CALLBACKS
from dashapp.web.summing import CHANGED, FULL, MOST_COMMENT, MOST_OPEN, NO_COMMENT
from pages.summary import PAGE
from tests.web.served import browser

NOW = datetime(2024, 3, 26, 9, tzinfo=UTC)
FIRST = date(2024, 3, 4)
HARMFUL = "<img src=x onerror=alert(1)> **bold** [link](javascript:alert(1))"


@dataclass
class Site:
    """The app over three weeks of flags, and its clock."""

    app: Dash
    reader: Engine
    writer: Engine
    settings: Settings

    def make(self, week: str = "2024-W12", filters: str = "", now: datetime = NOW) -> Kept:
        order = Order(week, filters, offline=True)
        return summarise(self.reader, self.writer, self.settings, now, order)

    def page(self, address: str = "") -> Page:
        with self.reader.connect() as connection:
            seen = scenes.scene(Desk(connection, NOW, policy_of(self.settings)), address, PAGE)
            assert PAGE.about is not None
            with self.app.server.app_context():
                return PAGE.about(seen, PAGE)

    def card(self, chart: Chart, address: str = "", role: Role = Role.LEAD) -> str:
        """A card as HTML."""
        with self.reader.connect() as connection:
            desk = Desk(connection, NOW, policy_of(self.settings), permissions=ROLES[role])
            seen = scenes.scene(desk, address, PAGE)
            [card] = [card for card in PAGE.cards if card.chart is chart]
            made = content(seen, card)
            return markup([made.head, made.written])

    def say(self, **fields: Any) -> Any:
        """What the page shows after a form was sent."""
        return self._ask("saying", {"address": "", "at": 1, **fields})["answer"]["data"]

    def follow(self, number: int) -> Any:
        """What the page is told about an order."""
        return self._ask("order", {"number": str(number), "at": 1})["ordered"]["data"]

    def _ask(self, store: str, value: Any) -> Any:
        """What the app answers to the browser when a store gets a value."""
        client = browser(self.app, self.settings)
        bound = client.get("/_dash-dependencies").get_json()
        [known] = [one for one in bound if one["inputs"] == [{"id": store, "property": "data"}]]
        name, place = known["output"].rsplit(".", 1)
        body = {
            "output": known["output"],
            "outputs": {"id": name, "property": place},
            "inputs": [{"id": store, "property": "data", "value": value}],
            "state": [{**one, "value": PAGE.path} for one in known["state"]],
            "changedPropIds": [f"{store}.data"],
        }
        answer = client.post(CALLBACKS, json=body)
        assert answer.status_code == 200, answer.text
        return answer.get_json()["response"]

    def edit(self, kept: Kept, does: str, comment: str, before: str = "") -> Any:
        named = {"week": kept.week, "version": str(kept.version)}
        return self.say(do=does, comment=comment, before=before, **named)

    def kept(self, version: int = 1) -> Kept:
        with self.reader.connect() as connection:
            found = get_summary(connection, "2024-W12", version)
        assert found is not None
        return found


def flags(days: int, count: int, **fields: Any) -> list[FlagRow]:
    case = {"category": "spam", "severity": "high", "routing": "human_review", "hours_to_decision": 1.0, "score": 0.9}
    name = fields.get("category", "")
    return [
        FlagRow.model_validate({"flag_id": f"{name}{day}-{n}", "flagged_day": FIRST + timedelta(day), **case, **fields})
        for day in range(days)
        for n in range(count)
    ]


@pytest.fixture
def site(settings: Settings, writer: Engine) -> Iterator[Site]:
    app = create_app(settings)
    reader = reader_engine(settings.database_url, settings.read_seconds)
    app.server.extensions[EXTENSION] = Services(settings, reader, lambda: NOW, writer)
    yield Site(app, reader, writer, settings)
    reader.dispose()


@pytest.fixture
def filled(site: Site) -> Site:
    """Three weeks of ten flags a day, which end on 24 March."""
    put(site, flags(21, 10))
    return site


def put(site: Site, rows: list[FlagRow]) -> None:
    with site.writer.begin() as connection:
        writes.put_origin(connection, "ops", "import", NOW)
        writes.put_flags(connection, [writes.flag_row("ops", row, site.settings.zone) for row in rows])
        writes.put_coverage(connection, "ops", sorted({row.flagged_day for row in rows if row.flagged_day}))
        rollup(connection, site.settings.sla)


def test_every_metric_of_a_summary_leads_to_a_page_that_shows_it() -> None:
    shown = {
        f"{page.path}#{part}"
        for page in PAGES
        for part in [*(f"tile-{key}" for key in page.tiles), *(f"card-{card.id}" for card in page.cards)]
    }
    assert set(PLACES.values()) <= shown
    assert {*FIGURES, *QUALITY, *MOMENTS} - set(PLACES) == {"time_to_decision_p99_censored"}  # which no page shows
    assert set(PLACES) <= set(METRICS)


def test_a_figure_leads_to_its_chart_under_its_days_and_filters() -> None:
    query = "since=2024-03-18&until=2024-03-24&category=spam"
    assert place_of(Fact("flags", "Flags", 1, "1", metric="flags", query=query)) == (
        f"/volume?{query}#card-flags-bars-category"
    )
    assert place_of(Fact("attacks", "Known attacks", 1, "1", query=query)) == f"/attacks?{query}"
    assert place_of(Fact("limits.risks", "most risks told of", 3, "3")) is None
    assert place_of(Fact("flags", "Flags", 1, "1", metric="flags", query="javascript:alert(1)")) == (
        "/volume#card-flags-bars-category"
    )


@pytest.mark.parametrize(
    ("key", "metric", "address"),
    [
        (
            "time_to_decision_p99_censored",
            "time_to_decision_p99_censored",
            "/definitions#time_to_decision_p99_censored",
        ),
        ("sla_breach_rate.alert", None, "/definitions#sla_breach_rate"),
        ("sla.critical", None, "/definitions#sla_breach_rate"),
        ("staffing.capacity", None, "/definitions#utilisation"),
        ("flags.spam", "flags", "/definitions#flags"),
        ("limits.risks", None, None),
        ("week", None, None),
    ],
)
def test_a_figure_leads_to_what_it_counts(key: str, metric: str | None, address: str | None) -> None:
    assert definition_of(Fact(key, "A", 1, "1", metric=metric)) == address


def test_a_threshold_in_the_text_leads_to_the_definition_of_its_metric(filled: Site) -> None:
    put(filled, flags(21, 10, category="fraud", hours_to_decision=200.0))
    filled.make()
    shown = filled.card(Chart.DOCUMENT)
    row = shown[shown.index('data-fact="sla_breach_rate.alert"') :]
    assert 'href="/definitions#sla_breach_rate"' in row[: row.index("</tr>")]


def test_words_and_figures_stand_in_the_sentence_they_belong_to() -> None:
    facts = Facts.of([Fact("a", "A", 1.5, "1.5"), Fact("b", "B", 2, "2")])
    found = split(pieces("First {{a}} here. Second; then {{b}}. Last.", facts))
    assert [[piece if isinstance(piece, str) else piece.key for piece in sentence] for sentence in found] == [
        ["First ", "a", " here."],
        ["Second;"],
        ["then ", "b", "."],
        ["Last."],
    ]


def test_a_sentence_names_the_figures_in_it_and_each_has_a_row(filled: Site) -> None:
    put(filled, [row for row in flags(21, 40, category="fraud") if row.flagged_day and row.flagged_day.day >= 18])
    filled.make()
    shown = filled.card(Chart.DOCUMENT)
    assert 'class="sentence" tabindex="0" data-facts="flags.fraud"' in shown
    row = shown[shown.index('data-fact="flags.fraud"') :]
    for words in ("Flags, Fraud", "Flags raised, by the day they were raised.", "280", "18 Mar to 24 Mar 2024"):
        assert words in row[: row.index("</tr>")]
    assert "/volume?since=2024-03-18&amp;until=2024-03-24&amp;category=fraud#card-flags-bars-category" in shown
    assert 'href="/definitions#flags"' in shown


def test_the_document_says_who_wrote_it_and_why_and_can_be_had_as_files(filled: Site) -> None:
    filled.make()
    shown = filled.card(Chart.DOCUMENT)
    assert "Written from a template, without a model (asked for)." in shown
    assert "Not approved." in shown
    for ending in ("pdf", "md", "html", "json"):
        assert f'href="/api/v1/summaries/2024-W12.{ending}?version=1"' in shown


def test_what_a_model_took_is_told(filled: Site) -> None:
    kept = filled.make()
    took = {"model": "claude-x", "attempts": 1, "request_ids": ["req_1"], "tokens_in": 3210, "tokens_out": 700,
            "seconds": 4.2, "cost": 0.01234}  # fmt: skip
    with filled.writer.begin() as connection:
        connection.exec_driver_sql("UPDATE summary SET usage = ?, author = 'model'", (json.dumps(took),))
    told = "claude-x, 3,210 tokens in, 700 out, 4.2 s, 0.0123 US dollars"
    assert f"The model took: {told}." in filled.card(Chart.DOCUMENT)
    assert told in filled.card(Chart.VERSIONS)
    assert kept.usage is None


def test_a_summary_that_is_incomplete_or_superseded_says_so_first(filled: Site) -> None:
    kept = filled.make()
    with filled.writer.begin() as connection:
        supersede(connection, kept, ["flags"], NOW)
    assert "Superseded since 09:00, 26 Mar 2024 (UTC): settled at other values since: Flags." in filled.card(
        Chart.DOCUMENT
    )
    put(filled, flags(23, 1, category="fraud"))
    filled.make("2024-W13")
    assert "Incomplete: 2 of 7 days" not in filled.card(Chart.DOCUMENT, "week=2024-W12")
    assert "Incomplete: 1 of 7 days of the week, so all of it is provisional." in filled.card(
        Chart.DOCUMENT, "week=2024-W13"
    )


def test_the_charts_are_of_the_four_weeks_up_to_the_week(filled: Site) -> None:
    filled.make(filters="category=spam")
    cards = {card.id for card in filled.page("week=2024-W12").cards}
    assert {"flags-bars-category", "sla_breach_rate-lines", "score_mean-lines", "backlog-lines"} <= cards
    with filled.reader.connect() as connection:
        seen = scenes.scene(Desk(connection, NOW, policy_of(filled.settings)), "week=2024-W12&version=1", PAGE)
    assert seen.view.query() == "since=2024-02-26&until=2024-03-24&category=spam"


def test_what_changed_has_what_was_told_of_the_week_before_and_what_is_known_of_it_now(filled: Site) -> None:
    filled.make("2024-W11")
    put(filled, [row for row in flags(14, 1, category="fraud") if row.flagged_day and row.flagged_day.day == 17])
    filled.make("2024-W12")
    shown = filled.card(Chart.SINCE)
    assert shown.index("As told then") < shown.index("Week before")
    row = '<td >Flags</td><td >70</td><td >71</td><td ><b >70</b></td><td ><span class="flat" >fell -1.4 %</span></td>'
    assert row in shown


def test_without_a_summary_of_the_week_before_the_page_says_so(filled: Site) -> None:
    filled.make()
    assert "No summary of 2024-W11 was made." in filled.card(Chart.SINCE)


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("week=2024-W10", "There is no summary of 2024-W10."),
        ("week=2024-W12&version=9", "There is no version 9 of the summary of 2024-W12."),
        ("week=nonsense", "There is no such summary: 'nonsense' is not an ISO week such as 2024-W12."),
    ],
)
def test_an_address_without_a_summary_says_so(filled: Site, address: str, why: str) -> None:
    filled.make()
    page = filled.page(address)
    assert page.question == why
    assert [card.chart for card in page.cards] == [Chart.VERSIONS, Chart.ORDER]
    assert why.replace("'", "&#39;") in filled.card(Chart.DOCUMENT, address)


def test_before_the_first_summary_the_page_offers_to_make_one(site: Site) -> None:
    assert site.page().question == (
        "No summary has been made yet. The next is made at 06:00, 1 Apr, once a week; you can have one made now."
    )
    assert "Generate now" in site.card(Chart.ORDER)
    assert "None yet." in site.card(Chart.VERSIONS)


def test_all_versions_are_listed_with_what_they_are_of(filled: Site) -> None:
    filled.make()
    filled.make(filters="category=spam")
    shown = filled.card(Chart.VERSIONS, "category=fraud&week=2024-W12&version=2")
    assert shown.index("2024-W12, version 2") < shown.index("2024-W12, version 1")
    assert "category Spam" in shown
    assert 'href="/summary?week=2024-W12&amp;version=1&amp;category=fraud"' in shown
    assert shown.count('aria-current="true"') == 1


def test_a_comment_and_an_approval_are_kept_and_in_the_trail(filled: Site) -> None:
    kept = filled.make()
    with filled.reader.connect() as connection:
        before = versions(connection).notes
    shown = filled.edit(kept, "comment", f"  {HARMFUL}\r\nand more ")
    assert (shown["said"], shown["taken"]) == ("", True)
    assert filled.kept().comment == f"{HARMFUL}\nand more"
    part = shown["parts"]["card-document-content"]
    assert "&lt;img src=x onerror=alert(1)&gt; **bold** [link](javascript:alert(1))" in part
    assert "<img" not in part
    filled.edit(kept, "approve", filled.kept().comment or "", filled.kept().comment or "")
    assert (filled.kept().approved_by, filled.kept().approved_at) == ("page", NOW)
    with filled.reader.connect() as connection:
        assert versions(connection).notes > before
        assert [change.action for change in changes_of(connection, "summary 2024-W12 1")] == ["approved", "commented"]
    assert "approved" in filled.card(Chart.SAID)
    assert "&lt;img" in filled.card(Chart.SAID)


def test_what_is_approved_is_what_stands_in_the_form(filled: Site) -> None:
    kept = filled.make()
    filled.edit(kept, "approve", "Seen.")
    assert (filled.kept().comment, filled.kept().approved_by) == ("Seen.", "page")


def test_a_later_comment_takes_the_approval_back(filled: Site) -> None:
    kept = filled.make()
    filled.edit(kept, "approve", "")
    filled.edit(kept, "comment", "Wait.")
    assert (filled.kept().comment, filled.kept().approved_at) == ("Wait.", None)


def test_of_two_comments_at_once_the_second_is_refused(filled: Site) -> None:
    kept = filled.make()
    filled.edit(kept, "comment", "first")
    assert filled.edit(kept, "approve", "second")["said"] == CHANGED
    assert (filled.kept().comment, filled.kept().approved_at) == ("first", None)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"do": "comment", "comment": "x" * (MOST_COMMENT + 1)}, NO_COMMENT),
        ({"do": "comment", "comment": "a\x00b"}, NO_COMMENT),
        ({"do": "comment", "comment": "a\u202eb"}, NO_COMMENT),
        ({"do": "delete"}, "That is nothing to be done about a summary."),
        ({"do": "approve", "version": "7"}, "That is nothing to be done about a summary."),
        ({"do": "approve", "version": "1 OR 1=1"}, "That is nothing to be done about a summary."),
        ({"do": "comment", "week": "a\x00"}, "'a\\x00' is not an ISO week such as 2024-W12"),
        ({"do": "order", "week": "2024-W99"}, "'2024-W99' is not an ISO week such as 2024-W12"),
        ({"do": "order", "week": "2024-W14"}, "No day of 2024-W14 is over yet"),
        ({"do": "order", "week": "9999-W52"}, "No day of 9999-W52 is over yet"),
        ({"do": "order", "week": "0001-W01"}, "0001-W01 is before the data begin, on 4 Mar 2024"),
        ({"do": "order", "week": "", "filters": "creator=u1"}, "The filters cannot be read: creator: a summary is not"),
        (
            {"do": "order", "filters": "&".join(f"category={place:0150}" for place in range(15))},
            "The filters are longer than 2000 characters",
        ),
    ],
)
def test_what_cannot_be_done_is_refused_in_words(filled: Site, fields: dict[str, str], said: str) -> None:
    filled.make()
    shown = filled.say(**{"week": "2024-W12", "version": "1", "comment": "", "before": "", **fields})
    assert shown["said"].startswith(said)
    assert shown["taken"] is False
    assert (filled.kept().comment, filled.kept().approved_at) == (None, None)


def test_an_order_is_put_and_followed_until_it_is_made(filled: Site) -> None:
    shown = filled.say(do="order", week="2024-W11", filters="category=spam")
    assert 'data-order="1"' in shown["parts"]["card-order-content"]
    assert "Waiting for the job that makes summaries." in shown["parts"]["card-order-content"]
    with filled.writer.begin() as connection:
        wanted = get_order(connection, 1)
        assert wanted is not None
        assert (wanted.week, wanted.filters, wanted.asked_by) == ("2024-W11", "category=spam", "page")
        note_step(connection, 1, "measuring")
    assert filled.follow(1) == {"told": "Being made: measuring…", "ended": False, "href": None}
    with filled.writer.begin() as connection:
        end_order(connection, 1, NOW, ("2024-W11", 3))
    assert filled.follow(1) == {"told": "Made.", "ended": True, "href": "/summary?week=2024-W11&version=3"}


def test_the_same_in_other_words_is_one_order(filled: Site) -> None:
    for filters in ("category=spam", "?range=7d&category=spam", "&".join(["category=spam"] * 300)):
        assert filled.say(do="order", week="2024-W11", filters=filters)["said"] == ""
    with filled.writer.connect() as connection:
        assert open_orders(connection) == 1
        assert get_order(connection, 1) == newest_order(connection)


def test_an_order_that_failed_says_why(filled: Site) -> None:
    with filled.writer.begin() as connection:
        put_order(connection, None, "", "page", NOW)
        end_order(connection, 1, NOW, None, "no day of 2024-W14 is over yet")
    told = "No summary was made: no day of 2024-W14 is over yet."
    assert filled.follow(1) == {"told": told, "ended": True, "href": None}
    assert filled.follow(99)["told"] == "There is no such order any more."


def test_orders_beyond_what_may_wait_are_refused(filled: Site) -> None:
    with filled.writer.begin() as connection:
        for place in range(MOST_OPEN):
            put_order(connection, f"20{place:02}-W01", "", "api", NOW)
    assert filled.say(do="order", week="")["said"] == FULL


def test_the_weeks_to_choose_are_those_that_something_is_known_of(filled: Site) -> None:
    shown = filled.card(Chart.ORDER)
    assert "last complete (2024-W12)" in shown
    for week, there in (("2024-W13", True), ("2024-W10", True), ("2024-W09", False), ("2024-W14", False)):
        assert (f'value="{week}"' in shown) is there


def test_the_filters_of_the_address_are_those_of_the_next_summary(filled: Site) -> None:
    assert filters_in("?week=2024-W12&category=spam&creator=u1&range=7d") == "category=spam"
    assert link("2024-W12", 2, "category=spam") == "/summary?week=2024-W12&version=2&category=spam"
    shown = filled.card(Chart.ORDER, "category=spam")
    assert 'value="category=spam"' in shown
    assert "Only of category Spam, as the address says." in shown


@pytest.mark.parametrize("address", ["scope=single", "event=created", "reviewer=r1", "platform=Example"])
def test_filters_that_no_summary_is_kept_by_leave_the_page_whole(filled: Site, address: str) -> None:
    filled.make()
    assert filters_in(f"{address}&category=spam") == "category=spam"
    shown = filled.say(do="comment", week="2024-W12", version="1", comment="Seen.", before="", address=address)
    assert (shown["said"], shown["taken"]) == ("", True)
    assert "as the address says" not in shown["parts"]["card-order-content"]


def test_filters_that_are_too_long_for_a_summary_are_said(filled: Site) -> None:
    address = "&".join(f"category={place:0150}" for place in range(15))
    assert "None can be made as the address says: the filters are longer than 2000 characters." in filled.card(
        Chart.ORDER, address
    )


def test_the_archive_is_read_without_the_texts(filled: Site) -> None:
    filled.make()
    with filled.reader.connect() as connection:
        [one] = archive(connection, 2)
    assert (one.week, one.version, one.complete) == ("2024-W12", 1, 7)
    assert not hasattr(one, "facts")


def test_of_many_summaries_the_newest_are_listed_and_any_is_shown(filled: Site) -> None:
    kept = filled.make("2024-W11")
    with filled.writer.begin() as connection:
        for _ in range(101):
            put_summary(connection, Draft(**{one.name: getattr(kept, one.name) for one in fields(Draft)}))
    shown = filled.card(Chart.VERSIONS)
    assert "the newest 100" in shown
    assert ("2024-W11, version 102<" in shown, "2024-W11, version 2<" in shown) == (True, False)
    assert "Version 2, made" in filled.card(Chart.DOCUMENT, "week=2024-W11&version=2")


def test_where_a_version_went_is_listed_with_what_went_wrong(filled: Site) -> None:
    kept = filled.make()
    assert "This version has not been sent anywhere." in filled.card(Chart.SENT)
    to = [Recipient("mail", "a", "l…@example.org"), Recipient("mail", "b", "o…@example.org")]
    with filled.writer.begin() as connection:
        enqueue(connection, Edition(kept.week, kept.version), to, NOW)
        for one in due(connection, NOW):
            claim(connection, one, NOW)
            if one.digest == "a":
                note_sent(connection, one, NOW)
            else:
                note_failed(connection, one, NOW, "<b>the server is busy</b>")
    shown = filled.card(Chart.SENT)
    for words in ("l…@example.org", "sent 09:00, 26 Mar", "due 09:01, 26 Mar", "&lt;b&gt;the server is busy&lt;/b&gt;"):
        assert words in shown


def test_a_summary_under_filters_says_that_it_is_not_sent(filled: Site) -> None:
    filled.make(filters="category=spam")
    assert "A summary under filters is not sent." in filled.card(Chart.SENT)


def test_a_test_message_without_a_recipient_says_how_to_set_one_up(filled: Site) -> None:
    filled.make()
    shown = filled.say(do="test")
    assert "No recipient is set up: SMTP_URL with SUMMARY_RECIPIENTS" in shown["parts"]["test-told"]
    assert shown["said"] == ""


def test_summaries_that_cannot_be_read_leave_a_page_that_says_so(filled: Site) -> None:
    with filled.writer.begin() as connection:
        connection.exec_driver_sql("DROP TABLE summary")
    assert filled.page() == PAGE
    for chart in (Chart.DOCUMENT, Chart.SINCE, Chart.LEAD, Chart.VERSIONS, Chart.ORDER):
        assert "The summaries could not be read. The log says why." in filled.card(chart)


@pytest.mark.check(3)
def test_nobody_is_offered_what_would_be_refused(filled: Site) -> None:
    filled.make()
    cards = (Chart.LEAD, Chart.ORDER, Chart.SENT)
    offered = {role: [("<button" in filled.card(chart, role=role)) for chart in cards] for role in Role}
    assert offered == {
        Role.VIEWER: [False, False, False],
        Role.ANALYST: [True, True, False],
        Role.LEAD: [True, True, True],
        Role.ADMIN: [True, True, True],
    }
    assert "Only analysts can say something here" in filled.card(Chart.LEAD, role=Role.VIEWER)
