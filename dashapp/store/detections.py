"""When a detector first found which day unusual."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime

from sqlalchemy import Connection, insert, select, update

from dashapp.store.operations import detection

Seen = Mapping[date, tuple[int, float]]
"""By day the flags that the detector saw, and its score."""


def first_found(connection: Connection, origin: str, detector: str) -> dict[date, datetime]:
    """When each day that stands was first found, by day."""
    here = (detection.c.origin == origin) & (detection.c.detector == detector) & detection.c.withdrawn_at.is_(None)
    return dict(connection.execute(select(detection.c.day, detection.c.found_at).where(here)).all())


def note_detections(
    connection: Connection, key: tuple[str, str], days: Iterable[date], seen: Seen, now: datetime
) -> dict[str, int]:
    """Note what a detector (`key`: origin and detector) makes of some days now: `seen` are those that it finds. Returns
    how many are new, and how many it finds no more.
    """
    judged = sorted(days)
    of = detection.c
    here = (of.origin == key[0], of.detector == key[1])
    found = select(of.day, of.withdrawn_at).where(*here, of.day.between(judged[0], judged[-1]))
    known = dict(connection.execute(found).all())
    new = [day for day in seen if day not in known]
    gone = [day for day, at in known.items() if at is None and day not in seen]
    for day, (observed, score) in seen.items():
        values = {"observed": observed, "score": score, "withdrawn_at": None}
        if day in known:
            connection.execute(update(detection).where(*here, of.day == day).values(values))
        else:
            row = {"origin": key[0], "detector": key[1], "day": day, "found_at": now, **values}
            connection.execute(insert(detection).values(row))
    if gone:
        connection.execute(update(detection).where(*here, of.day.in_(gone)).values(withdrawn_at=now))
    return {"found": len(new), "withdrawn": len(gone)}
