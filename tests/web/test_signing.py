"""People sign in with name and password, and out again; whoever guesses is slowed down and learns nothing."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from sqlalchemy import Engine, select, text

from dashapp.domain.access import Role
from dashapp.domain.passwords import is_outdated
from dashapp.settings import Settings
from dashapp.store.buckets import take, wait_of
from dashapp.store.incidents import audit
from dashapp.store.people import bucket
from dashapp.store.sessions import sessions
from dashapp.store.users import add_user, get_user, set_active
from dashapp.web import signing
from dashapp.web.tries import NAME
from tests.web.entrance import NOW, PASSWORD, Entrance, entrance

WRONG = "The name or the password is wrong."


@pytest.fixture
def door(settings: Settings, writer: Engine) -> Iterator[Entrance]:
    with entrance(settings, writer) as made:
        yield made


def trail(door: Entrance) -> list[tuple[str, str, str]]:
    with door.writer.connect() as connection:
        found = connection.execute(select(audit.c.actor, audit.c.action, audit.c.subject).order_by(audit.c.id))
        return [(one.actor, one.action, one.subject) for one in found]


def test_who_signs_in_sees_the_page_they_came_for(door: Entrance) -> None:
    number = door.user()
    browser = door.browser()
    asked = browser.client.get("/queue?category=spam&category=abuse")
    assert browser.open(asked.headers["Location"]).status_code == 200
    answer = browser.sign_in(following="/queue?category=spam&category=abuse")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/queue?category=spam&category=abuse")
    assert browser.status() == 200
    assert trail(door) == [("Ada", "signed in", f"user {number}")]


def test_the_form_keeps_where_somebody_wants_to_go_and_escapes_it(door: Entrance) -> None:
    page = door.browser().open('/sign-in?next=/queue?q="><script>')
    assert '<input type="hidden" name="next" value="/queue?q=&#34;&gt;&lt;script&gt;">' in page.text
    assert page.headers["Cache-Control"] == "no-store"


@pytest.mark.check(14)
@pytest.mark.parametrize(
    "elsewhere",
    [
        "//evil.example",
        "/\\evil.example",
        "https:evil.example",
        "https://evil.example/queue",
        "%2F%2Fevil.example",
        "/%2Fevil.example",
        "/queue\n//evil.example",
        "\t//evil.example",
        "javascript:alert(1)",
        "/sign-out",
        "/nowhere",
        "queue",
    ],
)
def test_nobody_is_led_elsewhere_after_signing_in(door: Entrance, elsewhere: str) -> None:
    door.user()
    assert door.browser().sign_in(following=elsewhere).headers["Location"] == "/"


@pytest.mark.check(12)
def test_no_answer_tells_whether_there_is_somebody_of_a_name(door: Entrance, monkeypatch: pytest.MonkeyPatch) -> None:
    door.user("Ada")
    gone = door.user("Grace")
    with door.writer.begin() as connection:
        set_active(connection, gone, NOW, active=False)
        add_user(connection, "Olena", Role.VIEWER, NOW, issuer="https://login.example", subject="1")
        add_user(connection, "Invited", Role.VIEWER, NOW)
    looked: list[str | None] = []
    real = signing.is_password
    monkeypatch.setattr(signing, "is_password", lambda given, kept: looked.append(given) or real(given, kept))
    told = set()
    for name in ("Ada", "Grace", "Olena", "Invited", "Nobody", ""):
        answer = door.browser().sign_in(name, "not the password")
        told.add((answer.status_code, answer.text.replace(f'value="{name}"', "")))
        assert WRONG in answer.text
    assert len({status for status, _ in told}) == 1
    assert looked == ["not the password"] * 6  # a hash was made for each, so that none was quicker
    for name in ("Grace", "Olena", "Invited"):
        assert door.browser().sign_in(name).status_code == 403


def test_wrong_sign_ins_are_in_the_trail_without_what_was_typed(door: Entrance) -> None:
    number = door.user()
    door.browser().sign_in("Ada", "wrong")
    door.browser().sign_in("my password in the wrong field", "wrong")
    assert trail(door) == [
        ("anonymous", "sign-in refused", f"user {number}"),
        ("anonymous", "sign-in refused", "nobody"),
    ]


@pytest.mark.both_engines
@pytest.mark.check(13)
def test_several_processes_count_wrong_passwords_together(door: Entrance) -> None:
    door.user()
    processes = [door, door.another(), door.another()]
    statuses = [processes[i % 3].browser().sign_in(password="wrong").status_code for i in range(20)]
    assert statuses == [403] * 10 + [429] * 10
    refused = door.browser().sign_in()
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "90")
    assert "There were too many tries. Wait for 2 minutes, then try again." in refused.text
    door.later(timedelta(seconds=90))
    assert door.browser().sign_in().status_code == 302


def test_a_name_that_nobody_has_is_slowed_down_as_others_are(door: Entrance) -> None:
    statuses = [door.browser().sign_in(name, "wrong").status_code for name in ["Nobody", " NOBODY "] * 6]
    assert statuses == [403] * 10 + [429] * 2


def test_an_address_that_tries_many_names_is_slowed_down(door: Entrance) -> None:
    door.user()
    statuses = [door.browser().sign_in(f"name {i}", "wrong").status_code for i in range(51)]
    assert statuses == [403] * 50 + [429]
    assert door.browser().sign_in().status_code == 429
    assert door.browser("192.0.2.2").sign_in().status_code == 302
    assert [(actor, action) for actor, action, _ in trail(door)].count(("anonymous", "sign-in refused")) == 51


def test_a_name_that_many_addresses_try_is_slowed_down(door: Entrance) -> None:
    door.user()
    statuses = [door.browser(f"192.0.2.{i}").sign_in(password="wrong").status_code for i in range(101)]
    assert statuses == [403] * 100 + [429]


@pytest.mark.check(13)
def test_no_address_alone_keeps_somebody_out_elsewhere(door: Entrance) -> None:
    door.user()
    browser, statuses = door.browser(), []
    for _ in range(3 * 24 * 12):
        statuses.append(browser.sign_in(password="wrong").status_code)
        door.later(timedelta(minutes=5))
        with door.writer.begin() as connection:
            assert wait_of(connection, "password of ada", NAME, door.now) is None
    assert statuses.count(403) == 79  # twenty at once, and as many again each day
    assert door.browser("192.0.2.2").sign_in().status_code == 302


def test_what_one_address_is_refused_is_not_counted_against_the_name(door: Entrance) -> None:
    door.user()
    for _ in range(3):
        statuses = [door.browser().sign_in(password="wrong").status_code for _ in range(50)]
        door.later(timedelta(minutes=15))
    assert statuses == [429] * 50
    with door.writer.begin() as connection:
        for _ in range(100 - 20):
            assert take(connection, "password of ada", NAME, NOW) is None


def test_a_network_of_ipv6_counts_as_one_address(door: Entrance) -> None:
    door.user()
    for i in range(10):
        assert door.browser(f"2001:db8::{i + 1:x}").sign_in(password="wrong").status_code == 403
    assert door.browser("2001:db8::ffff").sign_in().status_code == 429
    assert door.browser("2001:db8:0:1::1").sign_in().status_code == 302


@pytest.mark.check(19)
def test_a_made_up_address_does_not_help_who_guesses(door: Entrance) -> None:
    browser = door.browser()
    for i in range(11):
        browser.client.environ_base["HTTP_X_FORWARDED_FOR"] = f"203.0.113.{i}"
        answer = browser.sign_in(password="wrong")
    assert answer.status_code == 429


def test_who_gets_in_may_mistype_as_often_again(door: Entrance) -> None:
    door.user()
    for _ in range(3):
        for _ in range(9):
            door.browser().sign_in(password="wrong")
        assert door.browser().sign_in().status_code == 302


def test_what_is_counted_is_kept_as_digests(door: Entrance) -> None:
    door.browser().sign_in("Ada", "wrong")
    with door.writer.connect() as connection:
        kept = [row.digest for row in connection.execute(select(bucket))]
    assert [len(one) for one in kept] == [64] * 4


@pytest.mark.check(20)
def test_a_form_of_somebody_else_signs_nobody_in(door: Entrance) -> None:
    door.user()
    client = door.browser().client
    for token in ("", "guessed"):
        answer = client.post("/sign-in", data={"name": "Ada", "password": PASSWORD, "csrf_token": token})
        assert (answer.status_code, "Load the page again" in answer.text) == (400, True)
    with door.writer.connect() as connection:
        assert sessions(connection) == []


@pytest.mark.check(16)
def test_signing_in_begins_another_session_in_a_cookie_that_scripts_do_not_see(
    settings: Settings, writer: Engine
) -> None:
    with entrance(settings, writer, public_url="https://watch.example.org") as door:
        door.user()
        browser = door.browser()
        client = browser.client
        client.environ_base |= {"wsgi.url_scheme": "https", "HTTP_REFERER": "https://localhost/sign-in"}
        page = client.get("/sign-in")
        before = page.headers.getlist("Set-Cookie")
        token = page.text.split('name="csrf_token" value="')[1].split('"')[0]
        answer = client.post("/sign-in", data={"csrf_token": token, "name": "Ada", "password": PASSWORD})
        [cookie] = [one for one in answer.headers.getlist("Set-Cookie") if "-session=" in one]
        assert cookie not in before
        for part in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
            assert part in cookie.split("; ")
        with client.session_transaction() as held:
            first = dict(held)
        again = client.get("/sign-in").text.split('name="csrf_token" value="')[1].split('"')[0]
        client.post("/sign-in", data={"csrf_token": again, "name": "Ada", "password": PASSWORD})
        with client.session_transaction() as held:
            assert held["sign-in"] != first["sign-in"]


@pytest.mark.check(5)
def test_what_is_around_the_pages_names_whoever_asks_and_nobody_else(door: Entrance) -> None:
    for name in ("Ada", "Grace"):
        door.user(name, Role.VIEWER)
    ada, grace = door.browser(), door.browser()
    ada.sign_in("Ada")
    grace.sign_in("Grace")
    for browser, own, other in ((ada, "Ada", "Grace"), (grace, "Grace", "Ada"), (ada, "Ada", "Grace")):
        layout = browser.client.get("/_dash-layout")
        assert (own in layout.text, other in layout.text) == (True, False)
        assert layout.headers["Cache-Control"] == "no-store"
        assert own not in browser.client.get("/").text
    assert '"/flags"' not in ada.client.get("/_dash-layout").text


def test_signing_out_ends_the_session_in_the_store(door: Entrance) -> None:
    door.user()
    browser = door.browser()
    browser.sign_in()
    with browser.client.session_transaction() as held:
        kept = dict(held)
    answer = browser.send("/account", "/sign-out")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/sign-in")
    with browser.client.session_transaction() as held:
        held.update(kept)  # a copy of the cookie is worth nothing any more
    assert browser.status() == 401
    assert [action for _, action, _ in trail(door)] == ["signed in", "signed out"]


def test_nobody_is_signed_out_by_a_link(door: Entrance) -> None:
    door.user()
    browser = door.browser()
    browser.sign_in()
    browser.client.get("/sign-out")
    assert browser.client.post("/sign-out").status_code == 400
    assert browser.status() == 200


def test_a_password_is_hashed_anew_when_the_hash_is_outdated(door: Entrance) -> None:
    old = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    with door.writer.begin() as connection:
        number = add_user(connection, "Ada", Role.VIEWER, NOW, password=old)
    for _ in range(2):
        assert door.browser().sign_in().status_code == 302
    with door.writer.connect() as connection:
        user = get_user(connection, number)
        assert user is not None
        assert user.password is not None
        assert not is_outdated(user.password)
        assert len(sessions(connection)) == 2  # the same password ends no session


def test_a_password_of_any_length_is_an_answer_in_words(door: Entrance) -> None:
    door.user()
    assert WRONG in door.browser().sign_in(password="x" * 100_000).text


def test_an_office_behind_one_address_signs_in_as_often_as_it_likes(door: Entrance) -> None:
    door.user()
    assert {door.browser().sign_in().status_code for _ in range(60)} == {302}


def test_what_is_no_name_is_answered_as_any_wrong_one(door: Entrance) -> None:
    assert door.browser().sign_in(name="a\x00b").status_code == 403


def test_where_nobody_signs_in_the_way_in_leads_home(settings: Settings, writer: Engine) -> None:
    with entrance(settings, writer, auth="none") as door:
        client = door.browser("127.0.0.1").client
        assert [client.get(path).headers["Location"] for path in ("/sign-in", "/account")] == ["/", "/"]
        assert client.get("/set-up?token=1").status_code == 200  # a page of Dash: there is no such page


@pytest.mark.check(17)
def test_where_a_provider_vouches_there_are_no_passwords(settings: Settings, writer: Engine) -> None:
    options = {
        "oidc_issuer": "https://login.example",
        "oidc_client_id": "watchfloor",
        "public_url": "https://watch.example.org",
    }
    with entrance(settings, writer, auth="oidc", **options) as door:
        browser = door.browser()
        page = browser.open("/sign-in?next=/queue?category=spam").text
        assert 'href="/sign-in/oidc?next=%2Fqueue%3Fcategory%3Dspam"' in page
        assert 'type="password"' not in page
        assert browser.client.post("/sign-in").status_code in (302, 405)
        assert browser.client.get("/set-up?token=1").headers["Location"].startswith("/sign-in")


def test_a_store_that_cannot_be_written_signs_nobody_in_and_the_log_says_why(
    door: Entrance, caplog: pytest.LogCaptureFixture
) -> None:
    door.user()
    with door.writer.begin() as connection:
        connection.execute(text("ALTER TABLE bucket RENAME TO lost"))
    answer = door.browser().sign_in()
    assert (answer.status_code, "The database did not answer." in answer.text) == (503, True)
    assert "no such table: bucket" in caplog.text
    assert PASSWORD not in caplog.text
