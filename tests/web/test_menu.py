"""The side menu: which pages it leads to, and what waits behind them."""

from dash import html
from dash.development.base_component import Component

from dashapp.alerts.look import Concern, State
from dashapp.alerts.rules import Attention
from dashapp.app import PAGES
from dashapp.domain.access import EVERYBODY, ROLES, Role, Visitor
from dashapp.web import menu, shell
from tests.web.reading import text


def links(shown: Component) -> list[tuple[str, str]]:
    """The way to each page with its name."""
    [side] = [part for part in shown._traverse() if isinstance(part, html.Nav)]
    return [(part.href, part.children) for part in side._traverse() if isinstance(part, html.A)]


def person(role: Role) -> Visitor:
    return Visitor("Ada", ROLES[role], role, 1)


def concern(state: State, link: str) -> Concern:
    return Concern(state, "Spike in Spam", "", "flags", link)


def test_the_menu_leads_to_all_pages_but_to_that_of_one_incident() -> None:
    assert links(shell.shell(PAGES, EVERYBODY, "")) == [
        ("/", "Overview"),
        ("/summary", "Weekly summary"),
        ("/live", "Live"),
        ("/volume", "Volume"),
        ("/classifier", "Classifier"),
        ("/queue", "Queue"),
        ("/attacks", "Attacks"),
        ("/reports", "Reports and decisions"),
        ("/platforms", "Published statistics"),
        ("/flags", "Flags"),
        ("/status", "Status"),
        ("/admin", "Administration"),
        ("/definitions", "Definitions"),
    ]
    assert {page.path for page in PAGES} - {path for path, _ in links(shell.shell(PAGES, EVERYBODY, ""))} == {
        "/incident"
    }


def test_incidents_that_are_urgent_are_counted_beside_their_page() -> None:
    found = [
        concern(State.ALERT, "/attacks?range=30d"),
        concern(State.WARN, "/attacks?range=30d"),
        concern(State.WATCH, "/attacks?range=30d"),
        concern(State.ALERT, "/queue?range=30d"),
    ]
    counts = menu.counts(Attention(tuple(found), 0, (), None))
    assert text(counts["waiting-attacks"]) == "2  need attention"
    assert text(counts["waiting-"]) == "3  need attention"


def test_who_is_signed_in_is_told_so_with_the_way_to_their_account_and_out() -> None:
    shown = shell.shell(PAGES, person(Role.VIEWER), "a token")
    [me] = [part for part in shown._traverse() if getattr(part, "className", None) == "me"]
    assert text(me).split() == ["Ada", "viewer", "Sign", "out"]
    assert me.children[0].href == "/account"
    form = me.children[1]
    assert (form.method, form.action) == ("post", "/sign-out")
    assert (form.children[0].name, form.children[0].value) == ("csrf_token", "a token")


def test_where_nobody_signs_in_there_is_nobody_to_sign_out() -> None:
    assert "Sign out" not in text(shell.shell(PAGES, EVERYBODY, ""))


def test_the_menu_leads_to_no_page_that_would_be_refused() -> None:
    seen = {
        role: {path for path, _ in links(shell.shell(PAGES, person(role), "")) if isinstance(path, str)}
        for role in Role
    }
    assert seen[Role.ANALYST] - seen[Role.VIEWER] == {"/flags"}
    assert seen[Role.VIEWER] < seen[Role.ANALYST] <= seen[Role.LEAD] <= seen[Role.ADMIN]
