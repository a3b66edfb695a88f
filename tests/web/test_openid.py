"""What the client of an OpenID provider believes, and what not: each case by a provider that tells that lie."""

import base64
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from flask import Flask, Response, jsonify, redirect
from flask.testing import FlaskClient
from joserfc.jwk import OctKey
from werkzeug.test import TestResponse

from dashapp.domain.access import Role
from dashapp.web.openid import OpenId, Refused, Registration, leads_inside
from tests.notify.stubs import free_port
from tests.web.issuer import CLIENT_ID, LONG_AGO, LONG_HENCE, Issuer, issuer, rsa_key, signed

BACK = "http://localhost/back"
WELL_KNOWN = "/.well-known/openid-configuration"
Lie = Callable[[Issuer, str], str | None]


@pytest.fixture
def provider() -> Iterator[Issuer]:
    with issuer() as found:
        yield found


@pytest.fixture
def browser(provider: Issuer) -> FlaskClient:
    return browser_of(provider.url)


def browser_of(url: str, seconds: Callable[[], float] | None = None, **changes: Any) -> FlaskClient:
    """A browser before a small app that tells who came back from the provider."""
    given = {"client_secret": "very secret", "scopes": "openid profile", "name_claim": "name"} | changes
    known = Registration(url, CLIENT_ID, role_claim="groups", roles={"leads": Role.LEAD}, **given)
    openid = OpenId(known, seconds or (lambda: 0.0))
    app = Flask(__name__)
    app.secret_key = "of a test"
    app.add_url_rule("/begin", view_func=lambda: redirect(openid.begin(BACK, "/volume?days=7")), endpoint="begin")

    @app.get("/back")
    def back() -> Response:
        who, following = openid.finish()
        return jsonify(subject=who.subject, issuer=who.issuer, name=who.name, role=who.role, following=following)

    @app.errorhandler(Refused)
    def refused(error: Refused) -> tuple[str, int]:
        return f"{error.said} [{error.reason}]", error.status

    return app.test_client()


def begun(browser: FlaskClient) -> dict[str, str]:
    """What the browser is sent to the provider with."""
    answer = browser.get("/begin")
    assert answer.status_code == 302, answer.text
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["Location"]).query).items()}


def returned(browser: FlaskClient, provider: Issuer, lie: Lie | None = None) -> TestResponse:
    """The answer to a browser that comes back, after the provider has said of it what `lie` says."""
    asked = begun(browser)
    tell = lie or (lambda provider, nonce: signed(provider.claims(nonce)))
    provider.will_say(tell(provider, asked["nonce"]))
    return browser.get("/back", query_string={"code": "c", "state": asked["state"]})


def claiming(**changes: Any) -> Lie:
    return lambda provider, nonce: signed(provider.claims(nonce, **changes))


def unsigned(provider: Issuer, nonce: str) -> str:
    parts = ({"alg": "none"}, provider.claims(nonce))
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts) + "."


def test_who_the_provider_vouches_for_is_known_by_issuer_and_subject(browser: FlaskClient, provider: Issuer) -> None:
    answer = returned(browser, provider)
    assert (answer.status_code, answer.json) == (
        200,
        {
            "issuer": provider.url,
            "subject": "7",
            "name": "Lead Example",
            "role": "lead",
            "following": "/volume?days=7",
        },
    )


def test_the_browser_goes_to_the_provider_with_state_nonce_and_a_hashed_verifier(
    browser: FlaskClient, provider: Issuer
) -> None:
    asked = begun(browser)
    assert asked.keys() == {
        "response_type",
        "client_id",
        "redirect_uri",
        "scope",
        "state",
        "nonce",
        "code_challenge",
        "code_challenge_method",
    }
    assert (asked["response_type"], asked["client_id"], asked["scope"]) == ("code", "watchfloor", "openid profile")
    assert (asked["redirect_uri"], asked["code_challenge_method"]) == (BACK, "S256")
    assert begun(browser)["state"] != asked["state"]


