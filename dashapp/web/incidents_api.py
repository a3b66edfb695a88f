"""The attacks of the REST API: those known, those found, and the back-test."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from flask import Response

from dashapp.domain.ask import Ask
from dashapp.domain.view import View
from dashapp.domain.vocabulary import Dim
from dashapp.metrics import Desk, as_of
from dashapp.metrics.attacks import DEFAULT_DETECTOR, DETECTORS, Alarm, Detector, Episode, backtest
from dashapp.metrics.attacks import incidents as episodes
from dashapp.store.detections import first_found
from dashapp.web.asking import SHOWN, ask_of, pairs, refuse, view_of
from dashapp.web.desk import open_desk
from dashapp.web.export import as_file, csv_lines, incident_table, incidents_name, json_answer


def incidents() -> Response:
    """Known attacks, and what the detector found, with the evidence."""
    detector, view = _detector_and_view()
    with open_desk() as desk:
        ask = ask_of(desk, view)
        found = episodes(desk, ask, detector)
        covered_until, since = as_of(desk, ask.chosen(Dim.ORIGIN)), _first_found(desk, ask, detector)
    return json_answer(
        {
            "detector": detector.key,
            "title": detector.title,
            "description": detector.description,
            "threshold": detector.threshold,
            "since": ask.window.since.isoformat(),
            "until": ask.window.until.isoformat(),
            "as_of": covered_until.isoformat(),
            "incidents": [_episode(episode, detector, since) for episode in found],
        }
    )


def incidents_as_csv() -> Response:
    """The rows of incidents.json: known attacks, and what the detector found."""
    detector, view = _detector_and_view()
    with open_desk() as desk:
        ask = ask_of(desk, view)
        rows = incident_table(episodes(desk, ask, detector))
        return as_file(csv_lines(rows), "text/csv", incidents_name(ask.window, ".csv"))


def backtest_result() -> Response:
    """The detector held against the known attacks, in days."""
    detector, view = _detector_and_view()
    with open_desk() as desk:
        result = backtest(desk, ask_of(desk, view), detector)
    return json_answer({**asdict(result), "false_days": [day.isoformat() for day in result.false_days]})


def _detector_and_view() -> tuple[Detector, View]:
    """The detector that `method=` names, as on the page (`detector=` is what raised the flags), and the whole query."""
    given = pairs()
    names = [value for key, value in given if key == "method"] or [DEFAULT_DETECTOR]
    if len(names) > 1 or names[0] not in DETECTORS:
        known = ", ".join(DETECTORS)
        refuse(400, f"There is no detector {', '.join(names)[:SHOWN]!r}. Known: {known}.")
    view = view_of(given)
    return DETECTORS[view.method or DEFAULT_DETECTOR], view


def _episode(episode: Episode, detector: Detector, since: Mapping[date, datetime]) -> dict[str, Any]:
    attack = episode.attack
    return {
        "kind": "known" if attack else "detected",
        "id": attack and attack.incident_id,
        "since": episode.since.isoformat(),
        "until": episode.until.isoformat(),
        "category": attack and attack.category,
        "severity": attack and attack.severity,
        "accounts": attack and attack.accounts,
        "pattern": attack and attack.pattern,
        "evidence": [_evidence(alarm, detector, since.get(alarm.day)) for alarm in episode.evidence],
    }


def _evidence(alarm: Alarm, detector: Detector, found_at: datetime | None) -> dict[str, Any]:
    return {
        "day": alarm.day.isoformat(),
        "observed": alarm.observed,
        "score": alarm.score,
        "threshold": detector.threshold,
        "found_at": found_at and found_at.isoformat(),
    }


def _first_found(desk: Desk, ask: Ask, detector: Detector) -> Mapping[date, datetime]:
    """When the job first found each day; it looks at the flags of one origin, all of them."""
    names = ask.chosen(Dim.ORIGIN) or desk.default_origins()
    if len(names) != 1 or any(dim is not Dim.ORIGIN for dim, _ in ask.filters):
        return {}
    return first_found(desk.connection, names[0], detector.key)
