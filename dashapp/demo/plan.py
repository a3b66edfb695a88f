"""What one run generates: its days, and the reviewers and surges that its flags refer to."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from dashapp.demo import platform as p
from dashapp.domain.messages import Incident, Reviewer
from dashapp.domain.view import MOST_DAYS


@dataclass(frozen=True)
class Demo:
    """What to generate: `days` reporting days up to the one that `now` falls in, at `scale` times the usual volume."""

    now: datetime
    zone: ZoneInfo
    days: int = p.SPAN_DAYS
    seed: int = 42
    scale: float = 1.0

    def __post_init__(self) -> None:
        """Refuse what would generate nothing, or accounts older than the platform."""
        if not 1 <= self.days <= MOST_DAYS:
            raise ValueError(f"days is {self.days}, not 1 to {MOST_DAYS}")
        if self.scale <= 0:
            raise ValueError(f"scale is {self.scale}, not above 0")

    @property
    def last(self) -> date:
        """The day that is still running at `now`."""
        return self.now.astimezone(self.zone).date()

    def day(self, back: int) -> date:
        """The day that lies `back` days before the last."""
        return self.last - timedelta(days=back)

    def start(self, back: int) -> datetime:
        """The instant, in UTC, with which that day begins; they differ by 23 or 25 hours where clocks change."""
        return datetime.combine(self.day(back), time(), self.zone).astimezone(UTC)


def delivered(demo: Demo) -> list[int]:
    """The days that the platform told us of, in days back, oldest first."""
    return [back for back in reversed(range(demo.days)) if back != p.MISSING]


def reviewers(scale: float) -> list[Reviewer]:
    """Twenty reviewers; their capacity grows with the volume, so that they are as busy at any scale."""
    places = [(team.name, junior) for team in p.TEAMS for junior in ranks(team)]
    return [
        Reviewer(
            reviewer_id=f"R{number:02d}",
            team=team,
            capacity_per_day=max(1, round((p.JUNIOR_CAPACITY if junior else p.SENIOR_CAPACITY) * scale)),
            seniority="junior" if junior else "senior",
        )
        for number, (team, junior) in enumerate(places, start=1)
    ]


def surges(demo: Demo) -> list[tuple[int, p.Surge]]:
    """The surges that begin within the generated days, each with its place in SURGES."""
    return [(place, surge) for place, surge in enumerate(p.SURGES) if surge.back < demo.days]


def incidents(demo: Demo) -> list[Incident]:
    """The attacks among the surges: the ground truth behind `coordinated`."""
    return [
        Incident(
            incident_id=surge.incident_id,
            since=demo.day(surge.back),
            until=demo.day(surge.back - len(surge.more) + 1),
            category=surge.category,
            severity=surge.severity,
            accounts=scaled(surge.accounts, demo.scale),
            pattern=surge.pattern,
        )
        for _, surge in surges(demo)
        if surge.incident_id is not None
    ]


def ranks(team: p.Team) -> list[bool]:
    """Whether each reviewer of the team is junior."""
    return [False] * team.seniors + [True] * team.juniors


def scaled(number: int, scale: float) -> int:
    """So many accounts at that scale, at least one."""
    return max(1, round(number * scale))
