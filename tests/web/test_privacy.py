"""What the same question is answered to a viewer, an analyst, a lead and a program: on pages, in files and the API."""

import csv
import io
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import permutations

import pytest
from dash import Dash
from flask.testing import FlaskClient
from sqlalchemy import Engine, select

from dashapp.app import create_app
from dashapp.domain.access import Role, TokenScope
from dashapp.domain.ask import Window
from dashapp.domain.messages import FlagRow, ReportRow, Reviewer
from dashapp.domain.vocabulary import Feed
from dashapp.settings import Settings
from dashapp.store import writes
from dashapp.store.incidents import audit
from dashapp.store.rollup import rollup
from dashapp.store.sessions import begin_session
from dashapp.store.tokens import create_token
from dashapp.store.users import add_user
from dashapp.web.desk import EXTENSION, Services
from dashapp.web.guard import SESSION, cookie_name
from tests.web.served import filled

NOW = datetime(2024, 3, 8, 9, tzinfo=UTC)
DAY = datetime(2024, 3, 7, tzinfo=UTC).date()
PSEUDONYM = f"reviewer {sha256(b'REV001').hexdigest()[:6]}"
FLAG, TARGET, SMALL, LARGE = "FLAG-00-waits", "account-wanted", "Bo Small", "Ann Large"
WITHIN = "since=2024-03-07&until=2024-03-07"


@pytest.fixture
def app(settings: Settings, reader: Engine, writer: Engine) -> Dash:
    """The app over a day with flags that wait, one that a reviewer decided, and reports of two creators."""
    guarded = settings.model_copy(update={"auth": "password"})
    about = {"category": "spam", "severity": "high", "routing": "human_review", "flagged_day": DAY}
    flags = [
        FlagRow.model_validate({"flag_id": FLAG, "target_key": TARGET, **about}),
        FlagRow.model_validate({"flag_id": "done", "reviewer_id": "REV001", "hours_to_decision": 1.0, **about}),
    ]
    received = {"created_at": datetime(2024, 3, 7, 8, tzinfo=UTC), "violation": "other"}
    told = [(LARGE, "image")] * 13 + [(LARGE, "audio")] * 6 + [(SMALL, "image")] * 4
    with writer.begin() as connection:
        writes.put_origin(connection, "ops", "import", NOW)
        for feed in (Feed.FLAGS, Feed.REPORTS):
            writes.put_coverage(connection, "ops", Window(DAY, DAY), feed)
        team = Reviewer(reviewer_id="REV001", team="north", capacity_per_day=4)
        writes.put_reviewers(connection, "ops", [team], replace=False)
        writes.put_flags(connection, [writes.flag_row("ops", one, settings.zone) for one in flags])
        reports = [
            ReportRow.model_validate({"report_id": f"R{n}", "creator": name, "media_type": kind, **received})
            for n, (name, kind) in enumerate(told)
        ]
        writes.put_reports(connection, [writes.report_row("ops", one, settings.zone) for one in reports])
        rollup(connection, settings.sla)
    made = create_app(guarded)
    made.server.extensions[EXTENSION] = Services(guarded, reader, lambda: NOW, writer)
    return made


@pytest.fixture
def as_role(app: Dash, settings: Settings, writer: Engine) -> Callable[[Role], FlaskClient]:
    """Browsers in which somebody of a role is signed in."""

    def signed_in(role: Role) -> FlaskClient:
        with writer.begin() as connection:
            user = add_user(connection, f"the only {role}", role, NOW, password="hash")
            secret = begin_session(connection, user, NOW, timedelta(days=7))
        client = app.server.test_client()
        with client.session_transaction() as kept:
            kept[SESSION] = secret
        assert client.get("/").status_code == 200
        token = client.get_cookie(cookie_name(settings.port, "csrf"))
        client.environ_base["HTTP_X_CSRFTOKEN"] = token.value if token else ""
        return client

    return signed_in


@pytest.fixture
def program(app: Dash, writer: Engine) -> FlaskClient:
    """A program with the token that may do most."""
    with writer.begin() as connection:
        token = create_token(connection, "export", TokenScope.ADMIN, NOW, NOW + timedelta(days=1))
    client = app.server.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    return client


@pytest.mark.check(6)
@pytest.mark.parametrize("order", list(permutations((Role.VIEWER, Role.ANALYST, Role.LEAD))), ids="-".join)
def test_whoever_asks_first_each_role_is_told_its_own(
    as_role: Callable[[Role], FlaskClient], order: tuple[Role, ...]
) -> None:
    told = {role: filled(as_role(role), "/queue", WITHIN) for role in order}
    assert {role for role in told if PSEUDONYM in told[role]} == {Role.LEAD}
    assert {role for role in told if FLAG in told[role]} == {Role.ANALYST, Role.LEAD}
    assert "Utilisation per reviewer is for leads, on screen only." in told[Role.ANALYST]
    assert "Single flags are for analysts and leads." in told[Role.VIEWER]
    assert not any("REV001" in text for text in told.values())


