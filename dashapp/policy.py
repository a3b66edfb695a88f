"""What numbers depend on, of the settings."""

from dashapp.metrics import METRICS, Policy
from dashapp.settings import Settings


def policy_of(settings: Settings) -> Policy:
    """The settings that numbers depend on; ValueError for a threshold of what is no metric."""
    unknown = sorted(set(settings.thresholds) - set(METRICS))
    if unknown:
        raise ValueError(f"THRESHOLDS: no metric is called {', '.join(unknown)}")
    return Policy(settings.zone, settings.sla, settings.thresholds, settings.small_group)
