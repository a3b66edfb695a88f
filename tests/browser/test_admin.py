"""Page Administration in a browser: people, tokens, sessions and the trail, where people sign in."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect
from sqlalchemy import Engine

from dashapp.domain.access import Role, TokenScope
from dashapp.domain.passwords import hashed
from dashapp.settings import Settings
from dashapp.store.sessions import begin_session
from dashapp.store.tokens import create_token
from dashapp.store.trail import note_change
from dashapp.store.users import add_user
from tests.browser.conftest import NewScreen
from tests.browser.screen import Screen
from tests.browser.serving import make_store, serving

PASSWORD = "quiet river under oak"
sizes = pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 360)])


def team(engine: Engine, _settings: Settings, now: datetime) -> None:
    """An admin, people of each kind, tokens, and a trail of several pages."""
    with engine.begin() as connection:
        add_user(connection, "Ada", Role.ADMIN, now, password=hashed(PASSWORD))
        vera = add_user(connection, "Vera Example", Role.VIEWER, now, password=hashed(PASSWORD))
        add_user(connection, "Olga", Role.LEAD, now, issuer="https://login.example", subject="7")
        add_user(connection, "Ingo", Role.ANALYST, now)
        begin_session(connection, vera, now, timedelta(days=7))
        create_token(connection, "pipeline", TokenScope.INGEST, now)
        create_token(connection, "old reports", TokenScope.READ, now - timedelta(days=99), now, "Ada")
        for number in range(60):
            detail = {"since": "2026-01-01", "filters": {"category": 2}}
            note_change(connection, now, "Vera Example", "exported", f"flags_{number}.csv", detail)


@pytest.fixture
def admin_site(tmp_path: Path) -> Iterator[str]:
    with serving(make_store(tmp_path / "team.sqlite", team), AUTH="password") as url:
        yield url


def signed_in(screen: Screen, name: str, address: str) -> Screen:
    page = screen.page
    page.goto(screen.url + address)
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    return screen.settle()


def row(card: Locator, name: str) -> Locator:
    return card.locator("tbody tr", has=card.page.get_by_role("cell", name=name, exact=True))


def pressed(screen: Screen, button: Locator) -> None:
    with screen.answered():
        button.click()


@sizes
def test_an_admin_finds_everything_at_any_width(screen_of: NewScreen, admin_site: str, theme: str, width: int) -> None:
    screen = signed_in(screen_of(admin_site, width=width, theme=theme), "Ada", "/admin")
    expect(screen.page.get_by_role("heading", level=1)).to_have_text("Administration")
    expect(screen.card("users").locator("tbody tr")).to_have_count(4)
    expect(row(screen.card("tokens"), "old reports")).to_contain_text("expired")
    expect(screen.card("sessions").locator("tbody tr")).to_have_count(2)
    expect(screen.card("audit")).to_contain_text("1 to 50 of 61")
    assert (screen.violations(), screen.overflow()) == ([], 0)
    with screen.answered():
        screen.card("audit").get_by_role("button", name="Next").click()
    expect(screen.card("audit")).to_contain_text("51 to 61 of 61")
    with screen.answered():
        screen.control("action").select_option("signed in")
    expect(screen.card("audit").locator("tbody tr")).to_have_count(1)
    assert screen.query == "action=signed+in"


@sizes
def test_who_is_added_chooses_a_password_by_a_link_that_is_shown_once(
    screen_of: NewScreen, admin_site: str, theme: str, width: int
) -> None:
    screen = signed_in(screen_of(admin_site, width=width, theme=theme), "Ada", "/admin")
    page = screen.page
    form = page.get_by_role("form", name="A new user")
    form.get_by_label("Name").fill("Berta")
    form.get_by_label("Role").select_option("analyst")
    pressed(screen, form.get_by_role("button", name="Add user"))
    expect(row(screen.card("users"), "Berta")).to_contain_text("invited")
    expect(form.get_by_label("Name")).to_have_value("")
    assert (screen.violations(), screen.overflow()) == ([], 0)
    page.locator("#once").get_by_role("button", name="Copy").click()
    link = page.evaluate("() => navigator.clipboard.readText()")
    assert link == page.locator("#once code").inner_text()
    assert re.fullmatch(rf"{admin_site}/set-up\?token=[\w-]{{43}}", link)
    screen.page.reload()
    screen.settle()
    expect(row(screen.card("users"), "Berta")).to_contain_text("invited")
    expect(page.locator("#once")).to_be_empty()
    other = screen_of(admin_site)
    other.page.goto(link)
    expect(other.page.get_by_role("heading", level=1)).to_have_text("Choose a password")


def test_what_cannot_be_undone_is_pressed_twice(screen_of: NewScreen, admin_site: str) -> None:
    screen = signed_in(screen_of(admin_site), "Ada", "/admin")
    tokens, asked = screen.card("tokens"), screen.asked
    button = row(tokens, "pipeline").get_by_role("button")
    button.click()
    expect(button).to_have_text("Revoke for good?")
    expect(button).to_be_focused()
    assert screen.asked == asked
    pressed(screen, button)
    expect(row(tokens, "pipeline")).to_have_count(0)
    expect(row(tokens, "old reports")).to_have_count(1)


def test_a_token_is_made_with_an_end_and_shown_once(screen_of: NewScreen, admin_site: str) -> None:
    screen = signed_in(screen_of(admin_site), "Ada", "/admin")
    form = screen.page.get_by_role("form", name="A new token")
    form.get_by_label("Name").fill("monitoring")
    form.get_by_label("Scope").select_option("read")
    form.get_by_label("Good for days").fill("90")
    pressed(screen, form.get_by_role("button", name="Make token"))
    secret = screen.page.locator("#once code").inner_text()
    assert re.fullmatch(r"[\w-]{43}", secret)
    answer = screen.page.request.get(f"{admin_site}/api/v1/metrics", headers={"Authorization": f"Bearer {secret}"})
    assert answer.status == 200
    expect(row(screen.card("audit"), "token monitoring")).to_contain_text("scope=read, expires=20")


def test_the_last_admin_stays_and_the_page_says_so(screen_of: NewScreen, admin_site: str) -> None:
    screen = signed_in(screen_of(admin_site), "Ada", "/admin")
    ada = row(screen.card("users"), "Ada")
    ada.get_by_label("Role of Ada").select_option("viewer")
    pressed(screen, ada.get_by_role("button", name="Set"))
    expect(screen.page.get_by_role("alert")).to_contain_text("This is the last admin")


def test_a_role_is_changed_and_the_session_ended(screen_of: NewScreen, admin_site: str) -> None:
    screen = signed_in(screen_of(admin_site), "Ada", "/admin")
    vera = row(screen.card("users"), "Vera Example")
    vera.get_by_label("Role of Vera Example").select_option("lead")
    pressed(screen, vera.get_by_role("button", name="Set"))
    expect(vera.get_by_label("Role of Vera Example")).to_have_value("lead")
    expect(screen.card("sessions").locator("tbody tr")).to_have_count(1)
    out = vera.get_by_role("button", name="Deactivate")
    out.click()
    pressed(screen, vera.get_by_role("button", name="Keep out?"))
    expect(vera).to_contain_text("not active")
