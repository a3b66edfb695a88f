"""The side menu: which pages it leads to, and what waits behind them."""

from dash import html
from dash.development.base_component import Component

from dashapp.alerts.look import Concern, State
from dashapp.alerts.rules import Attention
from dashapp.app import PAGES
from dashapp.web import menu, shell
from tests.web.reading import text


def links(shown: Component) -> list[tuple[str, str]]:
    """The way to each page with its name."""
    [side] = [part for part in shown._traverse() if isinstance(part, html.Nav)]
    return [(part.href, part.children) for part in side._traverse() if isinstance(part, html.A)]


def concern(state: State, link: str) -> Concern:
    return Concern(state, "Spike in Spam", "", "flags", link)


def test_the_menu_leads_to_all_pages_but_to_that_of_one_incident() -> None:
    assert links(shell.shell(PAGES)) == [
        ("/", "Overview"),
        ("/live", "Live"),
        ("/volume", "Volume"),
        ("/classifier", "Classifier"),
        ("/queue", "Queue"),
        ("/attacks", "Attacks"),
        ("/reports", "Reports and decisions"),
        ("/platforms", "Published statistics"),
        ("/flags", "Flags"),
        ("/status", "Status"),
        ("/definitions", "Definitions"),
    ]
    assert {page.path for page in PAGES} - {path for path, _ in links(shell.shell(PAGES))} == {"/incident"}


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
