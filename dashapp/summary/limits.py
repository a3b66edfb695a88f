"""What figures are judged by, and how many things are listed."""

from collections.abc import Iterator

from dashapp.alerts.rules import GROWTH, GROWTH_FLAGS
from dashapp.domain.vocabulary import Severity
from dashapp.metrics import Desk
from dashapp.metrics.attacks import DEFAULT_DETECTOR, DETECTORS
from dashapp.metrics.queue import AT_RISK
from dashapp.summary.fact import Fact
from dashapp.summary.figures import ATTACKS, CATEGORIES, RISKS, STAFFING_DAYS, TEAMS


def limit_facts(desk: Desk) -> Iterator[Fact]:
    """What the figures are judged by, and how many things are listed."""
    for severity in Severity:
        hours = desk.policy.sla[severity]
        yield Fact(f"sla.{severity}", f"SLA, {severity} severity", hours, f"{hours:g} h", "h")
    at_risk, growth = 100 * AT_RISK, 100 * GROWTH
    yield Fact("limits.at_risk", "share of the SLA after which a flag is at risk", at_risk, f"{at_risk:g} %", "%")
    alarm = DETECTORS[DEFAULT_DETECTOR].threshold
    yield Fact("limits.detector", "score from which a day is unusual", alarm, f"{alarm:g}")
    yield Fact("limits.growth", "least growth told of", growth, f"{growth:g} %", "%")
    yield Fact("limits.growth_flags", "least growth told of, in flags", GROWTH_FLAGS, f"{GROWTH_FLAGS} flags", "flags")
    yield Fact("limits.staffing", "days that staffing is judged by", STAFFING_DAYS, f"{STAFFING_DAYS} days", "days")
    sizes = {"categories": CATEGORIES, "teams": TEAMS, "attacks": ATTACKS, "risks": RISKS}
    for part, most in sizes.items():
        yield Fact(f"limits.{part}", f"most {part} told of", most, str(most))
