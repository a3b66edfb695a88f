"""Asking an OpenID provider who somebody is: authorization code with PKCE, by Authlib. What Authlib does not look at by
itself is looked at here: that the issuer is the one of the settings, that the audience names us, and that the signature
is of a kind that needs the provider's private key.
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus
from math import inf
from threading import Lock
from time import monotonic
from typing import Any, NoReturn
from urllib.parse import urlsplit

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.flask_client import FlaskIntegration, FlaskOAuth2App
from flask import request, session
from joserfc.errors import JoseError
from pydantic import BaseModel, ValidationError, ValidationInfo, field_validator
from requests.utils import get_environ_proxies, select_proxy

from dashapp.domain.access import Role
from dashapp.domain.addresses import endpoint_address
from dashapp.domain.identity import Identity, name_of, role_of, subject_of
from dashapp.notify.webhook import addresses_of

NAME = "oidc"
WELL_KNOWN = "/.well-known/openid-configuration"
SECONDS = 5
"""How long the provider may be silent."""
REST_SECONDS = 30
"""After which a provider that did not tell about itself is asked again."""
LEEWAY_SECONDS = 60
"""By how much the provider's clock and ours may differ."""
SIGNATURES = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
"""What an ID token may be signed with: never nothing, nor a secret that both sides know."""
BEGUN = 3
"""Sign-ins that one browser may have begun at once; older ones are forgotten, for a cookie has 4 kB."""
MOST_REASON = 100
"""Characters of what a provider or a library says, in the log."""
STATES = f"_state_{NAME}_"
"""What Authlib's keys in the session begin with."""

logging.getLogger("authlib").setLevel(logging.INFO)  # below it, Authlib logs the secrets of a sign-in


@dataclass(frozen=True)
class Registration:
    """What we are at a provider, and what its claims mean here."""

    issuer: str
    client_id: str
    client_secret: str | None = field(repr=False)
    scopes: str
    role_claim: str
    roles: Mapping[str, Role]
    name_claim: str


class Refused(Exception):
    """Nobody is let in. `said` is for whoever sits at the browser, `reason` for the log; neither holds a secret."""

    def __init__(self, status: HTTPStatus, said: str, reason: str) -> None:
        super().__init__(said)
        self.status, self.said, self.reason = status, said, reason


class Discovery(BaseModel):
    """What a provider publishes of itself, as far as it matters here."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None = None
    id_token_signing_alg_values_supported: list[str] = ["RS256"]
    token_endpoint_auth_methods_supported: list[str] = ["client_secret_basic"]

    @field_validator("issuer")
    @classmethod
    def _the_one_we_know(cls, issuer: str, info: ValidationInfo) -> str:
        if issuer != info.context:
            raise ValueError("is not OIDC_ISSUER")
        return issuer

    @field_validator("authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint")
    @classmethod
    def _secure(cls, url: str | None, info: ValidationInfo) -> str | None:
        return url and endpoint_address(url, str(info.context))

    @field_validator("id_token_signing_alg_values_supported")
    @classmethod
    def _of_a_private_key(cls, names: list[str]) -> list[str]:
        found = [name for name in names if name in SIGNATURES]
        if not found:
            raise ValueError("has no signature that we take")
        return found


class OpenId:
    """A provider that people sign in at. It is asked about itself once, when the first of them does; where it does not
    answer, not again for half a minute, so that whoever knocks cannot have all of our threads wait for it.
    """

    def __init__(self, registration: Registration, seconds: Callable[[], float] = monotonic) -> None:
        self.registration, self._seconds = registration, seconds
        self._lock, self._not_before = Lock(), -inf

    def begin(self, redirect_uri: str, following: str) -> str:
        """Where to send a browser that wants to sign in, and then to see the address `following`."""
        with _understood():
            asked = self._client.create_authorization_url(redirect_uri)
            url: str = asked.pop("url")
            begun = [key for key in session if key.startswith(STATES)]
            for key in sorted(begun, key=lambda key: session[key]["exp"])[: 1 - BEGUN]:
                del session[key]
            self._client.save_authorize_data(redirect_uri=redirect_uri, following=following, **asked)
        return url

    def finish(self) -> tuple[Identity, str]:
        """Who has come back from the provider with this request, and the address that they want to see."""
        begun = self._client.framework.get_state_data(session, request.args.get("state"))
        if not begun:
            _again("This sign-in was not begun in this browser, or has been used.", "the state is not known")
        with _understood():
            token = self._client.authorize_access_token(claims_options=self._expected(), leeway=LEEWAY_SECONDS)
            if "userinfo" not in token:
                _distrust("the provider sent no ID token")
            return self._identity(self._claims(token)), begun["following"]

    @property
    def _client(self) -> FlaskOAuth2App:
        """Authlib's client of the provider."""
        with self._lock:
            if self._seconds() < self._not_before:
                _unreachable("it did not a moment ago")
            try:
                return self._known
            except Refused:
                self._not_before = self._seconds() + REST_SECONDS
                raise

    @cached_property
    def _known(self) -> FlaskOAuth2App:
        """A client that knows of what the provider says of itself only what we name."""
        known = self.registration
        with _understood():
            said = _discover(known.issuer)
        basic = "client_secret_basic" in said.token_endpoint_auth_methods_supported
        way = ("client_secret_basic" if basic else "client_secret_post") if known.client_secret else "none"
        return FlaskOAuth2App(
            FlaskIntegration(NAME),
            NAME,
            client_id=known.client_id,
            client_secret=known.client_secret,
            authorize_url=said.authorization_endpoint,
            access_token_url=said.token_endpoint,
            client_kwargs={
                "scope": known.scopes,
                "code_challenge_method": "S256",
                "token_endpoint_auth_method": way,
                "default_timeout": SECONDS,
                "leeway": 0,  # a token that lasts for a minute is used at once
                "max_redirects": 0,
            },
            issuer=said.issuer,
            jwks_uri=said.jwks_uri,
            userinfo_endpoint=said.userinfo_endpoint,
            id_token_signing_alg_values_supported=said.id_token_signing_alg_values_supported,
        )

    def _expected(self) -> dict[str, Any]:
        known = self.registration
        return {
            "iss": {"essential": True, "value": known.issuer},
            "aud": {"essential": True, "value": known.client_id},
        }

    def _claims(self, token: Mapping[str, Any]) -> dict[str, Any]:
        """What the provider says of somebody: in the ID token, and where that leaves out what we look for, at its
        UserInfo endpoint.
        """
        claims = dict(token["userinfo"])
        wanted = {self.registration.role_claim, self.registration.name_claim}
        if wanted <= claims.keys() or not self._client.server_metadata["userinfo_endpoint"]:
            return claims
        more = self._client.userinfo(token=token)
        if more.get("sub") != claims["sub"]:
            _distrust("the UserInfo is of somebody else")
        return {**more, **claims}

    def _identity(self, claims: Mapping[str, Any]) -> Identity:
        known = self.registration
        subject = subject_of(claims["sub"])
        role = role_of(claims.get(known.role_claim), known.roles)
        return Identity(known.issuer, subject, name_of(claims.get(known.name_claim), subject), role)


