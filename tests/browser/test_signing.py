"""Signing in, one's account, and what the browser does with what is refused, at a server that people sign in to."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect
from sqlalchemy import Engine

from dashapp.domain.access import Role
from dashapp.domain.passwords import hashed
from dashapp.store.engine import writer_engine
from dashapp.store.sessions import end_sessions, invite
from dashapp.store.users import add_user
from tests.browser.conftest import NewScreen
from tests.browser.screen import Screen
from tests.browser.serving import broken_copy, make_store, serving

PASSWORD = "quiet river under oak"
ADA, VERA = 1, 2
"""Their numbers: an analyst and a viewer."""
sizes = pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 360)])


@contextmanager
def writing(store: Path) -> Iterator[Engine]:
    engine = writer_engine(f"sqlite:///{store}")
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def team_store(demo_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo, with an analyst and a viewer who may sign in."""
    copy = broken_copy(demo_store, tmp_path_factory.mktemp("team") / "team.sqlite")
    with writing(copy) as engine, engine.begin() as connection:
        for name, role in (("Ada", Role.ANALYST), ("Vera", Role.VIEWER)):
            add_user(connection, name, role, datetime.now(UTC), password=hashed(PASSWORD))
    return copy


@pytest.fixture(scope="module")
def team_site(team_store: Path) -> Iterator[str]:
    with serving(team_store, AUTH="password") as url:
        yield url


def fill_in(screen: Screen, name: str, password: str = PASSWORD) -> None:
    page = screen.page
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def signed_in(screen: Screen, name: str, address: str = "/") -> Screen:
    """A screen at which somebody has signed in, because the page that they asked for led them to."""
    screen.page.goto(screen.url + address)
    fill_in(screen, name)
    return screen.settle()


def toast(screen: Screen) -> str:
    """What the page says of an answer that was none; whatever the browser noticed of it was to be."""
    place = screen.page.locator("#toast")
    expect(place).not_to_be_empty()
    screen.troubles.clear()
    return place.inner_text()


@sizes
def test_who_signs_in_is_at_the_page_they_came_for(
    screen_of: NewScreen, team_site: str, theme: str, width: int
) -> None:
    screen = screen_of(team_site, width=width, theme=theme)
    page = screen.page
    page.goto(f"{team_site}/queue?range=30d&category=spam")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    expect(page.get_by_label("Name")).to_be_focused()
    assert page.locator("html").get_attribute("data-bs-theme") == theme
    assert (screen.violations(), screen.overflow()) == ([], 0)
    fill_in(screen, "Ada", "not the password")
    expect(page.get_by_role("alert")).to_have_text("The name or the password is wrong.")
    expect(page.get_by_label("Password")).to_be_focused()
    assert screen.violations() == []
    screen.troubles.clear()  # the answer has a status that says so, too
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    screen.settle()
    assert (urlsplit(page.url).path, screen.query) == ("/queue", "range=30d&category=spam")
    assert (screen.violations(), screen.overflow()) == ([], 0)


def test_a_session_that_ends_in_mid_work_leads_to_the_way_in_and_back_with_the_filters_as_they_are(
    screen_of: NewScreen, team_site: str, team_store: Path
) -> None:
    screen = signed_in(screen_of(team_site), "Ada", "/queue?category=spam")
    with screen.answered():
        screen.preset("30 d").click()
    with writing(team_store) as engine, engine.begin() as connection:
        end_sessions(connection, ADA)
    screen.preset("7 d").click()
    expect(screen.page.get_by_role("heading", level=1)).to_have_text("Sign in")
    following = parse_qs(urlsplit(screen.page.url).query)["next"]
    assert following == ["/queue?range=7d&category=spam"]
    assert [trouble.partition(":")[0] for trouble in screen.troubles] == ["HTTP 401"]
    screen.troubles.clear()
    fill_in(screen, "Ada")
    screen.settle()
    assert (urlsplit(screen.page.url).path, screen.query) == ("/queue", "range=7d&category=spam")
    expect(screen.drop("category")).to_contain_text("spam")


def test_what_a_role_may_not_do_is_not_offered_and_refused_in_words(screen_of: NewScreen, team_site: str) -> None:
    screen = signed_in(screen_of(team_site), "Vera", "/attacks")
    menu = screen.page.get_by_role("navigation", name="Pages")
    expect(menu.get_by_role("link", name="Flags", exact=True)).to_have_count(0)
    expect(screen.page.get_by_role("form", name="A note on days")).to_have_count(0)
    expect(screen.card("notes")).to_contain_text("Only analysts can say something here")
    screen.open("/incident?id=1")
    expect(screen.card("triage")).to_contain_text("Nobody has said yet what this is.")
    expect(screen.page.get_by_role("button", name="Confirm")).to_have_count(0)
    screen.page.evaluate("""() => dash_clientside.set_props("triage", { data: { number: "1", state: "confirmed" } })""")
    assert toast(screen) == "This needs the permission edit, which you do not have here."
    screen.open("/incident?id=1")
    expect(screen.card("triage")).to_contain_text("Nobody has said yet what this is.")


