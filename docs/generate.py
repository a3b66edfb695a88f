"""Writes docs/metrics.md from the registry, and docs/security.md: `make docs`."""  # noqa: INP001 - a script beside what it writes, not a package

from datetime import timedelta
from pathlib import Path

from dashapp.domain.vocabulary import Dim
from dashapp.metrics import METRICS, Kind, Metric, Policy, Threshold, Unit
from dashapp.metrics.attacks import DEFAULT_DETECTOR, DETECTORS, Detector
from dashapp.metrics.registry import OF_NOW, Privacy
from dashapp.settings import Settings
from docs import security

TARGET = Path(__file__).with_name("metrics.md")

HEAD = """# Metrics

What each number means. `make docs` writes this page from the code that computes them.

Shares and means are pooled over cases: sum of numerators over sum of denominators, never a mean of daily values; of \
no case they are null. Shares carry a 95 % interval (Wilson). A day is a day of the reporting time zone (`TIME_ZONE`). \
A covered day without flags counts 0; a day that no origin covers has no point. A point is *provisional* while it may \
still change. A figure that must be read from every row of its days is *computed ahead* over 7, 30 and 90 days without \
filters: pages, files and the API then say the same, and when it was computed (`computed_at`); it may be an hour old \
where newer data came since (`outdated`) or open cases wait. The words are explained in [GLOSSARY.md](../GLOSSARY.md).
"""


def page() -> str:
    """The page as it should be."""
    policy = _default_policy()
    metrics = [_metric(metric, policy) for metric in METRICS.values()]
    return "\n".join([HEAD, *metrics, "## Detectors\n", *map(_detector, DETECTORS.values())]).rstrip() + "\n"


def _default_policy() -> Policy:
    """The policy of settings that nobody has touched."""
    untouched = Settings.model_construct()
    return Policy(untouched.zone, untouched.sla)


def _metric(metric: Metric, policy: Policy) -> str:
    facts = {
        "Clock": metric.clock,
        "Unit": "hours" if metric.unit is Unit.HOURS else metric.unit,
        "Kind": metric.kind,
        "Better": metric.better,
        "Threshold": _threshold(metric.threshold, metric.unit),
        "Settles": "" if metric.kind in OF_NOW else _settles(metric.settles(policy)),
        "Split and filter by": ", ".join(f"`{dim}`" for dim in Dim if dim in metric.dims),
        "Computed ahead": _ahead(metric),
        "Shown": "to leads, on screen only, in no file and no API answer" if metric.privacy is Privacy.TEAM else "",
        "Reference": metric.reference,
    }
    rows = "\n".join(f"| {name} | {text} |" for name, text in facts.items() if text)
    return f"## {metric.title}\n\n`{metric.key}`\n\n{metric.definition}\n\n| | |\n|---|---|\n{rows}\n"


def _threshold(threshold: Threshold | None, unit: Unit) -> str:
    if threshold is None:
        return ""
    sign = "" if unit is Unit.SCORE else f" {unit}"
    side = "from" if threshold.alert >= threshold.warn else "at or below"
    words = f"warning {side} {threshold.warn:g}{sign}, alert {side} {threshold.alert:g}{sign}"
    return words if threshold.baseline is None else f"{words}, baseline {threshold.baseline:g}{sign}"


def _ahead(metric: Metric) -> str:
    if not metric.deferred:
        return ""
    splits = [" and ".join(f"`{dim}`" for dim in by) for by in metric.kept_by]
    if metric.kind is Kind.DURATIONS:
        return ", ".join(["whole and by day", *(f"by {split}" for split in splits)])
    return ", ".join(f"by {split}" for split in splits)


def _settles(wait: timedelta) -> str:
    if not wait:
        return "when the day is over"
    return f"{wait.total_seconds() / 3600:g} hours after the day is over, with the default settings"


def _detector(detector: Detector) -> str:
    default = ", the default" if detector.key == DEFAULT_DETECTOR else ""
    text = f"{detector.description} A day at {detector.threshold:g} or above is an alarm."
    return f"### {detector.title}\n\n`{detector.key}`{default}\n\n{text}\n"


if __name__ == "__main__":
    TARGET.write_text(page(), encoding="utf-8")
    security.TARGET.write_text(security.page(), encoding="utf-8")