@pytest.mark.check(17)
@pytest.mark.parametrize(
    ("lie", "reason"),
    [
        pytest.param(lambda p, n: signed(p.claims(n), rsa_key("other")), "No key for kid", id="a key of somebody else"),
        pytest.param(lambda p, n: signed(p.claims(n))[:-8] + "AAAAAAAA", "bad_signature", id="a wrong signature"),
        pytest.param(unsigned, "Algorithm of 'none' is not allowed", id="no signature"),
        pytest.param(
            lambda p, n: signed(p.claims(n), OctKey.import_key("very secret" * 3), "HS256"),
            "Algorithm of 'HS256' is not allowed",
            id="a signature that we could have made",
        ),
        pytest.param(claiming(nonce="another"), "Invalid claim: 'nonce'", id="the nonce of another sign-in"),
        pytest.param(claiming(nonce=None), "Missing claim: 'nonce'", id="no nonce"),
        pytest.param(claiming(aud="another"), "Invalid claim: 'aud'", id="an audience that is not us"),
        pytest.param(
            claiming(aud="another", azp=CLIENT_ID), "Invalid claim: 'aud'", id="a party that is us for another audience"
        ),
        pytest.param(claiming(aud=["another", CLIENT_ID]), "Missing claim: 'azp'", id="audiences and no party"),
        pytest.param(
            claiming(aud=["another", CLIENT_ID], azp="another"), "Invalid claim: 'azp'", id="a party that is not us"
        ),
        pytest.param(claiming(aud=None), "Missing claim: 'aud'", id="no audience"),
        pytest.param(claiming(iss="https://login.example.org"), "Invalid claim: 'iss'", id="another issuer"),
        pytest.param(claiming(exp=LONG_AGO), "expired_token", id="a token that is over"),
        pytest.param(claiming(exp=None), "Missing claim: 'exp'", id="a token without end"),
        pytest.param(claiming(iat=LONG_HENCE), "issued in the future", id="a token of the future"),
        pytest.param(claiming(sub=None), "Missing claim: 'sub'", id="nobody"),
        pytest.param(claiming(sub=7), "'sub' must be", id="a subject that is no text"),
        pytest.param(claiming(sub=""), "ValueError", id="a subject that is empty"),
        pytest.param(claiming(at_hash="AAAA"), "Invalid claim: 'at_hash'", id="the hash of another access token"),
        pytest.param(lambda _p, _n: None, "sent no ID token", id="no ID token"),
        pytest.param(lambda _p, _n: "no token", "", id="an ID token that is none"),
    ],
)
def test_an_id_token_with_one_thing_wrong_lets_nobody_in(
    browser: FlaskClient, provider: Issuer, lie: Lie, reason: str
) -> None:
    answer = returned(browser, provider, lie)
    assert answer.status_code == 502
    assert answer.text.startswith("What the sign-in provider answered cannot be trusted. [")
    assert reason in answer.text


def test_several_audiences_are_taken_where_we_are_the_party(browser: FlaskClient, provider: Issuer) -> None:
    answer = returned(browser, provider, claiming(aud=["another", CLIENT_ID], azp=CLIENT_ID))
    assert answer.status_code == 200


@pytest.mark.check(17)
def test_a_state_works_once(browser: FlaskClient, provider: Issuer) -> None:
    asked = begun(browser)
    provider.will_say(signed(provider.claims(asked["nonce"])))
    back = {"code": "c", "state": asked["state"]}
    assert browser.get("/back", query_string=back).status_code == 200
    again = browser.get("/back", query_string=back)
    assert (again.status_code, len(provider.posted)) == (400, 1)
    assert "has been used. Begin again." in again.text