def _discover(issuer: str) -> Discovery:
    answer = requests.get(issuer.rstrip("/") + WELL_KNOWN, timeout=SECONDS, allow_redirects=False)
    if answer.status_code != HTTPStatus.OK:
        _unreachable(f"the provider's description of itself has status {answer.status_code}")
    said = Discovery.model_validate_json(answer.content, context=issuer)
    for name in ("token_endpoint", "jwks_uri", "userinfo_endpoint"):  # the server asks these, the browser the other
        if (url := getattr(said, name)) and leads_inside(url, issuer):
            _distrust(f"{name}: leads into a private network, and OIDC_ISSUER does not")
    return said


def leads_inside(url: str, issuer: str) -> bool:
    """Whether an address that a provider names is in a private network while the provider is not. One that leads
    nowhere may be, later; unless a proxy is asked for it, which knows names of its own.
    """
    host, own = (urlsplit(one).hostname or "" for one in (url, issuer))
    if host == own or not all(addresses_of(own).values()):
        return False
    found = addresses_of(host)
    return not all(found.values()) if found else not select_proxy(url, get_environ_proxies(url))


@contextmanager
def _understood() -> Iterator[None]:
    """Whatever goes wrong with a provider ends as a refusal."""
    try:
        yield
    except OAuthError as error:
        _by_the_provider(error)
    except requests.RequestException as error:
        _unreachable(type(error).__name__)
    except ValidationError as error:
        _distrust("; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()))
    except JoseError as error:
        _distrust(str(error)[:MOST_REASON])
    except (AuthlibBaseError, ValueError, TypeError, LookupError, AttributeError, RuntimeError) as error:
        _distrust(type(error).__name__)  # libraries raise any of these for answers of a shape that they did not expect


def _by_the_provider(error: OAuthError) -> NoReturn:
    """What the provider answered in place of a code (in the address) or of a token."""
    reason = f"the provider answered {error.error!r:.{MOST_REASON}}"
    if "error" not in request.args and error.error != "invalid_grant":
        _distrust(reason)
    if error.error == "access_denied":
        raise Refused(HTTPStatus.FORBIDDEN, "The sign-in provider did not let you in.", reason) from None
    _again("The sign-in provider ended this sign-in.", reason)


def _again(said: str, reason: str) -> NoReturn:
    raise Refused(HTTPStatus.BAD_REQUEST, f"{said} Begin again.", reason) from None


def _unreachable(reason: str) -> NoReturn:
    raise Refused(HTTPStatus.BAD_GATEWAY, "The sign-in provider does not answer. Try again later.", reason) from None


def _distrust(reason: str) -> NoReturn:
    said = "What the sign-in provider answered cannot be trusted."
    raise Refused(HTTPStatus.BAD_GATEWAY, said, reason) from None
