"""Looks for attacks again and again, and keeps when each day was first found."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Engine

from dashapp.domain.ask import Ask, Window
from dashapp.domain.vocabulary import Dim, Feed
from dashapp.metrics.attacks import DEFAULT_DETECTOR, DETECTORS, judged
from dashapp.metrics.desk import Desk
from dashapp.metrics.registry import Policy
from dashapp.store.detections import note_detections
from dashapp.store.reads import origins

DAYS = 90
"""Looked at each time: older days have settled, and data that come so late are looked at by whoever sent them."""


def detect(
    reader: Engine, writer: Engine, policy: Policy, now: datetime, check: Callable[[], None] = lambda: None
) -> dict[str, int]:
    """Have the default detector look at the last DAYS days of every origin that sends flags. Returns how many origins
    were looked at, how many days were found for the first time, and how many later data have changed its mind about.
    """
    detector, counts = DETECTORS[DEFAULT_DETECTOR], Counter(origins=0, found=0, withdrawn=0)
    with reader.connect() as connection:
        desk = Desk(connection, now, policy)
        for one in origins(connection, Feed.FLAGS):
            if one.last_day is None:
                continue
            window = Window.ending(min(one.last_day, desk.today), DAYS)
            days = judged(desk, Ask(window).where(Dim.ORIGIN, (one.name,)), detector)
            seen = {day.day: (day.observed, day.score) for day in days if day.alarm and day.observed and day.score}
            with writer.begin() as writing:
                counts.update(note_detections(writing, (one.name, detector.key), window, seen, now), origins=1)
            check()
    return dict(counts)