@pytest.mark.check(17)
@pytest.mark.parametrize("query", ["", "?code=c", "?code=c&state=", "?code=c&state=x", "?error=access_denied&state=x"])
def test_who_comes_back_without_having_begun_is_refused_unasked(
    browser: FlaskClient, provider: Issuer, query: str
) -> None:
    begun(browser)
    answer = browser.get(f"/back{query}")
    assert (answer.status_code, provider.posted) == (400, [])
    assert "was not begun in this browser" in answer.text


@pytest.mark.check(17)
def test_a_state_of_one_browser_is_nothing_to_another(browser: FlaskClient, provider: Issuer) -> None:
    asked = begun(browser)
    other = browser.application.test_client()
    answer = other.get("/back", query_string={"code": "c", "state": asked["state"]})
    assert (answer.status_code, provider.posted) == (400, [])


def test_of_many_sign_ins_that_were_begun_the_last_three_can_be_ended(browser: FlaskClient, provider: Issuer) -> None:
    states = [begun(browser)["state"] for _ in range(5)]
    with browser.session_transaction() as session:
        assert set(session) == {f"_state_oidc_{state}" for state in states[2:]}


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        ("access_denied", 403, "The sign-in provider did not let you in."),
        ("server_error", 400, "The sign-in provider ended this sign-in. Begin again."),
        ("x" * 5000, 400, "The sign-in provider ended this sign-in. Begin again."),
    ],
    ids=["denied", "error", "long"],
)
def test_an_error_in_place_of_a_code_is_told_in_our_words(
    browser: FlaskClient, error: str, status: int, said: str
) -> None:
    asked = begun(browser)
    given = {"error": error, "error_description": "<b>call us</b>", "state": asked["state"]}
    answer = browser.get("/back", query_string=given)
    assert answer.status_code == status
    assert answer.text.startswith(f"{said} [the provider answered '")
    assert len(answer.text) < 250


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        ((400, {"error": "invalid_grant"}), 400),
        ((401, {"error": "invalid_client"}), 502),
        ((400, {"error": {"code": 7}}), 502),
        ((200, ["a"]), 502),
        ((200, "<html>"), 502),
        ((200, {"id_token": 7, "access_token": "a"}), 502),
        ((429, "slow down"), 502),
        ((503, "later"), 502),
    ],
    ids=["used", "unknown", "object", "list", "page", "number", "limited", "down"],
)
def test_a_token_endpoint_that_gives_no_token_lets_nobody_in(
    browser: FlaskClient, provider: Issuer, answer: tuple[int, Any], status: int
) -> None:
    asked = begun(browser)
    provider.answers["/token"] = answer
    assert browser.get("/back", query_string={"code": "c", "state": asked["state"]}).status_code == status


@pytest.mark.parametrize(
    "keys",
    [
        (200, []),
        (200, {}),
        (200, {"keys": []}),
        (200, {"keys": [{"kty": "RSA"}]}),
        (200, "<html>"),
        (500, ""),
    ],
    ids=["list", "object", "none", "part", "page", "down"],
)
def test_keys_that_cannot_be_read_let_nobody_in(browser: FlaskClient, provider: Issuer, keys: tuple[int, Any]) -> None:
    provider.answers["/keys"] = keys
    assert returned(browser, provider).status_code == 502


def test_a_key_that_is_new_since_the_last_sign_in_is_looked_up(browser: FlaskClient, provider: Issuer) -> None:
    assert returned(browser, provider).status_code == 200
    provider.answers["/keys"] = (200, {"keys": [rsa_key("next").as_dict(private=False)]})
    answer = returned(browser, provider, lambda p, nonce: signed(p.claims(nonce), rsa_key("next")))
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"issuer": "https://login.example.org"}, "issuer: Value error, is not OIDC_ISSUER"),
        ({"issuer": None}, "issuer: Input should be a valid string"),
        ({"token_endpoint": "http://login.example.org/token"}, "token_endpoint: Value error, is not https"),
        ({"jwks_uri": "file:///etc/keys"}, "jwks_uri: Value error, is not a URL such as"),
        ({"id_token_signing_alg_values_supported": ["none", "HS256"]}, "has no signature that we take"),
        ({"id_token_signing_alg_values_supported": []}, "has no signature that we take"),
    ],
    ids=["another issuer", "no issuer", "plain http", "a file", "weak signatures", "no signatures"],
)
def test_a_provider_that_describes_itself_wrongly_is_not_gone_to(
    browser: FlaskClient, provider: Issuer, changes: dict[str, Any], reason: str
) -> None:
    provider.answers[WELL_KNOWN] = (200, provider.description(**changes))
    answer = browser.get("/begin")
    assert answer.status_code == 502
    assert reason in answer.text