@pytest.mark.check(7)
def test_no_file_has_workload_per_reviewer_whoever_asks(
    as_role: Callable[[Role], FlaskClient], program: FlaskClient
) -> None:
    lacking = "This needs the permission team, which you do not have here."
    leads = {as_role(role): role in (Role.LEAD, Role.ADMIN) for role in Role}
    for client, lead in {program: False, **leads}.items():
        for ending in ("json", "csv", "xlsx"):
            answer = client.get(f"/api/v1/metrics/utilisation_per_reviewer.{ending}?by=reviewer&grain=whole")
            assert answer.json is not None
            told = "Utilisation per reviewer is for leads, on screen only." if lead else lacking
            assert (answer.status_code, answer.json["error"]) == (400 if lead else 403, told)


@pytest.mark.check(7)
def test_asking_for_what_is_for_leads_without_being_one_is_in_the_trail(
    as_role: Callable[[Role], FlaskClient], writer: Engine
) -> None:
    for role in (Role.VIEWER, Role.LEAD):
        as_role(role).get("/api/v1/metrics/utilisation_per_reviewer.json?by=reviewer")
    as_role(Role.ANALYST).get("/api/v1/metrics/reports.json?creator=Nobody")
    with writer.connect() as connection:
        refused = connection.execute(
            select(audit.c.actor, audit.c.subject, audit.c.detail).where(audit.c.action == "refused")
        ).all()
    assert [tuple(one) for one in refused] == [
        ("the only viewer", "/api/v1/metrics/<key>.json", '{"permission": "team", "method": "GET"}')
    ]


@pytest.mark.check(7)
@pytest.mark.parametrize(
    ("filters", "counts"),
    [("", {LARGE: 15}), ("&media_type=image", {LARGE: 10}), ("&media_type=audio", {LARGE: 5})],
    ids=["all", "image", "audio"],
)
def test_page_files_and_api_tell_the_same_of_creators_under_the_same_filters(
    as_role: Callable[[Role], FlaskClient], program: FlaskClient, filters: str, counts: dict[str, int]
) -> None:
    viewer = as_role(Role.VIEWER)
    shown = filled(viewer, "/reports", f"{WITHIN}{filters}&board=creator")
    [(name, n)] = counts.items()
    assert f'<td>{name}</td><td class=\\"r\\">{n}</td><td class=\\"r\\">few</td><td class=\\"r\\">{n}</td>' in shown
    assert SMALL not in shown
    asked = f"{WITHIN}{filters}&grain=whole&by=creator"
    for client in (viewer, program):
        told = client.get(f"/api/v1/metrics/reports.json?{asked}")
        assert told.json is not None
        assert {point["group"]: point["n"] for point in told.json["points"]} == counts
        assert (told.json["rounded_to"], SMALL in told.text) == (5, False)
        rows = csv.DictReader(io.StringIO(client.get(f"/api/v1/metrics/reports.csv?{asked}").text))
        assert {row["creator"]: int(row["n"]) for row in rows} == counts
        book = zipfile.ZipFile(io.BytesIO(client.get(f"/api/v1/metrics/reports.xlsx?{asked}").data))
        text = b"".join(book.read(part) for part in book.namelist()).decode()
        assert (name in text, SMALL in text) == (True, False)


@pytest.mark.check(7)
def test_a_creator_of_few_reports_is_refused_by_name_in_every_form(
    as_role: Callable[[Role], FlaskClient], program: FlaskClient
) -> None:
    for client in (as_role(Role.ADMIN), program):
        for name in (SMALL, "Nobody"):
            for ending in ("json", "csv", "xlsx"):
                answer = client.get(
                    f"/api/v1/metrics/reports.{ending}", query_string={"creator": name, "since": "2024-03-07"}
                )
                assert (answer.status_code, answer.json and answer.json["error"]) == (
                    400,
                    "Of one person, fewer than 5 reports are not told.",
                )


@pytest.mark.check(5)
@pytest.mark.parametrize("way", ["/", "/queue", "/reports?board=creator", "/_dash-layout", "/_dash-dependencies"])
def test_what_a_page_begins_with_holds_no_data_and_nobodys_name(
    as_role: Callable[[Role], FlaskClient], way: str
) -> None:
    as_role(Role.LEAD)
    told = as_role(Role.VIEWER).get(way).text
    assert [word for word in (FLAG, TARGET, SMALL, LARGE, PSEUDONYM, "REV001", "the only lead") if word in told] == []
