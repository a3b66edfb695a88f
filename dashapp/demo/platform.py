"""The synthetic platform that the demo shows. Every value is invented.

Shares add up to 1. Times are counted in days before the last day, so the story looks the same on any date. Volumes,
capacities and numbers of accounts are those at scale 1.
"""

from dataclasses import dataclass

from dashapp.domain.vocabulary import Severity

SPAN_DAYS = 90
"""Trends, drift and incidents unfold over these last days; earlier days are like the first of them."""

SOCIAL_WEEK = (0.95, 0.94, 0.96, 0.98, 1.04, 1.08, 1.05)
"""Monday to Sunday, mean 1: what people do to each other peaks at the weekend."""
BUSINESS_WEEK = (1.08, 1.12, 1.10, 1.07, 1.01, 0.81, 0.81)
"""Monday to Sunday, mean 1: what is done for money keeps office days."""

HOURS = (22, 17, 13, 10, 9, 10, 14, 22, 32, 40, 45, 48, 50, 51, 50, 50, 52, 55, 60, 64, 64, 58, 46, 32)
"""Flags by hour of the reporting day, in any unit."""

DISPERSION = 110.0
"""Shape of the negative binomial counts: they vary by about 10 % beyond chance."""


@dataclass(frozen=True)
class Category:
    """What is flagged under one name. `trend` is the growth over the span; shares follow Severity and MEDIA_TYPES."""

    name: str
    per_day: float
    trend: float
    week: tuple[float, ...]
    severity: tuple[float, float, float, float]
    media: tuple[float, float, float, float]
    score_shift: float


CATEGORIES = (
    Category("harassment", 103, 0.00, SOCIAL_WEEK, (0.32, 0.42, 0.21, 0.05), (0.78, 0.12, 0.07, 0.03), -0.010),
    Category("spam", 137, -0.30, BUSINESS_WEEK, (0.58, 0.33, 0.08, 0.01), (0.74, 0.17, 0.08, 0.01), 0.020),
    Category("hate_speech", 69, 0.05, SOCIAL_WEEK, (0.22, 0.42, 0.28, 0.08), (0.70, 0.17, 0.09, 0.04), -0.015),
    Category("fraud", 55, 0.70, BUSINESS_WEEK, (0.20, 0.42, 0.30, 0.08), (0.66, 0.24, 0.08, 0.02), 0.005),
    Category("sexual_content", 59, 0.00, SOCIAL_WEEK, (0.30, 0.38, 0.24, 0.08), (0.18, 0.50, 0.29, 0.03), 0.010),
    Category("self_harm", 28, 0.10, SOCIAL_WEEK, (0.10, 0.28, 0.36, 0.26), (0.58, 0.24, 0.14, 0.04), -0.020),
)

MEDIA_TYPES = ("text", "image", "video", "audio")
DETECTORS = ("text_classifier", "image_classifier", "user_signal")
DETECTOR_SHARES = ((0.84, 0.00, 0.16), (0.06, 0.80, 0.14), (0.10, 0.74, 0.16), (0.78, 0.00, 0.22))
"""Which detector raises a flag, by media type. Only a user signal has a reporter."""
USER_SIGNAL = 2

REGIONS = ("AMER", "EMEA", "APAC", "LATAM", None)
REGION_SHARES = (0.34, 0.30, 0.22, 0.12, 0.02)

OLD_VERSION, NEW_VERSION, NEW_SINCE = "v3.1", "v3.2", 44
"""The classifier is replaced once, at the start of the day that lies so many days back."""

SCORE_LEVEL = ((89, 0.862), (45, 0.850), (0, 0.776))
"""Mean score by days back, straight lines between: a slow decline that the new version steepens."""
SCORE_TIGHTNESS = 22.0
"""Sum of the two parameters of the beta distribution of scores: a standard deviation of about 0.08."""
SEVERITY_SHIFT = (-0.012, 0.000, 0.012, 0.024)

ROUTE_NOISE = 0.03
"""Standard deviation of what other signals add to the score before a flag is routed."""
ROUTES = (
    (Severity.LOW, ("allow", 0.86, "human_review", 0.88, "downrank")),
    (Severity.MEDIUM, ("allow", 0.76, "human_review", 0.837, "downrank")),
    (Severity.HIGH, ("downrank", 0.70, "human_review", 0.89, "auto_block")),
    (Severity.CRITICAL, ("downrank", 0.55, "human_review", 0.92, "auto_block")),
)
"""What is done, by severity: up to the first score (likely a mistake), up to the second (unsure), above it (sure)."""

