"""Settings, read once from the environment or `.env`."""

from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from dashapp.domain.threshold import Threshold
from dashapp.domain.vocabulary import Severity

ROOT = Path(__file__).resolve().parent.parent
LOOPBACK = ("127.0.0.1", "::1", "localhost")
Hours = Annotated[float, Field(gt=0, le=8760)]


class Settings(BaseSettings):
    """Every knob, with its unit and default. Names in the environment are these, in capitals."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", frozen=True)

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
    host: str = Field("127.0.0.1", description="address to listen on")
    port: int = Field(8050, ge=1, le=65535, description="port to listen on")
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

    @field_validator("host")
    @classmethod
    def _nobody_else(cls, host: str) -> str:
        if host not in LOOPBACK:
            raise ValueError(
                f"{host!r} can be reached by others, and there is no sign-in yet: one of {', '.join(LOOPBACK)}"
            )
        return host

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"{name!r} is not a time zone such as Europe/Berlin") from error
        return name

    @property
    def zone(self) -> ZoneInfo:
        """The reporting time zone."""
        return ZoneInfo(self.time_zone)

    @property
    def sla(self) -> dict[Severity, float]:
        """Hours to decide, for every severity."""
        return {severity: self.sla_hours.get(severity, 24.0) for severity in Severity}
