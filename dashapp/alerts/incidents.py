"""The check for incidents: what the detectors found in the last days, and nobody has dismissed."""

from dashapp.alerts.look import WEEK, Concern, Found, Look, State
from dashapp.domain.ask import Window
from dashapp.domain.vocabulary import IncidentKind, Triage
from dashapp.metrics.standing import Standing, could_judge, standing
from dashapp.metrics.telling import title, why
from dashapp.metrics.words import day, days


def incidents(look: Look) -> Found:
    """Incidents of the last seven days of data, those to be looked at first ahead."""
    window = Window.ending(look.until, WEEK)
    found = [
        one for one in standing(look.desk, look.ask(window.until, WEEK)) if one.found.state is not Triage.DISMISSED
    ]
    concerns = [_concern(look, one) for one in found]
    return concerns if concerns or could_judge(look.desk, look.names, window) else None


def _concern(look: Look, one: Standing) -> Concern:
    """An attack that somebody declared or confirmed, or that is beyond doubt, is sure; what may be chance, or no attack
    but many people, is less.
    """
    seen = one.found.seen
    when = day(seen.since) if seen.since == seen.until else days(seen.since, seen.until)
    part = f" Part of the known attack {seen.attack}." if seen.attack else ""
    told = f"{title(one)}, {when}"
    return Concern(_state(one), told, f"{why(one)}.{part}", "flags", look.link("/attacks"), seen.since)


def _state(one: Standing) -> State:
    if one.found.seen.kind in (IncidentKind.SURGE, IncidentKind.DEFINITION_CHANGE):
        return State.WATCH
    if one.found.seen.kind is IncidentKind.DROP:
        return State.WARN
    return State.ALERT if one.sure else State.WARN