AUTO_SECONDS, AUTO_SPREAD, AUTO_MOST = 15.0, 0.9, 600
"""Median, log-normal spread and most of the seconds that a decision without a human takes."""
REVIEW_HOURS = (20.0, 16.0, 8.8, 5.6)
"""Median hours that a human decision takes, by severity."""
REVIEW_SPREAD, REVIEW_LEAST, REVIEW_MOST = 0.90, 120, 21 * 86400
"""Log-normal spread, and bounds in seconds."""
PRESSURE = ((14, 1.0), (0, 2.2))
"""What multiplies review times, by days back: the team falls behind in the last two weeks."""
LATE_SHARE, LATE_DAYS, LATE_SPREAD, LATE_MOST = 0.012, 9.0, 0.6, 45 * 86400
"""Share of reviews that wait for somebody else, such as a court; median days, log-normal spread, most seconds."""

CONFIRMED_POWER = 1.6
"""A human confirms a flag with the probability score to this power."""
DUPLICATES = 0.06
"""Share of reviewed flags that repeat an earlier one."""


@dataclass(frozen=True)
class Team:
    """Reviewers who mostly look after some regions; shares follow REGIONS."""

    name: str
    seniors: int
    juniors: int
    regions: tuple[float, ...]


TEAMS = (
    Team("Americas", 3, 5, (0.85, 0.10, 0.05, 0.90, 0.40)),
    Team("Europe", 3, 4, (0.10, 0.80, 0.10, 0.10, 0.35)),
    Team("Asia Pacific", 2, 3, (0.05, 0.10, 0.85, 0.00, 0.25)),
)
SENIOR_CAPACITY, JUNIOR_CAPACITY = 11, 8
"""Reviews a day."""

ACCOUNTS_A_DAY = 40.0
"""Accounts opened a day since the platform began; numbered in the order in which they were opened."""
PLATFORM_DAYS = 5000
"""The platform began so many days before the last day."""
ACCOUNT_SKEW = 2.2
"""Above 1: newer accounts are flagged more often. Four in a hundred flagged ones are younger than a week."""
REPORTER_SKEW = 2.0
"""Above 1: some people report far more often than others."""
CONTENTS, CONTENT_SKEW = 4_000_000, 3.0
"""Different contents in circulation; above 1: some are flagged again and again, most of them once."""


MISSING = 37
"""The day, in days back, whose flags were never delivered; what was decided on it is known from later deliveries."""


@dataclass(frozen=True)
class Surge:
    """Some days on which more is flagged in one category than usual, and what these flags have in common.

    `back` is its first day, `more` the flags beyond the usual ones by day, as a multiple of these. `reporters`,
    `targets` and `contents` are how many different ones it has, the contents at any scale; None: as everyday flags
    have them. `target_days` bounds the age of the targets when it begins, `hours` the time of day. `confirmed`
    multiplies the chance that a human confirms a flag.
    """

    incident_id: str | None
    """None: no attack, though it rises like one."""
    back: int
    category: str
    severity: Severity
    more: tuple[float, ...]
    pattern: str
    reporters: int | None = None
    targets: int | None = None
    target_days: int | None = None
    contents: int | None = None
    hours: tuple[float, float] | None = None
    confirmed: float = 1.0

    @property
    def accounts(self) -> int:
        """How many accounts take part: those that report where these are the attack, else those that are flagged."""
        return self.reporters or self.targets or 0


BRIGADE = Surge(
    "INC-1",
    76,
    "harassment",
    Severity.HIGH,
    (2.2, 1.3),
    "Members of one forum report the same few accounts within hours.",
    reporters=150,
    targets=5,
    contents=60,
    hours=(18, 22),
    confirmed=0.2,
)
BOT_NET = Surge(
    "INC-2",
    60,
    "spam",
    Severity.MEDIUM,
    (1.6, 2.0, 1.4),
    "Accounts opened for it post links to one shop.",
    targets=180,
    target_days=5,
    contents=4,
    confirmed=1.2,
)
SLOW_RAMP = Surge(
    "INC-3",
    52,
    "fraud",
    Severity.HIGH,
    (0.10, 0.20, 0.35, 0.50, 0.65, 0.85, 1.00, 1.20, 1.40, 1.60, 1.80, 2.00),
    "Copied profiles ask buyers for a deposit, more of them every day.",
    targets=120,
    target_days=40,
    contents=25,
)
LOW_INTENSITY = Surge(
    "INC-4",
    23,
    "hate_speech",
    Severity.CRITICAL,
    (0.30, 0.40, 0.35, 0.40, 0.30),
    "A slogan is repeated under unrelated videos, a few dozen times a day.",
    targets=30,
    target_days=14,
    contents=2,
)
HIJACKED = Surge(
    "INC-5",
    6,
    "sexual_content",
    Severity.HIGH,
    (1.8, 1.3),
    "Hijacked old accounts upload one removed clip under new titles.",
    targets=40,
    contents=1,
    hours=(9, 15),
)
ORGANIC = Surge(
    None,
    33,
    "harassment",
    Severity.MEDIUM,
    (1.6, 2.1, 1.1, 0.5),
    "A disputed final sets fans against each other: many people, no plan.",
)

SURGES = (BRIGADE, BOT_NET, SLOW_RAMP, ORGANIC, LOW_INTENSITY, HIJACKED)