def test_a_page_that_a_role_may_not_have_says_so(screen_of: NewScreen, team_site: str) -> None:
    screen = signed_in(screen_of(team_site), "Vera")
    screen.page.goto(f"{team_site}/flags")
    expect(screen.page.get_by_role("heading", level=1)).to_have_text("Forbidden")
    expect(screen.page.get_by_text("This needs the permission rows")).to_be_visible()
    expect(screen.page.get_by_text(re.compile("^Request [0-9a-f]{12}$"))).to_be_visible()
    assert screen.violations() == []
    screen.troubles.clear()


def test_a_page_whose_token_is_gone_asks_to_be_loaded_again(screen_of: NewScreen, team_site: str) -> None:
    screen = signed_in(screen_of(team_site), "Ada", "/queue")
    screen.page.context.clear_cookies(name=re.compile("-csrf$"))
    screen.preset("30 d").click()
    assert toast(screen).endswith("Load the page again.")
    screen.page.reload()
    screen.settle()
    with screen.answered():
        screen.preset("7 d").click()


def test_a_fault_of_the_server_is_said_with_the_id_of_the_request(
    screen_of: NewScreen, team_store: Path, tmp_path: Path
) -> None:
    copy = broken_copy(team_store, tmp_path / "own.sqlite")
    with serving(copy, AUTH="password") as url:
        screen = signed_in(screen_of(url), "Ada", "/queue")
        before = screen.tile("backlog").inner_text()
        with sqlite3.connect(copy) as connection:
            connection.execute("ALTER TABLE session RENAME TO lost")
        screen.preset("30 d").click()
        told = toast(screen)
        assert re.fullmatch(r"The database did not answer\. The log says why\. \(request [0-9a-f]{12}\)", told)
        assert screen.tile("backlog").inner_text() == before
        assert told.split()[-1].strip(")") in (tmp_path / "own.log").read_text()


@sizes
def test_somebody_sees_their_account_changes_the_password_and_signs_out(
    screen_of: NewScreen, team_store: Path, tmp_path: Path, theme: str, width: int
) -> None:
    copy = broken_copy(team_store, tmp_path / "own.sqlite")
    with serving(copy, AUTH="password") as url:
        other = signed_in(screen_of(url), "Ada")
        screen = signed_in(screen_of(url, width=width, theme=theme), "Ada", "/definitions")
        page = screen.page
        page.get_by_role("link", name="Ada analyst").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Your account")
        expect(page.get_by_text("this browser")).to_have_count(1)
        assert (screen.violations(), screen.overflow()) == ([], 0)
        page.get_by_label("Present password").fill(PASSWORD)
        page.get_by_label("New password").fill("another long password")
        page.get_by_label("The same again").fill("another long password")
        page.get_by_role("button", name="Change the password").click()
        expect(page.get_by_role("status")).to_contain_text("The password is changed.")
        expect(page.get_by_role("button", name="Sign out everywhere else")).to_have_count(0)
        page.get_by_role("link", name="Back to the pages").click()
        screen.settle()
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
        other.page.goto(f"{url}/queue")
        expect(other.page.get_by_role("heading", level=1)).to_have_text("Sign in")
        fill_in(other, "Ada", "another long password")
        other.settle()


@sizes
def test_the_first_administrator_comes_in_by_the_link(
    screen_of: NewScreen, tmp_path: Path, theme: str, width: int
) -> None:
    store = make_store(tmp_path / "new.sqlite", lambda *_: None)
    with writing(store) as engine, engine.begin() as connection:
        secret = invite(connection, None, datetime.now(UTC))
    with serving(store, AUTH="password") as url:
        screen = screen_of(url, width=width, theme=theme)
        page = screen.page
        page.goto(f"{url}/set-up?token={secret}")
        assert page.url == f"{url}/set-up"
        assert (screen.violations(), screen.overflow()) == ([], 0)
        page.get_by_label("Name").fill("Ada")
        page.get_by_label("New password").fill(PASSWORD)
        page.get_by_label("The same again").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        screen.settle()
        expect(page.get_by_role("link", name="Ada admin")).to_be_visible()
        assert secret not in (tmp_path / "new.log").read_text()
