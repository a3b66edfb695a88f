"""The attacks of the REST API: those known, those found, and the back-test."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any, NamedTuple

from flask import Response

from dashapp.domain.ask import Ask
from dashapp.domain.view import View
from dashapp.domain.vocabulary import Dim
from dashapp.metrics import METRICS, Desk, as_of
from dashapp.metrics.attacks import DEFAULT_DETECTOR, DETECTORS, Detector, Episode, backtest, confirmed_within
from dashapp.metrics.attacks import incidents as episodes
from dashapp.metrics.detecting import SUBJECTS
from dashapp.metrics.judgement import Alarm
from dashapp.metrics.standing import Standing, standing
from dashapp.web.asking import SHOWN, ask_of, pairs, refuse, view_of
from dashapp.web.desk import open_desk
from dashapp.web.export import as_file, csv_lines, incident_table, incidents_name, json_answer

FLAGS, *_ = LOOKED_AT = [subject.metric for subject in SUBJECTS]
"""The metrics in whose counts the detection job finds incidents; attacks are known of flags."""


class Wanted(NamedTuple):
    """Whose incidents are asked for: of a metric, as a detector finds them, in a view."""

    metric: str
    detector: Detector
    view: View

    def ask(self, desk: Desk) -> Ask:
        """The question about the metric."""
        return ask_of(desk, self.view, METRICS[self.metric].feed)


def incidents() -> Response:
    """Known attacks, and what the detector found, with the evidence."""
    wanted = _wanted()
    detector = wanted.detector
    with open_desk() as desk:
        ask = wanted.ask(desk)
        listed = _listed(desk, ask, wanted)
        covered_until = as_of(desk, ask.chosen(Dim.ORIGIN), METRICS[wanted.metric].feed)
    return json_answer(
        {
            "detector": detector.key,
            "title": detector.title,
            "description": detector.description,
            "threshold": detector.threshold,
            "scale": detector.scale,
            "since": ask.window.since.isoformat(),
            "until": ask.window.until.isoformat(),
            "as_of": covered_until.isoformat(),
            "incidents": listed,
        }
    )


def incidents_as_csv() -> Response:
    """The rows of incidents.json: known attacks, and what the detector found."""
    wanted = _wanted()
    with open_desk() as desk:
        ask = wanted.ask(desk)
        rows = incident_table(_listed(desk, ask, wanted))
        return as_file(csv_lines(rows), "text/csv", incidents_name(ask.window, ".csv"))


def _listed(desk: Desk, ask: Ask, wanted: Wanted) -> list[dict[str, Any]]:
    """Known attacks and what was found, by their first day."""
    detector = wanted.detector
    found = episodes(desk, ask, detector) if wanted.metric == FLAGS else []
    stand = standing(desk, ask, wanted.metric) if detector.key == DEFAULT_DETECTOR else []
    listed = [*(_episode(one, detector, stand) for one in found), *(_standing(one) for one in _others(stand, found))]
    return sorted(listed, key=lambda one: str(one["since"]))


def backtest_result() -> Response:
    """The detector held against the known attacks and the confirmed incidents, in days."""
    wanted = _wanted()
    if wanted.metric != FLAGS:
        refuse(400, f"The back-test is about {FLAGS}, not {wanted.metric}.")
    with open_desk() as desk:
        ask = wanted.ask(desk)
        result = backtest(desk, ask, wanted.detector, confirmed_within(desk, ask))
    days = None if result.false_days is None else [day.isoformat() for day in result.false_days]
    return json_answer({**asdict(result), "false_alerts_a_week": result.false_alerts_a_week, "false_days": days})


def _wanted() -> Wanted:
    """What is asked for. `method` names the detector, as on the page; so does `detector` where what it says is one, for
    else it is what raised the flags.
    """
    asked = pairs()
    metrics = [value for key, value in asked if key == "metric"] or [FLAGS]
    if len(metrics) > 1 or metrics[0] not in LOOKED_AT:
        refuse(400, f"No incidents of {', '.join(metrics)[:SHOWN]!r} are looked for. Known: {', '.join(LOOKED_AT)}.")
    detector, view = _detector_and_view([pair for pair in asked if pair[0] != "metric"])
    if metrics[0] != FLAGS and detector.key != DEFAULT_DETECTOR:
        refuse(400, f"Incidents of {metrics[0]} are those of {DEFAULT_DETECTOR}.")
    return Wanted(metrics[0], detector, view)


def _detector_and_view(asked: list[tuple[str, str]]) -> tuple[Detector, View]:
    given = [("method" if key == "detector" and value in DETECTORS else key, value) for key, value in asked]
    names = [value for key, value in given if key == "method"] or [DEFAULT_DETECTOR]
    if len(names) > 1 or names[0] not in DETECTORS:
        known = ", ".join(DETECTORS)
        refuse(400, f"There is no detector {', '.join(names)[:SHOWN]!r}. Known: {known}.")
    view = view_of(given)
    return DETECTORS[view.method or DEFAULT_DETECTOR], view


def _episode(episode: Episode, detector: Detector, stand: Iterable[Standing]) -> dict[str, Any]:
    """A known attack, or a run of alarms with what the store has of it."""
    attack, kept = episode.attack, None if episode.attack else _kept(episode, stand)
    return {
        "kind": "known" if attack else "detected",
        "id": attack.incident_id if attack else kept and kept.found.id,
        "since": episode.since.isoformat(),
        "until": episode.until.isoformat(),
        "category": attack.category if attack else next(iter(episode.group), None),
        "severity": attack and attack.severity,
        "accounts": attack and attack.accounts,
        "pattern": attack and attack.pattern,
        "evidence": [_evidence(alarm, detector, stand) for alarm in episode.evidence],
        "incident": kept and _told(kept),
    }


def _evidence(alarm: Alarm, detector: Detector, stand: Iterable[Standing]) -> dict[str, Any]:
    kept = next((one for one in stand if _covers(one, alarm)), None)
    return {
        "day": alarm.day.isoformat(),
        "category": next(iter(alarm.group), None),
        "observed": alarm.observed,
        "expected": alarm.expected,
        "score": alarm.score,
        "threshold": detector.threshold,
        "found_at": kept and kept.found.found_at.isoformat(),
    }


def _standing(one: Standing) -> dict[str, Any]:
    """An incident that the daily counts of categories alone do not show."""
    seen = one.found.seen
    return {
        "kind": "detected",
        "id": one.found.id,
        "since": seen.since.isoformat(),
        "until": seen.until.isoformat(),
        "category": one.category,
        "severity": None,
        "accounts": None,
        "pattern": None,
        "evidence": [],
        "incident": _told(one),
    }


def _told(one: Standing) -> dict[str, Any]:
    """What the store has of an incident, without an analyst's words."""
    found, seen = one.found, one.found.seen
    numbers = ("observed", "expected", "low", "high", "p", "coordination", "provisional", "attack")
    return {
        "id": found.id,
        "origin": found.source.origin,
        "metric": found.source.metric,
        "series": {str(dim): value for dim, value in one.groups.items()},
        "kind": seen.kind,
        "state": found.state,
        **{name: getattr(seen, name) for name in numbers},
        "version": found.source.version,
        "found_at": found.found_at.isoformat(),
        "ended_at": found.ended_at and found.ended_at.isoformat(),
        "evidence": seen.evidence,
    }


def _kept(episode: Episode, stand: Iterable[Standing]) -> Standing | None:
    """What the store has of a run of alarms."""
    return next((one for one in stand if any(_covers(one, alarm) for alarm in episode.evidence)), None)


def _covers(one: Standing, alarm: Alarm) -> bool:
    """Whether an incident of the alarm's category, not of a part of it, lasted on its day."""
    same = tuple(one.groups.values()) == alarm.group
    return same and one.found.seen.since <= alarm.day <= one.found.seen.until


def _others(stand: Iterable[Standing], found: Sequence[Episode]) -> list[Standing]:
    """The incidents that none of the episodes tells of."""
    alarms = [alarm for episode in found for alarm in episode.evidence]
    return [one for one in stand if not any(_covers(one, alarm) for alarm in alarms)]