@pytest.mark.parametrize(
    "description",
    [(200, "<html>"), (200, []), (404, ""), (500, "")],
    ids=["page", "list", "none", "down"],
)
def test_a_provider_that_does_not_describe_itself_is_asked_again_half_a_minute_later(
    provider: Issuer, description: tuple[int, Any]
) -> None:
    seconds = 1000.0
    browser = browser_of(provider.url, lambda: seconds)
    provider.answers[WELL_KNOWN] = description
    assert browser.get("/begin").status_code == 502
    provider.behave()
    seconds = 1029.9
    assert browser.get("/begin").text.endswith("Try again later. [it did not a moment ago]")
    seconds = 1030.0
    assert browser.get("/begin").status_code == 302


@pytest.mark.check(28)
def test_a_description_is_not_taken_from_where_the_provider_redirects_us(
    browser: FlaskClient, provider: Issuer
) -> None:
    provider.moved.add(WELL_KNOWN)
    assert browser.get("/begin").status_code == 502


@pytest.mark.check(28)
@pytest.mark.parametrize("path", ["/keys", "/token"])
def test_keys_and_tokens_are_not_taken_from_where_the_provider_redirects_us(
    browser: FlaskClient, provider: Issuer, path: str
) -> None:
    provider.moved.add(path)
    assert returned(browser, provider).status_code == 502


PUBLIC = "https://8.8.8.8"


@pytest.mark.check(28)
@pytest.mark.parametrize(
    ("url", "issuer", "inside"),
    [
        ("https://169.254.169.254/latest", PUBLIC, True),
        ("https://10.0.0.5:6379/", PUBLIC, True),
        ("https://127.0.0.1/token", PUBLIC, True),
        ("https://2130706433/token", PUBLIC, True),
        ("https://[::ffff:10.0.0.5]/token", PUBLIC, True),
        ("https://localhost/token", PUBLIC, True),
        ("https://1.1.1.1/token", PUBLIC, False),
        ("https://8.8.8.8:8443/token", PUBLIC, False),
        ("https://10.0.0.5/token", "https://10.0.0.4/realms/team", False),
        ("https://1.1.1.1/token", "https://10.0.0.4/realms/team", False),
    ],
)
def test_only_a_provider_inside_may_have_us_ask_inside(url: str, issuer: str, inside: bool) -> None:  # noqa: FBT001 - a row of the table
    assert leads_inside(url, issuer) is inside


