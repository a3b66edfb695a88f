"""Settings, read once from the environment or `.env`."""

import re
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlencode
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BeforeValidator, Field, SecretStr, field_validator, model_validator
from pydantic_settings import NoDecode, SettingsConfigDict

from dashapp.domain.addresses import LOOPBACK, MailServer, Webhook, mail_address, public_address, sender
from dashapp.domain.threshold import Threshold
from dashapp.domain.vocabulary import Severity
from dashapp.oidc_settings import OidcSettings

ROOT = Path(__file__).resolve().parent.parent
Hours = Annotated[float, Field(gt=0, le=8760)]
Dollars = Annotated[float, Field(ge=0, le=10_000)]
NEVER = "never"
LEAST_SECRET, LEAST_DIFFERENT = 32, 10
"""Characters of a secret that signs cookies, and how many different ones."""


def _or_never(value: object) -> object:
    return None if value == NEVER else value


def _listed(value: object) -> object:
    """What commas separate."""
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


class Settings(OidcSettings):
    """Every knob, with its unit and default. Names in the environment are these, in capitals."""

    model_config = SettingsConfigDict(
        env_file=".env", extra="ignore", frozen=True, hide_input_in_errors=True, env_ignore_empty=True
    )

    database_url: str = Field(
        f"sqlite:///{ROOT / 'data' / 'watchfloor.sqlite'}", description="SQLAlchemy URL of the store"
    )
    read_url: str | None = Field(
        None, description="SQLAlchemy URL of a replica that pages and exports read in place of the store"
    )
    time_zone: str = Field("UTC", description="reporting time zone: what a day is")
    sla_hours: dict[Severity, Hours] = Field(
        default_factory=dict, description="hours to decide a flag, by severity; 24 where not given"
    )
    thresholds: dict[str, Threshold] = Field(
        default_factory=dict, description="where figures worry, by metric, in place of what the metric declares"
    )
    small_group: int = Field(
        5, ge=1, le=1000, description="fewest cases of a group that stands for a person; smaller ones are hidden"
    )
    read_seconds: float = Field(10, gt=0, le=600, description="longest time one read may take, in seconds")
    export_seconds: float = Field(
        600, gt=0, le=86400, description="longest time that writing a file of rows may take, in seconds"
    )
    events_megabytes: int = Field(
        10, ge=1, le=1000, description="longest body of events that is taken over HTTP, decompressed, in megabytes"
    )
    event_ids_days: int = Field(
        30,
        ge=1,
        le=3660,
        description="how long ids of events are remembered, so that one sent again counts once, in days",
    )
    auth: Literal["none", "password", "oidc"] = Field(
        "none",
        description="how people sign in: `none` (this machine only: whoever reaches the port may do everything), "
        "`password`, or `oidc`",
    )
    secret_key: SecretStr | None = Field(
        None,
        description="what cookies are signed with, 32 characters or more; none: one of the store (this machine only)",
    )
    session_hours: float = Field(
        12,
        gt=0,
        le=744,
        description="hours without a request after which a session ends; what a page asks by itself does not count",
    )
    session_days: float = Field(7, gt=0, le=366, description="days after which a session ends in any case")
    host: str = Field("127.0.0.1", description="address to listen on; with `AUTH=none` one of this machine only")
    port: int = Field(8050, ge=1, le=65535, description="port to listen on")
    trusted_proxies: int = Field(
        0,
        ge=0,
        le=10,
        description="how many proxies in a row stand in front, each adding to `X-Forwarded-For`; 0: what that header "
        "says is not believed",
    )
    jobs: bool = Field(
        default=True, description="whether web workers run the jobs; else `python -m dashapp worker` must"
    )
    rollup_seconds: int = Field(5, ge=1, le=3600, description="between two looks for days that changed, in seconds")
    refresh_minutes: int = Field(
        10, ge=1, le=1440, description="between two refreshes of the figures that are kept ready, in minutes"
    )
    night_hour: int = Field(
        3, ge=0, le=23, description="hour of the reporting time zone at which backup and retention run"
    )
    summary_weekday: int = Field(
        0, ge=0, le=6, description="day on which the summary of the week before is made, 0 (Monday) to 6"
    )
    summary_hour: int = Field(
        6, ge=0, le=23, description="hour of the reporting time zone at which the weekly summary is made"
    )
    anthropic_api_key: SecretStr | None = Field(
        None, description="lets a model of Anthropic write the weekly summary; none: it is made from a template"
    )
    anthropic_base_url: str = Field("https://api.anthropic.com", description="where the model is asked")
    summary_model: str = Field("claude-sonnet-5-5", max_length=100, description="the model that writes the summary")
    summary_timeout_seconds: float = Field(
        60, gt=0, le=600, description="longest time that a draft may take, retries and all, in seconds"
    )
    summary_retries: int = Field(
        2, ge=0, le=10, description="how often a request is sent again where the model was busy or out of reach"
    )
    summary_tokens: int = Field(4000, ge=500, le=64_000, description="longest answer of the model, in tokens")
    summary_stream: bool = Field(
        default=False, description="whether the answer comes piece by piece: for proxies that cut silent connections"
    )
    summary_prices: dict[str, tuple[Dollars, Dollars]] = Field(
        default_factory=dict,
        description="US dollars for a million tokens in and out, by model; of others no cost is told",
    )
    summary_approval_hours: Annotated[float | None, BeforeValidator(_or_never)] = Field(
        4,
        ge=0,
        le=168,
        description="hours that the weekly summary waits for an approval before it is sent as it is; `never`: it waits "
        "until it is approved",
    )
    summary_recipients: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_listed)] = Field(
        (), max_length=100, description="mail addresses that the weekly summary goes to, separated by commas"
    )
    smtp_url: SecretStr | None = Field(
        None, description="mail server, as `smtp://user:password@host:587` or `smtps://`; none: no mail"
    )
    smtp_from: str | None = Field(None, description="sender of mails, such as `Watchfloor <watchfloor@example.org>`")
    slack_webhook_url: SecretStr | None = Field(None, description="webhook that the weekly summary goes to; none: none")
    allow_private_webhooks: bool = Field(
        default=False, description="whether a webhook may be of this machine or network, and without TLS"
    )
    public_url: str | None = Field(
        None,
        description="address under which people reach the pages, for links in messages, and whose name the server "
        "answers to; none: no links",
    )
    lease_seconds: float = Field(
        30, ge=5, le=3600, description="after which a job whose process is lost is taken over, in seconds"
    )
    backup_dir: Path | None = Field(None, description="where nightly copies of a SQLite store go; none: no copies")
    backup_keep: int = Field(7, ge=1, le=3660, description="newest nightly copies that are kept")
    retention_days: int | None = Field(
        None, ge=30, le=36600, description="days after which single flags, reports and decisions go; none: never"
    )
    archive_dir: Path | None = Field(
        None, description="where rows that retention deletes are written first; none: they are gone"
    )
    log_format: Literal["auto", "json", "text"] = Field(
        "auto", description="lines of the log: `json`, `text` for people, or what suits where they go"
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="least level that is logged")
    web_concurrency: int = Field(2, ge=1, le=64, description="gunicorn worker processes")

    @field_validator("secret_key")
    @classmethod
    def _hard_to_guess(cls, key: SecretStr | None) -> SecretStr | None:
        plain = key.get_secret_value() if key else ""
        if key and (len(plain) < LEAST_SECRET or len(set(plain)) < LEAST_DIFFERENT):
            raise ValueError(
                f"is too easy to guess: at least {LEAST_SECRET} characters of chance, such as "
                '`python -c "import secrets; print(secrets.token_urlsafe(32))"` prints'
            )
        return key

    @field_validator("anthropic_api_key")
    @classmethod
    def _plain_key(cls, key: SecretStr | None) -> SecretStr | None:
        plain = key.get_secret_value().strip() if key else ""
        if not re.fullmatch("[!-~]*", plain):
            raise ValueError("is not a key: it holds spaces or other characters that no key has")
        return SecretStr(plain) if plain else None

    @field_validator("anthropic_base_url")
    @classmethod
    def _web_address(cls, url: str) -> str:
        if not re.fullmatch(r"https?://[^\s/?#@]+(?:/[^\s?#]*)?", url):
            raise ValueError("is not an address such as https://api.anthropic.com")
        return url

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"{name!r} is not a time zone such as Europe/Berlin") from error
        return name

    @field_validator("summary_recipients")
    @classmethod
    def _each_an_address(cls, recipients: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(map(mail_address, recipients)))

    @field_validator("smtp_url")
    @classmethod
    def _a_server(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None:
            MailServer.parse(url.get_secret_value())
        return url

    @field_validator("slack_webhook_url")
    @classmethod
    def _a_webhook(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None:
            Webhook.parse(url.get_secret_value())
        return url

    @field_validator("smtp_from")
    @classmethod
    def _a_sender(cls, text: str | None) -> str | None:
        if text is not None:
            sender(text)
        return text

    @field_validator("public_url")
    @classmethod
    def _without_slash(cls, url: str | None) -> str | None:
        return url and public_address(url)

    @model_validator(mode="after")
    def _nobody_else(self) -> "Settings":
        if self.on_loopback:
            return self
        if self.auth == "none":
            raise ValueError(f"HOST can be reached by others, which AUTH=none allows for {', '.join(LOOPBACK)} only")
        if self.secret_key is None:
            raise ValueError("SECRET_KEY must be set where HOST can be reached by others")
        return self

    @model_validator(mode="after")
    def _provider_is_whole(self) -> "Settings":
        needed = ("oidc_issuer", "oidc_client_id", "oidc_roles", "public_url")
        missing = [name.upper() for name in needed if not getattr(self, name)]
        if self.auth == "oidc" and missing:
            raise ValueError(f"AUTH=oidc needs {', '.join(missing)}")
        return self

    @model_validator(mode="after")
    def _ways_are_whole(self) -> "Settings":
        if self.smtp_url and not self.smtp_from:
            raise ValueError("SMTP_URL needs SMTP_FROM, whom mails come from")
        hook = self.slack_webhook_url and Webhook.parse(self.slack_webhook_url.get_secret_value())
        if hook and not (hook.secure or self.allow_private_webhooks):
            raise ValueError("SLACK_WEBHOOK_URL is not https, and ALLOW_PRIVATE_WEBHOOKS is not set")
        return self

    def way_in(self, secret: str) -> str:
        """The address under which somebody who was invited chooses a password."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.public_url or f'http://{host}:{self.port}'}/set-up?{urlencode({'token': secret})}"

    @property
    def on_loopback(self) -> bool:
        """Whether only this machine reaches the port."""
        return self.host in LOOPBACK

    @property
    def secure(self) -> bool:
        """Whether browsers are to send cookies over TLS only: unless people reach the pages without."""
        url = self.public_url
        return url.startswith("https://") if url else not self.on_loopback

    @property
    def provider(self) -> str | None:
        """The OpenID provider that people sign in at; None where they do not."""
        return self.oidc_issuer if self.auth == "oidc" else None

    @property
    def zone(self) -> ZoneInfo:
        """The reporting time zone."""
        return ZoneInfo(self.time_zone)

    @property
    def sla(self) -> dict[Severity, float]:
        """Hours to decide, for every severity."""
        return {severity: self.sla_hours.get(severity, 24.0) for severity in Severity}
