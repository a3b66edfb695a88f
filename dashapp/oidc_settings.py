"""Settings for signing in at an OpenID provider."""

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings

from dashapp.domain.access import Role
from dashapp.domain.addresses import issuer_address


class OidcSettings(BaseSettings):
    """What we are at a provider, and what its claims mean here."""

    oidc_issuer: str | None = Field(
        None, description="OpenID provider that people sign in at with `AUTH=oidc`, such as https://login.example.org"
    )
    oidc_client_id: str | None = Field(None, max_length=200, description="what we are called there")
    oidc_client_secret: SecretStr | None = Field(None, description="our secret there; none: PKCE alone")
    oidc_scopes: str = Field("openid profile", description="what is asked about people, separated by spaces")
    oidc_role_claim: str = Field("groups", min_length=1, description="the claim that says who has which role")
    oidc_roles: dict[str, Role] = Field(
        default_factory=dict, description="values of that claim and their roles; the highest counts, none: no access"
    )
    oidc_name_claim: str = Field("name", min_length=1, description="the claim with the name that is shown")

    @field_validator("oidc_issuer")
    @classmethod
    def _a_provider(cls, url: str | None) -> str | None:
        return url and issuer_address(url)

    @field_validator("oidc_scopes")
    @classmethod
    def _with_openid(cls, scopes: str) -> str:
        if "openid" not in scopes.split():
            raise ValueError("lacks openid, without which there is no sign-in")
        return scopes
