"""The registry and its door. Importing the families fills the registry."""

from dashapp.domain.threshold import Threshold
from dashapp.metrics import aggregates, classifier, decisions, drift, live, quality, queue, reports, volume, wire
from dashapp.metrics.desk import Audience, Desk, settled_day
from dashapp.metrics.measure import as_of, measure
from dashapp.metrics.measurement import Measurement
from dashapp.metrics.pool import Point
from dashapp.metrics.registry import METRICS, Better, Kind, Metric, Policy, Unit
from dashapp.metrics.spread import Spread

__all__ = [
    "METRICS",
    "Audience",
    "Better",
    "Desk",
    "Kind",
    "Measurement",
    "Metric",
    "Point",
    "Policy",
    "Spread",
    "Threshold",
    "Unit",
    "aggregates",
    "as_of",
    "classifier",
    "decisions",
    "drift",
    "live",
    "measure",
    "quality",
    "queue",
    "reports",
    "settled_day",
    "volume",
    "wire",
]