@pytest.mark.check(28)
@pytest.mark.parametrize("proxy", ["", "http://192.0.2.1:3128"])
def test_a_name_that_leads_nowhere_is_for_a_proxy_to_know(monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    monkeypatch.setenv("NO_PROXY", "")
    assert leads_inside(f"https://{'a' * 64}.example/token", PUBLIC) is not bool(proxy)
    assert leads_inside("https://10.0.0.5/token", PUBLIC)


@pytest.mark.check(28)
@pytest.mark.parametrize("endpoint", ["token_endpoint", "jwks_uri", "userinfo_endpoint"])
def test_a_public_provider_that_names_a_private_host_is_not_gone_to(
    monkeypatch: pytest.MonkeyPatch, endpoint: str
) -> None:
    said = Issuer().description(issuer=PUBLIC, authorization_endpoint=f"{PUBLIC}/a", token_endpoint=f"{PUBLIC}/t")
    said |= {"jwks_uri": f"{PUBLIC}/k", endpoint: "https://10.0.0.5:6379/"}
    answer = requests.Response()
    answer.status_code, answer._content = 200, json.dumps(said).encode()
    monkeypatch.setattr(requests, "get", lambda *_args, **_options: answer)
    refused = browser_of(PUBLIC).get("/begin")
    assert refused.status_code == 502
    assert f"{endpoint}: leads into a private network" in refused.text


def test_a_provider_that_is_down_is_said_to_be() -> None:
    answer = browser_of(f"http://127.0.0.1:{free_port()}").get("/begin")
    assert answer.status_code == 502
    assert answer.text == "The sign-in provider does not answer. Try again later. [ConnectionError]"


def test_what_the_provider_says_of_itself_beyond_the_endpoints_changes_nothing(
    browser: FlaskClient, provider: Issuer
) -> None:
    more = {"client_id": "other", "verify": False, "proxies": {"http": "http://127.0.0.1:9"}, "response_type": "token"}
    provider.answers[WELL_KNOWN] = (200, provider.description(**more))
    assert returned(browser, provider).status_code == 200


def test_claims_that_the_id_token_lacks_are_asked_for(browser: FlaskClient, provider: Issuer) -> None:
    provider.answers[WELL_KNOWN] = (200, provider.description(userinfo_endpoint=f"{provider.url}/who"))
    provider.answers["/who"] = (200, {"sub": "7", "groups": ["leads"], "name": "Somebody Else"})
    answer = returned(browser, provider, claiming(groups=None))
    assert answer.json is not None, answer.text
    assert (answer.json["role"], answer.json["name"]) == ("lead", "Lead Example")


@pytest.mark.check(17)
@pytest.mark.parametrize("said", [{"sub": "8", "groups": ["leads"]}, {"groups": ["leads"]}, [], "<html>"])
def test_claims_of_somebody_else_are_not_taken(browser: FlaskClient, provider: Issuer, said: Any) -> None:
    provider.answers[WELL_KNOWN] = (200, provider.description(userinfo_endpoint=f"{provider.url}/who"))
    provider.answers["/who"] = (200, said)
    assert returned(browser, provider, claiming(groups=None)).status_code == 502


def test_without_a_group_that_counts_there_is_no_role(browser: FlaskClient, provider: Issuer) -> None:
    answer = returned(browser, provider, claiming(groups=["everybody"]))
    assert answer.json is not None
    assert answer.json["role"] is None


@pytest.mark.parametrize(
    ("methods", "posted"),
    [(["client_secret_basic", "client_secret_post"], None), (["client_secret_post"], "very secret")],
    ids=["basic", "post"],
)
def test_the_secret_goes_the_way_that_the_provider_takes(
    browser: FlaskClient, provider: Issuer, methods: list[str], posted: str | None
) -> None:
    provider.answers[WELL_KNOWN] = (200, provider.description(token_endpoint_auth_methods_supported=methods))
    returned(browser, provider)
    (form,) = provider.posted
    assert (form["grant_type"], form["code"], form["redirect_uri"]) == ("authorization_code", "c", BACK)
    assert (len(form["code_verifier"]), form.get("client_secret")) == (48, posted)


def test_an_application_without_a_secret_proves_itself_by_the_verifier_alone(provider: Issuer) -> None:
    assert returned(browser_of(provider.url, client_secret=None), provider).status_code == 200
    assert "client_secret" not in provider.posted[0]


def test_even_the_longest_log_has_no_secret_of_a_sign_in(
    browser: FlaskClient, provider: Issuer, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        asked = begun(browser)
        token = signed(provider.claims(asked["nonce"]))
        provider.will_say(token)
        browser.get("/back", query_string={"code": "secret-code", "state": asked["state"]})
    verifier = provider.posted[0]["code_verifier"]
    for secret in (verifier, asked["state"], asked["nonce"], "secret-code", "very secret", token):
        assert secret not in caplog.text
