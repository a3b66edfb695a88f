"""What drives an incident: its signals, its finer series, and what its flags come down to."""

import math
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from dash import html
from dash.development.base_component import Component

from dashapp.metrics import telling
from dashapp.metrics.dossier import Dossier
from dashapp.metrics.dossier import drivers as driven_by
from dashapp.metrics.sightings import COORDINATED
from dashapp.store.attribution import Attribution, Leading
from dashapp.web import theme
from dashapp.web.cards.content import Content
from dashapp.web.cards.incident import of_one, table
from dashapp.web.scenes import Scene

NO_KEYS = "This origin sends no target, reporter or content keys."
FEW_KEYS = "No target, reporter or content keys, or too few to tell of."
NO_ROWS = "These are counts without rows behind them: nobody can say what they come down to."
NO_HOURS = "This origin sends days without hours."
FULL = 8
"""-log10 p that fills the bar: a chance of one in a hundred million."""
LOW = 1e-300


@of_one
def signals(_scene: Scene, found: Dossier) -> Content:
    """Each signal of coordination with its chance; the less likely by chance, the longer its bar."""
    told = found.evidence.get("signals") or {}
    if not told:
        return Content(message=f"No signal of coordination could be judged. {NO_KEYS}")
    ranked = sorted(told.items(), key=lambda one: one[1])
    rows = [[telling.signal(name), telling.chance(p), _bar(p)] for name, p in ranked]
    together = html.Span(f"all together {telling.chance(found.one.found.seen.coordination)}")
    return Content([together], body=table("Signals", ("Signal", "Chance", "Strength"), rows))


def _bar(p: float) -> Component:
    """-log10 p as a bar; what chance explains is grey."""
    strength = -math.log10(max(p, LOW))
    strong = "strong" if p < COORDINATED else ""
    style = {"width": f"{100 * min(1, max(0.01, strength / FULL)):.0f}%"}
    return html.Div(html.I(style=style, className=strong), className="bar-of", title=f"-log10 p {strength:.1f}")


@of_one
def parts(_scene: Scene, found: Dossier) -> Content:
    """The finer series in which most of it lies, or the series that fell or changed together."""
    told = found.evidence.get("parts") or [{"series": name} for name in found.evidence.get("series") or []]
    if not told:
        return Content(message="No finer series lies above what was to be expected of it.")
    rows = [[telling.part_name(found.one, part["series"]), *_part(part)] for part in told]
    return Content(body=table("Parts", ("Part", "Count", "Expected", "Times"), rows))


def _part(part: dict[str, Any]) -> list[str]:
    if "observed" not in part:
        return ["", "", ""]
    return [f"{part['observed']:,.0f}", f"{part['expected']:,.0f}", telling.fold(part["observed"], part["expected"])]


def _driven_by(scene: Scene, found: Dossier) -> Attribution | None:
    return scene.desk.once(("drivers", found.one.found.id), lambda: driven_by(scene.desk, found.one))


@of_one
def drivers(scene: Scene, found: Dossier) -> Content:
    """The accounts and contents with most flags, and how much the busiest reporters sent, who are not named."""
    told = _driven_by(scene, found)
    if told is None:
        return Content(message=NO_ROWS)
    kinds = (("Target", "targets", told.targets), ("Content", "contents", told.contents))
    shown = [_leading(kind, name, leading) for kind, name, leading in kinds if leading.of]
    if told.reporters.of:
        shown.append(_reporters(told.reporters))
    return Content(body=html.Div(shown, className="leading")) if shown else Content(message=FEW_KEYS)


def _leading(kind: str, name: str, leading: Leading) -> Component:
    alike = any(one.variants > 1 for one in leading.first)
    rows = [
        [
            html.Code(one.key) if one.key else f"{place}.",
            f"{one.flags:,}",
            _share(one.share),
            *([f"{one.variants} keys"] if alike else []),
        ]
        for place, one in enumerate(leading.first, 1)
    ]
    head = (kind, "Flags", "Share", *(["Nearly the same"] if alike else []))
    return _told(f"{_many(leading)} {name} in {leading.of:,} flags", name, head, rows)


def _many(leading: Leading) -> str:
    """How many different ones there are; of those who are not named too few to say are few."""
    return f"{leading.different:,}" if leading.different else "Few"


def _told(said: str, name: str, head: Sequence[str], rows: Sequence[Sequence[Any]]) -> Component:
    """What is said of a kind, over a table of the busiest as far as any may be told of."""
    return html.Div([html.P(said), *([table(name, head, rows)] if rows else [])])


def _share(share: float) -> str:
    return f"{100 * share:.0f} %" if share >= 0.01 else "under 1 %"


def _reporters(leading: Leading) -> Component:
    """Reporters are people who are accused of nothing: they are counted, not named."""
    rows = [[f"{place}.", f"{one.flags:,}", _share(one.share)] for place, one in enumerate(leading.first, 1)]
    told = f"{_many(leading)} reporters of {leading.of:,} flags, who are not named"
    return _told(told, "reporters", ("Busiest", "Flags", "Share"), rows)


@of_one
def by_hour(scene: Scene, found: Dossier) -> Content:
    """The flags of the incident by hour, hours without any included."""
    told = _driven_by(scene, found)
    if told is None:
        return Content(message=NO_ROWS)
    if not told.hours:
        return Content(message=NO_HOURS)
    zone = scene.desk.policy.zone
    counts = {moment.astimezone(zone).replace(tzinfo=None): n for moment, n in told.hours}
    first, last = min(counts), max(counts)
    hours = [first + timedelta(hours=step) for step in range(int((last - first) / timedelta(hours=1)) + 1)]
    off = {datetime.fromisoformat(one["hour"]).astimezone(zone).replace(tzinfo=None): one for one in _hours(found)}
    peak = max(counts, key=lambda hour: counts[hour])
    most = html.Span(f"most {counts[peak]:,} from {peak:%H:%M} on {peak.day} {peak:%b}")
    figure = hourly([(hour.isoformat(), counts.get(hour, 0), _expected(off.get(hour))) for hour in hours])
    alarms = [html.Span(f"{len(off)} striped: alarms")] if off else []
    return Content([most, *alarms], figure)


def _hours(found: Dossier) -> Sequence[Mapping[str, Any]]:
    """The hours that were alarms by themselves."""
    told: Sequence[Mapping[str, Any]] = found.evidence.get("hours") or ()
    return told


def _expected(alarm: Mapping[str, Any] | None) -> str:
    return f", alarm: {alarm['expected']:,.1f} expected" if alarm else ""


def hourly(hours: Sequence[tuple[str, int, str]]) -> dict[str, Any]:
    """Flags by hour as bars: each hour, its flags, and what is told of an alarm, which has stripes."""
    bars = {
        "type": "bar",
        "name": "Flags",
        "x": [hour for hour, _, _ in hours],
        "y": [count for _, count, _ in hours],
        "customdata": [(count, False) for _, count, _ in hours],
        "text": [told for _, _, told in hours],
        "textposition": "none",
        "marker": {
            "color": ["var(--alert)" if told else theme.ACCENT for _, _, told in hours],
            "pattern": {"shape": ["/" if told else "" for _, _, told in hours]},
        },
        "hovertemplate": "%{y:,}%{text}<extra></extra>",
    }
    return {
        "data": [bars],
        "layout": {
            "xaxis": {"type": "date", "hoverformat": "%H:%M, %a %-d %b"},
            "yaxis": {"title": {"text": "flags"}, "rangemode": "tozero"},
            "bargap": 0.1,
            "showlegend": False,
            "meta": {"unit": "flags", "grain": "hour"},
        },
    }
